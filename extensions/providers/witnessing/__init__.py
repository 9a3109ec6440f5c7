"""`mlpy witness …`: the log of what was done, for people and scripts."""
