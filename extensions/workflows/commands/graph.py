"""`mlpy workflow graph NAME`: what a workflow needs, as a tree or as a picture. Reads headers only."""

from __future__ import annotations

import os
import sys

from mlpy.extensions.workflows import picture
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.graph import Plan, plan

from mlpy import whole
from mlpy.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.graph import Step

STANDARD_OUTPUT = "-"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="*", help="workflows; each is shown with all that it needs")
    parser.add_argument("--all", action="store_true", help="every workflow that needs another one, or is needed")
    parser.add_argument("--svg", metavar="FILE", help="write a picture to a file; `-` is standard output")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    if bool(options.NAME) == options.all:
        raise WorkflowError("usage", "`graph` takes names of workflows, or `--all`", hint="`mlpy workflow graph --all`")
    found = plan(folder, folder.workflows() if options.all else [folder.find(name) for name in options.NAME])
    options.plan = connected(found) if options.all else found
    if options.svg not in (None, STANDARD_OUTPUT):
        write(options.svg, picture.svg(options.plan))
    return {
        "folder": folder.path,
        "targets": [*options.plan.targets],
        "steps": [record(step) for step in options.plan.steps.values()],
        "svg": os.path.abspath(options.svg) if options.svg not in (None, STANDARD_OUTPUT) else None,
    }


def connected(found: Plan) -> Plan:
    """A plan without the steps that stand alone; its targets are those that nothing needs."""
    needed = {need for need, _ in found.edges}
    steps = {name: step for name, step in found.steps.items() if step.needs or name in needed}
    return Plan(tuple(name for name in steps if name not in needed), steps)


def write(path: str, text: str) -> None:
    """Writes the picture."""
    try:
        whole.replace(path, text.encode())
    except OSError as error:
        raise WorkflowError("not_writable", f"`{path}` cannot be written: {terminal.reason(error)}") from None


def record(step: Step) -> dict[str, object]:
    """A step as scripts get it."""
    header = step.workflow.header
    said: dict[str, object] = {name: getattr(header, name) for name in ("description", "inputs", "outputs", "retries")}
    return {"name": step.name, "language": step.workflow.language, "needs": [*step.needs], **said, "timeout_seconds": header.timeout}


def show(data: dict[str, object], options: Namespace) -> str:
    if options.svg == STANDARD_OUTPUT:
        return picture.svg(options.plan)
    if options.svg is not None:
        return f"{options.svg}: {len(options.plan.steps)} workflows\n"
    if not options.plan.steps:
        return f"no workflow in {data['folder']} needs another one; `# @needs: NAME` in its header says so\n"
    return picture.tree(options.plan, plain=terminal.plain(sys.stdout))
