"""The package of the interactive shell."""
