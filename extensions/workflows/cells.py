"""The header of a notebook: what its metadata say under `workflow`, as title and authors, then what its first cell does. In goes the text of the file."""

from __future__ import annotations

import json

from mlpy.extensions.workflows import comments, entries
from mlpy.extensions.workflows.languages import LANGUAGES

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.workflows.comments import Lines
    from mlpy.extensions.workflows.header import Header
    from mlpy.extensions.workflows.languages import Language


def fill(header: Header, source: str) -> None:
    """Takes over what a notebook says."""
    try:
        notebook = json.loads(source)
    except (ValueError, RecursionError):
        header.warn(1, "it is no JSON, which a notebook is")
        return
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        header.warn(1, "it has no cells, which a notebook has")
        return
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        entries.fill(header, of_metadata(metadata))
    first = cells[0] if cells and isinstance(cells[0], dict) else {}
    lines = cell_text(first).split("\n")
    if first.get("cell_type") == "code":
        entries.fill(header, comments.lines_of(lines, kernel_language(metadata)))
        entries.fill_block(header, "\n".join(lines) + "\n")
    else:
        entries.fill(header, enumerate((line.strip() for line in lines), 1))


def cell_text(cell: dict[str, object]) -> str:
    """The text of a cell, which the format keeps as a text or as a list of lines."""
    source = cell.get("source")
    return "".join(map(str, source)) if isinstance(source, list) else source if isinstance(source, str) else ""


def kernel_language(metadata: object) -> Language:
    """What the cells of a notebook are written in: Python, unless its kernel says otherwise."""
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    said = kernel.get("language") if isinstance(kernel, dict) else None
    return LANGUAGES.get(said.lower(), LANGUAGES["python"]) if isinstance(said, str) else LANGUAGES["python"]


def of_metadata(metadata: dict[str, object]) -> Lines:
    """The metadata of a notebook as the lines of a header."""
    said = metadata.get("workflow")
    for key, value in said.items() if isinstance(said, dict) else ():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int | float):
                yield 1, f"@{key}: {one}"
    title, authors = metadata.get("title"), metadata.get("authors")
    if isinstance(title, str) and not (isinstance(said, dict) and "description" in said):
        yield 1, f"@description: {title}"
    names = [name for one in authors if isinstance(one, dict) and isinstance(name := one.get("name"), str)] if isinstance(authors, list) else []
    if names and not (isinstance(said, dict) and "author" in said):
        yield 1, f"@author: {', '.join(names)}"
