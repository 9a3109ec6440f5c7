"""`mlpy workflow search WORD…`: the workflows that have all words in what they say about themselves."""

from __future__ import annotations

from mlpy.extensions.workflows.commands.list import HEADS, row
from mlpy.extensions.workflows.commands.where import add_folder, folder_of

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Folder, Workflow


def define(parser: ArgumentParser) -> None:
    parser.add_argument("WORD", nargs="+", help="part of a name, a description, a group, a tag, a parameter, an author or a requirement; in any case of letters")
    parser.add_argument("--code", action="store_true", help="search the text of the scripts, too")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    found = [one.summary() for one in ranked(folder, options.WORD, code=options.code)]
    return {"folder": folder.path, "workflows": found, "count": len(found)}


def ranked(folder: Folder, words: list[str], *, code: bool = False) -> list[Workflow]:
    """The workflows that have all words, those first whose names do."""
    wanted = [word.lower() for word in words]
    found = [(rank, one) for one in folder.workflows() if (rank := rank_of(one, wanted, code=code)) is not None]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]  # sorting keeps the order of names


def rank_of(workflow: Workflow, words: list[str], *, code: bool) -> int | None:
    """How far from its name the words are that a workflow has; None where it lacks one."""
    texts = [text.lower() for text in spoken(workflow)] + ([workflow.record.code.lower()] if code else [])
    places = [next((place for place, text in enumerate(texts) if word in text), None) for word in words]
    return None if None in places else sum(place for place in places if place is not None)


def spoken(workflow: Workflow) -> list[str]:
    """What a workflow says about itself, the most telling first."""
    header = workflow.header
    parameters = [f"{one.name} {one.help}" for one in header.params]
    names = [workflow.script.file, header.entry_point, header.deprecated_entry_point]
    return ["\n".join(part) for part in (names, header.tags, [header.group, header.category], [header.description], parameters, [header.author, *workflow.requires])]


def show(data: dict[str, object], options: Namespace) -> str:
    found = data["workflows"]
    assert isinstance(found, list)
    if found:
        return tables.table([row(one) for one in found], heads=HEADS)
    return f"no workflow has `{' '.join(options.WORD)}`" + ("" if options.code else "; `--code` searches the text of the scripts, too") + "\n"
