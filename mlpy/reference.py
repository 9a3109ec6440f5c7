"""Writes the reference: a page for the builtins and one for each module that ships with mlpy, from their declarations alone.

`python -m mlpy.reference FOLDER` (`make reference`) writes the pages and removes others there; `--check` only says whether they
are current. A module's guide is the docstring of its class, in Markdown.
"""

from __future__ import annotations

import os
import re
import sys

from mlpy.capabilities import KINDS
from mlpy.registry import Registry
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.describe import first_line, signature
from mlpy.runtime.members import METHODS

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from typing import Any

    from mlpy.index import MemberInfo, ModuleInfo

EXAMPLE = re.compile(r"Example: `(.+?)`(?: → `(.+?)`| prints `(.+?)`)?\.\s*$")
MADE = "This page is made from the declarations: `make reference` writes it anew, and the test suite runs its examples."
SYNTAXES = {
    "path": "a path; `*` stands for any text within a component, `**` for any number of components",
    "address": "`host:port`; `*.example.com:443` stands for every host below",
    "name": "a name; `*` stands for any text",
    "none": "nothing",
}


def pages(registry: Registry) -> dict[str, str]:
    """Every page by the name of its file."""
    infos = [info for name in registry.names() if (info := registry.info(name)) is not None and info.origin in {"stdlib", "extension"}]
    return {"README.md": contents(infos), "builtins.md": builtins_page(), **{f"{info.name}.md": module_page(info) for info in infos}}


def contents(infos: list[ModuleInfo]) -> str:
    """The page that leads to the others."""
    modules = [f"| [{info.name}]({info.name}.md) | {info.description} | {', '.join(f'`{kind}`' for kind in kinds_of(info)) or 'none'} |" for info in infos]
    kinds = [f"| `{kind.name}` | {kind.doc} | {SYNTAXES[kind.syntax]} |" for kind in KINDS.values() if kind.doc]
    parts = [
        "# Reference",
        MADE,
        "[Builtins and methods](builtins.md) need no import. Modules are imported by name, and their functions demand capabilities where they reach outside of the program:",
        "\n".join(["| module | what it is for | capabilities |", "|---|---|---|", *modules]),
        "## Capabilities",
        "A capability is written `kind:resource`, a grant `kind:pattern`; a kind alone grants every resource. Modules may have kinds of their own.",
        "\n".join(["| kind | lets a program | its resource is |", "|---|---|---|", *kinds]),
    ]
    return "\n\n".join(parts) + "\n"


def kinds_of(info: ModuleInfo) -> list[str]:
    """The kinds of capabilities that a module's functions demand, sorted."""
    members = [one for own in (info.members, *info.classes.values()) for one in own.values()]
    return sorted({need.partition(":")[0] for one in members for need in one.capabilities})


# ── modules ──────────────────────────────────────────────────────────────────────────────────────────────────────


def module_page(info: ModuleInfo) -> str:
    """The page of a module: its guide, then each member with all that is declared of it."""
    parts = [f"# {info.name}", f"{info.description}.", *([info.doc] if info.doc else []), "## Members"]
    parts += [entry(info.name, f"{info.name}.", one) for one in info.members.values()]
    for title, own in info.classes.items():
        parts += [f"## {title}", *([info.class_docs[title]] if info.class_docs[title] else [])]
        parts += [entry(info.name, "", one) for one in own.values()]
    return "\n\n".join(parts) + "\n"


def entry(module: str, owner: str, member: MemberInfo) -> str:
    """A member: its signature, what it does, what it demands, and examples."""
    parts = [f"### `{owner}{member.signature}`", *([member.doc] if member.doc else [])]
    if member.capabilities:
        parts.append(f"Demands {' and '.join(f'`{need}`' for need in member.capabilities)}.")
    if member.examples:
        parts.append("\n".join(["```ml", f"import {module};", *map(shown, member.examples), "```"]))
    return "\n\n".join(parts)


def shown(example: str) -> str:
    """An example of a docstring as a line of code with what it gives beside it."""
    code, arrow, result = example.strip("`").partition("` → `")
    return f"{code};    // {result}" if arrow else f"{code};"


# ── builtins ─────────────────────────────────────────────────────────────────────────────────────────────────────


def builtins_page() -> str:
    """The page of the builtins and methods."""
    arrays, strings = METHODS[list], METHODS[str]
    parts = ["# Builtins and methods", f"What every program can use without an import. {MADE}", "## Builtins"]
    parts += [native_entry(signature(function), function) for function in BUILTINS.values()]
    parts += ["## Arrays", "Besides `xs.length`. What changes an array does so in place and gives null, except for `pop`."]
    parts += [native_entry("xs." + signature(method, 1), method) for method in arrays.values()]
    parts += ["## Strings", "Besides `s.length`. Strings never change: each method gives a new value."]
    for method in dict.fromkeys(strings.values()):
        others = [name for name, one in strings.items() if one is method and name != method.__name__]
        parts.append(native_entry("s." + signature(method, 1), method, f" Also spelt `{'`, `'.join(others)}`." if others else ""))
    return "\n\n".join(parts) + "\n"


def native_entry(title: str, function: Callable[..., Any], more: str = "") -> str:
    """A builtin or method: its signature, what it does, and its example."""
    found = EXAMPLE.search(function.__doc__ or "")
    assert found is not None
    code, result, output = found.groups()
    line = f"{code};" + (f"    // {result}" if result is not None else f"    // prints {output}" if output is not None else "")
    fence = "text" if function is BUILTINS["input"] else "ml"  # a page cannot type
    return f"### `{title}`\n\n{first_line(function)}{more}\n\n```{fence}\n{line}\n```"


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────


def differences(folder: str, wanted: dict[str, str]) -> Iterator[str]:
    """The pages of a folder that are missing, too many, or not as they are wanted."""
    there = {name for name in os.listdir(folder) if name.endswith(".md")} if os.path.isdir(folder) else set()
    for name in sorted(there | wanted.keys()):
        if name not in there or read(os.path.join(folder, name)) != wanted.get(name):
            yield name


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def main(arguments: list[str]) -> int:
    """Writes or checks; 1 where the check finds a difference."""
    check = "--check" in arguments
    folders = [one for one in arguments if one != "--check"]
    if len(folders) != 1 or folders[0].startswith("-"):
        sys.stderr.write("usage: python -m mlpy.reference FOLDER [--check]\n")
        return 2
    wanted = pages(Registry())
    changed = [*differences(folders[0], wanted)]
    for name in changed:
        path = os.path.join(folders[0], name)
        if check:
            sys.stderr.write(f"{path} is not current: `make reference` writes it\n")
        elif name in wanted:
            os.makedirs(folders[0], exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(wanted[name])
        else:
            os.remove(path)
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
