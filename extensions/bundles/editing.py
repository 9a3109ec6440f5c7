"""Writes the table `tool.modelops-bundle` of a `pyproject.toml`, whose comments, order and all other content stay as they are (tomlkit).

What was written is read again before it counts: an edit that would change anything else is refused, and the file stays as it was.
"""

from __future__ import annotations

import os
import tomllib

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.project import FILE, TABLE, Entry

from mlpy import whole
from mlpy.project import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    from mlpy.extensions.bundles.project import Project

    Tree: TypeAlias = Any  # tomlkit's nodes are dicts and lists of its own

ROOM = LARGEST // 2  # bytes of the settings that files of models may take
WIDE = 120  # characters of a line that lists files


def save_files(project: Project, entries: Sequence[str]) -> None:
    """Makes `files` list these entries: those of now that stay, in their order, then new ones.

    Raises:
        BundleError: `invalid_settings`, where the file cannot be edited; `missing_extra` without tomlkit.
    """

    def edit(table: Tree) -> None:
        if "files" not in table:
            table["files"] = array([])
        keep(table["files"], entries)

    change(project, edit, {"files": [*entries]})


def save_models(project: Project, models: Sequence[Entry]) -> None:
    """Makes `models` list these models, each with its files; those that it lists already stay where they are.

    Where the files of all would be too many for the settings, new models are listed without: what they import counts then.

    Raises:
        BundleError: As `save_files`.
    """
    if sum(len(path) + 4 for one in models for path in one.files or ()) > ROOM:
        listed = {one.id for one in project.models}
        models = [one if one.id in listed else Entry(one.id, one.class_) for one in models]

    def edit(table: Tree) -> None:
        if not table.get("models"):
            table["models"] = array([])
        listed, wanted = table["models"], {one.id: one for one in models}
        for at in range(len(listed) - 1, -1, -1):
            if listed[at]["id"] not in wanted:
                del listed[at]
        for one in listed:
            update(one, wanted.pop(one["id"]))
        for one in wanted.values():
            listed.append(made(one, like=listed))

    known = [one.id for one in project.models]
    order = sorted(models, key=lambda one: known.index(one.id) if one.id in known else len(known))
    change(project, edit, {"models": [record(one) for one in order]})


def record(entry: Entry) -> dict[str, object]:
    """A model as the settings list it."""
    return {"id": entry.id, "class": entry.class_} | ({} if entry.files is None else {"files": [*entry.files]})


def update(table: Tree, entry: Entry) -> None:
    """Makes one model in the file what it is now."""
    if table["class"] != entry.class_:
        table["class"] = entry.class_
    if entry.files is not None and list(table.get("files", ())) != [*entry.files]:
        table["files"] = listing(entry.files)


def made(entry: Entry, *, like: Tree) -> Tree:
    """A model as a new table: in line where the others are."""
    from tomlkit import inline_table, table  # noqa: PLC0415  of the extra
    from tomlkit.items import AoT  # noqa: PLC0415  likewise

    new: Tree = table() if isinstance(like, AoT) else inline_table()
    new["id"] = entry.id
    new["class"] = entry.class_
    if entry.files is not None:
        new["files"] = listing(entry.files)
    return new


def listing(files: Sequence[str]) -> Tree:
    """The files of a model, in one line as long as that is readable."""
    from tomlkit import array  # noqa: PLC0415  of the extra

    new = array()
    new.extend(files)
    return new.multiline(sum(len(one) + 4 for one in files) > WIDE)


def array(items: Sequence[str]) -> Tree:
    """A list with an item a line."""
    from tomlkit import array as empty  # noqa: PLC0415  of the extra

    new = empty()
    new.extend(items)
    return new.multiline(multiline=True)


def keep(listed: Tree, entries: Sequence[str]) -> None:
    """Makes a list in the file hold these entries, those that stay in their place and with the comments beside them."""
    for at in range(len(listed) - 1, -1, -1):
        if listed[at] not in entries or listed[at] in [*listed[:at]]:
            del listed[at]
    for entry in entries[len(listed) :]:
        listed.append(entry)


def change(project: Project, edit: Callable[[Tree], None], values: dict[str, object]) -> None:
    """Edits the table of a project's file, and writes the file if it then says `values` and all that it said before."""
    BundleError.need("tomlkit")
    import tomlkit  # noqa: PLC0415  of the extra
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415  likewise

    path = os.path.join(project.root, FILE)
    if os.path.islink(path):
        raise BundleError("not_a_file", f"`{FILE}` is a link, which may lead anywhere", hint="put the file itself in its place")
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    expected = tomllib.loads(text)
    expected["tool"]["modelops-bundle"] |= values
    try:
        document: Tree = tomlkit.parse(text)
        edit(document["tool"]["modelops-bundle"])
        result = as_written(tomlkit.dumps(document), text)
        faithful = tomllib.loads(result) == expected
    except (TOMLKitError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        faithful, result = False, text
    if not faithful:
        hint = "`mlpy bundle discover --json` and `status --json` tell what to write"
        raise BundleError("invalid_settings", f"`{TABLE}` of `{FILE}` is written in a way that cannot be edited without changing more", hint=hint)
    if len(result.encode()) > LARGEST:
        hint = "list folders instead of files, or models without `files`: what they import counts then"
        raise BundleError("too_large", f"`{FILE}` would be larger than {LARGEST:,} bytes, and nobody could read it", hint=hint)
    if result != text:
        whole.replace(path, result.encode())


def as_written(result: str, text: str) -> str:
    """A text with the line ends of another, where these are all those of Windows."""
    return "\r\n".join(result.replace("\r\n", "\n").split("\n")) if text.count("\n") == text.count("\r\n") > 0 else result
