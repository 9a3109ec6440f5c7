"""`mlpy modules`: what programs can import, and the members of one module."""

from __future__ import annotations

import os

from mlpy.cli import DONE, FAILED, Mistake, authority, terminal
from mlpy.nearest import nearest
from mlpy.render import printable

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.index import MemberInfo, ModuleInfo, Problem


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="?", help="a module, to see its members")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    authority.define_folders(parser)


def execute(options: Namespace) -> int:
    registry = authority.of_options(options, None).engine().registry
    names = registry.names()
    problems = [one for one in registry.problems() if options.NAME in (None, one.name)]
    if options.NAME is not None and options.NAME not in names and not problems:
        close = nearest(options.NAME, names)
        raise Mistake(f"no module `{options.NAME}`", f"did you mean `{close}`?" if close else "`mlpy modules` lists them")
    found = [info for name in names if options.NAME in (None, name) and (info := registry.info(name)) is not None]
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        records.write({"modules": [record(info) for info in found], "problems": [problem_record(one) for one in problems]})
    else:
        terminal.write(printable("".join(map(member_list, found)) if options.NAME else module_list(found)))
        terminal.write_error(printable("".join(f"module `{one.name}`: {one.message} ({near(one.path)}:{one.line})\n" for one in problems)))
    return FAILED if problems else DONE


def module_list(modules: list[ModuleInfo]) -> str:
    """Each module in a line, and where it is from unless it came with mlpy."""
    width = max((len(info.name) for info in modules), default=0)
    return "".join(f"{info.name:<{width}}  {first_line(info.description)}{'' if info.origin in SHIPPED else f'   ({place(info)})'}".rstrip() + "\n" for info in modules)


SHIPPED = ("stdlib", "extension")


def place(info: ModuleInfo) -> str:
    """Where a module is from, in words."""
    if info.origin == "stdlib":
        return "the standard library"
    if info.origin == "extension":
        return "an extension that came with mlpy"
    return f"the distribution `{info.distribution}`" if info.distribution is not None else near(info.path)


def near(path: str) -> str:
    """A path as a reader here would write it."""
    return path.removeprefix(os.getcwd() + os.sep)


def member_list(info: ModuleInfo) -> str:
    """A module as a reader wants to see it: signatures with what they do, then its classes."""
    lines = [f"{info.name} {info.version}: {first_line(info.description)}".removesuffix(": "), f"from {place(info)}", ""]
    for member in info.members.values():
        lines += described(member)
    for name, members in info.classes.items():
        lines += ["", f"class {name}" + (f": {first_line(info.class_docs[name])}" if info.class_docs[name] else "")]
        for member in members.values():
            lines += described(member)
    return "\n".join(lines) + "\n"


def described(member: MemberInfo) -> list[str]:
    lines = [f"  {member.signature}" + "".join([f"   [{need}]" for need in member.capabilities])]
    return [*lines, f"      {first_line(member.doc)}"] if member.doc else lines


def first_line(doc: str) -> str:
    return doc.partition("\n")[0]


# ── as records: docs/schemas/modules.json describes them ─────────────────────────────────────────────────────────


def record(info: ModuleInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "version": info.version,
        "description": info.description,
        "doc": info.doc,
        "origin": info.origin,
        "path": info.path,
        "distribution": info.distribution,
        "members": [member_record(member) for member in info.members.values()],
        "classes": [{"name": name, "doc": info.class_docs[name], "members": [member_record(member) for member in members.values()]} for name, members in info.classes.items()],
    }


def member_record(member: MemberInfo) -> dict[str, object]:
    made: dict[str, object] = {"name": member.name, "kind": member.kind, "signature": member.signature, "type": member.result, "line": member.line, "doc": member.doc}
    if member.kind == "function":
        made["parameters"] = [{"name": name, "type": kind, "default": default, "kind": how} for name, kind, default, how in member.params]
        made["capabilities"] = list(member.capabilities)
        made["examples"] = [example_record(one) for one in member.examples]
    return made


def example_record(example: str) -> dict[str, str | None]:
    code, arrow, result = example.strip("`").partition("` → `")
    return {"code": code, "result": result if arrow else None}


def problem_record(problem: Problem) -> dict[str, object]:
    return {"name": problem.name, "message": problem.message, "path": problem.path, "line": problem.line}
