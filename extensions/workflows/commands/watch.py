"""`mlpy workflow watch`: keeps the records of a folder in step until Ctrl-C."""

from __future__ import annotations

import os
import sys

from mlpy.extensions.workflows.commands.sync import said
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.folder import Changes

from mlpy.cli import terminal
from mlpy.cli.tables import rendered

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.workflows.watching import Watch  # noqa: PLC0415  `--help` needs none of it

    folder = folder_of(options)
    if not os.path.isdir(folder.path):
        raise WorkflowError("folder_not_found", f"there is no folder `{folder.path}`", hint="`mlpy workflow new NAME -l LANGUAGE` makes it with a first workflow")
    total = Changes()

    def told(changes: Changes) -> None:
        total.add(changes)
        terminal.write(rendered("".join(f"{line}\n" for line in said(changes.to_json())), color=terminal.colored(sys.stdout)))
        sys.stdout.flush()

    terminal.write_error(f"watching {folder.path}; Ctrl-C ends\n")
    try:
        Watch(folder, told).follow()
    except KeyboardInterrupt:
        terminal.write_error("\n")
    return {"folder": folder.path, **total.to_json()}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  each change was shown as it came
    return ""
