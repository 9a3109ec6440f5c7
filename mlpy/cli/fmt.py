"""`mlpy fmt`: rewrites programs in the canonical layout, or says which would change."""

from __future__ import annotations

import sys

from mlpy.cli import DONE, FAILED, files, terminal
from mlpy.errors import CheckFailed

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.source import Source


def define(parser: ArgumentParser) -> None:
    parser.add_argument("FILE", nargs="+", help="a program, a folder of programs, or - for standard input (the result goes to standard output)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="change nothing; print what would change")


def execute(options: Namespace) -> int:
    code = DONE
    for path in files.programs(options.FILE):
        try:
            source = files.read(path)
            made = layout(source)
        except CheckFailed as failed:
            terminal.show_error(failed)
            code = FAILED
            continue
        changed = made != source.text
        if options.diff and changed:
            terminal.write(difference(source, made))
        if options.check or options.diff:
            if options.check and changed:
                terminal.write_error(f"{path} would change\n")
                code = FAILED
        elif path == "-":
            terminal.write(made)
        elif changed:
            files.replace(path, made)
            terminal.write_error(f"{path} changed\n")
    return code


def layout(source: Source) -> str:
    """The canonical text of a program; raises CheckFailed where it does not parse."""
    from mlpy.syntax import parser, printer  # noqa: PLC0415  the compiler's front half, not needed for help and usage errors

    module, diagnostics = parser.parse(source)
    if module is None or any(one.severity == "error" for one in diagnostics):
        raise CheckFailed([one for one in diagnostics if one.severity == "error"])
    return printer.print_module(module, source)


def difference(source: Source, made: str) -> str:
    """A unified diff."""
    from difflib import unified_diff  # noqa: PLC0415  only --diff needs it

    lines = unified_diff(lines_of(source.text), lines_of(made), source.name, source.name)
    text = "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
    if not terminal.colored(sys.stdout):
        return text
    shades = {"+": "32", "-": "31", "@": "36"}
    return "".join(f"\x1b[{shades[line[0]]}m{line}\x1b[0m" if line[:1] in shades else line for line in lines_of(text))


def lines_of(text: str) -> list[str]:
    """Lines as ML counts them: only LF ends one."""
    made = [line + "\n" for line in text.split("\n")]
    made[-1] = made[-1][:-1]
    return made if made[-1] else made[:-1]
