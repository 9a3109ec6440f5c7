"""What the text at the prompt is while it is being typed: whether it is all there, how its next line is indented, what its end lacks.

Nothing here needs a terminal. `highlighting.py` has the colours.
"""

from __future__ import annotations

import re

from mlpy import ast
from mlpy.source import Source
from mlpy.syntax.layout import INDENT
from mlpy.syntax.parser import is_incomplete, parse
from mlpy.syntax.tokens import END, Tokens, resume, tokenize

COMMAND = re.compile(r"\s*\.([A-Za-z]+)(?![A-Za-z0-9_])")
EXPRESSIONS = frozenset(("ast", "async", "bench", "callback", "profile", "py", "show", "time", "type"))  # commands that take a piece of program, of as many lines as it has
QUESTION = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*)(\?\??)\s*\Z")
OPENERS = {"(": ")", "[": "]", "{": "}", "TEMPLATE_HEAD": "TEMPLATE_TAIL"}
CLOSERS = frozenset(OPENERS.values())
# After one of these at the end of a line the next line goes on with the same expression.
GOES_ON = frozenset(("OPERATOR", "AUGMENT", "=", "=>", "**", "|>", "?", ":", ".", "?.", "-", "<", ">", ">=", "|", "in", "!", "return", "throw"))
# Statements that take no `;` behind them.
CLOSED = (ast.If, ast.While, ast.For, ast.Try, ast.FunctionDeclaration, ast.WithCapability, ast.Test, ast.CapabilityDeclaration, ast.Empty)


class Reading:
    """The tokens of one text after the other, of which a key changes little. The text may be read in several threads."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = tokenize(Source(""))

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text, which nobody may change."""
        last = self.last
        if text != last.source.text:
            last = self.last = resume(last, Source(text), common_start(last.source.text, text))
        return last


typed = Reading()


def is_complete(text: str) -> bool:
    """Whether Enter evaluates the text: it is a question, a command, a whole program, or wrong in a way that more lines do not mend."""
    if QUESTION.match(text):
        return True
    if (found := COMMAND.match(text)) is not None:
        return found[1] not in EXPRESSIONS or not brackets(tokenize(Source(text[found.end() :])))
    return not is_incomplete(text) and not needs_handler(text) and not is_documentation(text)


def is_documentation(text: str) -> bool:
    """Whether a text is a doc comment alone, whose declaration follows; an empty line ends it all the same."""
    return all(line.lstrip().startswith("///") for line in text.split("\n"))


def needs_handler(text: str) -> bool:
    """Whether a text ends with a `try` that has no `except` and no `finally` yet."""
    if "try" not in text:
        return False
    module, _ = parse(Source(text))
    last = module.body[-1] if module is not None and module.body else None
    return isinstance(last, ast.Try) and not last.handlers and last.final is None


def supplied(text: str) -> str:
    """The text with the `;` that its last statement lacks; any other text as it is."""
    source = Source(text)
    module, problems = parse(source)
    if module is None or not module.body or isinstance(module.body[-1], CLOSED) or any(one.severity == "error" for one in problems):
        return text
    tokens = tokenize(source)
    last = len(tokens.kinds) - 2  # before the end
    if tokens.kinds[last] == ";":
        return text
    end = tokens.ends[last]
    return f"{text[:end]};{text[end:]}"


def brackets(tokens: Tokens) -> list[int]:
    """The tokens that open a bracket or a hole of a template and have no counterpart, outermost first."""
    opened: list[int] = []
    for index, kind in enumerate(tokens.kinds):
        if kind in OPENERS:
            opened.append(index)
        elif kind in CLOSERS and opened:
            opened.pop()
    return opened


def indentation(before: str) -> str:
    """The blanks that begin the next line after a text: a step behind the line of the innermost open bracket, one more where an expression goes on."""
    tokens = typed.tokens(before)
    if tokens.open == "comment":
        return indent_at(before, len(before))
    if tokens.open is not None:
        return ""
    opened = brackets(tokens)
    steps = 1 if opened else 0
    base = indent_at(before, tokens.starts[opened[-1]]) if opened else ""
    last = next((kind for kind in reversed(tokens.kinds) if kind != END), "")
    if last in GOES_ON and not (opened and last == ":"):
        steps += 1
    return base + " " * (INDENT * steps)


def closing_indentation(before: str) -> str | None:
    """The blanks that a closing bracket begins its line with; None where something else stands on the line already."""
    line = before[before.rfind("\n") + 1 :]
    if line.strip():
        return None
    tokens = typed.tokens(before)
    opened = brackets(tokens)
    if tokens.open is not None or not opened:
        return None
    return indent_at(before, tokens.starts[opened[-1]])


def indent_at(text: str, offset: int) -> str:
    """The blanks at the begin of the line of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:]
    return line[: len(line) - len(line.lstrip(" \t"))]


def common_start(old: str, new: str) -> int:
    """How many characters two texts begin alike with."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_end(old: str, new: str, start: int) -> int:
    """How many characters behind `start` two texts end alike with."""
    low, high = 0, min(len(old), len(new)) - start
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low
