"""From a failed parse to diagnostics that a person can act on.

The tokens run once more through the tables, without making nodes. Where they do not fit, a table of habits from other
languages (`habits.py`) is asked first, then the brackets, then a search for the one token to insert, drop or replace. What
was found changes the tokens, and reading goes on, so that one file shows several errors. Never raises; the work is bounded
by the constants below.
"""

from __future__ import annotations

from bisect import bisect_left

from mlpy.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Edit
from mlpy.source import Source, Span
from mlpy.syntax import habits, tables
from mlpy.syntax.tokens import END, ERROR, FALLBACK, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Sequence

    from mlpy.syntax.tokens import Tokens

    Stack = tuple[int, "Stack | None"]

MENDS = 400
SCAN = 2000  # tokens looked through for a bracket's partner or a statement's start
PANICS = 20  # statements thrown away without a word
RELEX = 800_000  # characters read again after runaway strings
BRACES = 10  # braces that are reported for their indentation
AHEAD = 8  # tokens that a repair is judged by

OPENERS = {"(": ")", "[": "]", "{": "}", "TEMPLATE_HEAD": "TEMPLATE_TAIL"}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}
VALUES = ("NAME", "NUMBER", "STRING", "TEMPLATE", "TEMPLATE_HEAD", "true", "false", "null", "(", "[", "{", "fn", "!", "-")
BINARY = ("OPERATOR", "-", "<", ">", ">=", "in", "|>", "**", "?")
STATEMENTS = ("function", "return", "if", "while", "for", "break", "continue", "try", "throw", "import", "nonlocal", "assert", "type", "test", "capability", "with")
INSERTIONS = (";", ")", "]", ",", ":", "=>", "}", "=", "(", "{", "OPERATOR", "NAME")
CHARACTERS = 40


class Token:
    """A token of the source, or one that a repair put in (then `start == end`)."""

    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: str, start: int, end: int, text: str) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.text = text


class Change:
    """Tokens `first:last` become `kinds`; `edit` does the same to the text, if it is certain what to write."""

    __slots__ = ("edit", "first", "last", "tokens")

    def __init__(self, first: int, last: int, tokens: list[Token], edit: Edit | None) -> None:
        self.first = first
        self.last = last
        self.tokens = tokens
        self.edit = edit


class Finding:
    """A diagnostic and the changes after which reading goes on. `sure`: also where the next token still does not fit."""

    __slots__ = ("changes", "diagnostic", "sure")

    def __init__(self, diagnostic: Diagnostic, changes: Sequence[Change], *, sure: bool) -> None:
        self.diagnostic = diagnostic
        self.changes = changes
        self.sure = sure


def diagnose(source: Source, start: str = "module") -> list[Diagnostic]:
    """What is wrong with a text that does not parse, in order of the text, lexical errors included; at most 100.

    `start` is where the grammar begins, `module` or `expression`. Empty only if there is nothing wrong.
    """
    return Reader(tokenize(source), start).run()


class Reader:
    """The tokens on their way through the tables, and what was found wrong with them."""

    def __init__(self, tokens: Tokens, start: str) -> None:
        self.tables = tables.load()
        self.source = tokens.source
        self.comments = tokens.comments
        self.lexical = list(tokens.errors)
        self.tokens = listed(tokens, 0)
        self.stacks: list[Stack] = [(self.tables.starts[start], None)]
        self.findings: list[Diagnostic] = []
        self.mends = 0
        self.relexed = 0
        self.begins: dict[int, int] = {}  # what `start` has found out since the tokens changed
        self.panics = 0
        self.panicked = -1  # the line where tokens were last thrown away

    def run(self) -> list[Diagnostic]:
        self.balance()
        while self.read() and self.mends < MENDS and self.panics < PANICS and len(self.findings) < MAX_DIAGNOSTICS:
            self.mends += 1
            self.mend(len(self.stacks) - 1)
        return self.report()

    def read(self) -> bool:
        """Reads on; whether it stopped before the end."""
        at = len(self.stacks) - 1
        while True:
            token = self.tokens[at]
            stack = self.feed(self.stacks[at], token.kind)
            if stack is None:
                return True
            if token.kind == END:
                return False
            self.stacks.append(stack)
            at += 1

    def mend(self, at: int) -> None:
        """Finds out what is wrong at a token and changes the tokens so that reading gets past it."""
        self.begins.clear()
        for habit in (self.misfit, self.runaway, self.swallowed, *habits.HABITS, self.bracket, self.semicolon, self.search):
            finding = habit(self, at) if habit in habits.HABITS else habit(at)  # type: ignore[operator]  # methods and functions
            if finding is not None and (finding.sure or self.helps(finding, at)):
                self.findings.append(finding.diagnostic)
                self.change(finding.changes)
                return
        self.panic(at)

    def report(self) -> list[Diagnostic]:
        seen: set[int] = set()
        made: list[Diagnostic] = []
        for one in sorted([*self.lexical, *self.findings], key=lambda one: (one.span, one.severity == "warning")):
            if one.span.start not in seen:
                one.source = self.source
                made.append(one)
            seen.add(one.span.start)
        return made[:MAX_DIAGNOSTICS]

    # ── the tables ──────────────────────────────────────────────────────────────────────────────────────────────────

    def advance(self, stack: Stack, kind: str) -> Stack | None:
        """The stack after one terminal, None where it does not fit."""
        actions, gotos, rules = self.tables.actions, self.tables.gotos, self.tables.rules
        while True:
            action = actions[stack[0]].get(kind)
            if action is None:
                return stack if kind == END and stack[0] in self.tables.ends else None
            if action >= 0:
                return action, stack
            rule = rules[~action]
            for _ in range(rule[0]):
                stack = stack[1]  # type: ignore[assignment]  # the tables never pop the bottom
            stack = gotos[stack[0]][rule[2]], stack

    def feed(self, stack: Stack, kind: str) -> Stack | None:
        """As `advance`, a contextual word also as a name and `>=` also as two tokens, as the parser does."""
        made = self.advance(stack, kind)
        if made is None and kind in FALLBACK:
            return self.advance(stack, FALLBACK[kind])
        if made is None and kind == ">=":
            half = self.advance(stack, ">")
            return half and self.advance(half, "=")
        return made

    def can(self, at: int, *kinds: str) -> bool:
        """Whether all these terminals, in this order, could stand before a token that has been reached."""
        stack: Stack | None = self.stacks[at]
        for kind in kinds:
            stack = stack and self.advance(stack, kind)
        return stack is not None

    def reach(self, changes: Sequence[Change], limit: int) -> int:
        """How far the text can be read after changes: the offset after the last token that fits."""
        first = min(change.first for change in changes)
        stack: Stack | None = self.stacks[first]
        offset, count, at = -1, 0, first
        pending = sorted(changes, key=lambda change: (change.first, change.last))
        while count < limit:
            row: list[Token]
            if pending and pending[0].first == at:
                change = pending.pop(0)
                row, at = change.tokens, max(at, change.last)
            else:
                row, at = [self.tokens[at]], at + 1
            for token in row:
                stack = self.feed(stack, token.kind) if stack else None
                if stack is None:
                    return offset
                if token.start < token.end:
                    offset = max(offset, token.end)
                    count += 1
                if token.kind == END:
                    return len(self.source.text) + 1
            if at >= len(self.tokens):
                return offset
        return offset

    def helps(self, finding: Finding, at: int) -> bool:
        """Whether the changes of a finding let the token fit where reading stopped, or drop it and let the next one fit."""
        first = min(change.first for change in finding.changes)
        return first <= at and self.reach(finding.changes, at - first + AHEAD + 60) >= self.tokens[at].end + (self.kind(at) == END)

    def change(self, changes: Sequence[Change]) -> None:
        first = min(change.first for change in changes)
        end = len(self.tokens) - 1  # the end stays
        for change in sorted(changes, key=lambda change: (change.first, change.last), reverse=True):
            self.tokens[min(change.first, end) : min(change.last, end)] = change.tokens
        del self.stacks[first + 1 :]

    # ── looking around ──────────────────────────────────────────────────────────────────────────────────────────────

    def kind(self, at: int) -> str:
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else END

    def text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def quoted(self, at: int) -> str:
        """A token for a message."""
        token = self.tokens[at]
        if token.kind == END:
            return "the end of the file"
        text = token.text.partition("\n")[0]
        text = text if len(text) <= CHARACTERS else text[:CHARACTERS] + "…"
        return f"`` {text} ``" if "`" in text else f"`{text}`"

    def span(self, first: int, last: int) -> Span:
        """From the start of one token to the end of the one before `last`."""
        return Span(self.tokens[first].start, max(self.tokens[last - 1].end, self.tokens[first].start))

    def line(self, at: int) -> int:
        return self.source.position(self.tokens[at].start)[0]

    def breaks(self, at: int) -> bool:
        """Whether a line ends before this token."""
        return at > 0 and "\n" in self.source.text[self.tokens[at - 1].end : self.tokens[at].start]

    def touches(self, at: int) -> bool:
        """Whether a token stands directly behind the one before it."""
        return at > 0 and self.tokens[at - 1].end == self.tokens[at].start

    def indent(self, at: int) -> int:
        """The indentation of the line that a token stands on."""
        line = self.source.line(self.line(at))
        return len(line) - len(line.lstrip())

    def begins_value(self, at: int) -> bool:
        return self.kind(at) in VALUES

    def close(self, at: int) -> int | None:
        """The partner of an opening bracket."""
        depth = 0
        for index in range(at, min(len(self.tokens), at + SCAN)):
            kind = self.tokens[index].kind
            if kind in OPENERS:
                depth += 1
            elif kind in CLOSERS:
                depth -= 1
                if not depth:
                    return index if kind == OPENERS[self.tokens[at].kind] else None
        return None

    def opener(self, at: int) -> int | None:
        """The innermost bracket that is open before a token."""
        depth = 0
        for index in range(at - 1, max(-1, at - SCAN), -1):
            kind = self.tokens[index].kind
            if kind in CLOSERS:
                depth += 1
            elif kind in OPENERS:
                depth -= 1
                if depth < 0:
                    return index
        return None

    def start(self, at: int) -> int:
        """Where the statement begins that a token belongs to."""
        if at not in self.begins:
            index = at
            for _ in range(SCAN):
                if index <= 0 or self.can(index, "while"):
                    break
                index -= 1
                if self.tokens[index].kind in CLOSERS:
                    opener = self.opener(index)
                    if opener is None:
                        break
                    index = opener
            self.begins[at] = max(index, 0)
        return self.begins[at]

    def finish(self, at: int, *stops: str) -> int:
        """The first token from `at` on that is a `;`, one of the stops, a bracket's end or the end, not within brackets."""
        index = at
        limit = min(len(self.tokens) - 1, at + SCAN)
        while index < limit:
            kind = self.tokens[index].kind
            if kind in {";", END} or kind in CLOSERS or kind in stops:
                return index
            if kind in OPENERS:
                index = self.close(index) or index
            index += 1
        return index

    def line_end(self, at: int) -> int:
        """As `finish`, but no further than the first token of the next line."""
        index = self.finish(at)
        return next((one for one in range(at + 1, index) if self.breaks(one)), index)

    # ── saying it ───────────────────────────────────────────────────────────────────────────────────────────────────

    def found(
        self,
        code: str,
        title: str,
        span: Span,
        changes: Sequence[Change],
        *,
        label: str = "",
        labels: tuple[tuple[Span, str], ...] = (),
        note: str | None = None,
        hint: str | None = None,
        fix: bool = True,
        sure: bool = False,
    ) -> Finding:
        edits = tuple(change.edit for change in changes if change.edit is not None) if fix else ()
        return Finding(Diagnostic(code, title, span, label=label, labels=labels, note=note, hint=hint, fix=edits, source=self.source), changes, sure=sure)

    def made(self, kinds: str, start: int) -> list[Token]:
        return [Token(kind, start, start, kind) for kind in kinds.split()]

    def insert(self, at: int, kinds: str, text: str | None = None, *, before: bool = False) -> Change:
        """Puts tokens in, in the text right behind the token before, or right before the one at `at`."""
        offset = self.tokens[at].start if before or not at else self.tokens[at - 1].end
        return Change(at, at, self.made(kinds, offset), None if text is None else Edit(Span(offset, offset), text))

    def replace(self, first: int, last: int, kinds: str, text: str | None = None) -> Change:
        span = self.span(first, last)
        return Change(first, last, self.made(kinds, span.start), None if text is None else Edit(span, text))

    def delete(self, first: int, last: int) -> Change:
        """Takes tokens out, with the blanks behind them where the line goes on."""
        start, end = self.span(first, last)
        after = self.tokens[min(last, len(self.tokens) - 1)].start
        if not self.source.text[end:after].strip(" \t") and not (first and self.touches(first) and self.kind(first - 1) not in OPENERS):
            end = after
        return Change(first, last, [], Edit(Span(start, end), ""))

    # ── brackets ────────────────────────────────────────────────────────────────────────────────────────────────────

    def balance(self) -> None:
        """Finds braces that are missing or too many by their indentation, before anything else stumbles over them."""
        surplus = sum((token.kind == "{") - (token.kind == "}") for token in self.tokens)
        if not surplus:
            return
        changes: list[Change] = []
        opened: list[int] = []
        for at, token in enumerate(self.tokens):
            if token.kind == "{":
                opened.append(at)
            elif token.kind == "}":
                surplus = self.close_brace(at, opened, surplus, changes)
                if len(changes) >= BRACES:
                    break
        else:
            last = len(self.tokens) - 1
            left = opened[-surplus:] if surplus > 0 else []
            changes += [self.unclosed(at, last) for at in reversed(left[-BRACES:])]
            if len(left) > SCAN:  # nothing that follows would help anyone
                self.panics = PANICS
            elif len(left) > BRACES:
                changes.append(Change(last, last, self.made("} " * (len(left) - BRACES), self.tokens[last].start), None))
        if changes:
            self.change(changes)

    def close_brace(self, at: int, opened: list[int], surplus: int, changes: list[Change]) -> int:
        """Pairs a `}` with its opener, as its indentation says; the number of braces too few (or, negative, too many) that are left."""
        leads = self.breaks(at) or not at
        while surplus > 0 and len(opened) > 1 and leads and self.indent(at) < self.indent(opened[-1]) and self.line(opened[-1]) != self.line(at) and len(changes) < BRACES:
            changes.append(self.unclosed(opened.pop(), at))
            surplus -= 1
        if surplus < 0 and (not opened or (leads and self.indent(at) > self.indent(opened[-1]))):
            found = self.stray(at).diagnostic
            if opened:
                found.title, found.label = "one `}` too many", "no `{` stands at this indentation"
            self.findings.append(found)
            changes.append(Change(at, at + 1, [], None))
            return surplus + 1
        if opened:
            opened.pop()
        return surplus

    def unclosed(self, opener: int, limit: int) -> Change:
        """Reports a `{` without a `}`, and puts one where the indentation says that it belongs, at the latest at `limit`."""
        depth, place = self.indent(opener), limit
        line = self.line(opener)
        for at in range(opener + 1, min(limit, opener + SCAN)):
            if self.breaks(at) and self.indent(at) <= depth and self.line(at) > line and self.kind(at) not in CLOSERS:
                place = at
                break
        if self.kind(place - 1) == ";" and self.kind(opener - 1) in {"=", "(", "[", ",", ":", "return", "throw"} and place - 1 > opener:
            return self.unclosed_object(opener, place - 1)
        token = self.tokens[place]
        ends = token.kind == END
        change = self.insert(place, "}")
        if ends:
            where: tuple[tuple[Span, str], ...] = ()
            hint = "add `}` at the end"
            size = len(self.source.text.rstrip())
            change.edit = Edit(Span(size, size), "\n" + " " * depth + "}")
        else:
            where = ((Span(token.start, token.end), "`}` expected before this line"),)
            hint = f"add `}}` before line {self.line(place)}"
            begin = self.source.starts[self.line(place) - 1]
            change.edit = Edit(Span(begin, begin), " " * depth + "}\n") if self.breaks(place) else Edit(Span(token.start, token.start), "} ")
        self.findings.append(self.found("E0102", "`{` is never closed", self.span(opener, opener + 1), [change], label="opened here", labels=where, hint=hint).diagnostic)
        return change

    def unclosed_object(self, opener: int, at: int) -> Change:
        """An object that its statement ends in."""
        change = self.insert(at, "}", "}")
        end = self.tokens[at - 1].end
        where = ((Span(end, end), "`}` expected here"),)
        self.findings.append(self.found("E0102", "`{` is never closed", self.span(opener, opener + 1), [change], label="opened here", labels=where, hint="add `}`").diagnostic)
        return change

    def stray(self, at: int) -> Finding:
        kind = self.kind(at)
        return self.found(
            "E0103",
            f"`{kind}` closes nothing",
            self.span(at, at + 1),
            [self.delete(at, at + 1)],
            label=f"there is no open `{CLOSERS.get(kind, kind)}`",
            hint=f"delete the `{kind}`",
            sure=True,
        )

    def bracket(self, at: int) -> Finding | None:
        """A closer that does not fit its opener, an opener that the statement ends in, a closer without an opener."""
        kind = self.kind(at)
        opener = self.opener(at)
        if kind in CLOSERS and kind != "TEMPLATE_TAIL":
            if opener is None:
                return self.stray(at)
            wanted = OPENERS[self.kind(opener)]
            if wanted != kind:
                return self.mismatched(at, opener, wanted)
        over = self.breaks(at) and opener is not None and self.indent(at) <= self.indent(opener)
        if opener is not None and self.kind(opener) in {"(", "["} and (kind in {";", "}", END, *STATEMENTS} or over) and self.can(at, OPENERS[self.kind(opener)]):
            return self.missing_closer(at, opener)
        if opener is not None and kind == END and self.can(at, "}"):
            self.findings.append(self.missing_brace(at, opener).diagnostic)
            return self.missing_brace(at, opener)
        return None

    def mismatched(self, at: int, opener: int, wanted: str) -> Finding | None:
        kind, open_kind = self.kind(at), self.kind(opener)
        if open_kind == "TEMPLATE_HEAD":
            return None
        outer = self.opener(opener)
        if outer is not None and OPENERS[self.kind(outer)] == kind and self.can(at, wanted):
            return self.missing_closer(at, opener)
        change = self.replace(at, at + 1, wanted, wanted)
        where = ((self.span(opener, opener + 1), "opened here"),)
        return self.found("E0103", f"`{kind}` does not close `{open_kind}`", self.span(at, at + 1), [change], label=f"`{wanted}` expected", labels=where, hint=f"write `{wanted}`")

    def missing_closer(self, at: int, opener: int) -> Finding:
        closer = OPENERS[self.kind(opener)]
        ended = self.breaks(at) and self.can(at, closer, ";") and not self.can(at, closer, self.kind(at))
        change = self.insert(at, f"{closer} ;", f"{closer};") if ended else self.insert(at, closer, closer)
        end = self.tokens[at - 1].end
        where = ((Span(end, end), f"`{closer}` expected here"),)
        return self.found(
            "E0102",
            f"`{self.kind(opener)}` is never closed",
            self.span(opener, opener + 1),
            [change],
            label="opened here",
            labels=where,
            hint=f"add `{closer};`" if ended else f"add `{closer}`",
        )

    def missing_brace(self, at: int, opener: int) -> Finding:
        return self.found("E0102", "`{` is never closed", self.span(opener, opener + 1), [self.insert(at, "}", "}")], label="opened here", hint="add `}`")

    # ── text that ran away ──────────────────────────────────────────────────────────────────────────────────────────

    def misfit(self, at: int) -> Finding | None:
        """An error token: a character that ML does not use, or a string, template or `${` that is never closed."""
        token = self.tokens[at]
        if token.kind != ERROR:
            return None
        first = token.text[:1]
        if first in "\"'`}":
            return self.unterminated(at)
        return habits.character(self, at)

    def unterminated(self, at: int) -> Finding:
        token = self.tokens[at]
        opener = self.opener(at)
        hole = opener is not None and self.kind(opener) == "TEMPLATE_HEAD"
        if token.text[0] == "`" and hole and opener is not None:
            self.lexical = [one for one in self.lexical if one.span.start not in {token.start, self.tokens[opener].start}]
            begin = self.tokens[opener]
            edit = Edit(Span(token.start, token.start), "}")
            self.resume(at, [Token("TEMPLATE_TAIL", token.start, token.start + 1, "}`")], token.start + 1)
            change = Change(at, at, [], edit)
            return self.found("E0108", "`${` is never closed", Span(begin.end - 2, begin.end), [change], label="it begins here", hint="add `}` before the `` ` ``", sure=True)
        return self.cut(at, "template" if token.text[0] in "`}" else "string")

    def runaway(self, at: int) -> Finding | None:
        """A string over several lines right before the error: its closing quote is probably missing at the end of its first line."""
        for index in (at - 1, at):
            token = self.tokens[index] if 0 <= index < len(self.tokens) else None
            if token is not None and token.kind == "STRING" and "\n" in token.text and token.text.partition("\n")[0].rstrip().endswith((";", ")", ",", "{")):
                del self.stacks[index + 1 :]
                return self.cut(index, "string")
        return None

    def cut(self, at: int, what: str) -> Finding:
        """Ends a runaway token at the end of its first line, before the punctuation there."""
        token = self.tokens[at]
        quote = "`" if what == "template" else token.text.removeprefix("r")[0]
        head = token.text.partition("\n")[0].rstrip()
        body = head.rstrip(";,)]} \t") if "\n" in token.text or head[-1:] in ";)" else head
        end = token.start + max(len(body), 1)
        self.lexical = [one for one in self.lexical if not (one.code == "E0108" and one.span.start >= token.start) and not (token.start <= one.span.start < end)]
        begin = token.start
        if token.text[0] == "}":
            opener = self.opener(at)
            begin = self.tokens[opener].start if opener is not None else begin
            self.lexical = [one for one in self.lexical if one.span.start != begin]
        kind = "TEMPLATE_TAIL" if token.text[0] == "}" else "TEMPLATE" if what == "template" else "STRING"
        self.resume(at, [Token(kind, token.start, end, body)], end)
        change = Change(at, at, [], Edit(Span(end, end), quote))
        hint = f"add {quote} where it ends" if quote != "`" else "add `` ` `` where it ends"
        return self.found(
            "E0108",
            f"the {what} is never closed",
            Span(begin, begin + 1),
            [change],
            label="it begins here",
            hint=hint.replace(f"add {quote} ", f"add `{quote}` ") if quote != "`" else hint,
            sure=True,
        )

    def resume(self, at: int, tokens: list[Token], offset: int) -> None:
        """Reads the text again from an offset on; the tokens from `at` on become the given ones and what is read."""
        last = bisect_left(self.tokens, offset, key=lambda token: token.start)
        if last > at and self.tokens[last - 1].end <= offset and self.tokens[last - 1] is not self.tokens[at]:
            self.tokens[at:last] = tokens
            return
        self.relexed += len(self.source.text) - offset
        if self.relexed > RELEX:
            self.tokens[at:-1] = tokens
            return
        again = tokenize(Source(" " * offset + self.source.text[offset:], self.source.name))
        self.lexical = [one for one in self.lexical if one.span.start < offset] + again.errors
        self.comments = [one for one in self.comments if one.start < offset] + again.comments
        self.tokens[at:] = [*tokens, *listed(again, 0)]

    def take(self, at: int, kind: str, end: int) -> Change:
        """Makes one token of the text from a token to an offset; the change that stands for it."""
        start = self.tokens[at].start
        self.resume(at, [Token(kind, start, end, self.source.text[start:end])], end)
        return Change(at, at, [], None)

    def swallowed(self, at: int) -> Finding | None:
        """A `//` that was meant to divide, before this token or a few further back: `[` on the next line, say, fits behind most values."""
        found = (self.divided(place, sure=place == at) for place in range(at, max(at - AHEAD, 0), -1))
        return next((one for one in found if one is not None), None)

    def divided(self, at: int, *, sure: bool) -> Finding | None:
        """A `//` between the token before and this one that was meant to divide."""
        before = self.tokens[at - 1]
        index = bisect_left(self.comments, before.end, key=lambda comment: comment.start)
        if index >= len(self.comments) or self.comments[index].own_line or not self.comments[index].text.startswith("//") or self.comments[index].text.startswith("///"):
            return None
        comment = self.comments[index]
        if comment.start >= self.tokens[at].start or "\n" in self.source.text[before.end : comment.start]:
            return None
        body = listed(tokenize(Source(comment.text[2:], "")), comment.start + 2)[:-1]
        if not body or not self.divides(at, body):
            return None
        divide = Token("OPERATOR", comment.start, comment.start + 2, "~/")
        change = Change(at, at, [divide, *body], Edit(Span(comment.start, comment.start + 2), "~/"))
        note = "`//` begins a comment in ML"
        return self.found(
            "E0112",
            "`//` swallowed the rest of the expression",
            Span(comment.start, comment.end),
            [change],
            label="a comment",
            note=note,
            hint="integer division is written `~/`",
            sure=sure,
        )

    def divides(self, at: int, body: Sequence[Token]) -> bool:
        """Whether the text of a comment would go on with the expression before it."""
        stack = self.advance(self.stacks[at], "OPERATOR")
        for token in body:
            stack = stack and self.feed(stack, token.kind)
        if stack is None:
            return False
        if len(body) == 1:
            return body[0].kind == "NUMBER"
        closed = body[-1].kind == ";" or any(token.kind in CLOSERS for token in body)
        return closed and (self.feed(stack, self.kind(at)) is not None or self.advance(stack, ";") is not None)

    # ── the search ──────────────────────────────────────────────────────────────────────────────────────────────────

    def semicolon(self, at: int) -> Finding | None:
        """A statement that the next line, the end of its block or the next statement shows to be over."""
        kind = self.kind(at)
        if not self.can(at, ";", kind) or not (self.breaks(at) or kind == "}" or kind in STATEMENTS):
            return None
        return self.missing(at, self.insert(at, ";", ";"))

    def search(self, at: int) -> Finding | None:
        """The one token to insert, drop or replace after which the most can be read."""
        if self.line(at) == self.panicked:
            return None
        best: tuple[int, int] | None = None
        chosen: tuple[str, Change] | None = None
        enough = self.tokens[min(at + AHEAD, len(self.tokens) - 1)].end + 1
        needed = self.tokens[at].end + (self.kind(at) == END)
        for rank, (verb, change) in enumerate(self.candidates(at)):
            reach = min(self.reach([change], AHEAD + 1), enough)
            if reach < needed or (verb != "insert" and reach == needed):
                continue
            score = (reach, -rank)
            if best is None or score > best:
                best, chosen = score, (verb, change)
        if chosen is None:
            return None
        verb, change = chosen
        if verb == "insert":
            return self.missing(at, change)
        return self.misplaced(at, change)

    def candidates(self, at: int) -> Iterable[tuple[str, Change]]:
        kinds: tuple[str, ...] = INSERTIONS
        if not self.breaks(at) and self.kind(at) not in {"}", END} and self.begins_value(at):
            kinds = ("OPERATOR", *(kind for kind in INSERTIONS if kind not in {"OPERATOR", ";"}), ";")
            if self.can(at, ","):
                kinds = (",", *kinds)
        for kind in kinds:
            if self.can(at, kind):
                yield "insert", self.insert(at, kind, kind)
        if self.kind(at) != END:
            yield "drop", self.delete(at, at + 1)
            for kind in () if self.begins_value(at) else kinds[:-1]:
                if self.can(at, kind) and kind != self.kind(at):
                    yield "replace", self.replace(at, at + 1, kind, kind)

    def missing(self, at: int, change: Change) -> Finding:
        kind = change.tokens[0].kind
        end = self.tokens[at - 1].end if at else 0
        place = Span(end, end)
        if kind == ";":
            if not self.breaks(at) and self.begins_value(at):
                return self.found(
                    "E0105",
                    f"missing operator between {self.quoted(at - 1)} and {self.quoted(at)}",
                    self.span(at, at + 1),
                    [self.insert(at, ";")],
                    hint="put an operator or `;` between them",
                )
            return self.found("E0101", "missing `;`", place, [change], label="expected here", hint="add `;` at the end of the statement")
        if kind in CLOSERS:
            opener = self.opener(at)
            if opener is not None:
                return self.missing_closer(at, opener)
        if kind == ",":
            return self.found("E0104", f"missing `,` before {self.quoted(at)}", place, [change], label="expected here", hint="add `,`")
        if kind == "OPERATOR":
            return self.found(
                "E0105",
                f"missing operator between {self.quoted(at - 1)} and {self.quoted(at)}",
                self.span(at, at + 1),
                [self.insert(at, kind)],
                hint="put an operator or `;` between them",
            )
        if kind == "NAME":
            return self.missing_value(at)
        code = {"=>": "E0121", "(": "E0118", "{": "E0118", "=": "E0100", ":": "E0105"}.get(kind, "E0100")
        return self.found(code, f"missing `{kind}` before {self.quoted(at)}", place, [change], label="expected here", hint=f"add `{kind}`")

    def missing_value(self, at: int) -> Finding:
        """Nothing stands where a value or a name is needed."""
        change = self.insert(at, "NAME")
        before = f" after {self.quoted(at - 1)}" if at else ""
        names = not self.can(at, "NUMBER")
        what = "name" if names else "value"
        return self.found(
            "E0105", f"missing {what}{before}", self.span(at, at + 1), [change], label=f"a {what} was expected before this", hint=f"put a {what} before {self.quoted(at)}"
        )

    def misplaced(self, at: int, change: Change) -> Finding:
        kind = self.kind(at)
        if not change.tokens and kind in CLOSERS:
            return self.stray(at)
        expected = self.expected(at)
        if change.tokens and change.tokens[0].kind not in {"NAME", "OPERATOR"}:
            wanted = change.tokens[0].kind
            return self.found("E0100", f"{self.quoted(at)} does not belong here", self.span(at, at + 1), [change], label=f"`{wanted}` expected", hint=f"write `{wanted}`")
        if not change.tokens:
            return self.found("E0100", f"{self.quoted(at)} does not belong here", self.span(at, at + 1), [change], label=expected, hint=f"delete {self.quoted(at)}")
        change.edit = None
        return self.found("E0100", f"{self.quoted(at)} does not belong here", self.span(at, at + 1), [change], label=expected)

    def expected(self, at: int) -> str:
        """What could stand before a token, if that is little enough to say."""
        kinds = [kind for kind in self.tables.actions[self.stacks[at][0]] if kind != END and self.can(at, kind)]
        said: list[str] = []
        for kind in sorted(kinds):
            if kind in VALUES and "NUMBER" in kinds:
                one = "a value"
            elif kind in BINARY or kind in {".", "?."} or (kind in "([" and "OPERATOR" in kinds):
                one = "an operator"
            elif kind in {"NAME", "KEYWORD"}:
                one = "a name"
            else:
                one = {"NUMBER": "a number", "STRING": "a string", "AUGMENT": "an assignment"}.get(kind, f"`{kind}`")
            if one not in said:
                said.append(one)
        if not said or len(said) > 4:
            return ""
        return "expected " + (" or ".join((", ".join(said[:-1]), said[-1])) if len(said) > 1 else said[0])

    def panic(self, at: int) -> None:
        """Nothing helps: says so and goes on after the statement, or where the next line begins one."""
        line = self.line(at)
        self.panics += line == self.panicked
        if line != self.panicked:
            title = f"{self.quoted(at)} does not belong here" if self.kind(at) != END else "the file ends in the middle of a statement"
            self.findings.append(Diagnostic("E0100", title, self.span(at, at + 1), label=self.expected(at), source=self.source))
        first, last = self.start(at), at
        while self.kind(last) not in {";", END} and not (last > at and self.breaks(last) and (self.kind(last) in STATEMENTS or self.kind(last) == "}")):
            last = (self.close(last) or last) + 1 if self.kind(last) in OPENERS else last + 1
        if self.kind(last) == ";":
            last += 1
        end = min(max(last, at + 1), len(self.tokens) - 1)
        self.panicked = self.line(max(end - 1, 0))
        self.change([Change(first, max(end, first), self.made(";", self.tokens[first].start), None)])


def listed(tokens: Tokens, shift: int) -> list[Token]:
    text = tokens.source.text
    return [Token(kind, start + shift, end + shift, text[start:end]) for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True)]
