"""`mlpy workflow …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells; a word that is none of them is a workflow to run."""

from __future__ import annotations

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli.family import Family

# A command is added here together with its file.
COMMANDS: dict[str, str] = {
    "list": "list the workflows of a folder",
    "show": "tell all about one workflow",
    "search": "find workflows by what they say about themselves",
    "run": "run a workflow, and first what it needs",
    "new": "write a script that runs, with a header to go on from",
    "edit": "open a script in the editor",
    "rm": "remove a script with its record and its lock",
    "graph": "show what workflows need, as a tree or a picture",
    "history": "tell what was run, and how it ended",
    "sync": "bring records in step with their scripts",
    "import": "take workflows from elsewhere, after showing what they ask for",
    "export": "give a workflow away, as one record or as its files",
    "lock": "write down what a workflow is now, and pin its packages",
    "verify": "tell which workflows are still what was locked",
    "watch": "keep records in step while scripts change",
}
FAMILY = Family("workflow", "mlpy.extensions.workflows", COMMANDS, WorkflowError, shortcut=("run", "workflow_not_found"))
