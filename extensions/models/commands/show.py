"""`mlpy models show MODEL`: all about one model."""

from __future__ import annotations

import json

from mlpy.extensions.models import records
from mlpy.extensions.models.commands.list import HASH, standing
from mlpy.extensions.models.store import Store

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help="its name, or a part of it that no other has; `NAME@HASH` is one revision")
    parser.add_argument("--files", action="store_true", help="list its files, too")
    parser.add_argument("--config", action="store_true", help="print its configuration, too")


def perform(options: Namespace) -> dict[str, object]:
    return records.described(Store().find(options.MODEL))


def show(data: dict[str, object], options: Namespace) -> str:
    model, metadata = data["model"], data["metadata"]
    assert isinstance(model, dict)
    assert isinstance(metadata, dict)
    page = tables.paint(tables.one_line(str(model["name"])), "bold") + "\n" + tables.fields(facts(model, data) + details(metadata))
    if options.files:
        page += "\n" + files(data["files"])
    if options.config:
        page += "\n" + json.dumps(data["config"], indent=2, ensure_ascii=False) + "\n"
    return page


def facts(model: dict[str, object], data: dict[str, object]) -> list[tuple[str, str]]:
    """What is known of every model."""
    quantization = model["quantization"]
    how = f"{quantization['bits'] or '?'} bits, groups of {quantization['group_size'] or '?'} ({quantization['method']})" if isinstance(quantization, dict) else ""
    return [
        ("revision", str(model["hash"] or "-")),
        ("health", standing(model)),
        ("type", str(model["model_type"])),
        ("framework", str(model["framework"])),
        ("size", tables.size(int(str(model["size_bytes"])))),
        ("changed", f"{model['last_modified']} ({tables.age(str(model['last_modified']))})"),
        ("can", ", ".join(map(str, found)) if isinstance(found := model["capabilities"], list) else ""),
        ("quantization", how),
        ("others", others(data["revisions"])),
    ]


def others(revisions: object) -> str:
    """The other revisions that are here, with what names them."""
    assert isinstance(revisions, list)
    return ", ".join(f"{one['hash'][:HASH]}" + (f" ({', '.join(one['refs'])})" if one["refs"] else "") for one in revisions if not one["current"])


def details(metadata: dict[str, object]) -> list[tuple[str, str]]:
    """What the configuration tells, under its own names."""
    return [(name.replace("num_", "").replace("_", " "), tables.one_line(str(value))) for name, value in metadata.items() if value is not None]


def files(found: object) -> str:
    """The files with their sizes."""
    assert isinstance(found, list)
    rows = [[str(one["name"]), str(one["type"]), "missing" if one["size_bytes"] is None else tables.size(one["size_bytes"])] for one in found]
    return tables.table(rows, heads=("FILE", "TYPE", "SIZE"), right="SIZE")
