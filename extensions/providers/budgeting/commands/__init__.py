"""One file a command of `mlpy budget`."""
