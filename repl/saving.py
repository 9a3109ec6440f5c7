"""A session as a program that runs: what was evaluated, in order, with the names of results spelt out.

A program is stricter than a session in a few ways, which the text is changed for: a function is declared once, a `_` is the value of a
certain evaluation, and what failed, was undone or needs an error is left out.
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

    __slots__ = ("body", "changes", "end", "made", "module", "omitted", "text")

    def __init__(self, made: Evaluation) -> None:
        self.made = made
        self.text = lexer.supplied(made.text.strip())
        module, _ = parse(Source(self.text))
        self.module = module or ast.Module(0, 0, [], [], None)  # what took too long to compile may be no program
        self.body: list[ast.Statement] = [*self.module.body]
        self.end = len(self.text)
        self.changes: list[tuple[int, int, str]] = []
        self.omitted: list[ast.Statement] = []
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

    def omit(self, one: ast.Statement) -> None:
        """Leaves out a statement."""
        self.body.remove(one)
        self.omitted.append(one)
        self.changes = [change for change in self.changes if not one.start <= change[0] <= one.end]
        self.changes.append((one.start, one.end, ""))

    def written(self) -> str:
        """The text with its changes."""
        made = self.text[: self.end]
        for start, end, text in sorted(self.changes, reverse=True):
            made = made[:start] + text + made[end:]
        return made


def program(evaluations: Iterable[Evaluation]) -> tuple[str, list[str]]:
    """The program that does what the evaluations did, and the statements that are left out because they need an error, which a program does not have."""
    done = [one for one in evaluations if not one.undone and not isinstance(one.error, CheckFailed)]
    parts = [part for part in map(Part, done) if part.body]
    omitted = omit_errors(parts) if any("_error" in part.text for part in parts) else []
    parts = [part for part in parts if part.body]
    name_results(parts)
    declare_once(parts)
    texts = [part.written().strip() for part in parts]
    return "\n".join(text for text in texts if text) + "\n", omitted


def omit_errors(parts: Sequence[Part]) -> list[str]:
    """Leaves out the statements that mention `_error`, or a name that only these have bound, and gives their texts."""
    own = ("_", "_error", *(f"_{part.made.number}" for part in parts), *{name for part in parts for one in part.body for name in bound(one)})
    lost = {"_error"}
    texts = []
    for part in parts:
        mentioned = [(node.start, node.id) for node in session_names(part, own)]
        for one in [*part.body]:
            if any(one.start <= start < one.end and name in lost for start, name in mentioned):
                part.omit(one)
                texts.append(part.text[one.start : one.end])
                lost |= bound(one)
            elif not isinstance(one, PARTIAL):
                lost -= bound(one)
        if part.made.valued:
            change = lost.update if part.module.body[-1] in part.omitted else lost.difference_update
            change(("_", f"_{part.made.number}"))
    return texts


def bound(one: ast.Statement) -> set[str]:
    """The names that a statement gives to the session."""
    found = set()
    pending: list[ast.Node] = [one]
    while pending:
        match pending.pop():
            case ast.FunctionDeclaration(name=name):
                found.add(name)
            case ast.Import(path=path, alias=alias):
                found.add(alias or path[0])
            case ast.Target(place=ast.Name(id=name)):
                found.add(name)
            case ast.Arrow():
                pass
            case node:
                pending += ast.children(node)
    return found


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
    return [node for node in session_names(part, own) if node.end <= part.end and not any(one.start <= node.start < one.end for one in part.omitted)]


def session_names(part: Part, own: Sequence[str]) -> list[ast.Name]:
    """Those of some names of the session that a text reads, and does not only call something of its own so."""
    check = Check(part.module, Source(part.text), builtins=BUILTINS, methods={}, modules=None, authority=None, inputs=(), session=own, lints=False)
    resolve(check)
    return [node for node, binding in check.facts.names.items() if binding is not None and binding.kind == "input" and node.id in own]


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
