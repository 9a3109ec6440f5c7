"""`mlpy witness checkpoint`: signs the log as it is, proves that a record is in it, and that it goes on from an earlier checkpoint."""

from __future__ import annotations

from mlpy.extensions.providers import checkpoints, merkle, witness
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.witnessing.commands.verify import loaded

from mlpy import whole
from mlpy.cli import tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FILE", help="write the checkpoint there, too, to be given away")
    parser.add_argument("--record", type=int, metavar="N", help="prove that a record is among those of the checkpoint (RFC 6962)")
    parser.add_argument("--after", metavar="FILE", help="prove that the log goes on from an earlier checkpoint")


def perform(options: Namespace) -> dict[str, object]:
    earlier = loaded(options.after) if options.after else None
    if not witness.exists():
        raise ProviderError("record_not_found", "there is no log: nothing was witnessed yet")
    with witness.Witness() as log:
        made = log.checkpoint()
        hashes = [record.hash for record in log.records()][: made.size]
    data: dict[str, object] = {"checkpoint": made.record()}
    if options.output:
        try:
            whole.replace(options.output, checkpoints.text(made))
        except OSError as error:
            raise ProviderError("not_writable", f"`{options.output}` cannot be written: {terminal.reason(error)}") from None
    if options.record is not None:
        if not 0 < options.record <= made.size:
            raise ProviderError("record_not_found", f"there is no record {options.record}", hint=f"the log has {made.size}")
        data["inclusion"] = {"record": options.record, "hash": hashes[options.record - 1].hex(), "path": [one.hex() for one in merkle.inclusion(hashes, options.record - 1)]}
    return data | ({"consistency": goes_on(earlier, hashes, made)} if earlier is not None else {})


def goes_on(earlier: checkpoints.Checkpoint, hashes: Sequence[bytes], made: checkpoints.Checkpoint) -> dict[str, object]:
    """The proof that an earlier checkpoint is the beginning of this one.

    Raises:
        ProviderError: `witness_unusable`, where it is not.
    """
    proof = merkle.consistency(hashes, earlier.size) if earlier.size <= made.size else []
    if not merkle.is_consistent(earlier.size, made.size, bytes.fromhex(earlier.root), bytes.fromhex(made.root), proof):
        raise ProviderError("witness_unusable", f"the log does not go on from the checkpoint of {earlier.size} records", hint="`mlpy witness verify --checkpoint FILE` tells more")
    return {"earlier": earlier.record(), "proof": [one.hex() for one in proof]}


def show(data: dict[str, object], options: Namespace) -> str:
    made, inclusion, consistency = data["checkpoint"], data.get("inclusion"), data.get("consistency")
    assert isinstance(made, dict)
    lines = [("records", str(made["size"])), ("root", str(made["root"])), ("key", str(made["key"])), ("log", str(made["log"])[:16]), ("time", str(made["time"]))]
    lines.append(("written to", tables.one_line(options.output or "")))
    if isinstance(inclusion, dict):
        lines += [(f"record {inclusion['record']}", str(inclusion["hash"])), *(("", str(one)) for one in inclusion["path"])]
    if isinstance(consistency, dict):
        lines += [("goes on from", f"{consistency['earlier']['size']} records"), *(("", str(one)) for one in consistency["proof"])]
    return tables.fields(lines)
