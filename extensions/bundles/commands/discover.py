"""`mlpy bundle discover`: finds the models of the project by reading its files, and with `--save` lists them in `pyproject.toml`."""

from __future__ import annotations

import sys

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.project import FILE, Project
from mlpy.extensions.bundles.proposals import look

from mlpy.cli import prompt, tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.bundles.project import Entry
    from mlpy.extensions.bundles.proposals import Proposal

HEADS = ("MODEL", "CLASS", "WHERE", "FILES", "STATUS")
STYLES = {"new": "green", "changed": "yellow", "gone": "red", "kept": "dim", "saved": "dim"}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--interactive", action="store_true", help="ask about each model that is new, changed or gone, and save what was said yes to")
    parser.add_argument("--save", action="store_true", help=f"list the models in `{FILE}`, whose comments and order stay")


def perform(options: Namespace) -> dict[str, object]:
    project = Project.find()
    proposals, found = look(project)
    chosen = [one for one in proposals if agreed(one)] if options.interactive and may_ask(options) else proposals
    saved = options.save or options.interactive
    listed = settled(project, proposals, chosen) if saved else [*project.models]
    if saved:
        from mlpy.extensions.bundles.editing import save_models  # noqa: PLC0415  who only looks needs no tomlkit

        save_models(project, listed)
    models = [record(one) for one in proposals]
    names = sorted(one.id for one in listed)
    return {"models": models, "count": len(found.models), "problems": [one.record() for one in found.problems], "listed": names, "saved": saved}


def record(proposal: Proposal) -> dict[str, object]:
    """A model that was found, or that is listed."""
    entry, model = proposal.entry, proposal.model
    files = entry.files if entry.files is not None else model.files if model else ()
    place = {"file": model.path if model else None, "line": model.line if model else None}
    return {"id": entry.id, "class": entry.class_, **place, "files": [*files], "status": proposal.status}


def settled(project: Project, proposals: list[Proposal], chosen: list[Proposal]) -> list[Entry]:
    """What to list: proposals that were chosen, and of the others what was listed already."""
    listed = {one.id: one for one in project.models}
    made = {one.entry.id: one.entry for one in chosen if one.status != "gone"}
    left = {one.entry.id: listed[one.entry.id] for one in proposals if one not in chosen and one.entry.id in listed}
    return [*{**left, **made}.values()]


# ── asking ──


def may_ask(options: Namespace) -> bool:
    """Raises BundleError unless there is somebody to ask."""
    if options.json or not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        raise BundleError("confirmation_required", "there is no terminal to ask at", hint="`mlpy bundle discover --save` asks nothing")
    return True


def agreed(proposal: Proposal) -> bool:
    """Whether the person wants what would be written; nobody is asked about what stays as it is."""
    entry = proposal.entry
    name = f"`{prompt.visible(entry.id)}` ({prompt.visible(entry.class_)})"
    count = f"{len(entry.files or ())} file{'' if len(entry.files or ()) == 1 else 's'}"
    match proposal.status:
        case "new":
            return prompt.confirmed(f"list the model {name}, {count}? [y]es, [n]o ")
        case "changed":
            return prompt.confirmed(f"list {count} for the model {name}? [y]es, [n]o ")
        case "gone":
            return prompt.confirmed(f"drop the model {name}, which is not there any more? [y]es, [n]o ")
        case _:
            return True


# ── text ──


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    models, problems = data["models"], data["problems"]
    assert isinstance(models, list)
    assert isinstance(problems, list)
    text = tables.table([row(one) for one in models], heads=HEADS, right="FILES")
    if not models:
        text = "no models were found: a model is a class with the methods `simulate` and `parameters`\n"
    broken = "".join(f"{tables.one_line(one['file'])}:{one['line']}: {tables.one_line(one['message'])}\n" for one in problems)
    if broken:
        text += f"\n{tables.paint('could not be read:', 'yellow')}\n{broken}"
    return text + closing(data, models)


def row(one: dict[str, object]) -> list[str]:
    files, status = one["files"], str(one["status"])
    assert isinstance(files, list)
    where = f"{one['file']}:{one['line']}" if one["file"] else ""
    return [str(one["id"]), str(one["class"]), where, str(len(files)), tables.paint(status, STYLES[status])]


def closing(data: dict[str, object], models: list[dict[str, object]]) -> str:
    """What was done, or is to be done."""
    listed = data["listed"]
    assert isinstance(listed, list)
    if data["saved"]:
        return f"\n`{FILE}` lists {', '.join(map(tables.one_line, listed)) or 'no model'}\n"
    if any(one["status"] in {"new", "changed", "gone"} for one in models):
        return f"\n`mlpy bundle discover --save` brings `{FILE}` up to date\n"
    return ""
