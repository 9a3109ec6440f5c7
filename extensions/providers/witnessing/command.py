"""`mlpy witness …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells."""

from __future__ import annotations

from mlpy.extensions.providers.failures import ProviderError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {
    "log": "list what was done, the latest first",
    "verify": "tell whether the log is as it was written, or its first record that is not",
    "chain": "show a trace: its records, and how each holds the hash of the one before",
    "checkpoint": "sign the log as it is, and prove what was in it",
    "export": "write records as JSON, CSV or a signed envelope",
    "cost": "add up what operations have cost",
    "keys": "list the keys that sign, or hand over to a new one",
}
FAMILY = Family("witness", "mlpy.extensions.providers.witnessing", COMMANDS, ProviderError)
