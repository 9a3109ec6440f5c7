"""Bars: their lines for terminals of any width; `tests/models` has them on a real one."""

from __future__ import annotations

import io
import os

import pytest

from mlpy.cli import bars
from mlpy.cli.bars import Bars, duration, width
from mlpy.progress import Progress, Task


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["config.json", "a/very/long/path/to/a/file/that/is/" + "x" * 80, "日本語の名前" * 8, "evil\x1b[2J\nname"])
def test_no_line_is_wider_than_the_terminal(name, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    for columns in range(10, 140, 3):
        monkeypatch.setattr(bars.shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))  # noqa: B023  it is called at once
        shown = Bars(Screen())
        for done, total in ((0, 0), (3, 7_000_000_000), (6_999_999_999, 7_000_000_000), (5, None)):
            shown.task(name, total, done=done)
        shown.task("steps", 40, done=12, unit="steps").say("waits 12 s for the hub")
        lines = shown.lines()
        assert len(lines) == 6
        assert all(width(line) < columns and line.isprintable() for line in lines), lines


def test_a_screen_of_few_lines_has_few_bars(monkeypatch):
    monkeypatch.setattr(bars.shutil, "get_terminal_size", lambda: os.terminal_size((80, 6)))
    stream = Screen()
    shown = Bars(stream)
    tasks = [shown.task(f"file {number}", 10) for number in range(30)]
    assert len(shown.lines()) == 4
    for task in tasks:
        task.end()
    assert len(shown.lines()) == 1
    shown.close()
    assert stream.getvalue().endswith("A")  # the cursor is back where it began


def test_bars_are_for_terminals(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert type(bars.bars(Screen())) is Bars
    assert type(bars.bars(io.StringIO())) is Progress
    monkeypatch.setenv("TERM", "dumb")
    assert type(bars.bars(Screen())) is Progress


def test_a_stream_that_is_gone_disturbs_nobody():
    stream = Screen()
    with Bars(stream) as shown:
        task = shown.task("x", 10)
        stream.close()
        shown.due = 0
        task.advance(5)
    assert task.done == 5


def test_times_that_are_left():
    assert [duration(seconds) for seconds in (0.2, 9, 59.5, 61, 3599.5, 3723)] == ["1 s", "9 s", "1:00", "1:01", "1:00:00", "1:02:03"]


def test_a_speed_is_that_of_the_last_seconds(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("mlpy.progress.monotonic", lambda: now[0])
    task = Task(Progress(), "x", 1190, 0, "")
    for second in range(1, 21):
        now[0] = second
        task.advance(10 if second < 10 else 100)
        speed = task.speed
    assert speed == 100
    assert bars.figures(task) == "100 %  1.19 kB of 1.19 kB  100 B/s"
    waiting = Task(Progress(), "x", None, 0, "")
    waiting.say("asks the hub")
    assert bars.figures(waiting) == "asks the hub"
    assert bars.figures(Task(Progress(), "x", 40, 12, "steps")) == " 30 %  12 of 40 steps  0.0 steps/s"
    task.done = 690
    assert bars.left(task, 100) == "  5 s left"
