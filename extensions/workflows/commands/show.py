"""`mlpy workflow show NAME`: all about one workflow."""

from __future__ import annotations

from mlpy.extensions.workflows.commands.where import add_folder, add_name, folder_of

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Workflow

HEADS = ("PARAMETER", "TYPE", "DEFAULT", "ABOUT")


def define(parser: ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("--code", action="store_true", help="print the text of the script, too")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    return described(folder_of(options).find(options.NAME))


def described(found: Workflow) -> dict[str, object]:
    """All about a workflow."""
    header = found.header
    said = {name: getattr(header, name) for name in ("grants", "needs", "inputs", "outputs", "retries", "script")}
    summary = found.summary()
    return {
        "record": found.record.to_json(),
        **{name: summary[name] for name in ("reference", "path", "in_step", "warnings")},
        "header": said | {"timeout_seconds": header.timeout},
    }


def show(data: dict[str, object], options: Namespace) -> str:
    record, warnings = data["record"], data["warnings"]
    assert isinstance(record, dict)
    assert isinstance(warnings, list)
    page = tables.paint(tables.one_line(str(data["reference"])), "bold") + "\n" + tables.fields([(name, tables.one_line(value)) for name, value in facts(data, record)])
    if record["params"]:
        page += "\n" + tables.table([parameter(one) for one in record["params"]], heads=HEADS)
    if warnings:
        page += "\n" + "".join(tables.paint(f"line {one['line']}: {tables.one_line(one['message'])}", "yellow") + "\n" for one in warnings)
    return page + (f"\n{record['code']}" if options.code else "")


def facts(data: dict[str, object], record: dict[str, object]) -> list[tuple[str, str]]:
    """What there is to say in a line each."""
    metadata, header = record["metadata"], data["header"]
    assert isinstance(metadata, dict)
    assert isinstance(header, dict)
    timeout = header["timeout_seconds"]
    return [
        ("description", str(record["description"])),
        ("language", f"{record['language']} ({record['type']})"),
        ("group", str(record["group"])),
        ("category", str(metadata["category"])),
        ("version", str(record["version"])),
        ("author", str(metadata["author"])),
        ("tags", ", ".join(metadata["tags"])),
        ("requires", ", ".join(metadata["requires"])),
        ("requirements", str(metadata["requires_file"])),
        ("to install", str(metadata["install_hint"])),
        ("grants", ", ".join(header["grants"])),
        ("needs", ", ".join(header["needs"])),
        ("inputs", ", ".join(header["inputs"])),
        ("outputs", ", ".join(header["outputs"])),
        ("retries", str(header["retries"] or "")),
        ("timeout", f"{timeout:g} s" if timeout else ""),
        ("called, too", str(metadata["entry_point"])),
        ("once called", str(metadata["deprecated_entry_point"])),
        ("file", str(data["path"])),
        ("starts with", str(record["entry_point"]) if record["type"] == "multi-file" else ""),
        ("digest", str(metadata["source_hash"])),
        ("record", f"of {record['created_at']}, changed {record['updated_at']}" if data["in_step"] else "not in step; `mlpy workflow sync` writes it"),
    ]


def parameter(one: dict[str, object]) -> list[str]:
    """A line of the table of parameters."""
    default = one["default"]
    shown = ("true" if default else "false") if isinstance(default, bool) else "" if default is None else str(default) or '""'
    return [str(one["name"]), str(one["type"]), "(required)" if one["required"] else shown, str(one["help"])]
