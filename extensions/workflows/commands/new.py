"""`mlpy workflow new NAME -l LANGUAGE`: writes a script that runs, with a header to go on from."""

from __future__ import annotations

import os
import re

from mlpy.extensions.workflows.commands.where import add_folder, folder_of, language_of
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.languages import BY_EXTENSION, LANGUAGES
from mlpy.extensions.workflows.skeletons import skeleton

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.languages import Language

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,127}", re.ASCII)
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", help="its name, or that of its file: `deploy`, `deploy.sh`")
    parser.add_argument("-l", "--language", help=f"the language, `ml` if neither this nor the name tells: {', '.join(LANGUAGES)}")
    parser.add_argument("-d", "--description", default="", help="what it does, in a line")
    parser.add_argument("-g", "--group", default="", help="the group that it belongs to")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    name, language = wanted(options.NAME, options.language)
    for said in (options.description, options.group):
        if not said.isprintable():
            raise WorkflowError("invalid_value", "a header has lines of printable text")
    folder = folder_of(options)
    os.makedirs(folder.path, exist_ok=True)
    file = name + language.extension
    path = os.path.join(folder.path, file)
    text = skeleton(language, options.description or f"what {name} does", options.group)
    try:
        made = os.open(path, CREATE, 0o666 if language.name == "notebook" else 0o777)
    except FileExistsError:
        raise WorkflowError("already_exists", f"there is a file `{file}` already", hint=f"`mlpy workflow edit {file}` opens it") from None
    try:
        with open(made, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError:  # such as a disk that is full
        os.unlink(path)
        raise
    folder.sync(file)
    found = folder.find(file)
    return {"workflow": found.summary(), "path": path}


def wanted(name: str, word: str | None) -> tuple[str, Language]:
    """The name and the language of a new workflow."""
    stem, extension = os.path.splitext(name)
    language = BY_EXTENSION.get(extension)
    if language is not None:
        name = stem
    if word is not None:
        language = language_of(word)
    if NAME.fullmatch(name) is None:
        raise WorkflowError("invalid_name", f"`{name[:80]}` is no name of a workflow", hint="a name has letters, digits, `_`, `-` and `.`, and begins with a letter or a digit")
    return name, language or LANGUAGES["ml"]


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    workflow = data["workflow"]
    assert isinstance(workflow, dict)
    return f"{data['path']} is written; `mlpy workflow run {workflow['reference']}` runs it\n"
