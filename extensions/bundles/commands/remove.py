"""`mlpy bundle remove PATH…`: no longer tracks files or folders; they stay where they are."""

from __future__ import annotations

import os

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.ignoring import literal
from mlpy.extensions.bundles.project import EVERYTHING, FILE, Project

from mlpy.cli import tables
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("PATH", nargs="+", help="what `mlpy bundle add` was given, or a folder with such files; it may be gone")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.bundles.editing import save_files  # noqa: PLC0415  `--help` needs none of it

    project = Project.find()
    before = {*project.files()}
    dropped = {entry for path in options.PATH for entry in meant(project, path)}
    entries = [one for one in project.entries if one not in dropped]
    save_files(project, entries)
    after = {path for entry in entries for path in project.listing.below(entry)}
    return {"entries": entries, "dropped": sorted(dropped), "removed": sorted(before - after), "tracked": len(after)}


def meant(project: Project, path: str) -> list[str]:
    """The entries of the settings that a path of the command line means.

    Raises:
        BundleError: `not_tracked`, with the reason why nothing is to be done for it here.
    """
    whole = os.path.abspath(path)
    inside = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole)), project.root)
    found = [one for one in project.entries if one.rstrip("/") == inside or one.startswith(f"{inside}/") or inside == EVERYTHING]
    if found:
        return found
    folder = next((one for one in project.entries if one == EVERYTHING or inside.startswith(one.rstrip("/") + "/")), None)
    if folder is not None:
        what = "with the whole project" if folder == EVERYTHING else f"with the folder `{folder}`"
        raise BundleError("not_tracked", f"`{inside}` is tracked {what}", detail={"path": inside}, hint=f"a line `{literal(inside)}` in `.modelopsignore` leaves it out")
    model = next((one.id for one in project.models if inside in (one.files or ())), None)
    if model is not None:
        raise BundleError("not_tracked", f"`{inside}` belongs to the model `{model}`", detail={"path": inside}, hint=f"take it out of the `files` of the model in `{FILE}`")
    close = nearest(inside, project.entries)
    raise BundleError("not_tracked", f"`{inside}` is not tracked", detail={"path": inside}, hint=f"did you mean `{close}`?" if close else "`mlpy bundle status` tells what is")


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    removed, dropped = data["removed"], data["dropped"]
    assert isinstance(removed, list)
    assert isinstance(dropped, list)
    return (
        "".join(f"{tables.paint('removed', 'red')}  {tables.one_line(one)}\n" for one in removed or dropped)
        + f"{data['tracked']} {'file is' if data['tracked'] == 1 else 'files are'} tracked\n"
    )
