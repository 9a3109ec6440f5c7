"""The gate before a function that demands capabilities: what its arguments stand for is checked, counted and recorded at each call."""

from __future__ import annotations

from time import monotonic

from mlpy.audit import MAX_KNOWN, AuditRecord
from mlpy.capabilities import IN_MEMORY, KINDS, MAX_DENIALS, MAX_RESOURCE, Capability, Use, find_kind, in_use, narrowing, shown, taken
from mlpy.errors import CapabilityDenied, MLError
from mlpy.runtime.values import a_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable
    from types import CodeType, FunctionType
    from typing import Any, TypeVar

    from mlpy.capabilities import Grant, Grants
    from mlpy.runtime.run import Run

    T = TypeVar("T")



class Gate:
    """Stands before a function that demands capabilities; closed over the authority that was bound at import.

    A call demands all of them before its body runs, and is refused as a whole. What was allowed is remembered by its arguments, and
    only counted from then on: authority that is `settled` shrinks only within a `with capability` block. Where the text of an
    argument decides, as below `./data/`, nothing else is made of it before somebody reads the record of the call.
    """

    __slots__ = ("at_home", "beginnings", "grants", "kind", "known", "layers", "metered", "module", "origin", "run", "templates")

    def __init__(self, templates: str | Iterable[str], grants: Grants, run: Run, module: str) -> None:
        self.templates = [Template(each) for each in ((templates,) if isinstance(templates, str) else templates)]
        self.grants = grants
        self.run = run
        self.module = module
        self.known: dict[object, tuple[AuditRecord, ...]] = {}  # by the arguments, or by the only one
        self.metered: dict[object, list[tuple[Capability, list[Grant]]]] = {}  # by the arguments, where something is counted
        self.kind = self.templates[0].kind if self.plain else ""
        self.origin = run.audit.origin(module, grants.file, "allowed", self.kind, grants.root)
        self.forget()

    @property
    def names(self) -> list[str]:
        """The parameters whose arguments it wants, template by template."""
        return [name for template in self.templates for name in template.names]

    @property
    def plain(self) -> bool:
        """Whether it wants one argument, as it is."""
        return len(self.templates) == 1 and self.templates[0].plain

    def forget(self) -> None:
        """Begins anew with an authority that has changed."""
        self.layers = self.grants.layers
        self.clear()
        self.beginnings, self.at_home = self.grants.spellings(KINDS[self.kind]) if self.kind else ((), False)

    def clear(self) -> None:
        """Remembers nothing."""
        self.known.clear()
        self.metered.clear()

    def enter(self, values: tuple[object, ...], exact: bool) -> Use:
        """Checks, counts and records; `exact` says that all values are strings. Raises CapabilityDenied, which the run survives a thousand times."""
        run = self.run
        if run.dead:
            run.poll()
        grants = self.grants
        if exact and narrowing.get(None) is None:
            if grants.layers is not self.layers:
                self.forget()
            records = self.known.get(values)
            if records is not None:
                metered = self.metered.get(values)
                use = Use.of(grants, self, records, () if metered is None else self.count(metered))
            else:
                use = self.take(grants, self.fill(values), values)
        else:
            use = self.take(grants.effective(), self.fill(values))
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

    def take(self, grants: Grants, capabilities: tuple[Capability, ...], values: tuple[object, ...] | None = None) -> Use:
        """A use of each, which is remembered by these arguments, or a refusal that is recorded."""
        try:
            metered = grants.metered(capabilities)
            counted = taken(metered) if metered else ()
        except CapabilityDenied as refusal:
            self.refused(refusal, capabilities)
            raise
        use = Use.of(grants, self, tuple([AuditRecord.of(self.origin, one) for one in capabilities]), counted, capabilities)
        if values is not None and grants.settled:
            self.remember(values, use, metered)
        return use

    def count(self, metered: list[tuple[Capability, list[Grant]]]) -> list[Grant]:
        """One more use of what was allowed before, or a refusal that is recorded."""
        try:
            return taken(metered)
        except CapabilityDenied as refusal:
            self.refused(refusal, [one for one, _ in metered])
            raise

    def refused(self, refusal: CapabilityDenied, capabilities: Iterable[Capability]) -> None:
        """Records a refusal of one of these; too many end the run."""
        run = self.run
        run.audit.add(self.module, next(one for one in capabilities if shown(one) == refusal.capability), "denied", file=self.grants.file)
        if run.audit.denials >= MAX_DENIALS:
            run.exceed("denials", f"the program was denied {MAX_DENIALS:,} times")

    def remember(self, values: tuple[object, ...], use: Use, metered: list[tuple[Capability, list[Grant]]]) -> None:
        """Spares the next call with these arguments the check."""
        if len(self.known) >= MAX_KNOWN:
            self.clear()
        key = values[0] if self.plain else values
        self.known[key] = use.records
        if metered:
            self.metered[key] = metered

    def call(self, use: Use, function: Callable[..., T], *args: object) -> T:
        """Calls the function for a use; the run is looked at again before its result counts."""
        run = self.run
        token = in_use.set(use)
        began = monotonic()
        try:
            return function(*args)
        finally:
            in_use.reset(token)
            run.audit.count(use.records, began)
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
        make = _compile_gate(code, self.names, plain=self.plain)
        made: FunctionType = make(function, self, self.run, self.grants, Use, AuditRecord, in_use.set, in_use.reset, narrowing.get, monotonic, type, str, len)
        for name in ("__name__", "__qualname__", "__doc__", "__defaults__", "__kwdefaults__", "__annotations__"):
            setattr(made, name, getattr(function, name))
        made.__dict__["capabilities"] = tuple([template.text for template in self.templates])  # what `requiredCapabilities` gives
        return made


def _address(url: str) -> str:
    from mlpy.urls import address  # noqa: PLC0415  only functions that take a URL

    return address(url)


def _stored(path: str) -> str | None:
    return None if path == IN_MEMORY else path


def _folder(pattern: str) -> str:
    from mlpy.patterns import searched  # noqa: PLC0415  only functions that take a pattern

    return searched(pattern)


def _resolved(_name: str) -> None:
    return None


PARTS: dict[str, Callable[[str], str | None]] = {"address": _address, "folder": _folder, "resolved": _resolved, "stored": _stored}


class Template:
    """`kind:text {parameter} text`: a capability with places for arguments, which are always literal.

    `{url.address}` stands for a part of an argument: the `host:port` that a URL leads to. `{path.stored}` is the path of a
    database; for one in memory nothing is demanded. `{pattern.folder}` is the folder that a search by a pattern begins in. What `{model.resolved}` is only the body finds out, which demands it by `Use.extend`.
    """

    __slots__ = ("kind", "names", "parts", "plain", "text", "texts", "whole")

    def __init__(self, text: str) -> None:
        self.text = text
        kind, _, resource = text.partition(":")
        self.kind = find_kind(kind).name
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


def _compile_gate(code: CodeType, wanted: list[str], *, plain: bool) -> Callable[..., FunctionType]:
    """`make`, as `PLAIN` and `SEVERAL` have it, which gives a function with the parameters of `code`; defaults are put on afterwards."""
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
    arguments += [f"{name}={name}" for name in names[positional : positional + named]]
    if code.co_flags & 0x08:
        parameters.append("**" + names[rest_at])
        arguments.append("**" + names[rest_at])
    if plain:
        enter = ONE.format(value=wanted[0], most=MAX_RESOURCE)
    else:
        exact = " and ".join([f"øtype({name}) is østr" for name in dict.fromkeys(wanted)])
        enter = SEVERAL.format(values="".join([f"{name}, " for name in wanted]), exact=exact or True)
    text = GATE.format(parameters=", ".join(parameters), arguments=", ".join(arguments), enter=enter, value=wanted[0] if plain else "''")
    made: dict[str, Any] = {}
    exec(text, {"__builtins__": {}}, made)  # noqa: S102  parameter names of a declared function only
    make: Callable[..., FunctionType] = made["make"]
    return make


# What `Gate.call` does, without its arguments packed and unpacked; no parameter has an `ø` in its name.
GATE = """\
def make(øfunction, øgate, ørun, øgrants, øUse, øRecord, øset, øreset, ønarrowed, ønow, øtype, østr, ølen):
    øenter, øcounted, øbegin, øtally = øgate.enter, øgate.count, ørun.audit.begin, ørun.audit.count
    øknown, ømetered, øorigin = øgate.known.get, øgate.metered.get, øgate.origin
    def gated({parameters}):
{enter}
        øtoken = øset(øuse)
        øbegan = ønow()
        try:
            return øfunction({arguments})
        finally:
            øreset(øtoken)
            if øuse.fresh is None:
                øtally(øuse.records, øbegan)
            else:
                øbegin(øuse, {value}, øbegan)
            if ørun.dead:
                ørun.poll()
    return gated
"""
SEVERAL = "        øuse = øenter(({values}), {exact})"
# What `enter` does for one argument as it is, written out, as a call of a function costs as much as all that an argument seen before needs.
ONE = """\
        if ørun.dead:
            ørun.poll()
        if øtype({value}) is not østr or øgrants.layers is not øgate.layers or ønarrowed(None) is not None:
            øuse = øenter(({value},), øtype({value}) is østr)
        elif (ørecords := øknown({value})) is not None:
            øuse = øUse()
            øuse.fresh = øuse.made = øuse.further = None
            øuse.gate = øgate
            øuse.grants = øgrants
            øuse.records = ørecords
            øuse.counted = () if (øagainst := ømetered({value})) is None else øcounted(øagainst)
            ørun.usage.calls += 1
        elif ({value}.startswith(øgate.beginnings) or øgate.at_home and {value}[:1] != "/") and {value}.isprintable() and ".." not in {value} and 0 < ølen({value}) <= {most}:
            ørecord = øRecord()
            ørecord.origin = øorigin
            ørecord.need = {value}
            ørecord.count = ørecord.size = 0
            ørecord.into = None
            øuse = øUse()
            øuse.fresh = øgate.layers
            øuse.made = øuse.further = None
            øuse.gate = øgate
            øuse.grants = øgrants
            øuse.records = (ørecord,)
            øuse.counted = ()
            ørun.usage.calls += 1
        else:
            øuse = øenter(({value},), True)"""
