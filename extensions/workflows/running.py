"""How a workflow is run: the command line of its script, its variables, and the folder in which it starts, which is that of its caller, wherever the script lies.

A script is run by the interpreter of its first line where that is installed, else by that of its language; a Python script with packages by the Python of its environment. What it
writes comes at once, also into a pipe, so its interpreter is told not to keep anything back. Its exit code is the runner's, and where a signal ended it, that ends the runner.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from threading import Thread

from mlpy.extensions.workflows import environments, foreground, languages
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.parameters import VARIABLE, Given
from mlpy.extensions.workflows.processes import LEAVING, Child, Launch

from mlpy.cli import LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from typing import IO, NoReturn

    from mlpy.extensions.workflows.confined import Granted
    from mlpy.extensions.workflows.environments import Environment
    from mlpy.extensions.workflows.folder import Workflow
    from mlpy.extensions.workflows.processes import Exit

HERE = os.path.dirname(os.path.abspath(__file__))
LIVE = {"perl": ("-M5;$|++",), "ruby": ("-r", os.path.join(HERE, "live.rb"))}  # what has an interpreter keep no output back; Python is told by a variable
PYTHONS = ("notebook", "python")
RUNNERS = ("uv",)  # of first lines: what they would install is locked here
LARGEST = 10_000_000  # bytes of an output that is kept
PIECE = 1 << 16
TICK = 0.02  # seconds between two looks at what else there is to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which terms a workflow may run: `locked` only as it was locked, `offline` with what is on this machine; `yes` agrees to what would be asked, `grant_all` to grants alone.

    `asking` says that a person may be asked, where there is a terminal; `level` is what the sandbox of a workflow in ML must have at least.
    """

    locked: bool = False
    offline: bool = False
    yes: bool = False
    grant_all: bool = False
    asking: bool = True
    level: str = "filtered"


@dataclass(frozen=True, slots=True)
class Captured:
    """How a script ended, and what it wrote; of more than 10 MB of a stream only the first are there."""

    exit: Exit
    stdout: bytes
    stderr: bytes


# ── what is started ──────────────────────────────────────────────────────────────────────────────────────────────


def prepared(workflow: Workflow, given: Given, terms: Terms, *, folder: str | None = None) -> Launch:
    """How a workflow is started, with all that it requires installed and all that it asks for granted; `folder` is where it starts, by default the current one.

    Raises:
        WorkflowError: what `environments.prepared` and `confined.agree` raise, `interpreter_not_found`.
    """
    place = folder or os.getcwd()
    environment = environments.prepared(workflow, locked=terms.locked, offline=terms.offline, yes=terms.yes, asking=terms.asking)
    granted = agreed(workflow, place, terms) if workflow.language == "ml" else None
    return launch(workflow, given, place, environment, granted)


def agreed(workflow: Workflow, folder: str, terms: Terms) -> Granted:
    """What a workflow in ML may do."""
    from mlpy.extensions.workflows.confined import agree  # noqa: PLC0415  brings the engine, which other languages do without

    return agree(workflow, folder, yes=terms.yes or terms.grant_all, asking=terms.asking, level=terms.level)


def planned(workflow: Workflow, given: Given, terms: Terms, *, folder: str | None = None) -> Launch:
    """How a workflow would be started now, as far as that can be told without installing, asking or writing anything."""
    environment = environments.planned(workflow, locked=terms.locked)
    granted = None
    if workflow.language == "ml":
        from mlpy.extensions.workflows.confined import Granted  # noqa: PLC0415  as above

        granted = Granted(workflow.header.grants, level=terms.level)
    return launch(workflow, given, folder or os.getcwd(), environment, granted)


def launch(workflow: Workflow, given: Given, folder: str, environment: Environment | None, granted: Granted | None) -> Launch:
    """The command line, the variables and the folder."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLE)}  # a workflow may have called the runner
    inherited = environment.variables(outer) if environment is not None else outer
    variables = {"PYTHONUNBUFFERED": "1", **inherited, **given.variables, "MLPY_WORKFLOW": workflow.reference}
    argv = granted.argv(workflow.entry, given.words) if granted is not None else [*interpreter(workflow, environment), script(workflow), *given.words]
    return Launch(tuple(argv), variables, folder, tuple(given.whole()))


def interpreter(workflow: Workflow, environment: Environment | None) -> list[str]:
    """The command line that runs the script of a workflow, up to its path."""
    language = workflow.script.language
    if language.name in PYTHONS:
        python = [environment.python] if environment is not None else by_first_line(workflow) or [sys.executable]
        return [*python, os.path.join(HERE, "notebooks.py")] if language.name == "notebook" else python
    found = by_first_line(workflow) or list(language.argv() or ())
    if not found:
        program = language.interpreters[0][0]
        hint = workflow.header.install_hint or f"install `{program}`"
        raise WorkflowError("interpreter_not_found", f"there is no `{program}` on this machine, which `{workflow.reference}` is run by", hint=hint)
    return [*found, *LIVE.get(language.name, ())]


def by_first_line(workflow: Workflow) -> list[str]:
    """What the first line of a script says that runs it, if it is there."""
    try:
        words = languages.shebang(languages.first_line(workflow.entry))
    except OSError:
        raise WorkflowError("not_readable", f"`{workflow.script.entry_point}` cannot be read") from None
    return words if words and words[0] not in RUNNERS and languages.interpreted_by(words[0]) is workflow.script.language and languages.installed(words[0]) else []


def script(workflow: Workflow) -> str:
    """The path that the interpreter gets: a folder with a `__main__.py` runs as a whole."""
    return workflow.path if os.path.basename(workflow.entry) == "__main__.py" else workflow.entry


# ── running it ───────────────────────────────────────────────────────────────────────────────────────────────────


def start(launch: Launch, *, timeout: float | None = None) -> Exit:
    """Runs a script in the foreground, with the streams and the terminal of this process; `timeout` in seconds ends it. Only for the main thread.

    Raises:
        WorkflowError: `interpreter_not_found`, `os_error`, where it cannot begin.
    """
    return foreground.follow(lambda before: Child(launch.argv, environment=launch.environment, folder=launch.folder, before=before), timeout=timeout)


def capture(launch: Launch, *, timeout: float | None = None, meanwhile: Callable[[], object] = lambda: None) -> Captured:
    """Runs a script that reads nothing and has no terminal, and gives what it wrote; any thread may. `meanwhile` is called again and again, and ends the script by an exception.

    Raises:
        WorkflowError: as `start`.
    """
    child = Child(launch.argv, environment=launch.environment, folder=launch.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    kept = bytearray(), bytearray()
    pipes = child.process.stdout, child.process.stderr
    threads = [Thread(target=drain, args=pair, daemon=True) for pair in zip(pipes, kept, strict=True)]
    ended: list[Exit] = []
    waiting = Thread(target=lambda: ended.append(child.result()))
    for thread in (*threads, waiting):
        thread.start()
    try:
        if timeout is not None:
            child.expire(timeout)
        while waiting.is_alive():
            waiting.join(TICK)
            meanwhile()
    except BaseException:
        child.send(signal.SIGKILL)
        waiting.join()
        raise
    for thread in threads:
        thread.join(LEAVING)  # who has left the group of the script may hold its streams
    return Captured(ended[0], bytes(kept[0]), bytes(kept[1]))


def drain(pipe: IO[bytes], kept: bytearray) -> None:
    """Reads a pipe to its end, and keeps the beginning."""
    with pipe:
        while piece := pipe.read(PIECE):
            kept += piece[: LARGEST - len(kept)]


def pass_on(ended: Exit) -> int:
    """The exit code of the runner for an exit of its script; where a signal ended that, it ends the runner."""
    if ended.code is None and not ended.interrupted and not ended.timed_out and ended.signal is not None:
        die(ended.signal)
    return LIMIT if ended.timed_out else ended.status


def die(number: int) -> NoReturn:
    """Ends this process by a signal, without a core of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # one that ends nobody here
