"""`mlpy caps`: what a program and everything that it imports would need, found out without running them.

A resource that only a run can tell is `*`. A file from outside the project needs what its `capability` blocks ask for, and
without any it gets nothing.
"""

from __future__ import annotations

import sys

from mlpy.capabilities import Grant, quoted_for_shell
from mlpy.cli import DONE, FAILED, authority, files, terminal
from mlpy.errors import CheckFailed

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from mlpy.engine import Program
    from mlpy.modules import File


class Part:
    """A file of a program: what it needs, and the first way of imports that leads to it, from the program on."""

    __slots__ = ("asks", "imports", "inside", "name", "needs", "way")

    def __init__(self, name: str, way: Sequence[str], needs: Sequence[str], *, inside: bool, asks: bool) -> None:
        self.name = name
        self.way = way
        self.needs = needs
        self.inside = inside
        self.asks = asks
        self.imports: dict[str, Part] = {}

    @property
    def powerless(self) -> bool:
        """Whether it is refused everything."""
        return not self.inside and not self.asks


def define(parser: ArgumentParser) -> None:
    parser.add_argument("FILE", help="a program, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    authority.define_folders(parser)


def execute(options: Namespace) -> int:
    try:
        source = files.read(options.FILE)
        program = authority.of_options(options, options.FILE).engine(cache=source.path is not None, text=source.path is None).compile(source, inputs=())
    except CheckFailed as failed:
        if options.json:
            from mlpy.cli import records  # noqa: PLC0415  brings json

            records.write(records.of_failure(FAILED, options.FILE, failed))
        else:
            terminal.show_error(failed)
        return FAILED
    parts = parts_of(program)
    needs = joined(parts)
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        records.write({"ok": True, "exit_code": DONE, "file": source.name, "needs": needs, "flags": flags(needs), "files": [record(part) for part in parts]})
    else:
        folders = [f"{flag} {quoted_for_shell(one)}" for flag, given in (("-E", options.extension_paths), ("-M", options.module_paths)) for one in given]
        tell(parts[0], ["mlpy run", *folders, *flags(needs), quoted_for_shell(options.FILE)], needs)
    return DONE


def parts_of(program: Program) -> list[Part]:
    """The program and its files, in the order in which imports lead to them."""
    linked = program.linked()
    if linked is None:
        return [Part(program.name, (), program.needs, inside=True, asks=True)]
    made: dict[str, Part] = {}

    def part(file: File, way: Sequence[str]) -> Part:
        found = made.get(file.source.name)
        if found is None:
            found = Part(file.source.name, way, file.compiled.needs, inside=file.inside or file is linked.main, asks=file.compiled.declared is not None)
            made[file.source.name] = found
            found.imports = {path: part(one, (*way, file.source.name)) for path, one in file.imports.items()}
        return found

    part(linked.main, ())
    return list(made.values())


def joined(parts: Sequence[Part]) -> list[str]:
    """What all parts need together, without what something wider covers."""
    grants = {need: Grant(need) for part in parts if not part.powerless for need in part.needs}
    return [need for need, grant in grants.items() if not any(other is not grant and other.suffices_for(grant) for other in grants.values())]


def flags(needs: Sequence[str]) -> list[str]:
    """The options that grant them, ready for a shell."""
    return [f"--allow {quoted_for_shell(need)}" for need in needs]


def record(part: Part) -> dict[str, object]:
    return {
        "file": part.name,
        "imported_by": list(part.way),
        "outside": not part.inside,
        "needs": [] if part.powerless else list(part.needs),
        "denied": list(part.needs) if part.powerless else [],
        "imports": {path: one.name for path, one in part.imports.items()},
    }


PLAIN = str.maketrans("├└─│", "|`-|")


def tell(main: Part, command: Sequence[str], needs: Sequence[str]) -> None:
    """A tree of files with what each needs, and the command line that grants it."""
    text = "".join(f"{line}\n" for line in [main.name, *branches(main, "", {main.name})])
    if terminal.plain(sys.stdout):
        text = text.translate(PLAIN)
    terminal.write(f"{text}\n{' '.join(command)}\n" if needs else f"{text}\nnothing needs to be granted\n")


def branches(part: Part, lead: str, seen: set[str]) -> Iterator[str]:
    """The lines below a file."""
    items: list[str | Part] = [*part.needs, *part.imports.values()]
    if part.powerless:
        items = ["outside of the project and without a `capability` block: every use is refused", *part.imports.values()]
    for at, item in enumerate(items):
        last = at == len(items) - 1
        fork, more = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(item, str):
            yield lead + fork + item
        elif item.name in seen:
            yield f"{lead}{fork}{item.name} (as above)"
        else:
            seen.add(item.name)
            yield lead + fork + item.name
            yield from branches(item, lead + more, seen)
