"""`mlpy bundle …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells."""

from __future__ import annotations

from mlpy.extensions.bundles.failures import BundleError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {}
FAMILY = Family("bundle", "mlpy.extensions.bundles", COMMANDS, BundleError)
