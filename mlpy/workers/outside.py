"""What a worker has of its parent: functions and host objects that stay there, each by a number, and requests for them.

A value from the parent is packed as `parcels.py` does it: data as it is, a tuple for anything else.
"""

from __future__ import annotations

from _weakref import ref
from abc import ABC, abstractmethod

from mlpy.capabilities import Declaration
from mlpy.errors import MLError
from mlpy.hosting import ABSENT, compiled
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.values import HOST_CLASSES, ClassInfo, Handle, IteratorValue
from mlpy.workers import parcels
from mlpy.workers.frames import Encoder
from mlpy.workers.streams import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any, TypeAlias, TypeVar

    from mlpy.runtime.values import Value

    Packed: TypeAlias = Any  # what `parcels.py` writes
    Context: TypeAlias = list[object]  # under which authority something is asked for
    Held = TypeVar("Held", "Remote", Stream)

CONTAINERS = frozenset((list, dict, tuple))


class Remote(Handle):
    """A host object that stays in the parent: its members are asked for there."""

    __slots__ = ("__weakref__", "number", "outside")

    def __init__(self, outside: Outside, number: int) -> None:
        self.outside = outside
        self.number = number
        self.get = self.member

    def member(self, name: str) -> Value:
        """A member, which keeps the object until the parent has answered."""
        return self.outside.request("member", self.number, name)

    def __del__(self) -> None:
        self.outside.dropped.append(self.number)


class Outside(ABC):
    """The parent as a program in a worker meets it. Who inherits says how a request travels: `ask`, and under which `context`."""

    def __init__(self) -> None:
        self.dropped: list[int] = []
        self.remotes: dict[int, FunctionType] = {}
        self.handles: dict[int, ref[Remote | Stream]] = {}
        self.kinds: dict[tuple[str, bool, bool], type[Remote]] = {}
        self.encoder = Encoder(self.stand_in)

    def stand_in(self, value: object) -> list[object] | None:
        """What is written for a value that the parent has."""
        if isinstance(value, Remote):
            return ["handle", value.number]
        if type(value) is IteratorValue and type(value.items) is Stream:
            value.items.return_unread()
            return ["handle", value.items.number]
        return None

    @abstractmethod
    def ask(self, frame: list[object]) -> tuple[Packed, ...]:
        """Sends a request and gives its answer: `answer` with a parcel, or `error` with what was raised."""

    @abstractmethod
    def context(self) -> Context:
        """Under which authority the program asks now."""

    @abstractmethod
    def unpack(self, parcel: bytes) -> object:
        """The value of a parcel."""

    def request(self, *what: object, context: Context | None = None) -> Packed:
        """Asks the parent and waits for its answer; raises what the function there raised."""
        dropped, self.dropped = self.dropped, []
        for number in dropped:
            self.handles.pop(number, None)
        kind, *given = self.ask(["request", dropped, self.context() if context is None else context, *what])
        if kind == "answer":
            return self.unpack(given[0])
        message, type_, hint, note, fields = given
        raise MLError(message, type_, hint=hint, note=note, fields=None if fields is None else self.unpack(fields))  # type: ignore[arg-type]  # an object

    # ── what it gives ──

    def value(self, packed: Packed, seen: dict[int, None]) -> object:
        """The value that packed data stands for; containers are changed in place, so that what was shared stays shared."""
        kind = type(packed)
        if kind is tuple:
            return self.special(*packed)
        if (kind is list or kind is dict) and id(packed) not in seen:
            seen[id(packed)] = None
            places = enumerate(packed) if kind is list else list(packed.items())
            for place, one in places:
                if type(one) in CONTAINERS:
                    packed[place] = self.value(one, seen)
        return packed

    def special(self, kind: str, *given: Packed) -> object:
        """What a tuple stands for."""
        if kind == parcels.BUILTIN:
            return BUILTINS[given[0]]
        if kind == parcels.CAPABILITY:
            return Declaration(*given)
        if kind == parcels.HANDLE:
            return self.handle(*given)
        if kind == parcels.STREAM:
            return IteratorValue(self.one_for(given[0], lambda: Stream(self, given[0])))
        return self.remote(*given)

    def remote(self, number: int, name: str, parameters: list[tuple[str, str, bool]], capabilities: tuple[str, ...]) -> FunctionType:
        """A function that is called in the parent."""
        made = self.remotes.get(number)
        if made is None:
            made = self.remotes[number] = self.proxy(name, told(parameters), capabilities, ("call", number))
        return made

    def proxy(
        self, name: str, parameters: list[tuple[str, str, object]], capabilities: tuple[str, ...], target: tuple[object, ...], context: Callable[[], Context] | None = None
    ) -> FunctionType:
        """A function of these parameters that asks the parent for `target`."""
        encoder = self.encoder

        def call(args: tuple[object, ...], named: dict[str, object]) -> object:
            given = [encoder.value(one, f"an argument of `{name}`") for one in args]
            names = {key: encoder.value(one, f"the argument `{key}` of `{name}`") for key, one in named.items()}
            return self.request(*target, given, names, context=None if context is None else context())

        made = compiled(name, parameters)(call)
        if capabilities:
            made.__dict__["capabilities"] = capabilities
        return made

    def handle(self, number: int, name: str, items: bool, length: bool, members: dict[str, str]) -> Remote:
        """The one handle here of a host object there."""
        key = (name, items, length)
        kind = self.kinds.get(key) or self.kinds.setdefault(key, self.kind(*key, members))
        return self.one_for(number, lambda: kind(self, number))

    def one_for(self, number: int, make: Callable[[], Held]) -> Held:
        """What stands here for something there, one as long as somebody holds it."""
        known = self.handles.get(number)
        found = known() if known is not None else None
        if found is None:
            found = make()
            self.handles[number] = ref(found)
            if number in self.dropped:
                self.dropped.remove(number)
        return found  # type: ignore[return-value]  # a number stands for one kind of thing

    def kind(self, name: str, items: bool, length: bool, members: dict[str, str]) -> type[Remote]:
        """A class of handles that shows as the one in the parent does."""
        made = type(name, (Remote,), {"__slots__": ()})
        HOST_CLASSES[made] = ClassInfo(
            name,
            members,
            items=(lambda one: self.request("items", one.number)) if items else None,
            length=(lambda one: self.request("length", one.number)) if length else None,
            display=lambda one: self.request("display", one.number),
        )
        return made


def told(parameters: list[tuple[str, str, bool]]) -> list[tuple[str, str, object]]:
    """Parameters as `hosting.compiled` takes them, from (kind, name, whether it can be left out)."""
    return [(kind, parameter, None if optional else ABSENT) for kind, parameter, optional in parameters]
