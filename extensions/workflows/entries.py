"""What the lines of a header say: `@key: value`, where the colon may be missing, and the block of PEP 723. In go lines with their numbers, out come the fields of a `Header`."""

from __future__ import annotations

import os
import re

from mlpy.extensions.workflows.header import Parameter, choices, convert, folded

from mlpy.cli.family import plain
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator

    from mlpy.extensions.workflows.comments import Lines
    from mlpy.extensions.workflows.header import Header

MOST_RETRIES = 100
LONGEST = 1000  # characters that an entry may say, which leaves room in every field of a record
MOST = 1000  # entries, and things in a list of them
TYPES = ("bool", "choice", "float", "int", "path", "str")

ENTRY = re.compile(r"@([A-Za-z][\w-]*)(?::\s*|\s+|$)(.*)", re.DOTALL)
PARAMETER = re.compile(r"""([A-Za-z]\w*(?:-\w+)*)(?::(choice\([^()]*\)|\w+))?(?:=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S*))?(?:\s+(.*))?""", re.ASCII | re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
WORD = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,]+)""")
COMMAND = re.compile(r"\w[\w.-]{0,254}", re.ASCII)
# Commas of versions (`>=2,<3`) and of extras do not separate requirements; only what may begin a name does.
BETWEEN = re.compile(r",\s*(?=[A-Za-z0-9])(?![^\[\]]*\])|(?<![<>=!~,;@(])\s+(?=[A-Za-z])")
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
LONGEST_DURATION = 366 * 86_400.0  # seconds
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
FENCE = re.compile(r"# /// ([a-zA-Z0-9-]+)")  # begins a block of PEP 723


def fill(header: Header, lines: Lines, *, sandboxed: bool = False) -> None:
    """Takes over what lines of comments say; a script that is `sandboxed` has no Python packages, whose installation would happen outside."""
    seen: dict[str, int] = {}
    count = 0
    for number, text in lines:
        found = ENTRY.fullmatch(text)
        if found is None or found[2].startswith("{"):  # what describes a function of JavaScript: `@param {string} name`
            continue
        count += 1
        if count > MOST:
            header.warn(number, f"a header has at most {MOST} entries")
            return
        key, value = found[1].lower().replace("-", "_"), found[2].strip()
        read_entry = KEYS.get(key)
        if read_entry is None:
            close = nearest(key, KEYS)
            if close:
                header.warn(number, f"unknown entry `@{found[1]}`: did you mean `@{close.replace('_', '-')}`?")
        elif not value:
            header.warn(number, f"`@{found[1]}` says nothing")
        elif sandboxed and key in PACKAGES:
            header.warn(number, f"`@{found[1]}` is for Python packages, which a workflow in ML does not get")
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
    extend(getattr(header, key), map(unquoted, WORD.findall(value)))


def grant_entry(header: Header, _: str, value: str) -> None:
    extend(header.grants, [value])


def requires_entry(header: Header, _: str, value: str) -> None:
    pieces = re.split(r",\s*(?=[A-Za-z0-9])(?![^\[\]]*\])", value) if ";" in value or " @ " in value else BETWEEN.split(value)
    extend(header.requires, (piece.strip().rstrip(",") for piece in pieces))


def extend(listed: list[str], said: Iterable[str]) -> None:
    """Adds to a list what is not in it."""
    listed[:] = [one for one in dict.fromkeys([*listed, *said]) if one]
    if len(listed) > MOST:
        del listed[MOST:]
        raise ValueError(f"there may be {MOST} of them")


def file_entry(header: Header, _: str, value: str) -> None:
    value = unquoted(value)
    path = os.path.normpath(value)
    if os.path.isabs(path) or path.split("/")[0] in (".", "..") or "\\" in path or "\0" in path:
        raise ValueError(f"`{shortened(value)}` is no file in the folder")
    header.requires_file = path


def retries_entry(header: Header, _: str, value: str) -> None:
    if not value.isascii() or not value.isdigit() or len(value) > 3 or int(value) > MOST_RETRIES:
        raise ValueError(f"`{shortened(value)}` is no number from 0 to {MOST_RETRIES}")
    header.retries = int(value)


def timeout_entry(header: Header, _: str, value: str) -> None:
    header.timeout = seconds(value)


def parameter_entry(header: Header, _: str, value: str) -> None:
    made = parameter(value)
    same = next((one.name for one in header.params if folded(one.name) == folded(made.name)), None)
    if same is not None:
        raise ValueError(f"there is a parameter `{same}` already")
    header.params.append(made)


KEYS: dict[str, Callable[[Header, str, str], None]] = {
    "author": text_entry,
    "category": text_entry,
    "deprecated_entry_point": command_entry,
    "description": text_entry,
    "entry_point": command_entry,
    "grant": grant_entry,
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
PACKAGES = frozenset(("requires", "requires_file"))
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
    if "(" in kind:
        words = [word.strip() for word in choices(kind)]
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


def seconds(text: str) -> float:
    """A duration such as `90`, `500ms`, `5m` or `1h30m` in seconds.

    Raises:
        ValueError: where it is none, or nothing, or more than a year.
    """
    total, at, compact = 0.0, 0, text.strip()
    while at < len(compact):
        found = DURATION.match(compact, at)
        if found is None or (not found[2] and (at or found.end() < len(compact))):
            total = 0.0
            break
        total += float(found[1]) * SECONDS[found[2] or "s"]
        at = found.end()
    if not total > 0:
        raise ValueError(f"`{shortened(text)}` is no duration such as `90s`, `5m` or `1h30m`")
    if total > LONGEST_DURATION:
        raise ValueError(f"`{shortened(text)}` is more than a year")
    return total


def fill_block(header: Header, source: str) -> None:
    """Takes over the block of PEP 723 that the text of a script has, if any."""
    if "# /// script" not in source:
        return
    lines = source.split("\n")
    found = [(number, content) for number, kind, content in blocks(lines) if kind == "script"]
    if not found:
        if "# /// script" in lines:
            header.warn(lines.index("# /// script") + 1, "the block `# /// script` has no end `# ///`")
        return
    (number, content), *others = found
    if others:
        header.warn(others[0][0], f"the block `# /// script` stands in line {number}, too: there may be one")
        return
    import tomllib  # noqa: PLC0415  few scripts have such a block

    try:
        table = tomllib.loads("\n".join(line[2:] if line.startswith("# ") else line[1:] for line in content))
    except (ValueError, RecursionError):
        header.warn(number, "the block `# /// script` is no TOML")
        return
    listed = table.get("dependencies", [])
    if not isinstance(listed, list) or len(listed) > MOST or not all(isinstance(one, str) and 0 < len(one) <= LONGEST for one in listed):
        header.warn(number, f"`dependencies` of the block `# /// script` must be a list of at most {MOST} strings of at most {LONGEST} characters")
        return
    header.script = {str(key): plain(value) for key, value in table.items()}


def blocks(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """The number, the type and the lines of each block, as the pattern of PEP 723 finds them, but in one pass: a block ends with the last fence of the comments that it begins."""
    at = 0
    while at < len(lines):
        found = FENCE.fullmatch(lines[at])
        end = behind = at + 1
        while found and behind < len(lines) and (lines[behind] == "#" or lines[behind].startswith("# ")):
            if lines[behind] == "# ///" and behind > at + 1:
                end = behind
            behind += 1
        if found and end > at + 1:
            yield at + 1, found[1], lines[at + 1 : end]
            behind = end + 1
        at = behind


def unquoted(text: str) -> str:
    """A word without the quotes round it."""
    return ESCAPE.sub(r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def shortened(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= 80 else text[:79] + "…"
