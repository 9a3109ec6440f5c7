"""`mlpy workflow list`: the workflows of a folder."""

from __future__ import annotations

from mlpy.extensions.workflows.commands.where import add_folder, folder_of, language_of
from mlpy.extensions.workflows.folder import told

from mlpy.cli import tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Workflow
    from mlpy.extensions.workflows.languages import Language

HEADS = ("NAME", "LANGUAGE", "GROUP", "VERSION", "DESCRIPTION")
MOST_NOTES = 5  # problems that a listing tells


def define(parser: ArgumentParser) -> None:
    parser.add_argument("-g", "--group", help="only those of a group")
    parser.add_argument("-l", "--language", help="only those in a language")
    parser.add_argument("-t", "--tag", help="only those with a tag")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    language = language_of(options.language) if options.language is not None else None
    found = [one.summary() for one in folder.workflows() if fits(one, options, language)]
    return {"folder": folder.path, "workflows": found, "count": len(found), "problems": told(folder.problems)}


def fits(workflow: Workflow, options: Namespace, language: Language | None) -> bool:
    """Whether a workflow is one that the options mean."""
    header = workflow.header
    return options.group in (None, header.group) and language in (None, workflow.script.language) and (options.tag is None or options.tag in header.tags)


def show(data: dict[str, object], options: Namespace) -> str:
    found, problems = data["workflows"], data["problems"]
    assert isinstance(found, list)
    assert isinstance(problems, list)
    for one in problems[:MOST_NOTES]:
        terminal.note(f"`{one['file']}` {one['message']}")
    if len(problems) > MOST_NOTES:
        terminal.note(f"{len(problems) - MOST_NOTES} more files cannot be workflows; `mlpy workflow sync --check` names them")
    if found:
        return tables.table([row(one) for one in found], heads=HEADS)
    if options.group or options.language or options.tag:
        return "no workflow is like that\n"
    return f"no workflows are in {data['folder']}; `mlpy workflow new NAME -l LANGUAGE` makes one\n"


def row(one: dict[str, object]) -> list[str]:
    """A line of the table."""
    return [str(one[name]) for name in ("reference", "language", "group", "version", "description")]
