"""One script in the foreground: it has the terminal, and the signals that the runner gets.

The script has a process group of its own, so the terminal is handed to it: at once where a person types and reads there, and in a pipeline when it first wants to read, since
another member such as `less` may be the one who does. What the terminal or anybody else sends the runner goes on to the script, once; when the script is stopped, so is
the runner, and with it the job that its shell knows.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager

from mlpy.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from types import FrameType

    from mlpy.extensions.workflows.processes import Child, Exit

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH)


class Terminal:
    """The terminal that controls this process, where there is one, and whether the script has it."""

    __slots__ = ("file", "lent")

    def __init__(self) -> None:
        try:
            self.file = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            self.file = -1
        self.lent = False

    @property
    def ours(self) -> bool:
        """Whether this process is in the foreground."""
        try:
            return os.tcgetpgrp(self.file) == os.getpgrp()
        except OSError:
            return False

    def lend(self, group: int) -> bool:
        """Hands the terminal to a group, if it is ours."""
        self.lent = self.lent or (self.ours and self.put(group))
        return self.lent

    def take_back(self) -> bool:
        """Whether it was lent; it is ours again then."""
        was, self.lent = self.lent, False
        if was:
            self.put(os.getpgrp())
        return was

    def put(self, group: int) -> bool:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})  # which who is in the background gets for this
        try:
            os.tcsetpgrp(self.file, group)
        except OSError:
            return False
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTTOU})
        return True

    def close(self) -> None:
        self.take_back()
        if self.file >= 0:
            os.close(self.file)


class Relay:
    """What arrives at the runner and is meant for the script."""

    __slots__ = ("child", "early", "interrupted")

    def __init__(self) -> None:
        self.child: Child | None = None
        self.early: list[int] = []
        self.interrupted = False

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self.interrupted = self.interrupted or number == signal.SIGINT
        if self.child is None:
            self.early.append(number)
        else:
            self.child.send(number)

    def connect(self, child: Child) -> None:
        """Passes on what arrived before the script had begun, and from now on at once."""
        self.child = child
        for number in self.early:
            child.send(number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The time in which signals are passed on; what is ignored stays ignored."""
        before = {number: signal.getsignal(number) for number in PASSED_ON}
        mine = [number for number, handler in before.items() if handler != signal.SIG_IGN]
        for number in mine:
            signal.signal(number, self)
        try:
            yield
        finally:
            for number in mine:
                signal.signal(number, before[number] or signal.SIG_DFL)


def follow(begin: Callable[[Callable[[int], object]], Child], *, timeout: float | None = None) -> Exit:
    """Runs what `begin` begins, to its end, which `timeout` in seconds brings about; only for the main thread. `begin` gets what is to be done with the group beforehand."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who calls the runner may ignore it, and then nobody could tell how a child has ended
    screen, relay = Terminal(), Relay()
    dialogue = terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout)
    try:
        with relay.listening():
            child = begin(lambda group: dialogue and screen.lend(group))
            relay.connect(child)
            if timeout is not None:
                child.expire(timeout)
            ended = child.result(lambda number: stop_along(child, screen, number), interrupted=lambda: relay.interrupted or screen.lent)
            if screen.take_back() and ended.signal == signal.SIGINT:
                os.killpg(0, signal.SIGINT)  # Ctrl-C is meant for all of the job: also for the `make` or the shell that called the runner
    finally:
        screen.close()
    return ended


def stop_along(child: Child, screen: Terminal, number: int) -> None:
    """Gives the script the terminal if it wants to read; else stops with it, and goes on with it when the shell says so."""
    if number in (signal.SIGTTIN, signal.SIGTTOU) and screen.lend(child.group):
        child.send(signal.SIGCONT)
        return
    had = screen.take_back()
    went_along = stopped(number)
    if had:
        screen.lend(child.group)
    if not went_along:
        child.hang_up(number)
    child.send(signal.SIGCONT)


def stopped(number: int) -> bool:
    """Stops this job as a signal does, and comes back when it is continued; False where no shell could do that, and the kernel leaves it out."""
    continued: list[int] = []
    before = {signal.SIGCONT: signal.signal(signal.SIGCONT, lambda number, _frame: continued.append(number))}
    if number != signal.SIGSTOP:
        before[signal.Signals(number)] = signal.signal(number, signal.SIG_DFL)
    os.killpg(0, number)
    for each, handler in before.items():
        signal.signal(each, handler or signal.SIG_DFL)
    return bool(continued)
