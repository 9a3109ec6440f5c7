"""`mlpy models health [MODEL]`: whether the files of models are whole; exit code 1 where one's are not."""

from __future__ import annotations

from mlpy.extensions.models.health import check
from mlpy.extensions.models.store import Store

from mlpy.cli import FAILED, tables
from mlpy.cli.bars import bars

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.models.health import Verdict
    from mlpy.extensions.models.store import Model

    from mlpy.progress import Progress


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", nargs="?", help="one model (all by default); `NAME@HASH` is one revision")
    parser.add_argument("--deep", action="store_true", help="read every file and compare it with the hash that was recorded for it")


def perform(options: Namespace) -> dict[str, object]:
    store = Store()
    models = store.models(unfinished=True) if options.MODEL is None else [store.find(options.MODEL)]
    with bars() as shown:
        verdicts = [(model, judged(model, shown, deep=options.deep)) for model in models]
    healthy = [model.name for model, verdict in verdicts if verdict.healthy]
    unhealthy = [{"name": model.name, "status": "unhealthy", "reason": verdict.reason} for model, verdict in verdicts if not verdict.healthy]
    options.exit_code = FAILED if unhealthy else options.exit_code
    made: dict[str, object] = {"healthy": healthy, "unhealthy": unhealthy}
    if options.deep:
        made["verified"] = {model.name: verdict.verified for model, verdict in verdicts}
    return {**made, "summary": {"total": len(verdicts), "healthy_count": len(healthy), "unhealthy_count": len(unhealthy)}}


def judged(model: Model, shown: Progress, *, deep: bool) -> Verdict:
    """The verdict on a model, with a bar while it is being read."""
    if not deep:
        return check(model)
    task = shown.task(model.name, sum(file.size or 0 for file in model.files))
    try:
        return check(model, deep=True, progress=task.advance)
    finally:
        task.end()


def show(data: dict[str, object], options: Namespace) -> str:
    healthy, unhealthy, verified = data["healthy"], data["unhealthy"], data.get("verified")
    assert isinstance(healthy, list)
    assert isinstance(unhealthy, list)
    if not healthy and not unhealthy:
        return "no models are here; `mlpy models pull MODEL` downloads one\n"
    compared = {name: f"{count} files compared with their hashes" if count else "no hashes are known" for name, count in verified.items()} if isinstance(verified, dict) else {}
    rows = [[name, tables.paint("healthy", "green"), compared.get(name, "")] for name in healthy]
    rows += [[one["name"], tables.paint("unhealthy", "red"), one["reason"]] for one in unhealthy]
    text = tables.table(sorted(rows), heads=("NAME", "HEALTH", "REASON" if unhealthy else "CHECKED"))
    return text if options.MODEL else f"{text}\n{len(healthy)} of {len(rows)} healthy\n"
