"""Text to tokens: one pass with one regular expression.

Tokens are four parallel lists. A token's kind is its own text for words and punctuation, else the name of a terminal of
ml.lark; its value is what the parser keeps of it, None for words and punctuation. Lexical errors are diagnostics; the
token that stands there is the best guess, or has the kind ERROR, which no grammar takes.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from mlpy.ast import Comment, Number, String
from mlpy.diagnostics import Diagnostic, Edit
from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.source import Source

END = "$END"
ERROR = "ERROR"
INTEGER_BITS = 100_000
INTEGER_DIGITS = 4300  # where CPython refuses to convert
RESERVED = frozenset(
    "function fn return if elif else while for break continue try except finally throw import nonlocal assert true false null".split()
)
# A contextual word is itself only before (or, for `capability`, after) what makes it one.
SOFT = frozenset("in as resource allow".split())
HARD = frozenset("match test type capability with".split())
FALLBACK = {**dict.fromkeys(RESERVED, "KEYWORD"), **dict.fromkeys(SOFT | HARD, "NAME")}
WORDS = {**{word: word for word in RESERVED | SOFT}, "undefined": "null"}
BOUNDARIES = frozenset(";{}")  # outside of templates what stands behind one of these is read alike, whatever stands before
# Reserved words that cannot end an expression: before a colon they are keys.
KEYS = RESERVED - {"true", "false", "null"}

OPERATORS = frozenset("+ * / % ~/ == != <= && || ??".split())
AUGMENTS = frozenset("+= -= *= /= %= ~/= **= ??=".split())

DIGITS = r"[0-9]+(?:_[0-9]+)*"
MASTER = re.compile(
    rf"""[ \t\r\n\f\v]*(?:
      (r"[^"]*"|r'[^']*')                                                                    # 1 raw string
    | ([A-Za-z_][A-Za-z0-9_]*)                                                               # 2 word
    | (//[^\n]*)                                                                             # 3 comment
    | (/\*|`)                                                                                # 4 what nests
    | ((?>0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB][01]+(?:_[01]+)*|0[oO][0-7]+(?:_[0-7]+)*
        |{DIGITS}(?:\.(?:{DIGITS}|(?=[eE][+-]?[0-9])|(?![A-Za-z_.])))?(?:[eE][+-]?{DIGITS})?
        |\.{DIGITS}(?:[eE][+-]?{DIGITS})?)(?![A-Za-z0-9_]|\.\.))                             # 5 number
    | (\*\*=|\?\?=|~/=|\.\.\.|=>|==|!=|<=|>=|&&|\|\||\?\?|\|>|\*\*|~/|\+=|-=|\*=|/=|%=|\?\.(?![0-9])
        |[-(){{}}\[\],;:=.+*/%<>!?|])                                                        # 6 punctuation
    | ("[^"\\]*"|'[^'\\]*')                                                                  # 7 string without escapes
    | ("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')                                                  # 8 string with escapes
    )""",
    re.VERBOSE | re.DOTALL,
)
BLANK = re.compile(r"[ \t\r\n\f\v]*")
COMMENT_MARK = re.compile(r"/\*|\*/")
TEMPLATE_TEXT = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
ESCAPE = re.compile(r"\\(?:u\{([^}\n\"'`]*)\}?|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
BAD_NUMBER = re.compile(r"\.?[0-9](?:[A-Za-z0-9_]|\.(?=[0-9.]))*")
SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
HIDDEN = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
UNUSABLE = re.compile("[\x00\ud800-\udfff]")
OF_CHARACTERS = frozenset(("E0109", "W0822"))  # what is said of characters, wherever they stand

PUNCTUATION = {text: text for text in "** ... => >= ?. |> ( ) { } [ ] , ; : = . - < > ! ? |".split()}
PUNCTUATION |= dict.fromkeys(OPERATORS, "OPERATOR") | dict.fromkeys(AUGMENTS, "AUGMENT")


class Tokens:
    """A source's tokens, the last of kind `$END`, with its comments and lexical errors.

    `docs` has the doc comments by the start of the token after them. `open` is the kind of a string, template or comment
    that the text ends in, else None.
    """

    __slots__ = ("comments", "docs", "ends", "errors", "kinds", "open", "shebang", "source", "starts", "values")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.kinds: list[str] = []
        self.values: list[object] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.comments: list[Comment] = []
        self.docs: dict[int, str] = {}
        self.errors: list[Diagnostic] = []
        self.shebang: str | None = None
        self.open: str | None = None

    def text(self, index: int) -> str:
        """A token as it stands in the source; empty for the end."""
        return self.source.text[self.starts[index] : self.ends[index]]

    def add(self, kind: str, value: object, start: int, end: int) -> None:
        self.kinds.append(kind)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)


def tokenize(source: Source) -> Tokens:
    """All tokens of a source. Never raises."""
    return Tokenizer(source).run()


def resume(old: Tokens, source: Source, same: int) -> Tokens:
    """All tokens of a source that begins with the same `same` characters as an earlier one: what is settled by these is kept from its tokens."""
    tokenizer = Tokenizer(source)
    index = bisect_right(old.ends, same)
    holes = old.kinds[:index].count("TEMPLATE_HEAD") - old.kinds[:index].count("TEMPLATE_TAIL")
    while index and (holes or old.kinds[index - 1] not in BOUNDARIES):
        index -= 1
        holes += (old.kinds[index] == "TEMPLATE_TAIL") - (old.kinds[index] == "TEMPLATE_HEAD")
    if index:
        end = old.ends[index - 1]
        tokens = tokenizer.tokens
        tokens.kinds, tokens.values, tokens.starts, tokens.ends = old.kinds[:index], old.values[:index], old.starts[:index], old.ends[:index]
        tokens.comments = [one for one in old.comments if one.start < end]
        tokens.docs = {start: doc for start, doc in old.docs.items() if start < end}
        tokens.errors = [one for one in old.errors if one.span.start < end and one.code not in OF_CHARACTERS]
        tokens.shebang = old.shebang
    return tokenizer.run()


def settle(tokens: Tokens, index: int) -> None:
    """Decides whether a contextual word is itself or a name, from the tokens beside it."""
    kinds = tokens.kinds
    word = tokens.text(index)
    after = kinds[index + 1]
    if word == "match":
        keyword = after == "("
    elif word == "test":
        keyword = after == "STRING"
    elif word == "with":
        keyword = after in ("NAME", "capability") and tokens.text(index + 1) == "capability"
    else:
        keyword = (after in FALLBACK and FALLBACK[after] == "NAME" and after != "in") or after == "NAME"
        keyword = keyword or (word == "capability" and index > 0 and kinds[index - 1] == "with")
    kinds[index] = word if keyword else "NAME"
    tokens.values[index] = None if keyword else word


class Tokenizer:
    """The state of one pass over one source."""

    __slots__ = ("contextual", "doc_end", "doc_index", "doc_lines", "holes", "source", "text", "tokens")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.tokens = Tokens(source)
        self.contextual: list[int] = []
        self.holes: list[int] = []  # how many braces are open in each `${` around
        self.doc_lines: list[str] = []
        self.doc_index = self.doc_end = -1

    def run(self) -> Tokens:
        text = self.text
        tokens = self.tokens
        position = tokens.ends[-1] if tokens.ends else self.skip_head()
        size = len(text)
        match = MASTER.match
        words = WORDS.get
        kinds, values, starts, ends = tokens.kinds.append, tokens.values.append, tokens.starts.append, tokens.ends.append
        while True:
            found = match(text, position)
            if found is None:
                position = BLANK.match(text, position).end()  # type: ignore[union-attr]  # it matches the empty text too
                if position == size:
                    break
                position = self.misfit(position)
                continue
            group = found.lastindex
            start, position = found.span(group)  # type: ignore[arg-type]  # one group took part
            if group == 2:
                word = text[start:position]
                kind = words(word)
                if kind is None:
                    kinds("NAME")
                    values(word)
                    if word in HARD:
                        self.contextual.append(len(tokens.kinds) - 1)
                    elif word[0] == "_" and word.startswith("__"):
                        self.hidden_name(word, start, position)
                else:
                    kinds(kind)
                    values(None)
            elif group == 6:
                mark = text[start:position]
                kind = PUNCTUATION[mark]
                if kind == ":" and tokens.kinds and tokens.kinds[-1] in KEYS:
                    tokens.values[-1] = tokens.text(len(tokens.kinds) - 1)
                    tokens.kinds[-1] = "KEYWORD"
                elif self.holes and mark in "{}":
                    self.holes[-1] += 1 if mark == "{" else -1
                    if self.holes[-1] < 0:
                        self.holes.pop()
                        position = self.template(start, "TEMPLATE_MIDDLE", "TEMPLATE_TAIL")
                        continue
                kinds(kind)
                values(mark if kind == "OPERATOR" or kind == "AUGMENT" else None)  # noqa: PLR1714  faster than a set
            elif group == 7:
                kinds("STRING")
                value = text[start + 1 : position - 1]
                values(String(start, position, value.replace("\r\n", "\n") if "\r" in value else value, False))
            elif group == 5:
                kinds("NUMBER")
                values(self.number(text[start:position], start, position))
            elif group == 3:
                self.comment(start, position)
                continue
            elif group == 4:
                position = self.template(start, "TEMPLATE_HEAD", "TEMPLATE") if text[start] == "`" else self.block_comment(start)
                continue
            elif group == 1:
                kinds("STRING")
                values(String(start, position, text[start + 2 : position - 1].replace("\r\n", "\n"), True))
            else:
                kinds("STRING")
                values(String(start, position, self.decode(start + 1, position - 1), False))
            starts(start)
            ends(position)
        return self.finish(size)

    def skip_head(self) -> int:
        """Past a byte order mark and a first line that names the interpreter."""
        position = 1 if self.text.startswith("\ufeff") else 0
        if self.text.startswith("#!", position):
            end = self.text.find("\n", position)
            end = len(self.text) if end < 0 else end
            self.tokens.shebang = self.text[position:end].rstrip("\r")
            return end
        return position

    def finish(self, size: int) -> Tokens:
        tokens = self.tokens
        if self.holes and tokens.open is None:
            tokens.open = "template"
            self.unclosed(self.holes_start(), "template", "add a closing `` ` ``")
        tokens.add(END, None, size, size)
        tokens.add(END, None, size, size)  # so that every token has one after it
        for index in self.contextual:
            settle(tokens, index)
        self.keep_doc()
        del tokens.kinds[-1], tokens.values[-1], tokens.starts[-1], tokens.ends[-1]
        if not self.text.isascii() or "\0" in self.text:
            self.check_characters()
        return tokens

    # ── comments ────────────────────────────────────────────────────────────────────────────────────────────────────

    def comment(self, start: int, end: int) -> None:
        text = self.text[start:end].rstrip()
        own_line = self.begins_line(start)
        self.tokens.comments.append(Comment(start, start + len(text), text, own_line))
        if own_line and text.startswith("///") and not text.startswith("////"):
            self.doc(text, start, end)

    def begins_line(self, start: int) -> bool:
        before = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        return not before.strip(" \t\f\v\r\ufeff")

    def doc(self, text: str, start: int, end: int) -> None:
        if self.doc_index != len(self.tokens.kinds) or self.text[self.doc_end : start].count("\n") != 1 or self.text[self.doc_end : start].strip():
            self.keep_doc()
            self.doc_lines = []
            self.doc_index = len(self.tokens.kinds)
        self.doc_lines.append(text[4:] if text.startswith("/// ") else text[3:])
        self.doc_end = end

    def keep_doc(self) -> None:
        if self.doc_lines and self.doc_index < len(self.tokens.starts):
            self.tokens.docs[self.tokens.starts[self.doc_index]] = "\n".join(self.doc_lines)

    def block_comment(self, start: int) -> int:
        depth = 0
        end = start
        while True:
            mark = COMMENT_MARK.search(self.text, end)
            if mark is None:
                end = len(self.text)
                self.tokens.open = "comment"
                self.unclosed(start, "comment", "add `*/` where the comment ends")
                break
            end = mark.end()
            depth += 1 if mark[0] == "/*" else -1
            if not depth:
                break
        self.tokens.comments.append(Comment(start, end, self.text[start:end].replace("\r\n", "\n"), self.begins_line(start)))
        return end

    # ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────

    def template(self, start: int, opening: str, closing: str) -> int:
        """From `` ` `` or the `}` of a hole to the next `${` or `` ` ``."""
        end = TEMPLATE_TEXT.match(self.text, start + 1).end()  # type: ignore[union-attr]  # it matches the empty text too
        value = self.decode(start + 1, end)
        if self.text.startswith("${", end):
            self.holes.append(0)
            self.tokens.add(opening, value, start, end + 2)
            return end + 2
        if end == len(self.text) or self.text[end] != "`":
            end = len(self.text)
            self.tokens.open = "template"
            self.tokens.add(ERROR, None, start, end)
            self.unclosed(start if closing == "TEMPLATE" else self.holes_start(), "template", "add a closing `` ` ``")
            return end
        self.tokens.add(closing, value, start, end + 1)
        return end + 1

    def holes_start(self) -> int:
        """Where the template begins whose hole or rest the text ends in."""
        depth = 0
        tokens = self.tokens
        for index in range(len(tokens.kinds) - 1, -1, -1):
            kind = tokens.kinds[index]
            depth += kind == "TEMPLATE_TAIL"
            if kind == "TEMPLATE_HEAD":
                if not depth:
                    return tokens.starts[index]
                depth -= 1
        return 0

    # ── literals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, text: str, start: int, end: int) -> Number:
        if text.isdecimal():
            return Number(start, end, int(text) if len(text) <= INTEGER_DIGITS else self.too_long(start, end))
        plain = text.replace("_", "")
        base = {"x": 16, "b": 2, "o": 8}.get(plain[1:2].lower()) if plain[0] == "0" else None
        if base is not None:
            fits = (len(plain) - 2) * base.bit_length() <= INTEGER_BITS
            return Number(start, end, int(plain[2:], base) if fits else self.too_long(start, end))
        if plain.isdecimal():
            return Number(start, end, int(plain) if len(plain) <= INTEGER_DIGITS else self.too_long(start, end))
        return Number(start, end, float(plain))

    def decode(self, start: int, end: int) -> str:
        """The text of a string or template between two offsets, escapes resolved."""
        text = self.text[start:end]
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        return self.unescape(text, start) if "\\" in text else text

    def unescape(self, text: str, base: int) -> str:
        pieces: list[str] = []
        last = 0
        for found in ESCAPE.finditer(text):
            pieces += (text[last : found.start()], self.escape(found, base))
            last = found.end()
        pieces.append(text[last:])
        return "".join(pieces)

    def escape(self, found: re.Match[str], base: int) -> str:
        braced, four, two, single = found.groups()
        if single is not None:
            if single in "`$":
                return single if self.text[base - 1] in "`}" else "\\" + single
            if single in "ux":
                self.bad_escape(found, base, "`\\u` takes four hexadecimal digits or `{…}`, `\\x` two", "write `\\\\` for a backslash")
            return SIMPLE_ESCAPES.get(single) or "\\" + single
        if braced is not None and (not re.fullmatch("[0-9a-fA-F]{1,6}", braced) or found[0][-1] != "}" or int(braced, 16) > 0x10FFFF):
            self.bad_escape(found, base, "a code point has one to six hexadecimal digits and is at most 10FFFF", "write `\\u{1F600}`")
            return "?"
        code = int(braced or four or two, 16)
        if 0xD800 <= code <= 0xDFFF:
            self.bad_escape(found, base, "half of a surrogate pair is not a character", "write the whole character, such as `\\u{1F600}`")
            return "?"
        return chr(code)

    # ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def misfit(self, start: int) -> int:
        """Where no token begins: an error token, and where to go on."""
        character = self.text[start]
        if character in "\"'":
            self.tokens.open = "string"
            self.tokens.add(ERROR, None, start, len(self.text))
            self.unclosed(start, "string", f"add a closing `{character}`")
            return len(self.text)
        number = BAD_NUMBER.match(self.text, start)
        if number:
            self.bad_number(number[0], start, number.end())
            return number.end()
        self.tokens.add(ERROR, None, start, start + 1)
        return start + 1

    def report(self, code: str, title: str, start: int, end: int, **more: object) -> None:
        self.tokens.errors.append(Diagnostic(code, title, Span(start, end), source=self.source, **more))  # type: ignore[arg-type]  # the keywords of Diagnostic

    def unclosed(self, start: int, what: str, hint: str) -> None:
        self.report("E0108", f"the {what} is never closed", start, min(start + (2 if what == "comment" else 1), len(self.text)), label="it begins here", hint=hint)

    def bad_number(self, text: str, start: int, end: int) -> None:
        hint = "separate digits with single underscores, and begin a name with a letter"
        if ".." in text:
            hint = "write `range(a, b)` for the numbers from `a` to `b`"
        self.tokens.add("NUMBER", Number(start, end, 0), start, end)
        self.report("E0110", f"malformed number `{text[:40]}`", start, end, hint=hint)

    def too_long(self, start: int, end: int) -> int:
        self.report("E0110", "the number is too long", start, end, note=f"a literal has at most {INTEGER_DIGITS:,} digits and {INTEGER_BITS:,} bits", hint="compute it, for example with `**`")
        return 0

    def bad_escape(self, found: re.Match[str], base: int, note: str, hint: str) -> None:
        start = base + found.start()
        self.report("E0111", f"malformed escape `{found[0][:20]}`", start, start + len(found[0]), note=note, hint=hint)

    def hidden_name(self, word: str, start: int, end: int) -> None:
        better = word.lstrip("_")
        better = better if better[:1].isalpha() else "name"
        self.report("E0116", f"`{word[:60]}` begins with two underscores", start, end, hint=f"call it `{better[:60]}`")

    def check_characters(self) -> None:
        for found in UNUSABLE.finditer(self.text):
            what = "a null character" if found[0] == "\0" else "half of a surrogate pair"
            self.report("E0109", f"{what} in the source", found.start(), found.end(), hint="delete it")
        for found in HIDDEN.finditer(self.text, 1):
            self.hidden_character(found[0], found.start())

    def hidden_character(self, character: str, at: int) -> None:
        """A lint inside a string or a comment; elsewhere the character is an error token already."""
        tokens = self.tokens
        index = bisect_right(tokens.starts, at) - 1
        inside = index >= 0 and at < tokens.ends[index]
        if inside and tokens.kinds[index] == ERROR:
            return
        raw = inside and tokens.text(index).startswith("r")
        fix = () if raw else (Edit(Span(at, at + 1), f"\\u{{{ord(character):X}}}" if inside else ""),)
        hint = "write it as an escape, so that a reader sees it" if inside else "delete it"
        self.report("W0822", f"invisible character U+{ord(character):04X}", at, at + 1, hint=hint, fix=fix)
