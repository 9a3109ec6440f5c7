"""`mlpy bundle pull REF [DIR]`: brings a bundle from a registry into a new folder."""

from __future__ import annotations

from contextlib import suppress

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.references import Reference

from mlpy.cli.bars import bars
from mlpy.cli.tables import fields, size

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("REF", help="`host/name:tag` or `host/name@sha256:…`")
    parser.add_argument("DIR", nargs="?", help="a folder that is not there yet, or is empty; the last part of the name, if left out")
    parser.add_argument("--plain-http", action="store_true", help="ask the registry without encryption; one on this machine always is")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.bundles.project import FILE  # noqa: PLC0415  `--help` needs none of it
    from mlpy.extensions.bundles.pulling import pull  # noqa: PLC0415  likewise
    from mlpy.extensions.bundles.synced import Synced, keep  # noqa: PLC0415  likewise

    reference = Reference.parse(options.REF)
    with bars() as shown:
        try:
            done = pull(reference, options.DIR, plain_http=options.plain_http, progress=shown)
        except KeyboardInterrupt:
            raise BundleError("interrupted", f"the pull of `{reference.text}` was interrupted; nothing stays of it") from None
    if FILE in done.bundle.manifest.files:  # a project, whose `status` and `diff` ask what it came from
        with suppress(OSError):  # the bundle is there; what is not known is where it came from
            keep(done.folder, Synced(reference.text, done.bundle.digest, done.bundle.manifest))
    return done.record()


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    assert isinstance(data["size"], int)
    pairs = [("digest", str(data["digest"])), ("bundle", str(data["bundle_digest"])), ("files", f"{data['files']} ({size(data['size'])})")]
    return f"pulled {data['reference']} into {data['folder']}\n{fields(pairs)}"
