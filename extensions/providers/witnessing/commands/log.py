"""`mlpy witness log`: what was done, the latest first."""

from __future__ import annotations

from mlpy.extensions.providers import selecting, witness
from mlpy.extensions.providers.money import Money

from mlpy.cli import Mistake, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

HEADS = ("RECORD", "TIME", "KIND", "OPERATION", "INSTANCE", "STATUS", "COST", "TOOK", "ID")
MANY = 20
STYLES = {"allowed": "green", "denied": "red", "done": "green", "failed": "red", "interrupted": "yellow", "under way": "yellow"}


def define(parser: ArgumentParser) -> None:
    selecting.add_options(parser)
    parser.add_argument("-n", "--limit", type=int, default=MANY, metavar="N", help=f"the last N records (default {MANY}); 0: all")


def perform(options: Namespace) -> dict[str, object]:
    selection = selecting.of_options(options)
    if options.limit < 0:
        raise Mistake("`-n` takes how many records are listed", "`-n 0` lists all")
    found: list[dict[str, object]] = []
    if not witness.exists():
        return {"records": found}
    with witness.Witness() as log:
        for record in log.backwards():
            said = record.data
            if selection.takes(said):
                found.append(said | {"hash": record.hash.hex(), "open": said["kind"] == "intent" and len(log.of_operation(record.operation_id)) == 1})
            if options.limit and len(found) == options.limit:
                break
    return {"records": found}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    found = data["records"]
    assert isinstance(found, list)
    return tables.table([row(one) for one in found], heads=HEADS, right="RECORD COST TOOK") if found else "no such record; nothing is in the log until an operation of a provider runs\n"


def row(said: dict[str, object]) -> list[str]:
    """A line of the table."""
    outcome, cost = said["outcome"], Money.of_record(said["cost"])
    used = said["parameters"] if said["kind"] == "use" and isinstance(said["parameters"], dict) else {}
    status = str(outcome["status"]) if isinstance(outcome, dict) else "under way" if said["open"] else str(used.get("decision", ""))
    return [
        str(said["sequence"]),
        tables.paint(str(said["time"])[:19] + "Z", "dim"),
        str(said["kind"]),
        str(used["capability"]) if "capability" in used else f"{said['provider']}/{said['operation']}",
        str(said["instance"]),
        tables.paint(status, STYLES.get(status, "dim")) if status else "",
        str(cost) if cost is not None else "",
        f"{duration:.3f} s" if isinstance(duration := said["duration"], int | float) else "",
        tables.paint(str(said["operation_id"])[:12], "dim"),
    ]
