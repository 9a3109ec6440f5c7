"""Steps on the workers of a Dask cluster: one task for each try, with the code of its script. What it writes comes back while it runs, and how it ended when it has.

Workers need mlpy, the interpreters of the scripts, and the folder in which the steps run, at the same place: inputs and outputs are files there. A worker that is killed takes its processes with it, and Dask
runs what it was at on another. Of the environment of the runner a step gets what was set for it alone; the rest is the worker's own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from shutil import which
from signal import SIGKILL
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryDirectory
from threading import Condition, Event, Lock, Thread, Timer
from time import monotonic
from uuid import uuid4

from distributed import Client, KilledWorker, get_worker
from distributed.comm import get_address_host_port
from mlpy.extensions.workflows import environments, locking
from mlpy.extensions.workflows.engine import GRACE, Ended
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.output import Log, followed
from mlpy.extensions.workflows.processes import Child, Exit

import mlpy
from mlpy.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future
    from typing import Any, Self

    from mlpy.extensions.workflows.engine import Job

OFTEN = 0.1  # seconds between two messages of what a step writes
LATE = 10.0  # seconds that what a step wrote may come after its end
CONNECT = 10.0  # seconds in which a scheduler answers
MOST_CODE = 32 * 1024 * 1024  # bytes of a workflow that is sent
OWN = ("PATH", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")  # variables that mean places on this machine
SCRIPT = "\0script"  # stands in a command line for where the code will be
PYTHON = "\0python"  # for its interpreter
MLPY = "\0mlpy"  # for the folder that mlpy is imported from
HOME = os.path.dirname(os.path.dirname(mlpy.__file__))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A try of a step, as it goes to a worker: plain data. `files` are the contents of a script by their paths, `lock` the text of the lock of its environment."""

    name: str
    files: Mapping[str, bytes]
    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    timeout: float | None
    lock: bytes | None
    run: str
    sender: str


# ── the runner's side ──


class Cluster:
    """A Dask cluster, by the address of its scheduler; `jobs` None: as many steps at a time as its workers have threads."""

    def __init__(self, scheduler: str | None, jobs: int | None) -> None:
        """Connects.

        Raises:
            WorkflowError: `usage` without an address, `invalid_value` for what is none, `engine_failed` where no scheduler answers.
        """
        if not scheduler:
            raise WorkflowError("usage", "`--engine dask` needs the address of a scheduler", hint="add `--scheduler tcp://HOST:8786`")
        try:
            get_address_host_port(scheduler if "://" in scheduler else f"tcp://{scheduler}", strict=True)
        except ValueError:  # of which Dask would make a client that waits for its own end
            raise WorkflowError("invalid_value", f"`{scheduler}` is no address of a scheduler", hint="write it like `--scheduler tcp://HOST:8786`") from None
        for name in ("distributed", "distributed.client"):  # what matters of it is in our own words
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self.client = Client(scheduler, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError):
            raise WorkflowError("engine_failed", f"no Dask scheduler answers at `{scheduler}`", retryable=True, hint="`dask scheduler` starts one, and says its address") from None
        threads = sum(self.client.nthreads().values())
        if not threads:
            terminal.note(f"the cluster at `{scheduler}` has no workers yet: waiting for one")
        self.jobs = jobs or max(1, threads)
        self.pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="step")
        self.run = f"mlpy-workflow-{uuid4().hex}"
        self.stopped = False
        self.timer = Timer(GRACE, self.give_up)
        self.timer.daemon = True
        self.desks: dict[str, Desk] = {}
        self.tasks: dict[str, Any] = {}  # Dask's futures, which have no types
        self.client.subscribe_topic(self.run, self.heard)

    def heard(self, event: tuple[float, dict[str, Any]]) -> None:
        """Takes in what a step on a worker writes."""
        message = event[1]
        desk = self.desks.get(message["sender"])
        if desk is not None:
            desk.take(message)

    def submit(self, job: Job) -> Future[Ended]:
        return self.pool.submit(self.carry, job)

    def carry(self, job: Job) -> Ended:
        """Has a worker run a try of a step."""
        if self.stopped:
            return Ended(None, "it was not started any more")
        try:
            parcel = packed(job, self.run)
        except WorkflowError as error:
            return Ended(None, error.message)
        desk = self.desks[parcel.sender] = Desk(job)
        try:
            task = self.tasks[parcel.sender] = self.client.submit(perform, parcel, key=f"{job.step.name}-{parcel.sender}", pure=False)
            return desk.ended(task.result())
        except KilledWorker:
            return Ended(None, "the workers that ran it were killed, one after the other")
        except (CancelledError, OSError, asyncio.CancelledError):
            return Ended(None, "it was not started any more" if self.stopped else "the scheduler went away")
        finally:
            self.tasks.pop(parcel.sender, None)
            self.desks.pop(parcel.sender).log.close()

    def stop(self, number: int) -> None:
        """Signals the steps on all workers; what has not ended in a while is given up."""
        again, self.stopped = self.stopped, True
        with suppress(OSError):  # there is no scheduler any more
            self.client.run(signalled, self.run, SIGKILL if again else number, on_error="ignore")
        if not again:
            self.timer.start()

    def give_up(self) -> None:
        """Waits for nothing any more."""
        self.client.cancel([*self.tasks.values()])

    def close(self) -> None:
        if self.tasks:
            self.give_up()
        self.timer.cancel()
        self.pool.shutdown()
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


class Desk:
    """Where the lines of one try arrive."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.log = Log(job.log)
        self.changed = Condition()
        self.arrived: dict[str, int] = {}  # messages by the task of a worker: a second one begins where a worker was killed

    def take(self, message: dict[str, Any]) -> None:
        """Passes on the lines of a message."""
        if self.arrived and message["place"] not in self.arrived:
            note = f"(its worker went away: it runs again on {message['worker']})\n".encode()
            self.log.write(note)
            self.job.emit("stderr", note)
        for name, line in message["lines"]:
            self.log.write(line)
            self.job.emit(name, line)
        with self.changed:
            self.arrived[message["place"]] = self.arrived.get(message["place"], 0) + 1
            self.changed.notify()

    def ended(self, answer: dict[str, Any]) -> Ended:
        """How the try ended, when all that it wrote has arrived."""
        with self.changed:
            self.changed.wait_for(lambda: self.arrived.get(answer["place"], 0) >= answer["messages"], LATE)
        made = Exit(answer["code"], answer["signal"], answer["timed_out"]) if answer["reason"] is None else None
        return Ended(made, answer["reason"], answer["worker"])


def packed(job: Job, run: str) -> Parcel:
    """A try as it goes to a worker.

    Raises:
        WorkflowError: `too_large`, `not_readable`.
    """
    workflow, launch = job.step.workflow, job.launch
    environment = environments.planned(workflow)
    pinned = environment is not None and launch.argv[0] == environment.python
    at = next((at for at, word in enumerate(launch.argv) if word.startswith(workflow.path)), 0)
    python = environment.python if pinned and environment is not None else sys.executable
    argv = [*(placed(word, python) for word in launch.argv[:at]), launch.argv[at].replace(workflow.path, SCRIPT, 1), *launch.argv[at + 1 :]]
    own = {name: value for name, value in launch.environment.items() if os.environ.get(name) != value and name not in OWN}
    lock = environment.lock.text.encode() if environment is not None and pinned else None
    return Parcel(job.step.name, code_of(workflow.path), argv, own, launch.folder, job.timeout, lock, run, uuid4().hex)


def placed(word: str, python: str) -> str:
    """A word of what runs a script, without what holds for this machine alone."""
    if word == python:
        return PYTHON
    return MLPY + word.removeprefix(HOME) if word == HOME or word.startswith(HOME + os.sep) else word


def code_of(path: str) -> dict[str, bytes]:
    """The files of a script, by their paths in the folder of workflows."""
    found: dict[str, bytes] = {}
    root = os.path.dirname(path)
    names = [path] if os.path.isfile(path) else [os.path.join(place, name) for place, _, names in os.walk(path) for name in names]
    size = 0
    for name in names:
        try:
            size += os.path.getsize(name)
            if size <= MOST_CODE and os.path.isfile(name):
                with open(name, "rb") as stream:
                    found[os.path.relpath(name, root)] = stream.read()
        except OSError:
            raise WorkflowError("not_readable", f"`{os.path.relpath(name, root)}` cannot be read") from None
    if size > MOST_CODE:
        raise WorkflowError("too_large", f"`{os.path.basename(path)}` has more than {MOST_CODE >> 20} MiB, too much to send to a worker")
    return found


# ── the workers' side ──

children: dict[str, set[Child]] = {}
held = Lock()


def signalled(run: str, number: int) -> None:
    """Signals the steps of a run on this worker."""
    with held:
        for child in children.get(run, ()):
            child.send(number)
            child.after(GRACE, lambda child=child: child.send(SIGKILL))  # type: ignore[misc]  # a default that a lambda cannot declare


def perform(parcel: Parcel) -> dict[str, Any]:
    """Runs a try of a step on this worker: how it ended, as plain data."""
    with TemporaryDirectory(prefix="mlpy-step-") as folder, Sender(parcel) as sender:
        try:
            ended = carried_out(parcel, folder, sender)
            how: dict[str, Any] = {"code": ended.code, "signal": ended.signal, "timed_out": ended.timed_out, "reason": None}
        except WorkflowError as error:
            how = {"code": None, "signal": None, "timed_out": False, "reason": error.message}
    return {**how, "worker": sender.worker.name if isinstance(sender.worker.name, str) else sender.worker.address, "place": sender.place, "messages": sender.count}


def carried_out(parcel: Parcel, folder: str, sender: Sender) -> Exit:
    """Unpacks the code, and runs it."""
    for name, data in parcel.files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(data)
        os.chmod(path, 0o700)
    variables, python = {**os.environ}, sys.executable
    if parcel.lock is not None:
        environment = environments.Environment(locking.parse(parcel.lock, parcel.name))
        environment.make(parcel.name)
        variables, python = environment.variables(variables), environment.python
    script = os.path.join(folder, next(iter(parcel.files)).split(os.sep)[0])
    argv = [word.replace(PYTHON, python).replace(MLPY, HOME).replace(SCRIPT, script) for word in parcel.argv]
    if not os.path.exists(argv[0]):
        argv[0] = which(os.path.basename(argv[0])) or argv[0]  # an interpreter may lie elsewhere here
    child = Child(argv, environment={**variables, **parcel.environment}, folder=parcel.folder, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    with held:
        children.setdefault(parcel.run, set()).add(child)
    sender.child = child
    try:
        if parcel.timeout is not None:
            child.expire(parcel.timeout)
        return followed(child, sender.add, lambda _: None)
    finally:
        with held:
            children[parcel.run].discard(child)


class Sender:
    """Sends what a step writes, a few times a second; ends the step when nobody waits for it any more."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.worker = get_worker()
        self.key = self.worker.get_current_task()
        self.place = uuid4().hex
        self.child: Child | None = None
        self.lines: list[tuple[str, bytes]] = []
        self.lock = Lock()
        self.count = 0
        self.sent = 0.0
        self.over = Event()
        self.thread = Thread(target=self.work, name="lines of a step", daemon=True)

    def add(self, name: str, line: bytes) -> None:
        with self.lock:
            self.lines.append((name, line))
        if monotonic() - self.sent >= OFTEN:
            self.send()

    def work(self) -> None:
        while not self.over.wait(OFTEN):
            if self.lines:
                self.send()
            if self.child is not None and not self.wanted:
                self.child.stop()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for the task: Dask marks one as cancelled whose runner is gone, and lets it go on."""
        task = self.worker.state.tasks.get(self.key)
        return task is not None and task.state != "cancelled"

    def send(self) -> None:
        with self.lock:  # of two threads the second would overtake the first
            lines, self.lines = self.lines, []
            self.sent = monotonic()
            self.count += 1
            self.worker.log_event(self.parcel.run, {"sender": self.parcel.sender, "place": self.place, "worker": self.worker.address, "lines": lines})

    def __enter__(self) -> Self:
        self.send()  # that it has begun, and where
        self.thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.over.set()
        self.thread.join()
        self.send()
