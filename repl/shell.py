"""What stands round a session, without a terminal: evaluations, dot commands, and the state that both share.

A text comes in by `enter`, an `Evaluation` comes out; `out` takes whatever is to be shown meanwhile, from any thread. The terminal
(`app.py`), piped input and tests are all over this.
"""

from __future__ import annotations

import os
import re
import sys
from contextvars import ContextVar
from shutil import get_terminal_size
from threading import RLock
from time import perf_counter

from mlpy.repl import display
from mlpy.repl.display import Style
from mlpy.repl.jobs import Job
from mlpy.repl.lexer import QUESTION
from mlpy.repl.snapshot import Snapshot

from mlpy import render
from mlpy.capabilities import Grants
from mlpy.cli import FAILED, Mistake, terminal
from mlpy.cli.run import Stream, code_of
from mlpy.engine import Session
from mlpy.errors import CapabilityDenied, CheckFailed, MLError, Stop
from mlpy.nearest import nearest
from mlpy.runtime.traceback import error_value, explain
from mlpy.runtime.values import UNSET
from mlpy.source import Source
from mlpy.syntax.tokens import END, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from mlpy.repl.commands import Command
    from mlpy.repl.development import Development
    from mlpy.repl.display import Shown
    from mlpy.repl.history import History

    from mlpy.diagnostics import Diagnostic
    from mlpy.engine import Engine
    from mlpy.runtime.limits import Limits
    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value
    from mlpy.sandbox.pool import Sandbox

COMMAND = re.compile(r"\s*\.([A-Za-z]+)(?!\w)\s*(.*)", re.DOTALL)  # `.5` is a number
NUMBERED = re.compile(r"(?<!\w)_([1-9][0-9]{0,8})(?!\w)")
COUNT = re.compile(r"[0-9]{1,9}")  # more digits count nothing here, and thousands are too many for `int`
OTHERWISE = (
    (re.compile(r"`mlpy modules ([\w.]+)`"), r"`.modinfo \1`"),
    (re.compile(r"`mlpy modules`"), "`.modules`"),
    (re.compile(r"`help\(([A-Za-z_][\w.]*)\)`"), r"`\1?`"),
)
KEPT_VALUES = 1_000
STEPS_BACK = 10
LEAVING = ("exit", "quit")  # what people type who do not know the commands yet
PATIENCE = 1.0  # seconds that a background evaluation has to end when the shell does
WIDTH = 100  # columns where there is no terminal
at_prompt: ContextVar[bool] = ContextVar("mlpy.repl.at_prompt", default=False)  # whether what executes is what the person at the prompt waits for


class Evaluation:
    """What came of one entry: its value if it has one (`valued`), the text that shows it, or its error.

    `number` is None for a dot command. `output` is what the program printed, kept where the shell `records`. `before` is what the session
    held, while one can step back to it, and `calls` how many capabilities were used.
    """

    __slots__ = ("before", "calls", "error", "number", "output", "seconds", "shown", "text", "undone", "value", "valued")

    def __init__(self, text: str, number: int | None = None) -> None:
        self.text = text
        self.before: Snapshot | None = None
        self.calls = 0
        self.undone = False
        self.number = number
        self.value: Value = None
        self.valued = False
        self.shown = ""
        self.output = ""
        self.error: MLError | None = None
        self.seconds = 0.0

    def record(self) -> dict[str, object]:
        """What `--json` prints of it."""
        from mlpy.cli import records  # noqa: PLC0415  brings json

        return {
            "number": self.number,
            "text": self.text,
            "ok": self.error is None,
            "value": records.plain(self.value),
            "shown": self.shown,
            "output": self.output,
            "error": None if self.error is None else records.of_error(self.error),
            "seconds": round(self.seconds, 6),
        }


class Settings:
    """What `.set` changes: how values are shown (None is all of it, and for `width` that of the terminal), the keys of the editor, what it suggests."""

    __slots__ = ("ascii", "characters", "color", "depth", "items", "keys", "suggestions", "width")

    DOCS: ClassVar = {
        "ascii": "on or off: no frames and dots beyond ASCII",
        "characters": "of a text, or `all`",
        "color": "on or off",
        "depth": "levels of a tree, or `all`",
        "items": "rows and items, or `all`",
        "keys": "emacs or vi",
        "suggestions": "on or off: completions as one types",
        "width": "columns, or `all` for those of the terminal",
    }

    def __init__(self, *, color: bool = False, ascii: bool = False) -> None:  # noqa: A002  says what it does
        self.color = color
        self.ascii = ascii
        self.width: int | None = None
        self.items: int | None = 20
        self.characters: int | None = 1_000
        self.depth: int | None = 5
        self.keys = "emacs"
        self.suggestions = True

    def change(self, name: str, value: str) -> None:
        """Takes a setting from text; raises ValueError that says what it can be."""
        if name == "keys":
            if value not in ("emacs", "vi"):
                raise ValueError("it is `emacs` or `vi`")
            self.keys = value
        elif name in ("ascii", "color", "suggestions"):
            if value not in ("on", "off"):
                raise ValueError("it is `on` or `off`")
            setattr(self, name, value == "on")
        elif value == "all":
            setattr(self, name, None)
        elif COUNT.fullmatch(value) and 0 < int(value) < 10**6:
            setattr(self, name, int(value))
        else:
            raise ValueError("it is a number above zero, or `all`")

    def text(self, name: str) -> str:
        """A setting as it is written."""
        value = getattr(self, name)
        return "all" if value is None else {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


class Shell:
    """A session and all that one does with it. One entry at a time; `out` may be called from any thread.

    `interactive` means that a person reads: questions may be asked, and Ctrl-C ends an evaluation instead of the shell. `sink` is where
    text for the reader goes as it is, `printed` and `warned` take what programs write; they may be replaced. `records` keeps that instead.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        grants: Grants | None = None,
        limits: Limits | None = None,
        interactive: bool = False,
        settings: Settings | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.engine = engine
        self.sandbox = sandbox
        self.grants = grants
        self.limits = limits
        self.interactive = interactive
        self.settings = settings or Settings()
        self.records = False
        self.sink: Callable[[str], object] = terminal.write
        self.printed: Callable[[str], object] = Stream(sys.stdout).write
        self.warned: Callable[[str], object] = Stream(sys.stderr).write
        self.leaving = False
        self.code = 0
        self._writing = RLock()
        self._printed: list[str] = []
        self.history: History | None = None
        self.development: Development | None = None
        self.run = engine.new_run(None, output=self.print, errors=self.warn)
        self.begin()

    def begin(self) -> None:
        """A fresh session, with nothing of what was evaluated before; its run, and with it the audit, goes on."""
        run = self.run
        run.modules.clear()
        run.files.clear()
        limits = self.engine.limits if self.limits is None else self.limits
        run.grants = regranted(self.grants)
        self.session = self.local(run, limits) if self.sandbox is None else self.confined(self.sandbox, run, limits)
        self.evaluations: list[Evaluation] = []
        self.values: dict[int, Value] = {}
        self.jobs: dict[int, Job] = {}
        self.last: Evaluation | None = None

    def local(self, run: Run, limits: Limits) -> Session:
        """A session in this process."""
        run.limits = limits
        return Session(self.engine, run, self.engine.functions)

    @staticmethod
    def confined(sandbox: Sandbox, run: Run, limits: Limits) -> Session:
        """One in a worker of a sandbox."""
        from mlpy.repl.confined import Confined  # noqa: PLC0415  brings the sandbox

        from mlpy.sandbox.protocol import limits_here  # noqa: PLC0415  as above

        run.limits = limits_here(limits)
        return Confined(sandbox, run, limits)

    def end(self) -> None:
        """Ends what is still running, and closes what the session holds open."""
        for job in self.running():
            job.cancel()
            job.wait(PATIENCE)
        self.session.close()

    # ── what is shown ──

    @property
    def style(self) -> Style:
        """How values are laid out now."""
        own = self.settings
        width = own.width or (get_terminal_size().columns if self.interactive else WIDTH)
        return Style(width, color=own.color, ascii=own.ascii, items=own.items, characters=own.characters, depth=own.depth)

    def status(self) -> list[str]:
        """What the status bar says: what is granted, and what else is going on."""
        patterns = self.session.run.grants.patterns()
        granted = "everything is granted" if patterns == ["*"] else f"granted: {', '.join(patterns)}" if patterns else "nothing is granted"
        running = len(self.running())
        own = [] if self.development is None else self.development.status()
        return [granted, *(["sandbox"] if self.sandbox is not None else []), *([f"{running} in the background"] if running else []), *own]

    def running(self) -> list[Job]:
        """The background evaluations that have not ended."""
        return [job for job in self.jobs.values() if job.state == "running"]

    def out(self, text: str) -> None:
        """Shows text to the reader, above the line that is being typed; safe from any thread."""
        with self._writing:
            self.sink(text)

    def show(self, shown: Shown) -> None:
        """Shows a report or a text, with a line end."""
        self.out(display.text(shown, self.style) + "\n")

    def print(self, text: str) -> None:
        """Takes what programs print."""
        if self.records:
            self._printed.append(text)
        else:
            with self._writing:
                self.printed(text)

    def warn(self, text: str) -> None:
        """Takes what programs write to their error stream."""
        if self.records:
            self._printed.append(text)
        else:
            with self._writing:
                self.warned(text)

    # ── entries ──

    def enter(self, text: str) -> Evaluation:
        """Evaluates what was typed: a dot command, a question such as `name?`, or a piece of program."""
        if QUESTION.match(text):
            return self.ask(text)
        if is_bare(text):
            return Evaluation(text)
        if text.strip() in LEAVING and text.strip() not in self.session.names:
            return self.command(".exit")
        return self.command(text) if COMMAND.match(text) else self.evaluate(text)

    def ask(self, question: str) -> Evaluation:
        """Answers `name?` and `name??`; never raises."""
        made = Evaluation(question)
        self._perform(made, lambda: self._answered(made))
        return made

    def evaluate(self, text: str | Source) -> Evaluation:
        """Evaluates a piece of program, or a file; never raises for what it does."""
        source = text if isinstance(text, Source) else None
        made = Evaluation(str(text) if source is None else source.text, len(self.evaluations) + 1)
        self.evaluations.append(made)
        if len(self.evaluations) > STEPS_BACK:
            self.evaluations[-1 - STEPS_BACK].before = None
        self._perform(made, lambda: self._evaluated(made, source))
        if self.development is not None:
            self.development.settle()
        return made

    def command(self, line: str) -> Evaluation:
        """Performs a dot command; never raises for what it does."""
        made = Evaluation(line)
        self._perform(made, lambda: self._commanded(made))
        return made

    def _perform(self, made: Evaluation, work: Callable[[], None]) -> None:
        """Does something for an evaluation, and notes how it ended."""
        self._printed.clear()
        self.run.audit.denials = 0  # each entry may be denied as much as a program
        for layer in self.run.grants.layers:  # a person may be asked again
            layer.questions = 0
            layer.refused.clear()
        began = perf_counter()
        waited_for = at_prompt.set(True)
        try:
            work()
        except MLError as error:
            self._failed(made, error)
        except Mistake as mistake:
            self._mistook(made, mistake)
        except KeyboardInterrupt:
            if not self.interactive:
                raise
            self._failed(made, MLError("interrupted", "Cancelled", limit="cancelled"))
            lost = "" if self.sandbox is None or self.session.names else ": the worker has ended, and with it the names of the session"
            made.shown = f"\ninterrupted{lost}"  # behind the `^C` of the terminal
        except RecursionError:
            self._failed(made, MLError("this is nested too deeply to show", "RecursionError"))
        except SystemExit as error:  # of a function that would end the process
            self._failed(made, explain(error, self.session.run))
        except (BrokenPipeError, Stop):
            raise
        except Exception as error:  # a bug of ours, for which nobody should lose a session
            if os.environ.get("MLPY_DEBUG"):
                raise
            self._mistook(made, bug(error))
        finally:
            at_prompt.reset(waited_for)
            made.seconds = perf_counter() - began
            made.output = "".join(self._printed)
            self.last = made

    def _evaluated(self, made: Evaluation, source: Source | None) -> None:
        if self.sandbox is not None:
            self.session.bind("_", f"_{made.number}")  # type: ignore[attr-defined]  # it is a `Confined`
        else:
            made.before = Snapshot(self.session)
        self._bind_numbered(made.text)
        reloading = self.development.reloading if self.development is not None else None
        if self.run.executions and reloading is not None:
            raise Mistake(f"`{reloading[0]}` is being reloaded", "wait for it, or end that with Ctrl-C or `.unwatch`")
        if self.run.executions:
            raise Mistake("a job is calling a function of the session from Python", "wait for it, or `.cancel` it: `.jobs` lists them")
        try:
            instance = self.session.perform(source or Source(made.text, f"<cell {made.number}>"))
        finally:
            self._settle(made)
        if instance.value is UNSET:
            return
        value = made.value = instance.value
        if value is None and is_call(made.text):  # what a function gives that has nothing to give
            return
        made.valued = True
        self.keep(made)
        made.shown = display.value_text(value, self.style)

    def _settle(self, made: Evaluation) -> None:
        """Takes down what an evaluation used; a run that has ended would end what is in the background, too."""
        run = self.session.run
        made.calls = run.usage.calls
        if run.dead and not run.executions:
            usage = run.usage
            run.renew()
            run.usage = usage

    def need_values(self, why: str) -> None:
        """Raises Mistake in a sandbox, where the session holds no values."""
        if self.sandbox is not None:
            raise Mistake(f"not in a sandbox: {why}", "start `mlpy repl` without `--sandbox`")

    def undo(self) -> Evaluation:
        """Steps back to before the last evaluation that did something, and gives it. Raises Mistake."""
        self.need_values("the worker keeps what the names stand for")
        done = [one for one in self.evaluations if not one.undone and not isinstance(one.error, CheckFailed)]
        if not done or done[-1].before is None:
            raise Mistake("there is nothing to undo" if not done else f"only the last {STEPS_BACK} evaluations can be undone")
        last = done[-1]
        assert last.before is not None
        last.before.restore(self.session)
        last.undone = True
        self.values.pop(last.number or 0, None)
        return last

    def start(self, text: str) -> Job:
        """Begins an evaluation in the background. Raises MLError, and Mistake in a sandbox."""
        self.need_values("a worker evaluates one thing at a time")
        number = len(self.jobs) + 1
        printed: list[str] = []
        take = printed.append if self.records else self.print
        run = self.engine.new_run(None, grants=self.session.run.grants, limits=self.session.run.limits, output=take)
        job = self.jobs[number] = Job(number, text, self.session, run, self._job_ended)
        if self.interactive:  # first, as it may end at once
            self.out(f"{job.announcement}\n")
        job.begin()
        return job

    def adopt(self, job: Job) -> Evaluation:
        """Makes an evaluation of a job that has given a value, so that it has a number and `_` is its value."""
        made = Evaluation(job.text, len(self.evaluations) + 1)
        made.value, made.valued, made.seconds = job.value, True, job.took
        made.before = Snapshot(self.session)
        self.evaluations.append(made)
        self.keep(made)
        return made

    def _job_ended(self, job: Job) -> None:
        if self.interactive and job.state != "cancelled":
            self.out(f"job {job.number} {job.state} after {job.took:.2f} s: `.await {job.number}` shows what came of it\n")

    def keep(self, made: Evaluation) -> None:
        """Binds the value of an evaluation as `_`, and under its number where a later one asks for it."""
        self.session.hold("_", made.value)
        if made.number is not None:
            self.values[made.number] = made.value
            if self.values.pop(made.number - KEPT_VALUES, None) is not None:
                self.evaluations[made.number - KEPT_VALUES - 1].value = None

    def _bind_numbered(self, text: str) -> None:
        """Binds the `_1`, `_2`, … that a text mentions, so that all the others cost nothing."""
        for found in NUMBERED.findall(text):
            if int(found) in self.values:
                self.session.hold(f"_{found}", self.values[int(found)])

    def _failed(self, made: Evaluation, error: MLError) -> None:
        run = self.session.run
        made.error = error
        self.code = code_of(error, run)
        if isinstance(error, CapabilityDenied) and error.hint is None:
            error.hint = next((f"`.grant {one.text}` takes that back" for one in self.session.revoked if error.message.endswith(f"by `{one.text}`")), None)
        if error.limit != "cancelled":
            self.session.hold("_error", error_value(error, run))
        hinting: list[MLError | Diagnostic] = [error, *(error.diagnostics if isinstance(error, CheckFailed) else ())]
        for one in hinting:
            if one.hint:
                one.hint = at_hand(one.hint)
        made.shown = display.error_text(error, self.style, run.files)

    def _mistook(self, made: Evaluation, mistake: Mistake) -> None:
        made.error = MLError(mistake.message, hint=mistake.hint)
        made.shown = mistaken(mistake, self.style)
        self.code = mistake.code

    # ── questions and dot commands ──

    def _answered(self, made: Evaluation) -> None:
        from mlpy.repl.describe import answer  # noqa: PLC0415  only for questions

        made.shown = display.text(answer(self, made.text), self.style)

    def _commanded(self, made: Evaluation) -> None:
        found = COMMAND.match(made.text)
        assert found is not None
        shown = self.find(found[1]).function(self, found[2].strip())
        made.shown = display.text(shown, self.style)

    def find(self, name: str) -> Command:
        """The dot command of a name; raises Mistake."""
        commands = table()
        if name in commands:
            return commands[name]
        close = nearest(name, commands)
        raise Mistake(f"no command `.{name}`", f"did you mean `.{close}`?" if close else "`.help` lists them")


def regranted(grants: Grants | None) -> Grants:
    """The same authority in a layer of its own, to which answers and commands can add without changing what was given."""
    if grants is None or not grants.layers:
        return Grants() if grants is None else grants.copy()
    layer = grants.layers[0]
    return Grants([*layer.grants], deny=grants.denied, root=grants.root, ask=layer.ask, advice=layer.advice)


def table() -> dict[str, Command]:
    """All dot commands by name."""
    from mlpy.repl.commands import COMMANDS  # noqa: PLC0415  an evaluation does without
    from mlpy.repl.measuring import MEASURED_THERE  # noqa: F401, PLC0415  has more of them, and so has what it imports

    return COMMANDS


def bug(error: BaseException) -> Mistake:
    """What is said of an exception that nothing should raise."""
    return Mistake(f"mlpy failed: {type(error).__name__}: {error}", "this is a bug in mlpy; MLPY_DEBUG=1 shows where", FAILED)


def at_hand(hint: str) -> str:
    """A hint with the words of the prompt for what it says of the command line and of builtins."""
    for pattern, ours in OTHERWISE:
        hint = pattern.sub(ours, hint)
    return hint


def mistaken(mistake: Mistake, style: Style) -> str:
    """What the reader can mend, in the form of an error without a place."""
    head = "\x1b[1;31merror\x1b[0m" if style.color else "error"
    return f"{head}: {render.printable(mistake.message)}" + (f"\n  = hint: {render.printable(mistake.hint)}" if mistake.hint else "")


def is_bare(text: str) -> bool:
    """Whether there is nothing in a text but comments."""
    start = text.lstrip()
    return not start or (start[0] == "/" and tokenize(Source(text)).kinds == [END])


def is_call(text: str) -> bool:
    """Whether a text ends with a call, of which null says nothing."""
    from mlpy import ast  # noqa: PLC0415  the compiler has it
    from mlpy.syntax.parser import parse  # noqa: PLC0415  as above

    module, _ = parse(Source(text))
    last = module.body[-1] if module is not None and module.body else None
    return type(last) is ast.ExpressionStatement and type(last.value) in (ast.Call, ast.Pipe, ast.Match)
