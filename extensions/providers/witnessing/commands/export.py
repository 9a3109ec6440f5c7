"""`mlpy witness export`: records for others."""

from __future__ import annotations

from mlpy.extensions.providers import exporting, selecting, witness
from mlpy.extensions.providers.failures import ProviderError

from mlpy import whole
from mlpy.cli import tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--format", choices=sorted(exporting.FORMS), default="json", help="json (with hashes and signatures), csv, or dsse (a signed envelope)")
    parser.add_argument("--output", metavar="FILE", help="write there instead of to standard output")
    selecting.add_options(parser)


def perform(options: Namespace) -> dict[str, object]:
    selection = selecting.of_options(options)
    if not witness.exists():
        raise ProviderError("record_not_found", "there is no log: nothing was witnessed yet")
    with witness.Witness() as log:
        text, count = exporting.exported(log, selection, options.format)
    data: dict[str, object] = {"format": options.format, "records": count, "output": options.output}
    if options.output is None:
        return data | {"text": text}
    try:
        whole.replace(options.output, text.encode())
    except OSError as error:
        raise ProviderError("not_writable", f"`{options.output}` cannot be written: {terminal.reason(error)}") from None
    return data


def show(data: dict[str, object], options: Namespace) -> str:
    if options.output is None:
        return str(data["text"])
    return f"{data['records']} record{'' if data['records'] == 1 else 's'} written to {tables.one_line(options.output)}\n"
