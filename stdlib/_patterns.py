r"""Patterns in Python's syntax, read once and written as RE2 wants them, so that they mean what Python's `re` means.

RE2 knows `\w \d \s \b` in ASCII only, and `$` only at the very end. For a text in ASCII that is enough. For any other text classes
are spelt out, and where a pattern asks for word boundaries (or for `$` before a last line end) the places of the text get marks
that say what holds there: an assertion takes a mark, everything else steps over them, and the spans are counted without them.

What RE2 cannot match at all is refused, unless `backtracking` is there to match it (`_backtracking.py`).
"""

from __future__ import annotations

from mlpy.errors import MLError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from re2 import _re2

    Span = tuple[int, int]
    Piece = tuple[str, ...]

IGNORE_CASE, MULTI_LINE, DOT_ALL, UNICODE_FLAG, VERBOSE_FLAG, ASCII_FLAG = 2, 8, 16, 32, 64, 256
KNOWN_FLAGS = IGNORE_CASE | MULTI_LINE | DOT_ALL | UNICODE_FLAG | VERBOSE_FLAG | ASCII_FLAG
FLAGS = {"i": IGNORE_CASE, "m": MULTI_LINE, "s": DOT_ALL, "x": VERBOSE_FLAG, "a": ASCII_FLAG, "u": UNICODE_FLAG}
MAX_PATTERN = 10_000
MAX_NESTED = 100
MAX_REPEAT = 1000
MAX_WORK = 200_000_000  # characters times instructions of one search, which takes 4 ns at the worst and cannot be interrupted
MEMORY = 4 << 20
SPACE = " \t\n\r\v\f"
DIGITS, OCTAL, HEX = frozenset("0123456789"), frozenset("01234567"), frozenset("0123456789abcdefABCDEF")
CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
ANCHORS: dict[str, object] = {}  # where a match must begin and end, by what functions of `re` are called; RE2's own values, told by `automaton`
NO_SPAN = (-1, -1)
OUTSIDE = "or run the program in a sandbox (`mlpy run --sandbox`, `mlpy.Sandbox`)"
# What RE2 has no groups for, by the marks behind `(?`.
LOOKAHEAD = "a lookahead", "match what follows too, and take a group of it"
LOOKBEHIND = "a lookbehind", "match what stands before too, and take a group of the rest"
AROUND = {"=": LOOKAHEAD, "!": LOOKAHEAD, "<=": LOOKBEHIND, "<!": LOOKBEHIND, ">": ("an atomic group", "write it as a plain one, `(?:…)`")}

# Noncharacters of Unicode that say which assertion holds at a place.
MARK = {
    "b unicode": "\U0001fffe", "B unicode": "\U0001ffff", "b ascii": "\U0002fffe", "B ascii": "\U0002ffff", "start": "\U0003fffe",
    "line start": "\U0003ffff", "end": "\U0004fffe", "line end": "\U0004ffff", "very end": "\U0005fffe",
}  # fmt: skip
MARKS = "".join(MARK.values())
MARK_BYTES = frozenset(mark.encode() for mark in MARKS)
MARK_SIZE = 4
RANGE = 2  # characters of an item in brackets that is a range; fewer are one character, more a class
MOST_DIGITS = 6  # of a group's number
MAX_MARKS = 4  # how many assertions can meet at one place
SKIP = f"[{MARKS}]*"
CLASSES = {
    "d ascii": "0-9", "w ascii": "0-9A-Za-z_", "s ascii": r"\t-\r ",
    "d unicode": r"\p{Nd}", "w unicode": r"\p{L}\p{N}_",
    "s unicode": r"\t-\r\x1c- \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}",
}  # fmt: skip
MEMBERS: dict[str, Callable[[str], bool]] = {"d": str.isdecimal, "w": lambda letter: letter.isalnum() or letter == "_", "s": str.isspace}


class PatternError(MLError):
    """A pattern that cannot be used; `backtracking` tells whether Python's `re` could."""

    def __init__(self, message: str, hint: str | None = None, *, backtracking: bool = False) -> None:
        super().__init__(message, "ValueError", hint=hint)
        self.backtracking = backtracking


# ── reading ──


class Reader:
    """Reads a pattern into pieces: (`text`, syntax), (`atom`, kind, …) and (`assert`, which); keeps what groups there are.

    A pattern that need not be `linear` may have (`reference`, group) and (`condition`, group), and other texts than RE2 knows.
    """

    def __init__(self, source: str, flags: int, *, linear: bool) -> None:
        self.source = source
        self.at = 0
        self.flags = flags
        self.linear = linear
        self.backtracks = False
        self.pieces: list[Piece] = []
        self.outer: list[tuple[int, int]] = []  # flags and number of the groups around
        self.names: dict[str, int] = {}
        self.parents = [0]
        self.conditional = 0  # the last group that is asked for
        self.repeatable = False
        self.asserts: set[str] = set()

    def read(self) -> None:
        """Reads all of it; raises PatternError."""
        if len(self.source) > MAX_PATTERN:
            raise PatternError(f"the pattern is longer than {MAX_PATTERN:,} characters")
        self.take_global_flags()
        while self.at < len(self.source):
            letter = self.source[self.at]
            if self.flags & VERBOSE_FLAG and (letter in SPACE or letter == "#"):
                end = self.source.find("\n", self.at) if letter == "#" else self.at
                self.at = len(self.source) if end < 0 else end + 1
            else:
                self.at += 1
                READERS.get(letter, Reader.take_letter)(self, letter)
        if self.outer:
            self.complain("a `(` is not closed")
        if self.conditional >= len(self.parents):
            self.complain(f"there is no group `{self.conditional}`")

    def complain(self, problem: str, hint: str | None = None) -> NoReturn:
        """Refuses the pattern for its syntax."""
        raise PatternError(f"not a pattern: {problem} at position {self.at}", hint)

    def needs_backtracking(self, what: str, hint: str) -> None:
        """Notes what RE2 cannot do, or refuses the pattern for it."""
        if self.linear:
            raise PatternError(f"{what} needs backtracking, which can take for ever", f"{hint}, {OUTSIDE}", backtracking=True)
        self.backtracks = True

    def peek(self, text: str) -> bool:
        """Whether a text stands here; steps over it if so."""
        found = self.source.startswith(text, self.at)
        if found:
            self.at += len(text)
        return found

    def digits(self, allowed: frozenset[str], most: int) -> str:
        """The digits that stand here, up to so many."""
        start = self.at
        while self.at < len(self.source) and self.at - start < most and self.source[self.at] in allowed:
            self.at += 1
        return self.source[start : self.at]

    def atom(self, *piece: str) -> None:
        """Adds a piece that takes one character."""
        self.pieces.append(("atom", *piece))
        self.repeatable = True

    def assertion(self, which: str) -> None:
        """Adds a piece that takes none."""
        self.pieces.append(("assert", which))
        self.asserts.add(which)
        self.repeatable = False

    def text(self, text: str, *, repeatable: bool) -> None:
        """Adds RE2 syntax as it is."""
        self.pieces.append(("text", text))
        self.repeatable = repeatable

    def take_letter(self, letter: str) -> None:
        self.atom("letter", letter)

    def take_dot(self, _: str) -> None:
        self.atom("dot" if self.flags & DOT_ALL else "line")

    def take_start(self, _: str) -> None:
        self.assertion("line start" if self.flags & MULTI_LINE else "start")

    def take_end(self, _: str) -> None:
        self.assertion("line end" if self.flags & MULTI_LINE else "end")

    def take_bar(self, _: str) -> None:
        self.text("|", repeatable=False)

    # groups

    def take_global_flags(self) -> None:
        """Reads `(?ims)` at the start."""
        while self.source.startswith("(?", self.at):
            end = self.source.find(")", self.at)
            letters = self.source[self.at + 2 : end]
            if end < 0 or not letters or not FLAGS.keys() >= set(letters):
                return
            for letter in letters:
                self.flags |= FLAGS[letter]
            self.at = end + 1

    def take_open(self, _: str) -> None:
        if len(self.outer) >= MAX_NESTED:
            self.complain(f"groups are nested more than {MAX_NESTED} deep")
        if self.peek("?"):
            self.take_special()
        else:
            self.open_group("(")

    def open_group(self, text: str) -> None:
        """Begins a group that captures."""
        self.outer.append((self.flags, len(self.parents)))
        self.parents.append(next((number for _, number in reversed(self.outer[:-1]) if number), 0))
        self.text(text, repeatable=False)

    def open_plain(self, text: str) -> None:
        """Begins a group that does not capture."""
        self.outer.append((self.flags, 0))
        self.text(text, repeatable=False)

    def take_special(self) -> None:
        """Reads what follows `(?`."""
        if self.peek("P<"):
            self.take_named()
        elif self.peek("#"):
            end = self.source.find(")", self.at)
            if end < 0:
                self.complain("a comment is not closed")
            self.at = end + 1
        elif self.peek("P="):
            self.needs_backtracking("a backreference `(?P=…)`", "match both parts as groups and compare them in the program")
            self.reference(self.group_of(self.inner()))
        elif self.peek("("):
            self.needs_backtracking("a conditional group", "write both ways as alternatives with `|`")
            self.take_condition()
        elif (mark := next((mark for mark in AROUND if self.peek(mark)), None)) is not None:
            self.needs_backtracking(*AROUND[mark])
            self.open_plain(f"(?{mark}")
        else:
            self.take_flags()

    def inner(self) -> str:
        """What stands before the next `)`."""
        end = self.source.find(")", self.at)
        if end < 0:
            self.complain("a `(` is not closed")
        start, self.at = self.at, end + 1
        return self.source[start:end]

    def group_of(self, name: str) -> int:
        """The group of a name."""
        if name not in self.names:
            self.complain(f"there is no group `{name[:30]}`")
        return self.names[name]

    def reference(self, number: int) -> None:
        """Adds what matches the text of a group once more."""
        if number >= len(self.parents) or any(number == one for _, one in self.outer):
            self.complain(f"there is no group `{number}` that ends before")
        self.pieces.append(("reference", str(number)))
        self.repeatable = True

    def take_condition(self) -> None:
        """Reads the group of `(?(group)…`; a number may be that of one that follows."""
        name = self.inner()
        number = int(name) if DIGITS.issuperset(name) and 0 < len(name) < MOST_DIGITS else self.group_of(name)
        if not number:
            self.complain("there is no group `0`")
        self.conditional = max(self.conditional, number)
        self.outer.append((self.flags, 0))
        self.pieces.append(("condition", str(number)))
        self.repeatable = False

    def take_named(self) -> None:
        end = self.source.find(">", self.at)
        name = self.source[self.at : end]
        if end < 0 or not name.isidentifier() or not name.isascii():
            self.complain(f"`{name[:30]}` is not a name for a group")
        if name in self.names:
            self.complain(f"two groups are called `{name}`")
        self.names[name] = len(self.parents)
        self.at = end + 1
        self.open_group("(")

    def take_flags(self) -> None:
        """Reads `(?:` or `(?i-s:`."""
        before, on, minus = self.flags, True, False
        while self.at < len(self.source) and self.source[self.at] != ":":
            letter = self.source[self.at]
            if letter == "-" and not minus:
                on, minus = False, True
            elif letter not in FLAGS or (letter in "au" and not on):
                self.complain("an unknown kind of group", "write `\\(` for a parenthesis" if letter not in FLAGS else None)
            else:
                self.flags = self.flags | FLAGS[letter] if on else self.flags & ~FLAGS[letter]
                if letter == "a":
                    self.flags &= ~UNICODE_FLAG
                elif letter == "u":
                    self.flags &= ~ASCII_FLAG
            self.at += 1
            if self.source[self.at : self.at + 1] == ")":
                self.complain("flags for the whole pattern stand at its start")
        if not self.peek(":"):
            self.complain("a `(` is not closed")
        self.outer.append((before, 0))
        changed = (self.flags ^ before) & IGNORE_CASE
        self.text(f"(?{'' if self.flags & IGNORE_CASE else '-'}i:" if changed else "(?:", repeatable=False)

    def take_close(self, _: str) -> None:
        if not self.outer:
            self.complain("a `)` closes nothing", "write `\\)` for a parenthesis")
        self.flags, _number = self.outer.pop()
        self.text(")", repeatable=True)

    # repetition

    def take_repeat(self, letter: str) -> None:
        self.repeat(letter)

    def take_brace(self, _: str) -> None:
        start = self.at
        least = self.digits(DIGITS, 6)
        most = self.digits(DIGITS, 6) if self.peek(",") else least
        comma = "," in self.source[start : self.at]
        if not self.peek("}") or not (least or most or comma) or (not least and not comma):
            self.at = start
            self.atom("letter", "{")
            return
        if (most and int(most) > MAX_REPEAT) or (least and int(least) > MAX_REPEAT):
            raise PatternError(f"a part of the pattern is repeated more than {MAX_REPEAT:,} times")
        if most and least and int(most) < int(least):
            self.complain("the least number of repetitions is above the most")
        self.repeat(f"{{{least or '0'},{most}}}" if comma else f"{{{least}}}")

    def repeat(self, text: str) -> None:
        """Adds a repetition of what stands before."""
        if not self.repeatable:
            self.complain("there is nothing to repeat", "write a backslash before a `*`, `+` or `?` that stands for itself")
        possessive = self.peek("+")
        if possessive:
            self.needs_backtracking("a possessive repetition", "leave out the second `+`")
        self.text(text + ("+" if possessive else "?" * self.peek("?")), repeatable=False)

    # escapes and classes

    def take_escape(self, _: str) -> None:
        if self.at >= len(self.source):
            self.complain("it ends with a backslash")
        letter = self.source[self.at]
        if letter in "dDwWsS":
            self.at += 1
            self.atom("set", "" if letter.islower() else "^", f"\\{letter.lower()}{self.mode()}")
        elif letter in "bB":
            self.at += 1
            self.assertion(f"{letter} {self.mode()}")
        elif letter in "AZz":
            self.at += 1
            self.assertion("start" if letter == "A" else "very end")
        elif letter in "pP":
            self.at += 1
            self.atom("set", "" if letter == "p" else "^", self.property())
        elif letter in DIGITS and letter != "0" and not (len(octal := self.source[self.at : self.at + 3]) == 3 and OCTAL.issuperset(octal)):
            self.needs_backtracking(f"the backreference `\\{letter}`", "match both parts as groups and compare them in the program")
            self.reference(int(self.digits(DIGITS, 2)))
        else:
            self.atom("letter", self.character())

    def mode(self) -> str:
        """Which characters classes know here."""
        return "ascii" if self.flags & ASCII_FLAG else "unicode"

    def property(self) -> str:
        r"""The name behind `\p`."""
        if self.peek("{"):
            end = self.source.find("}", self.at)
            name = self.source[self.at : end]
            self.at = end + 1
        else:
            name = self.source[self.at : self.at + 1]
            self.at += 1
        if not name.replace("_", "").isalpha() or not name.isascii():
            self.complain("a `\\p` without the name of a Unicode class", "such as `\\p{L}` for letters")
        return f"\\p{{{name}}}"

    def character(self) -> str:
        """The character that an escape stands for."""
        letter = self.source[self.at]
        self.at += 1
        if letter in "xuU":
            size = {"x": 2, "u": 4, "U": 8}[letter]
            digits = self.digits(HEX, size)
            if len(digits) < size:
                self.complain(f"a `\\{letter}` needs {size} hexadecimal digits")
            return self.valid(int(digits, 16))
        if letter in OCTAL:
            self.at -= 1
            return self.valid(int(self.digits(OCTAL, 3), 8))
        if letter in CONTROLS:
            return chr(CONTROLS[letter])
        if (letter.isascii() and letter.isalpha()) or letter in DIGITS:
            self.complain(f"`\\{letter}` has no meaning", "write `\\\\` for a backslash")
        return letter

    def valid(self, code: int) -> str:
        """The character of a code, which must be one of Unicode."""
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            self.complain("there is no character of that code")
        return chr(code)

    def take_class(self, _: str) -> None:
        """Reads `[…]`."""
        start = self.at
        negated = self.peek("^")
        items: list[str] = []
        first = True
        while first or self.source[self.at : self.at + 1] != "]":
            if self.at >= len(self.source):
                self.at = start
                self.complain("a `[` is not closed", "write `\\[` for a bracket")
            first = False
            items.append(self.class_item())
        self.at += 1
        self.atom("set", "^" if negated else "", *items)

    def class_item(self) -> str:
        r"""A character, two as a range, or a class inside brackets; `\w` and the like with their mode behind them."""
        low = self.class_letter()
        after = self.source[self.at + 1 : self.at + 2]
        if self.source[self.at : self.at + 1] != "-" or after in ("]", ""):
            return low
        self.at += 1
        high = self.class_letter()
        if len(low) > 1 or len(high) > 1 or low > high:
            self.complain("a range in brackets that goes backwards" if len(low) == len(high) == 1 else "a range in brackets with a class at its end")
        return low + high

    def class_letter(self) -> str:
        r"""A character inside brackets, or a class such as `\w` followed by its mode."""
        letter = self.source[self.at]
        self.at += 1
        if letter != "\\":
            return letter
        if self.at >= len(self.source):
            self.complain("it ends with a backslash")
        if self.source[self.at] in "dDwWsS":
            name = self.source[self.at]
            self.at += 1
            return f"\\{name}{self.mode()}{' folded' if name.isupper() and self.flags & IGNORE_CASE else ''}"
        if self.source[self.at] == "b":
            self.at += 1
            return "\b"
        if self.peek("p"):
            return self.property()
        return self.character()


READERS: dict[str, Callable[[Reader, str], None]] = {
    ".": Reader.take_dot,
    "^": Reader.take_start,
    "$": Reader.take_end,
    "|": Reader.take_bar,
    "(": Reader.take_open,
    ")": Reader.take_close,
    "*": Reader.take_repeat,
    "+": Reader.take_repeat,
    "?": Reader.take_repeat,
    "{": Reader.take_brace,
    "[": Reader.take_class,
    "\\": Reader.take_escape,
}


def quoted(letter: str) -> str:
    """A character as RE2 reads it, inside brackets or outside."""
    return letter if letter.isalnum() else f"\\x{{{ord(letter):x}}}"


# ── writing ──


class Writer:
    """Writes pieces for texts in ASCII or any, with marks or without."""

    def __init__(self, *, ascii_only: bool, marked: bool) -> None:
        self.ascii_only = ascii_only
        self.marked = marked

    def write(self, reader: Reader) -> str:
        """The RE2 syntax of a whole pattern."""
        found = "".join([self.piece(*piece) for piece in reader.pieces])
        if self.marked:
            found = f"(?:{found}){SKIP}"  # a match of the whole text ends behind its last marks
        return f"(?i){found}" if reader.flags & IGNORE_CASE else found

    def piece(self, kind: str, *rest: str) -> str:
        """One piece."""
        if kind == "text":
            return rest[0]
        if kind == "assert":
            return self.assertion(rest[0])
        found = self.atom(*rest)
        return f"(?:{SKIP}{found})" if self.marked else found

    def atom(self, kind: str, *rest: str) -> str:
        """What takes one character."""
        if kind == "letter":
            return quoted(rest[0])
        if kind == "set":
            return self.brackets("".join(map(self.item, rest[1:])), negated=rest[0])
        return self.brackets(r"\n" if kind == "line" else "", negated="^")

    def brackets(self, inside: str, *, negated: str) -> str:
        """A class, which never takes a mark."""
        if negated and self.marked:
            inside += MARKS
        return f"[{negated}{inside}]" if inside else "(?s:.)"

    def item(self, item: str) -> str:
        r"""An item of a class; `\W` and the like are spelt out, since RE2 has them in ASCII only and they would take marks."""
        if len(item) <= RANGE:
            return "-".join(map(quoted, item))
        if item[1] not in "dDwWsS":
            return item
        name = f"{item[1].lower()} {item[2:].replace('unicode', 'ascii') if self.ascii_only else item[2:]}"
        return CLASSES[name] if item[1].islower() else "".join([f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in complement(name)])

    def assertion(self, which: str) -> str:
        """What takes no character, but one of the marks where there are some: the first, as more may stand here for what follows."""
        return f"{SKIP}?{MARK[which]}" if self.marked else ASSERTIONS[which]


ASSERTIONS = {
    "start": r"\A", "line start": "(?m:^)", "end": r"\z", "very end": r"\z", "line end": "(?m:$)",
    "b unicode": r"\b", "B unicode": r"\B", "b ascii": r"\b", "B ascii": r"\B",
}  # fmt: skip
complements: dict[str, list[Span]] = {}
FOLDED = "\u017f\u0345\u212a"  # belong to no word, or to none in ASCII, and are letters of one in the other case: with them in a class RE2 takes those too


def complement(name: str) -> list[Span]:
    """The first and last codes of all runs of characters outside a class, marks left out."""
    found = complements.get(name)
    if found is None:
        belongs = MEMBERS[name[0]]
        left_out = frozenset(map(ord, MARKS + FOLDED if name.endswith("folded") else MARKS))
        if "ascii" in name:
            gaps = sorted([(0xD800, 0xDFFF), *[(code, code) for code in left_out]])
            starts, ends = [0x80, *[end + 1 for _, end in gaps]], [*[start - 1 for start, _ in gaps], 0x10FFFF]
            found = [*runs([code for code in range(0x80) if not belongs(chr(code))]), *[one for one in zip(starts, ends, strict=True) if one[0] <= one[1]]]
        else:
            found = runs([code for code in range(0x110000) if not belongs(chr(code)) and not 0xD800 <= code < 0xE000 and code not in left_out])
        complements[name] = found
    return found


def runs(codes: list[int]) -> list[Span]:
    """The first and last of each run of rising codes."""
    found: list[Span] = []
    start = before = codes[0]
    for code in [*codes[1:], -1]:
        if code != before + 1:
            found.append((start, before))
            start = code
        before = code
    return found


# ── matching ──


class Program:
    """A pattern that has been read, with RE2's programs for the kinds of texts that it has met. `linear` tells that it needs no backtracking."""

    linear = True
    __slots__ = ("asserts", "engines", "flags", "groups", "marks", "names", "parents", "reader", "size", "source", "words")

    def __init__(self, reader: Reader, flags: int) -> None:
        self.reader = reader
        self.source = reader.source
        self.flags = flags
        self.groups = len(reader.parents) - 1
        self.names = reader.names
        self.parents = reader.parents
        self.asserts = frozenset(reader.asserts)
        self.words = not self.asserts.isdisjoint(MARKED_WORDS)
        self.marks = min(sum(kind == "assert" for kind, *_ in reader.pieces), MAX_MARKS)
        self.engines: dict[tuple[bool, bool], _re2.RE2] = {}
        self.size = self.prepare()

    def prepare(self) -> int:
        """How many instructions it has; raises PatternError for too many."""
        size: int = self.engine(ascii_only=True, marked=False).ProgramSize()
        return size

    def check_size(self, text: str) -> None:
        """Refuses a text that is too long."""
        if len(text) * self.size > MAX_WORK:
            raise MLError(f"the text is too long for this pattern: more than {MAX_WORK // self.size:,} characters", "ValueError", hint="match it line by line")

    def engine(self, *, ascii_only: bool, marked: bool) -> _re2.RE2:
        """RE2's program for a kind of text; raises PatternError where it would be too large."""
        found = self.engines.get((ascii_only, marked))
        if found is None:
            found = automaton(Writer(ascii_only=ascii_only, marked=marked).write(self.reader).encode())
            if not found.ok():
                raise refusal(found.error())
            self.engines[ascii_only, marked] = found
        return found

    def prepared(self, text: str) -> Subject:
        r"""A text as RE2 is to see it; in an empty one RE2 has a `\B`, Python none."""
        self.check_size(text)
        ascii_only = text.isascii()
        marked = (self.words and not (ascii_only and text)) or ("end" in self.asserts and text.endswith("\n"))
        engine = self.engine(ascii_only=ascii_only, marked=marked)
        data = marked_text(text, self.asserts, self.marks) if marked else text
        return Subject(engine, data.encode(), marked=marked, ascii_only=ascii_only and not marked)

    def first(self, text: str, anchor: str) -> list[Span] | None:
        """The spans of the first match and its groups, in characters."""
        subject = self.prepared(text)
        return subject.found(ANCHORS[anchor], 0)

    def spans(self, text: str) -> Iterator[list[Span]]:
        """The spans of each match, left to right; behind an empty one the search goes on a character later."""
        subject = self.prepared(text)
        at = 0
        while at <= len(subject.data):
            found = subject.found(ANCHORS["search"], at)
            if found is None:
                return
            yield found
            at = subject.end if found[0][0] != found[0][1] else subject.after_character(subject.end)

    def last_closed(self, spans: list[Span]) -> int:
        """The number of the group that was closed last, 0 if none took part: of those that end together an outer one closes later."""
        number = max(range(len(spans) - 1, 0, -1), key=lambda at: spans[at][1], default=0)
        if not number or spans[number] == NO_SPAN:
            return 0
        while self.parents[number] and spans[self.parents[number]][1] == spans[number][1]:
            number = self.parents[number]
        return number


class Subject:
    """A text under search: its bytes, and how far their characters have been counted."""

    __slots__ = ("ascii_only", "counted", "data", "end", "engine", "marked", "place")

    def __init__(self, engine: _re2.RE2, data: bytes, *, marked: bool, ascii_only: bool) -> None:
        self.engine = engine
        self.data = data
        self.marked = marked
        self.ascii_only = ascii_only
        self.counted = 0  # bytes whose characters are in `place`
        self.place = 0
        self.end = 0  # where the last match ended, in bytes

    def found(self, anchor: object, at: int) -> list[Span] | None:
        """The spans of the next match in characters, from a byte on."""
        spans: list[Span] = self.engine.Match(anchor, self.data, at, len(self.data))
        if spans[0] == NO_SPAN:
            return None
        self.end = self.before_marks(spans[0][1])
        if self.ascii_only:
            return spans
        start = spans[0][0]
        self.place += self.length(self.counted, start)
        self.counted = start
        place = self.place
        return [(place + self.length(start, low), place + self.length(start, high)) if low >= 0 else NO_SPAN for low, high in spans]

    def length(self, start: int, end: int) -> int:
        """The characters between two bytes, marks left out; may be counted backwards over marks."""
        if end < start:
            return 0
        text = self.data[start:end].decode()
        return len(text) - sum(map(text.count, MARKS)) if self.marked else len(text)

    def before_marks(self, at: int) -> int:
        """The first byte of the marks that end at a byte: what follows may need them again."""
        if self.marked:
            while self.data[at - MARK_SIZE : at] in MARK_BYTES:
                at -= MARK_SIZE
        return at

    def after_character(self, at: int) -> int:
        """The byte behind the next character."""
        data = self.data
        while self.marked and data[at : at + MARK_SIZE] in MARK_BYTES:
            at += MARK_SIZE
        at += 1
        while at < len(data) and data[at] & 0xC0 == 0x80:
            at += 1
        return at


def marked_text(text: str, asserts: frozenset[str], times: int) -> str:
    """A text with marks for the assertions that hold at its places, in as many rounds as assertions may meet there."""
    if any(mark in text for mark in MARKS):
        raise MLError("the text contains a code that Unicode reserves for inner use", "ValueError", hint="remove characters such as U+1FFFE from it")
    parts: list[str] = []
    rounds: dict[tuple[bool, ...], str] = {}
    size, last = len(text), len(text) - 1
    places = marked_places(text, asserts)
    for place, following in zip(places, [*places[1:], size], strict=True):
        before, after = text[place - 1 : place] if place else "", text[place : place + 1]
        facts = (not before, not after, before == "\n", after == "\n", place == last, word(before), word(after), word(before) and before.isascii(), word(after) and after.isascii())
        found = rounds.get(facts)
        if found is None:
            found = rounds[facts] = "".join([MARK[one] for one in asserts if holds(one, *facts)]) * times
        parts += (found, text[place:following])
    return "".join(parts)


def marked_places(text: str, asserts: frozenset[str]) -> list[int]:
    """The places of a text where an assertion can hold, the end among them."""
    if not asserts.isdisjoint(WORD_ASSERTIONS):
        return [*range(len(text) + 1)]
    places = {0, max(len(text) - 1, 0), len(text)}
    at = text.find("\n") if not asserts.isdisjoint(LINE_ASSERTIONS) else -1
    while at >= 0:
        places.update((at, at + 1))
        at = text.find("\n", at + 1)
    return sorted(places)


MARKED_WORDS = ("b unicode", "B unicode", "B ascii")  # RE2's own `\B` holds within the bytes of a character
WORD_ASSERTIONS, LINE_ASSERTIONS = ("b unicode", "B unicode", "b ascii", "B ascii"), ("line start", "line end")


def word(letter: str) -> bool:
    """Whether a character belongs to a word; none does not."""
    return letter.isalnum() or letter == "_"


def holds(which: str, first: bool, end: bool, line_before: bool, line_after: bool, last: bool, *words: bool) -> bool:
    """Whether an assertion holds at a place of which these facts are known."""
    if which[0] in "bB":
        left, right = words[:2] if which.endswith("unicode") else words[2:]
        return (left is not right) if which[0] == "b" else (left is right and not (first and end))
    return {"start": first, "line start": first or line_before, "very end": end, "line end": end or line_after, "end": end or (last and line_after)}[which]


def refusal(error: bytes | str) -> PatternError:
    """What RE2 finds wrong with a pattern that was read."""
    text = error.decode(errors="replace") if isinstance(error, bytes) else error
    if "too large" in text or "repetition size" in text:
        return PatternError("the pattern is too large", "repeat fewer things in it")
    return PatternError(f"not a pattern: {text.lower()}")


backtracking: type[Program] | None = None  # the engine of a process that another one ends when it takes for ever (`sandbox/worker.py`), and of no other


def compile_program(source: str, flags: int, *, linear: bool = False) -> Program:
    """Reads and compiles a pattern; raises PatternError, also for one that needs backtracking where that must not be or is to be `linear`."""
    reader = Reader(source, flags, linear=linear or backtracking is None)
    reader.read()
    return backtracking(reader, flags) if reader.backtracks and backtracking is not None else Program(reader, flags)


def automaton(pattern: bytes) -> _re2.RE2:
    """RE2's program for a pattern of its own syntax; `ok()` tells whether it is one."""
    from re2 import _re2  # noqa: PLC0415  takes 3 ms, and a program that imports `regex` may have no pattern yet

    if not ANCHORS:
        ANCHORS.update(search=_re2.RE2.Anchor.UNANCHORED, match=_re2.RE2.Anchor.ANCHOR_START, fullmatch=_re2.RE2.Anchor.ANCHOR_BOTH)
    options = _re2.RE2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return _re2.RE2(pattern, options)
