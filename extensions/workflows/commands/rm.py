"""`mlpy workflow rm NAME`: removes a script with its record and its lock."""

from __future__ import annotations

import os
import shutil
import sys

from mlpy.extensions.workflows.commands.where import add_folder, add_name, folder_of
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.locking import path_of
from mlpy.extensions.workflows.records import beside

from mlpy.cli import prompt, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Workflow


def define(parser: ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("-y", "--yes", action="store_true", help="ask nothing")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be removed")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    found = folder_of(options).find(options.NAME)
    paths = [path for path in (found.path, beside(found.path), path_of(found)) if os.path.lexists(path)]
    data: dict[str, object] = {"workflow": found.reference, "action": "would_delete", "paths": paths}
    if options.dry_run:
        return data
    if not options.yes:
        confirm(found, data, asking=not options.json)
    for path in paths:
        remove(path)
    return data | {"action": "deleted"}


def confirm(found: Workflow, data: dict[str, object], *, asking: bool) -> None:
    """Asks whether a script, which nothing brings back, may go."""
    refused = data | {"action": "refused"}
    if not asking or not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        hint = f"`mlpy workflow rm {found.reference} --yes` asks nothing"
        raise WorkflowError("confirmation_required", f"nothing but `--yes` removes `{found.reference}` where there is no terminal to ask at", data=refused, hint=hint)
    if not prompt.confirmed(f"remove `{prompt.visible(found.path)}`? [y]es, [n]o "):
        raise WorkflowError("confirmation_required", "nothing was removed", data=refused)


def remove(path: str) -> None:
    """Removes a file, or a folder with all below it, which has another name while it goes; of a link only the link."""
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    going = os.path.join(os.path.dirname(path), f".{os.path.basename(path)[:100]}.{os.urandom(4).hex()}.gone")
    os.rename(path, going)
    shutil.rmtree(going)


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    paths = data["paths"]
    assert isinstance(paths, list)
    word = "would be removed" if data["action"] == "would_delete" else "is removed"
    return "".join(f"{path} {word}\n" for path in paths)
