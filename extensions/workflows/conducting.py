"""A run of a graph from what was asked for to its end: the plan, how each step is started, the journal, and where the steps run."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace

from mlpy.extensions.workflows import engine, graph
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.journal import Journal, exists

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from mlpy.extensions.workflows.engine import Audience, Outcome, Workers
    from mlpy.extensions.workflows.folder import Folder
    from mlpy.extensions.workflows.graph import Step
    from mlpy.extensions.workflows.processes import Launch

    Launcher: TypeAlias = Callable[["Step", "Request"], Launch]  # how a step is started; raises a WorkflowError where it cannot be, or must not

ENGINES = ("dask", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run was asked for. `arguments` go to the targets alone, `parameters` (as they were typed) to every step that declares them; `jobs` None: one for each processor, or each thread of the cluster."""

    targets: list[str]
    arguments: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    jobs: int | None = None
    force: bool = False
    keep_going: bool = False
    engine: str = "local"
    scheduler: str | None = None


def conduct(folder: Folder, request: Request, launcher: Launcher, audience: Callable[[graph.Plan], Audience]) -> Outcome:
    """Runs what was asked for.

    Raises:
        WorkflowError: `workflow_not_found`, `ambiguous_match` or `needs_cycle`, `journal_unusable`, `engine_failed`, and what the launcher raises; then nothing has run.
    """
    plan, launches = prepared(folder, request, launcher)
    with Journal(folder.path) as journal, workers(request) as (at, jobs):
        number = journal.begin(plan.targets[0], request.engine, asdict(request))
        demand = engine.Demand(jobs, request.force, request.keep_going)
        return engine.run(plan, launches, demand, journal=journal, number=number, workers=at, audience=audience(plan))


def foreseen(folder: Folder, request: Request, launcher: Launcher) -> list[dict[str, object]]:
    """What a run would do, in an order in which it could: of each step its `name`, `verdict` (`run`, `unchanged` or `depends`), `argv` and `folder`. Runs nothing.

    Raises:
        WorkflowError: as `conduct` does.
    """
    plan, launches = prepared(folder, request, launcher)
    with Journal(folder.path) if exists(folder.path) and not request.force else nullcontext() as journal:
        verdicts = engine.foreseen(plan, launches, journal)
    return [{"name": name, "verdict": verdicts[name], "argv": [*launches[name].argv], "folder": launches[name].folder} for name in plan.steps]


def resume(folder: Folder, number: int | None, name: str | None, launcher: Launcher, audience: Callable[[graph.Plan], Audience], *, jobs: int | None = None) -> Outcome:
    """Goes on with a run that has not ended well: the one of that number, or the last one (of a workflow). What has ended well in it is not repeated.

    Raises:
        WorkflowError: `run_not_found`, `run_finished`, `in_use`, and what `conduct` raises.
    """
    with Journal(folder.path) as journal:
        past = journal.resume(number, folder.find(name).reference if name else None)
        try:
            request = requested(past.request)
            request = request if jobs is None else replace(request, jobs=jobs)
            plan, launches = prepared(folder, request, launcher)
        except WorkflowError:
            journal.give_back(past)
            raise
        with workers(request) as (at, room):
            demand = engine.Demand(room, request.force, request.keep_going)
            return engine.run(plan, launches, demand, journal=journal, number=past.id, workers=at, audience=audience(plan), past=past)


def requested(kept: Mapping[str, object]) -> Request:
    """What the journal has kept of a request."""
    try:
        return Request(**kept)  # type: ignore[arg-type]  # as `asdict` made it
    except TypeError:
        raise WorkflowError("run_not_found", "this run was of one script by itself: there is nothing to resume", hint="run it again") from None


def prepared(folder: Folder, request: Request, launcher: Launcher) -> tuple[graph.Plan, dict[str, Launch]]:
    """The plan, and how each of its steps is started: all of it is known before the first begins."""
    plan = graph.plan(folder, [folder.find(name) for name in request.targets])
    return plan, {step.name: launcher(step, request) for step in plan.steps.values()}


@contextmanager
def workers(request: Request) -> Iterator[tuple[Workers, int]]:
    """Where steps run, and how many at a time."""
    if request.engine == "dask":
        from mlpy.extensions.workflows.distributed import Cluster  # noqa: PLC0415  imports Dask

        with Cluster(request.scheduler, request.jobs) as cluster:
            yield cluster, cluster.jobs
        return
    jobs = request.jobs or os.cpu_count() or 1
    yield engine.Local(jobs), jobs
