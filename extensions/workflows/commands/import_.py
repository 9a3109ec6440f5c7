"""`mlpy workflow import FILE|DIR|URL`: takes workflows from elsewhere, after showing what they ask for; runs nothing."""

from __future__ import annotations

import sys

from mlpy.extensions.workflows import sharing
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import prompt, tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

SANDBOXED = "runs in the sandbox, with the grants that it is given"
FREE = "runs as a program of its own, with all your rights"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("SOURCE", metavar="FILE|DIR|URL", help="a script, a record (`NAME.workflow.json`), a folder of them or of one workflow, or the address of a script or a record")
    parser.add_argument("-y", "--yes", action="store_true", help="ask nothing")
    parser.add_argument("-f", "--force", action="store_true", help="replace workflows that have the same file name")
    parser.add_argument("--dry-run", action="store_true", help="only tell what it asks for")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    with sharing.stage() as place:
        found = sharing.offers(options.SOURCE, place)
        data: dict[str, object] = {
            "folder": folder.path,
            "action": "would_import",
            "workflows": [{**one.asks(), "replaces": sharing.taken(folder, one)} for one in found],
        }
        if options.dry_run:
            return data
        sharing.refuse_taken(folder, found, force=options.force)
        if not options.yes:
            confirm(data, options)
        sharing.take(folder, found, force=options.force)
    return data | {"action": "imported"}


def confirm(data: dict[str, object], options: Namespace) -> None:
    """Shows what is asked for, and asks whether that is wanted."""
    refused = data | {"action": "refused"}
    if options.json or not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        hint = "`--dry-run` shows what it asks for, `--yes` imports it"
        raise WorkflowError("confirmation_required", f"`{options.SOURCE}` is imported when somebody agrees, and there is no terminal to ask at", data=refused, hint=hint)
    terminal.write_error(tables.rendered(pages(data), color=terminal.colored(sys.stderr)))
    if not prompt.confirmed("  import that? [y]es, [n]o "):
        raise WorkflowError("confirmation_required", "nothing was imported", data=refused)


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    if data["action"] == "would_import":
        return pages(data)
    found = data["workflows"]
    assert isinstance(found, list)
    return "".join(f"{tables.one_line(one['file'])} is imported{', in place of what was there' if one['replaces'] else ''}\n" + warned(one) for one in found)


def pages(data: dict[str, object]) -> str:
    """What each workflow asks for."""
    found = data["workflows"]
    assert isinstance(found, list)
    return "\n".join(page(one) for one in found)


def page(one: dict[str, object]) -> str:
    """What one workflow asks for."""
    files, params = one["files"], one["params"]
    assert isinstance(files, int)
    assert isinstance(params, list)
    several = f", {files} files" if files > 1 else ""
    pairs = [
        ("about", str(one["description"])),
        ("called, too", joined(one["called"])),
        ("author", str(one["author"])),
        ("version", str(one["version"])),
        ("code", f"{one['language']}{several}, {tables.size(float(str(one['bytes'])))}, {one['source_hash']}"),
        ("rights", SANDBOXED if one["sandboxed"] else FREE),
        ("grants", joined(one["grants"])),
        ("requires", joined(one["requires"]) + (" (locked)" if one["locked"] else "")),
        ("", str(one["requires_file"])),
        ("needs", joined(one["needs"])),
        ("parameters", joined([parameter["name"] for parameter in params])),
        ("replaces", "the workflow of the same file name" if one["replaces"] else ""),
    ]
    title = tables.paint(tables.one_line(str(one["file"])), "bold")
    return f"{title}\n{tables.fields([(name, tables.one_line(value)) for name, value in pairs])}{warned(one)}"


def joined(items: object) -> str:
    assert isinstance(items, list)
    return ", ".join(map(str, items))


def warned(one: dict[str, object]) -> str:
    """What to know about one workflow."""
    warnings = one["warnings"]
    assert isinstance(warnings, list)
    return "".join(tables.paint(tables.one_line(text), "yellow") + "\n" for text in warnings)
