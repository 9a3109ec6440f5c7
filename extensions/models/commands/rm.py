"""`mlpy models rm MODEL[@HASH]`: removes a model, or one revision of it."""

from __future__ import annotations

import sys

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.store import Store

from mlpy.cli import prompt, tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.models.removal import Plan


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help="its name; a part of it is asked about first; `NAME@HASH` is one revision, the others stay")
    parser.add_argument("-f", "--force", action="store_true", help="ask nothing")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be removed")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.models.removal import Plan, remove  # noqa: PLC0415  `--help` needs none of it

    store = Store()
    wanted = Wanted(options.MODEL)
    model, exact = store.look_up(wanted)
    plan = Plan(store, model, None if wanted.revision is None or model.hash is None else [model.hash])
    if options.dry_run:
        return record(plan, "would_delete", plan.bytes_freed)
    if not exact and not options.force:
        confirm(plan, wanted, asking=not options.json)
    freed, cleaned = remove(store, model, plan.commits)
    return record(plan, "deleted", freed, cleaned)


def confirm(plan: Plan, wanted: Wanted, *, asking: bool) -> None:
    """Asks whether the model that only a part of its name was given for is the one that is meant."""
    refused = record(plan, "refused", 0)
    if not asking or not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        message = f"`{wanted.name}` is only a part of `{plan.model.name}`, and there is no terminal to ask at"
        raise ModelError("confirmation_required", message, data=refused, hint=f"write `mlpy models rm {plan.model.name}`, or `-f` to be asked nothing")
    if not prompt.confirmed(f"remove `{prompt.visible(plan.model.name)}` ({tables.size(plan.bytes_freed)})? [y]es, [n]o "):
        raise ModelError("confirmation_required", "nothing was removed", data=refused)


def record(plan: Plan, action: str, freed: int, cleaned: int = 0) -> dict[str, object]:
    return {"model": plan.model.name, "action": action, "revisions": plan.commits, "bytes_freed": freed, "lock_files_cleaned": cleaned}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    freed = tables.size(int(str(data["bytes_freed"])))
    return f"{data['model']} would be removed, {freed}\n" if data["action"] == "would_delete" else f"{data['model']} is removed, {freed} are free\n"
