"""`mlpy bundle …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells."""

from __future__ import annotations

from mlpy.extensions.bundles.failures import BundleError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {
    "init": "begin a bundle in a new folder, or in this one",
    "discover": "find the models of the project by reading its files",
    "manifest": "write down what the bundle holds, or check what is written",
    "add": "track files or folders",
    "remove": "no longer track files or folders",
    "status": "tell what the bundle holds, what changed and what is wrong",
    "diff": "compare with the bundle that was pushed or pulled last, or another",
    "push": "bring the bundle into a registry",
    "pull": "bring a bundle from a registry into a new folder",
    "verify": "compare files with their manifest, and that with a registry",
    "inspect": "tell what a bundle in a registry holds",
    "tags": "list the tags of a repository",
}
FAMILY = Family("bundle", "mlpy.extensions.bundles", COMMANDS, BundleError)
