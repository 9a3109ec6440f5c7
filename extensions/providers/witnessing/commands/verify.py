"""`mlpy witness verify`: whether the log is as it was written, and else from where on it is not."""

from __future__ import annotations

from mlpy.extensions.providers import checkpoints, verifying, witness
from mlpy.extensions.providers.failures import ProviderError

from mlpy.cli import FAILED, Mistake, tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.providers.verifying import Flaw


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", type=int, default=1, metavar="N", help="look at signatures from this record on; hashes are always compared from the first")
    parser.add_argument("--operation-id", metavar="ID", help="say also which records an operation has")
    parser.add_argument("--checkpoint", metavar="FILE", action="append", default=[], help="compare with a checkpoint that somebody else has kept, too")


def perform(options: Namespace) -> dict[str, object]:
    against = [loaded(path) for path in options.checkpoint]
    if not witness.exists():
        raise ProviderError("record_not_found", "there is no log: nothing was witnessed yet")
    try:
        with witness.Witness() as log:
            verdict = verifying.verify(log, start=options.start, against=against)
            own = [record.sequence for record in log.of_operation(options.operation_id)] if options.operation_id else None
    except ProviderError as error:
        if error.type != "witness_unusable":
            raise
        verdict, own = verifying.Verdict(0, 0, (verifying.Flaw("damaged", 0, error.message),)), None
    if own == []:
        raise ProviderError("record_not_found", f"no record is of the operation `{options.operation_id}`", hint="`mlpy witness log --json` tells whole ids")
    if verdict.verified and not 1 <= options.start <= max(verdict.records, 1):
        raise ProviderError("record_not_found", f"there is no record {options.start}", hint=f"the log has {verdict.records}")
    options.exit_code = 0 if verdict.verified else FAILED
    flaws = [{"kind": flaw.kind, "sequence": flaw.sequence, "why": flaw.why} for flaw in verdict.flaws]
    made: dict[str, object] = {"verified": verdict.verified, "records": verdict.records, "checkpoints": verdict.checkpoints, "flaws": flaws}
    return made | ({"operation_records": own} if own is not None else {})


def loaded(path: str) -> checkpoints.Checkpoint:
    try:
        return checkpoints.load(path)
    except OSError as error:
        raise Mistake(f"the checkpoint `{path}` cannot be read: {terminal.reason(error)}") from None


def show(data: dict[str, object], options: Namespace) -> str:
    flaws, own = data["flaws"], data.get("operation_records")
    assert isinstance(flaws, list)
    counted = f"{count(data['records'], 'record')} and {count(data['checkpoints'], 'checkpoint')}"
    if flaws:
        return "".join(tables.paint(told(verifying.Flaw(**one)), "red") + "\n" for one in flaws)
    page = tables.paint("verified", "green") + f": {counted}" + (f", signatures from record {options.start} on\n" if options.start > 1 else "\n")
    return page + (f"operation {tables.one_line(str(options.operation_id))}: records {', '.join(map(str, own))}\n" if isinstance(own, list) else "")


def told(flaw: Flaw) -> str:
    return f"record {flaw.sequence}: {flaw.why}" if flaw.sequence else flaw.why


def count(number: object, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
