"""A terminal for tests: a program on a pseudo-terminal, its screen as text, and waiting for what should show there."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte

KEYS = {
    "enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "ctrl-a": "\x01", "ctrl-c": "\x03", "ctrl-d": "\x04", "ctrl-e": "\x05", "ctrl-k": "\x0b", "ctrl-l": "\x0c", "ctrl-r": "\x12", "ctrl-u": "\x15", "ctrl-x": "\x18", "alt-enter": "\x1b\r",
}  # fmt: skip
PATIENCE = float(os.environ.get("MLPY_PATIENCE", "60"))  # seconds until what does not show counts as missing, on a machine that is busy
# Makes the terminal the controlling one, so that Ctrl-C is a signal, and becomes the program: a fork in a test would copy its threads.
BECOME = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Screen(pyte.HistoryScreen):
    """A screen that answers what a terminal is asked, and remembers what has scrolled away."""

    def __init__(self, columns: int, rows: int, answer) -> None:
        super().__init__(columns, rows, history=100_000, ratio=0.5)
        self.answer = answer

    def write_process_input(self, data: str) -> None:
        self.answer(data)


class Terminal:
    """`python -m mlpy …` on a terminal of its own."""

    def __init__(self, *arguments: str, env: dict[str, str], cwd: str | os.PathLike[str] | None = None, columns: int = 80, rows: int = 24) -> None:
        self.file, inner = os.openpty()
        self.size(columns, rows)
        self.screen = Screen(columns, rows, lambda text: os.write(self.file, text.encode()))
        self.stream = pyte.ByteStream(self.screen)
        self.stream.select_other_charset("@")
        self.stream.use_utf8 = True
        line = [sys.executable, "-c", BECOME, sys.executable, "-m", "mlpy", *arguments]
        self.process = subprocess.Popen(
            line, stdin=inner, stdout=inner, stderr=inner, cwd=cwd, env=env | {"TERM": "xterm-256color", "COLUMNS": "", "LINES": ""}, start_new_session=True
        )
        os.close(inner)

    def close(self) -> None:
        """Ends the program, as closing the window does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGHUP)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self.file)

    # ── what a person does ──

    def size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        self.size(columns, rows)
        self.screen.resize(rows, columns)

    def send(self, text: str) -> None:
        """Types text; takes in what shows meanwhile, so that neither side waits for the other."""
        data = text.encode()
        while data:
            _, ready, _ = select.select([], [self.file], [], 0.05)
            if ready:
                data = data[os.write(self.file, data[:512]) :]
            self.take(0)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.send(KEYS[key])

    def paste(self, text: str) -> None:
        """A bracketed paste."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    # ── what a person sees ──

    def take(self, patience: float) -> bool:
        """Takes in what the program has written; whether there was anything."""
        ready, _, _ = select.select([self.file], [], [], patience)
        if not ready:
            return False
        try:
            data = os.read(self.file, 65536)
        except OSError:  # the program has ended
            return False
        self.stream.feed(data)
        return bool(data)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The screen down to its last line with something on it."""
        return "\n".join(self.lines).rstrip("\n") + "\n"

    @property
    def everything(self) -> str:
        """What has scrolled away, and the screen."""
        gone = ["".join(line[at].data for at in range(self.screen.columns)).rstrip() for line in self.screen.history.top]
        return "\n".join([*gone, *self.lines])

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor, from 0."""
        return self.screen.cursor.y, self.screen.cursor.x

    def wait(self, condition, *, patience: float = PATIENCE) -> str:
        """Waits until a text shows somewhere on the screen, or a function of the terminal is true; gives the screen."""
        shows = condition if callable(condition) else lambda terminal: condition in terminal.text
        end = time.monotonic() + patience
        while not shows(self):
            if time.monotonic() > end:
                raise AssertionError(f"{condition!r} does not show within {patience} seconds:\n{self.text}")
            if not self.take(0.1) and self.process.poll() is not None and not self.take(0):
                if shows(self):
                    break
                raise AssertionError(f"the program ended with {self.process.returncode} before {condition!r} showed:\n{self.text}")
        return self.text

    def settle(self, quiet: float = 0.15) -> str:
        """Waits until nothing more is written for a moment; gives the screen."""
        while self.take(quiet):
            pass
        return self.text

    @property
    def bare(self) -> bool:
        """Whether the cursor stands behind a prompt with nothing typed."""
        line = self.lines[self.cursor[0]]
        return re.fullmatch(r"ml:\d+>", line) is not None and self.cursor[1] == len(line) + 1

    def clear(self) -> None:
        """Ctrl-L; waits for the prompt in the first line."""
        self.press("ctrl-l")
        self.wait(lambda terminal: terminal.cursor[0] == 0 and terminal.bare)

    def prompt(self, number: int) -> str:
        """Waits for the prompt of a number with nothing typed behind it, and the cursor there."""
        start = f"ml:{number}> "
        return self.wait(lambda terminal: terminal.lines[terminal.cursor[0]] == start.rstrip() and terminal.cursor[1] == len(start))

    def enter(self, text: str, number: int | None = None) -> str:
        """Types a line and Enter; waits for the prompt of a number."""
        before = self.cursor
        self.send(text)
        if text:
            self.wait(lambda terminal: terminal.cursor != before)
        self.press("enter")
        return self.text if number is None else self.prompt(number)

    def end(self) -> int:
        """Waits for the end of the program; gives its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.take(0.05)
        self.settle(0.05)
        return self.process.wait(1)
