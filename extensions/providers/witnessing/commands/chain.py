"""`mlpy witness chain`: a trace, record by record, each with its hash and the one that it holds."""

from __future__ import annotations

from mlpy.extensions.providers import witness
from mlpy.extensions.providers.failures import ProviderError

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

HEADS = ("RECORD", "KIND", "OPERATION", "STATUS", "AFTER", "HASH", "KEY")
SHORT = 12  # characters of a hash that a person needs


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--trace-from", metavar="ID", required=True, help="a record's number, or the id of an operation, a trace or a run: its trace is shown from there on")


def perform(options: Namespace) -> dict[str, object]:
    found: list[dict[str, object]] = []
    wanted, traces = options.trace_from, set()
    if witness.exists():
        with witness.Witness() as log:
            for record in log.records():
                said = record.data
                if wanted == str(said["sequence"]) or any(str(said[name]) == wanted or (len(wanted) >= SHORT and str(said[name]).startswith(wanted)) for name in ("operation_id", "run", "trace")):
                    traces.add(said["trace"])
                if said["trace"] in traces:
                    found.append(said | {"hash": record.hash.hex()})
    if not found:
        raise ProviderError("record_not_found", f"`{wanted}` is no record, operation, trace or run", hint="`mlpy witness log --json` lists them")
    return {"records": found}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    found = data["records"]
    assert isinstance(found, list)
    return tables.table([row(one) for one in found], heads=HEADS, right="RECORD")


def row(said: dict[str, object]) -> list[str]:
    outcome = said["outcome"]
    return [
        str(said["sequence"]),
        str(said["kind"]),
        f"{said['provider']}/{said['operation']}",
        str(outcome["status"]) if isinstance(outcome, dict) else "",
        str(said["previous"])[:SHORT],
        str(said["hash"])[:SHORT],
        tables.paint(str(said["key"]), "dim"),
    ]
