"""The dot commands: a table of them, and those of authority, of what there is, and of the session.

`@command("modinfo", "MODULE", doc="…", complete="module")` puts a function `(shell, arguments) -> Shown` under a name. What it gives is
shown: a text or a report of `display.py`, an empty text is nothing. It raises MLError or Mistake with a hint for what the reader can mend.
"""

from __future__ import annotations

import os
from datetime import datetime

from mlpy.repl import display
from mlpy.repl.display import Pages, Table
from mlpy.repl.shell import COUNT

from mlpy.cli import Mistake, files, terminal
from mlpy.cli import modules as listing
from mlpy.compiler import located
from mlpy.errors import CheckFailed
from mlpy.nearest import nearest
from mlpy.runtime.values import UNSET, type_name
from mlpy.source import Source
from mlpy.syntax.parser import parse, parse_expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from mlpy.repl.display import Shown
    from mlpy.repl.jobs import Job
    from mlpy.repl.shell import Shell

    from mlpy.capabilities import Grant

    Function: TypeAlias = Callable[[Shell, str], Shown]


class Command:
    """A dot command. `usage` names its arguments; `complete` says what these are.

    One of `capability command expression module name path setting`, several words to choose from, or None.
    """

    __slots__ = ("complete", "doc", "function", "name", "usage")

    def __init__(self, name: str, usage: str, function: Function, doc: str, complete: str | tuple[str, ...] | None) -> None:
        self.name = name
        self.usage = usage
        self.function = function
        self.doc = doc
        self.complete = complete

    @property
    def line(self) -> str:
        """How it is written."""
        return f".{self.name} {self.usage}".rstrip()


COMMANDS: dict[str, Command] = {}
LISTED = 26  # columns of a command with its arguments in the list of all


def command(name: str, usage: str = "", *, doc: str, complete: str | tuple[str, ...] | None = None) -> Callable[[Function], Function]:
    """Puts a function into the table. `doc` is a line in the words of `.help`; further lines show with `.help NAME` alone."""

    def add(function: Function) -> Function:
        COMMANDS[name] = Command(name, usage, function, doc, complete)
        return function

    return add


def required(arguments: str, name: str) -> str:
    """The arguments of a command that needs some; raises Mistake."""
    if not arguments:
        raise Mistake(f"`.{name}` needs {COMMANDS[name].usage}", f"write `{COMMANDS[name].line}`")
    return arguments


def expression(arguments: str, name: str) -> Source:
    """The expression that a command is given; raises Mistake for a statement, and CheckFailed for what is neither."""
    source = Source(required(arguments, name).rstrip("; \t\n"), "<input>")
    node, problems = parse_expression(source)
    if node is not None:
        return source
    if parse(source)[0] is not None:
        raise Mistake(f"`.{name}` takes an expression", f"write `.{name} 1 + 2`")
    raise CheckFailed(located(problems, source))


def whole_number(arguments: str, name: str) -> int:
    """The number that a command is given; raises Mistake."""
    if not COUNT.fullmatch(required(arguments, name)):
        raise Mistake(f"`{arguments}` is no number", f"write `{COMMANDS[name].line}`")
    return int(arguments)


# ── help, and leaving ────────────────────────────────────────────────────────────────────────────────────────────


@command("help", "[COMMAND]", doc="what the commands do", complete="command")
def show_help(shell: Shell, arguments: str) -> Shown:
    if arguments:
        found = shell.find(arguments.removeprefix("."))
        return f"{found.line}\n{found.doc}"
    lines = Table((), [(one.line if len(one.line) <= LISTED else f".{one.name} …", one.doc.partition("\n")[0]) for _, one in sorted(COMMANDS.items())], wraps=True)
    return Pages(lines, "`name?` tells what a name is, `name??` shows its source; `_` is the last value, `_3` that of evaluation 3, `_error` the last error")


@command("exit", doc="leave; Ctrl-D does too")
def leave(shell: Shell, _arguments: str) -> Shown:
    shell.leaving = True
    return ""


# ── authority ────────────────────────────────────────────────────────────────────────────────────────────────────


@command("grant", "CAPABILITY", doc="allow something, such as `file.read:./data/**`\nIt holds at once, for names that were imported before, too.", complete="capability")
def grant(shell: Shell, arguments: str) -> Shown:
    text = required(arguments, "grant")
    refuse_home(text)
    understood(lambda: shell.session.grant(text))
    return f"granted: {', '.join(shell.session.run.grants.patterns())}"


@command("revoke", "CAPABILITY", doc="take a grant back, or a part of it\nIt holds at once, for names that were imported before, too.", complete="capability")
def revoke(shell: Shell, arguments: str) -> Shown:
    text = required(arguments, "revoke")
    grants = shell.session.run.grants
    before = grants.patterns(), [one.text for one in grants.denied]
    understood(lambda: shell.session.revoke(text))
    if (grants.patterns(), [one.text for one in grants.denied]) == before:
        return f"`{text}` is not granted"
    return f"revoked: {text}"


def refuse_home(text: str) -> None:
    """Raises Mistake for a path below `~`, which is a name like any other in a capability, and which nobody means so."""
    kind, _, path = text.partition(":")
    if path == "~" or path.startswith("~/"):
        home = os.path.expanduser("~")
        raise Mistake(f"`{text}`: `~` is no home folder in a capability", f"write `.grant {kind}:{home.rstrip('/')}{path[1:]}`")


def understood(change: Callable[[], None]) -> None:
    """Changes what is granted; what is wrong with a text is for the reader to mend."""
    try:
        change()
    except ValueError as error:
        raise Mistake(str(error), "a capability is written like `file.read:./data/**`") from None


@command("caps", doc="what is granted and denied, and how much of what is counted is used")
def show_grants(shell: Shell, _arguments: str) -> Shown:
    grants = shell.session.run.grants
    rows = [("denied", grant.text, "") for grant in grants.denied]
    for layer in grants.layers:
        word = "granted" if layer.origin == "grant" else "asked for"
        rows += [(word, grant.text, uses(grant)) for grant in layer.grants]
    if not grants.layers:
        rows.append(("granted", "everything", ""))
    return Table(("", "capability", "used"), rows) if rows else "nothing is granted: `.grant file.read:./data/**` grants something"


def uses(grant: Grant) -> str:
    """How much of a counted grant is used up."""
    if not grant.constrained:
        return ""
    parts = [f"{grant.used} times"]
    if grant.bytes is not None:
        parts.append(f"{grant.volume:,} of {grant.bytes:,} bytes")
    if grant.tokens is not None:
        parts.append(f"{grant.said:,} of {grant.tokens:,} tokens")
    if grant.cost is not None:
        parts.append(f"{grant.spent:g} of {grant.cost:g} {grant.currency}")
    return ", ".join(parts)


@command("audit", doc="which capabilities the session has used, and which it was refused")
def show_audit(shell: Shell, _arguments: str) -> Shown:
    audit = shell.session.run.audit
    rows = [(one.decision, one.capability, one.module, str(one.count), f"{one.size:,}" if one.size else "", clock(one.last)) for one in audit.records()]
    return Table(("", "capability", "module", "times", "bytes", "last"), rows, right=(3, 4)) if rows else "nothing was used, and nothing refused"


def clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%H:%M:%S}"


# ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────


@command("vars", doc="the names of the session and what they stand for")
def show_names(shell: Shell, _arguments: str) -> Shown:
    if shell.sandbox is not None:
        kinds = [(name, kind) for name, kind in shell.session.kinds().items() if not ours(name)]  # type: ignore[attr-defined]  # it is a `Confined`
        return Table(("name", "type"), kinds) if kinds else "no names yet"
    held = {name: value for name, value in shell.session.held().items() if not ours(name)}
    room = max(shell.style.width - max(map(len, held), default=0) - 14, 20)
    rows = [(name, type_name(value), one_line(value, room)) for name, value in held.items()]
    return Table(("name", "type", "value"), rows) if rows else "no names yet"


def ours(name: str) -> bool:
    """Whether a name is one that the shell has bound."""
    return name in ("_", "_error") or (name[:1] == "_" and name[1:].isdigit())


def one_line(value: object, room: int) -> str:
    line, _ = display.flat(value, room, room)
    return "".join([part for _, part in line])


@command("show", "[NUMBER | EXPRESSION]", doc="a value as a whole, without cuts: the last one, that of an evaluation, or of an expression", complete="expression")
def show_all(shell: Shell, arguments: str) -> Shown:
    if not arguments:
        if not shell.values:
            raise Mistake("there is no value yet", "evaluate something, such as `1 + 2`")
        return Whole(shell.values[max(shell.values)])
    if arguments.isdecimal():
        if not COUNT.fullmatch(arguments) or int(arguments) not in shell.values:
            raise Mistake(f"evaluation {arguments} has no value", "`.history` lists the evaluations")
        return Whole(shell.values[int(arguments)])
    value = shell.session.perform(Source(arguments, "<input>")).value
    return "" if value is UNSET else Whole(value)


class Whole:
    """A value without cuts."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def lines(self, style: display.Style) -> list[display.Line]:
        return display.Shape(self.value).lines(style.whole())


@command("type", "EXPRESSION", doc="the type of an expression, found without evaluating it", complete="expression")
def show_type(shell: Shell, arguments: str) -> Shown:
    from mlpy.repl.inspection import type_of  # noqa: PLC0415  brings the checker

    return type_of(shell, expression(arguments, "type").text)


@command("py", "EXPRESSION", doc="the Python that a piece of program becomes", complete="expression")
def show_python(shell: Shell, arguments: str) -> Shown:
    from mlpy.cli import sourcemap  # noqa: PLC0415  brings Python's own parser
    from mlpy.compiler import lower_source  # noqa: PLC0415  as above

    engine, source = shell.engine, Source(required(arguments, "py"), "<input>")
    tree = lower_source(source, engine.registry, (), shell.session.names, finder=engine.finder(source))[3]
    sourcemap.spell(tree)
    return display.Code(sourcemap.unparse(tree)[1].rstrip("\n"), "python")


@command("ast", "EXPRESSION", doc="the syntax tree of a piece of program", complete="expression")
def show_tree(_shell: Shell, arguments: str) -> Shown:
    from mlpy.ast import dump  # noqa: PLC0415  rare
    from mlpy.compiler import parse_module  # noqa: PLC0415  as above

    return dump(parse_module(Source(required(arguments, "ast"), "<input>")))


@command("modules", doc="what can be imported")
def show_modules(shell: Shell, _arguments: str) -> Shown:
    registry = shell.engine.registry
    infos = [info for name in registry.names() if (info := registry.info(name)) is not None]
    rows = [(info.name, listing.first_line(info.description), "" if info.origin in listing.SHIPPED else listing.place(info)) for info in infos]
    problems = [(one.name, f"{one.message} ({listing.near(one.path)}:{one.line})") for one in registry.problems()]
    return Pages(Table((), rows), *([("cannot be used", Table((), problems))] if problems else []))


@command("modinfo", "MODULE", doc="the functions of a module, with what each demands", complete="module")
def show_module(shell: Shell, arguments: str) -> Shown:
    registry, name = shell.engine.registry, required(arguments, "modinfo")
    info = registry.info(name)
    if info is None:
        problem = next((one for one in registry.problems() if one.name == name), None)
        if problem is not None:
            raise Mistake(f"module `{name}` cannot be used: {problem.message}", f"mend line {problem.line} of `{listing.near(problem.path)}`")
        close = nearest(name, registry.names())
        raise Mistake(f"no module `{name}`", f"did you mean `{close}`?" if close else "`.modules` lists them")
    return listing.member_list(info).rstrip("\n")


@command("addpath", "FOLDER", doc="look for modules in one more folder", complete="path")
def add_path(shell: Shell, arguments: str) -> Shown:
    folder = os.path.abspath(os.path.expanduser(required(arguments, "addpath")))
    if not os.path.isdir(folder):
        raise Mistake(f"no such folder: `{arguments}`", "`.addpath` takes a folder of modules")
    shell.engine.extend(folder)
    run = shell.session.run
    run.extension_paths, run.module_paths = (*run.extension_paths, folder), (*run.module_paths, folder)
    registry = shell.engine.registry
    found = [name for name in registry.names() if (info := registry.info(name)) is not None and info.path.startswith(os.path.join(folder, ""))]
    return f"looking in `{listing.near(folder)}` too" + (f": {', '.join(found)}" if found else "")


# ── the session ──────────────────────────────────────────────────────────────────────────────────────────────────


@command("load", "FILE", doc="evaluate a file, as if it were typed", complete="path")
def load(shell: Shell, arguments: str) -> Shown:
    made = shell.evaluate(files.read(os.path.expanduser(required(arguments, "load"))))
    if made.error is not None:
        raise made.error
    return made.shown


@command("save", "[-f] FILE", doc="write the session as a program that runs; `-f` replaces a file", complete="path")
def save(shell: Shell, arguments: str) -> Shown:
    from mlpy.repl import saving  # noqa: PLC0415  rare

    replaces = arguments.split(maxsplit=1)[:1] == ["-f"]
    path = os.path.abspath(os.path.expanduser(required(arguments.removeprefix("-f").strip() if replaces else arguments, "save")))
    near = listing.near(path)
    near = f"./{near}" if near.startswith("-") else near
    text, omitted = saving.program(shell.evaluations)
    note = "".join(["\nleft out, as only a session has `_error`:", *(f"\n    {first_line(one)}" for one in omitted)]) if omitted else ""
    try:
        with open(path, "w" if replaces else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise Mistake(f"`{near}` is there already", f"`.save -f {near}` replaces it") from None
    except OSError as error:
        raise Mistake(f"`{near}` cannot be written: {terminal.reason(error)}") from None
    except ValueError:  # a NUL, or what no text can hold
        raise Mistake(f"`{arguments}` is no path", "`.save session.ml` writes beside you") from None
    try:
        shell.engine.compile(Source(text, listing.near(path), path), inputs=())
    except CheckFailed as failed:
        return f"saved, but as a program it does not compile: {failed.message} (`mlpy check {near}` shows where){note}"
    return f"saved: `mlpy run {near}` runs it{note}"


@command("history", "[TEXT]", doc="what was evaluated in this session; with a text what holds it, in earlier ones too")
def show_history(shell: Shell, arguments: str) -> Shown:
    if arguments:
        found = [*(shell.history.search(arguments) if shell.history is not None else (one.text for one in reversed(shell.evaluations) if arguments in one.text))]
        return Table((), [(first_line(text),) for text in found[: shell.settings.items]]) if found else f"nothing holds `{arguments}`"
    return Table((), [(str(one.number), first_line(one.text), "undone" if one.undone else "failed" if one.error is not None else "") for one in shell.evaluations], right=(0,))


def first_line(text: str) -> str:
    """An entry in a list."""
    line, _, rest = text.strip().partition("\n")
    return f"{line} …" if rest else line


@command("undo", doc="step back one evaluation: its names, and what arrays and objects held\nWhat it printed, and what it did outside, stays done.")
def undo(shell: Shell, _arguments: str) -> Shown:
    last = shell.undo()
    assert last.before is not None
    lines = [f"undid {last.number}: {first_line(last.text)}"]
    if last.calls:
        lines.append(f"it used capabilities {last.calls} times: what that did cannot be undone")
    if last.before.partly:
        lines.append(f"too large to be kept as it was, if it was changed in place: {', '.join(f'`{name}`' for name in last.before.partly)}")
    return "\n".join(lines)


@command("reset", doc="begin anew: no names, and the grants of the beginning")
def reset(shell: Shell, _arguments: str) -> Shown:
    shell.end()
    shell.begin()
    return "a fresh session"


@command(
    "limits",
    "[NAME VALUE]",
    doc="what an evaluation may use, and what the last one used; `.limits time 2s` sets one, `off` lifts it",
    complete=("time", "steps", "memory", "output"),
)
def show_limits(shell: Shell, arguments: str) -> Shown:
    run = shell.session.run
    if arguments:
        if shell.sandbox is not None:
            raise Mistake("not in a sandbox: the kernel has the limits of its worker", "start `mlpy repl --sandbox` with others, such as `--time 2s`")
        name, _, value = arguments.partition(" ")
        if name not in LIMITS or not value:
            raise Mistake(f"no limit `{arguments}`", "write `.limits time 2s`; there are " + ", ".join(f"`{one}`" for one in LIMITS))
        try:
            run.limits = run.limits.replace(**{name: None if value.strip() == "off" else value.strip()})
        except ValueError as error:
            raise Mistake(str(error), f"`.limits {name} off` lifts it") from None
    used = run.usage.record()
    bounds = run.limits if shell.sandbox is None else shell.limits or shell.engine.limits
    rows = [(name, LIMITS[name](getattr(bounds, name)), LIMITS[name](used["wall" if name == "time" else name], "")) for name in LIMITS]
    return Table(("", "limit", "last used"), rows, right=(1, 2))


def shown_time(seconds: float | None, otherwise: str = "none") -> str:
    return otherwise if seconds is None else f"{seconds:.3f} s"


def shown_count(count: float | None, otherwise: str = "none") -> str:
    return otherwise if count is None else f"{count:,}"


LIMITS: dict[str, Callable[..., str]] = {"time": shown_time, "steps": shown_count, "memory": shown_count, "output": shown_count}


@command("set", "[NAME VALUE]", doc="how values are shown and keys work; `.set items 50`, `.set keys vi`, `.set color off`", complete="setting")
def change_setting(shell: Shell, arguments: str) -> Shown:
    settings = shell.settings
    if arguments:
        name, _, value = arguments.partition(" ")
        if name not in settings.__slots__:
            close = nearest(name, settings.__slots__)
            raise Mistake(f"no setting `{name}`", f"did you mean `{close}`?" if close else "`.set` lists them")
        try:
            settings.change(name, value.strip())
        except ValueError as error:
            raise Mistake(f"`{name}`: {error}", "`.set` shows what there is") from None
        return Table((), [(name, settings.text(name), settings.DOCS[name])], wraps=True)
    return Table((), [(name, settings.text(name), doc) for name, doc in settings.DOCS.items()], wraps=True)


# ── in the background ────────────────────────────────────────────────────────────────────────────────────────────


@command("async", "EXPRESSION", doc="evaluate in the background, while the prompt goes on", complete="expression")
def start_job(shell: Shell, arguments: str) -> Shown:
    job = shell.start(required(arguments, "async"))
    return "" if shell.interactive else job.announcement


@command("jobs", doc="what was started in the background")
def show_jobs(shell: Shell, _arguments: str) -> Shown:
    rows = [(str(job.number), job.state, f"{job.took:.2f} s", first_line(job.text)) for job in shell.jobs.values()]
    return Table(("job", "state", "took", ""), rows, right=(0, 2)) if rows else "no jobs: `.async EXPRESSION` starts one"


@command("await", "JOB", doc="wait for a job and show its value, which counts as that of an evaluation then")
def await_job(shell: Shell, arguments: str) -> Shown:
    job = job_of(shell, whole_number(arguments, "await"))
    while not job.wait(0.05):
        pass
    if job.error is not None:
        raise job.error
    return "" if job.value is UNSET else display.Shape(shell.adopt(job).value)


@command("cancel", "JOB", doc="end a job")
def cancel_job(shell: Shell, arguments: str) -> Shown:
    job = job_of(shell, whole_number(arguments, "cancel"))
    if job.state != "running":
        return f"job {job.number} has ended: {job.state}"
    job.cancel()
    ended = job.wait(1.0)
    return f"job {job.number} is cancelled" if ended else f"job {job.number} ends when the function that it is in returns"


def job_of(shell: Shell, number: int) -> Job:
    if number not in shell.jobs:
        raise Mistake(f"no job {number}", "`.jobs` lists them")
    return shell.jobs[number]


@command("callback", "NAME(ARGUMENTS)", doc="call a function as Python would, many times, and show what a call costs", complete="name")
def measure_callback(shell: Shell, arguments: str) -> Shown:
    from mlpy.repl import calling  # noqa: PLC0415  rare

    return calling.callback(shell, required(arguments, "callback"))
