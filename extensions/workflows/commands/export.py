"""`mlpy workflow export NAME`: a workflow as one record that `import` takes, or its files in a folder."""

from __future__ import annotations

import json
import os

from mlpy.extensions.workflows import sharing
from mlpy.extensions.workflows.commands.where import add_folder, add_name, folder_of

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("-o", "--output", metavar="FILE|DIR", help="write the record into a file, or the script and its lock into a folder; without it the record is printed")
    parser.add_argument("-f", "--force", action="store_true", help="replace what is there")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    workflow = folder_of(options).find(options.NAME)
    target = options.output
    if target is None:
        return {"reference": workflow.reference, "record": json.loads(sharing.export_record(workflow)), "path": None, "files": []}
    if target.endswith("/") or os.path.isdir(target):
        files = sharing.export_files(workflow, target, force=options.force)
        return {"reference": workflow.reference, "record": None, "path": os.path.abspath(target), "files": files}
    sharing.export_file(sharing.export_record(workflow), target, force=options.force)
    return {"reference": workflow.reference, "record": None, "path": os.path.abspath(target), "files": [os.path.basename(target)]}


def show(data: dict[str, object], options: Namespace) -> str:
    if data["record"] is not None:
        return json.dumps(data["record"], indent=2).replace("\x7f", "\\u007f") + "\n"  # in ASCII, as characters that a terminal obeys would be changed on their way
    return f"{tables.one_line(str(data['reference']))} is exported to {tables.one_line(options.output)}\n"
