"""`mlpy repl`: an interactive session, or a script of one from standard input."""

from __future__ import annotations

from mlpy.cli import authority

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.usage = "mlpy repl [OPTIONS] [FILE] [-- ARGUMENTS]"
    parser.add_argument("FILE", nargs="?", help="a program to evaluate first")
    authority.define(parser)
    parser.add_argument("--sandbox", action="store_true", help="evaluate in a process that the kernel confines")
    parser.add_argument("--sandbox-level", metavar="LEVEL", choices=("process", "filtered", "locked"), help="what the sandbox must have at least: process, filtered (the default) or locked")
    parser.add_argument("--trace-capabilities", action="store_true", help="say at the end what the session used and was refused, as grants")
    parser.add_argument("--json", action="store_true", help="print one JSON record for each entry of a script")


def execute(options: Namespace) -> int:
    from mlpy.repl import app  # noqa: PLC0415  the parser does without

    return app.main(options)
