"""Every function of the standard library has a description and an example, and each example gives what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import mlpy
from mlpy.capabilities import Grants
from mlpy.registry import Registry
from mlpy.runtime.values import display, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from mlpy.index import MemberInfo

REGISTRY = Registry()
SHIPPED = [name for name in REGISTRY.names() if REGISTRY.info(name).origin in {"stdlib", "extension"}]


def members() -> list[tuple[str, str, MemberInfo]]:
    found = []
    for name in SHIPPED:
        info = REGISTRY.info(name)
        assert info is not None
        found += [(name, one.name, one) for one in info.members.values()]
        found += [(name, f"{owner}.{one.name}", one) for owner, own in info.classes.items() for one in own.values()]
    return found


MEMBERS = members()
ELSEWHERE = {"bundles", "models", "workflows"}  # which take a registry, models or scripts: the tests of each run its examples
# Those that ask a server stand in the tests of their modules, too.
EXAMPLES = [
    pytest.param(module, example, id=f"{module}.{name}-{number}")
    for module, name, one in MEMBERS
    for number, example in enumerate(one.examples)
    if "url" not in example and module not in ELSEWHERE
]


@pytest.mark.parametrize(("module", "example"), EXAMPLES)
def test_an_example_gives_what_it_says(module: str, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = example[1:-1].split("` → `")
    result = mlpy.compile(f"import {module};\n{code}").run(grants=Grants.everything())
    assert said in (quoted(result.value), display(result.value))


@pytest.mark.parametrize(("module", "name", "member"), [pytest.param(*one, id=f"{one[0]}.{one[1]}") for one in MEMBERS])
def test_a_member_is_described(module: str, name: str, member: MemberInfo) -> None:
    assert member.doc, f"{module}.{name}"
    assert member.doc[-1] == "."
    assert member.kind != "function" or member.examples
