"""What the module `workflows` does for a program: scripts are demanded by their full names, with all that they need, run without a terminal, and end with the run.

Nothing here tells where a file of the host lies.
"""

from __future__ import annotations

from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.folder import Folder

from mlpy.aside import Teller, begun, outcome
from mlpy.capabilities import Capability
from mlpy.failures import LIMIT, USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.workflows.conducting import Launcher
    from mlpy.extensions.workflows.folder import Workflow
    from mlpy.extensions.workflows.graph import Plan
    from mlpy.extensions.workflows.processes import Exit, Launch
    from mlpy.extensions.workflows.running import Captured

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run

RUN = "workflow.run"
TOLD = ("run", "name", "status", "started_at", "ended_at", "seconds", "exit_code", "signal", "engine")  # of a run: what it was given is not the program's business
MISTAKES = frozenset(kind for kind, code in WorkflowError.CODES.items() if code == USAGE) | {"ambiguous_match"}
told = Teller(MISTAKES, "the workflow cannot be used", "`mlpy workflow show NAME` tells more")


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────


def summary(workflow: Workflow) -> dict[str, object]:
    """What a record says."""
    return {name: value for name, value in workflow.summary().items() if name != "path"}


def listed(group: str | None) -> list[dict[str, object]]:
    """All workflows, or those of a group."""
    return [summary(one) for one in Folder.locate().workflows() if group in (None, one.header.group)]


def found(words: list[str]) -> list[dict[str, object]]:
    """The workflows that have all of the words."""
    from mlpy.extensions.workflows.commands.search import ranked  # noqa: PLC0415  brings what commands print with

    return [summary(one) for one in ranked(Folder.locate(), words)]


def described(name: str) -> dict[str, object]:
    """All about a workflow."""
    from mlpy.extensions.workflows.commands.show import described as whole  # noqa: PLC0415  as above

    return {key: value for key, value in whole(look_up(Folder.locate(), name)).items() if key != "path"}


def needed(name: str) -> dict[str, object]:
    """What a workflow needs."""
    from mlpy.extensions.workflows.commands.graph import record  # noqa: PLC0415  as above
    from mlpy.extensions.workflows.graph import plan  # noqa: PLC0415  who lists draws no graph

    folder = Folder.locate()
    made = plan(folder, [look_up(folder, name)])
    return {"targets": [*made.targets], "steps": [record(step) for step in made.steps.values()]}


def past(name: str | None, limit: int) -> list[dict[str, object]]:
    """The last runs."""
    from mlpy.extensions.workflows import journal  # noqa: PLC0415  brings SQLite
    from mlpy.extensions.workflows.commands.history import called, of_run  # noqa: PLC0415  as above

    folder = Folder.locate()
    if not journal.exists(folder.path):
        return []
    with journal.Journal(folder.path) as kept:
        runs = [of_run(run) for run in kept.runs(limit, called(folder, name))]
    return [{key: run[key] for key in TOLD} for run in runs]


def look_up(folder: Folder, name: str) -> Workflow:
    """The workflow that a name means; the error says nothing of where the folder is."""
    try:
        return folder.find(name)
    except WorkflowError as error:
        message = f"there is no workflow `{name}`" if error.type == "workflow_not_found" else error.message
        raise WorkflowError(error.type, message, matches=error.matches, hint=error.hint) from error


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────


def granted(use: Use, folder: Folder, name: str) -> Workflow:
    """The workflow that a name means, once its reference is granted. Who may not list hears only of what is granted whether it is there.

    Raises:
        WorkflowError: as `Folder.find` does.
        CapabilityDenied: for the reference, or for the name where it means nothing that is granted.
    """
    try:
        workflow = look_up(folder, name)
    except WorkflowError as error:
        use.extend(Capability(RUN, name))
        named = error.matches or []
        known = named if use.grants.allows("workflow.list") else [one for one in named if use.grants.covers(Capability(RUN, one))]
        hint = error.hint if known == named else "`mlpy workflow list` shows what is there"
        raise WorkflowError(error.type, error.message, matches=known or None, hint=hint) from error
    if not use.grants.covers(Capability(RUN, workflow.reference)):
        use.extend(Capability(RUN, name))
    use.extend(Capability(RUN, workflow.reference))
    return workflow


def ran(run: Run, use: Use, name: str, words: list[str], named: dict[str, str]) -> dict[str, object]:
    """Runs a workflow, and what it needs."""
    from mlpy.extensions.workflows import graph, parameters  # noqa: PLC0415  who lists runs nothing
    from mlpy.extensions.workflows.commands.run import declared, is_graph  # noqa: PLC0415  as above

    folder = Folder.locate()
    workflow = granted(use, folder, name)
    plan = graph.plan(folder, [workflow])
    for step in plan.steps.values():
        if step.name != workflow.reference:
            use.extend(Capability(RUN, step.name))
    known = declared(workflow, [step.workflow for step in plan.steps.values()])
    _, checked = parameters.split(workflow.reference, known, [], [f"{key}={value}" for key, value in named.items()])
    use.charge(sum(len(text.encode("utf-8", "surrogatepass")) for text in (*words, *checked.values())))
    if is_graph(workflow):
        return in_graph(run, use, folder, plan, words, checked)
    launch = prepared(use, workflow, words, checked)
    return result(use, alone(run, folder, workflow, launch))


def prepared(use: Use, workflow: Workflow, words: list[str], named: dict[str, str]) -> Launch:
    """How a script is started for a program: nobody is asked anything, and nothing is installed that is not locked."""
    from mlpy.extensions.workflows import parameters, running  # noqa: PLC0415  as above

    terms = running.Terms(asking=False)
    return running.prepared(workflow, parameters.given(workflow, words, named), terms, folder=use.grants.root)


def alone(run: Run, folder: Folder, workflow: Workflow, launch: Launch) -> Captured:
    """Runs one script to its end."""
    from mlpy.extensions.workflows import running  # noqa: PLC0415  as above
    from mlpy.extensions.workflows.commands.run import Entry  # noqa: PLC0415  as above

    with Entry(folder, workflow) as entry:
        done = running.capture(launch, timeout=workflow.header.timeout, meanwhile=run.poll)
        entry.ended = done.exit
    return done


class Listener:
    """Who hears of a graph's run for a program: what its steps write, until the program's run ends."""

    def __init__(self, run: Run, room: int) -> None:
        self.run = run
        self.room = room
        self.streams = {"stdout": bytearray(), "stderr": bytearray()}

    @property
    def gone(self) -> bool:
        return self.run.dead

    def line(self, step: str, stream: str, line: bytes) -> None:  # noqa: ARG002  whose line it is does not matter
        kept = self.streams[stream]
        kept += line[: self.room - len(kept)]

    def tell(self, step: str, status: str, reason: str) -> None:
        """How far a step is, the history tells."""


def in_graph(run: Run, use: Use, folder: Folder, plan: Plan, words: list[str], named: dict[str, str]) -> dict[str, object]:
    """Runs a workflow and what it needs, aside of the program's thread."""
    from mlpy.extensions.workflows import conducting, running  # noqa: PLC0415  as above

    targets = [*plan.targets]
    request = conducting.Request(targets=targets, arguments=words, parameters=named)
    launcher: Launcher = lambda step, request: prepared(use, step.workflow, request.arguments if step.name in targets else [], request.parameters)
    listener = Listener(run, running.LARGEST)
    done = outcome(run, begun(conducting.conduct, folder, request, launcher, lambda _: listener))
    return result(use, running.Captured(done.exit, *(bytes(kept) for kept in listener.streams.values())))


def result(use: Use, done: Captured) -> dict[str, object]:
    """What a program gets of a run."""
    use.charge(len(done.stdout) + len(done.stderr))
    return {"code": code_of(done.exit), "stdout": done.stdout.decode("utf-8", "replace"), "stderr": done.stderr.decode("utf-8", "replace")}


def code_of(ended: Exit) -> int:
    """The exit code that the command would have."""
    return LIMIT if ended.timed_out else ended.status
