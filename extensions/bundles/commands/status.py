"""`mlpy bundle status`: what the bundle would hold, what changed since it was pushed, pulled or written down, and what is wrong; exit code 1 where something is."""

from __future__ import annotations

from mlpy.extensions.bundles.commands.manifest import unlisted_text
from mlpy.extensions.bundles.differences import base_of, compare
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import is_written, survey, unlisted_record, written
from mlpy.extensions.bundles.paths import MANIFEST
from mlpy.extensions.bundles.project import Project
from mlpy.extensions.bundles.synced import last

from mlpy.cli import FAILED, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.bundles.manifest import Manifest

SHOWN = 20  # files that are not tracked, in a text
STYLES = {"added": "green", "changed": "yellow", "removed": "red"}


def define(parser: ArgumentParser) -> None:
    """It takes no options of its own."""


def perform(options: Namespace) -> dict[str, object]:
    project = Project.find()
    found = survey(project)
    made, base, synced = found.manifest, base_of(project), last(project.root)
    options.exit_code = FAILED if found.problems else options.exit_code
    return {
        "name": project.name,
        "registry": project.registry,
        "bundle_digest": made.digest,
        "manifest": standing(project, made),
        "models": [{"id": name, "class": one.class_, "files": [*one.files]} for name, one in made.models.items()],
        "files": [{"path": path, "size": one.size, "digest": one.digest} for path, one in made.files.items()],
        "size": made.size,
        "base": base.title if base.manifest is not None else None,
        "changes": [one.record() for one in compare(base.manifest, made)] if base.manifest is not None else [],
        "synced": None if synced is None else {"reference": synced.reference, "digest": synced.digest, "bundle_digest": synced.manifest.digest},
        "untracked": [path for path in project.listing.files if path not in made.files],
        "unlisted": unlisted_record(found),
        "problems": [one.record() for one in found.problems],
    }


def standing(project: Project, made: Manifest) -> str:
    """How `manifest.json` stands to the project: `current`, `stale`, `missing` or `invalid`."""
    try:
        found = written(project)
    except BundleError:
        return "invalid"
    return "missing" if found is None else "current" if is_written(project, made) else "stale"


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    return "\n".join(part for part in (heading(data), changes(data), unlisted_text(data["unlisted"]), untracked(data), problems(data)) if part)


def heading(data: dict[str, object]) -> str:
    files, models, synced = data["files"], data["models"], data["synced"]
    assert isinstance(files, list)
    assert isinstance(models, list)
    standings = {"current": "is up to date", "stale": "is stale: `mlpy bundle manifest` writes it anew", "missing": "is not written yet", "invalid": "is not valid"}
    pairs = [
        ("bundle", tables.one_line(str(data["name"]))),
        ("digest", str(data["bundle_digest"])),
        ("registry", str(data["registry"] or "none is named")),
        ("synced", f"{synced['reference']}, {synced['digest']}" if isinstance(synced, dict) else "nothing was pushed or pulled yet"),
        ("manifest", f"{MANIFEST} {standings[str(data['manifest'])]}"),
        ("models", ", ".join(tables.one_line(str(one["id"])) for one in models) or "none"),
        ("files", f"{len(files)}, {tables.size(int(str(data['size'])))}"),
    ]
    return tables.fields(pairs)


def changes(data: dict[str, object]) -> str:
    """What is not as it was."""
    found = data["changes"]
    assert isinstance(found, list)
    if data["base"] is None or not found:
        return ""
    lines = "".join(f"  {tables.paint(one['change'], STYLES[one['change']])}{' ' * (9 - len(one['change']))}{one['kind']} {tables.one_line(one['name'])}\n" for one in found)
    return f"changed since {tables.one_line(str(data['base']))}:\n{lines}"


def untracked(data: dict[str, object]) -> str:
    """Files that no bundle would hold."""
    found = data["untracked"]
    assert isinstance(found, list)
    if not found:
        return ""
    more = f"  and {len(found) - SHOWN} more\n" if len(found) > SHOWN else ""
    return "not tracked:\n" + "".join(f"  {tables.one_line(one)}\n" for one in found[:SHOWN]) + more


def problems(data: dict[str, object]) -> str:
    """What would keep the bundle from being pushed."""
    found = data["problems"]
    assert isinstance(found, list)
    if not found:
        return ""
    return tables.paint("problems:", "red") + "\n" + "".join(f"  {tables.one_line(one['message'])}\n{hint(one)}" for one in found)


def hint(problem: dict[str, object]) -> str:
    detail = problem.get("detail")
    return f"    {tables.one_line(str(detail['hint']))}\n" if isinstance(detail, dict) and "hint" in detail else ""
