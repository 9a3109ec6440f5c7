"""Who may do what: capabilities, grants with their constraints, attenuation, and what a call uses.

A capability is `kind:resource` and always literal; a grant holds a pattern. `Grants` is an intersection of layers (what the
host gave, what a file declared, what a `with capability` left), each a union of grants. Layers and grants are shared by
reference, never copied, so that `count=100` stays 100 however often authority is narrowed or handed on.
"""

from __future__ import annotations

import os
from _contextvars import ContextVar
from _thread import allocate_lock
from os.path import normpath
from time import monotonic, time

from mlpy.errors import CapabilityDenied, MLError
from mlpy.nearest import nearest
from mlpy.runtime.current import current
from mlpy.runtime.values import HOST_CLASSES, ClassInfo, Handle, a_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Sequence
    from typing import Literal, NoReturn, TypeAlias

    from mlpy.audit import AuditRecord
    from mlpy.gates import Gate

    Answer: TypeAlias = Literal["once", "run", "no"]
    Asker: TypeAlias = Callable[["Capability"], Answer]
    Adviser: TypeAlias = Callable[["Capability"], str | None]
    Spellings: TypeAlias = tuple[tuple[str, ...], bool]  # beginnings, and whether every relative path is covered

MAX_DENIALS = 1_000
MAX_QUESTIONS = 5
MAX_RESOURCE = 4096
BILLION = 1e9  # costs are compared in billionths, as three times 0.1 is more than 0.3 in doubles
IN_MEMORY = ":memory:"  # what SQLite calls a database that is not stored

# ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Kind:
    """A kind of capability: how its resources are written (`path`, `address`, `name`, or `none`) and what it lets a program do."""

    __slots__ = ("doc", "name", "syntax")

    def __init__(self, name: str, syntax: str, doc: str) -> None:
        self.name = name
        self.syntax = syntax
        self.doc = doc


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("console.read", "none", "read standard input"),
        Kind("file.read", "path", "read files and list directories"),
        Kind("file.write", "path", "create and replace files and directories"),
        Kind("file.append", "path", "add to files"),
        Kind("file.delete", "path", "delete files and directories"),
        Kind("code.write", "path", "write where code, configuration or keys are loaded from"),
        Kind("env.read", "name", "read environment variables"),
        Kind("env.write", "name", "set environment variables of the program"),
        Kind("net.connect", "address", "connect to a host and port"),
        Kind("process.run", "name", "run a command"),
        Kind("crypto.random", "none", "take randomness from the system"),
        Kind("model.generate", "name", "have language models answer"),
        Kind("model.list", "none", "see which language models are here"),
        Kind("model.pull", "name", "download language models"),
        Kind("model.remove", "name", "delete language models"),
        Kind("bundle.read", "name", "download bundles from a registry"),
        Kind("bundle.push", "name", "publish bundles in a registry"),
        Kind("workflow.list", "none", "see which workflows are here, and their history"),
        Kind("workflow.run", "name", "run scripts of the user outside the sandbox"),
    )
}
# What `allow read, write;` in a capability block stands for.
SHORT_KINDS = {
    "read": "file.read",
    "write": "file.write",
    "append": "file.append",
    "delete": "file.delete",
    "execute": "process.run",
    "network": "net.connect",
    "system": "env.read",
}
SYNTAXES = ("path", "address", "name", "none")
learning: list[Callable[[], None]] = []  # what makes the kinds known that modules demand; the engine puts it here


def declare_kind(name: str, syntax: Literal["path", "address", "name", "none"] = "name", doc: str = "") -> None:
    """Makes a kind of the host's or an extension's own known; raises ValueError if it is known with another syntax."""
    if not is_kind(name):
        raise ValueError(f"`{name}` is not a kind: write it like `payment.charge`")
    if syntax not in SYNTAXES:
        raise ValueError(f"`{syntax}` is not a syntax of resources: use one of {', '.join(SYNTAXES)}")
    known = KINDS.setdefault(name, Kind(name, syntax, doc))
    if known.syntax != syntax:
        raise ValueError(f"`{name}` is already a kind whose resources are of the syntax `{known.syntax}`")


def is_kind(name: str) -> bool:
    """Whether a kind may be called so: a family, a dot, and what is done."""
    family, dot, verb = name.partition(".")
    return bool(dot) and all(part.isascii() and part.replace(".", "").isidentifier() for part in (family, verb))


def find_kind(name: str) -> Kind:
    """The kind of a name, short names of capability blocks included; raises ValueError."""
    kind = KINDS.get(SHORT_KINDS.get(name, name))
    if kind is None and "." in name:
        for learn in learning:
            learn()
        kind = KINDS.get(name)
    if kind is None:
        guess = nearest(name, KINDS)
        advice = f"did you mean `{guess}`" if guess else "no module that `mlpy modules` finds demands it" if "." in name else "write it like `file.read`"
        raise ValueError(f"`{name}` is not a kind of capability: {advice}")
    return kind


# ── resources ────────────────────────────────────────────────────────────────────────────────────────────────────


present: list[str] = []  # in a process that can ask for it no more


def present_folder() -> str:
    """Where relative paths begin that belong to no authority."""
    return present[0] if present else os.getcwd()


def _split_path(text: str, root: str) -> tuple[str, ...]:
    if os.sep == "/":
        rest = normpath(text if text[:1] == "/" else f"{root}/{text}").strip("/")
        return ("", *rest.split("/")) if rest else ("",)
    drive, rest = os.path.splitdrive(normpath(os.path.join(root, text)))
    return (drive, *(part for part in rest.split(os.sep) if part))


def _split_address(text: str) -> tuple[str, ...]:
    host, colon, port = text.rpartition(":")
    host = host.lower().removesuffix(".")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host.replace("-", "").replace(".", "").replace("*", "").replace("_", "")
    if not colon or not host or not (bracketed or plain.isalnum() or not plain) or not host.isascii():
        raise ValueError(f"`{text}` is not an address: write it as `host:port`")
    if bracketed or host[-1].isdigit() or ".0x" in host or host.startswith("0x"):
        host = _one_spelling(host, text)
    if port != "*" and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"`{text}` has no port: write it as `{text.rstrip(':')}:443`")
    labels = (host,) if ":" in host else tuple(reversed(host.split(".")))
    return (str(int(port)) if port != "*" else port, *labels)


def _one_spelling(host: str, text: str) -> str:
    """A host that may be an address, so that each address is written in one way."""
    from mlpy.addresses import is_number, plain  # noqa: PLC0415  most hosts have names

    if host.startswith("["):
        address = plain(host[1:-1]) if ":" in host else None
        if address is None:
            raise ValueError(f"`{text}` is not an address: write it like `[2001:db8::1]:443`")
        return f"[{address}]" if ":" in address else address
    if is_number(host.rpartition(".")[2]) and "*" not in host and plain(host) is None:
        raise ValueError(f"`{text}` is not an address: write it as four plain numbers, like `192.0.2.1:443`")
    return host


def _is_private(host: tuple[str, ...]) -> bool:
    """Whether the labels of a host are an address that is not public."""
    if not (host[0].isdigit() or host[0].startswith("[")):
        return False
    from mlpy.addresses import is_public, plain  # noqa: PLC0415  as above

    address = plain(host[0][1:-1] if host[0][0] == "[" else ".".join(reversed(host)))
    return address is not None and not is_public(address)


def _split(kind: Kind, text: str, root: str) -> tuple[str, ...]:
    """The components of a resource, or of a pattern; raises ValueError for text that is none."""
    if len(text) > MAX_RESOURCE or not text.isprintable():
        raise ValueError("a resource has at most 4,096 characters, all of them printable")
    if kind.syntax == "path":
        return _split_path(text, root)
    if kind.syntax == "address":
        return _split_address(text)
    return tuple(text.split("/"))


def _component_fits(pattern: str, text: str) -> bool:
    """Whether a component matches, `*` standing for any run of characters; linear in practice, never exponential."""
    if "*" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("*")
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def path_fits(pattern: Sequence[str], parts: Sequence[str], *, literal: bool = True) -> bool:
    """Whether components match a pattern in which `**` stands for any number of them; a `**` among the components is a name if they are `literal`."""
    at = back = position = 0
    star = -1  # where the last `**` stands, from which the search goes on
    while position < len(parts):
        if at < len(pattern) and pattern[at] == "**":
            star, back = at, position
            at += 1
        elif at < len(pattern) and (literal or parts[position] != "**") and _component_fits(pattern[at], parts[position]):
            at += 1
            position += 1
        elif star >= 0:
            back += 1
            at, position = star + 1, back
        else:
            return False
    return all(part == "**" for part in pattern[at:])


def _address_fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Ports and labels from the top level down; a `*` as the last of several labels stands for one or more."""
    if pattern[0] not in ("*", parts[0]):
        return False
    labels, wanted = parts[1:], pattern[1:]
    if wanted[-1] == "*":
        fixed = wanted[:-1]
        return tuple(labels[: len(fixed)]) == tuple(fixed) and (len(labels) > len(fixed) or not fixed)
    return tuple(labels) == tuple(wanted)


class Capability:
    """One use: a kind and a literal resource. `*`, `{` and `,` in it are plain characters.

    `private` says that it is an address outside of the public internet, which no `*` of a host's grants stands for.
    """

    __slots__ = ("kind", "parts", "private", "resource")

    def __init__(self, kind: str, resource: str = "", *, root: str | None = None) -> None:
        found = KINDS.get(kind) or find_kind(kind)
        self.kind = found.name
        self.resource = resource
        self.parts: tuple[str, ...] = () if found.syntax == "none" else _split(found, resource, root or present_folder())
        self.private = found.syntax == "address" and _is_private(self.parts[1:])

    @classmethod
    def parse(cls, text: str, *, root: str | None = None) -> Capability:
        """From `kind:resource`; raises ValueError."""
        kind, _, resource = text.partition(":")
        return cls(kind, resource, root=root)

    @property
    def resolved(self) -> str:
        """The resource in its one form: an absolute path, an address in lower case, any other as it is."""
        match KINDS[self.kind].syntax:
            case "path":
                return self.parts[0] + os.sep + os.sep.join(self.parts[1:])
            case "address":
                return f"{'.'.join(reversed(self.parts[1:]))}:{self.parts[0]}"
            case _:
                return self.resource

    def __str__(self) -> str:
        return f"{self.kind}:{self.resource}" if self.resource else self.kind

    def __repr__(self) -> str:
        return f"Capability({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Capability) and (self.kind, self.parts) == (other.kind, other.parts)

    def __hash__(self) -> int:
        return hash((self.kind, self.parts))


# ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

CONSTRAINTS = ("count", "rate", "bytes", "tokens", "until", "cost")
PERIODS = {"s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0}
_counting = allocate_lock()


class Grant:
    """Permission for every capability that its pattern covers, within its constraints.

    Written `kind:pattern`, with constraints after commas: `net.connect:*.example.com:443,count=100,rate=10/s`. `*` stands for
    any text within a component and `**` for any number of components; `*` alone, or nothing, for every resource of the kind.
    `count` uses, `rate` uses in a period, `bytes` moved, `tokens` of language models, `until` a moment (ISO 8601 or seconds since 1970), `cost` in a currency.
    """

    __slots__ = ("below", "bytes", "constrained", "cost", "count", "currency", "everything", "exact", "free", "kind", "pattern", "period", "rate", "said", "spent", "text", "times", "tokens", "until", "used", "volume", "written")

    def __init__(self, text: str, *, root: str | None = None, **constraints: float | str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a grant is a text such as `file.read:./data/**`, not `{type(text).__name__}`")
        self.written = text
        plain, written = _split_constraints(text)
        kind, colon, pattern = plain.partition(":")
        found = find_kind(kind)
        if colon and not pattern:  # what is left of `file.read:$FOLDER` without that variable must not allow all
            raise ValueError(f"`{plain}` names no resource: `{kind}` without `:` stands for all of them")
        self.kind = found.name
        self.everything = pattern in ("", "*") or found.syntax == "none"
        if found.syntax == "none" and pattern not in ("", "*"):
            raise ValueError(f"`{found.name}` has no resources: write it without `:{pattern}`")
        self.pattern: tuple[str, ...] = () if self.everything else _split(found, pattern, root or present_folder())
        if found.syntax == "address" and any("*" in label for label in self.pattern[1:-1] + tuple(last for last in self.pattern[-1:] if last != "*")):
            raise ValueError(f"`{plain}`: in a host a `*` stands for all its first labels, as in `*.example.com:443`")
        self.text = f"{found.name}:{pattern}" if pattern and found.syntax != "none" else found.name
        plain_folder = found.syntax != "address" and self.pattern[-1:] == ("**",) and "*" not in "".join(self.pattern[:-1])
        self.below = self.pattern[:-1] if plain_folder else None  # what most grants are: all that begins so
        self.exact: Capability | None = None
        self.count: int | None = None
        self.rate: int | None = None
        self.period = 1.0
        self.bytes: int | None = None
        self.tokens: int | None = None
        self.until: float | None = None
        self.cost: float | None = None
        self.currency = ""
        for name, value in {**written, **constraints}.items():
            self._constrain(name, value)
        others = not (self.rate is self.bytes is self.tokens is self.until is self.cost is None)
        self.constrained = others or self.count is not None  # whether anything is counted
        self.free = 0 if others or self.count is None else self.count  # so many uses nothing stands against
        self.used = 0
        self.volume = 0
        self.said = 0
        self.spent = 0.0
        self.times: list[float] = []

    def _constrain(self, name: str, value: float | str) -> None:
        from mlpy.runtime.limits import parse_count, parse_size  # noqa: PLC0415  limits know the runs, which know the grants

        match name:
            case "count":
                self.count = parse_count(value)
            case "bytes":
                self.bytes = parse_size(value)
            case "tokens":
                self.tokens = parse_count(value)
            case "rate":
                amount, _, period = str(value).partition("/")
                if period.strip() not in PERIODS:
                    raise ValueError(f"`{value}` is not a rate: write it like `10/s`")
                self.rate, self.period = parse_count(amount), PERIODS[period.strip()]
            case "until":
                self.until = _parse_moment(value)
            case "cost":
                self.cost, self.currency = _parse_cost(str(value))
            case _:
                raise ValueError(f"`{name}` is not a constraint: use one of {', '.join(CONSTRAINTS)}")

    @property
    def literal(self) -> bool:
        """Whether it names one host, or one resource of another kind."""
        return self.exact is not None or not (self.everything or self.pattern[-1] == "*")

    def must_be_plain(self) -> None:
        """Raises ValueError for a denial that has constraints, which nobody would count."""
        if self.constrained:
            raise ValueError(f"`{self.text}` is denied for good: a denial takes no constraints")

    def covers(self, capability: Capability) -> bool:
        """Whether the pattern matches; counts nothing."""
        if self.kind != capability.kind:
            return False
        if self.below is not None:
            return capability.parts[: len(self.below)] == self.below
        if self.everything:
            return self.exact is None or self.exact == capability
        fits = _address_fits if KINDS[self.kind].syntax == "address" else path_fits
        return fits(self.pattern, capability.parts)

    def covers_grant(self, other: Grant) -> bool:
        """Whether everything that the other covers is covered too."""
        if other.exact is not None:
            return self.covers(other.exact)
        if self.kind != other.kind or self.exact is not None or self.everything or other.everything:
            return self.kind == other.kind and self.everything and self.exact is None
        return _address_fits(self.pattern, other.pattern) if KINDS[self.kind].syntax == "address" else path_fits(self.pattern, other.pattern, literal=False)

    def suffices_for(self, other: Grant) -> bool:
        """Whether it grants everything that the other does: a `*` covers an address that is not public, and does not grant it (U2)."""
        private = KINDS[other.kind].syntax == "address" and other.literal and _is_private(other.pattern[1:])
        return self.covers_grant(other) and (self.literal or not private)

    def exhausted(self) -> str | None:
        """Which constraint stands against one more use; the lock is held."""
        count = self.count
        if count is not None and self.used >= count:
            return f"count={self.count}"
        if self.until is not None and time() >= self.until:
            return "until"
        if self.bytes is not None and self.volume >= self.bytes:
            return f"bytes={self.bytes}"
        if self.tokens is not None and self.said >= self.tokens:
            return f"tokens={self.tokens}"
        if self.cost is not None and self.spent >= self.cost:
            return f"cost={self.cost:g}{self.currency}"
        if self.rate is not None:
            now = monotonic()
            self.times[:] = [moment for moment in self.times if moment > now - self.period]
            if len(self.times) >= self.rate:
                return f"rate={self.rate}/{self.period:g}s"
        return None

    def too_much(self, size: int, cost: float, tokens: int, currency: str = "") -> str | None:
        """Which constraint stands against moving and spending that much in the course of a use, which as a stream outlives its call; the lock is held.

        A cost in another currency than the grant's is always too much; one that names none is taken to be in it.
        """
        if self.until is not None and time() >= self.until:
            return "until"
        if self.bytes is not None and self.volume + size > self.bytes:
            return f"bytes={self.bytes}"
        if self.tokens is not None and self.said + tokens > self.tokens:
            return f"tokens={self.tokens}"
        if self.cost is not None and (round((self.spent + cost) * BILLION) > round(self.cost * BILLION) or (cost and currency not in ("", self.currency))):
            return f"cost={self.cost:g}{self.currency}"
        return None

    def give_back(self) -> None:
        """Undoes the last use that was counted, for a call that was refused as a whole; the lock is held."""
        self.used -= 1
        if self.rate is not None:
            self.times.pop()

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Grant({self.text!r})"


def _split_constraints(text: str) -> tuple[str, dict[str, str]]:
    """The capability and the constraints that follow it; only known names split, as a path may hold commas."""
    found: dict[str, str] = {}
    while True:
        rest, comma, last = text.rpartition(",")
        name, equals, value = last.strip().partition("=")
        if not comma or not equals or name not in CONSTRAINTS:
            meant = nearest(name, CONSTRAINTS) if comma and equals else None
            if meant is not None:  # as part of a pattern it would silently match nothing
                raise ValueError(f"`{name}` is not a constraint: did you mean `{meant}`")
            return text.strip(), found
        found[name] = value
        text = rest


def _parse_moment(value: float | str) -> float:
    if isinstance(value, int | float):
        return float(value)
    from datetime import datetime  # noqa: PLC0415  5 ms, and few grants end at a moment

    try:
        return float(value) if value.replace(".", "").isdigit() else datetime.fromisoformat(value).timestamp()
    except ValueError:
        raise ValueError(f"`{value}` is not a moment: write it like `2030-01-31T12:00:00Z`") from None


def _parse_cost(value: str) -> tuple[float, str]:
    digits = value.strip().rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    try:
        amount = float(digits)
    except ValueError:
        amount = -1.0
    if not 0 < amount < float("inf"):
        raise ValueError(f"`{value}` is not a cost: write it like `0.50USD`")
    return amount, value.strip()[len(digits) :].strip() or "USD"


UNASKED = "is not among what {} asks for"


class Layer:
    """A union of grants from one origin: `grant` (the host), `declaration` (a file; `words` say of something that it rules it out) or `narrowing` (a `with capability`)."""

    __slots__ = ("advice", "ask", "asking", "file", "grants", "origin", "questions", "refused", "words")

    def __init__(self, grants: Iterable[Grant], origin: str = "grant", ask: Asker | None = None, *, words: str = UNASKED.format("this file"), advice: Adviser | None = None) -> None:
        self.grants = list(grants)
        self.origin = origin
        self.ask = ask
        self.advice = advice
        self.asking = allocate_lock()
        self.words = words
        self.file = ""
        self.questions = 0
        self.refused: set[Capability] = set()

    def matching(self, capability: Capability) -> list[Grant]:
        """Its grants that cover the capability; an address that is not public has to be named by the host (U2)."""
        found = [grant for grant in self.grants if grant.covers(capability)]
        return [grant for grant in found if grant.literal] if capability.private and self.origin == "grant" else found

    def spellings(self, kind: Kind, root: str) -> Spellings:
        """How resources are written that its grants surely cover, see `Grants.spellings`."""
        grants = [grant for grant in self.grants if grant.kind == kind.name]
        if self.ask is not None or any(grant.constrained for grant in grants):
            return (), False
        if any(grant.everything and grant.exact is None for grant in grants):
            return ("",), True
        home = _split_path(".", root) if kind.syntax == "path" and root[:1] == "/" else ("*",)
        found: list[str] = []
        at_home = False
        for below in [grant.below for grant in grants if grant.below]:
            found.append("/".join(below) + "/")
            if below[: len(home)] == home and len(below) > len(home):
                rest = "/".join(below[len(home) :])
                found += (f"{rest}/", f"./{rest}/")
            at_home = at_home or home[: len(below)] == below
        return tuple(found), at_home

    def consent(self, capability: Capability) -> bool:
        """Asks the person, where there is one; refusals are remembered, and a run asks at most five times."""
        if self.ask is None:
            return False
        with self.asking:  # one question at a time, whose answer may hold for who waited
            if any(grant.exact == capability for grant in self.grants):
                return True
            if capability in self.refused or self.questions >= MAX_QUESTIONS:
                return False
            self.questions += 1
            answer = self.ask(capability)
            if answer == "run":
                self.grants.append(_exact(capability))
            elif answer != "once":
                self.refused.add(capability)
            return answer in ("once", "run")


def _exact(capability: Capability) -> Grant:
    """A grant of exactly this resource, whatever characters it has."""
    grant = Grant(capability.kind)
    grant.exact, grant.text = capability, str(capability)
    return grant


def _within_both(one: Spellings, other: Spellings) -> Spellings:
    """What begins as two layers want it."""
    return (*_fitting(one[0], other), *_fitting(other[0], one)), one[1] and other[1]


def _fitting(beginnings: Iterable[str], wanted: Spellings) -> list[str]:
    """Beginnings that another layer covers too."""
    return [text for text in beginnings if text.startswith(wanted[0]) or (wanted[1] and text[:1] not in ("", "/"))]


class Grants:
    """An authority: what is allowed within every layer and not denied. Deny beats allow in any order.

    `Grants(["file.read:./data/**"], deny=["file.read:./data/secret/**"])`. Relative paths are taken from `root` (the current
    directory), once. `Grants.everything()` allows all; `Grants()` nothing. `ask` may grant what is missing, `advice` says what to do
    about a refusal. Raises ValueError for an unknown kind or a bad pattern.
    """

    __slots__ = ("declared", "denied", "layers", "root")

    def __init__(
        self, allow: Iterable[str | Grant] = (), *, deny: Iterable[str | Grant] = (), root: str | None = None, ask: Asker | None = None, advice: Adviser | None = None
    ) -> None:
        for given in (allow, deny):
            if isinstance(given, str | bytes) or hasattr(given, "keys") or not hasattr(given, "__iter__"):
                raise TypeError(f"grants are a list such as `['file.read:./data/**']`, not `{type(given).__name__}`")
        self.root = root or present_folder()
        self.layers: tuple[Layer, ...] = (Layer(self.parsed(allow), "grant", ask, advice=advice),)
        self.denied: tuple[Grant, ...] = tuple(self.parsed(deny))
        for grant in self.denied:
            grant.must_be_plain()
        self.declared: Layer | None = None

    def parsed(self, items: Iterable[str | Grant]) -> list[Grant]:
        """Grants from texts, with relative paths taken from this authority's root."""
        return [item if isinstance(item, Grant) else Grant(item, root=self.root) for item in items]

    @classmethod
    def everything(cls, *, deny: Iterable[str | Grant] = (), root: str | None = None) -> Grants:
        """Every capability but the denied ones."""
        made = cls((), deny=deny, root=root)
        made.layers = ()
        return made

    @classmethod
    def of(cls, value: Grants | Iterable[str | Grant] | None) -> Grants:
        """What the embedding API takes for grants."""
        return value if isinstance(value, Grants) else cls(value or ())

    def _with(self, layers: tuple[Layer, ...], denied: tuple[Grant, ...]) -> Grants:
        made = Grants.__new__(Grants)
        made.root, made.layers, made.denied, made.declared = self.root, layers, denied, None
        return made

    def intersect(self, other: Grants) -> Grants:
        """What both allow; counters stay shared."""
        layers = self.layers + tuple(layer for layer in other.layers if layer not in self.layers)
        denied = self.denied + tuple(grant for grant in other.denied if grant not in self.denied)
        return self if len(layers) == len(self.layers) and len(denied) == len(self.denied) else self._with(layers, denied)

    def narrow(self, patterns: Iterable[str | Grant], origin: str = "narrowing") -> Grants:
        """What is allowed and also covered by the patterns; what a file's `capability` block does with origin `declaration`."""
        return self._with((*self.layers, Layer(self.parsed(patterns), origin)), self.denied)

    def within(self, layer: Layer) -> Grants:
        """What is allowed by a layer too, which is the first to say why something is not."""
        return self if layer in self.layers else self._with((layer, *self.layers), self.denied)

    def bounded(self, layer: Layer) -> Grants:
        """What is allowed by a layer too, which is the last to say why something is not."""
        return self if layer in self.layers else self._with((*self.layers, layer), self.denied)

    def declaration(self, patterns: Iterable[str | Grant], file: str, words: str) -> Layer:
        """The layer of what an imported file asks for, with relative paths taken from this authority's root."""
        layer = Layer(self.parsed(patterns), "declaration", words=words)
        layer.file = file
        return layer

    @property
    def file(self) -> str:
        """The imported file whose own authority this is; empty for that of the program."""
        return self.layers[0].file if self.layers else ""

    @property
    def identity(self) -> tuple[frozenset[Layer], frozenset[Grant]]:
        """Equal for two authorities that allow and count the same."""
        return frozenset(self.layers), frozenset(self.denied)

    def copy(self) -> Grants:
        """The same authority as an object of its own, for `declare`; counters stay shared."""
        return self._with(self.layers, self.denied)

    def declare(self, patterns: Iterable[str | Grant], derived: Iterable[Grants] = ()) -> None:
        """Bounds this authority, and all that is bound to it or `derived` from it already, by what a program asks for; a later declaration adds to an earlier one."""
        if self.declared is None:
            self.declared = Layer((), "declaration")
            for each in (self, *derived):
                each.layers = (*each.layers, self.declared)
        self.declared.grants.extend(self.parsed(patterns))
        for each in (self, *derived):
            each.layers = (*each.layers,)  # another one: gates forget what they have allowed

    def effective(self) -> Grants:
        """This authority within the `with capability` blocks in force."""
        within = narrowing.get(None)
        return self if within is None else self.intersect(within)

    # ── questions ──

    def allows(self, capability: Capability | str) -> bool:
        """Whether a use would be allowed now; counts and records nothing."""
        capability = self.capability(capability)
        if any(grant.covers(capability) for grant in self.denied):
            return False
        with _counting:
            return all(self._open(layer.matching(capability)) for layer in self.layers)

    def names(self, capability: Capability) -> bool:
        """Whether the host named the resource itself, by no `*`."""
        return all(any(grant.literal and grant.covers(capability) for grant in layer.grants) for layer in self.layers if layer.origin == "grant")

    def covers(self, capability: Capability) -> bool:
        """Whether every layer covers a use and none is denied, be it that counts are used up: for what belongs to a use that was counted."""
        return not any(grant.covers(capability) for grant in self.denied) and all(layer.matching(capability) for layer in self.layers)

    @staticmethod
    def _open(grants: list[Grant]) -> bool:
        return bool(grants) and all(grant.exhausted() is None for grant in grants)

    def capability(self, value: Capability | str) -> Capability:
        """A capability from text, relative paths taken from this authority's root."""
        return value if isinstance(value, Capability) else Capability.parse(value, root=self.root)

    def patterns(self) -> list[str]:
        """The patterns that hold in every layer, as text; `["*"]` where everything is allowed."""
        if not self.layers:
            return ["*"]
        found: dict[str, None] = {}
        for layer in self.layers:
            for grant in layer.grants:
                if all(other is layer or any(wider.covers_grant(grant) for wider in other.grants) for other in self.layers):
                    found[grant.text] = None
        return list(found)

    # ── use ──

    def use(self, *capabilities: Capability | str) -> Use:
        """Takes one use of each, charging every constrained grant that matches; raises CapabilityDenied, and then nothing is charged."""
        wanted = tuple(map(self.capability, capabilities))
        matched = self.metered(wanted)
        return Use.of(self, None, (), taken(matched) if matched else (), wanted)

    def metered(self, capabilities: Iterable[Capability]) -> list[tuple[Capability, list[Grant]]]:
        """Those of allowed capabilities that something counts, each with what counts it; raises CapabilityDenied."""
        return [(one, grants) for one in capabilities if (grants := self.counting(one))]

    def counting(self, capability: Capability) -> list[Grant]:
        """The constrained grants that cover a capability which every layer allows; raises CapabilityDenied."""
        for grant in self.denied:
            if grant.covers(capability):
                raise denial(capability, f"`{shown(capability)}` is denied by `{grant.text}`")
        found: list[Grant] = []
        for layer in self.layers:
            for grant in layer.matching(capability) or self._consented(layer, capability):
                if grant.constrained and grant not in found:
                    found.append(grant)
        return found

    def spellings(self, kind: Kind) -> Spellings:
        """How resources of a kind may begin that are allowed and not counted, whatever follows that has no `..` in it; and whether every relative path is."""
        if kind.syntax not in ("path", "name") or os.sep != "/" or any(grant.kind == kind.name for grant in self.denied):
            return (), False
        found: Spellings = ("",), True
        for layer in self.layers:
            found = _within_both(found, layer.spellings(kind, self.root))
        return found

    @property
    def settled(self) -> bool:
        """Whether what is allowed stays so under the same layers, but for what is counted: nobody is asked."""
        return self.layers[0].ask is None if len(self.layers) == 1 else all(layer.ask is None for layer in self.layers)

    def _consented(self, layer: Layer, capability: Capability) -> list[Grant]:
        """No grant, where a person allows what no grant of the layer covers; raises CapabilityDenied."""
        others = [each for each in self.layers if each is not layer]
        if layer.origin == "grant" and all(each.matching(capability) for each in others) and layer.consent(capability):
            return []
        raise self._refusal(layer, capability)

    @staticmethod
    def _refusal(layer: Layer, capability: Capability) -> CapabilityDenied:
        text = shown(capability)
        if layer.origin == "narrowing":
            return denial(capability, f"`{text}` is outside the enclosing `with capability` block", "widen the block, or move the call out of it")
        if layer.origin == "declaration":
            return denial(capability, f"`{text}` {layer.words}", "ask for it in a `capability` block")
        refusal = denial(capability, f"`{text}` is not granted", (layer.advice and layer.advice(capability)) or way_to_grant(capability))
        if capability.private:
            refusal.note = "an address that is not public needs its own grant, which names it"
        return refusal

    def __repr__(self) -> str:
        return f"Grants({self.patterns()!r})"


def taken(counted: Iterable[tuple[Capability, list[Grant]]]) -> list[Grant]:
    """Takes a use of each capability from the grants that count it, all or none; raises CapabilityDenied."""
    found: list[Grant] = []
    with _counting:
        for capability, grants in counted:
            for grant in grants:
                against = None if grant.used < grant.free else grant.exhausted()
                if against is not None:
                    for each in found:
                        each.give_back()
                    raise denial(capability, f"the grant `{grant.text}` is used up: `{against}`", "ask for a grant with a wider limit")
                grant.used += 1
                if grant.rate is not None:
                    grant.times.append(monotonic())
                found.append(grant)
    return found if len(found) == 1 else [*dict.fromkeys(found)]


def denial(capability: Capability, message: str, hint: str | None = None) -> CapabilityDenied:
    """The error of a refused use."""
    return CapabilityDenied(message, shown(capability), hint=hint)


def shown(capability: Capability) -> str:
    """A capability in a message, its middle cut where it is long."""
    text = str(capability)
    return text if len(text) <= 200 else f"{text[:100]}…{text[-99:]}"


def exact_grant(capability: Capability) -> str | None:
    """The text of a grant of exactly this; None where a grant takes its characters for a pattern or for constraints."""
    text = str(capability)
    return text if "*" not in text and _split_constraints(text) == (text, {}) else None


def way_to_grant(capability: Capability) -> str | None:
    """The hint of a refusal: never a flag that would grant more than what was refused."""
    text = exact_grant(capability)
    return None if text is None else f"grant it with `--allow {quoted_for_shell(text)}`"


def quoted_for_shell(text: str) -> str:
    """A word of a command line."""
    plain = text.replace(".", "").replace(":", "").replace("/", "").replace("-", "").replace("_", "")
    return text if plain.isalnum() and plain.isascii() else "'" + text.replace("'", "'\\''") + "'"


class Use:
    """What one call was allowed, for the function behind the gate to charge what it moves or spends.

    `grants` are those in force at the call, and `gate` is where it came in (None outside of one, where nothing is recorded). A stream
    that a call gives out keeps its use, and charges it as long as it lives.
    """

    __slots__ = ("counted", "fresh", "further", "gate", "grants", "made", "records")
    counted: Sequence[Grant]
    fresh: tuple[Layer, ...] | None  # the layers that allowed it, where its gate remembers its record when it ends
    further: list[Use] | None
    gate: Gate | None
    grants: Grants
    made: tuple[Capability, ...] | None  # what `capabilities` gives, where somebody had to make them
    records: tuple[AuditRecord, ...]

    @classmethod
    def of(cls, grants: Grants, gate: Gate | None, records: tuple[AuditRecord, ...], counted: Sequence[Grant] = (), capabilities: tuple[Capability, ...] | None = None) -> Use:
        """What a call was allowed. There is no `__init__`, as gates fill in the most frequent ones themselves: a call of one costs half as much again."""
        use = cls()
        use.grants = grants
        use.gate = gate
        use.records = records
        use.counted = counted
        use.made = capabilities
        use.fresh = use.further = None
        return use

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the call was allowed, template by template."""
        if self.made is None:
            self.made = tuple([record.used for record in self.records])
        return self.made

    def charge(self, size: int = 0, cost: float = 0.0, kind: str | None = None, *, tokens: int = 0, currency: str = "") -> None:
        """Counts bytes, cost and tokens before they are moved or spent, for one kind or all that the call uses; raises CapabilityDenied where that would be too much, or costs in another `currency`."""
        if self.counted:
            try:
                self._count([grant for grant in self.counted if kind in (None, grant.kind)], size, cost, tokens, currency)
            except CapabilityDenied as refusal:
                if self.gate is not None:
                    self.gate.refused(refusal, [one for use in (self, *(self.further or ())) for one in use.capabilities])
                raise
        for use in self.further or ():
            use.note(size, kind)
        self.note(size, kind)

    def note(self, size: int, kind: str | None) -> None:
        """Puts bytes that were moved into the records of the call."""
        for record in self.records:
            if kind in (None, record.kind):
                (record.into or record).size += size

    def correct(self, cost: float) -> None:
        """Adds to the cost that was charged, or takes from it what was not spent in the end; refuses nothing, as it is spent."""
        with _counting:
            for grant in self.counted:
                grant.spent = max(grant.spent + cost, 0.0)

    def _count(self, counted: list[Grant], size: int, cost: float, tokens: int, currency: str) -> None:
        with _counting:
            for grant in counted:
                against = grant.too_much(size, cost, tokens, currency)
                if against is not None:
                    raise denial(self._behind(grant), f"the grant `{grant.text}` is used up: `{against}`", "ask for a grant with a wider limit")
            for grant in counted:
                grant.volume += size
                grant.said += tokens
                grant.spent += cost

    def _behind(self, grant: Grant) -> Capability:
        """The capability that a grant was charged for."""
        uses: list[Use] = [self, *(self.further or ())]
        return next(one for use in uses for one in use.capabilities if grant.covers(one))

    def refuse(self, capability: Capability, message: str) -> NoReturn:
        """Raises for what only the course of the call has shown to be denied, and records it."""
        refusal = denial(capability, message)
        if self.gate is not None:
            self.gate.refused(refusal, (capability,))
        raise refusal

    def extend(self, capability: Capability) -> None:
        """A further use that shows only in the course of the call, as of the target of a link or a redirect; raises CapabilityDenied."""
        gate = self.gate
        if gate is None:
            more = self.grants.use(capability)
        else:
            more = gate.take(self.grants, (capability,))
            gate.run.audit.count(more.records)
        self.further = [*(self.further or ()), more]
        self.counted = [*dict.fromkeys([*self.counted, *more.counted])]  # one grant may cover both, and is charged once


in_use: ContextVar[Use] = ContextVar("mlpy.use")
narrowing: ContextVar[Grants] = ContextVar("mlpy.narrowing")


def charge(size: int = 0, cost: float = 0.0, kind: str | None = None, *, tokens: int = 0) -> None:
    """Charges the use that the calling capability function stands for, or what it uses of one kind; does nothing outside of one."""
    use = in_use.get(None)
    if use is not None:
        use.charge(size, cost, kind, tokens=tokens)


# ── in the language ──────────────────────────────────────────────────────────────────────────────────────────────


class Declaration(Handle):
    """The value of a `capability` declaration."""

    __slots__ = ("name", "patterns")

    def __init__(self, name: str, patterns: tuple[str, ...]) -> None:
        self.get = {}.get
        self.name = name
        self.patterns = patterns


HOST_CLASSES[Declaration] = ClassInfo("capability", {}, doc="What a capability block asks for.", display=lambda value: f"<capability {value.name}>")


def declared_patterns(kinds: Iterable[str | tuple[str, str | None]], resources: Sequence[str]) -> tuple[str, ...]:
    """What a capability block asks for: each kind with its own target, else with each resource, else for every resource."""
    found: list[str] = []
    for each in kinds:
        kind, target = (each, None) if isinstance(each, str) else each
        name = SHORT_KINDS.get(kind, kind)
        targets = [target] if target is not None else resources or ["*"]
        found += [f"{name}:{one}" if KINDS.get(name) is None or KINDS[name].syntax != "none" else name for one in targets]
    return tuple(dict.fromkeys(found))


def declare(name: str, kinds: Iterable[str | tuple[str, str | None]], resources: Sequence[str]) -> Declaration:
    """The helper behind a `capability` declaration; a fault if a kind is unknown or a resource does not fit."""
    patterns = declared_patterns(kinds, resources)
    try:
        Grants(patterns)
    except ValueError as error:
        raise MLError(str(error), "CapabilityError") from error
    return Declaration(name, patterns)


class Narrowing:
    """The helper behind `with capability(…)`: in the block, in this task and what it starts, only the intersection is allowed."""

    __slots__ = ("grants", "token")

    def __init__(self, *capabilities: object) -> None:
        patterns: list[str] = []
        for each in capabilities:
            if type(each) is str:
                patterns.append(each)
            elif type(each) is Declaration:
                patterns += each.patterns
            else:
                raise MLError(f"`with capability` takes strings and capability declarations, not {a_type(each)}", "TypeError")
        run = current.get(None)
        root = None if run is None else run.grants.root
        before = narrowing.get(None) or Grants.everything(root=root)
        try:
            self.grants = before.narrow(patterns)
        except ValueError as error:
            raise MLError(str(error), "ValueError", hint="a capability is written like `file.read:./data/**`") from error

    def __enter__(self) -> None:
        self.token = narrowing.set(self.grants)

    def __exit__(self, *_: object) -> None:
        narrowing.reset(self.token)


def kind_info(name: str) -> dict[str, object] | None:
    """What `getCapabilityInfo` gives: a fresh object, or None for an unknown kind."""
    kind = KINDS.get(SHORT_KINDS.get(name, name))
    return None if kind is None else {"kind": kind.name, "resource": kind.syntax, "description": kind.doc}


HELPERS: dict[str, object] = {"$narrow": Narrowing, "$capability": declare}
