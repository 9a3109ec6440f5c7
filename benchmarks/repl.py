"""What the REPL costs: its start, a key, an entry, development mode on the kernels, and the way from a save to the new function.

    python benchmarks/repl.py [--json] [--smoke]

Each line has the bound that the project has set itself beside it. What a person waits for (start, key, save) is wall time, the rest CPU
time, all as medians. `--smoke` only checks, at small sizes, that everything answers.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from kernels import KERNELS, SIZES, mean
from mlpy.repl.shell import Shell
from startup import PACKAGE_PARENT, Figure, batch, interleaved, report

import mlpy
from mlpy.runtime.run import configure_process

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = 500
BUFFER = "function long(n) {\n" + "".join(f"    total{at} = n * {at} + len('text {at}');  // line {at}\n" for at in range(199))
MODULE = """
from mlpy.sdk import ml_function, ml_module

@ml_module("saved")
class Saved: ...

@ml_function
def version() -> int:
    return {version}
"""
UP, BACKSPACE = "\x1b[A", "\x7f"
# What is typed behind the long function, then amid it: words that all names begin with and that none does, text, brackets, lines, and a comment that swallows what follows.
TYPED = [*'total = name12.n + len("two words") - zyxwv;', "\r", *"if (n > 1) {", "\r", *"`${x}`;", "\r", "}", *([UP] * 12), *'/* a "b" ', *([BACKSPACE] * 9), *"(zyxwv)", "\r"]
PAINTED = b"\x1b[?25h"  # the cursor shows again: the end of a paint
ASKED, ANSWER = b"\x1b[6n", b"\x1b[1;1R"  # where the cursor is, which a terminal says


class Terminal:
    """`mlpy repl` on a pseudo-terminal that shows nothing."""

    def __init__(self, folder: str, *arguments: str) -> None:
        self.file, inner = pty.openpty()
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "TERM": "xterm-256color", "MLPY_HISTORY": "off"}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlpy", "repl", *arguments], stdin=inner, stdout=inner, stderr=inner, cwd=folder, env=environment, start_new_session=True
        )
        os.close(inner)

    def wait(self, text: bytes, since: float, patience: float = 60.0) -> float:
        """Seconds until a text has come."""
        seen = b""
        while text not in seen:
            if not select.select([self.file], [], [], patience)[0]:
                sys.exit(f"{text!r} did not show: {seen[-500:]!r}")
            chunk = os.read(self.file, 1 << 16)
            if ASKED in chunk:
                os.write(self.file, ANSWER)
            seen += chunk
        return time.perf_counter() - since

    def drain(self, quiet: float = 0.3) -> None:
        """Reads until nothing more comes."""
        while select.select([self.file], [], [], quiet)[0]:
            if ASKED in os.read(self.file, 1 << 16):
                os.write(self.file, ANSWER)

    def send(self, text: str) -> float:
        began = time.perf_counter()
        os.write(self.file, text.encode())
        return began

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.file)


def start(folder: str) -> float:
    """Seconds from the command to its prompt."""
    terminal = Terminal(folder)
    took = terminal.wait(b"ml:1>", terminal.began)
    terminal.close()
    return took


def keys(folder: str, share: float) -> tuple[list[float], list[float]]:
    """Seconds from each key to the end of its paint, with many names in scope, behind and amid a long function: from one alone, and from one that comes when the one before has been painted."""
    names = Path(folder, "names.ml")
    names.write_text("".join(f"name{at} = {{n: {at}, f: fn(x) => x + {at}}};\n" for at in range(NAMES)), encoding="utf-8")
    terminal = Terminal(folder)
    terminal.wait(b"ml:1>", terminal.began)
    terminal.drain()
    terminal.wait(b"ml:2>", terminal.send(".load names.ml\r"))
    terminal.drain()
    terminal.wait(b"line 198", terminal.send(f"\x1b[200~{BUFFER}\x1b[201~"))
    terminal.drain(1.0)
    alone, hurried = [], []
    for key in TYPED[: max(int(len(TYPED) * share), 2)]:
        alone.append(terminal.wait(PAINTED, terminal.send(key)))
        terminal.drain(0.12)
    for at, letter in enumerate(("zyxwv" * 12)[: max(int(60 * share), 2)]):
        time.sleep(at % 6 * 0.01)  # so that the completions of the key before are looked for or painted at that moment
        hurried.append(terminal.wait(letter.encode(), terminal.send(letter)))
    terminal.close()
    return alone, hurried


def waits(share: float) -> list[Figure]:
    """What a person waits for on a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLPY_CACHE_DIR"] = os.path.join(folder, "cache")
        start(folder)
        starts = [start(folder) for _ in range(15 if share == 1 else 1)]
        alone, hurried = keys(folder, share)
    return [
        Figure("from the command to the prompt", median(starts) * 1000, 250, "ms"),
        Figure(f"from a key to its paint, {NAMES} names, a buffer of {BUFFER.count(chr(10))} lines", median(alone) * 1000, 30, "ms"),
        Figure(f"the slowest of these {len(alone)} keys", max(alone) * 1000, 30, "ms"),
        Figure("of keys in a hurry, while completions are looked for", median(hurried) * 1000, 30, "ms"),
        Figure(f"the slowest of these {len(hurried)} keys", max(hurried) * 1000, 30, "ms"),
    ]


def entries(share: float) -> list[Figure]:
    """What an entry costs, beside the same cell in a session."""
    shell, session = Shell(mlpy.Engine()), mlpy.Engine().session()
    filling = "".join(f"name{at} = [{at}];" for at in range(NAMES))
    if shell.enter(filling + "1 + 1").value != session.evaluate(filling + "1 + 1").value:
        sys.exit("a cell gives something else at the prompt")
    times = max(int(200 * share), 3)
    cell, entry = interleaved([batch(lambda: session.evaluate("name3[0] + 4"), times), batch(lambda: shell.enter("name3[0] + 4"), times)], 9 if share == 1 else 1)
    return [
        Figure("an entry at the prompt, beyond the same cell in a session", (entry - cell) * 1000, 1, "ms"),
        Figure("a cell in a session, compiled and run", cell * 1000, None, "ms"),
    ]


def kernel(shell: Shell, name: str, size: int) -> Callable[[], float]:
    """A measurement of a kernel, imported as a file, by its CPU seconds."""
    shell.enter(f"import {name};")

    def run() -> float:
        began = time.process_time()
        made = shell.enter(f"x = {name}.run({size});")
        if made.error is not None:
            sys.exit(made.shown)
        return time.process_time() - began

    return run


def modes(share: float) -> list[Figure]:
    """Development mode on the kernels: before it was ever on, while it is, and when it is off again."""
    sizes = {name: small if share < 1 else measured for name, (measured, small) in SIZES.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name in sizes:
            shutil.copy(KERNELS / f"{name}.ml", folder)
        os.chdir(folder)
        shell = Shell(mlpy.Engine(project_root=folder))
        works = [kernel(shell, name, size) for name, size in sizes.items()]
        seen: dict[str, list[list[float]]] = {mode: [[] for _ in works] for mode in ("never", "on", "off")}
        for mode in [*(["never"] * 3), *(["on", "off"] * (5 if share == 1 else 1))]:
            if mode != "never":
                shell.enter(f".devmode {mode}")
            for work, times in zip(works, seen[mode], strict=True):
                times.append(work())
        shell.end()
        os.chdir("/")
    never, on, off = ([median(times) for times in seen[mode]] for mode in ("never", "on", "off"))
    return [
        Figure("development mode on, the kernels beside off, geometric mean", mean([a / b for a, b in zip(on, off, strict=True)]), 1.10, "×"),
        Figure("development mode on, the worst kernel beside off", max(a / b for a, b in zip(on, off, strict=True)), None, "×"),
        Figure("development mode off again, beside never on, geometric mean", mean([a / b for a, b in zip(off, never, strict=True)]), None, "×"),
    ]


def calls(share: float) -> list[Figure]:
    """What taking the time adds to a call of the smallest function of a module."""
    engine = mlpy.Engine()
    size = max(int(500_000 * share), 10)
    program = engine.compile("import math; function run(n) { for (i in range(n)) { math.sqrt(i); } }\nrun(n)", inputs=["n"])
    work = batch(lambda: engine.run(program, inputs={"n": size}), 1)
    off = median(work() for _ in range(5))
    engine.registry.measure()
    on = median(work() for _ in range(5))
    return [Figure("a call of a measured function, added", (on - off) / size * 1e6, None, "µs")]


def saves(share: float) -> list[Figure]:
    """From the write of a module's file to the answer of its new function at the prompt."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "saved.py")
        path.write_text(MODULE.format(version=0), encoding="utf-8")
        shell = Shell(mlpy.Engine(extension_paths=[folder]))
        shell.sink = lambda _text: None
        shell.enter("import saved;")
        shell.enter(".watch saved")
        for version in range(1, 1 + max(int(40 * share), 2)):
            time.sleep(0.1)
            began = time.perf_counter()
            path.write_text(MODULE.format(version=version), encoding="utf-8")
            while shell.enter("saved.version()").value != version:
                if time.perf_counter() - began > 60:
                    sys.exit("a save did not reach the prompt")
                time.sleep(0.002)
            times.append(time.perf_counter() - began)
        shell.end()
        shell.development.close()
    return [
        Figure("from a save to the answer of the new function", median(times) * 1000, 400, "ms"),
        Figure("the slowest of these saves", max(times) * 1000, 1000, "ms"),
    ]


def main() -> None:
    report("Measures what the REPL costs", "everything answers", measure, done="the REPL starts, paints what is typed, evaluates, measures and reloads")


def measure(smoke: bool) -> list[Figure]:
    share = 0.01 if smoke else 1
    configure_process(stack=64 << 20, recursion=5_200)
    return [*waits(share), *entries(share), *calls(share), *modes(share), *saves(share)]


if __name__ == "__main__":
    main()
