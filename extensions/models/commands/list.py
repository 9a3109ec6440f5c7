"""`mlpy models list [PATTERN]`: the models that are here."""

from __future__ import annotations

from fnmatch import fnmatchcase

from mlpy.extensions.models import records
from mlpy.extensions.models.store import Model, Store

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

HEADS = ("NAME", "HASH", "TYPE", "FRAMEWORK", "SIZE", "CONTEXT", "BITS", "CHANGED", "CAN", "HEALTH")
HASH = 12  # characters of a hash that a person needs


def define(parser: ArgumentParser) -> None:
    parser.add_argument("PATTERN", nargs="?", default="", help="part of a name, or a pattern of a whole one, as in `*-4bit`")
    parser.add_argument("--all", action="store_true", help="other revisions and unfinished downloads, too")
    parser.add_argument("--health", action="store_true", help="show whether each is whole and can be run")
    parser.add_argument("--verbose", action="store_true", help="show hashes and what can be asked of each")


def perform(options: Namespace) -> dict[str, object]:
    store = Store()
    found = [model for model in store.models(unfinished=options.all) if matches(model.name, options.PATTERN)]
    models = [records.of_model(one) for model in found for one in (with_revisions(model) if options.all else [model])]
    return {"models": models, "count": len(models)}


def matches(name: str, pattern: str) -> bool:
    """Whether a name has a text in it, or fits a pattern; in any case of letters."""
    name, pattern = name.lower(), pattern.lower()
    if any(mark in pattern for mark in "*?["):
        return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)
    return pattern in name


def with_revisions(model: Model) -> Iterator[Model]:
    """A model, and its other revisions."""
    yield model
    for commit in sorted(set(model.revisions) - {model.hash}):
        yield Model(model.name, model.repo, commit, model.revisions)


def show(data: dict[str, object], options: Namespace) -> str:
    models = data["models"]
    assert isinstance(models, list)
    if not models:
        return f"no model matches `{options.PATTERN}`\n" if options.PATTERN else "no models are here; `mlpy models pull MODEL` downloads one\n"
    return tables.table([row(one, options) for one in models], heads=HEADS, right="SIZE CONTEXT BITS")


def row(record: dict[str, object], options: Namespace) -> list[str]:
    quantization = record["quantization"]
    bits = quantization.get("bits") if isinstance(quantization, dict) else None
    return [
        str(record["name"]),
        str(record["hash"] or "-")[:HASH] if options.verbose or options.all else "",
        str(record["model_type"]),
        str(record["framework"]),
        tables.size(int(str(record["size_bytes"]))),
        str(record["context_length"] or ""),
        str(bits or ""),
        tables.paint(tables.age(str(record["last_modified"])), "dim"),
        ", ".join(map(str, found)) if options.verbose and isinstance(found := record["capabilities"], list) else "",
        standing(record) if options.health else "",
    ]


def standing(record: dict[str, object]) -> str:
    """The health of a model in a few words, its reason among them."""
    if record["health"] != "healthy":
        return tables.paint(f"unhealthy: {record['reason']}", "red")
    return tables.paint("healthy", "green") if record["runtime_compatible"] else tables.paint(f"healthy, not runnable: {record['reason']}", "yellow")
