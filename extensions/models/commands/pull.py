"""`mlpy models pull MODEL[@REV]`: downloads a model, or what is missing of it."""

from __future__ import annotations

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.store import Store

from mlpy.cli.bars import bars
from mlpy.cli.tables import size

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help="`org/name`, or the name of a model of `mlx-community`; with `@REV` a branch, a tag or a commit")
    parser.add_argument("--include", metavar="PATTERN", action="append", default=[], help="download only files that match, as in `*.json`; may be given more than once")
    parser.add_argument("--force", action="store_true", help="download everything anew")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.models.pulling import pull  # noqa: PLC0415  `--help` needs none of it

    wanted = Wanted(options.MODEL)
    with bars() as shown:
        try:
            return pull(Store(), wanted, include=options.include, force=options.force, progress=shown).record()
        except KeyboardInterrupt:
            detail: dict[str, object] = {"bytes_kept": sum(task.done for task in shown.tasks)}
            hint = f"`mlpy models pull {wanted.text}` goes on where it stopped"
            raise ModelError("interrupted", f"the download of `{wanted.full}` was interrupted; what has come is kept", detail=detail, hint=hint) from None


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    got, kept = (size(number) for name in ("bytes_downloaded", "bytes_reused") if isinstance(number := data[name], int))
    reused = f", {kept} were here" if data["bytes_reused"] else ""
    told = f"{got} downloaded{reused}" if data["bytes_downloaded"] else f"all of it was here, {kept}"
    return f"{data['model']}@{str(data['commit_hash'])[:12]}: {told}\n"
