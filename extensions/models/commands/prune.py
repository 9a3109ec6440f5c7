"""`mlpy models prune`: removes unfinished and detached downloads, contents that nothing needs, and stale locks."""

from __future__ import annotations

from mlpy.extensions.models.store import Store

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be removed")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.models.removal import prune  # noqa: PLC0415  `--help` needs none of it

    return prune(Store(), dry_run=options.dry_run)


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    removed, busy = data["removed"], data["in_use"]
    assert isinstance(removed, list)
    assert isinstance(busy, list)
    rows = [[one["path"], one["kind"], tables.size(one["size_bytes"])] for one in removed]
    text = tables.table(rows, heads=("PATH", "KIND", "SIZE"), right="SIZE") + "\n" if rows else ""
    text += "".join(f"{tables.one_line(name)} is being downloaded and stays as it is\n" for name in busy)
    verb = "would be removed" if data["action"] == "would_delete" else "removed"
    locks = int(str(data["lock_files_cleaned"]))
    return text + f"{tables.size(int(str(data['bytes_freed'])))} and {locks} stale lock{'' if locks == 1 else 's'} {verb}\n"
