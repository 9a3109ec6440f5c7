"""The colours of what is being typed: a Pygments lexer that goes on from where a text was changed, for prompt-toolkit."""

# The stubs of Pygments have no types in places.
# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from bisect import bisect_right
from typing import ClassVar

from mlpy.repl.lexer import COMMAND, common_end, common_start
from prompt_toolkit.lexers import Lexer
from pygments.lexer import ExtendedRegexLexer, LexerContext
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Token

from mlpy.highlight import MlpyLexer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples

LOOKAHEAD = 400  # characters before a change whose tokens may be other ones after it
EVERY = 32  # tokens between two places where lexing can go on
STRINGS = frozenset(("double", "single"))  # states within a string, raw or not
STYLES = {
    Comment: "class:ml.comment",
    Keyword: "class:ml.keyword",
    Keyword.Constant: "class:ml.constant",
    Keyword.Type: "class:ml.type",
    Name.Builtin: "class:ml.builtin",
    Name.Function: "class:ml.function",
    Name.Class: "class:ml.type",
    Name.Namespace: "class:ml.module",
    Name.Attribute: "class:ml.member",
    Number: "class:ml.number",
    Operator: "class:ml.operator",
    Operator.Word: "class:ml.keyword",
    String: "class:ml.string",
    String.Escape: "class:ml.escape",
    String.Interpol: "class:ml.escape",
    Error: "class:ml.error",
}
COLORS = {
    "ml.comment": "italic ansibrightblack",
    "ml.keyword": "bold ansiblue",
    "ml.constant": "ansimagenta",
    "ml.type": "ansicyan",
    "ml.builtin": "ansicyan",
    "ml.function": "",
    "ml.module": "ansicyan",
    "ml.member": "",
    "ml.number": "ansimagenta",
    "ml.operator": "",
    "ml.string": "ansigreen",
    "ml.escape": "bold ansigreen",
    "ml.error": "ansired",
    "ml.command": "bold ansiyellow",
}


class ContextLexer(ExtendedRegexLexer):
    """The rules of `MlpyLexer` under a context, which tells the state at each token."""

    tokens: ClassVar = MlpyLexer.tokens
    flags = MlpyLexer.flags


def style_of(kind: object) -> str:
    """The style class of a kind of token, by its nearest ancestor that has one."""
    while kind is not None and kind is not Token:
        found = STYLES.get(kind)  # type: ignore[call-overload]  # kinds of tokens have no type of their own
        if found is not None:
            return str(found)
        kind = kind.parent  # type: ignore[attr-defined]  # as above
    return ""


class Highlighter:
    """The tokens of one text after the other; what a change cannot have touched is kept."""

    __slots__ = ("_classes", "_lexer", "kinds", "lexed", "places", "starts", "text")

    def __init__(self) -> None:
        self._lexer = ContextLexer()
        self._classes: dict[object, str] = {}
        self.text = ""
        self.starts: list[int] = []
        self.kinds: list[str] = []
        self.places: dict[int, tuple[int, tuple[str, ...]]] = {}  # offset → (token, state): where lexing can go on
        self.lexed = 0  # tokens that were made anew at the last change

    def update(self, text: str) -> None:
        """Takes a new text."""
        old = self.text
        if text == old:
            return
        same = common_start(old, text)
        tail = common_end(old, text, same)
        # A quote may make a raw string of one that was not closed and begins far before it: within that no lexing can go on.
        start = max((place for place, (_, stack) in self.places.items() if place <= same - LOOKAHEAD and STRINGS.isdisjoint(stack)), default=0)
        self.resume(text, start, len(text) - tail, len(text) - len(old))

    def resume(self, text: str, start: int, settled: int, shift: int) -> None:
        """Lexes from a place on, until a place behind `settled` where the old text was in the same state."""
        index, stack = self.places.get(start, (0, ("root",)))
        starts, kinds = self.starts[:index], self.kinds[:index]
        places = {place: found for place, found in self.places.items() if found[0] < index}
        context = LexerContext(text, start, list(stack), len(text))
        since = EVERY
        for at, kind, _ in self._lexer.get_tokens_unprocessed(text, context):
            if at == context.pos:
                if at > settled:
                    found = self.places.get(at - shift)
                    if found is not None and found[1] == tuple(context.stack):
                        self.lexed = len(starts) - index
                        self.keep(text, starts, kinds, places, at, found[0], shift)
                        return
                since += 1
                if since >= EVERY:
                    places[at] = len(starts), tuple(context.stack)
                    since = 0
            starts.append(at)
            kinds.append(self.style(kind))
        self.text, self.starts, self.kinds, self.places = text, starts, kinds, places
        self.lexed = len(starts) - index

    def keep(self, text: str, starts: list[int], kinds: list[str], places: dict[int, tuple[int, tuple[str, ...]]], at: int, token: int, shift: int) -> None:
        """The new tokens up to an offset, and behind it the old ones from a token on."""
        moved = len(starts) - token
        places.update({place + shift: (index + moved, stack) for place, (index, stack) in self.places.items() if place + shift >= at})
        starts += [one + shift for one in self.starts[token:]]
        kinds += self.kinds[token:]
        self.text, self.starts, self.kinds, self.places = text, starts, kinds, places

    def style(self, kind: object) -> str:
        found = self._classes.get(kind)
        if found is None:
            found = self._classes[kind] = style_of(kind)
        return found


def fragments(text: str, starts: list[int], kinds: list[str], start: int, end: int) -> list[tuple[str, str]]:
    """The pieces of a stretch of a text with the style classes of its tokens."""
    made: list[tuple[str, str]] = []
    index = max(bisect_right(starts, start) - 1, 0)
    at = start
    while at < end:
        stop = min(starts[index + 1] if index + 1 < len(starts) else end, end)
        if stop > at:
            made.append((kinds[index] if index < len(kinds) else "", text[at:stop]))
            at = stop
        index += 1
    return made


class InputLexer(Lexer):
    """The highlighting of the prompt: ML, behind the name of a dot command too."""

    def __init__(self) -> None:
        self.highlighter = Highlighter()

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """What gives the pieces of a line by its number."""
        self.highlighter.update(document.text)
        text, starts, kinds = self.highlighter.text, self.highlighter.starts, self.highlighter.kinds  # a search has lines of several documents asked for
        ends = line_starts(text)
        command = COMMAND.match(text)

        def line(number: int) -> StyleAndTextTuples:
            if number + 1 >= len(ends):
                return []
            start, end = ends[number], ends[number + 1] - 1
            if command is None or start >= command.end():
                return [*fragments(text, starts, kinds, start, end)]
            return [("class:ml.command", text[start : command.end()]), *fragments(text, starts, kinds, command.end(), end)]

        return line


def line_starts(text: str) -> list[int]:
    """The offset of each line, and that of the line behind the last one."""
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return [*starts, len(text) + 1]
