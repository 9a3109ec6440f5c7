"""The zygote: an interpreter that has imported the language and knows nothing of its host, and forks a worker for each program.

It gets one socket. Over it come marshalled tuples, which it trusts: `("fork", number, memory, cpu, files)` with the worker's end of
a socket pair, and `("signal", number, signal)`. It answers `("ready", layers)` or `("unready", reason)`, then `("forked", number, held)`, where `held`
with a pidfd, or `("failed", number, reason)`, and `("ended", number, status, memory, cpu)` for each worker that has
ended. It has one thread, so that a fork copies all of it; it ends with its socket, and its workers with it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the module round it makes enumerations, of which each fork would copy pages
import gc
import os
import select
import signal
import socket
import sys

from mlpy.errors import MLError
from mlpy.sandbox import lockdown, preload, worker
from mlpy.sandbox.control import INTERRUPT, LARGEST, Messages, packed
from mlpy.sandbox.lockdown import KernelLimits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

IDLE = 20  # milliseconds without a program: where workers have no time to wait, a rehearsal would be work for nothing
COMPUTED = 0.01  # seconds of computing after which a program has to be watched
UNREADY = 70  # exit status of a worker that could not be locked


def main() -> None:
    """Serves one parent; the descriptor of the socket and the level are the arguments."""
    handle, level = sys.argv[1:]
    control = socket.socket(fileno=int(handle))
    try:
        layers = prepare(level)
    except (ImportError, MLError, OSError) as error:
        control.sendall(packed("unready", str(error)))
        return
    Zygote(control, layers).serve()
    os._exit(0)  # a tidy end of the interpreter would take 10 ms


def prepare(level: str) -> list[str]:
    """Imports everything, then locks this process as far as its workers can share it; gives the layers."""
    gc.disable()  # also where nobody has done so before it was started
    preload.load()
    if threads() > 1:
        raise MLError("a module starts a thread when it is imported")
    return lockdown.prepare_zygote(level)


def threads() -> int:
    """The threads of this process, as far as the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


class Zygote:
    """The one parent and the workers that live."""

    __slots__ = ("bell", "control", "layers", "messages", "numbers", "rung")

    def __init__(self, control: socket.socket, layers: list[str]) -> None:
        self.control = control
        self.layers = layers
        self.messages = Messages(control)
        self.numbers: dict[int, int] = {}  # of the workers, by process
        self.bell, self.rung = os.pipe()
        os.set_blocking(self.bell, False)
        os.set_blocking(self.rung, False)

    def serve(self) -> None:
        """Does what the parent asks until it closes the socket, and ends all workers then."""
        signal.set_wakeup_fd(self.rung, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a terminal sends to everything that it started
        signal.signal(INTERRUPT, signal.SIG_IGN)  # which a worker takes in when it has something to end
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.bell, select.POLLIN)
        try:
            self.control.sendall(packed("ready", self.layers))
            while True:
                ready = dict(poll.poll())
                if self.bell in ready:
                    os.read(self.bell, LARGEST)
                    self.reap()
                if self.control.fileno() in ready and not self.obey():
                    return
        except ConnectionError:  # the parent has ended
            return
        finally:
            self.end_all()

    def obey(self) -> bool:
        """Does what has been asked; False at the end of the socket."""
        if not self.messages.receive():
            return False
        while (message := self.messages.next()) is not None:
            match message:
                case "fork", int(number), memory, cpu, int(files):
                    self.fork(number, KernelLimits(memory, cpu, files), self.messages.handle())  # type: ignore[arg-type]  # from our own parent
                case "signal", int(number), int(which):
                    for process in [process for process, one in self.numbers.items() if one == number]:
                        os.kill(process, which)
        return True

    def fork(self, number: int, limits: KernelLimits, handle: int) -> None:
        """Makes a worker at the other end of a socket."""
        gc.freeze()  # what is there by now is in no collection of a worker, which would copy its pages
        try:
            process = os.fork()
        except OSError as error:
            os.close(handle)
            self.control.sendall(packed("failed", number, error.strerror))
            return
        if not process:
            begin(limits, handle)
        os.close(handle)
        self.numbers[process] = number
        try:
            pidfd = os.pidfd_open(process)
        except (AttributeError, OSError):  # of another system, or an old one: the parent asks us to end it
            self.control.sendall(packed("forked", number, False))
            return
        try:
            socket.send_fds(self.control, [packed("forked", number, True)], [pidfd])
        finally:
            os.close(pidfd)

    def reap(self) -> None:
        """Tells of each worker that has ended."""
        while True:
            try:
                process, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            number = self.numbers.pop(process, None)
            if number is not None:  # as the first process of a namespace it gets the orphans of others, too
                told = packed("ended", number, os.waitstatus_to_exitcode(status), usage.ru_maxrss * lockdown.PEAK_UNIT, usage.ru_utime + usage.ru_stime)
                self.control.sendall(told)

    def end_all(self) -> None:
        """Ends what still runs."""
        for process in self.numbers:
            os.kill(process, signal.SIGKILL)
        for process in self.numbers:
            os.waitpid(process, 0)


def idle(handle: int) -> bool:
    """Whether no program comes for a moment."""
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    return not waiting.poll(IDLE)


def begin(limits: KernelLimits, handle: int) -> NoReturn:
    """What a worker does from its first step to its last; it never returns to the zygote's loop."""
    status = UNREADY
    try:
        signal.set_wakeup_fd(-1)
        _signal.signal(signal.SIGCHLD, _signal.SIG_DFL)
        layers = lockdown.lock_worker(limits, handle, COMPUTED)
        gc.enable()
        os.write(handle, f"{lockdown.peak()} {','.join(layers)}\n".encode())
        if idle(handle):
            preload.rehearse()
        worker.serve(handle)
        status = 0
    finally:
        os._exit(status)
