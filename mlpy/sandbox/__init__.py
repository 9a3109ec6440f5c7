"""Untrusted programs in worker processes that the kernel confines; `mlpy.Sandbox` is the way in."""
