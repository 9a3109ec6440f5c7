"""`mlpy workflow verify [NAME…]`: tells which workflows are still what was locked."""

from __future__ import annotations

from mlpy.extensions.workflows import environments, locking
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import FAILED, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Workflow

WORDS = {"source": "its script", "requires": "what it requires"}
COLORS = {"ok": "green", "unlocked": "dim", "stale": "yellow", "invalid": "red"}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="*", help="workflows to verify; without any, all that have a lock count")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    chosen = [folder.find(name) for name in dict.fromkeys(options.NAME)] or folder.workflows()
    found = [verify(one) for one in chosen]
    if any(one["status"] not in ("ok", *(() if options.NAME else ("unlocked",))) for one in found):
        options.exit_code = FAILED
    return {"folder": folder.path, "workflows": found}


def verify(workflow: Workflow) -> dict[str, object]:
    """What has become of one workflow since it was locked."""
    found: dict[str, object] = {"reference": workflow.reference, "status": "ok", "changed": [], "installed": None, "message": None}
    try:
        lock = locking.read(workflow)
        changed = locking.drift(workflow, lock) if lock is not None else []
    except WorkflowError as failure:
        return found | {"status": "invalid", "message": failure.message}
    if lock is None:
        return found | {"status": "unlocked"}
    installed = environments.Environment(lock).is_ready if lock.requires else None
    return found | {"status": "stale" if changed else "ok", "changed": changed, "installed": installed}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    found = data["workflows"]
    assert isinstance(found, list)
    return tables.table([row(one) for one in found], heads=("NAME", "STATUS", "ABOUT")) if found else "there is no workflow to verify\n"


def row(one: dict[str, object]) -> list[str]:
    status, changed = str(one["status"]), one["changed"]
    assert isinstance(changed, list)
    about = str(one["message"] or "") or " and ".join(WORDS[what] for what in changed) + (" changed" if changed else "")
    return [str(one["reference"]), tables.paint(status, COLORS[status]), about or ("its packages are not installed yet" if one["installed"] is False else "")]
