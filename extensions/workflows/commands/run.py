"""`mlpy workflow run NAME [WORDS] [--param NAME=VALUE]`: runs a workflow, and first what it needs. `mlpy workflow NAME …` is the same.

What is behind the name is the workflow's, but for the options of this command, which may stand anywhere before `--`; what is behind that goes to the script as it is.
"""

from __future__ import annotations

import shlex
from time import monotonic

from mlpy.extensions.workflows import parameters
from mlpy.extensions.workflows.commands.where import add_folder, folder_of
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import Mistake, renamed, tables, terminal
from mlpy.cli.verbs import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from typing import Self

    from mlpy.extensions.workflows.conducting import Launcher, Request
    from mlpy.extensions.workflows.engine import Outcome
    from mlpy.extensions.workflows.folder import Folder, Workflow
    from mlpy.extensions.workflows.graph import Plan, Step
    from mlpy.extensions.workflows.header import Parameter
    from mlpy.extensions.workflows.output import Console
    from mlpy.extensions.workflows.processes import Exit, Launch
    from mlpy.extensions.workflows.running import Terms

    from mlpy.cli.verbs import Parser

    Start = Callable[..., Launch]  # `running.prepared` or `running.planned`

STREAMS = True
HELP = ("-h", "--help")
RESUME = "--resume"
LAST = 0  # instead of the number of a run
ENGINES = ("dask", "local")
LEVELS = ("process", "filtered", "locked")


def define(parser: ArgumentParser) -> None:
    parser.usage = "mlpy workflow run [OPTIONS] NAME [WORDS …] [--PARAMETER VALUE …] [-- ARGUMENTS …]"
    parser.add_argument("--param", metavar="NAME=VALUE", action="append", default=[], help="give a parameter of the workflow, as `--NAME VALUE` does, too")
    parser.add_argument("--dry-run", action="store_true", help="show what would be run, and run nothing")
    parser.add_argument("--force", action="store_true", help="run steps also where nothing has changed")
    parser.add_argument("--locked", action="store_true", help="refuse a workflow that is not what was locked")
    parser.add_argument("--offline", action="store_true", help="ask no network for packages")
    parser.add_argument("--yes", action="store_true", help="agree to what would be asked: to lock and install packages, to grant what a header asks for")
    parser.add_argument("--grant-all", action="store_true", help="grant what the header of a workflow in ML asks for, until it changes")
    parser.add_argument("--sandbox-level", metavar="LEVEL", choices=LEVELS, default=LEVELS[1], help=f"what the sandbox of a workflow in ML must have at least: {', '.join(LEVELS)} (default: {LEVELS[1]})")
    parser.add_argument("--jobs", metavar="N", type=int, help="so many steps at a time (default: one for each processor)")
    parser.add_argument("--continue-on-error", action="store_true", help="run what does not depend on a step that failed")
    parser.add_argument("--engine", choices=ENGINES, help="where steps run: `local`, or `dask`")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="the scheduler of Dask, such as tcp://10.0.0.1:8786")
    parser.add_argument(RESUME, metavar="RUN", nargs="?", type=int, const=LAST, help="go on with a run that was interrupted or has failed: the last one (of NAME), or that of a number")
    add_folder(parser)


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────


def read(parser: Parser, words: list[str], behind: list[str]) -> Namespace | str:
    """The options of this command, and what is left for the workflow; or the help of either."""
    wanted = any(word in HELP for word in words)
    options, rest = parser.parse_known_args(unambiguous([word for word in words if word not in HELP]))
    if rest and rest[0].startswith("-"):
        raise unexpected(parser, rest[0])
    if not rest and wanted:
        return parser.format_help()
    if not rest and options.resume is None:
        raise Mistake("`mlpy workflow run` needs NAME", "`mlpy workflow list` shows what is there")
    if options.jobs is not None and options.jobs < 1:
        raise Mistake("`--jobs` is at least 1", parser.example())
    if options.scheduler and options.engine != "dask":
        raise Mistake("`--scheduler` is for `--engine dask`", parser.example())
    options.NAME, options.words, options.behind = (rest[0] if rest else None), rest[1:], behind[1:]
    if wanted:
        return parameters.usage(folder_of(options).find(options.NAME))
    return options


def unambiguous(words: list[str]) -> list[str]:
    """The words, with a `--resume` that no number follows written so that it takes none: what follows it is a name."""
    return [f"{RESUME}={LAST}" if word == RESUME and not follower.isdigit() else word for word, follower in zip(words, [*words[1:], ""], strict=False)]


def terms_of(options: Namespace) -> Terms:
    from mlpy.extensions.workflows.running import Terms  # noqa: PLC0415  `--help` needs none of it

    return Terms(locked=options.locked, offline=options.offline, yes=options.yes, grant_all=options.grant_all, asking=not options.json, level=options.sandbox_level)


# ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────────


def perform(options: Namespace) -> dict[str, object]:
    folder = folder_of(options)
    if options.resume is not None:
        return resume(folder, options)
    workflow = folder.find(options.NAME)
    if workflow.answered_to(options.NAME) and not workflow.answers_to(options.NAME):
        renamed.tell(options.NAME, workflow.reference)
    for line, message in workflow.warnings:
        terminal.note(f"`{workflow.script.entry_point}`, line {line}: {message}")
    return in_graph(folder, workflow, options) if is_graph(workflow) or options.engine else alone(folder, workflow, options)


def is_graph(workflow: Workflow) -> bool:
    """Whether there is more to do than to run one script."""
    header = workflow.header
    return bool(header.needs or header.inputs or header.outputs or header.retries)


def alone(folder: Folder, workflow: Workflow, options: Namespace) -> dict[str, object]:
    """Runs one script in the foreground."""
    from mlpy.extensions.workflows import running  # noqa: PLC0415  `--help` needs none of it

    plain, named = parameters.split(workflow.reference, workflow.header.params, options.words, options.param)
    given = parameters.given(workflow, plain, named, options.behind)
    if options.dry_run:
        return {"workflow": workflow.reference, "steps": [foreseen(workflow, running.planned(workflow, given, terms_of(options)))]}
    launch = running.prepared(workflow, given, terms_of(options))
    with Entry(folder, workflow) as entry:
        began = monotonic()
        entry.ended = ended = running.start(launch, timeout=workflow.header.timeout)
        seconds = monotonic() - began
    data = {"workflow": workflow.reference, "run": entry.run, "argv": [*launch.argv], "folder": launch.folder, **ended.record(), "seconds": round(seconds, 3)}
    return close(workflow.reference, data, ended, options)


def foreseen(workflow: Workflow, launch: Launch) -> dict[str, object]:
    """What a dry run tells of one step."""
    return {"name": workflow.reference, "verdict": "run", "argv": [*launch.argv], "folder": launch.folder}


class Entry:
    """The entry of one script in the journal; where there can be none, it runs all the same."""

    def __init__(self, folder: Folder, workflow: Workflow) -> None:
        from mlpy.extensions.workflows.journal import Journal  # noqa: PLC0415  brings SQLite

        self.name = workflow.reference
        self.run: int | None = None
        self.attempt = 0
        self.ended: Exit | None = None
        self.journal: Journal | None = None
        try:
            self.journal = Journal(folder.path)
        except WorkflowError as error:
            self.refuse(error)

    def __enter__(self) -> Self:
        try:
            if self.journal is not None:
                self.run = self.journal.begin(self.name, "local", {"alone": self.name})
                self.attempt, _ = self.journal.start(self.run, self.name, None)
        except WorkflowError as error:
            self.refuse(error)
        return self

    def __exit__(self, *_: object) -> None:
        if self.journal is None or self.run is None:
            return
        ended = self.ended
        status = "interrupted" if ended is None or ended.interrupted else "timeout" if ended.timed_out else "done" if ended.succeeded else "failed"
        how = (None, None) if ended is None else (ended.code, ended.signal)
        try:
            self.journal.finish(self.run, self.name, self.attempt, status, exit_code=how[0], signal=how[1])
            self.journal.end(self.run, "failed" if status == "timeout" else status, *how)
        except WorkflowError as error:
            self.refuse(error)
        else:
            self.journal.close()

    def refuse(self, error: WorkflowError) -> None:
        """There is no entry."""
        terminal.note(f"the history will not have this run: {error.message}")
        if self.journal is not None:
            self.journal.close()
        self.journal = None


# ── graphs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def in_graph(folder: Folder, workflow: Workflow, options: Namespace) -> dict[str, object]:
    """Runs a workflow and what it needs."""
    from mlpy.extensions.workflows import conducting, graph, running  # noqa: PLC0415  one script alone needs none of it

    plan = graph.plan(folder, [workflow])
    plain, named = parameters.split(workflow.reference, declared(workflow, [step.workflow for step in plan.steps.values()]), options.words, options.param)
    request = conducting.Request(
        targets=[workflow.reference],
        arguments=[*plain, *(["--", *options.behind] if options.behind else [])],
        parameters=named,
        jobs=options.jobs,
        force=options.force,
        keep_going=options.continue_on_error,
        engine=options.engine or "local",
        scheduler=options.scheduler,
    )
    terms = terms_of(options)
    if options.dry_run:
        return {"workflow": workflow.reference, "steps": conducting.foreseen(folder, request, launcher(terms, running.planned))}
    return of_outcome(conducting.conduct(folder, request, launcher(terms, running.prepared), audience), options, workflow.reference)


def declared(first: Workflow, others: list[Workflow]) -> list[Parameter]:
    """The parameters of workflows, each name once: as the first one declares it."""
    found: dict[str, Parameter] = {}
    for one in (first, *others):
        for parameter in one.header.params:
            found.setdefault(parameters.variable(parameter.name), parameter)
    return list(found.values())


def resume(folder: Folder, options: Namespace) -> dict[str, object]:
    """Goes on with a run."""
    from mlpy.extensions.workflows import conducting, running  # noqa: PLC0415  as above

    if options.words or options.behind or options.param or options.dry_run:
        raise WorkflowError("usage", "a run that is resumed is given what it was given when it began", hint="`mlpy workflow run --resume` takes no arguments for the workflow")
    made = conducting.resume(folder, options.resume or None, options.NAME, launcher(terms_of(options), running.prepared), audience, jobs=options.jobs)
    return of_outcome(made, options, options.NAME)


def launcher(terms: Terms, start: Start) -> Launcher:
    """How each step of a graph is started: the target with all that the request has, the others with the parameters that they declare."""

    def launch(step: Step, request: Request) -> Launch:
        words = request.arguments if step.workflow.reference in request.targets else []
        at = words.index("--") if "--" in words else len(words)
        return start(step.workflow, parameters.given(step.workflow, words[:at], request.parameters, words[at + 1 :]), terms)

    return launch


def audience(plan: Plan) -> Console:
    from mlpy.extensions.workflows.output import Console  # noqa: PLC0415  as above

    return Console(plan.steps)


def of_outcome(outcome: Outcome, options: Namespace, name: str | None) -> dict[str, object]:
    """What a graph's run ends with."""
    if not options.json:
        terminal.note(outcome.summary() + ("" if outcome.exit.succeeded else f"; `mlpy workflow run --resume {outcome.run}` goes on with it"))
    failed = None if outcome.interrupted else outcome.failed
    return close(failed or name or f"run {outcome.run}", {"workflow": name, **outcome.record()}, outcome.exit, options)


# ── its end ──────────────────────────────────────────────────────────────────────────────────────────────────────


def close(name: str, data: dict[str, object], ended: Exit, options: Namespace) -> dict[str, object]:
    """Has the runner end as its script did: a record says so, a person has seen it."""
    from mlpy.extensions.workflows import running  # noqa: PLC0415  as above

    if ended.timed_out:
        raise WorkflowError("timed_out", f"`{name}` ran longer than its `@timeout`", data=data)
    if options.json and not ended.succeeded:
        how = f"with exit code {ended.code}" if ended.code is not None else f"by signal {ended.signal}"
        raise WorkflowError("interrupted" if ended.interrupted else "step_failed", f"`{name}` ended {how}", data=data, code=ended.status)
    options.exit_code = running.pass_on(ended)
    return data


def show(data: dict[str, object], options: Namespace) -> str:
    if not options.dry_run:
        return ""
    steps = data["steps"]
    assert isinstance(steps, list)
    return "".join(f"{tables.paint(verdict(step), 'dim')}{tables.one_line(shlex.join(step['argv']))}\n" for step in steps)


def verdict(step: dict[str, object]) -> str:
    """Why a step would not simply be run."""
    return {"depends": f"{step['name']}, if what it needs changes: ", "unchanged": f"{step['name']}, unchanged: "}.get(str(step["verdict"]), "")
