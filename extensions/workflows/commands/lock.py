"""`mlpy workflow lock NAME…`: writes down what a workflow is now, and pins the packages that it gets."""

from __future__ import annotations

from mlpy.extensions.workflows import locking
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Workflow


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="*", help="workflows to lock; each lock is `FILE.lock` beside its script")
    parser.add_argument("--all", action="store_true", help="lock all workflows of the folder")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, not those of the lock that is there")
    parser.add_argument("--build", action="store_true", help="allow packages without a wheel: they are built from their source code, which runs that code")
    parser.add_argument("--offline", action="store_true", help="ask no network")
    parser.add_argument("--force", action="store_true", help="write anew what is no lock of mlpy's")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    if bool(options.NAME) == options.all:
        raise WorkflowError("usage", "`mlpy workflow lock` needs names of workflows, or `--all`", hint="`mlpy workflow list` shows what is there")
    chosen = folder.workflows() if options.all else [folder.find(name) for name in dict.fromkeys(options.NAME)]
    return {"folder": folder.path, "locks": [lock(one, options) for one in chosen]}


def lock(workflow: Workflow, options: Namespace) -> dict[str, object]:
    """Locks one workflow; gives what its lock says now."""
    try:
        before = locking.read(workflow)
    except WorkflowError:
        if not options.force:
            raise
        before = None
    builds = options.build or (before is not None and before.builds)
    made = locking.resolve(workflow, before=before, upgrade=options.upgrade, offline=options.offline, builds=builds)
    status = "created" if before is None else "updated" if made != before else "unchanged"
    if made != before:
        locking.write(workflow, made)
    return {
        "reference": workflow.reference,
        "path": locking.path_of(workflow),
        "status": status,
        "source_hash": made.source,
        "lock_hash": made.digest if made.requires else None,
        "requires": list(made.requires),
        "packages": made.names,
        "python": made.python,
        "builds": made.builds,
    }


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    locks = data["locks"]
    assert isinstance(locks, list)
    return "".join(line(one) for one in locks) or "there is no workflow to lock\n"


def line(one: dict[str, object]) -> str:
    packages = one["packages"]
    assert isinstance(packages, list)
    pinned = f", {len(packages)} package{'s' if len(packages) > 1 else ''} pinned" if packages else ""
    built = ", built from source code where there is no wheel" if one["builds"] else ""
    return f"{tables.one_line(str(one['reference']))}: lock {one['status']}{pinned}{built}\n"
