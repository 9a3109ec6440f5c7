"""One file a command of `mlpy witness`."""
