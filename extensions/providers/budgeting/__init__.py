"""`mlpy budget …`: what operations may cost, and what they have cost."""
