"""What functions take and give.

It is read from declarations in the file, from Python functions (builtins, methods, host functions), and from the registry's records.

Natives spell their types in ML's vocabulary, as text: `int | null`, `array<number>`, `fn(any) => boolean`. What such a text says
beyond that is `any`.
"""

from __future__ import annotations

from mlpy.analysis.shapes import ANY, ARRAY, NAMED

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Mapping

    from mlpy.analysis.facts import Member
    from mlpy.analysis.shapes import Shape, Shapes
    from mlpy.source import Span

VARARGS, VARKEYWORDS = 0x04, 0x08  # flags of a code object
PYTHON = {"str": "string", "bool": "boolean", "list": "array", "dict": "object", "None": "null"}


class Parameter:
    """One parameter. `optional`: it has a default. `keyword`: it can be named; `positional`: it need not be. `span`: where its type is declared."""

    __slots__ = ("keyword", "name", "optional", "positional", "shape", "span")

    def __init__(self, name: str, shape: Shape, *, optional: bool = False, keyword: bool = True, positional: bool = True, span: Span | None = None) -> None:
        self.name = name
        self.shape = shape
        self.optional = optional
        self.keyword = keyword
        self.positional = positional
        self.span = span


class Signature:
    """A function's parameters and result. `native`: not of this file, so numbers take booleans too, as Python's do."""

    __slots__ = ("infer", "name", "named", "native", "params", "rest", "shape_of_result")

    def __init__(
        self,
        name: str,
        params: Iterable[Parameter],
        rest: Shape | None,
        result: Shape | None,
        *,
        native: bool = False,
        named: bool = False,
        infer: Callable[[], Shape] | None = None,
    ) -> None:
        self.name = name
        self.params = [*params]
        self.rest = rest
        self.native = native
        self.named = named  # takes any other named argument too
        self.infer = infer
        self.shape_of_result = result

    @property
    def result(self) -> Shape:
        """The declared result, else the inferred one."""
        if self.shape_of_result is None:
            self.shape_of_result = ANY  # what a recursive call sees meanwhile
            self.shape_of_result = self.infer() if self.infer is not None else ANY
        return self.shape_of_result

    @property
    def required(self) -> int:
        """How many arguments by position a call needs that names none."""
        return sum(not one.optional and one.positional for one in self.params)

    @property
    def most(self) -> int:
        """How many arguments a call may give by position, where there is no rest parameter."""
        return sum(one.positional for one in self.params)


class Natives:
    """The signatures of functions that are not of the file, each read once."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.read: dict[object, Shape] = {}
        self.texts: dict[str, Shape] = {}

    def function(self, name: str, function: object, skip: int = 0) -> Shape:
        """The type of a Python function; `skip` leading parameters are not the caller's."""
        found = self.read.get((name, function))
        if found is None:
            signature = self.from_code(name, function, skip)
            found = self.read[name, function] = ANY if signature is None else self.shapes.function(signature)
        return found

    def from_code(self, name: str, function: object, skip: int) -> Signature | None:
        code = getattr(function, "__code__", None)
        if code is None:
            return None
        notes: Mapping[str, object] = getattr(function, "__annotations__", {})
        count, names = code.co_argcount, code.co_varnames
        optional = count - len(getattr(function, "__defaults__", None) or ())
        named_defaults: Mapping[str, object] = getattr(function, "__kwdefaults__", None) or {}
        params = [Parameter(names[at], self.note(notes.get(names[at])), optional=at >= optional, keyword=at >= code.co_posonlyargcount) for at in range(skip, count)]
        keywords = names[count : count + code.co_kwonlyargcount]
        params += [Parameter(one, self.note(notes.get(one)), optional=one in named_defaults, positional=False) for one in keywords]
        rest = self.note(notes.get(names[count + len(keywords)])) if code.co_flags & VARARGS else None
        return Signature(name, params, rest, self.note(notes.get("return")), native=True, named=bool(code.co_flags & VARKEYWORDS))

    def member(self, module: str, name: str, member: Member) -> Shape:
        """The type of a module's member, as the registry tells it."""
        key = (module, name)
        found = self.read.get(key)
        if found is None:
            found = self.read[key] = self.note(member.result) if member.kind == "constant" else self.from_member(f"{module}.{name}", member)
        return found

    def from_member(self, name: str, member: Member) -> Shape:
        if member.kind != "function":
            return ANY
        params: list[Parameter] = []
        rest: Shape | None = None
        for called, text, default, kind in member.params:
            if kind == "rest":
                rest = self.note(text)
            else:
                params.append(Parameter(called, self.note(text), optional=default is not None, keyword=kind != "positional", positional=kind != "named"))
        return self.shapes.function(Signature(name, params, rest, self.note(member.result), native=True))

    def note(self, text: object) -> Shape:
        """The type that an annotation's text spells."""
        if not isinstance(text, str):
            return ANY
        found = self.texts.get(text)
        if found is None:
            found = self.texts[text] = Notation(text, self.shapes).read()
        return found


class Notation:
    """Reads one annotation text."""

    def __init__(self, text: str, shapes: Shapes) -> None:
        self.words = split_words(text)
        self.at = 0
        self.shapes = shapes

    def read(self) -> Shape:
        shape = self.union()
        return shape if self.at == len(self.words) else ANY

    def next_is(self, *words: str) -> bool:
        """Steps over the words if they come next."""
        here = self.words[self.at : self.at + len(words)]
        if here == [*words]:
            self.at += len(words)
            return True
        return False

    def union(self) -> Shape:
        options = [self.single()]
        while self.next_is("|"):
            options.append(self.single())
        return self.shapes.union(options)

    def single(self) -> Shape:
        if self.next_is("("):
            inner = self.union()
            return inner if self.next_is(")") else ANY
        if self.next_is("fn", "("):
            return self.function()
        if self.next_is("{"):
            return self.object()
        if self.next_is("array", "<") or self.next_is("list", "["):
            item = self.union()
            return self.shapes.array(item) if self.next_is(">") or self.next_is("]") else ARRAY
        word = self.words[self.at] if self.at < len(self.words) else ""
        self.at += 1
        return NAMED.get(PYTHON.get(word, word), ANY)

    def function(self) -> Shape:
        params: list[Parameter] = []
        while not self.next_is(")"):
            if self.at >= len(self.words):
                return ANY
            params.append(Parameter("", self.union(), keyword=False))
            self.next_is(",")
        result = self.union() if self.next_is("=", ">") else ANY
        return self.shapes.function(Signature("", params, None, result))

    def object(self) -> Shape:
        fields: list[tuple[str, Shape, bool]] = []
        while not self.next_is("}"):
            if self.at >= len(self.words):
                return ANY
            name = self.words[self.at]
            self.at += 1
            optional = self.next_is("?")
            shape = self.union() if self.next_is(":") else ANY
            fields.append((name, shape, optional))
            self.next_is(",")
        return self.shapes.record(fields, exact=False)


def split_words(text: str) -> list[str]:
    """Identifiers and single signs."""
    words: list[str] = []
    word = ""
    for letter in text + " ":
        if letter.isalnum() or letter in "_.":
            word += letter
            continue
        if word:
            words.append(word)
            word = ""
        if not letter.isspace():
            words.append(letter)
    return words
