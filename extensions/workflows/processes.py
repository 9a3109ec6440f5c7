"""Processes of scripts. Each has a process group of its own, of which nothing is left when its script has ended, nor when the runner has, however that happens.

The group is led by a guard: a shell that waits for its standard input to end, as it does with the runner, and then ends the group. It leads so that the number of the group
stays taken, and so that nothing begins in a group that nobody watches.
"""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from threading import RLock, Timer
from time import monotonic, sleep

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import INTERRUPTED, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import IO, TypeAlias

    Stream: TypeAlias = int | IO[bytes] | None  # as subprocess has it: a descriptor, a file, one of its constants, or None: that of this process

SHELL = "/bin/sh"
GUARD = "trap '' HUP INT QUIT TERM TSTP TTIN TTOU USR1 USR2; echo; read -r word || kill -s KILL 0"
PATIENCE = 5.0  # seconds from the request to end until the end
LEAVING = 1.0  # seconds that what a script leaves behind has to end by itself, such as the `tee` of its output


@dataclass(frozen=True, slots=True)
class Exit:
    """How a script ended: with an exit code, or by a signal; whether its time was up, or Ctrl-C was pressed."""

    code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    interrupted: bool = False

    @property
    def status(self) -> int:
        """The number that a shell has for it: the exit code, or 128 and the signal."""
        if self.code is not None:
            return self.code
        return INTERRUPTED if self.interrupted else 128 + (self.signal or 0)

    @property
    def succeeded(self) -> bool:
        return self.code == 0 and not self.timed_out

    def record(self) -> dict[str, object]:
        """What a record says of it."""
        return {"exit_code": self.code, "signal": self.signal, "timed_out": self.timed_out}


@dataclass(frozen=True, slots=True)
class Launch:
    """How a script is started: its command line, all of its variables, the folder in which it starts, and of these what it was given to work on."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    given: Sequence[str] = ()


class Guard:
    """Leads a process group, and ends it when this process is gone."""

    __slots__ = ("group", "line", "process")

    def __init__(self) -> None:
        reading, self.line = os.pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603  a constant
                [SHELL, "-c", GUARD], stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={}, process_group=0, bufsize=0
            )
        except BaseException:
            os.close(self.line)
            raise
        finally:
            os.close(reading)
        assert self.process.stdout is not None
        with self.process.stdout as answer:
            answer.read(1)  # from here on no signal but one ends it
        self.group = self.process.pid

    def dismiss(self) -> None:
        """Has the guard go, and what is left of the group in a moment."""
        try:
            os.write(self.line, b"\n")
        except BrokenPipeError:  # the script has ended all of its group
            pass
        os.close(self.line)
        self.process.wait()
        until = monotonic() + LEAVING
        pause = 0.001
        while self.populated() and monotonic() < until:
            sleep(pause)
            pause = min(2 * pause, 0.05)
        self.send(signal.SIGKILL)

    def populated(self) -> bool:
        """Whether anybody in the group still runs: where the first process of a machine does not care for orphans, they stay in it when they have ended."""
        return self.send(0) and (not os.path.isdir("/proc/self") or any(group == self.group and state not in "ZX" for group, state in states()))

    def send(self, number: int) -> bool:
        """Sends a signal to the group; whether there is anybody in it."""
        try:
            os.killpg(self.group, number)
        except (PermissionError, ProcessLookupError):  # macOS says the first of processes that have ended
            return False
        return True


def states() -> Iterator[tuple[int, str]]:
    """The group and the state of each process that Linux lists."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stream:
                    state, _, group = stream.read().rpartition(")")[2].split()[:3]
            except (OSError, ValueError):  # it has ended meanwhile
                continue
            yield int(group), state


class Child:
    """A script that runs. Any thread may call `send`, `stop` and `expire`; one of them waits for the end with `result`."""

    __slots__ = ("ended", "guard", "lock", "process", "timed_out", "timers")

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        before: Callable[[int], object] | None = None,
    ) -> None:
        """Begins; `environment` are all of its variables, `folder` its working directory, and `before` is called with its group beforehand.

        Raises:
            WorkflowError: `interpreter_not_found`, `file_not_found` or `os_error`, where it cannot begin.
        """
        self.lock = RLock()  # handlers of signals may come between
        self.ended = self.timed_out = False
        self.timers: list[Timer] = []
        self.guard = Guard()
        try:
            if before is not None:
                before(self.guard.group)
            self.process = subprocess.Popen(  # noqa: S603  what the user asked for
                list(argv), env=environment, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr, process_group=self.guard.group, bufsize=0
            )
        except (OSError, ValueError) as error:
            self.guard.dismiss()
            raise unable(argv, folder, error) from None
        except BaseException:
            self.guard.dismiss()
            raise

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def group(self) -> int:
        return self.guard.group

    def send(self, number: int) -> None:
        """Sends a signal to the script and all that it has started; to nobody if it has ended."""
        with self.lock:
            if not self.ended:
                self.guard.send(number)

    def stop(self) -> None:
        """Has the script end: it is asked to, and made to five seconds later."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # who is stopped hears nothing
        self.after(PATIENCE, lambda: self.send(signal.SIGKILL))

    def expire(self, seconds: float) -> None:
        """Has it end when it has run for this long."""

        def end() -> None:
            self.timed_out = True
            self.stop()

        self.after(seconds, end)

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        timer = Timer(seconds, act)
        timer.daemon = True
        with self.lock:
            if not self.ended:
                self.timers.append(timer)
                timer.start()

    def hang_up(self, number: int) -> None:
        """What a script that was stopped gets to hear: one that wants the terminal, that there is none."""
        if number in (signal.SIGTTIN, signal.SIGTTOU):
            self.send(signal.SIGHUP)
            self.send(signal.SIGCONT)

    def result(self, stopped: Callable[[int], object] | None = None, *, interrupted: Callable[[], bool] = lambda: False) -> Exit:
        """Waits for the end; `stopped` is called with each signal that stops the script meanwhile, and `interrupted` tells at the end whether Ctrl-C was pressed."""
        try:
            status = os.waitpid(self.pid, os.WUNTRACED)[1]
            while os.WIFSTOPPED(status):
                (stopped or self.hang_up)(os.WSTOPSIG(status))
                status = os.waitpid(self.pid, os.WUNTRACED)[1]
            code = self.process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            self.close()
        return Exit(None if code < 0 else code, -code if code < 0 else None, self.timed_out, code == -signal.SIGINT and interrupted())

    def close(self) -> None:
        """Leaves nothing of it: for whoever has waited, and for whoever gives up."""
        with self.lock:
            if self.ended:
                return
            self.ended = True
        for timer in self.timers:
            timer.cancel()
        if self.process.returncode is None:
            self.guard.send(signal.SIGKILL)
            self.process.wait()
        self.guard.dismiss()


def unable(argv: Sequence[str], folder: str | None, error: OSError | ValueError) -> WorkflowError:
    """Why a script cannot begin."""
    program = os.path.basename(argv[0])
    if isinstance(error, ValueError):
        return WorkflowError("invalid_parameter", "an argument has the character NUL")
    if folder is not None and not os.path.isdir(folder):
        return WorkflowError("folder_not_found", f"there is no folder `{folder}` to run in")
    if isinstance(error, FileNotFoundError):
        return WorkflowError("interpreter_not_found", f"there is no `{program}` on this machine", hint=f"install `{program}`")
    return WorkflowError("os_error", f"`{program}` cannot be run: {terminal.reason(error)}")
