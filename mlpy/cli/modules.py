"""`mlpy modules`: what programs can import, and the members of one module."""

from __future__ import annotations

from mlpy.cli import DONE, FAILED, Mistake, authority, terminal
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.index import MemberInfo, ModuleInfo


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="?", help="a module, to see its members")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    authority.define_folders(parser)


def execute(options: Namespace) -> int:
    registry = authority.of_options(options, None).engine().registry
    names = registry.names()
    if options.NAME is not None and options.NAME not in names:
        close = nearest(options.NAME, names)
        raise Mistake(f"no module `{options.NAME}`", f"did you mean `{close}`?" if close else "`mlpy modules` lists them")
    found = [info for name in names if options.NAME in (None, name) and (info := registry.info(name)) is not None]
    problems = [] if options.NAME else registry.problems()
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        records.write({"modules": [record(info) for info in found], "problems": [str(one) for one in problems]})
    else:
        terminal.write(member_list(found[0]) if options.NAME else module_list(found))
        terminal.write_error("".join(f"{one}\n" for one in problems))
    return FAILED if problems else DONE


def module_list(modules: list[ModuleInfo]) -> str:
    width = max((len(info.name) for info in modules), default=0)
    return "".join(f"{info.name:<{width}}  {info.description}\n" for info in modules)


def member_list(info: ModuleInfo) -> str:
    """A module as a reader wants to see it: signatures with what they do, then its classes."""
    lines = [f"{info.name} {info.version}: {info.description}", ""]
    for member in info.members.values():
        lines += described(member)
    for name, members in info.classes.items():
        lines += ["", f"class {name}"]
        for member in members.values():
            lines += described(member)
    return "\n".join(lines) + "\n"


def described(member: MemberInfo) -> list[str]:
    lines = [f"  {member.signature}" + "".join([f"   [{need}]" for need in member.capabilities])]
    return [*lines, f"      {member.doc.partition(chr(10))[0]}"] if member.doc else lines


def record(info: ModuleInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "version": info.version,
        "description": info.description,
        "members": [member_record(member) for member in info.members.values()],
        "classes": {name: [member_record(member) for member in members.values()] for name, members in info.classes.items()},
    }


def member_record(member: MemberInfo) -> dict[str, object]:
    return {"name": member.name, "kind": member.kind, "signature": member.signature, "doc": member.doc, "examples": list(member.examples), "capabilities": list(member.capabilities)}
