"""`mlpy bundle push [REF]`: brings the bundle of a project into a registry."""

from __future__ import annotations

from contextlib import suppress

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.project import Project

from mlpy.cli.bars import bars
from mlpy.cli.tables import fields, size

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("REF", nargs="?", help="`host/name` or `host/name:tag`; what the settings of the bundle name, if left out")
    parser.add_argument("--tag", metavar="TAG", action="append", default=[], help="a tag for it, instead of `latest`; may be given more than once")
    parser.add_argument("--mount", metavar="NAME", help="a repository of the same registry, to take contents from that it has already")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be uploaded")
    parser.add_argument("--plain-http", action="store_true", help="ask the registry without encryption; one on this machine always is")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.bundles.manifest import require_place, write  # noqa: PLC0415  `--help` needs none of it
    from mlpy.extensions.bundles.pushing import destination, push  # noqa: PLC0415  likewise
    from mlpy.extensions.bundles.synced import Synced, keep, require_no_link  # noqa: PLC0415  likewise

    project = Project.find()
    reference = destination(project, options.REF)
    require_place(project)
    require_no_link(project.root)  # who hears of a link afterwards has pushed
    with bars() as shown:
        try:
            done = push(project, reference, tags=options.tag, mount=options.mount, dry_run=options.dry_run, plain_http=options.plain_http, progress=shown)
        except KeyboardInterrupt:
            raise BundleError("interrupted", f"the push to `{reference.repository}` was interrupted", hint="push again: what the registry has by now is not uploaded again") from None
    if not options.dry_run:
        with suppress(OSError):  # a project that cannot be written can be pushed all the same
            write(project, done.manifest)
            keep(project.root, Synced(f"{reference.repository}:{done.tags[0]}", done.digest, done.manifest))
    return done.record()


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    blobs, tags = data["blobs"], data["tags"]
    assert isinstance(blobs, dict)
    assert isinstance(tags, list)
    assert isinstance(data["bytes_uploaded"], int)
    counts = ", ".join(f"{count} {fate}" for fate, count in blobs.items() if count)
    head = "would push" if data["dry_run"] else "pushed"
    pairs = [("tags", ", ".join(tags)), ("digest", str(data["digest"])), ("bundle", str(data["bundle_digest"])), ("contents", f"{counts} ({size(data['bytes_uploaded'])})")]
    return f"{head} {data['repository']}\n{fields(pairs)}"
