"""`mlpy workflow history [NAME]`: what was run, when, and how it ended."""

from __future__ import annotations

from time import time

from mlpy.extensions.workflows import journal
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.records import moment

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.workflows.folder import Folder
    from mlpy.extensions.workflows.journal import Attempt, Run

RUNS = ("RUN", "WORKFLOW", "STATUS", "STARTED", "TOOK", "EXIT")
STEPS = ("STEP", "TRY", "STATUS", "TOOK", "EXIT", "WHY", "LOG")
MANY = 20
STYLES = {"blocked": "yellow", "done": "green", "failed": "red", "interrupted": "yellow", "running": "bold", "timeout": "red", "unchanged": "dim"}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="?", help="only runs of a workflow, or with it as a step")
    parser.add_argument("--run", type=int, metavar="ID", help="tell the steps of one run")
    parser.add_argument("-n", "--limit", type=int, default=MANY, metavar="N", help=f"the last N runs (default {MANY}); 0: all that are kept")
    add_folder(parser)


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    if not journal.exists(folder.path):
        if options.run is not None:
            raise WorkflowError("run_not_found", f"there is no run {options.run}: nothing was run yet")
        return {"folder": folder.path, "runs": []}
    with journal.Journal(folder.path) as kept:
        if options.run is None:
            found = kept.runs(options.limit if options.limit > 0 else -1, called(folder, options.NAME))
            return {"folder": folder.path, "runs": [of_run(run) for run in found]}
        return {"folder": folder.path, "runs": [of_run(kept.run(options.run))], "attempts": [of_attempt(one) for one in kept.attempts(options.run)]}


def called(folder: Folder, name: str | None) -> str | None:
    """What the journal calls a workflow, which may be there no more."""
    try:
        return folder.find(name).reference if name else None
    except WorkflowError:
        return name


def of_run(run: Run) -> dict[str, object]:
    """A run as scripts get it."""
    times = {"started_at": moment(run.started), "ended_at": None if run.ended is None else moment(run.ended), "seconds": seconds(run)}
    return {"run": run.id, "name": run.name, "status": run.status, **times, "exit_code": run.exit_code, "signal": run.signal, "engine": run.engine, "request": run.request}


def of_attempt(attempt: Attempt) -> dict[str, object]:
    """A try of a step as scripts get it."""
    times = {"started_at": moment(attempt.started), "ended_at": None if attempt.ended is None else moment(attempt.ended), "seconds": seconds(attempt)}
    how = {name: getattr(attempt, name) for name in ("exit_code", "signal", "reason", "log", "worker")}
    return {"step": attempt.step, "attempt": attempt.attempt, "status": attempt.status, **times, **how}


def seconds(one: Run | Attempt) -> float | None:
    """How long it took, until now if it is not over; None where nobody has seen its end."""
    ended = time() if one.status == journal.GOING else one.ended
    return None if ended is None else round(max(ended - one.started, 0.0), 3)


def show(data: dict[str, object], options: Namespace) -> str:
    runs, attempts = data["runs"], data.get("attempts")
    assert isinstance(runs, list)
    if not runs:
        return f"`{options.NAME}` was not run yet\n" if options.NAME else "nothing was run yet\n"
    page = tables.table([run_row(one) for one in runs], heads=RUNS, right="RUN TOOK EXIT")
    if isinstance(attempts, list):
        page += "\n" + tables.table([step_row(one) for one in attempts], heads=STEPS, right="TRY TOOK EXIT")
    return page


def run_row(one: dict[str, object]) -> list[str]:
    return [str(one["run"]), str(one["name"]), status(one), tables.paint(tables.age(str(one["started_at"])), "dim"), took(one), end(one)]


def step_row(one: dict[str, object]) -> list[str]:
    return [str(one["step"]), str(one["attempt"] or ""), status(one), took(one) if one["attempt"] else "", end(one), str(one["reason"] or ""), str(one["log"] or "")]


def status(one: dict[str, object]) -> str:
    return tables.paint(str(one["status"]), STYLES.get(str(one["status"]), "dim"))


def took(one: dict[str, object]) -> str:
    """A time in words of a person."""
    if one["seconds"] is None:
        return ""
    spent = float(str(one["seconds"]))
    if spent < 60:
        return f"{spent:.1f} s"
    minutes, rest = divmod(round(spent), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def end(one: dict[str, object]) -> str:
    """An exit code, or a signal."""
    return f"signal {one['signal']}" if one["signal"] is not None else "" if one["exit_code"] is None else str(one["exit_code"])
