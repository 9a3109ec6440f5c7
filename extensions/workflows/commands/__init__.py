"""One file a command of `mlpy workflow`."""
