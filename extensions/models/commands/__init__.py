"""One file a command of `mlpy models`."""
