"""Nodes of the Python tree, made and measured.

Every node carries a `Position`: lines are 1-based, columns 0-based and counted in characters.
"""

from __future__ import annotations

import _ast as py

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict

    class Position(TypedDict):
        lineno: int
        col_offset: int
        end_lineno: int
        end_col_offset: int


LOAD, STORE, DEL = py.Load(), py.Store(), py.Del()
AND, OR, NOT, IS, IS_NOT = py.And(), py.Or(), py.Not(), py.Is(), py.IsNot()

# ML's operator → Python's, and the helper that does what Python's does not.
OPERATORS: dict[str, tuple[py.operator, str]] = {
    "+": (py.Add(), "$add"),
    "-": (py.Sub(), "$sub"),
    "*": (py.Mult(), "$mul"),
    "/": (py.Div(), "$div"),
    "%": (py.Mod(), "$mod"),
    "~/": (py.FloorDiv(), "$floordiv"),
    "**": (py.Pow(), "$pow"),
}
COMPARISONS: dict[str, tuple[py.cmpop, str]] = {
    "==": (py.Eq(), "$eq"),
    "!=": (py.NotEq(), "$ne"),
    "<": (py.Lt(), "$lt"),
    "<=": (py.LtE(), "$le"),
    ">": (py.Gt(), "$gt"),
    ">=": (py.GtE(), "$ge"),
    "in": (py.In(), "$contains"),
}

SHORT = 16


def load(name: str, p: Position) -> py.expr:
    return py.Name(id=name, ctx=LOAD, **p)


def store(name: str, p: Position) -> py.Name:
    return py.Name(id=name, ctx=STORE, **p)


def const(value: object, p: Position) -> py.expr:
    return py.Constant(value=value, kind=None, **p)  # type: ignore[arg-type]  # literals only


def call(name: str, args: list[py.expr], p: Position) -> py.expr:
    return py.Call(func=py.Name(id=name, ctx=LOAD, **p), args=args, keywords=[], **p)


def function(name: str, arguments: py.arguments, body: list[py.stmt], p: Position) -> py.FunctionDef:
    return py.FunctionDef(name=name, args=arguments, body=body, decorator_list=[], type_params=[], **p)  # type: ignore[call-arg, unused-ignore]  # 3.12 asks for `type_params`


def plain_of(operator: py.operator, p: Position) -> Callable[[py.expr, py.expr], py.expr]:
    return lambda a, b: py.BinOp(left=a, op=operator, right=b, **p)


def is_simple(value: py.expr) -> bool:
    """Whether evaluating this has no effect and costs nothing."""
    return type(value) in (py.Name, py.Constant)


def is_short(value: py.expr) -> bool:
    """Whether an expression may stand in both branches of a guard; nested guards would double it at each level."""
    return is_simple(value) or is_read(value) or (type(value) in (py.Call, py.BinOp) and weight(value, SHORT) < SHORT)


def is_read(value: py.expr) -> bool:
    """A read of items and members of names, which changes nothing."""
    while True:
        if is_simple(value):
            return True
        if type(value) is py.Subscript and is_simple(value.slice):
            value = value.value
        elif type(value) is py.Call and type(value.func) is py.Attribute and value.func.attr == "get":
            value = value.func.value
        else:
            return False


def weight(value: py.AST, most: int) -> int:
    """How many nodes an expression has, counted to `most`; a guard counts for that many."""
    count, stack = 0, [value]
    while stack and count < most:
        node = stack.pop()
        count += most if type(node) is py.IfExp else 1
        for field in node._fields:
            inner = getattr(node, field, None)
            if isinstance(inner, py.expr):
                stack.append(inner)
            elif isinstance(inner, list):
                stack.extend(one for one in inner if isinstance(one, py.AST))
    return count
