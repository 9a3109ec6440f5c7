"""What the commands share: the folder that they are about, and the workflow in it."""

from __future__ import annotations

from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.folder import Folder
from mlpy.extensions.workflows.languages import LANGUAGES, named

from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.languages import Language


def add_folder(parser: ArgumentParser) -> None:
    """The option that names the folder."""
    parser.add_argument("--folder", metavar="DIR", help="the folder of workflows; else what `MLPY_WORKFLOWS` names, or `workflows/` here or in the project")


def add_name(parser: ArgumentParser) -> None:
    """The argument that names a workflow."""
    parser.add_argument("NAME", help="its name; `NAME:LANGUAGE` or the name of its file where several have it")


def folder_of(options: Namespace) -> Folder:
    """The folder that the options mean.

    Raises:
        WorkflowError: `folder_not_found`.
    """
    return Folder.locate(options.folder)


def language_of(word: str) -> Language:
    """The language that `-l` names.

    Raises:
        WorkflowError: `invalid_value`.
    """
    found = named(word)
    if found is None:
        close = nearest(word, LANGUAGES)
        raise WorkflowError(
            "invalid_value", f"unknown language `{word[:80]}`", hint=f"did you mean `{close}`?" if close else "it is one of " + ", ".join(f"`{one}`" for one in LANGUAGES)
        )
    return found
