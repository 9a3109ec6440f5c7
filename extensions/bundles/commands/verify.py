"""`mlpy bundle verify [DIR]`: compares the files of a bundle with its manifest, and that with a registry's."""

from __future__ import annotations

from mlpy.extensions.bundles.references import Reference
from mlpy.extensions.bundles.verifying import verify

from mlpy.cli import FAILED
from mlpy.cli.bars import bars
from mlpy.cli.tables import one_line, paint

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

FATES = {"changed": "red", "missing": "red", "odd": "red", "extra": "dim"}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("DIR", nargs="?", default=".", help="the folder with the `manifest.json`; the current one, if left out")
    parser.add_argument("--against", metavar="REF", help="a bundle in a registry that it must be")
    parser.add_argument("--exact", action="store_true", help="also fail for files that the bundle does not list")
    parser.add_argument("--plain-http", action="store_true", help="ask the registry without encryption; one on this machine always is")


def perform(options: Namespace) -> dict[str, object]:
    remote = None
    if options.against:
        from mlpy.extensions.bundles.remote import inspect  # noqa: PLC0415  without a registry nothing of it is needed

        remote = inspect(Reference.parse(options.against), plain_http=options.plain_http)
    with bars() as shown:
        data = verify(options.DIR, remote=remote, exact=options.exact, progress=shown).record()
    if not data["verified"]:
        options.exit_code = FAILED
    return data


def show(data: dict[str, object], options: Namespace) -> str:
    lines = []
    for fate, style in FATES.items():
        paths = data[fate]
        assert isinstance(paths, list)
        lines += [f"{paint(fate, 'red' if fate == 'extra' and options.exact else style)}  {one_line(path)}\n" for path in paths]
    against = data["against"]
    if isinstance(against, dict) and against["bundle_digest"] != data["bundle_digest"]:
        lines.append(f"{paint('another', 'red')}  {against['reference']} is {against['bundle_digest']}\n")
    verdict = f"{paint('verified', 'green')}: {data['files']} {'file is what it was' if data['files'] == 1 else 'files are what they were'}" if data["verified"] else paint("not verified", "red")
    return "".join(lines) + f"{verdict}\n{data['bundle_digest']}\n"
