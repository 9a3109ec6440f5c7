"""`mlpy bundle inspect REF`: tells what a bundle in a registry holds, without its files."""

from __future__ import annotations

from mlpy.extensions.bundles.references import Reference

from mlpy.cli.tables import fields, size, table

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("REF", help="`host/name:tag` or `host/name@sha256:…`")
    parser.add_argument("--plain-http", action="store_true", help="ask the registry without encryption; one on this machine always is")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.bundles.remote import inspect  # noqa: PLC0415  `--help` needs none of it

    return inspect(Reference.parse(options.REF), plain_http=options.plain_http).record()


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    files, models = data["files"], data["models"]
    assert isinstance(files, list)
    assert isinstance(models, list)
    assert isinstance(data["size"], int)
    pairs = [("reference", str(data["reference"])), ("digest", str(data["digest"])), ("bundle", str(data["bundle_digest"])), ("size", size(data["size"]))]
    listed = table([(one["path"], size(one["size"]), one["digest"][:19]) for one in files], heads=("FILE", "SIZE", "DIGEST"), right="SIZE")
    found = table([(one["id"], one["class"], str(len(one["files"]))) for one in models], heads=("MODEL", "CLASS", "FILES"), right="FILES")
    return "\n".join(part for part in (fields(pairs), found if models else "", listed if files else "") if part)
