"""What a workflow is given: the words and options behind its name, read against the parameters that its header declares, and the help that comes of these.

The script gets a parameter in two ways. Its variable `MLPY_PARAM_NAME` has the value, be it the default; among the arguments stands what the caller gave, so that a script with a parser
of its own is called as it would be without mlpy: plain words as they are, in their order, then `--name value` for parameters that were given by name (`--name` or `--no-name` for those
that are true or false). Plain words stand for the required parameters that were not given by name, in the order of the header. What is behind `--` goes to the script as it is.
"""

from __future__ import annotations

import re

from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.header import folded

from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Mapping, Sequence

    from mlpy.extensions.workflows.folder import Workflow
    from mlpy.extensions.workflows.header import Parameter, Value

VARIABLE = "MLPY_PARAM_"
NUMBER = re.compile(r"-\.?\d")
WIDTH = 100  # columns of a help
KINDS = {"bool": "", "float": "NUMBER", "int": "NUMBER", "path": "PATH", "str": "TEXT"}


class Given:
    """What a script is started with: its arguments, and its parameters as texts, which are its variables."""

    __slots__ = ("parameters", "words")

    def __init__(self, words: Sequence[str] = (), parameters: dict[str, str] | None = None) -> None:
        self.words = list(words)
        self.parameters = parameters or {}

    @property
    def variables(self) -> dict[str, str]:
        return {variable(name): value for name, value in self.parameters.items()}

    def whole(self) -> list[str]:
        """All of it as one list of texts, equal for what a script cannot tell apart."""
        return [*(f"{name}={value}" for name, value in sorted(self.parameters.items())), "--", *self.words]


def variable(name: str) -> str:
    """The variable of a parameter."""
    return VARIABLE + name.replace("-", "_").upper()


def split(name: str, known: Sequence[Parameter], words: Sequence[str], pairs: Iterable[str] = ()) -> tuple[list[str], dict[str, str]]:
    """The plain words among those behind a workflow's name, and the parameters that the others and the `NAME=VALUE` of `--param` give, as they are written.

    Raises:
        WorkflowError: `usage` for an option or a parameter that is not `known`.
    """
    reading = Reading(name, known)
    for pair in pairs:
        reading.pair(pair)
    reading.take(words)
    return reading.plain, reading.named


def given(workflow: Workflow, plain: Sequence[str] = (), named: Mapping[str, str] | None = None, behind: Sequence[str] = ()) -> Given:
    """What a workflow is given by plain words, by parameters as they are written (those that it does not declare are for others), and by what goes to the script as it is.

    Raises:
        WorkflowError: `invalid_parameter` for a value that its type does not take, or that is missing.
    """
    name, known = workflow.reference, workflow.header.params
    called = {one.name: converted(name, one, named[one.name]) for one in known if named and one.name in named}
    wanted = [one for one in known if one.required and one.name not in called]
    missing = [one.name for one in wanted[len(plain) :]]
    if missing:
        listed = ", ".join(f"`{one}`" for one in missing)
        raise WorkflowError("invalid_parameter", f"`{name}` needs {listed}", detail={"missing": missing}, hint=f"give it with `--{missing[0]} VALUE`")
    placed = {one.name: converted(name, one, word) for one, word in zip(wanted, plain, strict=False)}
    defaults = {one.name: one.default for one in known if one.default is not None}
    values = {**defaults, **placed, **called}
    options = [word for one in known if one.name in called for word in option_words(one, called[one.name])]
    return Given([*plain, *options, *behind], {one.name: text_of(values[one.name]) for one in known if one.name in values})


class Reading:
    """The words behind the name of a workflow while they are read."""

    def __init__(self, name: str, known: Sequence[Parameter]) -> None:
        self.name = name
        self.known = known
        self.named: dict[str, str] = {}
        self.plain: list[str] = []

    def pair(self, text: str) -> None:
        """Takes a `NAME=VALUE`."""
        name, equals, value = text.partition("=")
        if not equals:
            raise WorkflowError("usage", f"`--param {text}` has no value", hint="write `--param NAME=VALUE`")
        parameter = self.find(name)
        if parameter is None:
            raise self.unknown(name, f"`{self.name}` has no parameter `{name}`", "")
        self.named[parameter.name] = value

    def take(self, words: Sequence[str]) -> None:
        """Takes the words one after the other."""
        pending = list(reversed(words))
        while pending:
            word = pending.pop()
            if not word.startswith("-") or word == "-" or NUMBER.match(word):
                self.plain.append(word)
            else:
                self.option(word, pending)

    def option(self, word: str, pending: list[str]) -> None:
        """Takes an option, and of what follows its value."""
        name, equals, value = word.lstrip("-").partition("=")
        parameter = self.find(name) if word.startswith("--") else None
        negated = self.find(name.removeprefix("no-")) if parameter is None and word.startswith("--no-") and not equals else None
        if negated is not None and negated.type == "bool":
            self.named[negated.name] = "false"
        elif parameter is None:
            raise self.unknown(name, f"`{self.name}` has no option `{word.partition('=')[0]}`", "--")
        elif equals:
            self.named[parameter.name] = value
        elif parameter.type == "bool":
            self.named[parameter.name] = "true"
        elif pending:
            self.named[parameter.name] = pending.pop()
        else:
            raise WorkflowError("usage", f"`--{parameter.name}` needs a value", hint=help_hint(self.name))

    def find(self, name: str) -> Parameter | None:
        return next((one for one in self.known if folded(one.name) == folded(name)), None)

    def unknown(self, name: str, message: str, lead: str) -> WorkflowError:
        """What to say about a name that no parameter has."""
        close = nearest(name, (one.name for one in self.known))
        otherwise = "arguments of the script stand after `--`" if lead else help_hint(self.name)
        return WorkflowError("usage", message, hint=f"did you mean `{lead}{close}`?" if close else otherwise)


def converted(name: str, parameter: Parameter, text: str) -> Value:
    try:
        return parameter.convert(text)
    except ValueError as error:
        raise WorkflowError("invalid_parameter", f"`{parameter.name}` {error}, not `{text}`", detail={"parameter": parameter.name}, hint=help_hint(name)) from None


def option_words(parameter: Parameter, value: Value) -> list[str]:
    """A parameter that was given by name, as arguments of the script."""
    if value is True:
        return [f"--{parameter.name}"]
    if value is False:
        return [f"--no-{parameter.name}"] if parameter.default else []
    return [f"--{parameter.name}", text_of(value)]


def text_of(value: Value) -> str:
    """A value as a script gets it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# ── help ──


def help_hint(name: str) -> str:
    return f"`mlpy workflow run {name} --help` shows how it is used"


def usage(workflow: Workflow) -> str:
    """The help of a workflow, all of it from its header."""
    header = workflow.header
    required = "".join(f" {one.name.upper().replace('-', '_')}" for one in header.params if one.required)
    lines = [f"usage: mlpy workflow run {workflow.reference} [OPTIONS]{required} [WORDS …] [-- ARGUMENTS …]"]
    if header.description:
        lines += ["", *wrapped(header.description, 0)]
    if header.params:
        lines += ["", "parameters:", *columns((option(one), told(one)) for one in header.params)]
    facts = [("needs", ", ".join(header.needs)), ("requires", ", ".join(requirements(workflow))), ("grants", ", ".join(header.grants)), ("install", header.install_hint)]
    said = [(name, value) for name, value in facts if value]
    if said:
        lines += ["", "what it asks for:", *columns(said)]
    lines += ["", "`mlpy workflow run --help` shows the options of the runner; `--param NAME=VALUE` gives a parameter whose name is one of them."]
    return "\n".join(lines) + "\n"


def requirements(workflow: Workflow) -> list[str]:
    """The packages that a workflow requires."""
    found = workflow.record.metadata["requires"]
    assert isinstance(found, list)
    return [str(one) for one in found]


def option(parameter: Parameter) -> str:
    kind = "|".join(parameter.choices) or KINDS[parameter.type]
    return f"--{parameter.name} {kind}".rstrip()


def told(parameter: Parameter) -> str:
    """What a parameter means, and what it is where nothing is given."""
    state = "required" if parameter.required else None if parameter.default in (None, False) else f"default: {text_of(parameter.default)}"
    return f"{parameter.help} ({state})".strip() if state else parameter.help


def columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Two columns, the second one wrapped."""
    found = list(rows)
    width = min(max(len(left) for left, _ in found), 28)
    made: list[str] = []
    for left, right in found:
        first, *rest = wrapped(right, width + 4) or [""]
        if len(left) > width:
            made += [f"  {left}", *([" " * (width + 4) + first] if first else [])]
        else:
            made.append(f"  {left:<{width}}  {first}".rstrip())
        made += [" " * (width + 4) + line for line in rest]
    return made


def wrapped(text: str, indent: int) -> list[str]:
    from textwrap import wrap  # noqa: PLC0415  only a help needs it

    return wrap(text, WIDTH - indent, break_long_words=False)
