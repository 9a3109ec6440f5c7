"""What a script says about itself in its header, and the types of its parameters.

The header is what its first comments say, read without running or parsing any of its code: `comments.py` finds the lines, `entries.py` tells what they say. A line that says nothing
sensible is a warning with its number, never an exception. A block of PEP 723 counts wherever it stands in a Python file, as it does for uv.
"""

from __future__ import annotations

import os
from math import isfinite

from mlpy.extensions.workflows.languages import interpreted_by, shebang

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import TypeAlias

    from mlpy.extensions.workflows.languages import Language

    Value: TypeAlias = str | int | float | bool | None

LARGEST = 16 * 1024 * 1024  # bytes of a script
MOST_WARNINGS = 100


class Parameter:
    """A typed parameter of a script: `type` is `str`, `int`, `float`, `bool`, `path` or `choice(a|b|c)`; `default` is of that type, None where there is none."""

    __slots__ = ("default", "help", "name", "required", "type")

    def __init__(self, name: str, type: str = "str", default: Value = None, help: str = "", *, required: bool = False) -> None:  # noqa: A002  the fields' names in the record
        self.name = name
        self.type = type
        self.default = default
        self.help = help
        self.required = required

    @property
    def choices(self) -> tuple[str, ...]:
        """What it may be, where that is a choice."""
        return choices(self.type)

    def convert(self, text: str) -> Value:
        """A text as a value of its type.

        Raises:
            ValueError: what it must be, as the end of a sentence.
        """
        return convert(text, self.type)

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "type": self.type, "default": self.default, "help": self.help, "required": self.required}

    def __repr__(self) -> str:
        return f"<Parameter {self.name}:{self.type}>"


class Header:
    """What a script says about itself; `warnings` are lines with what is wrong there. `timeout` is in seconds, `script` the table of a PEP 723 block."""

    __slots__ = (
        "author",
        "category",
        "deprecated_entry_point",
        "description",
        "entry_point",
        "grants",
        "group",
        "inputs",
        "install_hint",
        "needs",
        "outputs",
        "params",
        "requires",
        "requires_file",
        "retries",
        "script",
        "tags",
        "timeout",
        "version",
        "warnings",
    )

    def __init__(self) -> None:
        self.description = ""
        self.version = ""
        self.author = ""
        self.group = ""
        self.category = ""
        self.entry_point = ""
        self.deprecated_entry_point = ""
        self.install_hint = ""
        self.requires_file = ""
        self.requires: list[str] = []
        self.tags: list[str] = []
        self.params: list[Parameter] = []
        self.grants: list[str] = []
        self.needs: list[str] = []
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.retries = 0
        self.timeout: float | None = None
        self.script: dict[str, object] | None = None
        self.warnings: list[tuple[int, str]] = []

    def to_data(self) -> dict[str, object]:
        """What `from_data` makes a header of again: plain data."""
        return {name: [one.to_json() for one in self.params] if name == "params" else getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_data(cls, data: dict[str, object]) -> Header:
        """A header that was kept as data."""
        made = cls()
        for name, value in data.items():
            setattr(made, name, [Parameter(**one) for one in value] if name == "params" else value)  # type: ignore[attr-defined]  # as `to_data` made it
        return made

    def warn(self, line: int, message: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append((line, message))


# ── reading ──


def read(source: str, language: Language) -> Header:
    """The header of a script, by its text."""
    from mlpy.extensions.workflows import cells, comments, entries  # noqa: PLC0415  a listing that the index answers reads no header

    header = Header()
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    if language.name == "notebook":
        cells.fill(header, source)
        return header
    lines = source.split("\n")
    words = shebang(lines[0])
    if words and interpreted_by(words[0]) is None:
        header.warn(1, f"no language is known that `{os.path.basename(words[0])}` runs")
    entries.fill(header, comments.lines_of(lines, language), sandboxed=language.name == "ml")
    if language.name == "python":
        entries.fill_block(header, source)
    return header


def read_file(path: str, language: Language) -> Header:
    """The header of a script in a file.

    Raises:
        OSError: where it cannot be read.
        ValueError: where it is not UTF-8, or too large.
    """
    return read(text_of(path), language)


def text_of(path: str) -> str:
    """The text of a script.

    Raises:
        OSError: where it cannot be read.
        ValueError: where it is not UTF-8, or too large; its message ends a sentence about the file.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"is larger than {LARGEST // 1024 // 1024} MB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None


# ── values ──


def choices(kind: str) -> tuple[str, ...]:
    """What a parameter of a type may be, where that is a choice."""
    return tuple(kind[len("choice(") : -1].split("|")) if kind.startswith("choice(") else ()


TRUE = frozenset(("1", "on", "true", "yes"))
FALSE = frozenset(("0", "no", "off", "false"))


def convert(text: str, kind: str) -> Value:
    """A text as a value of a type. Raises ValueError with what it must be, as the end of a sentence."""
    if kind == "bool":
        word = text.lower()
        if word not in TRUE | FALSE:
            raise ValueError("must be `true` or `false`")
        return word in TRUE
    if kind == "int":
        return whole_number(text)
    if kind == "float":
        return finite_number(text)
    if (words := choices(kind)) and text not in words:
        raise ValueError("must be one of " + ", ".join(f"`{one}`" for one in words))
    if "\0" in text:
        raise ValueError("must not contain the character NUL")
    return text


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def finite_number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not isfinite(found):
        raise ValueError("must be a number")
    return found


def folded(name: str) -> str:
    """What two names of parameters must not share, as both name one variable."""
    return name.replace("-", "_").lower()
