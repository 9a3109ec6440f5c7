"""A run and its driver: the authority, the limits and the output of one program, and the only way to execute its code.

`execute` calls a function in a context of its own, under the limits of its run, on a pooled thread with a stack made for
the recursion limit or on the caller's. What comes out is a value, the program's exception, or a `Stop` that names its run.
"""

from __future__ import annotations

import itertools
import os
import sys
from _contextvars import ContextVar, copy_context
from _operator import length_hint  # the module round it is one more file at start-up
from _thread import TIMEOUT_MAX, allocate_lock, get_ident, stack_size, start_new_thread
from _weakref import ref
from time import monotonic

from mlpy.audit import Audit
from mlpy.capabilities import Grants
from mlpy.errors import Cancelled, LimitExceeded, MLError, Stop
from mlpy.runtime import limits as limiting
from mlpy.runtime.current import current
from mlpy.runtime.limits import Limits

try:
    from time import thread_time
except ImportError:  # some platforms cannot tell the threads apart
    from time import process_time as thread_time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable
    from contextvars import Context
    from typing import Any, Literal, NoReturn, Protocol, TypeVar

    from mlpy.metrics import Measures
    from mlpy.registry import Registry
    from mlpy.source import Source

    Result = TypeVar("Result")

    class Closable(Protocol):
        """What holds something of the system."""

        def close(self) -> object: ...


DEFAULT_LIMITS = Limits()
MAX_KEPT = 64
active: ContextVar[Execution] = ContextVar("mlpy.execution")


class Usage:
    """What a run has used.

    `wall` and `cpu` seconds, `steps`, `output` bytes, capability `calls`, and the growth of the process's `memory` in bytes
    (None unless the run has a memory limit).
    """

    __slots__ = ("calls", "cpu", "memory", "output", "steps", "wall")

    def __init__(self) -> None:
        self.wall = 0.0
        self.cpu = 0.0
        self.steps = 0
        self.output = 0
        self.calls = 0
        self.memory: int | None = None

    def record(self) -> dict[str, float | int | None]:
        """The figures as a plain dict."""
        return {name: getattr(self, name) for name in ("wall", "cpu", "steps", "output", "calls", "memory")}

    def __repr__(self) -> str:
        return f"Usage({', '.join(f'{name}={value!r}' for name, value in self.record().items())})"


class Names:
    """The globals of a file, in which it stands itself: it goes with them, and a run that knows it keeps no file that was replaced."""

    __slots__ = ("__weakref__", "namespace")

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace


class Run:
    """One program in execution, from its start to the last call of a function that it gave to the host.

    `output` and `errors` take what it prints: a callable for text, or a list that collects it. Once `dead` it stays so and
    `stop` says why; `revive` makes it usable for the next evaluation of a session.
    """

    __slots__ = (
        "__weakref__",
        "_registry",
        "arguments",
        "audit",
        "beside",
        "dead",
        "errors",
        "executions",
        "extension_paths",
        "files",
        "frozen_clock",
        "fuel",
        "grants",
        "kept",
        "limits",
        "measures",
        "module_paths",
        "modules",
        "namespaces",
        "output",
        "own_folders",
        "resolved",
        "sealed",
        "source",
        "speaking_for",
        "spent",
        "stop",
        "usage",
        "waiters",
        "write_error",
        "write_output",
    )  # fmt: skip

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        grants: Grants | None = None,
        audit: Audit | None = None,
        output: Callable[[str], object] | list[str] | None = None,
        errors: Callable[[str], object] | list[str] | None = None,
        source: Source | None = None,
        registry: Registry | Callable[[], Registry] | None = None,
    ) -> None:
        self.limits = limits or DEFAULT_LIMITS
        self.grants = grants if grants is not None else Grants()
        self.audit = audit if audit is not None else Audit()
        self.output = [] if output is None else output
        self.errors = self.output if errors is None else errors
        self.write_output = self.output.append if isinstance(self.output, list) else self.output
        self.write_error = self.errors.append if isinstance(self.errors, list) else self.errors
        self.source = source
        self._registry = registry
        self.arguments: tuple[str, ...] = ()  # what stands after `--` on the command line
        self.frozen_clock: int | None = None  # microseconds since 1970, where the program's clock is to stand still
        self.extension_paths: tuple[str, ...] = ()  # folders of Python code and of ML code, which programs do not write
        self.module_paths: tuple[str, ...] = ()
        self.sealed: tuple[str, ...] = ()  # what else programs do not write, such as the file of their audit
        self.own_folders: tuple[tuple[str, ...], ...] = ()  # where mlpy keeps its keys, and
        self.resolved: dict[str, tuple[str, ...]] = {}  # where the host's paths lead, both as `files` has found out
        self.kept: list[Closable] = []
        self.usage = Usage()
        self.files: dict[str, Source] = {} if source is None else {source.name: source}
        self.modules: dict[object, object] = {}
        self.measures: Measures | None = None  # what takes down the calls of functions in the files that it imports
        self.namespaces: list[ref[Names]] = []
        self.executions: list[Execution] = []
        self.waiters: list[Any] = []
        self.dead = False
        self.stop: Stop | None = None
        self.fuel = itertools.repeat(True, self.limits.steps or 0)
        self.speaking_for: Callable[[Callable[[], Grants]], dict[str, Callable[..., Any]]] | None = None  # the builtins that ask what an authority allows, where these are not the usual ones
        self.spent = 0.0  # seconds of its time that went into compiling it
        self.beside: Run | None = None  # the session whose functions it runs as its own

    @property
    def registry(self) -> Registry | None:
        """The modules that the program can import; made when first asked for."""
        if callable(self._registry):
            self._registry = self._registry()
        return self._registry

    # ── what the program does through its run ──

    def namespace(self, source: Source | None = None, parts: Iterable[str] | None = None) -> dict[str, Any]:
        """Fresh globals for the code of one file: the helpers (all, or those of some `parts`), and what belongs to this run."""
        from mlpy.runtime.parts import PARTS, helpers  # noqa: PLC0415  some of the helpers know this file

        made = helpers(PARTS if parts is None else parts)
        if source is not None:
            self.files[source.name] = source
        if self.speaking_for is not None:
            made.update({"$" + name: function for name, function in self.speaking_for(lambda: self.grants).items() if "$" + name in made})
        made["$run"] = self
        made["$fuel"] = self.fuel
        names = made["$names"] = Names(made)
        self.namespaces.append(ref(names, self.namespaces.remove))
        made["$alive"] = not self.dead  # after the append, so that a stop in between is not missed
        return made

    def write(self, text: str) -> None:
        """Prints text, counted before it is written."""
        self.charge_output(len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")))
        self.write_output(text)

    def warn(self, text: str) -> None:
        """Prints text to the error stream; it counts as output."""
        self.charge_output(len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")))
        self.write_error(text)

    def charge_output(self, size: int) -> None:
        """Counts bytes of output; ends the run where they are too many."""
        if self.dead:
            self.poll()
        self.usage.output += size
        most = self.limits.output
        if most is not None and self.usage.output > most:
            self.exceed("output", f"the program printed more than its limit of {most:,} bytes")

    def poll(self) -> None:
        """Raises if the run is dead; what natives call in long loops and gates before and after."""
        if self.dead:
            raise self.stopped()

    def wait(self, seconds: float) -> None:
        """Blocks for a time, or until the run is ended."""
        bell = allocate_lock()
        bell.acquire()
        self.waiters.append(bell)
        limiting.watchdog.stand_by()
        try:
            if not self.dead:  # after the append, so that a stop in between is not missed
                bell.acquire(True, min(seconds, TIMEOUT_MAX))
        finally:
            self.waiters.remove(bell)
        self.poll()

    def remaining(self) -> float | None:
        """Seconds of wall clock that the caller has left under every limit in force, at least 0; None without one."""
        deadlines = [each.deadline for each in active_chain() if each.deadline is not None]
        return max(0.0, min(deadlines) - monotonic()) if deadlines else None

    # ── what it holds open ──

    def keep(self, resource: Closable) -> None:
        """Closes a file, stream or connection with the run, unless `drop` comes first; raises MLError where too many are open."""
        if len(self.kept) >= MAX_KEPT:
            resource.close()
            raise MLError(f"the program holds {MAX_KEPT} files and connections open", "IOError", hint="close those that are done with")
        self.kept.append(resource)

    def drop(self, resource: Closable) -> None:
        """Forgets a resource that has been closed."""
        try:
            self.kept.remove(resource)
        except ValueError:  # the run has ended
            pass

    def close(self) -> None:
        """Closes what the program left open; nothing of it executes any more."""
        while self.kept:
            resource = self.kept.pop()
            try:
                resource.close()
            except Exception:  # noqa: BLE001, S110  nobody is there any more to be told of what could not be written
                pass

    def __del__(self) -> None:
        if self.kept:
            self.close()

    # ── its end ──

    def exceed(self, kind: str, message: str) -> NoReturn:
        """Ends the run for a limit; does not return."""
        self.kill(LimitExceeded(kind, message, self))
        raise self.stopped()

    def cancel(self, message: str = "the program was cancelled") -> None:
        """Ends the run from any thread; it raises in the program's own thread."""
        self.kill(Cancelled(None, message, self))

    def kill(self, stop: Stop) -> None:
        """Marks this run and every run inside it dead, then has the watchdog raise in their threads until each has ended."""
        now = monotonic()
        self.die(stop)
        for execution in self.executions.copy():
            execution.run.die(stop)
            if not limiting.free_threaded():
                limiting.watchdog.watch(execution, now)

    def die(self, stop: Stop) -> None:
        """Marks this run dead, so that no `finally` and no handler of its code runs any more; the first reason stays."""
        if self.dead:
            return
        self.stop = stop
        self.dead = True
        for namespace in self.globals():
            namespace["$alive"] = False
        for bell in self.waiters.copy():
            if bell.locked():
                bell.release()

    def stopped(self) -> Stop:
        """A fresh exception that says why the run is dead."""
        stop = self.stop or Cancelled(None, "the program was cancelled", self)
        return type(stop)(stop.kind, stop.message, stop.run)

    def globals(self) -> list[dict[str, Any]]:
        """The globals of its files, of those at least that something can still execute."""
        return [names.namespace for each in self.namespaces.copy() if (names := each()) is not None]

    def renew(self) -> None:
        """Full budgets for the next evaluation of a session, also after a limit ended the last one; nothing may be executing."""
        if self.executions:
            raise RuntimeError("the run is executing")
        self.usage = Usage()
        self.fuel = itertools.repeat(True, self.limits.steps or 0)
        self.spent = 0.0
        self.dead, self.stop = False, None
        for namespace in self.globals():
            namespace["$fuel"] = self.fuel
            namespace["$alive"] = True

    # ── its clock ──

    def pause(self) -> None:
        """Stops the clock of everything that the caller runs in, while a person is asked something."""
        now = monotonic()
        for each in active_chain():
            if each.deadline is not None and each.left is None:
                each.left, each.deadline = each.deadline - now, None

    def resume(self) -> None:
        """Lets the clock go on."""
        now = monotonic()
        for each in active_chain():
            if each.left is not None:
                each.deadline, each.left = now + each.left, None
                limiting.watchdog.watch(each, each.deadline)


def active_chain() -> list[Execution]:
    """The executions that the caller stands in, innermost first."""
    execution = active.get(None)
    return execution.chain if execution is not None and execution.armed else []


def within(run: Run) -> bool:
    """Whether the caller stands inside of a run, however deep."""
    return any(each.run is run for each in active_chain())


class Execution:
    """One call under the limits of a run: its thread, its deadline, and what comes out.

    While it is `armed` the watchdog may raise in its thread; `fired` says that it has. `chain` holds this execution and
    those that it runs inside of.
    """

    __slots__ = ("__weakref__", "args", "armed", "baseline", "chain", "context", "deadline", "done", "error", "fired", "function", "left", "run", "started", "stop", "thread", "value")

    def __init__(self, run: Run, function: Callable[..., object], args: tuple[object, ...], outer: list[Execution]) -> None:
        self.run = run
        self.function = function
        self.args = args
        self.chain = [self, *outer]
        self.context: Context = copy_context()
        self.thread = 0
        self.armed = self.fired = False
        self.deadline: float | None = None
        self.left: float | None = None
        self.baseline = 0
        self.started = (0.0, 0.0)
        self.done: Any = None
        self.value: object = None
        self.error: BaseException | None = None
        self.stop: Stop | None = None

    def drive(self) -> None:
        """Calls the function in this thread; afterwards nothing is on its way into the thread any more."""
        try:
            try:
                self._begin()
                self.value = self.context.run(self.function, *self.args)
            except BaseException as error:  # noqa: BLE001  handed to the caller
                self.error = error
            self._end()
        except Stop:  # it was on its way when the program ended
            self._end()

    def _begin(self) -> None:
        self.thread = get_ident()
        self.started = monotonic(), thread_time()
        self.context.run(active.set, self)
        self.context.run(current.set, self.run)
        self.armed = True
        for each in self.chain:
            each.run.executions.append(self)
        for each in self.chain:  # after the append, so that a stop in between is not missed
            if each.run.dead:
                self.run.die(each.run.stopped())
                raise each.run.stopped()
        self._set_clock()

    def _set_clock(self) -> None:
        limits = self.run.limits
        if limits.memory is not None:
            self.baseline = limiting.resident()
        if limits.time is not None:
            self.deadline = self.started[0] + limits.time - self.run.spent
        when = self.next_look(self.started[0])
        if when is not None:
            limiting.watchdog.watch(self, when)

    def next_look(self, now: float) -> float | None:
        """When the watchdog is to look at this execution next; None if it need not."""
        if self.run.limits.memory is None:
            return self.deadline
        sample = now + limiting.SAMPLE
        return sample if self.deadline is None else min(sample, self.deadline)

    def _end(self) -> None:
        self.armed = False  # from here on the watchdog raises no more
        if self.fired:
            limiting.withdraw(self.thread)
        if self.run.dead:  # now: once this is not executing, another thread may renew the run
            self.stop = self.run.stopped()
        for each in self.chain:
            if self in each.run.executions:
                each.run.executions.remove(self)
        run = self.run
        if run.dead and not run.executions:
            run.close()
        usage = run.usage
        usage.wall += monotonic() - self.started[0]
        usage.cpu += thread_time() - self.started[1]
        if run.limits.steps is not None:
            usage.steps = run.limits.steps - length_hint(run.fuel)
        if self.deadline is not None or run.limits.memory is not None:
            limiting.watchdog.forget()

    def outcome(self) -> object:
        """The value, or raises; a dead run has no value."""
        error, self.error = self.error, None
        value, self.value = self.value, None
        self.function, self.args = type(None), ()  # it refers to itself: what it held would stay until the next collection
        stop = self.stop
        try:
            if stop is not None:
                if not isinstance(error, Stop):
                    raise stop from error
                error.kind, error.message, error.run, error.args = stop.kind, stop.message, stop.run, stop.args
            if error is not None:
                raise error
            return value
        finally:
            del error  # its traceback holds this frame


def execute(run: Run, function: Callable[..., Result], *args: object, thread: Literal["own", "caller", "any"] = "own") -> Result:
    """Calls a function under the limits of a run; returns its value, or raises what it raised, or a `Stop`.

    `own` takes a pooled thread with a stack of the configured size, unless this one is as good (`configure_process`), `caller` this
    thread, and `any` this thread where that is as good for little: there is no time to watch and room for 900 calls. A `Stop` whose `run` is another one belongs to a run further out
    and has to be passed on. A call from inside the same run goes on under the limits in force.
    """
    outer = active_chain()
    if outer and outer[0].run is run and outer[0].thread == get_ident():
        run.poll()
        return function(*args)
    execution = Execution(run, function, args, outer)
    if thread == "caller" or get_ident() == _home or (thread == "any" and run.limits.time is None and run.limits.memory is None and _roomy()):
        execution.drive()
    else:
        _hand_over(execution)
    return execution.outcome()  # type: ignore[return-value]  # what the function returned


# ── the pool of threads ──────────────────────────────────────────────────────────────────────────────────────────


class _Worker:
    __slots__ = ("execution", "ready", "stack")

    def __init__(self, stack: int) -> None:
        self.stack = stack
        self.ready = allocate_lock()
        self.ready.acquire()
        self.execution: Execution | None = None

    def work(self) -> None:
        while True:
            self.ready.acquire()
            execution = self.execution
            if execution is None:
                return
            try:
                execution.drive()
            except BaseException as error:  # noqa: BLE001  whatever it is, the caller must not wait for ever
                execution.error = error
            done = execution.done
            self.execution = execution = None
            keep = len(_idle) < IDLE_MAX
            if keep:
                _idle.append(self)
            done.release()
            if not keep:
                return


IDLE_MAX = 8
INTERRUPT_POLL = 0.1  # seconds: a signal does not end a wait that it came just before, and on Windows none at all
_idle: list[_Worker] = []
_stack = 16 << 20  # holds 1,000 frames of recursion through C
_starting = allocate_lock()
_imported_by = get_ident()
_main_stack: int | None = None
_home = 0  # the thread that programs run on where they are called; none has the number 0
FRAMES_SPARED = 80  # of the 1,000 that Python allows, programs are promised 900
FRAME = 3200  # bytes of stack that a call may take where it goes through C: 16 MB held 5,200
STACK_MAX = 1 << 30


def configure_process(*, stack: int, recursion: int, here: bool = False) -> None:
    """Sets the stack of the threads that programs run on and the interpreter's recursion limit.

    Only for a process that is all ours, such as the command line: 64 MB hold 5,200 frames. In a host's process a raised limit
    lets recursion through C overflow the host's own threads. With `here`, programs run on the calling thread, which has such a stack.
    """
    global _home, _main_stack, _stack  # noqa: PLW0603  one of each for the process
    _home = get_ident() if here else 0
    _main_stack, _stack = stack if here else 0, stack  # the main thread has as much only where it was given it
    while _idle:
        _idle.pop().ready.release()
    sys.setrecursionlimit(recursion)


def _roomy() -> bool:
    """Whether the caller's thread has stack and frames enough for a program: the main thread, not far from its bottom."""
    if get_ident() != _main_thread():
        return False
    try:
        sys._getframe(FRAMES_SPARED)  # noqa: SLF001  counts no frames, only looks whether there are as many
    except ValueError:
        return _stack_of_main() >= max(_stack // 2, sys.getrecursionlimit() * FRAME)
    return False


def cramped() -> bool:
    """Whether recursion may overflow the caller's stack before Python's limit ends it: a small thread, or a limit that the host has raised."""
    need = sys.getrecursionlimit() * FRAME
    if get_ident() == _main_thread():
        return (_stack_of_main() or need) < need
    with _starting:
        size = stack_size()  # which sets it to the default, too
        stack_size(size)
    return (size or DEFAULT_STACK) < need


DEFAULT_STACK = 8 << 20


def stack_needed() -> int:
    """The stack of a thread on which Python's recursion limit, which a host may have raised, ends recursion in time."""
    need = max(_stack, sys.getrecursionlimit() * FRAME)
    if need > STACK_MAX:
        raise MLError(f"the recursion limit of this process is above {STACK_MAX // FRAME:,}", "InternalError", hint="lower it with `sys.setrecursionlimit`")
    return need


def _main_thread() -> int:
    threading = sys.modules.get("threading")
    return threading.main_thread().ident or 0 if threading is not None else _imported_by


def _stack_of_main() -> int:
    global _main_stack  # noqa: PLW0603  one for the process
    if _main_stack is None:
        try:
            import resource  # noqa: PLC0415  not on every platform

            size = resource.getrlimit(resource.RLIMIT_STACK)[0]
            _main_stack = sys.maxsize if size == resource.RLIM_INFINITY else size
        except ImportError:
            _main_stack = 1 << 20
    return _main_stack


def _start_worker() -> _Worker:
    worker = _Worker(stack_needed())
    with _starting:
        before = stack_size(worker.stack)
        try:
            start_new_thread(worker.work, ())
        except RuntimeError as error:
            raise MLError("no thread is left to run the program on", "InternalError") from error
        finally:
            stack_size(before)
    return worker


def _hand_over(execution: Execution) -> None:
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _start_worker()
    else:
        if worker.stack < sys.getrecursionlimit() * FRAME:  # the host has raised it since
            worker.ready.release()
            worker = _start_worker()
    done = execution.done = allocate_lock()
    done.acquire()
    worker.execution = execution
    worker.ready.release()
    try:
        while not done.acquire(True, INTERRUPT_POLL):
            pass
    except BaseException:  # a signal: the program ends first; a second signal does not wait
        execution.run.cancel()
        done.acquire()
        raise


def _renew_after_fork() -> None:
    global _starting  # noqa: PLW0603  one for the process
    _starting = allocate_lock()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_after_fork)
