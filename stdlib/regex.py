"""Regular expressions on RE2: Python's syntax and meaning, matched in linear time, so that no pattern can hang a program.

`_patterns.py` reads a pattern, writes it as RE2 wants it and runs it. A pattern that only backtracking can match (backreferences, lookaround) is refused with a way out;
in the worker of a sandbox, which is ended when it takes for ever, `_backtracking.py` runs it.
"""

from __future__ import annotations

from mlpy.stdlib import _patterns as patterns
from mlpy.stdlib._patterns import KNOWN_FLAGS, PatternError, Program, compile_program

from mlpy.errors import MLError
from mlpy.runtime.members import check_whole
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, a_type, string_text, too_many_items, too_much_text
from mlpy.sdk import handle, hosted, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator

    from mlpy.stdlib._patterns import Span

    Replacement = str | Callable[[object], object]

SPECIAL = frozenset("()[]{}?*+-|^$\\.&~# \t\n\r\v\f")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
CACHED = 64
DIGITS = frozenset("0123456789")


@ml_module("regex", version="1.0.0", interruptible=True)
class Regex:
    r"""Regular expressions that match in linear time.

    ```ml
    import regex;
    m = regex.search("(?P<year>\d{4})-(?P<month>\d\d)", "due 2024-05");
    print(m.group("year"), m.groupDict());
    print(regex.sub("(\w+)@(\w+)", "\2 at \1", "ada@home"));
    ```

    The syntax and the meaning are those of Python's `re`, with three differences:

    - Backreferences, lookaround, conditional and atomic groups and possessive repetition need backtracking, which can take for ever. They
      are errors, whose hints say how to do without, unless the program runs in a sandbox.
    - Behind an empty match the search goes on one character later: `a??` finds two empty matches in `"a"` and does not go back for the `a`.
    - A part can be repeated at most 1,000 times, and `\p{L}` stands for the letters of Unicode (any of its classes can be named).

    `findall` gives an array for each match where the pattern has several groups. Flags are numbers to add:
    `regex.IGNORECASE() + regex.DOTALL()`. A text may be so long that its length times the size of the compiled pattern stays below 200
    million: some million characters for an ordinary pattern.

    In a sandbox (`mlpy run --sandbox`, `mlpy.Sandbox`, `Engine(isolation="process")`) patterns that need backtracking run, and
    `regex.isLinear(pattern)` tells which do. There the time limit ends a search, by ending the worker: the program cannot go on, its host
    does. Without a time limit only `cancel` or Ctrl-C does. With `IGNORECASE` such patterns take `ı` and `İ` for an `i`, as Python does.
    """


@ml_class("Pattern")
class Pattern:
    """A compiled regular expression."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __str__(self) -> str:
        return f"<Pattern {string_text(self.program.source)}>"

    @ml_function
    def pattern(self) -> str:
        """The pattern as it was written. Example: `regex.compile("a+").pattern()` → `"a+"`."""
        return self.program.source

    @ml_function
    def flags(self) -> int:
        """The flags that it was compiled with. Example: `regex.compile("a", regex.DOTALL()).flags()` → `16`."""
        return self.program.flags

    @ml_function
    def search(self, text: str) -> Match | None:
        """The first match anywhere in a text, else null. Example: `regex.compile("b+").search("abbb").value()` → `"bbb"`."""
        return first(self.program, text, "search")

    @ml_function
    def match(self, text: str) -> Match | None:
        """The match at the start of a text, else null. Example: `regex.compile("a").match("ba")` → `null`."""
        return first(self.program, text, "match")

    @ml_function
    def fullmatch(self, text: str) -> Match | None:
        """The match of a whole text, else null. Example: `regex.compile("a+").fullmatch("aab")` → `null`."""
        return first(self.program, text, "fullmatch")

    @ml_function
    def test(self, text: str) -> bool:
        """Whether a text contains a match. Example: `regex.compile("[0-9]").test("a1")` → `true`."""
        return first(self.program, text, "search") is not None

    @ml_function
    def findall(self, text: str) -> list[object]:
        """All matches: texts, or arrays of the groups where there are several. Example: `regex.compile("[0-9]+").findall("1, 22")` → `["1", "22"]`."""
        return found_texts(self.program, text)

    @ml_function
    def finditer(self, text: str) -> list[Match]:
        """An array of all matches. Example: `regex.compile("a").finditer("aa").length` → `2`."""
        return matches(self.program, text)

    @ml_function
    def count(self, text: str) -> int:
        """How many matches a text has. Example: `regex.compile("a").count("banana")` → `3`."""
        return sum(1 for _ in self.program.spans(need_text(text)))

    @ml_function
    def split(self, text: str, max: int = 0) -> list[str | None]:  # noqa: A002  the name in the language
        """The parts of a text between matches, at most so many cuts. Example: `regex.compile(",").split("a,b,c", 1)` → `["a", "b,c"]`."""
        return parts_between(self.program, text, max)

    @ml_function
    def sub(self, replacement: Replacement, text: str, count: int = 0) -> str:
        """The text with its matches replaced. Example: `regex.compile("a").sub("o", "banana", 2)` → `"bonona"`."""
        return replaced(self.program, replacement, text, count)[0]

    @ml_function
    def subn(self, replacement: Replacement, text: str, count: int = 0) -> list[object]:
        """The text with its matches replaced, and how many there were. Example: `regex.compile("a").subn("o", "banana")` → `["bonono", 3]`."""
        return [*replaced(self.program, replacement, text, count)]


@ml_class("Match")
class Match:
    """One match: its text, its place, and those of its groups."""

    def __init__(self, program: Program, text: str, spans: list[Span]) -> None:
        self.program = program
        self.text = text
        self.spans = spans

    def __str__(self) -> str:
        return f"<Match {string_text(self.piece(0) or '')}>"

    def piece(self, group: int) -> str | None:
        """The text of a group, None where it took no part."""
        start, end = self.spans[group]
        return None if start < 0 else self.text[start:end]

    def number(self, group: object) -> int:
        """The number of a group that is given by number or name; an IndexError where there is none."""
        found = self.program.names.get(group) if type(group) is str else group
        if type(found) is not int or not 0 <= found < len(self.spans):
            name = f"`{group}`" if type(group) in (str, int) else a_type(group)
            known = ", ".join([*map(str, range(1, len(self.spans))), *self.program.names])
            raise MLError(f"the pattern has no group {name}", "IndexError", hint=f"its groups are {known}" if known else "parentheses make a group")
        return found

    @ml_function
    def value(self) -> str:
        """The text of the match. Example: `regex.search("b+", "abbb").value()` → `"bbb"`."""
        return self.text[slice(*self.spans[0])]

    @ml_function
    def group(self, group: int | str = 0) -> str | None:
        """The text of a group by number or name, null where it took no part. Example: `regex.search("(a)(b)", "ab").group(2)` → `"b"`."""
        return self.piece(self.number(group))

    @ml_function
    def groups(self, default: object = None) -> list[object]:
        """The texts of all groups. Example: `regex.search("(a)|(b)", "b").groups()` → `[null, "b"]`."""
        return [self.text[start:end] if start >= 0 else default for start, end in self.spans[1:]]

    @ml_function
    def group_dict(self, default: object = None) -> dict[str, object]:
        """The texts of the groups that have names. Example: `regex.search("(?P<x>a)", "a").groupDict()` → `{x: "a"}`."""
        pieces = {name: self.piece(number) for name, number in self.program.names.items()}
        return {name: default if piece is None else piece for name, piece in pieces.items()}

    @ml_function
    def start(self, group: int | str = 0) -> int:
        """Where the match or a group begins, -1 if it took no part. Example: `regex.search("b", "ab").start()` → `1`."""
        return self.spans[self.number(group)][0]

    @ml_function
    def end(self, group: int | str = 0) -> int:
        """Where the match or a group ends, -1 if it took no part. Example: `regex.search("b", "ab").end()` → `2`."""
        return self.spans[self.number(group)][1]

    @ml_function
    def span(self, group: int | str = 0) -> list[int]:
        """Start and end. Example: `regex.search("b", "ab").span()` → `[1, 2]`."""
        return [*self.spans[self.number(group)]]

    @ml_function
    def last_group(self) -> str | None:
        """The name of the group that was closed last, null if it has none. Example: `regex.search("(?P<x>a)", "a").lastGroup()` → `"x"`."""
        number = self.program.last_closed(self.spans)
        return next((name for name, at in self.program.names.items() if at == number), None)

    @ml_function
    def group_count(self) -> int:
        """How many groups the pattern has. Example: `regex.search("(a)(b)", "ab").groupCount()` → `2`."""
        return len(self.spans) - 1

    @ml_function
    def expand(self, template: str) -> str:
        r"""A template with `\1` or `\g<name>` replaced by groups. Example: `regex.search("(a)(b)", "ab").expand("\2\1")` → `"ba"`."""
        pieces = [piece if type(piece) is str else self.piece(piece) or "" for piece in template_pieces(template, self.program)]  # type: ignore[arg-type]  # the others are numbers
        if sum(map(len, pieces)) > MAX_TEXT:
            too_much_text()
        return "".join(pieces)


# ── functions ──


@ml_function
def compile(pattern: str | Pattern, flags: int = 0) -> Pattern:  # noqa: A001  the name in the language
    """A pattern to use many times. Example: `regex.compile("a+").test("caat")` → `true`."""
    return handle(Pattern(program_of(pattern, flags)))


@ml_function
def search(pattern: str | Pattern, text: str, flags: int = 0) -> Match | None:
    """The first match anywhere in a text, else null. Example: `regex.search("[0-9]+", "room 12").value()` → `"12"`."""
    return first(program_of(pattern, flags), text, "search")


@ml_function
def match(pattern: str | Pattern, text: str, flags: int = 0) -> Match | None:
    """The match at the start of a text, else null. Example: `regex.match("[0-9]+", "room 12")` → `null`."""
    return first(program_of(pattern, flags), text, "match")


@ml_function
def fullmatch(pattern: str | Pattern, text: str, flags: int = 0) -> Match | None:
    """The match of a whole text, else null. Example: `regex.fullmatch("[a-z]+", "room").value()` → `"room"`."""
    return first(program_of(pattern, flags), text, "fullmatch")


@ml_function
def test_(pattern: str | Pattern, text: str, flags: int = 0) -> bool:  # noqa: PT028  no test of pytest
    """Whether a text contains a match. Example: `regex.test("o{2}", "room")` → `true`."""
    return first(program_of(pattern, flags), text, "search") is not None


@ml_function
def findall(pattern: str | Pattern, text: str, flags: int = 0) -> list[object]:
    r"""All matches: texts, or arrays of the groups where there are several. Example: `regex.findall("\w+", "to be")` → `["to", "be"]`."""
    return found_texts(program_of(pattern, flags), text)


@ml_function
def finditer(pattern: str | Pattern, text: str, flags: int = 0) -> list[Match]:
    """An array of all matches. Example: `regex.finditer("a", "aba").map(fn(m) => m.start())` → `[0, 2]`."""
    return matches(program_of(pattern, flags), text)


@ml_function
def count(pattern: str | Pattern, text: str, flags: int = 0) -> int:
    """How many matches a text has. Example: `regex.count("an", "banana")` → `2`."""
    return sum(1 for _ in program_of(pattern, flags).spans(need_text(text)))


@ml_function
def split(pattern: str | Pattern, text: str, max: int = 0, flags: int = 0) -> list[str | None]:  # noqa: A002  the name in the language
    """The parts of a text between matches, with the pattern's groups among them. Example: `regex.split(", *", "a, b,c")` → `["a", "b", "c"]`."""
    return parts_between(program_of(pattern, flags), text, max)


@ml_function
def sub(pattern: str | Pattern, replacement: Replacement, text: str, count: int = 0, flags: int = 0) -> str:
    r"""The text with its matches replaced: by a template with `\1` or `\g<name>`, or by what a function gives for each match.

    Example: `regex.sub("(\w+)@(\w+)", "\2 at \1", "ada@home")` → `"home at ada"`.
    """
    return replaced(program_of(pattern, flags), replacement, text, count)[0]


@ml_function
def subn(pattern: str | Pattern, replacement: Replacement, text: str, count: int = 0, flags: int = 0) -> list[object]:
    """The text with its matches replaced, and how many there were. Example: `regex.subn("a", "o", "banana")` → `["bonono", 3]`."""
    return [*replaced(program_of(pattern, flags), replacement, text, count)]


@ml_function
def escape(text: str) -> str:
    r"""A pattern that matches a text as it stands. Example: `regex.escape("1+1")` → `"1\\+1"`."""
    return "".join([f"\\{letter}" if letter in SPECIAL else letter for letter in need_text(text)])


@ml_function
def is_valid(pattern: str) -> bool:
    """Whether a pattern can be compiled here. Example: `regex.isValid("(")` → `false`."""
    try:
        program_of(pattern, 0)
    except MLError as error:
        if error.type == "ValueError":
            return False
        raise
    return True


@ml_function
def is_linear(pattern: str) -> bool:
    r"""Whether a pattern can be matched in linear time, as every pattern must be outside of a sandbox. Example: `regex.isLinear(r"(a)\1")` → `false`."""
    try:
        program_of(pattern, 0, linear=True)
    except PatternError as refusal:
        if refusal.backtracking:
            return False
        raise
    return True


@ml_function(name="IGNORECASE")
def ignore_case() -> int:
    """The flag by which capital and small letters match each other. Example: `regex.test("ROOM", "room", regex.IGNORECASE())` → `true`."""
    return patterns.IGNORE_CASE


@ml_function(name="MULTILINE")
def multi_line() -> int:
    r"""The flag by which `^` and `$` match at each line. Example: `regex.findall("^.", "a\nb", regex.MULTILINE())` → `["a", "b"]`."""
    return patterns.MULTI_LINE


@ml_function(name="DOTALL")
def dot_all() -> int:
    r"""The flag by which `.` matches line ends too; add flags to combine them. Example: `regex.test("a.b", "a\nb", regex.DOTALL())` → `true`."""
    return patterns.DOT_ALL


@ml_function(name="VERBOSE")
def verbose() -> int:
    """The flag by which white space and `#` comments in a pattern do not count. Example: `regex.test("a b # comment", "ab", regex.VERBOSE())` → `true`."""
    return patterns.VERBOSE_FLAG


@ml_function(name="ASCII")
def ascii_() -> int:
    r"""The flag by which `\w \d \s \b` know ASCII only. Example: `regex.findall("\w+", "café", regex.ASCII())` → `["caf"]`."""
    return patterns.ASCII_FLAG


@ml_function(name="UNICODE")
def unicode_() -> int:
    r"""The flag by which `\w \d \s \b` know all of Unicode, as they do anyway. Example: `regex.findall("\w+", "café", regex.UNICODE())` → `["café"]`."""
    return patterns.UNICODE_FLAG


# ── how ──


cache: dict[tuple[str, int], Program] = {}


def program_of(pattern: object, flags: object, *, linear: bool = False) -> Program:
    """The program of a pattern, from the cache if it is there; a Pattern is its own. Raises PatternError, also for one that is to be `linear` and is not."""
    found = hosted(pattern, Pattern)
    if found is not None:
        if flags:
            raise MLError("a compiled pattern has its flags already", "ValueError", hint="give the flags to `compile`")
        return compile_program(found.program.source, found.program.flags, linear=True) if linear else found.program
    if type(pattern) is not str:
        raise wrong_type(pattern, "pattern", "a string or a Pattern")
    if not isinstance(flags, int):
        raise wrong_type(flags, "flags", "a whole number")
    key = (pattern, int(flags))
    program = cache.get(key)
    if program is None or (linear and not program.linear):
        if key[1] & ~KNOWN_FLAGS:
            raise MLError(f"`{key[1]}` is no sum of flags", "ValueError", hint="add each flag once: `regex.IGNORECASE() + regex.DOTALL()`")
        program = compile_program(*key, linear=linear)
        if len(cache) >= CACHED:
            cache.clear()  # in one step: other threads use it too
        cache[key] = program
    return program


def need_text(text: object) -> str:
    """The text, or a TypeError unless it is a string."""
    if type(text) is not str:
        raise wrong_type(text, "text", "a string")
    return text


def first(program: Program, text: str, anchor: str) -> Match | None:
    """The first match under an anchor: `search`, `match` or `fullmatch`."""
    spans = program.first(need_text(text), anchor)
    return None if spans is None else handle(Match(program, text, spans))


def matches(program: Program, text: str) -> list[Match]:
    """All matches, left to right, none overlapping another."""
    return sized([handle(Match(program, text, spans)) for spans in program.spans(need_text(text))])


def sized(items: list[Match]) -> list[Match]:
    """The array itself if it is not too large."""
    if len(items) > MAX_ITEMS:
        too_many_items()
    return items


def found_texts(program: Program, text: str) -> list[object]:
    """What `findall` gives: a group that took no part counts as empty."""
    if program.groups > 1:
        return [[text[start:end] if start >= 0 else "" for start, end in spans[1:]] for spans in program.spans(need_text(text))]
    return [text[start:end] if start >= 0 else "" for start, end in [spans[program.groups] for spans in program.spans(need_text(text))]]


def cut_by(program: Program, text: str, most: int) -> Iterator[list[Span]]:
    """The spans of at most so many matches; 0 means all."""
    if most < 0:
        return
    for number, spans in enumerate(program.spans(need_text(text)), 1):
        yield spans
        if number == most:
            return


def parts_between(program: Program, text: str, most: int) -> list[str | None]:
    """The parts of a text that its matches leave, each followed by the groups of the match behind it."""
    check_whole("split", "max", most)
    parts: list[str | None] = []
    at = 0
    for spans in cut_by(program, text, most):
        parts.append(text[at : spans[0][0]])
        parts += [text[start:end] if start >= 0 else None for start, end in spans[1:]]
        at = spans[0][1]
    return [*parts, need_text(text)[at:]]


def replaced(program: Program, replacement: object, text: str, most: int) -> tuple[str, int]:
    """The text with at most so many matches replaced, and their number."""
    check_whole("sub", "count", most)
    make = replacer(program, replacement, need_text(text))
    pieces: list[str] = []
    at = size = number = 0
    for spans in cut_by(program, text, most):
        piece = make(spans)
        pieces += (text[at : spans[0][0]], piece)
        size += len(piece)
        if size > MAX_TEXT:
            too_much_text()
        at = spans[0][1]
        number += 1
    return "".join([*pieces, text[at:]]), number


def replacer(program: Program, replacement: object, text: str) -> Callable[[list[Span]], str]:
    """What makes the text that stands in for a match."""
    if type(replacement) is str:
        pieces = template_pieces(replacement, program)
        if all(type(piece) is str for piece in pieces):
            whole = "".join(pieces)  # type: ignore[arg-type]  # just checked
            return lambda _: whole
        return lambda spans: "".join([piece if type(piece) is str else text[slice(*spans[piece])] if spans[piece] != patterns.NO_SPAN else "" for piece in pieces])  # type: ignore[index]  # the others are numbers
    if not callable(replacement):
        raise wrong_type(replacement, "replacement", "a string or a function")

    def call(spans: list[Span]) -> str:
        made = replacement(handle(Match(program, text, spans)))
        if type(made) is not str:
            raise MLError(f"the function must give a string for each match, not {a_type(made)}", "TypeError", hint="convert it with `str(…)`")
        return made

    return call


def template_pieces(template: object, program: Program) -> list[str | int]:
    r"""A replacement as texts and the numbers of groups: `\1`, `\g<1>`, `\g<name>`, and the escapes of characters."""
    if type(template) is not str:
        raise wrong_type(template, "template", "a string")
    pieces: list[str | int] = []
    at = 0
    while (slash := template.find("\\", at)) >= 0:
        pieces.append(template[at:slash])
        piece, at = template_escape(template, slash + 1, program)
        pieces.append(piece)
    return [*pieces, template[at:]]


def template_escape(template: str, at: int, program: Program) -> tuple[str | int, int]:
    """What a backslash before a place stands for, a group's number or a text, and where it ends."""
    letter = template[at : at + 1]
    if letter == "g":
        name, closed, _ = template[at + 2 :].partition(">")
        number = int(name) if DIGITS.issuperset(name) and 0 < len(name) < 4 else program.names.get(name)
        if template[at + 1 : at + 2] != "<" or not closed or number is None or number > program.groups:
            raise MLError(f"the pattern has no group `{name}`", "IndexError", hint="write it like `\\g<1>` or `\\g<name>`")
        return number, at + len(name) + 3
    if letter in DIGITS:
        end = at + 1 + (template[at + 1 : at + 2] in DIGITS)
        number = int(template[at:end])
        if not 0 < number <= program.groups:
            raise MLError(f"the pattern has no group `{number}`", "IndexError", hint="`\\g<0>` is the whole match")
        return number, end
    if letter in ESCAPES:
        return ESCAPES[letter], at + 1
    if not letter or (letter.isalpha() and letter.isascii()):
        raise MLError(f"`\\{letter}` has no meaning in a replacement", "ValueError", hint="write `\\\\` for a backslash")
    return f"\\{letter}", at + 1
