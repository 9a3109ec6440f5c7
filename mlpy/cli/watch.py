"""`--watch`: does something again whenever one of the files that it used has changed."""

from __future__ import annotations

import os
import sys
import time

from mlpy.cli import DONE, Mistake, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable

    State = dict[str, tuple[int, int] | None]

INTERVAL = 0.2  # seconds between two looks; a look at one file costs two microseconds


def repeat(paths: Iterable[str], action: Callable[[], tuple[int, Iterable[str]]]) -> int:
    """Calls the action now and after every change of the paths or of the files that it says it used; Ctrl-C ends it.

    The action gives an exit code and the files. What changes while it runs counts.
    """
    named = list(paths)
    used: Iterable[str] = ()
    try:
        while True:
            before = states((*named, *used))
            code, used = perform(action, used)
            before = states(used) | before
            terminal.write_error(f"── exit code {code}; waiting for a change, Ctrl-C ends\n")
            wait(before)
    except KeyboardInterrupt:
        terminal.write_error("\n")
        return DONE


def perform(action: Callable[[], tuple[int, Iterable[str]]], used: Iterable[str]) -> tuple[int, Iterable[str]]:
    """One round; a file that is missing for the moment is a message."""
    try:
        return action()
    except Mistake as mistake:
        terminal.complain(mistake.message, mistake.hint)
        return mistake.code, used
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def wait(before: State) -> None:
    """Returns when a file is another one than before, and all have been left alone since."""
    while states(before) == before:
        time.sleep(INTERVAL)
    last: State = {}
    while last != (now := states(before)):
        last = now
        time.sleep(INTERVAL / 4)


def states(paths: Iterable[str]) -> State:
    """What tells a changed file from an unchanged one; None for a missing one."""
    found: State = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found[path] = None
        else:
            found[path] = status.st_mtime_ns, status.st_size
    return found
