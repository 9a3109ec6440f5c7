"""`mlpy workflow sync`: brings the records of a folder in step with its scripts."""

from __future__ import annotations

from mlpy.extensions.workflows.commands.where import add_folder, folder_of

from mlpy.cli import FAILED, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing, and end with exit code 1 where there is something to write")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    plan = folder.plan()
    changes = plan.changes if options.check else folder.apply(plan)
    if changes.failed or (options.check and changes):
        options.exit_code = FAILED
    return {"folder": folder.path, **changes.to_json()}


def show(data: dict[str, object], options: Namespace) -> str:
    unchanged = data["unchanged"]
    assert isinstance(unchanged, list)
    return "".join(f"{line}\n" for line in said(data, would=options.check)) or f"{len(unchanged)} record{' is' if len(unchanged) == 1 else 's are'} in step\n"


def said(data: dict[str, object], *, would: bool = False) -> list[str]:
    """Changes in a line each, and what is wrong."""
    created, updated, renamed, removed, problems = (data[name] for name in ("created", "updated", "renamed", "removed", "problems"))
    assert isinstance(created, list)
    assert isinstance(updated, list)
    assert isinstance(renamed, list)
    assert isinstance(removed, list)
    assert isinstance(problems, list)
    mark = "to be " if would else ""
    return [
        *(f"{mark}created  {name}" for name in created),
        *(f"{mark}updated  {name}" for name in updated),
        *(f"{mark}renamed  {one['from']} → {one['to']}" for one in renamed),
        *(f"{mark}removed  {name}" for name in removed),
        *(tables.paint(f"`{tables.one_line(one['file'])}` {tables.one_line(one['message'])}", "yellow") for one in problems),
    ]
