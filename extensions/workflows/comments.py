"""The comments that a script begins with: from the lines of its text to what stands in those before the first line of code."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from typing import TypeAlias

    from mlpy.extensions.workflows.languages import Language

    Lines: TypeAlias = Iterator[tuple[int, str]]  # numbers of lines, and what stands in their comments

ENDS = re.compile(r"/\*|\*/")
FENCE = re.compile(r"/// [a-zA-Z0-9-]+")  # begins a block of PEP 723


def lines_of(lines: list[str], language: Language) -> Lines:
    """What stands in the comments before the first line of code."""
    depth = 0  # of comments of several lines, which nest in ML
    opening, closing = language.block or ("", "")
    fenced = False  # in a block of PEP 723, whose lines are TOML
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if depth:
            depth = depth_after(text, language, depth)
            yield number, text.partition(closing)[0].lstrip("*").strip()
            if depth < 0:
                return
        elif not text or (number == 1 and text.startswith("#!")):
            continue
        elif text.startswith(language.comment):
            said = text.removeprefix(language.comment).strip()
            fenced = said != "///" if fenced else FENCE.fullmatch(said) is not None and language.name == "python"
            if not fenced:
                yield number, said.lstrip(language.comment[0]).strip()
        elif opening and text.startswith(opening):
            depth = depth_after(text.removeprefix(opening), language, 1)
            yield number, text.removeprefix(opening).partition(closing)[0].lstrip("*").strip()
            if depth < 0:
                return
        else:
            return


def depth_after(text: str, language: Language, depth: int) -> int:
    """How deep in comments of several lines the end of a line is; -1 where code follows the end of the last one."""
    for end in ENDS.finditer(text):
        if end[0] == "*/":
            depth -= 1
        elif language.name == "ml":
            depth += 1
        if depth == 0:
            return 0 if not text[end.end() :].strip() else -1
    return depth
