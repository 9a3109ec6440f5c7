"""What steps write, as whole lines while they run: to a log as it comes, and to whoever wants the lines of all steps under their names."""

from __future__ import annotations

import os
import selectors
import sys
from threading import Event, Lock, Thread

from mlpy.cli import terminal
from mlpy.cli.tables import paint, rendered

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable
    from typing import IO, TypeAlias

    from mlpy.extensions.workflows.processes import Child, Exit

    Emit: TypeAlias = Callable[[str, bytes], None]  # "stdout" or "stderr", and a line with its end

TICK = 0.05  # seconds between two looks at whether the step has ended
PIECE = 1 << 16
LONGEST_LINE = 1 << 20  # bytes; a longer line goes on in pieces
LARGEST_LOG = 1 << 26  # bytes
CUT = b"\n(the rest is left out: a log has at most 64 MiB)\n"
STYLES = {"blocked": "yellow", "done": "green", "failed": "red", "interrupted": "yellow", "retried": "yellow", "running": "dim", "timeout": "red", "unchanged": "dim"}
COLORS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Log:
    """The file of what a step writes; made when it first writes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.room = LARGEST_LOG
        self.stream: IO[bytes] | None = None

    def write(self, piece: bytes) -> None:
        """Adds a piece, as long as there is room here and on the disk."""
        if self.room <= 0:
            return
        try:
            if self.stream is None:
                self.stream = open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "wb", buffering=0)  # noqa: SIM115  closed by `close`
            self.stream.write(piece if len(piece) <= self.room else piece[: self.room] + CUT)
        except OSError:  # a step that could not write any more would wait for ever
            self.room = 0
        self.room -= len(piece)

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()


class Reader:
    """Reads both pipes of a child on a thread of its own: `raw` gets the pieces, `emit` the lines."""

    def __init__(self, child: Child, emit: Emit, raw: Callable[[bytes], None]) -> None:
        self.emit = emit
        self.raw = raw
        self.over = Event()
        self.lines = {"stdout": b"", "stderr": b""}
        self.pipes = [(name, pipe) for name, pipe in (("stdout", child.process.stdout), ("stderr", child.process.stderr)) if pipe is not None]
        self.thread = Thread(target=self.read, name="output of a step")
        self.thread.start()

    def read(self) -> None:
        """Passes on what comes, until both pipes end, or the child has and nothing is there any more: who has left its group may hold them for ever."""
        with selectors.DefaultSelector() as selector:
            for name, pipe in self.pipes:
                selector.register(pipe, selectors.EVENT_READ, name)
            while selector.get_map():
                over = self.over.is_set()
                ready = selector.select(TICK)
                if over and not ready:
                    break
                for key, _ in ready:
                    piece = os.read(key.fd, PIECE)
                    if piece:
                        self.raw(piece)
                        self.take(key.data, piece)
                    else:
                        selector.unregister(key.fileobj)
        for name, rest in self.lines.items():
            if rest:
                self.emit(name, rest + b"\n")

    def take(self, name: str, piece: bytes) -> None:
        """Emits the lines that are whole."""
        whole, end, rest = (self.lines[name] + piece).rpartition(b"\n")
        if end:
            for line in whole.split(b"\n"):
                self.emit(name, line + b"\n")
        if len(rest) > LONGEST_LINE:
            self.emit(name, rest + b"\n")
            rest = b""
        self.lines[name] = rest

    def finish(self) -> None:
        """Waits for the rest of what was written."""
        self.over.set()
        self.thread.join()
        for _, pipe in self.pipes:
            pipe.close()


def followed(child: Child, emit: Emit, raw: Callable[[bytes], None]) -> Exit:
    """Waits for the end of a child whose pipes nobody else reads."""
    reader = Reader(child, emit, raw)
    try:
        return child.result()
    finally:
        reader.finish()


class Console:
    """Standard output and error, for the lines of steps that run at once: each begins with the name of its step. Any thread may write."""

    def __init__(self, names: Iterable[str]) -> None:
        self.lock = Lock()
        self.colored = terminal.colored(sys.stdout)
        self.names = [*names]
        self.gone = False  # whether nobody reads any more
        self.width = max((len(name) for name in self.names), default=0)

    def line(self, step: str, stream: str, line: bytes) -> None:
        """A line of a step."""
        out = sys.stderr if stream == "stderr" else sys.stdout
        with self.lock:
            try:
                out.flush()
                out.buffer.write(self.lead(step) + line)
                out.buffer.flush()
            except (OSError, ValueError):
                self.gone = True

    def lead(self, step: str) -> bytes:
        """What stands before a line."""
        shown = f"{step:<{self.width}} │ " if not terminal.plain(sys.stdout) else f"{step:<{self.width}} | "
        if self.colored:
            shown = f"\x1b[{COLORS[self.names.index(step) % len(COLORS)]}m{shown}\x1b[0m"
        return shown.encode("utf-8", "replace")

    def tell(self, step: str, status: str, reason: str) -> None:
        """How far a step is, on standard error."""
        said = rendered(f"{paint(status, STYLES[status])}{f': {reason}' if reason else ''}", color=terminal.colored(sys.stderr))
        with self.lock:
            terminal.write_error(f"{self.lead(step).decode()}{said}\n")
