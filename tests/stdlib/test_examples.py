"""Every function of the standard library has a description and an example, and each example gives what it says."""

from __future__ import annotations

import pytest

import mlpy
from mlpy.index import MemberInfo
from mlpy.registry import Registry
from mlpy.runtime.values import display, quoted

REGISTRY = Registry()
SHIPPED = ("collections", "console", "crypto", "datetime", "functional", "json", "math", "random", "regex", "string", "time")
GRANTS = ("crypto.random",)


def members() -> list[tuple[str, str, MemberInfo]]:
    found = []
    for name in SHIPPED:
        info = REGISTRY.info(name)
        assert info is not None
        found += [(name, one.name, one) for one in info.members.values()]
        found += [(name, f"{owner}.{one.name}", one) for owner, own in info.classes.items() for one in own.values()]
    return found


MEMBERS = members()
EXAMPLES = [pytest.param(module, example, id=f"{module}.{name}-{number}") for module, name, one in MEMBERS for number, example in enumerate(one.examples)]


@pytest.mark.parametrize(("module", "example"), EXAMPLES)
def test_an_example_gives_what_it_says(module: str, example: str) -> None:
    code, said = example[1:-1].split("` → `")
    result = mlpy.compile(f"import {module};\n{code}").run(grants=GRANTS)
    assert said in (quoted(result.value), display(result.value))


@pytest.mark.parametrize(("module", "name", "member"), [pytest.param(*one, id=f"{one[0]}.{one[1]}") for one in MEMBERS])
def test_a_member_is_described(module: str, name: str, member: MemberInfo) -> None:
    assert member.doc, f"{module}.{name}"
    assert member.doc[-1] == "."
    assert member.kind == "constant" or member.examples
