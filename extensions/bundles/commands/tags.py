"""`mlpy bundle tags [REF]`: lists the tags of a repository."""

from __future__ import annotations

from mlpy.extensions.bundles.project import Project
from mlpy.extensions.bundles.references import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("REF", nargs="?", help="`host/name`; what the settings of the bundle name, if left out")
    parser.add_argument("--plain-http", action="store_true", help="ask the registry without encryption; one on this machine always is")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.bundles.pushing import destination  # noqa: PLC0415  `--help` needs none of it
    from mlpy.extensions.bundles.remote import tags  # noqa: PLC0415  as above

    reference = Reference.parse(options.REF) if options.REF else destination(Project.find(), None)
    return {"repository": reference.repository, "tags": tags(reference, plain_http=options.plain_http)}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    tags = data["tags"]
    assert isinstance(tags, list)
    return "".join(f"{tag}\n" for tag in tags)
