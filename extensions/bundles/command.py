"""`mlpy bundle …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells."""

from __future__ import annotations

from mlpy.extensions.bundles.failures import BundleError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {
    "push": "bring the bundle into a registry",
    "pull": "bring a bundle from a registry into a new folder",
    "verify": "compare files with their manifest, and that with a registry",
    "inspect": "tell what a bundle in a registry holds",
    "tags": "list the tags of a repository",
}
FAMILY = Family("bundle", "mlpy.extensions.bundles", COMMANDS, BundleError)
