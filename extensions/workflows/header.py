"""The header of a script: what its first comments say about it, read without running or parsing any of its code.

A line `# @key: value` (the colon may be missing) says one thing; the header ends with the first line of code, so that docstrings are no part of it. In goes text, out comes a
`Header`; a line that says nothing sensible is a warning with its number, never an exception. A block of PEP 723 counts wherever it stands in a Python file, as it does for uv.
"""

from __future__ import annotations

import json
import os
import re
from math import isfinite

from mlpy.extensions.workflows.languages import LANGUAGES, interpreted_by, shebang

from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from mlpy.extensions.workflows.languages import Language

    Value: TypeAlias = str | int | float | bool | None
    Lines: TypeAlias = Iterator[tuple[int, str]]  # numbers of lines, and what stands in their comments

LARGEST = 16 * 1024 * 1024  # bytes of a script
MOST_RETRIES = 100
LONGEST = 1000  # characters that an entry may say, which leaves room in every field of a record
TYPES = ("bool", "choice", "float", "int", "path", "str")

ENTRY = re.compile(r"@([A-Za-z][\w-]*)(?::\s*|\s+|$)(.*)", re.DOTALL)
PARAMETER = re.compile(r"""([A-Za-z]\w*(?:-\w+)*)(?::(choice\([^()]*\)|\w+))?(?:=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S*))?(?:\s+(.*))?""", re.ASCII | re.DOTALL)
CHOICE = re.compile(r"choice\(([^()]*)\)")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
WORD = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,]+)""")
COMMAND = re.compile(r"\w[\w.-]{0,254}", re.ASCII)
# Commas of versions (`>=2,<3`) and of extras do not separate requirements; only what may begin a name does.
BETWEEN = re.compile(r",\s*(?=[A-Za-z0-9])(?![^\[\]]*\])|(?<![<>=!~,;@(])\s+(?=[A-Za-z])")
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")  # the pattern of PEP 723
FENCE = re.compile(r"/// [a-zA-Z0-9-]+")


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
        found = CHOICE.fullmatch(self.type)
        return tuple(found[1].split("|")) if found else ()

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
        self.warnings.append((line, message))


# ── from text to lines of comments ──


def read(source: str, language: Language) -> Header:
    """The header of a script, by its text."""
    header = Header()
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    if language.name == "notebook":
        of_notebook(source, header)
        return header
    lines = source.split("\n")
    words = shebang(lines[0])
    if words and interpreted_by(words[0]) is None:
        header.warn(1, f"no language is known that `{os.path.basename(words[0])}` runs")
    fill(header, comments(lines, language))
    if language.name == "python":
        of_block(source, header)
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


def comments(lines: list[str], language: Language) -> Lines:
    """What stands in the comments before the first line of code."""
    depth = 0  # of comments of several lines, which nest in ML
    opening, closing = language.block or ("", "")
    fenced = False  # in a block of PEP 723, whose lines are TOML
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if depth:
            depth = depth_after(text, language, depth)
            yield number, text.partition(closing)[0].lstrip("*").strip()
            if depth < 0:
                return
        elif not text or (number == 1 and text.startswith("#!")):
            continue
        elif text.startswith(language.comment):
            said = text.removeprefix(language.comment).strip()
            fenced = said != "///" if fenced else FENCE.fullmatch(said) is not None and language.name == "python"
            if not fenced:
                yield number, said.lstrip(language.comment[0]).strip()
        elif opening and text.startswith(opening):
            depth = depth_after(text.removeprefix(opening), language, 1)
            yield number, text.removeprefix(opening).partition(closing)[0].lstrip("*").strip()
            if depth < 0:
                return
        else:
            return


def depth_after(text: str, language: Language, depth: int) -> int:
    """How deep in comments of several lines the end of a line is; -1 where code follows the end of the last one."""
    assert language.block is not None
    opening, closing = language.block
    while text:
        ahead, begins = text.find(closing), text.find(opening) if language.name == "ml" else -1
        if 0 <= begins < ahead or (begins >= 0 > ahead):
            depth, text = depth + 1, text[begins + len(opening) :]
        elif ahead >= 0:
            depth, text = depth - 1, text[ahead + len(closing) :]
            if depth == 0:
                return 0 if not text.strip() else -1
        else:
            break
    return depth


def of_notebook(source: str, header: Header) -> None:
    """The header of a notebook: what its metadata say under `workflow`, then its first cell."""
    try:
        notebook = json.loads(source)
    except (ValueError, RecursionError):
        header.warn(1, "it is no JSON, which a notebook is")
        return
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        header.warn(1, "it has no cells, which a notebook has")
        return
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        fill(header, of_metadata(metadata))
    first = cells[0] if cells and isinstance(cells[0], dict) else {}
    lines = cell_text(first).split("\n")
    if first.get("cell_type") == "code":
        fill(header, comments(lines, kernel_language(metadata)))
        of_block("\n".join(lines) + "\n", header)
    else:
        fill(header, enumerate((line.strip() for line in lines), 1))


def cell_text(cell: dict[str, object]) -> str:
    """The text of a cell, which the format keeps as a text or as a list of lines."""
    source = cell.get("source")
    return "".join(map(str, source)) if isinstance(source, list) else source if isinstance(source, str) else ""


def kernel_language(metadata: object) -> Language:
    """What the cells of a notebook are written in: Python, unless its kernel says otherwise."""
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    said = kernel.get("language") if isinstance(kernel, dict) else None
    return LANGUAGES.get(said.lower(), LANGUAGES["python"]) if isinstance(said, str) else LANGUAGES["python"]


def of_metadata(metadata: dict[str, object]) -> Lines:
    """The metadata of a notebook as the lines of a header."""
    said = metadata.get("workflow")
    for key, value in said.items() if isinstance(said, dict) else ():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int | float):
                yield 1, f"@{key}: {one}"
    title, authors = metadata.get("title"), metadata.get("authors")
    if isinstance(title, str) and not (isinstance(said, dict) and "description" in said):
        yield 1, f"@description: {title}"
    names = [name for one in authors if isinstance(one, dict) and isinstance(name := one.get("name"), str)] if isinstance(authors, list) else []
    if names and not (isinstance(said, dict) and "author" in said):
        yield 1, f"@author: {', '.join(names)}"


# ── from lines to what they say ──


def fill(header: Header, lines: Lines) -> None:
    """Takes over what lines of comments say."""
    seen: dict[str, int] = {}
    for number, text in lines:
        found = ENTRY.fullmatch(text)
        if found is None or found[2].startswith("{"):  # what describes a function of JavaScript: `@param {string} name`
            continue
        key, value = found[1].lower().replace("-", "_"), found[2].strip()
        read_entry = KEYS.get(key)
        if read_entry is None:
            close = nearest(key, KEYS)
            if close:
                header.warn(number, f"unknown entry `@{found[1]}`: did you mean `@{close.replace('_', '-')}`?")
        elif not value:
            header.warn(number, f"`@{found[1]}` says nothing")
        elif len(value) > LONGEST:
            header.warn(number, f"`@{found[1]}` says more than {LONGEST} characters")
        elif key in SINGLE and key in seen:
            header.warn(number, f"`@{found[1]}` stands in line {seen[key]}, too: that one counts")
        else:
            seen.setdefault(key, number)
            try:
                read_entry(header, key, value)
            except ValueError as error:
                header.warn(number, f"`@{found[1]}`: {error}")


def text_entry(header: Header, key: str, value: str) -> None:
    setattr(header, key, value)


def command_entry(header: Header, key: str, value: str) -> None:
    if COMMAND.fullmatch(value) is None:
        raise ValueError(f"`{shortened(value)}` is no name of a command")
    setattr(header, key, value)


def words_entry(header: Header, key: str, value: str) -> None:
    found: list[str] = getattr(header, key)
    found += [one for one in map(unquoted, WORD.findall(value)) if one and one not in found]


def whole_entry(header: Header, key: str, value: str) -> None:
    found: list[str] = getattr(header, {"grant": "grants"}.get(key, key))
    if value not in found:
        found.append(value)


def requires_entry(header: Header, _: str, value: str) -> None:
    pieces = re.split(r",\s*(?=[A-Za-z0-9])(?![^\[\]]*\])", value) if ";" in value or " @ " in value else BETWEEN.split(value)
    header.requires += [one for piece in pieces if (one := piece.strip().rstrip(",")) and one not in header.requires]


def file_entry(header: Header, _: str, value: str) -> None:
    value = unquoted(value)
    if os.path.isabs(value) or ".." in value.split("/") or "\\" in value or "\0" in value:
        raise ValueError(f"`{shortened(value)}` leads out of the folder")
    header.requires_file = os.path.normpath(value)


def retries_entry(header: Header, _: str, value: str) -> None:
    if not value.isascii() or not value.isdigit() or len(value) > 3 or int(value) > MOST_RETRIES:
        raise ValueError(f"`{shortened(value)}` is no number from 0 to {MOST_RETRIES}")
    header.retries = int(value)


def timeout_entry(header: Header, _: str, value: str) -> None:
    header.timeout = seconds(value)


def parameter_entry(header: Header, _: str, value: str) -> None:
    made = parameter(value)
    if any(folded(one.name) == folded(made.name) for one in header.params):
        raise ValueError(f"there is a parameter `{made.name}` already")
    header.params.append(made)


KEYS: dict[str, Callable[[Header, str, str], None]] = {
    "author": text_entry,
    "category": text_entry,
    "deprecated_entry_point": command_entry,
    "description": text_entry,
    "entry_point": command_entry,
    "grant": whole_entry,
    "group": text_entry,
    "inputs": words_entry,
    "install_hint": text_entry,
    "needs": words_entry,
    "outputs": words_entry,
    "param": parameter_entry,
    "requires": requires_entry,
    "requires_file": file_entry,
    "retries": retries_entry,
    "tags": words_entry,
    "timeout": timeout_entry,
    "version": text_entry,
}
SINGLE = frozenset(KEYS) - {"grant", "inputs", "needs", "outputs", "param", "requires", "tags"}


def parameter(text: str) -> Parameter:
    """A parameter as a header declares it: `name:type=default help`, of which only the name must be there.

    Raises:
        ValueError: what is wrong, as the end of a sentence.
    """
    found = PARAMETER.fullmatch(text)
    if found is None:
        raise ValueError(f"`{shortened(text)}` is no parameter: write `name:type=default help`")
    name, kind, default, help_text = found[1], found[2] or "str", found[3], found[4] or ""
    choice = CHOICE.fullmatch(kind)
    if choice is not None:
        words = [word.strip() for word in choice[1].split("|")]
        if not all(words) or len(set(words)) < len(words):
            raise ValueError(f"the choices of `{name}` must be words that differ")
        kind = f"choice({'|'.join(words)})"
    elif kind not in TYPES or kind == "choice":
        close = nearest(kind, TYPES)
        raise ValueError(
            f"unknown type `{kind}`"
            + (f": did you mean `{'choice(a|b)' if close == 'choice' else close}`?" if close else ": it is one of `str`, `int`, `float`, `bool`, `path`, `choice(a|b)`")
        )
    if default is None:
        return Parameter(name, kind, False if kind == "bool" else None, help_text, required=kind != "bool")
    try:
        return Parameter(name, kind, convert(unquoted(default), kind), help_text)
    except ValueError as error:
        raise ValueError(f"the default of `{name}` {error}") from None


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
    choice = CHOICE.fullmatch(kind)
    if choice is not None and text not in choice[1].split("|"):
        raise ValueError("must be one of " + ", ".join(f"`{one}`" for one in choice[1].split("|")))
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


def seconds(text: str) -> float:
    """A duration such as `90`, `500ms`, `5m` or `1h30m` in seconds.

    Raises:
        ValueError: where it is none, or nothing.
    """
    total, at, compact = 0.0, 0, text.strip()
    while at < len(compact):
        found = DURATION.match(compact, at)
        if found is None or (not found[2] and (at or found.end() < len(compact))):
            total = 0.0
            break
        total += float(found[1]) * SECONDS[found[2] or "s"]
        at = found.end()
    if not 0 < total < float("inf"):
        raise ValueError(f"`{shortened(text)}` is no duration such as `90s`, `5m` or `1h30m`")
    return total


def of_block(source: str, header: Header) -> None:
    """The block of PEP 723 that the text of a script has, if any."""
    if "# /// script" not in source:
        return
    found = [one for one in BLOCK.finditer(source + "\n") if one["type"] == "script"]
    if not found:
        header.warn(source[: source.index("# /// script")].count("\n") + 1, "the block `# /// script` has no end `# ///`")
        return
    line = source.count("\n", 0, found[0].start()) + 1
    if len(found) > 1:
        header.warn(source.count("\n", 0, found[1].start()) + 1, f"the block `# /// script` stands in line {line}, too: there may be one")
        return
    import tomllib  # noqa: PLC0415  few scripts have such a block

    content = "".join(one[2:] if one.startswith("# ") else one[1:] for one in found[0]["content"].splitlines(keepends=True))
    try:
        table = tomllib.loads(content)
    except (ValueError, RecursionError):
        header.warn(line, "the block `# /// script` is no TOML")
        return
    dependencies = table.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(one, str) and 0 < len(one) <= LONGEST for one in dependencies):
        header.warn(line, f"`dependencies` of the block `# /// script` must be a list of strings of at most {LONGEST} characters")
        return
    header.script = {str(key): plain(value) for key, value in table.items()}


def plain(value: object) -> object:
    """A value of TOML as JSON has it: dates are texts."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)) else str(value)


def unquoted(text: str) -> str:
    """A word without the quotes round it."""
    return ESCAPE.sub(r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def folded(name: str) -> str:
    """What two names of parameters must not share, as both name one variable."""
    return name.replace("-", "_").lower()


def shortened(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= 80 else text[:79] + "…"
