"""`Sandbox`: runs untrusted programs in worker processes, each of which serves one program, or one session, and is then replaced.

Whoever asks first is served first. What becomes of a worker (a crash, the system's own end of it, a hang) is one MLError of its program.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from time import monotonic
from weakref import WeakSet

from mlpy.engine import (
    Engine,
    Instance,
    Program,
    Result,
    checked_arguments,
    checked_limits,
    checked_names,
    checked_text,
    collected,
    fail,
    listed,
    mapped,
    no_function,
    one_at_a_time,
    shown_name,
)
from mlpy.errors import MLError, Stop
from mlpy.hosting import hosted
from mlpy.runtime.limits import DEFAULT_MEMORY, Limits
from mlpy.runtime.run import Usage, active_chain
from mlpy.sandbox import lockdown
from mlpy.sandbox.lockdown import KernelLimits
from mlpy.sandbox.protocol import limits_here
from mlpy.source import Source
from mlpy.workers import cores
from mlpy.workers.frames import BrokenFrame, Ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future, ThreadPoolExecutor
    from typing import Self, TypeVar

    from mlpy.capabilities import Grants
    from mlpy.engine import Allowed, Functions, Sink
    from mlpy.runtime.run import Run
    from mlpy.sandbox.broker import Broker, Outcome
    from mlpy.sandbox.processes import Exit, WorkerProcess, Zygote

    T = TypeVar("T")

DEFAULT_LIMITS = Limits(time=5.0, memory=DEFAULT_MEMORY)
FILES = 16  # descriptors of a worker, which opens none
SPARE = 1.0  # seconds of its processor that a worker has beyond the time of its program
CPU_SIGNALS = frozenset([one.name for one in lockdown.CPU_SIGNALS])
OUT_OF_MEMORY = 86  # the exit code of a worker that has no memory left to say so
HELD = 64  # workers that functions of their programs keep, unless the host says otherwise
LEAVING = 5.0  # seconds that a process takes at most to end once it must
MOST = 1024  # workers of one sandbox


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Ticket:
    """One who waits for a turn: rung when it is his, or when his run has ended (`Run.waiters`)."""

    __slots__ = ("bell", "served")

    def __init__(self) -> None:
        self.bell = threading.Event()
        self.served = False

    def locked(self) -> bool:
        """Whether he still waits."""
        return not self.bell.is_set()

    def release(self) -> None:
        """Has him look."""
        self.bell.set()


class Turns:
    """How many may work at once, and who waits for that, first come first served."""

    __slots__ = ("busy", "closed", "count", "lock", "waiting")

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy = 0
        self.closed = False
        self.lock = threading.RLock()  # a session that is collected meanwhile gives its worker back
        self.waiting: deque[Ticket] = deque()

    def take(self, run: Run, until: float | None = None) -> None:
        """Waits for a turn, until a time of the monotonic clock; raises what ends the run meanwhile, or one that the caller stands in, and MLError where none comes."""
        ticket = Ticket()
        runs = [run, *[each.run for each in active_chain()]]  # a program whose function waits here may be the one that has the turn
        with self.lock:
            self.waiting.append(ticket)
            self._serve()
        for one in runs:
            one.waiters.append(ticket)
        try:
            if not any(one.dead for one in runs):  # after the append, so that a stop in between is not missed
                ticket.bell.wait(None if until is None else max(until - monotonic(), 0.0))
            for one in runs:
                one.poll()
        except BaseException:
            self._leave(ticket)
            raise
        finally:
            for one in runs:
                one.waiters.remove(ticket)
        if ticket.locked():
            self._leave(ticket)
            raise busy()
        if not ticket.served:
            raise closed()

    def _leave(self, ticket: Ticket) -> None:
        """Gives up a turn, or the wait for one."""
        with self.lock:
            if ticket in self.waiting:
                self.waiting.remove(ticket)
            self.busy -= ticket.served
            self._serve()

    def give_back(self) -> None:
        """The next one's turn."""
        with self.lock:
            self.busy -= 1
            self._serve()

    def _serve(self) -> None:
        while self.waiting and self.busy < self.count and not self.closed:
            self.busy += 1
            ticket = self.waiting.popleft()
            ticket.served = True
            ticket.release()
        while self.closed and self.waiting:
            self.waiting.popleft().release()

    def close(self) -> bool:
        """Sends away who waits; False where that was done before."""
        with self.lock:
            before, self.closed = self.closed, True
            self._serve()
        return not before


# ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def zygote_for(level: str) -> Zygote:
    """The zygote of this process for a level, which whoever gets it must `release`."""
    from mlpy.sandbox.processes import Zygote  # noqa: PLC0415  naming `Sandbox` starts nothing

    return Zygote.shared(level)


class Pool:
    """Workers that wait, locked, for what has the kernel limits that they have; others are made when they are needed.

    What was asked for last is what is kept ready.
    """

    __slots__ = ("_threads", "held", "idle", "level", "lock", "owner", "taken", "tied", "turns", "warm", "zygote")

    def __init__(self, workers: int, warm: int, level: str, usual: KernelLimits, held: int = HELD) -> None:
        self.turns = Turns(workers)
        self.held = held
        self.tied: WeakSet[WorkerProcess] = WeakSet()  # those at work no more whose functions somebody holds
        self.warm = warm
        self.level = level
        self.lock = threading.RLock()  # a session that is collected meanwhile gives its worker back
        self._threads: ThreadPoolExecutor | None = None
        self.owner = os.getpid()
        self.idle: list[WorkerProcess] = []
        self.taken: WeakSet[WorkerProcess] = WeakSet()  # those at work, and those whose functions somebody holds
        self.zygote = zygote_for(level)
        try:
            self.fill(usual)
            import mlpy.sandbox.broker  # noqa: F401, PLC0415  while the zygote starts: the first program needs it
            self.zygote.require()
        except BaseException:
            self.close()
            raise

    @property
    def threads(self) -> ThreadPoolExecutor:
        """The threads that programs for event loops wait on, as many as run at once: those of a loop are few, and others need them, too."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  for hosts that have a loop running

        if self.turns.closed:
            raise closed()
        with self.lock:
            self._threads = self._threads or ThreadPoolExecutor(self.turns.count, "mlpy sandbox")
        return self._threads

    def enter(self, run: Run, limits: KernelLimits, until: float | None = None) -> WorkerProcess:
        """A worker, when it is the caller's turn, who will `leave` it; raises MLError where there is none in time, and a `Stop` that ends the run meanwhile."""
        if self.owner != os.getpid():
            raise MLError("a sandbox cannot be used in a copy of the process that made it", "SandboxError", hint="make a new `Sandbox` after the fork")
        self.turns.take(run, until)
        try:
            return self._ready(limits)
        except BaseException:
            self.turns.give_back()
            raise

    def leave(self, process: WorkerProcess, *, tied: bool = False) -> bool:
        """Ends a worker, as it serves nobody else, unless it is `tied` to functions of its program, and has another one made in its place.

        False where it is tied and has been ended all the same, as there are too many of these.
        """
        ended = not (tied and self._tie(process))
        if ended:
            process.close()
        self.turns.give_back()
        with suppress(MLError):  # who comes next is told, if it is still so then
            self.fill(process.limits)
        return not (tied and ended)

    def _tie(self, process: WorkerProcess) -> bool:
        """Whether there is room for one more worker that functions are held of."""
        with self.lock:
            room = sum([each.fd >= 0 for each in self.tied]) < self.held
            if room:
                self.tied.add(process)
        return room

    def fill(self, limits: KernelLimits) -> None:
        """Has as many workers made as are to wait."""
        with self.lock:
            while len(self.idle) < self.warm and not self.turns.closed:
                self.idle.append(self.zygote.fork(limits))

    def _ready(self, limits: KernelLimits) -> WorkerProcess:
        """A worker that is locked; of a new zygote, where the old one has ended."""
        process = self._next(limits)
        try:
            process.prepare()
        except MLError:
            if self.turns.closed:
                raise closed() from None
            if not self.zygote.lost:
                raise
            process = self._next(limits)
            process.prepare()
        return process

    def _next(self, limits: KernelLimits) -> WorkerProcess:
        with self.lock:
            if self.zygote.lost and not self.turns.closed:
                self.zygote.release()
                self.zygote = zygote_for(self.level)
            for each in [each for each in self.idle if each.ended.is_set()]:  # as the system may end any process
                self.idle.remove(each)
                each.close()
            at = next((at for at, each in enumerate(self.idle) if same(each.limits, limits)), None)
            if at is None and len(self.idle) == self.warm > 0:
                self.idle.pop(0).close()  # so that the next one with these limits finds one that waits
            process = self.zygote.fork(limits) if at is None else self.idle.pop(at)
            self.taken.add(process)
        return process

    def private(self) -> list[int]:
        """Bytes of memory of each worker that waits, beyond what all share; none where the system does not tell."""
        with self.lock:
            waiting = [*self.idle]
        return [size for each in waiting if (size := each.private()) is not None]

    def close(self) -> None:
        """Ends all workers, those at work too."""
        if not self.turns.close() or self.owner != os.getpid():
            return
        with self.lock:
            for process in (*self.idle, *self.taken):
                process.kill()
            for process in self.idle:
                process.close()
            self.idle.clear()
        if self._threads is not None:
            self._threads.shutdown(wait=False)
        self.zygote.release()


# ── the sandbox ──────────────────────────────────────────────────────────────────────────────────────────────────


class Status:
    """A look at a sandbox: its `level` and `layers`, at most how many `workers` work, how many do (`busy`) and wait or are being made (`idle`).

    `held` workers are kept by functions of their programs; `waiting` programs wait for their turn; `memory` is what an idle worker has for itself in bytes, the mean,
    None where the system does not tell or none has been made so far.
    """

    __slots__ = ("busy", "held", "idle", "layers", "level", "memory", "waiting", "workers")

    def __init__(self, pool: Pool) -> None:
        sizes = pool.private()
        self.level = pool.level
        self.layers = tuple(pool.zygote.layers)
        self.workers = pool.turns.count
        self.busy = pool.turns.busy
        self.held = sum([each.fd >= 0 for each in pool.tied])
        self.idle = len(pool.idle)
        self.waiting = len(pool.turns.waiting)
        self.memory = round(sum(sizes) / len(sizes)) if sizes else None

    def record(self) -> dict[str, object]:
        """The figures as a plain dict."""
        return {name: list(value) if type(value) is tuple else value for name in self.__slots__ for value in [getattr(self, name)]}

    def __repr__(self) -> str:
        return f"Status({', '.join(f'{name}={value!r}' for name, value in self.record().items())})"


class Sandbox:
    """Runs untrusted programs in processes that the kernel confines. Safe to share between threads; a context manager.

    `workers` programs run at once, by default as many as there are processors, and the others wait for their turn; `warm` workers wait for programs, by
    default as many. At most `held` processes beyond these are kept by functions of programs that the host has. `level` is what must be there at least (`mlpy sandbox status` tells): `process`, `filtered` or `locked`. The rest is as `Engine` has it, but for
    `limits`, by default 5 s and 256 MB. Making one takes about 0.1 s. Raises MLError where the machine does not reach the level.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        limits: Limits | None = None,
        grants: Allowed = None,
        functions: Functions | None = None,
        level: str = "filtered",
        warm: int | None = None,
        held: int = HELD,
        extension_paths: Iterable[str] = (),
        module_paths: Iterable[str] = (),
        project_root: str | None = None,
    ) -> None:
        count = cores() if workers is None else checked_count(workers, "workers", 1)
        spare = count if warm is None else checked_count(warm, "warm", 0)
        checked_count(held, "held", 0)
        if level not in lockdown.LEVELS:
            raise ValueError(f"`level` is {' or '.join(f'`{one}`' for one in lockdown.LEVELS)}, not `{level}`")
        self.engine = Engine(
            limits=DEFAULT_LIMITS if limits is None else limits,
            grants=grants,
            functions=functions,
            extension_paths=extension_paths,
            module_paths=module_paths,
            project_root=project_root,
            isolation="process",
        )
        self.engine.sandbox = self
        self.pool = Pool(count, spare, level, kernel_limits(self.engine.limits), held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "pool"):
            self.pool.close()

    def close(self) -> None:
        """Ends all workers, and with them the programs that run and the functions that they gave."""
        self.pool.close()

    def status(self) -> Status:
        """What it has and does at this moment."""
        return Status(self.pool)

    def run(
        self,
        program: Program | str,
        *,
        inputs: Mapping[str, object] | None = None,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        arguments: Iterable[str] = (),
        wait: float | None = None,
    ) -> Result:
        """Compiles and runs a program in a worker, when it is its turn. Raises MLError for whatever goes wrong; `error.limit` names a limit that ended it.

        `grants`, `limits` and `functions` are for this run, by default the sandbox's. Values are copied; `output` takes what is printed. Where its turn does not come
        within `wait` seconds, None being for ever, `error.type` is `SandboxBusy`.
        """
        return self._prepared(program, inputs, grants, limits, functions, output, arguments, deadline(wait))[0]()

    async def run_async(
        self,
        program: Program | str,
        *,
        inputs: Mapping[str, object] | None = None,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        arguments: Iterable[str] = (),
        wait: float | None = None,
    ) -> Result:
        """`run` for an event loop. Cancelling the task ends the program, also while it waits for its turn."""
        begin, run = self._prepared(program, inputs, grants, limits, functions, output, arguments, deadline(wait))
        return await awaited(self.pool.threads.submit(copy_context().run, begin), run, wait)

    def _prepared(
        self,
        program: Program | str,
        inputs: Mapping[str, object] | None,
        grants: Allowed,
        limits: Limits | None,
        functions: Functions | None,
        output: Sink,
        arguments: Iterable[str],
        until: float | None,
    ) -> tuple[Callable[[], Result], Run]:
        """A run of a program, and what does it."""
        engine = self.engine
        given = mapped(inputs or {}, "inputs", "{'user': 'Ada'}")
        list(checked_names(given))
        own = engine.merged(functions)
        source = program.source if isinstance(program, Program) else Source(checked_text(program), shown_name("ml"))
        bounds = engine.limits if limits is None else checked_limits(limits)
        run = self.new_run(source, grants=grants, limits=bounds, output=output)
        run.arguments = checked_arguments(arguments)
        return lambda: self.perform(run, source, bounds, given, own, guess=isinstance(program, Program), until=until), run

    def new_run(self, source: Source, *, grants: Allowed = None, limits: Limits, output: Sink = None, errors: Sink = None) -> Run:
        """A run of a program in a worker, as it is on this side."""
        return self.engine.new_run(source, grants=grants, limits=limits_here(limits), output=output, errors=errors)

    def perform(
        self, run: Run, source: Source, limits: Limits, inputs: Mapping[str, object] | None = None, functions: Functions | None = None, *, guess: bool = False, until: float | None = None
    ) -> Result:
        """Has a worker compile and run a program, which gets its turn before a time of the monotonic clock; raises MLError."""
        visit = Visit(self, run, limits, kernel_limits(limits), source, until)
        kept = True
        try:
            result = visit.result(lambda: visit.broker.start(source, inputs or {}, self.engine.functions if functions is None else functions, guess=guess))
        except BaseException:
            run.close()
            raise
        finally:
            kept = visit.end()
        if not kept:
            raise too_many_held(self.pool.held)
        return result

    def compile(self, source: str | Source, *, name: str = "ml", inputs: Iterable[str] | None = None) -> Program:
        """Has a worker check a program, which each of its runs compiles again; see `Engine.compile`. Raises CheckFailed."""
        engine = self.engine
        text = source if isinstance(source, Source) else Source(checked_text(source), shown_name(name))
        names = () if inputs is None else listed(inputs, "inputs", "['user', 'order']")
        run = engine.new_run(text, limits=limits_here(engine.limits))
        visit = Visit(self, run, engine.limits, kernel_limits(engine.limits), text)
        try:
            told = visit.result(lambda: visit.broker.check(text, [*names, *engine.functions], guess=inputs is None)).value
        finally:
            visit.end()
        assert isinstance(told, dict)  # as the broker has seen to
        return Program.elsewhere(engine, text, tuple(told["inputs"]), tuple(told["needs"]))

    @classmethod
    def of(cls, engine: Engine, *, workers: int | None = None, level: str = "filtered") -> Sandbox:
        """The sandbox of an engine, whose defaults it has."""
        made = cls.__new__(cls)
        count = cores() if workers is None else workers
        made.engine = engine
        made.pool = Pool(count, count, level, kernel_limits(engine.limits))
        return made

    def function(self, program: Program, name: str, *, limits: Limits | None = None, validate: bool = False) -> Callable[..., object]:
        """A top-level function of a program as a Python callable, which lives in a worker of its own; its state is that of no other function."""
        if validate:
            raise ValueError("declared types are known in the worker only: functions of a sandbox cannot be had with `validate`")
        exports = self.run(program, limits=limits).exports
        found = exports.get(name)
        if not callable(found):
            raise no_function(program, name, exports)
        return found

    def session(
        self,
        *,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        errors: Sink = None,
        wait: float | None = None,
    ) -> Session:
        """A session, which keeps names between evaluations and one of the workers until it is closed; each evaluation has the `limits` anew. `wait` is as in `run`."""
        return self._beginning(grants, limits, functions, output, errors, deadline(wait))[0]()

    async def session_async(
        self,
        *,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        errors: Sink = None,
        wait: float | None = None,
    ) -> Session:
        """`session` for an event loop."""
        begin, run = self._beginning(grants, limits, functions, output, errors, deadline(wait))
        return await awaited(self.pool.threads.submit(copy_context().run, begin), run, wait)

    def _beginning(
        self, grants: Allowed, limits: Limits | None, functions: Functions | None, output: Sink, errors: Sink, until: float | None
    ) -> tuple[Callable[[], Session], Run]:
        """The run of a session, and what begins it."""
        engine = self.engine
        bounds = engine.limits if limits is None else checked_limits(limits)
        run = engine.new_run(None, grants=grants, limits=limits_here(bounds), output=output, errors=errors)
        own = engine.merged(functions)
        return lambda: Session(self, run, bounds, own, until), run


async def awaited(job: Future[T], run: Run, wait: float | None) -> T:
    """What comes of a job on another thread, which has to begin within some seconds; cancelling the task ends its run."""
    import asyncio  # noqa: PLC0415  for hosts that have it running

    work = asyncio.wrap_future(job)
    try:
        await asyncio.wait([work], timeout=wait)
        if not work.done() and job.cancel():  # all threads are those of others
            raise busy()
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        run.cancel()
        if not job.cancel():  # it has begun
            await asyncio.wait([work])
            work.exception()
        raise


class Visit:
    """A worker in the hands of one program or session."""

    __slots__ = ("broker", "lose", "pool", "process", "run")

    def __init__(self, sandbox: Sandbox, run: Run, limits: Limits, kernel: KernelLimits, source: Source, until: float | None = None, *, lasting: bool = False) -> None:
        from mlpy.sandbox.broker import Broker  # noqa: PLC0415  as in `zygote_for`

        engine = sandbox.engine
        self.run = run
        self.pool = sandbox.pool
        registry, finder = engine.registry, engine.finder(source)
        try:
            self.process = self.pool.enter(run, kernel, until)
        except Stop as stop:
            fail(stop, run)
        self.lose = partial(loss, self.pool, self.process, limits)  # which knows nothing of the broker, so that it ends with the last function that needs it
        self.broker = Broker(self.process, run, limits, source, registry=registry, finder=finder, lose=self.lose, lasting=lasting)

    def result(self, work: Callable[[], Outcome]) -> Result:
        """What comes of something that the worker is asked for; raises MLError."""
        from mlpy.sandbox.broker import attend  # noqa: PLC0415  as in `zygote_for`

        before = len(collected(self.run) or ())
        try:
            outcome = attend(self.broker, work)
        except BrokenFrame as error:
            lost = self.lose(error)
            raise lost from lost.__cause__
        instance = Instance(None, self.run, outcome.value, outcome.exports, [])
        return Result(instance, (collected(self.run) or [])[before:])

    def end(self) -> bool:
        """Gives the worker up; False where it would have been kept by functions, and there are too many such workers."""
        tied = self.broker.tied
        kept = self.pool.leave(self.process, tied=tied)
        if not self.broker.lasting:
            self.run.usage = Spent(self.run.usage, self.process, 0.0 if tied and kept else LEAVING)
        return kept


def loss(pool: Pool, process: WorkerProcess, limits: Limits, error: BrokenFrame) -> MLError:
    """The error of a program whose worker ended, or said what no worker says."""
    if pool.turns.closed:
        return closed()
    if not isinstance(error, Ended):
        return crashed(f"it broke the protocol: {error}")
    ended = process.wait(LEAVING)
    if ended is None or process.zygote.lost:
        return crashed("its zygote ended" if ended else "it closed its socket and went on")
    return why(ended, limits)


class Spent(Usage):
    """What a program has used. Its worker's part is the kernel's word when that has ended, a few milliseconds later, for which who asks for `cpu` or `memory` waits.

    Where the host holds functions of the program, which keep the worker, it is what the worker says itself until then. One that a hostile program has taken over may lie,
    within what can be true: the time that has passed on all processors, and the limit of memory. So it is with the cells of a session.
    """

    __slots__ = ("_cpu", "_memory", "_patience", "_process")

    def __init__(self, here: Usage, process: WorkerProcess, patience: float) -> None:
        self._process = process
        self._patience = patience
        for name, value in here.record().items():
            setattr(self, name, value)

    @property
    def cpu(self) -> float:
        """Seconds, of both processes."""
        ended = self._process.wait(self._patience)
        return self._cpu if ended is None else self._cpu - self._process.said + ended.cpu

    @cpu.setter
    def cpu(self, value: float) -> None:
        self._cpu = value

    @property
    def memory(self) -> int | None:
        """Bytes, at the peak."""
        ended = self._process.wait(self._patience)
        return self._memory if ended is None else ended.memory

    @memory.setter
    def memory(self, value: int | None) -> None:
        self._memory = value


def why(ended: Exit, limits: Limits) -> MLError:
    """The error of a program whose worker has ended by itself."""
    if ended.signal in CPU_SIGNALS:
        return MLError(f"the program took more time of the processor than its limit of {limits.time or 0:g} s", "LimitExceeded", limit="time")
    if ended.code == OUT_OF_MEMORY or ended.signal == "SIGKILL":  # by the system, as we have not
        allowed = f"its limit of {limits.memory:,} bytes of memory" if limits.memory is not None else "the memory that there is"
        return MLError(f"the program used more than {allowed}", "LimitExceeded", limit="memory")
    return crashed(f"it ended with {ended.signal or f'the exit code {ended.code}'}")


def crashed(reason: str) -> MLError:
    """The error of a program that has lost its worker; the reason is for the host's eyes."""
    error = MLError("the worker crashed", "InternalError", hint="nothing else is affected: run the program again, and report it if it crashes again")
    error.__cause__ = RuntimeError(reason)
    return error


class Session:
    """A program that grows cell by cell in a worker of its own, with the surface of `engine.Session`. One evaluation at a time; a context manager.

    A cell that is cancelled, by `cancel` or Ctrl-C, ends alone where its worker still listens; otherwise that ends with it, and all names are gone.
    """

    __slots__ = ("_cells", "_closed", "_functions", "_kinds", "_lock", "_registry", "_stale", "_threads", "_visit", "run")

    def __init__(self, sandbox: Sandbox, run: Run, limits: Limits, functions: Functions, until: float | None = None) -> None:
        self.run = run
        self._functions = {name: hosted(name, function, run, run.grants) for name, function in functions.items()}
        self._registry = sandbox.engine.registry
        self._cells = 0
        self._closed = False
        self._kinds: dict[str, str] = {}  # as they were when somebody asked last
        self._stale = True
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._visit: Visit | None = Visit(sandbox, run, limits, KernelLimits(limits.memory, None, FILES), Source("", "<session>"), until, lasting=True)

    @property
    def names(self) -> list[str]:
        """The names that are bound, in the order in which they were, as `kinds` has them."""
        return [*self.kinds()]

    def __getitem__(self, name: str) -> object:
        """The value of a name, its functions as callables; raises KeyError."""
        one_at_a_time(self.run)
        if name not in self.names:
            raise KeyError(name)
        with self._lock:
            return self._beside(lambda broker: broker.look(name))

    def __setitem__(self, name: str, value: object) -> None:
        list(checked_names([name]))
        one_at_a_time(self.run)
        with self._lock:
            self._stale = True
            self._beside(lambda broker: broker.bind({name: value}))

    def perform(self, text: str | Source, *, inputs: Mapping[str, object] | None = None, bind: Iterable[str] = ()) -> Result:
        """Evaluates a cell, whose value some names stand for from then on; with names `_error` for what it raises."""
        given = mapped(inputs or {}, "inputs", "{'user': 'Ada'}")
        list(checked_names(given))
        one_at_a_time(self.run)
        with self._lock:
            visit = self._entered()
            self._cells += 1
            cell = text if isinstance(text, Source) else Source(text, f"<cell {self._cells}>")
            self.run.files[cell.name] = cell
            self._stale = True
            return visit.result(lambda: visit.broker.evaluate(cell, given, bind))

    def evaluate(self, text: str, *, inputs: Mapping[str, object] | None = None) -> Result:
        """Evaluates a cell with full budgets. Raises MLError; names that were bound before it stay bound, unless the worker ended."""
        return self.perform(checked_text(text), inputs=inputs)

    def kinds(self) -> dict[str, str]:
        """The names that are bound, each with the type of what it stands for; while a cell is under way, those that were known before it. None once the worker has ended."""
        if self._stale and not self._lock.locked():
            with self._lock:
                self._kinds = {} if self.lost else self._beside(lambda broker: broker.names())  # type: ignore[assignment]  # as the broker has seen to
                self._stale = False
        return {**self._kinds}

    @property
    def lost(self) -> bool:
        """Whether its worker has ended, and with it the names."""
        return self._visit is None or self._visit.broker.process.fd < 0

    def authorities(self) -> list[Grants]:
        """Those that were made of the run's within what the program asks for."""
        return [] if self._visit is None else [*self._visit.broker.chains.values()]

    async def evaluate_async(self, text: str, *, inputs: Mapping[str, object] | None = None) -> Result:
        """`evaluate` for an event loop. Cancelling the task cancels the cell."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  for hosts that have a loop running

        self._threads = self._threads or ThreadPoolExecutor(1, "mlpy session")
        return await awaited(self._threads.submit(copy_context().run, partial(self.evaluate, text, inputs=inputs)), self.run, None)

    def cancel(self) -> None:
        """Ends the cell under way, from any thread; its names stay, where the worker still listens."""
        self.run.cancel()

    def reload(self, name: str) -> None:
        """Takes in the new version of a module or file that was imported as `name`; see `engine.Session.reload`. Raises MLError."""
        one_at_a_time(self.run)
        with self._lock:
            if not self._beside(lambda broker: broker.reload(name)):
                self._registry.reload(name)
                self._beside(lambda broker: broker.rebind(name))

    def _entered(self) -> Visit:
        """The worker, for something to be done with full budgets; raises MLError."""
        self.run.renew()
        if self._closed or self._visit is None:  # after the renewal, which would undo what `close` does to a cell under way
            raise closed("session")
        visit = self._visit
        if self._functions:
            functions, self._functions = self._functions, {}
            visit.result(lambda: visit.broker.bind({}, functions))
        return visit

    def _beside(self, work: Callable[[Broker], Outcome]) -> object:
        """The value of something else than a cell, whose usage stays that of the last one."""
        usage = self.run.usage
        try:
            visit = self._entered()
            return visit.result(lambda: work(visit.broker)).value
        finally:
            self.run.usage = usage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the worker, unless the host holds functions that it has given, and the cell that it is at."""
        one_at_a_time(self.run)
        self._closed = True
        if self._lock.locked():
            self.run.cancel()
        with self._lock:
            visit, self._visit = self._visit, None
        if visit is not None:
            visit.end()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    def __del__(self) -> None:
        if getattr(self, "_visit", None) is not None:
            self.close()


def kernel_limits(limits: Limits) -> KernelLimits:
    """What the kernel holds a program to; the time of its processor stands behind that of the clock, which the parent keeps."""
    return KernelLimits(limits.memory, None if limits.time is None else limits.time + SPARE, FILES)


def same(one: KernelLimits, other: KernelLimits) -> bool:
    return (one.memory, one.cpu, one.files) == (other.memory, other.cpu, other.files)


def checked_count(value: object, name: str, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST:
        raise ValueError(f"`{name}` is a whole number from {least} to {MOST:,}")
    return value


def deadline(wait: object) -> float | None:
    """The time of the monotonic clock up to which somebody waits."""
    if wait is None:
        return None
    if not isinstance(wait, int | float) or isinstance(wait, bool) or not 0 <= wait <= threading.TIMEOUT_MAX:
        raise ValueError("`wait` is a number of seconds, or None to wait for ever")
    return monotonic() + wait


def busy() -> MLError:
    """The error of whoever has waited long enough."""
    return MLError("no worker of the sandbox was free in time", "SandboxBusy", hint="wait for longer, or give the sandbox more `workers`")


def too_many_held(most: int) -> MLError:
    """The error of a program whose result would keep one worker too many."""
    hint = "let go of results with functions in them that are done with, or make the sandbox with a larger `held`"
    return MLError(f"functions of other programs keep {most:,} workers already, and this one gives a function", "SandboxError", hint=hint)


def closed(what: str = "sandbox") -> MLError:
    """The error of whoever comes too late."""
    return MLError(f"the {what} is closed", "SandboxError", hint="make a new `Sandbox`" if what == "sandbox" else "`sandbox.session()` makes a new one")
