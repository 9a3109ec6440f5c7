"""`mlpy workflow edit NAME`: opens a script in the user's editor, and writes its record anew."""

from __future__ import annotations

import os
import shlex
import subprocess

from mlpy.extensions.workflows.commands.where import add_folder, add_name, folder_of
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

STREAMS = True  # the editor has the terminal
VARIABLES = ("VISUAL", "EDITOR")


def define(parser: ArgumentParser) -> None:
    add_name(parser)
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    found = folder.find(options.NAME)
    edit(found.entry)
    changes = folder.sync(found.script.file)
    changed = bool(changes)
    after = next((one for one in folder.workflows() if one.script.file == found.script.file), None)
    if after is None:
        raise WorkflowError("not_readable", f"`{found.script.file}` is no workflow any more", hint="`mlpy workflow sync --check` tells why")
    return {"workflow": after.summary(), "changed": changed}


def edit(path: str) -> None:
    """Has the editor open a file, and waits for its end."""
    editor = next((said for name in VARIABLES if (said := os.environ.get(name, "").strip())), "vi")
    try:
        words = shlex.split(editor)
        code = subprocess.run([*words, path], check=False).returncode  # noqa: S603  the user's own editor
    except (OSError, ValueError):
        raise WorkflowError("editor_failed", f"the editor `{editor}` cannot be run", hint="`EDITOR=nano mlpy workflow edit NAME` takes another one") from None
    if code:
        raise WorkflowError("editor_failed", f"the editor `{editor}` ended with exit code {code}", detail={"exit_code": code})


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    workflow = data["workflow"]
    assert isinstance(workflow, dict)
    warnings = "".join(tables.paint(f"line {one['line']}: {tables.one_line(one['message'])}", "yellow") + "\n" for one in workflow["warnings"])
    return warnings + (f"the record of {tables.one_line(workflow['reference'])} is written\n" if data["changed"] else "nothing has changed\n")
