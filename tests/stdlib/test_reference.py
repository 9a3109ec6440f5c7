"""The pages under docs/stdlib list what the modules declare: `## Members` and what follows is theirs, the text above it ours."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlpy
from mlpy.index import MemberInfo, ModuleInfo
from mlpy.registry import Registry

PAGES = Path(__file__).parent.parent.parent / "docs" / "stdlib"
MODULES = ("collections", "console", "crypto", "datetime", "functional", "json", "math", "random", "regex", "string", "time")
GRANTS = ("crypto.random",)


def entry(module: str, owner: str, member: MemberInfo) -> str:
    lines = [f"### `{owner}{member.signature}`", "", " ".join(member.doc.split())]
    lines += [line for need in member.capabilities for line in ("", f"Demands the capability `{need}`.")]
    if member.examples:
        shown = [one[1:-1].replace("` → `", ";    // ") for one in member.examples]
        lines += ["", "```ml", f"import {module};", *shown, "```"]
    return "\n".join(lines)


def members(info: ModuleInfo) -> str:
    parts = ["## Members", *(entry(info.name, f"{info.name}.", one) for one in info.members.values())]
    for name, own in info.classes.items():
        parts += [f"## {name}", *(entry(info.name, "", one) for one in own.values())]
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("name", MODULES)
def test_the_page_lists_what_the_module_declares(name, request):
    info = Registry().info(name)
    page = PAGES / f"{name}.md"
    ours, _, theirs = page.read_text(encoding="utf-8").partition("## Members")
    assert ours.startswith(f"# {name}\n\n{info.description}.\n")
    if request.config.getoption("--regold"):
        page.write_text(ours + members(info), encoding="utf-8")
    else:
        assert "## Members" + theirs == members(info)


@pytest.mark.parametrize("name", MODULES)
def test_the_example_of_a_page_runs(name):
    _, start, rest = (PAGES / f"{name}.md").read_text(encoding="utf-8").partition("```ml\n")
    code = rest.partition("```")[0]
    assert start
    assert mlpy.compile(code).run(grants=GRANTS).output
