"""What the compiler has to say about a program: data only, `render.py` makes the text.

Codes are stable. E01xx syntax, E02xx names, E03xx flow, E04xx types, E05xx capabilities and imports, E06xx faults of a
running program, E07xx limits, W08xx lints. `CODES` is the one list of them; each has a page in docs/diagnostics.
"""

from __future__ import annotations

from mlpy.source import Source, Span


class Edit:
    """A replacement of the text of one span; what `mlpy check --fix` applies."""

    __slots__ = ("span", "text")

    def __init__(self, span: Span, text: str) -> None:
        self.span = span
        self.text = text


class Diagnostic:
    """One finding: a code, a title with the culprit in backticks, the span, and at most one note and one hint.

    `label` stands behind the carets. `labels` are further places `(span, text)`, such as the opener of an unclosed brace.
    `fix` is a list of edits that carry out the hint.
    """

    __slots__ = ("code", "fix", "hint", "label", "labels", "note", "source", "span", "title")

    def __init__(
        self,
        code: str,
        title: str,
        span: Span,
        *,
        label: str = "",
        labels: tuple[tuple[Span, str], ...] = (),
        note: str | None = None,
        hint: str | None = None,
        fix: tuple[Edit, ...] = (),
        source: Source | None = None,
    ) -> None:
        self.code = code
        self.title = title
        self.span = span
        self.label = label
        self.labels = labels
        self.note = note
        self.hint = hint
        self.fix = fix
        self.source = source

    @property
    def severity(self) -> str:
        """`error`, or `warning` for a lint (a code that begins with W)."""
        return "warning" if self.code[0] == "W" else "error"

    def __repr__(self) -> str:
        return f"Diagnostic({self.code}, {self.title!r}, {self.span.start}:{self.span.end})"


CODES: dict[str, str] = {
    # syntax
    "E0100": "something that does not belong here",
    "E0101": "missing `;`",
    "E0102": "a bracket that is never closed",
    "E0103": "a closing bracket without its opener",
    "E0104": "missing or doubled `,`",
    "E0105": "missing value or operator",
    "E0106": "a statement of another language",
    "E0107": "an operator of another language",
    "E0108": "an unterminated string, template or comment",
    "E0109": "a character that ML does not use",
    "E0110": "a malformed number",
    "E0111": "a malformed escape",
    "E0112": "a `//` that swallowed the rest of an expression",
    "E0113": "an assignment where a value is needed",
    "E0114": "a target that cannot be assigned to",
    "E0115": "a reserved word as a name",
    "E0116": "a name that begins with two underscores",
    "E0117": "a malformed `for` header",
    "E0118": "missing parentheses or braces",
    "E0119": "a clause without its statement",
    "E0120": "a malformed `match`",
    "E0121": "a malformed function",
    "E0122": "a malformed object",
    "E0123": "a malformed import",
    "E0124": "code nested too deeply",
    "E0125": "a misplaced `...`",
    "E0126": "a declaration that is not at the top level",
    "E0127": "source that is too large",
    "E0128": "a malformed type",
    "E0129": "a malformed capability",
}
