"""`mlpy workflow …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells; a word that is none of them is a workflow to run."""

from __future__ import annotations

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {
    "list": "list the workflows of a folder",
    "show": "tell all about one workflow",
    "search": "find workflows by what they say about themselves",
    "sync": "bring records in step with their scripts",
}
FAMILY = Family("workflow", "mlpy.extensions.workflows", COMMANDS, WorkflowError, shortcut=("run", "workflow_not_found"))
