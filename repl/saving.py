"""A session as a program that runs: what was evaluated, in order, with the names of results spelt out.

A program is stricter than a session in a few ways, which the text is changed for: a function is declared once, a `_` is the value of a
certain evaluation, and what failed, was undone or only looked at an error is left out.
"""

from __future__ import annotations

from mlpy.repl import lexer
from mlpy.repl.shell import NUMBERED

from mlpy import ast
from mlpy.analysis.facts import Check
from mlpy.analysis.resolve import resolve
from mlpy.errors import CheckFailed
from mlpy.runtime.builtins import BUILTINS
from mlpy.source import Source
from mlpy.syntax.parser import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlpy.repl.shell import Evaluation


PARTIAL = (ast.For, ast.If, ast.Try, ast.While, ast.WithCapability)


class Part:
    """One evaluation on its way into a program: its text, its statements, and the changes of the text."""

    __slots__ = ("body", "changes", "end", "made", "module", "text")

    def __init__(self, made: Evaluation) -> None:
        self.made = made
        self.text = lexer.supplied(made.text.strip())
        module, _ = parse(Source(self.text))
        self.module = module or ast.Module(0, 0, [], [], None)  # what took too long to compile may be no program
        self.body: list[ast.Statement] = [*self.module.body]
        self.end = len(self.text)
        self.changes: list[tuple[int, int, str]] = []
        if made.error is not None:
            self.keep_done(made)

    def keep_done(self, made: Evaluation) -> None:
        """Leaves out the statement that failed, and those behind it; one that may have done a part of its work fails in a `try`."""
        source = Source(made.text)
        stack = made.error.stack if made.error is not None else ()
        lead = len(made.text) - len(made.text.lstrip())
        place = source.offset(stack[0].line, stack[0].column) - lead if stack and stack[0].line <= len(source.starts) else 0
        failed = next((one for one in self.body if one.end > place), None)
        self.body = [one for one in self.body if one.end <= place]
        if isinstance(failed, PARTIAL) and made.error is not None and made.error.limit is None:
            self.body.append(failed)
            self.changes += [(failed.start, failed.start, "try { "), (failed.end, failed.end, " } except { }")]
        self.end = self.body[-1].end if self.body else 0

    def written(self) -> str:
        """The text with its changes."""
        made = self.text[: self.end]
        for start, end, text in sorted(self.changes, reverse=True):
            made = made[:start] + text + made[end:]
        return made


def program(evaluations: Iterable[Evaluation]) -> str:
    """The program that does what the evaluations did."""
    done = [one for one in evaluations if not one.undone and not isinstance(one.error, CheckFailed)]
    parts = [part for part in map(Part, done) if part.body and not looks_at_error(part)]
    name_results(parts)
    declare_once(parts)
    texts = [part.written().strip() for part in parts]
    return "\n".join(text for text in texts if text) + "\n"


def looks_at_error(part: Part) -> bool:
    """Whether an evaluation only looked at the last error, which a program does not have."""
    return all(isinstance(one, ast.ExpressionStatement) for one in part.body) and any(
        isinstance(node, ast.Name) and node.id == "_error" for one in part.body for node in ast.walk(one)
    )


def name_results(parts: Sequence[Part]) -> None:
    """Puts the numbered name of a result in the place of `_`, and binds those that are asked for."""
    wanted: set[str] = set()
    last = ""
    for part in parts:
        for node in names(part):
            if node.id == "_" and last:
                part.changes.append((node.start, node.end, last))
                wanted.add(last)
            elif node.id != "_":
                wanted.add(node.id)
        if part.made.valued:
            last = f"_{part.made.number}"
    for part in parts:
        end = part.body[-1]
        if f"_{part.made.number}" in wanted and isinstance(end, ast.ExpressionStatement):
            part.changes.append((end.start, end.start, f"_{part.made.number} = "))


def names(part: Part) -> Iterable[ast.Name]:
    """The names in it that stand for results: no parameters and variables of its own that are called so."""
    if "_" not in part.text:
        return []
    own = ("_", *(f"_{number}" for number in NUMBERED.findall(part.text)))
    check = Check(part.module, Source(part.text), builtins=BUILTINS, methods={}, modules=None, authority=None, inputs=(), session=own, lints=False)
    resolve(check)
    return [node for node, binding in check.facts.names.items() if binding is not None and binding.kind == "input" and node.id in own and node.end <= part.end]


def declare_once(parts: Sequence[Part]) -> None:
    """Makes assignments of all declarations of a function but the last, and leaves out types that are declared again."""
    seen: set[str] = set()
    for part in reversed(parts):
        for one in reversed(part.body):
            if isinstance(one, ast.FunctionDeclaration):
                if f"function {one.name}" in seen:
                    assign(part, one)
                seen.add(f"function {one.name}")
            elif isinstance(one, ast.TypeDeclaration):
                if f"type {one.name}" in seen:
                    part.changes.append((one.start, one.end, ""))
                seen.add(f"type {one.name}")


def assign(part: Part, one: ast.FunctionDeclaration) -> None:
    """`function f(a) {…}` as `f = fn(a) => {…};`."""
    part.changes.append((one.start, part.text.index("(", one.name_start), f"{one.name} = fn"))
    part.changes.append((one.body.start, one.body.start, "=> "))
    if not one.body.body:  # `{}` is an object
        part.changes.append((one.body.start + 1, one.body.start + 1, ";"))
    part.changes.append((one.end, one.end, ";"))
