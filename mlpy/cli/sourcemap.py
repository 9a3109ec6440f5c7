"""Source maps (revision 3) from the Python that `mlpy emit py` prints to the ML that it was made from."""

from __future__ import annotations

import ast
import json
from keyword import iskeyword

from mlpy.lower.names import VIEW

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.source import Source

    Mapping = tuple[int, int, int, int]  # generated line and column, ML line and column, all from 0

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def spell(tree: ast.AST) -> None:
    """Renames what Python cannot spell: `$add` becomes `__add`, which no ML name can be, a variable `from` `__ml_from`, and the view of a module `__of_math`."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, str) and field in ("id", "arg", "name"):
                setattr(node, field, spelling(value))
            elif isinstance(value, str) and field == "attr":
                setattr(node, field, spelling(value.removeprefix(VIEW)))
            elif field == "names" and isinstance(value, list) and all(isinstance(name, str) for name in value):
                setattr(node, field, [spelling(name) for name in value])


def spelling(name: str) -> str:
    if iskeyword(name):
        return "__ml_" + name
    return "__" + name.replace(VIEW, "of_").strip("$").replace("$", "_") if "$" in name else name


def unparse(tree: ast.Module) -> tuple[ast.Module, str]:
    """The text of a tree, and the tree as it was printed."""
    try:
        return tree, ast.unparse(tree) + "\n"
    except ValueError:  # before 3.12 an f-string cannot hold every expression
        joined: ast.Module = ast.fix_missing_locations(Joins().visit(tree))
        return joined, ast.unparse(joined) + "\n"


class Joins(ast.NodeTransformer):
    """Writes f-strings as `"".join((…))`."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        parts = [ast.Call(ast.Name("str"), [one.value], []) if isinstance(one, ast.FormattedValue) else one for one in node.values]
        return ast.copy_location(ast.Call(ast.Attribute(ast.Constant(""), "join"), [ast.Tuple(parts)], []), node)


def build(tree: ast.Module, text: str, source: Source) -> str:
    """The source map of a printed tree, as JSON."""
    mappings = sorted(set(pairs(tree, ast.parse(text), text.split("\n"))))
    content = {"version": 3, "sources": [source.name], "sourcesContent": [source.text], "names": [], "mappings": encode(mappings)}
    return json.dumps(content, ensure_ascii=False) + "\n"


def pairs(made: ast.AST, printed: ast.AST, lines: list[str]) -> Iterator[Mapping]:
    """Where each node of the printed text stands, and where its twin came from; what was printed in another shape is left out."""
    stack: list[tuple[ast.AST, ast.AST]] = [(made, printed)]
    while stack:
        origin, found = stack.pop()
        if type(origin) is not type(found):
            continue
        line, column = getattr(found, "lineno", None), getattr(found, "col_offset", 0)
        if line is not None and hasattr(origin, "lineno"):
            before = lines[line - 1].encode()[:column].decode()
            yield line - 1, len(before), origin.lineno - 1, origin.col_offset  # type: ignore[attr-defined]  # just asked
        stack += twins(origin, found)


def twins(origin: ast.AST, found: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The children of two nodes of one type, in pairs."""
    for field in origin._fields:
        one, other = getattr(origin, field, None), getattr(found, field, None)
        if isinstance(one, ast.AST) and isinstance(other, ast.AST):
            yield one, other
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            yield from ((a, b) for a, b in zip(one, other, strict=True) if isinstance(a, ast.AST) and isinstance(b, ast.AST))


def encode(mappings: list[Mapping]) -> str:
    """The `mappings` field: per line, differences to the mapping before in base 64."""
    lines: list[list[str]] = []
    generated = line_before = column_before = 0
    for line, column, ml_line, ml_column in mappings:
        while len(lines) <= line:
            lines.append([])
            generated = 0
        lines[line].append("".join(map(digits, (column - generated, 0, ml_line - line_before, ml_column - column_before))))
        generated, line_before, column_before = column, ml_line, ml_column
    return ";".join(",".join(segments) for segments in lines)


def digits(value: int) -> str:
    """A signed number in base 64, least significant digit first, its sign in the lowest bit."""
    rest = -value << 1 | 1 if value < 0 else value << 1
    made = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        made += DIGITS[digit | 32 if rest else digit]
        if not rest:
            return made
