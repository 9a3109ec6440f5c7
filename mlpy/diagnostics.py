"""What the compiler has to say about a program: data only, `render.py` makes the text.

Codes are stable. E01xx syntax, E02xx names, E03xx flow, E04xx types, E05xx capabilities and imports, E06xx faults of a
running program, E07xx limits, W08xx lints. `CODES` is the one list of them; each has a page in docs/diagnostics.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
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


def undecodable(source: Source, at: int, byte: int) -> Diagnostic:
    """What to say about a file that is not UTF-8, at its first wrong byte; `source` has it with replacements."""
    from mlpy.source import Span  # noqa: PLC0415  data that only a failure needs

    return Diagnostic("E0130", f"`{source.name}` is not UTF-8", Span(at, at + 1), label=f"byte 0x{byte:02x}", hint="save the file as UTF-8", source=source)


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
    "E0130": "source that is not UTF-8",
    # names
    "E0201": "a name declared twice in one block",
    "E0202": "a type with the name of a built-in type",
    "E0203": "an unknown name",
    "E0204": "a literal that is called or subscripted",
    "E0205": "a parameter declared twice",
    "E0206": "parameters in the wrong order",
    "E0207": "arguments that contradict each other",
    "E0208": "a type used as a value",
    "E0209": "a parameter declared nonlocal",
    "E0210": "alternatives that bind different names",
    "E0211": "a name bound twice by one pattern",
    # flow
    "E0301": "`break` outside a loop",
    "E0302": "`continue` outside a loop",
    "E0303": "`return` outside a function",
    "E0304": "a variable used before it is assigned",
    "E0305": "loops, `try` and `with` nested too deep",
    # types
    "E0401": "an argument of the wrong type",
    "E0402": "a result of the wrong type",
    "E0403": "arguments that do not fit the parameters",
    "E0404": "an unknown member of a module",
    "E0405": "an unknown member of a value",
    "E0406": "a value that cannot be called",
    "E0407": "an unknown type",
    "E0408": "a type that stands for itself",
    "E0409": "a default of the wrong type",
    # capabilities and imports
    "E0501": "a module that cannot be found",
    "E0502": "an unknown kind of capability",
    "E0503": "a resource that does not fit its kind",
    "E0504": "something that is no capability",
    "E0505": "imports that run in a circle",
    # faults of a running program
    "E0600": "an error that the program threw",
    "E0601": "a value of the wrong type",
    "E0602": "a value outside of what is allowed",
    "E0603": "a key that an object does not have",
    "E0604": "an index out of range",
    "E0605": "a division by zero",
    "E0606": "a name that has no value yet",
    "E0607": "a call with the wrong arguments",
    "E0608": "recursion that is too deep",
    "E0609": "a capability that was not granted",
    "E0610": "a module that cannot be loaded",
    "E0611": "an assertion that does not hold",
    "E0612": "a failure that the system reported",
    "E0699": "a function that failed for no reason a program can see",
    # limits
    "E0701": "the time limit",
    "E0702": "the step limit",
    "E0703": "the memory limit",
    "E0704": "the output limit",
    "E0705": "a value that is too large",
    "E0706": "too many denials",
    "E0707": "cancelled",
    # lints
    "W0801": "a name that is never used",
    "W0802": "an import that is never used",
    "W0803": "code that can never run",
    "W0804": "a variable that may not be assigned",
    "W0805": "a function that returns a value on some paths only",
    "W0806": "`!` in front of a comparison",
    "W0807": "chained comparisons",
    "W0808": "a number compared with a boolean",
    "W0809": "a loop over pairs that does not take them apart",
    "W0810": "an `except` that never runs",
    "W0811": "a builtin called through a variable's name",
    "W0812": "a condition that never changes",
    "W0813": "a key that stands twice in an object",
    "W0814": "an assignment to itself",
    "W0815": "an arm that can never match",
    "W0816": "a comparison with itself",
    "W0817": "a handler that hides every error",
    "W0818": "a statement without effect",
    "W0819": "a `nonlocal` that finds nothing",
    "W0820": "an operation that always fails",
    "W0821": "something that the file's own blocks rule out",
    "W0822": "an invisible character",
    "W0823": "two minus signs in a row",
    "W0824": "a `//` that looks like a division",
}
MAX_DIAGNOSTICS = 100  # that one check of a file gives (T1)
