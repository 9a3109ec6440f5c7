"""Which lines of a program ran: a trace of the code objects that carry its name, and of no other Python."""

from __future__ import annotations

import sys

from mlpy import ast
from mlpy.compiler import parse_module

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from types import CodeType, FrameType
    from typing import Any

    from mlpy.engine import Program


class Coverage:
    """Lines that can run and lines that did; a context manager that watches this thread. Test blocks do not count."""

    __slots__ = ("before", "lines", "name", "ran")

    def __init__(self, program: Program) -> None:
        source = program.source
        tests = [(source.position(one.start)[0], source.position(one.end)[0]) for one in parse_module(source).body if type(one) is ast.Test]
        inside = {line for first, last in tests for line in range(first, last + 1)}
        self.name = source.name
        self.lines = {line for code in codes(program.compiled(tests=True).code) for line in lines_of(code)} - inside
        self.ran: set[int] = set()
        self.before: Any = None

    def __enter__(self) -> None:
        self.before = sys.gettrace()
        sys.settrace(self.enter)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def enter(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401, ARG002  the protocol of sys.settrace
        """Called for each new frame: follows those of the program."""
        return self.step if frame.f_code.co_filename == self.name else None

    def step(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401, ARG002  the protocol of sys.settrace
        """Called for each line."""
        self.ran.add(frame.f_lineno)
        return self.step

    @property
    def missed(self) -> list[int]:
        """The lines that did not run."""
        return sorted(self.lines - self.ran)

    @property
    def share(self) -> float:
        """How many of the lines ran, from 0 to 1."""
        return 1 - len(self.missed) / len(self.lines) if self.lines else 1.0

    def line(self, path: str) -> str:
        """One line of a report."""
        missed = ", ".join(ranges(self.missed))
        return f"{path}: {int(self.share * 100)} % of {len(self.lines)} lines ran" + (f", not {missed}" if missed else "")


def codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects of a program's functions, its top level among them."""
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield constant
            yield from codes(constant)


def lines_of(code: CodeType) -> set[int]:
    """The lines on which a code object has instructions, but for the line on which it is entered."""
    return {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno} | ({code.co_firstlineno} if code.co_name == "$main" else set())


def ranges(numbers: list[int]) -> list[str]:
    """Numbers as `3`, `5-7`."""
    made: list[list[int]] = []
    for number in numbers:
        if made and number == made[-1][1] + 1:
            made[-1][1] = number
        else:
            made.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in made]
