"""`mlpy bundle add PATH…`: tracks files, or folders with all that is in them."""

from __future__ import annotations

import os

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import covered
from mlpy.extensions.bundles.paths import unsafe
from mlpy.extensions.bundles.project import EVERYTHING, Project, merged

from mlpy.cli import tables
from mlpy.project import visible

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("PATH", nargs="+", help="a file, or a folder, whose files belong to the bundle from now on, also those that come later")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.bundles.editing import save_files  # noqa: PLC0415  `--help` needs none of it

    project = Project.find()
    before = {*project.files()}
    wanted = [entry_of(project, path) for path in options.PATH]
    entries = merged([*project.entries, *wanted])
    save_files(project, entries)
    after = {path for entry in entries for path in project.listing.below(entry)}
    return {"entries": entries, "added": sorted(after - before), "already": sorted({one for one in wanted if {*project.listing.below(one)} <= before}), "tracked": len(after)}


def entry_of(project: Project, path: str) -> str:
    """A path of the command line as the settings list it: a folder ends in `/`.

    Raises:
        BundleError: Where it is not there, lies outside, cannot stand in a bundle, or is ignored.
    """
    inside = project.inside(path)
    is_folder = os.path.isdir(os.path.join(project.root, inside))
    reason = None if inside == EVERYTHING else unsafe(inside)
    if reason is not None:
        raise BundleError("unsafe_path", f"`{visible(path)}` {reason}", hint="rename it")
    rule = None if inside == EVERYTHING else project.ignore.reason(inside, folder=is_folder)
    if rule is not None:
        raise BundleError("ignored", f"`{path}` is left out by {rule}", detail={"path": inside}, hint=project.ignore.way_back(inside, folder=is_folder))
    entry = f"{inside}/" if is_folder and inside != EVERYTHING else inside
    problems: list[BundleError] = []
    covered(project, entry, "is tracked", problems)
    if problems:
        raise problems[0]
    return entry


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    added, already = data["added"], data["already"]
    assert isinstance(added, list)
    assert isinstance(already, list)
    lines = [f"{tables.paint('added', 'green')}    {tables.one_line(one)}\n" for one in added] + [f"{tables.paint('tracked', 'dim')}  {tables.one_line(one)}\n" for one in already]
    return "".join(lines) + f"{data['tracked']} {'file is' if data['tracked'] == 1 else 'files are'} tracked\n"
