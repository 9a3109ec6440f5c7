"""Versioned sets of files with the models in them, shared over OCI registries."""
