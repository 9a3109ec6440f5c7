"""The gate before a function that demands capabilities: what its arguments stand for is checked, counted and recorded at each call."""

from __future__ import annotations

from time import monotonic

from mlpy.capabilities import IN_MEMORY, KINDS, MAX_DENIALS, Capability, Use, find_kind, in_use, narrowing, shown, taken
from mlpy.errors import CapabilityDenied, MLError
from mlpy.runtime.values import a_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable
    from types import CodeType, FunctionType
    from typing import Any

    from mlpy.capabilities import AuditRecord, Grant, Grants, Layer
    from mlpy.runtime.run import Run

MAX_KNOWN = 1024


class Known:
    """What a gate has allowed before: under which layers, by which grants that count, and where it is recorded."""

    __slots__ = ("capabilities", "counted", "layers", "records")

    def __init__(self, layers: tuple[Layer, ...], capabilities: tuple[Capability, ...], counted: list[tuple[Capability, list[Grant]]]) -> None:
        self.layers = layers
        self.capabilities = capabilities
        self.counted = counted
        self.records: list[AuditRecord] | None = None


class Gate:
    """Stands before a function that demands capabilities; closed over the authority that was bound at import.

    A call demands all of them before its body runs, and is refused as a whole. What was allowed is remembered by its arguments, and
    only counted from then on: authority that is `settled` shrinks only within a `with capability` block.
    """

    __slots__ = ("grants", "known", "module", "run", "templates")

    def __init__(self, templates: str | Iterable[str], grants: Grants, run: Run, module: str) -> None:
        self.templates = [Template(each) for each in ((templates,) if isinstance(templates, str) else templates)]
        self.grants = grants
        self.run = run
        self.module = module
        self.known: dict[tuple[object, ...], Known] = {}

    @property
    def names(self) -> list[str]:
        """The parameters whose arguments it wants, template by template."""
        return [name for template in self.templates for name in template.names]

    def enter(self, values: tuple[object, ...]) -> Use:
        """Checks, counts and records; raises CapabilityDenied, which the run survives a thousand times."""
        run = self.run
        if run.dead:
            run.poll()
        exact = True
        for value in values:
            if type(value) is not str:
                exact = False
        grants = self.grants
        known = self.known.get(values) if exact else None
        if known is not None and known.layers is grants.layers and narrowing.get(None) is None:
            use = Use(grants, known.capabilities, self.count(known) if known.counted else (), self, known.records)
        else:
            use = self.take(grants.effective(), self.fill(values))
            if exact and use.grants is grants and grants.settled:
                self.remember(values, use)
        run.usage.calls += 1
        return use

    def fill(self, values: tuple[object, ...]) -> tuple[Capability, ...]:
        """The capabilities for these arguments."""
        templates = self.templates
        if len(templates) == 1:
            only = templates[0].fill(values, self.grants)
            return () if only is None else (only,)
        found = []
        at = 0
        for template in templates:
            found.append(template.fill(values[at : at + len(template.names)], self.grants))
            at += len(template.names)
        return tuple([one for one in found if one is not None])

    def take(self, grants: Grants, capabilities: tuple[Capability, ...]) -> Use:
        """A use of each, or a refusal that is recorded."""
        try:
            use = grants.use(*capabilities)
        except CapabilityDenied as refusal:
            self.refused(refusal, capabilities)
            raise
        use.gate = self
        return use

    def count(self, known: Known) -> list[Grant]:
        """One more use of what was allowed before, or a refusal that is recorded."""
        try:
            return taken(known.counted)
        except CapabilityDenied as refusal:
            self.refused(refusal, known.capabilities)
            raise

    def refused(self, refusal: CapabilityDenied, capabilities: Iterable[Capability]) -> None:
        """Records a refusal of one of these; too many end the run."""
        run = self.run
        run.audit.add(self.module, next(one for one in capabilities if shown(one) == refusal.capability), "denied", file=self.grants.file)
        if run.audit.denials >= MAX_DENIALS:
            run.exceed("denials", f"the program was denied {MAX_DENIALS:,} times")

    def remember(self, values: tuple[object, ...], use: Use) -> None:
        """Spares the next call with these arguments the check."""
        if len(self.known) >= MAX_KNOWN:
            self.known.clear()
        use.known = self.known[values] = Known(use.grants.layers, use.capabilities, use.matched)

    def call(self, use: Use, function: Callable[..., object], args: tuple[object, ...], named: dict[str, object]) -> object:
        """Calls the function; the run is looked at again before its result counts."""
        token = in_use.set(use)
        began = monotonic()
        try:
            return function(*args, **named)
        finally:
            in_use.reset(token)
            duration, run = monotonic() - began, self.run
            if use.records is None:
                self.leave(use, duration)
            else:
                for record in use.records:
                    run.audit.again(record, duration)
            if run.dead:
                run.poll()

    def before(self, function: FunctionType) -> FunctionType:
        """A function with exactly the parameters of another, behind this gate; raises ValueError for a template that does not fit."""
        code = function.__code__
        parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        for template in self.templates:
            unknown = [name for name in template.names if name not in parameters]
            if unknown:
                raise ValueError(f"`{template.text}` names `{unknown[0]}`, which is no parameter of `{function.__name__}`")
        made: FunctionType = _compile_gate(code, self.names)(function, self.enter, self.call)
        for name in ("__name__", "__qualname__", "__doc__", "__defaults__", "__kwdefaults__", "__annotations__"):
            setattr(made, name, getattr(function, name))
        made.__dict__["capabilities"] = tuple([template.text for template in self.templates])  # what `requiredCapabilities` gives
        return made

    def leave(self, use: Use, duration: float) -> None:
        """Records a call that has returned, for the first time."""
        audit = self.run.audit
        sizes, file = use.sizes, self.grants.file
        use.records = [audit.add(self.module, one, "allowed", duration, 0 if sizes is None else sizes[at], file) for at, one in enumerate(use.capabilities)]
        if use.known is not None and not audit.dropped:
            use.known.records = use.records


def _address(url: str) -> str:
    from mlpy.urls import address  # noqa: PLC0415  only functions that take a URL

    return address(url)


def _stored(path: str) -> str | None:
    return None if path == IN_MEMORY else path


def _folder(pattern: str) -> str:
    from mlpy.patterns import searched  # noqa: PLC0415  only functions that take a pattern

    return searched(pattern)


PARTS: dict[str, Callable[[str], str | None]] = {"address": _address, "folder": _folder, "stored": _stored}


class Template:
    """`kind:text {parameter} text`: a capability with places for arguments, which are always literal.

    `{url.address}` stands for a part of an argument: the `host:port` that a URL leads to. `{path.stored}` is the path of a
    database; for one in memory nothing is demanded. `{pattern.folder}` is the folder that a search by a pattern begins in.
    """

    __slots__ = ("kind", "names", "parts", "plain", "text", "texts", "whole")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind, _, resource = text.partition(":")
        find_kind(self.kind)
        self.texts: list[str] = []
        self.names: list[str] = []
        self.parts: list[str] = []
        rest = resource
        while "{" in rest:
            before, _, rest = rest.partition("{")
            place, brace, rest = rest.partition("}")
            name, dot, part = place.partition(".")
            if not brace or not name.isidentifier() or (dot and part not in PARTS):
                raise ValueError(f"`{text}`: a place for an argument is written `{{parameter}}`, or `{{url.address}}`")
            self.texts.append(before)
            self.names.append(name)
            self.parts.append(part)
        self.texts.append(rest)
        self.whole = len(self.names) == 1 and not any(self.texts)
        self.plain = self.whole and not self.parts[0]

    def fill(self, values: tuple[object, ...], grants: Grants) -> Capability | None:
        """The capability for these arguments, in the order of `names`; None where they demand none."""
        if self.plain and type(values[0]) is str and values[0]:
            return self._capability(values[0], grants)
        pieces = [self.texts[0]]
        for name, part, value, after in zip(self.names, self.parts, values, self.texts[1:], strict=True):
            text: str | None = self._text(name, value)
            text = PARTS[part](text) if part and text is not None else text
            if text is None:
                return None
            pieces += (text, after)
        return self._capability("".join(pieces), grants)

    def _capability(self, resource: str, grants: Grants) -> Capability:
        try:
            return Capability(self.kind, resource, root=grants.root)
        except ValueError as error:
            raise MLError(str(error), "ValueError") from error

    def _text(self, name: str, value: object) -> str:
        if type(value) is int and KINDS[self.kind].syntax != "path":
            return str(value)
        if type(value) is not str:
            raise MLError(f"`{name}` must be a string, not {a_type(value)}", "TypeError")
        if not value or (not self.whole and "/" in value):
            raise MLError(f"`{name}` must be {'a name without `/`' if value else 'a string that is not empty'}", "ValueError")
        return value


def gate(function: FunctionType, templates: str | Iterable[str], *, grants: Grants, run: Run, module: str = "") -> FunctionType:
    """A function with exactly the parameters of `function` that demands capabilities before each call.

    A template is `kind:resource` with `{parameter}` for arguments. The result is a plain function that holds the authority by
    closure: stored, passed on or called back, it checks the same grants. Raises ValueError for a template that does not fit.
    """
    return Gate(templates, grants, run, module).before(function)
def _compile_gate(code: CodeType, wanted: list[str]) -> Callable[..., FunctionType]:
    """`make(function, enter, call)`, which gives a function with the parameters of `code`; defaults are put on afterwards."""
    positional, named = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    parameters, arguments = list(names[:positional]), list(names[:positional])
    if code.co_posonlyargcount:
        parameters.insert(code.co_posonlyargcount, "/")
    rest_at = positional + named
    if code.co_flags & 0x04:
        parameters.append("*" + names[rest_at])
        arguments.append("*" + names[rest_at])
        rest_at += 1
    elif named:
        parameters.append("*")
    parameters += names[positional : positional + named]
    keywords = [f"{name!r}: {name}" for name in names[positional : positional + named]]
    if code.co_flags & 0x08:
        parameters.append("**" + names[rest_at])
        keywords.append("**" + names[rest_at])
    values = "".join(f"{name}, " for name in wanted)
    call = f"_call(_enter(({values})), _function, ({''.join(f'{each}, ' for each in arguments)}), {{{', '.join(keywords)}}})"
    text = f"def make(_function, _enter, _call):\n def gated({', '.join(parameters)}): return {call}\n return gated"
    made: dict[str, Any] = {}
    exec(text, {"__builtins__": {}}, made)  # noqa: S102  parameter names of a declared function only
    make: Callable[..., FunctionType] = made["make"]
    return make
