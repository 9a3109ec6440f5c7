"""Runs the code cells of a notebook as one script: `python notebooks.py NOTEBOOK ARGUMENTS…`, in whichever Python the notebook is to have, so it imports nothing but Python's own.

The cells share one `__main__`, in their order, and what they print comes at once; values of last lines are not shown, as in any script; `await` may stand at the top. A notebook with magics
(`%…`, `!…`, `?`) or with names of IPython runs in IPython where that is installed, in the same process, and otherwise not at all. What ends the script ends the process.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, whose names are nobody's modules

import ast
import inspect
import json
import linecache
import os
import warnings
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import NoReturn

NAMES = ("display", "get_ipython")  # what IPython gives without an import
MAGIC = ("%", "!", "?")
AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Cell:
    """A cell of code: its number among the cells, counted from 1, and its text."""

    def __init__(self, number: int, text: str, notebook: str) -> None:
        self.number = number
        self.text = text
        self.file = f"{notebook}[{number}]"

    def needs_ipython(self) -> str | None:
        """What in it is no plain Python but IPython's."""
        try:
            tree = compile(self.text, self.file, "exec", ast.PyCF_ONLY_AST | AWAIT)
        except SyntaxError:
            return next((line.strip() for line in self.text.splitlines() if line.strip().startswith(MAGIC) or line.rstrip().endswith("?")), None)
        named = {node.id: type(node.ctx) for node in ast.walk(tree) if isinstance(node, ast.Name)}
        imported = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
        return next((name for name in NAMES if named.get(name) is ast.Load and name not in imported), None)


def main(arguments: list[str]) -> None:
    """Runs the notebook that the first argument names."""
    path = os.path.abspath(arguments[0])
    cells = read(path)
    asking = next(((cell, what) for cell in cells if (what := cell.needs_ipython())), None)
    sys.argv[:] = arguments
    sys.path.insert(0, os.path.dirname(path))
    module = sys.modules["__main__"] = ModuleType("__main__")
    module.__file__ = path
    sys.excepthook = complain
    if asking is None:
        run(cells, module)
    else:
        run_in_ipython(cells, module, *asking)


def read(path: str) -> list[Cell]:
    """The cells of code of a notebook."""
    name = os.path.basename(path)
    try:
        with open(path, encoding="utf-8") as stream:
            notebook = json.load(stream)
        listed = [cell if isinstance(cell, dict) else {} for cell in notebook["cells"]]
        kernel = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python")
    except OSError as error:
        fail(f"`{name}` cannot be read: {error.strerror}")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        fail(f"`{name}` is no notebook")
    if str(kernel).lower() != "python":
        fail(f"`{name}` is written in `{kernel}`: only notebooks in Python can be run")
    return [Cell(number, text(cell), name) for number, cell in enumerate(listed, 1) if cell.get("cell_type") == "code"]


def text(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def run(cells: list[Cell], module: ModuleType) -> None:
    """Runs cells as plain Python."""
    runner = None
    for cell in cells:
        linecache.cache[cell.file] = len(cell.text), None, cell.text.splitlines(keepends=True), cell.file
        code = compile(cell.text, cell.file, "exec", AWAIT, dont_inherit=True)
        if not code.co_flags & inspect.CO_COROUTINE:
            exec(code, module.__dict__)  # noqa: S102  the script
            continue
        if runner is None:
            import asyncio  # noqa: PLC0415  few notebooks wait for anything

            runner = asyncio.new_event_loop()
            asyncio.set_event_loop(runner)
        runner.run_until_complete(eval(code, module.__dict__))  # noqa: S307  the script
    if runner is not None:
        runner.close()


def run_in_ipython(cells: list[Cell], module: ModuleType, first: Cell, what: str) -> None:
    """Runs cells in an IPython of this process."""
    try:
        from IPython.core.interactiveshell import InteractiveShell  # type: ignore[import-not-found]  # noqa: PLC0415  whatever Python the notebook has
    except ImportError:
        fail(f"cell {first.number} has `{what}`, which needs IPython", "`@requires: ipython` in its header has it installed")
    shell = InteractiveShell.instance(user_module=module, user_ns=module.__dict__)
    shell.ast_node_interactivity = "none"
    if not sys.stderr.isatty():
        shell.run_line_magic("colors", "NoColor")
    shell._showtraceback = lambda _type, _value, lines: print("\n".join(lines), file=sys.stderr)  # noqa: SLF001, T201  IPython has no other door for it
    tell = shell.showtraceback
    shell.showtraceback = lambda *given, **named: None if isinstance(sys.exc_info()[1], SystemExit) else tell(*given, **named)
    warnings.filterwarnings("ignore", "To exit:")
    for cell in cells:
        error = shell.run_cell(cell.text, store_history=True)
        failure = error.error_before_exec or error.error_in_exec
        if isinstance(failure, SystemExit):
            raise failure
        if failure is not None:
            sys.exit(1)


def complain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The traceback of an error, which begins in the notebook."""
    import traceback  # noqa: PLC0415  most notebooks end well

    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)


def fail(message: str, hint: str = "") -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(f"error: {message}\n" + (f"  = hint: {hint}\n" if hint else ""))
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
