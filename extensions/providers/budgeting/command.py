"""`mlpy budget …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells."""

from __future__ import annotations

from mlpy.extensions.providers.failures import ProviderError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {
    "set": "limit what operations may cost in a day, a month or for good",
    "status": "tell what was spent, what is reserved, and what is left",
    "report": "add up what was spent, with bars",
    "estimate": "tell what an operation would cost, and whether the budgets allow it",
    "remove": "remove budgets",
}
FAMILY = Family("budget", "mlpy.extensions.providers.budgeting", COMMANDS, ProviderError)
