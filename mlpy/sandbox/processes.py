"""The host's side of a zygote: worker processes as they are made, ended and lost.

Sandboxes that need the same zygote share one. A thread of the host reads what it tells.
"""

from __future__ import annotations

import atexit
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from time import monotonic
from weakref import WeakValueDictionary

from mlpy.errors import MLError
from mlpy.sandbox import lockdown
from mlpy.sandbox.control import INTERRUPT, Messages, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlpy.sandbox.lockdown import KernelLimits

# Without a collection, which would go through all that is imported again and again, and without `site`, as the paths are given.
BOOT = "import gc, sys; gc.disable(); n = int(sys.argv[1]) + 2; sys.path[:] = sys.argv[2:n]; del sys.argv[1:n]; from mlpy.sandbox.zygote import main; main()"
HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # where mlpy is, also where a finder of its own has found it, which a zygote has not
INHERITED = ("DYLD_LIBRARY_PATH", "HOME", "LD_LIBRARY_PATH", "MLPY_CACHE_DIR", "XDG_CACHE_HOME")  # what the interpreter and mlpy's own cache need; no worker has it
STARTING, CLOSING = 30.0, 5.0  # seconds that a zygote, or a worker, may take
GREETING = 4096  # bytes that are read at a time of what a worker says of itself


class Exit:
    """How a worker ended: its exit `code` or the `signal` that ended it, the growth of its memory at the peak in bytes, and its CPU seconds."""

    __slots__ = ("code", "cpu", "memory", "signal")

    def __init__(self, status: int, memory: int, cpu: float) -> None:
        self.code = status if status >= 0 else None
        self.signal = None if status >= 0 else signal_name(-status)
        self.memory = memory
        self.cpu = cpu

    def __repr__(self) -> str:
        return f"<Exit {self.signal or self.code}>"


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals
        return f"signal {number}"


class WorkerProcess:
    """One worker: `fd` is the non-blocking end of the socket to it, `layers` what the kernel has taken from it."""

    __slots__ = ("__weakref__", "at_start", "ended", "exit", "fd", "layers", "limits", "number", "pidfd", "said", "zygote")

    def __init__(self, zygote: Zygote, number: int, limits: KernelLimits, end: int) -> None:
        self.zygote = zygote
        self.number = number
        self.limits = limits
        self.fd = end
        self.layers: list[str] = []
        self.at_start = 0  # bytes of memory that it begins with
        self.said = 0.0  # seconds of the processor that it has told of
        self.pidfd: int | None = None
        self.ended = threading.Event()
        self.exit: Exit | None = None

    @property
    def pid(self) -> int | None:
        """Its number as this process sees it, as long as it runs; None where the system does not tell."""
        with self.zygote.lock:
            return None if self.pidfd is None else process_of(self.pidfd)

    def prepare(self) -> None:
        """Waits until it is locked; raises MLError, and ends it, where it does not come to that or has fewer layers than it must."""
        if self.layers:
            return
        try:
            size, layers = self._greeting().split(" ")
            self.at_start, self.layers = int(size), layers.split(",")
            lockdown.require(self.zygote.level, self.layers)
        except ValueError as error:
            self.close()
            raise unavailable(self.zygote.reason or str(error)) from error
        except MLError:
            self.close()
            raise

    def _greeting(self) -> str:
        """The line that a locked worker begins with; raises ValueError where none comes."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        line = b""
        end = monotonic() + STARTING
        while not line.endswith(b"\n"):
            if not poll.poll(max(end - monotonic(), 0) * 1000):
                raise ValueError("a worker takes too long to start")
            try:
                piece = os.read(self.fd, GREETING)  # after which it waits for what the parent sends
            except OSError:
                piece = b""
            if not piece:
                raise ValueError("a worker ended while it was being locked")
            line += piece
        return line[:-1].decode("ascii", "replace")

    def kill(self) -> None:
        """Ends it at once, if it still runs."""
        self.zygote.kill(self)

    def interrupt(self) -> None:
        """Has it end what it is at, if it is a worker that takes in signals."""
        self.zygote.signal(self, INTERRUPT)

    def wait(self, seconds: float | None) -> Exit | None:
        """How it ended, None where it still runs after a time."""
        self.ended.wait(seconds)
        return self.exit

    def close(self) -> None:
        """Ends it and the socket to it."""
        self.kill()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes the socket."""
        end, self.fd = self.fd, -1
        if end >= 0:
            os.close(end)

    def forget(self) -> None:
        """Lets go of the handle."""
        handle, self.pidfd = self.pidfd, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        self.close()
        self.forget()

    def private(self) -> int | None:
        """Bytes of memory that are its own, not shared with the other workers; None where the system does not tell."""
        try:
            with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
                return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(("Private_Clean", "Private_Dirty")))
        except OSError:
            return None


def unavailable(reason: str) -> MLError:
    """The error of a sandbox that has no workers; the reason is for the host's eyes."""
    error = MLError("the sandbox cannot start a worker", "SandboxError", hint="`mlpy sandbox status` tells what this machine lacks")
    error.__cause__ = RuntimeError(reason)
    return error


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a socket; raises MLError where this process may have no more."""
    try:
        return socket.socketpair()
    except OSError as error:
        raise refused(error) from error


def refused(error: OSError) -> MLError:
    """The error of a sandbox to which the system refuses what a process takes."""
    if error.errno not in (errno.EMFILE, errno.ENFILE):
        return unavailable(str(error))
    hint = "each result with a function in it keeps a worker: let go of those that are done with, or raise the limit"
    return MLError("the sandbox cannot start a worker, as too many files are open", "SandboxError", hint=hint)


class Zygote:
    """A process that forks workers. `layers` are those that it shares with them; `reason` says why it has ended or never begun."""

    __slots__ = ("begun", "control", "layers", "level", "lock", "lost", "number", "popen", "processes", "reason", "telling", "users")

    def __init__(self, level: str) -> None:
        self.level = level
        self.layers: list[str] = []
        self.reason: str | None = None
        self.lost = False
        self.begun = threading.Event()
        self.users = 0
        self.lock = threading.RLock()  # of what follows; collecting garbage may end a worker anywhere, so it and the others are entered again
        self.telling = threading.RLock()
        self.number = 0
        self.processes: WeakValueDictionary[int, WorkerProcess] = WeakValueDictionary()  # that have not ended; one that nobody holds is ended
        self.control, theirs = pair()
        paths = [*dict.fromkeys([*map(os.path.abspath, sys.path), HOME])]
        line = [sys.executable or "python", "-I", "-S", "-X", "utf8", "-c", BOOT, str(len(paths)), *paths, str(theirs.fileno()), level]
        environment = {"LD_BIND_NOW": "1", **{name: os.environ[name] for name in INHERITED if name in os.environ}}  # each worker would look up what it calls, and copy pages for it
        nothing = subprocess.DEVNULL
        try:
            self.popen = subprocess.Popen(  # noqa: S603  this interpreter
                line, stdin=nothing, stdout=nothing, stderr=nothing, env=environment, cwd="/", pass_fds=[theirs.fileno()], start_new_session=True
            )
        except OSError as error:
            self.control.close()
            raise refused(error) from error
        finally:
            theirs.close()
        threading.Thread(target=self._listen, name="mlpy sandbox", daemon=True).start()

    # ── sharing ──

    @classmethod
    def shared(cls, level: str) -> Zygote:
        """The zygote of this process for a level, which whoever gets it must `release`."""
        with sharing:
            zygote = zygotes.get(level)
            if zygote is None or zygote.lost:
                zygote = zygotes[level] = cls(level)
            zygote.users += 1
        return zygote

    def require(self) -> None:
        """Waits until it can fork workers; raises MLError where it never will, or not with the layers of its level."""
        self.begun.wait(STARTING)
        if self.reason is not None or not self.layers:
            raise unavailable(self.reason or "its zygote takes too long to start")
        lockdown.require(self.level, self.layers)

    def release(self) -> None:
        """Ends it with its last user."""
        with sharing:
            self.users -= 1
            if self.users:
                return
            if zygotes.get(self.level) is self:
                del zygotes[self.level]
        self.close()

    def close(self) -> None:
        """Ends it and all of its workers."""
        with suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        try:
            self.popen.wait(CLOSING)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    # ── workers ──

    def fork(self, limits: KernelLimits) -> WorkerProcess:
        """A new worker, which has still to be prepared; raises MLError where there is no zygote any more."""
        ours, theirs = pair()
        ours.setblocking(False)
        with self.lock:
            self.number += 1
            process = self.processes[self.number] = WorkerProcess(self, self.number, limits, ours.detach())
            if self.lost:
                self._end(process, -signal.SIGKILL, 0, 0.0)
        with theirs:
            try:
                self._tell(packed("fork", process.number, limits.memory, limits.cpu, limits.files), [theirs.fileno()])
            except OSError as error:
                process.hang_up()
                raise unavailable(self.reason or str(error)) from error
        return process

    def kill(self, process: WorkerProcess) -> None:
        """Ends a worker."""
        self.signal(process, signal.SIGKILL)

    def signal(self, process: WorkerProcess, number: int) -> None:
        """Sends a worker a signal: by its handle, as its number may be that of another process by now, or else by whoever forked it (F41)."""
        with suppress(OSError):
            with self.lock:
                if process.pidfd is not None:
                    signal.pidfd_send_signal(process.pidfd, number)
                    return
            if not process.ended.is_set():
                self._tell(packed("signal", process.number, int(number)))

    def _tell(self, message: bytes, handles: Iterable[int] = ()) -> None:
        """Sends a message. What the zygote tells is heard meanwhile, or it could wait for us as we wait for it."""
        with self.telling:
            if handles:
                socket.send_fds(self.control, [message], [*handles])
            else:
                self.control.sendall(message)

    # ── what it tells ──

    def _listen(self) -> None:
        messages = Messages(self.control)
        try:
            while messages.receive():
                while (message := messages.next()) is not None:
                    with self.lock:
                        self._hear(message, messages)
        except OSError:  # it ended in the middle
            pass
        self._lose()

    def _hear(self, message: tuple[object, ...], messages: Messages) -> None:
        match message:
            case "ready", list(layers):
                self.layers = layers
                self.begun.set()
            case "unready", str(reason):
                self.reason = reason
            case "forked", int(number), bool(held):
                self._begin(self.processes.get(number), messages.handle() if held else None)
            case "failed", int(number), str():
                self._end(self.processes.pop(number, None), -signal.SIGKILL, 0, 0.0)
            case "ended", int(number), int(status), int(memory), float(cpu):
                self._end(self.processes.pop(number, None), status, memory, cpu)

    @staticmethod
    def _begin(process: WorkerProcess | None, pidfd: int | None) -> None:
        if process is not None:
            process.pidfd = pidfd
        elif pidfd is not None:  # nobody has waited for it, and it has been ended
            os.close(pidfd)

    @staticmethod
    def _end(process: WorkerProcess | None, status: int, memory: int, cpu: float) -> None:
        if process is not None:
            process.forget()
            process.exit = Exit(status, max(memory - process.at_start, 0), cpu)
            process.ended.set()

    def _lose(self) -> None:
        """Takes all workers for ended, as they end with the zygote."""
        with self.lock:
            self.lost = True
            self.reason = self.reason or "its zygote has ended"
            for process in [*self.processes.values()]:
                self.kill(process)
                self._end(process, -signal.SIGKILL, 0, 0.0)
            self.processes.clear()
        with self.telling:
            self.control.close()
        self.begun.set()

    def abandon(self) -> None:
        """Lets go of it in a forked copy of the host, whose own it is not."""
        self.lost = True
        self.reason = "this process is a copy of the one that made the sandbox"
        self.lock, self.telling = threading.RLock(), threading.RLock()
        for process in [*self.processes.values()]:
            process.hang_up()
            process.forget()
        self.processes.clear()
        self.control.close()


def process_of(pidfd: int) -> int | None:
    """The number of a process in this one's own view; None where the system does not tell."""
    try:
        with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
            found = [int(line.split()[1]) for line in file if line.startswith("Pid:")]
    except (OSError, ValueError):
        return None
    return found[0] if found and found[0] > 0 else None


zygotes: dict[str, Zygote] = {}
sharing = threading.RLock()


def end_all() -> None:
    """Ends what runs when the interpreter ends."""
    for zygote in [*zygotes.values()]:
        zygote.close()


def _renew_after_fork() -> None:
    global sharing  # noqa: PLW0603  one for the process
    sharing = threading.RLock()
    for zygote in zygotes.values():
        zygote.abandon()
    zygotes.clear()


atexit.register(end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_after_fork)
