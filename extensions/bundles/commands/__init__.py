"""One file a command of `mlpy bundle`."""
