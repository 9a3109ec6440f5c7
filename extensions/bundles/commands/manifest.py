"""`mlpy bundle manifest`: writes `manifest.json`; with `--check` it only tells whether that is what the project would give, and exits with 1 where it is not."""

from __future__ import annotations

from mlpy.extensions.bundles.differences import compare
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import is_written, require_place, survey, unlisted_record, write, written
from mlpy.extensions.bundles.paths import MANIFEST
from mlpy.extensions.bundles.project import Project

from mlpy.cli import FAILED, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.bundles.manifest import Manifest, Survey


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help=f"write nothing; exit with 1 and tell what is stale where `{MANIFEST}` is not up to date")


def perform(options: Namespace) -> dict[str, object]:
    project = Project.find()
    if options.check:
        return checked(project, options)
    found = survey(project)
    if found.problems:
        raise found.problems[0]
    return {"written": write(project, found.manifest), **summary(found), "manifest": found.manifest.data}


def summary(found: Survey) -> dict[str, object]:
    made = found.manifest
    return {"path": MANIFEST, "bundle_digest": made.digest, "models": len(made.models), "files": len(made.files), "size": made.size, "unlisted": unlisted_record(found)}


def checked(project: Project, options: Namespace) -> dict[str, object]:
    """What is stale in the manifest that is written."""
    require_place(project)
    found = survey(project)
    stale = stale_in(project, found.manifest)
    stale += [{"kind": "problem", "name": one.type, "change": "broken", "message": one.message} for one in found.problems]
    options.exit_code = FAILED if stale else options.exit_code
    return {"current": not stale, **summary(found), "stale": stale}


def stale_in(project: Project, made: Manifest) -> list[dict[str, object]]:
    """The differences between `manifest.json` and what the project would give."""
    try:
        old = written(project)
    except BundleError as failure:
        return [{"kind": "manifest", "name": MANIFEST, "change": "invalid", "message": failure.message}]
    if old is None:
        return [{"kind": "manifest", "name": MANIFEST, "change": "missing", "message": f"there is no `{MANIFEST}`"}]
    stale: list[dict[str, object]] = [{"kind": one.kind, "name": one.name, "change": one.change, "message": told(one.kind, one.name, one.change)} for one in compare(old, made)]
    if not stale and not is_written(project, made):
        return [{"kind": "manifest", "name": MANIFEST, "change": "reformatted", "message": f"`{MANIFEST}` says the same in another layout"}]
    return stale


def told(kind: str, name: str, change: str) -> str:
    """A difference in a sentence about the manifest that is written."""
    thing = f"the {kind} `{name}`"
    return {"added": f"{thing} is missing in it", "removed": f"{thing} is no longer part of the bundle", "changed": f"{thing} has changed"}[change]


def show(data: dict[str, object], options: Namespace) -> str:
    note = unlisted_text(data["unlisted"])
    return verdict(data, options) + (f"\n{note}" if note else "")


def unlisted_text(found: object) -> str:
    """What is said of files that models import and that the bundle would lack."""
    assert isinstance(found, list)
    lines = "".join(f"  {tables.one_line(one['path'])} (by {tables.one_line(one['model'])})\n" for one in found)
    return f"{tables.paint('imported, but not part of the bundle:', 'yellow')}\n{lines}  `mlpy bundle discover --save` takes them up\n" if lines else ""


def verdict(data: dict[str, object], options: Namespace) -> str:
    """What was written, or is stale."""
    size = tables.size(int(str(data["size"])))
    counts = f"{counted(data['models'], 'model')}, {counted(data['files'], 'file')}, {size}"
    if not options.check:
        return f"{MANIFEST} {'is written' if data['written'] else 'is up to date'}: {counts}\n{data['bundle_digest']}\n"
    stale = data["stale"]
    assert isinstance(stale, list)
    if not stale:
        return f"{MANIFEST} is up to date: {counts}\n{data['bundle_digest']}\n"
    lines = "".join(f"  {tables.one_line(str(one['message']))}\n" for one in stale)
    helps = "" if any(one["kind"] == "problem" for one in stale) else "\n`mlpy bundle manifest` writes it anew\n"
    return f"{tables.paint(f'{MANIFEST} is stale', 'red')}\n{lines}{helps}"


def counted(number: object, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
