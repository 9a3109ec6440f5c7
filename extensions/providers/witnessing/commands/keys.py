"""`mlpy witness keys`: the keys that sign, and a new one."""

from __future__ import annotations

from mlpy.extensions.providers import witness

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--rotate", action="store_true", help="make a new key, and hand over to it in a record that the old one signs; what the old one has signed stays valid")


def perform(options: Namespace) -> dict[str, object]:
    if not witness.exists() and not options.rotate:
        return {"keys": [], "rotated": False}
    with witness.Witness() as log:
        if options.rotate:
            log.rotate()
        present = log.present()
        keys = [{"id": key.id, "public": key.public.hex(), "created": key.created, "signs": key.id == present} for key in log.keys]
    return {"keys": keys, "rotated": options.rotate}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    keys = data["keys"]
    assert isinstance(keys, list)
    rows = [[str(one["id"]), str(one["created"]), tables.paint("signs", "green") if one["signs"] else "verifies", str(one["public"])] for one in keys]
    return tables.table(rows, heads=("KEY", "CREATED", "USE", "PUBLIC")) if rows else "there are no keys; the first operation that is witnessed makes one\n"
