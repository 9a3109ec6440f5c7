"""The check of the generated Python: what a lowerer with a bug, or an attacker inside it, could write is refused."""

from __future__ import annotations

import ast

import pytest

import mlpy
from mlpy.compiler import lower_source
from mlpy.engine import default_engine
from mlpy.lower.verify import ATTRIBUTES, NODES, VerifyError, verify
from mlpy.source import Source

RUNTIME = "D_"  # stands for the `$` of the runtime's names, which Python cannot spell


def tree(text: str) -> ast.Module:
    """Python as a tree; names that begin with `D_` become the runtime's."""
    module = ast.parse(text)
    for node in ast.walk(module):
        for field in ("id", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str) and value.startswith(RUNTIME):
                setattr(node, field, "$" + value.removeprefix(RUNTIME))
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [name.replace(RUNTIME, "$") for name in node.names]
    return module


REFUSED = {
    # ways out of the sandbox
    "import os": "a Import node",
    "from os import path": "a ImportFrom node",
    "class A:\n pass": "a ClassDef node",
    "async def f():\n pass": "a AsyncFunctionDef node",
    "x = [a for a in D_list_()]": "a ListComp node",
    "x = {a for a in D_list_()}": "a SetComp node",
    "x = {a: 1 for a in D_list_()}": "a DictComp node",
    "x = (a for a in D_list_())": "a GeneratorExp node",
    "def f():\n yield 1": "a Yield node",
    "def f():\n yield from D_list_()": "a YieldFrom node",
    "async def f():\n await D_list_()": "a AsyncFunctionDef node",
    "x = {1, 2}": "a Set node",
    "x: int = 1": "a AnnAssign node",
    "assert x": "a Assert node",
    "match 1:\n case 1: pass": "a Match node",
    "try:\n pass\nexcept* D_Exception:\n D_passed(1)": "a TryStar node",
    "x = 1 @ 2": "a MatMult node",
    "x = 1 | 2": "a BitOr node",
    "x = 1 << 2": "a LShift node",
    "x = ~1": "a Invert node",
    "x = 1 not in [2]": "a NotIn node",
    # names
    "x = open": "the name 'open'",
    "x = __builtins__": "the name '__builtins__'",
    "getattr(1, 'x')": "the name 'getattr'",
    "__x = 1": "the binding '__x'",
    "def __f():\n pass": "the binding '__f'",
    "def f(__a):\n pass": "the binding '__a'",
    "x = D_unknown(1)": "the name '$unknown'",
    "D_add = 1": "the binding '$add'",
    "def D_add():\n pass": "the binding '$add'",
    "x = (D_type := 1)": "the binding '$type'",
    "del __x": "the binding '__x'",
    "def f():\n global __x": "an outer name that ML cannot write",
    "def f():\n global D_alive": "an outer name that ML cannot write",
    "def f():\n def g():\n  nonlocal __x": "an outer name that ML cannot write",
    # attributes
    "x = 1\nx.__class__": "the attribute '__class__'",
    "x = 1\nx.format": "the attribute 'format'",
    "x = 1\nx.format_map": "the attribute 'format_map'",
    "x = 1\nx.get = 2": "the attribute 'get'",
    "x = 1\ndel x.get": "the attribute 'get'",
    "x = 1\nx.gi_frame": "the attribute 'gi_frame'",
    # constants
    "x = b'a'": "a constant of type bytes",
    "x = 1j": "a constant of type complex",
    "x = ...": "a constant of type ellipsis",
    # functions
    "@D_add\ndef f():\n pass": "a decorated, annotated or generic function",
    "def f() -> 1:\n pass": "a decorated, annotated or generic function",
    "def f(a: 1):\n pass": "an annotation",
    "def f(a, /):\n pass": "a parameter that ML does not have",
    "def f(*, a):\n pass": "a parameter that ML does not have",
    "def f(**a):\n pass": "a parameter that ML does not have",
    "x = lambda **a: 1": "a parameter that ML does not have",
    "D_add(__a=1)": "a keyword argument that ML cannot write",
    "D_add(**{})": "a keyword argument that ML cannot write",
    # limits
    "try:\n pass\nfinally:\n x = 1": "an unguarded finally",
    "try:\n pass\nfinally:\n if True:\n  x = 1": "an unguarded finally",
    "try:\n pass\nfinally:\n if D_still() or D_alive:\n  x = 1": "an unguarded finally",
    "try:\n pass\nfinally:\n if D_alive or D_still():\n  x = 1\n else:\n  x = 2": "an unguarded finally",
    "try:\n pass\nfinally:\n if D_alive or D_still():\n  x = 1\n x = 2": "an unguarded finally",
    "try:\n pass\nexcept D_Exception as D_t1:\n x = 1": "an unguarded handler",
    "try:\n pass\nexcept D_Exception:\n D_display(1)\n D_caught(1)": "an unguarded handler",
    "try:\n pass\nexcept:\n pass": "a handler of something other than `$Exception`",
    "try:\n pass\nexcept D_type:\n pass": "a handler of something other than `$Exception`",
    "try:\n pass\nexcept (D_Exception, D_type):\n pass": "a handler of something other than `$Exception`",
}
HELPERS = frozenset("$add $type $list_ $display $caught $passed $still $alive $Exception $NameError".split())


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text):
    with pytest.raises(VerifyError) as caught:
        verify(tree(text), helpers=HELPERS)
    assert str(caught.value) == REFUSED[text]


@pytest.mark.parametrize(
    "text",
    [
        "x = [1, 2.0, 'a', None, True]\nx.append(x[0])\ny = x[1:2]",
        "def f(a, b=1, *c):\n return D_add(a, b)\nf(1, b=2)",
        "try:\n x = 1\nexcept D_Exception as D_t1:\n D_passed(D_t1)\nfinally:\n if D_alive or D_still():\n  x = 2",
        "try:\n x = 1\nexcept D_NameError:\n pass",
        "x = (D_t1 := 1) if D_type(1) is D_type(2) else f'{D_display(1)}'",
    ],
)
def test_accepted(text):
    verify(tree(text), helpers=HELPERS)


def test_names_of_a_session_are_given():
    with pytest.raises(VerifyError, match="'kept'"):
        verify(tree("x = kept"))
    verify(tree("x = kept"), ["kept"])


def test_a_foreign_object_in_a_constant_is_refused():
    module = tree("x = 1")
    module.body[0].value = ast.Constant(value=(1, ("a", print)))
    with pytest.raises(VerifyError, match="builtin_function_or_method"):
        verify(module)


def test_subclasses_of_constants_are_refused():
    module = tree("x = 1")
    module.body[0].value = ast.Constant(value=type("Text", (str,), {})("a"))
    with pytest.raises(VerifyError, match="a constant of type Text"):
        verify(module)


def test_nothing_that_is_allowed_reaches_beyond_values():
    assert not {"Import", "ImportFrom", "ClassDef", "Yield", "Await", "GeneratorExp", "AsyncFor"} & {node.__name__ for node in NODES}
    assert not [name for name in ATTRIBUTES if name.startswith("_") or name in ("format", "format_map", "encode", "translate", "join")]


def test_a_bug_of_the_lowerer_is_an_internal_error(monkeypatch):
    def refuse(*_args, **_named):
        raise VerifyError("a Import node")

    monkeypatch.setattr("mlpy.compiler.verify", refuse)
    with pytest.raises(VerifyError):
        lower_source(Source("1", "<test>"), default_engine().registry, ())
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run("1")
    assert caught.value.type == "InternalError"
