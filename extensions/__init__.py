"""Modules beyond the standard library that ship with mlpy: one file or folder a module, found as those of an extension path are."""
