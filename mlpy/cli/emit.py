"""`mlpy emit`: what the compiler makes of a program: its syntax tree, or its Python with a source map."""

from __future__ import annotations

from mlpy.cli import DONE, FAILED, Mistake, authority, files, terminal
from mlpy.errors import CheckFailed

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.engine import Engine
    from mlpy.source import Source


def define(parser: ArgumentParser) -> None:
    parser.add_argument("FORM", choices=("ast", "py"), help="ast for the syntax tree, py for Python")
    parser.add_argument("FILE", help="a program, or - for standard input")
    authority.define_folders(parser)
    parser.add_argument("--sourcemap", metavar="PATH", help="write the source map of the Python (version 3) to this file")


def execute(options: Namespace) -> int:
    if options.sourcemap and options.FORM != "py":
        raise Mistake("`--sourcemap` goes with `emit py`")
    try:
        source = files.read(options.FILE)
        terminal.write(tree(source) if options.FORM == "ast" else python(source, authority.of_options(options, options.FILE).engine(text=source.path is None), options.sourcemap))
    except CheckFailed as failed:
        terminal.show_error(failed)
        return FAILED
    return DONE


def tree(source: Source) -> str:
    from mlpy.ast import dump  # noqa: PLC0415  the verb decides what is loaded
    from mlpy.compiler import parse_module  # noqa: PLC0415  as above

    return dump(parse_module(source)) + "\n"


def python(source: Source, engine: Engine, map_path: str | None) -> str:
    """The Python of a program as text; writes its source map if there is a path for it."""
    import ast  # noqa: PLC0415  the verb decides what is loaded

    from mlpy.cli import sourcemap  # noqa: PLC0415  as above
    from mlpy.compiler import lower_source  # noqa: PLC0415  as above

    tree = lower_source(source, engine.registry, (), finder=engine.finder(source))[3]
    assert isinstance(tree, ast.Module)
    sourcemap.spell(tree)
    printed, body = sourcemap.unparse(tree)
    text = HEADER.format(name=source.name) + body
    if map_path:
        write_map(map_path, sourcemap.build(printed, text, source))
    return text


def write_map(path: str, content: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(content)
    except OSError as error:
        raise Mistake(f"`{path}` cannot be written: {terminal.reason(error)}") from None


HEADER = "# {name} as mlpy runs it; names that begin with two underscores are the runtime's\n"
