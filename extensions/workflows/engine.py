"""Runs a plan: what is ready, so many steps at a time, again what is flaky, and nothing that would only be done a second time.

A step that declares `@inputs` or `@outputs` is skipped where its key is that of the last time it ended well and its outputs are as it left them. The key has in it its source, its lock, what it was given,
the content of its inputs, and the outcome of each step that it needs: the content of that one's outputs, or, where it declares none, the run in which it last ran. A step that declares neither always runs.
A resumed run leaves out what has ended well in it, unless that or something that it needs has changed since.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from subprocess import DEVNULL, PIPE
from time import monotonic, sleep

from mlpy.extensions.workflows import fingerprints, locking
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.journal import Result
from mlpy.extensions.workflows.output import Log, followed
from mlpy.extensions.workflows.processes import Child, Exit, Launch

from mlpy.failures import FAILED

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future
    from types import FrameType
    from typing import Protocol

    from mlpy.extensions.workflows.fingerprints import Memory
    from mlpy.extensions.workflows.graph import Plan, Step
    from mlpy.extensions.workflows.journal import Journal
    from mlpy.extensions.workflows.journal import Run as Past
    from mlpy.extensions.workflows.output import Emit

    class Workers(Protocol):
        """Where steps run: here, or on other machines."""

        def submit(self, job: Job) -> Future[Ended]: ...
        def stop(self, number: int) -> None:
            """Has all end that is under way: the first time by a signal, then at once."""

        def close(self) -> None: ...

    class Audience(Protocol):
        """Who hears of a run while it lasts; `line` is called by any thread. The run ends when nobody listens any more."""

        @property
        def gone(self) -> bool: ...
        def line(self, step: str, stream: str, line: bytes) -> None: ...
        def tell(self, step: str, status: str, reason: str) -> None: ...


BACKOFF = 0.5  # seconds before the second try; each further one waits twice as long
LONGEST_BACKOFF = 30.0
TICK = 0.2  # seconds between two looks at what else has happened
GRACE = 5.0  # seconds that a step has to end after a signal
BAD = frozenset({"blocked", "failed", "interrupted", "timeout"})
ORDER = {
    "done": "done", "unchanged": "unchanged", "failed": "failed", "timeout": "out of time", "interrupted": "interrupted", "blocked": "blocked", "pending": "not begun",
}  # fmt: skip
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Job:
    """One try of a step, as workers get it; `timeout` is in seconds, `log` the path of its log."""

    step: Step
    attempt: int
    launch: Launch
    timeout: float | None
    log: str
    emit: Emit


@dataclass(frozen=True, slots=True)
class Ended:
    """How a try ended; `exit` is None where the step could not be started, or was not to be any more, which `reason` tells. `worker` is where it ran, if not here."""

    exit: Exit | None
    reason: str | None = None
    worker: str | None = None


@dataclass(slots=True)
class Outcome:
    """How a run ended: the state of each step, and the exit of the run, which is that of the step that failed first: `failed` is its name."""

    run: int
    exit: Exit
    interrupted: bool
    failed: str | None
    states: dict[str, State]

    def summary(self) -> str:
        """How many steps ended how, in words."""
        counts = Counter(state.status for state in self.states.values())
        return f"run {self.run}: " + ", ".join(f"{counts[status]} {ORDER[status]}" for status in ORDER if counts[status])

    def record(self) -> dict[str, object]:
        """What a record says of it."""
        return {"run": self.run, **self.exit.record(), "interrupted": self.interrupted, "steps": [state.record() for state in self.states.values()]}


@dataclass(slots=True)
class State:
    """How far a step is: `pending`, `running`, `done`, `unchanged`, `failed`, `timeout`, `blocked`, `interrupted`."""

    name: str
    status: str = "pending"
    attempts: int = 0
    exit: Exit | None = None
    reason: str | None = None
    worker: str | None = None
    log: str | None = None
    seconds: float = 0.0
    outcome: str = ""  # what stands for it in the keys of what needs it

    @property
    def well(self) -> bool:
        return self.status in {"done", "unchanged"}

    def record(self) -> dict[str, object]:
        ended = self.exit.record() if self.exit else Exit().record()
        return {"name": self.name, "status": self.status, "attempts": self.attempts, **ended, "reason": self.reason, "worker": self.worker, "log": self.log, "seconds": round(self.seconds, 3)}


# ── here ──


class Local:
    """Steps as processes of this machine, so many at a time."""

    def __init__(self, jobs: int) -> None:
        self.pool = ThreadPoolExecutor(jobs, thread_name_prefix="step")
        self.lock = threading.Lock()
        self.children: set[Child] = set()
        self.stopped: int | None = None

    def submit(self, job: Job) -> Future[Ended]:
        return self.pool.submit(self.run, job)

    def run(self, job: Job) -> Ended:
        """Runs a try of a step to its end."""
        with self.lock:
            if self.stopped is not None:
                return Ended(None, "it was not started any more")
            try:
                child = Child(job.launch.argv, environment=job.launch.environment, folder=job.launch.folder, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
            except WorkflowError as error:
                return Ended(None, error.message)
            self.children.add(child)
        log = Log(job.log)
        try:
            if job.timeout is not None:
                child.expire(job.timeout)
            return Ended(followed(child, job.emit, log.write))
        finally:
            log.close()
            with self.lock:
                self.children.discard(child)

    def stop(self, number: int) -> None:
        with self.lock:
            again, self.stopped = self.stopped is not None, number
            for child in self.children:
                child.send(signal.SIGKILL if again else number)
                child.after(GRACE, lambda child=child: child.send(signal.SIGKILL))  # type: ignore[misc]  # a default that a lambda cannot declare

    def close(self) -> None:
        self.stop(signal.SIGKILL)
        self.pool.shutdown()


# ── what has to run ──


def key_of(step: Step, launch: Launch, outcomes: Mapping[str, str], memory: Memory | None) -> str:
    """The digest of all that decides what a step does; `outcomes` are those of its needs.

    Raises:
        WorkflowError: `not_readable`, `too_large`.
    """
    header = step.workflow.header
    return fingerprints.combined(
        source=step.workflow.source_hash(),
        lock=lock_of(step),
        given=[*launch.given],
        inputs=fingerprints.digests(header.inputs, launch.folder, without=header.outputs, memory=memory),
        needs=outcomes,
    )


def stands(step: Step, launch: Launch, before: Result, memory: Memory | None) -> bool:
    """Whether what a step made is there as it left it, and the step has said what that is."""
    header, folder = step.workflow.header, launch.folder
    if not header.inputs and not header.outputs:
        return False
    return fingerprints.missing(header.outputs, folder) is None and fingerprints.digests(header.outputs, folder, memory=memory) == before.outputs


def lock_of(step: Step) -> str | None:
    """The digest of the lock of a step."""
    path = locking.path_of(step.workflow)
    return fingerprints.digest_of(path, os.path.basename(path)) if os.path.exists(path) else None


def foreseen(plan: Plan, launches: Mapping[str, Launch], journal: Journal | None) -> dict[str, str]:
    """What a run would do with each step: `run`, `unchanged`, or `depends` where that shows when what it needs has run."""
    outcomes: dict[str, str] = {}
    found: dict[str, str] = {}
    for step in plan.steps.values():
        launch = launches[step.name]
        before = journal.result(launch.folder, step.name) if journal is not None else None
        if any(need not in outcomes for need in step.needs):
            found[step.name] = "depends" if before is not None and stands(step, launch, before, journal) else "run"
        elif before is not None and before.key == key_of(step, launch, {need: outcomes[need] for need in step.needs}, journal) and stands(step, launch, before, journal):
            found[step.name], outcomes[step.name] = "unchanged", before.outcome
        else:
            found[step.name] = "run"
    return found


# ── the run ──


@dataclass(frozen=True, slots=True)
class Demand:
    """How a plan is to be run: `jobs` steps at a time, `force` also what is unchanged; `keep_going` what does not depend on a step that failed."""

    jobs: int
    force: bool = False
    keep_going: bool = False


def run(plan: Plan, launches: Mapping[str, Launch], demand: Demand, *, journal: Journal, number: int, workers: Workers, audience: Audience, past: Past | None = None) -> Outcome:
    """Runs a plan as run `number` of the journal, which this process has claimed; `past` is what that run was before, if it is resumed."""
    execution = Execution(plan, launches, demand, journal, number, workers, audience)
    if past is not None:
        execution.remember()
    with stopped_by_signals(execution):
        outcome = execution.run()
    status = "interrupted" if outcome.interrupted else "done" if outcome.exit.succeeded else "failed"
    journal.end(number, status, outcome.exit.code, outcome.exit.signal)
    return outcome


@contextmanager
def stopped_by_signals(execution: Execution) -> Iterator[None]:
    """The time in which a signal has the steps end and the run be written down before this process does what the signal says."""

    def heard(number: int, _frame: FrameType | None) -> None:
        execution.stop(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, heard) for number in ENDINGS if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Execution:
    """A run under way; all but `stop` is called by one thread."""

    def __init__(self, plan: Plan, launches: Mapping[str, Launch], demand: Demand, journal: Journal, number: int, workers: Workers, audience: Audience) -> None:
        self.plan = plan
        self.launches = launches
        self.demand = demand
        self.journal = journal
        self.number = number
        self.workers = workers
        self.audience = audience
        self.states = {name: State(name) for name in plan.steps}
        self.keys: dict[str, str] = {}
        self.kept: dict[str, tuple[str, str]] = {}  # steps that have ended well in this run before it was resumed: their keys and outcomes
        self.going: dict[Future[Ended], Try] = {}
        self.waiting: list[tuple[float, str]] = []  # when the next try of a step may begin
        self.first: State | None = None  # the step that failed first
        self.signal: int | None = None

    def remember(self) -> None:
        """Takes over what has ended well in the run that is resumed."""
        for attempt in self.journal.attempts(self.number):
            if attempt.status == "done" and attempt.key is not None and attempt.outcome is not None:
                self.kept[attempt.step] = attempt.key, attempt.outcome

    def stop(self, number: int) -> None:
        """Has the run end."""
        self.signal = self.signal or number
        threading.Thread(target=self.workers.stop, args=(number,)).start()  # a handler of signals must not wait for a lock that its own thread may hold

    def run(self) -> Outcome:
        """Runs all that is to be run."""
        try:
            self.begin_ready()
            while self.going or self.waiting:
                self.turn()
        finally:
            self.workers.close()
        for state in self.states.values():
            if state.status == "running":
                state.status = "interrupted"
        return Outcome(self.number, self.exit(), self.signal is not None, self.first.name if self.first else None, self.states)

    def exit(self) -> Exit:
        """The end of the whole."""
        if self.signal is not None:
            return Exit(None, self.signal, interrupted=self.signal == signal.SIGINT)
        if self.first is None:
            return Exit(0)
        return self.first.exit or Exit(FAILED)

    @property
    def open(self) -> bool:
        """Whether anything new may begin."""
        return self.signal is None and (self.first is None or self.demand.keep_going)

    def turn(self) -> None:
        """Waits for something to happen, and does what follows from it."""
        pause = min(TICK, max(0.0, self.waiting[0][0] - monotonic())) if self.waiting else TICK
        if not self.going:
            sleep(pause)
        for future in wait(self.going, pause, FIRST_COMPLETED).done if self.going else ():
            self.ended(self.going.pop(future), future)
        if self.audience.gone and self.signal is None:
            self.stop(signal.SIGPIPE)
        self.begin_ready()

    # ── what begins ──

    def begin_ready(self) -> None:
        """Begins as much as there is room for."""
        if not self.open:
            for _, name in self.waiting:
                self.states[name].status = "failed" if self.signal is None else "interrupted"
            self.waiting.clear()
            return
        while len(self.going) < self.demand.jobs and self.waiting and self.waiting[0][0] <= monotonic():
            self.begin(self.plan.steps[heappop(self.waiting)[1]])
        for step in self.plan.steps.values():
            state = self.states[step.name]
            if state.status != "pending":
                continue
            if failed := next((need for need in step.needs if self.states[need].status in BAD), None):
                self.pass_over(state, "blocked", f"`{failed}`, which it needs, did not end well")
            elif self.open and len(self.going) < self.demand.jobs and all(self.states[need].well for need in step.needs):
                self.consider(step)

    def consider(self, step: Step) -> None:
        """Begins a step whose needs are met, or passes it over."""
        state = self.states[step.name]
        try:
            launch = self.launches[step.name]
            self.keys[step.name] = key = key_of(step, launch, {need: self.states[need].outcome for need in step.needs}, self.journal)
            before = None if self.demand.force else self.journal.result(launch.folder, step.name)
            unchanged = before is not None and before.key == key and stands(step, launch, before, self.journal)
        except WorkflowError as error:
            self.fail(state, "failed", None, error.message)
            return
        if step.name in self.kept and self.kept[step.name][0] == key:
            state.outcome = self.kept[step.name][1]
            self.pass_over(state, "unchanged", "it has ended in this run already")
        elif before is not None and unchanged:
            state.outcome = before.outcome
            self.pass_over(state, "unchanged", "nothing that it depends on has changed")
        else:
            self.begin(step)

    def begin(self, step: Step) -> None:
        """Begins a try of a step."""
        state, launch = self.states[step.name], self.launches[step.name]
        number, log = self.journal.start(self.number, step.name, self.keys[step.name])
        state.attempts += 1
        state.status, state.log = "running", log
        told = {"MLPY_RUN": str(self.number), "MLPY_STEP": step.name, "MLPY_ATTEMPT": str(number)}
        complete = Launch(launch.argv, {**launch.environment, **told}, launch.folder)
        self.audience.tell(step.name, "running", f"try {state.attempts}" if state.attempts > 1 else "")
        job = Job(step, number, complete, step.workflow.header.timeout, log, lambda stream, line: self.audience.line(step.name, stream, line))
        self.going[self.workers.submit(job)] = Try(step, number, monotonic())

    def pass_over(self, state: State, status: str, reason: str) -> None:
        state.status, state.reason = status, reason
        self.journal.pass_over(self.number, state.name, status, reason)
        self.audience.tell(state.name, status, reason)

    # ── what ends ──

    def ended(self, attempt: Try, future: Future[Ended]) -> None:
        """Writes down how a try ended, and what that means for its step."""
        state, ended = self.states[attempt.step.name], future.result()
        state.exit, state.worker, state.seconds = ended.exit, ended.worker, monotonic() - attempt.since
        if ended.exit is not None and ended.exit.succeeded:
            self.succeed(state, attempt)
            return
        status = "timeout" if ended.exit is not None and ended.exit.timed_out else "failed" if self.signal is None else "interrupted"
        reason = ended.reason or ("it ran longer than its `@timeout`" if status == "timeout" else None)
        self.journal.finish(self.number, state.name, attempt.number, status, exit_code=code_of(ended.exit), signal=signal_of(ended.exit), reason=reason, worker=ended.worker)
        if status == "interrupted":
            state.status = status
        elif state.attempts <= attempt.step.workflow.header.retries and self.open:
            pause = min(BACKOFF * 2 ** (state.attempts - 1), LONGEST_BACKOFF)
            heappush(self.waiting, (monotonic() + pause, state.name))
            self.audience.tell(state.name, "retried", f"{told(ended.exit, reason)}; it is tried again in {pause:g} s")
        else:
            self.fail(state, status, ended.exit, reason)

    def succeed(self, state: State, attempt: Try) -> None:
        """The step is done; what it made is what those that need it depend on."""
        header, folder, key = attempt.step.workflow.header, self.launches[state.name].folder, self.keys[state.name]
        try:
            outputs = fingerprints.digests(header.outputs, folder, memory=self.journal)
            lacking = fingerprints.missing(header.outputs, folder)
        except WorkflowError as error:
            outputs, lacking = {}, None
            state.reason = error.message
        state.status = "done"
        state.outcome = fingerprints.combined(outputs=outputs) if header.outputs and lacking is None else f"run {self.number}.{attempt.number}"
        if lacking is not None:
            state.reason = f"it has made no `{lacking}`, which is among its `@outputs`"
        self.journal.finish(
            self.number, state.name, attempt.number, "done", exit_code=0, signal=None, reason=state.reason, worker=state.worker, place=folder, result=Result(key, state.outcome, outputs)
        )
        self.audience.tell(state.name, "done", state.reason or "")

    def fail(self, state: State, status: str, ended: Exit | None, reason: str | None) -> None:
        """The step has failed for good."""
        state.status, state.exit, state.reason = status, ended, reason
        self.first = self.first or state
        self.audience.tell(state.name, status, told(ended, reason))


@dataclass(frozen=True, slots=True)
class Try:
    """A try of a step that is under way, with its number in the journal and the time of its beginning."""

    step: Step
    number: int
    since: float


def code_of(ended: Exit | None) -> int | None:
    return None if ended is None else ended.code


def signal_of(ended: Exit | None) -> int | None:
    return None if ended is None else ended.signal


def told(ended: Exit | None, reason: str | None) -> str:
    """How a try ended, in words."""
    if reason is not None or ended is None:
        return reason or "it was not started"
    return f"exit code {ended.code}" if ended.signal is None else f"ended by {signal_name(ended.signal)}"


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

