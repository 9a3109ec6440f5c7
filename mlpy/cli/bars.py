"""Bars for what goes on, on a terminal: `with bars() as shown: task = shown.task("model.safetensors", total)`.

What is drawn vanishes at the end: the result is the command's own output. Where no terminal is, or one that cannot move its cursor, nothing is drawn.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from time import monotonic

from mlpy.cli import tables, terminal
from mlpy.cli.tables import width
from mlpy.progress import OFTEN, Progress, Task
from mlpy.render import printable

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import TextIO

SHOWN = 8  # tasks that are drawn, at most
NAME = 32  # columns of a name, at most
BAR = 24  # columns of a bar, at most
LEAST = 8  # columns of a bar that says something
DAY = 86_400  # seconds


class Bars(Progress):
    """A line for each task and one for all of them, redrawn in place."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.stream = stream
        self.ascii = terminal.plain(stream)
        self.color = terminal.colored(stream)
        self.lock = threading.Lock()
        self.drawn = 0  # lines on the screen
        self.due = 0.0

    def moved(self) -> None:
        if monotonic() < self.due or not self.lock.acquire(blocking=False):
            return
        try:
            self.due = monotonic() + OFTEN
            self.draw(self.lines())
        finally:
            self.lock.release()

    def close(self) -> None:
        with self.lock:
            self.tasks = []
            self.draw([])

    def draw(self, lines: list[str]) -> None:
        """Puts lines where the last ones are; the cursor stands in front of the first one before and after."""
        if not lines and not self.drawn:
            return
        gone = max(self.drawn - len(lines), 0)
        text = "".join(f"\r\x1b[K{line}\n" for line in lines) + "\x1b[K\n" * gone
        height = len(lines) + gone
        self.drawn = len(lines)
        try:
            self.stream.write(text + (f"\x1b[{height}A" if height else ""))
            self.stream.flush()
        except (OSError, ValueError):
            self.drawn = 0

    def lines(self) -> list[str]:
        """What is to be seen at the moment."""
        wide, rows = shutil.get_terminal_size()
        tasks = list(self.tasks)
        going = [task for task in tasks if not task.ended][: max(min(SHOWN, rows - 3), 1)]
        known = [task for task in tasks if task.total is not None]
        return self.table([*going, together(self, known)] if len(known) > 1 else going, wide - 1)

    def table(self, tasks: list[Task], room: int) -> list[str]:
        """A line for each task, in so many columns: its name, a bar if there is room for one, numbers."""
        numbers = [figures(task) for task in tasks]
        most = max(map(width, numbers), default=0)
        space = max(min(NAME, room - most - 2), 4)
        names = [clipped(printable(task.name.replace("\n", " ")), space, "~" if self.ascii else "…") for task in tasks]
        longest = max(map(width, names), default=0)
        size = min(BAR, room - longest - most - 4)
        return [self.line(*row, longest, size, room) for row in zip(tasks, names, numbers, strict=True)]

    def line(self, task: Task, name: str, numbers: str, longest: int, size: int, room: int) -> str:
        """One of these lines, whose bar has `size` columns."""
        start = name + " " * (longest - width(name))
        bar = (self.bar(task, size) if task.total else " " * size) + "  " if size >= LEAST else ""
        return f"{start}  {bar}{numbers}" if longest + 2 + width(numbers) <= room else clipped(numbers, room, "")

    def bar(self, task: Task, size: int) -> str:
        full = min(int(size * task.done / (task.total or 1)), size)
        done, rest = ("#" * full, "-" * (size - full)) if self.ascii else ("━" * full, "─" * (size - full))
        return f"\x1b[32m{done}\x1b[0m\x1b[2m{rest}\x1b[0m" if self.color else done + rest


def bars(stream: TextIO | None = None) -> Progress:
    """Bars on a stream, standard error if none is given, where that is a terminal that can move its cursor; else what shows nothing."""
    stream = sys.stderr if stream is None else stream
    return Bars(stream) if terminal.is_terminal(stream) and os.environ.get("TERM") != "dumb" else Progress()


def together(owner: Progress, tasks: list[Task]) -> Task:
    """Tasks whose totals are known as one; its speed is what theirs add up to."""
    made = Task(owner, f"all {len(tasks)}", sum(task.total or 0 for task in tasks), sum(task.done for task in tasks), tasks[0].unit)
    rate = sum(task.speed for task in tasks if not task.ended)
    made.note = f"{per_second(rate, made.unit)}{left(made, rate)}"
    return made


def figures(task: Task) -> str:
    """How much of how much, how fast, and how long still."""
    done, whole = counted(task.done, task.unit), counted(task.total or 0, task.unit)
    if task.total is not None:
        share = min(100 * task.done // task.total, 100) if task.total else 100
        done = f"{share:3d} %  {done.removesuffix(f' {task.unit}') if task.unit else done} of {whole}"
    elif task.note and not task.done:
        return task.note
    speed = task.speed
    return f"{done}  {task.note or per_second(speed, task.unit) + left(task, speed)}"


def counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if unit else tables.size(number)


def per_second(rate: float, unit: str) -> str:
    return f"{rate:.1f} {unit}/s" if unit else f"{tables.size(rate)}/s"


def left(task: Task, rate: float) -> str:
    """The time that the rest takes at that rate."""
    if not task.total or rate <= 0:
        return ""
    seconds = (task.total - task.done) / rate
    return f"  {duration(seconds)} left" if 0 < seconds < DAY else ""


def duration(seconds: float) -> str:
    """`9 s`, `3:05` or `1:02:03`."""
    whole = int(seconds + 0.999)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}" if minutes else f"{rest} s"


def clipped(text: str, room: int, mark: str) -> str:
    """A text in so many columns, its end rather than its beginning: the ends of files' names tell them apart."""
    if width(text) <= room:
        return text
    while text and width(text) + width(mark) > room:
        text = text[1:]
    return mark + text
