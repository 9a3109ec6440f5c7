"""`mlpy bundle diff [REF]`: which models and files are not what they were in the bundle that was pushed or pulled last, or in another."""

from __future__ import annotations

from mlpy.extensions.bundles.differences import Base, base_of, compare
from mlpy.extensions.bundles.manifest import survey
from mlpy.extensions.bundles.project import Project

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

MARKS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("REF", nargs="?", help="a bundle in a registry; by default the one pushed or pulled last, and before that what `manifest.json` says")
    parser.add_argument("--plain-http", action="store_true", help="ask the registry of REF without encryption; one on this machine always is")


def perform(options: Namespace) -> dict[str, object]:
    project = Project.find()
    found = survey(project)
    made = found.manifest
    base = in_registry(options) if options.REF else base_of(project)
    old = base.manifest
    return {
        "base": {"title": base.title, "bundle_digest": None if old is None else old.digest},
        "bundle_digest": made.digest,
        "same": old is not None and old.digest == made.digest,
        "differences": [one.record() for one in compare(old, made)],
        "problems": [one.record() for one in found.problems],
    }


def in_registry(options: Namespace) -> Base:
    """The bundle that a reference means."""
    from mlpy.extensions.bundles.references import Reference  # noqa: PLC0415  only where a registry is asked
    from mlpy.extensions.bundles.remote import inspect  # noqa: PLC0415  likewise

    found = inspect(Reference.parse(options.REF), plain_http=options.plain_http)
    return Base(found.reference.text, found.manifest)


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    base, found = data["base"], data["differences"]
    assert isinstance(base, dict)
    assert isinstance(found, list)
    title = tables.one_line(base["title"])
    if data["same"]:
        return f"nothing has changed since {title}\n"
    return f"from {title} to what is here:\n" + "".join(line(one) for one in found)


def line(one: dict[str, object]) -> str:
    """One difference, the size of a file or the class of a model beside it."""
    mark, style = MARKS[str(one["change"])]
    kind = "model " if one["kind"] == "model" else ""
    return f"{tables.paint(mark, style)} {kind}{tables.one_line(str(one['name']))}  {tables.paint(beside(one), 'dim')}\n"


def beside(one: dict[str, object]) -> str:
    key = "class" if one["kind"] == "model" else "size"
    values = [value[key] for value in (one["old"], one["new"]) if isinstance(value, dict)]
    shown = [tables.one_line(value) if isinstance(value, str) else tables.size(value) for value in values]
    return " → ".join(dict.fromkeys(shown))
