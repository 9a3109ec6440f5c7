"""Functions and values of a program on their way into a worker.

A parcel is marshalled plain data. It holds the values and what they reach that the worker does not have yet: files, functions
with their code, the variables that these share, imported modules. A function of another kind (a capability of the caller's, one
of the host's) stays where it is, and the worker gets a number to call it by.
"""

from __future__ import annotations

import marshal
from types import FunctionType

from mlpy.capabilities import Declaration
from mlpy.crossing import MAX_DEPTH, is_ml_function
from mlpy.errors import MLError
from mlpy.hosting import ABSENT, parameters_of
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.parts import PARTS, helpers, names_of
from mlpy.runtime.values import HOST_CLASSES, MEMBER, ErrorValue, Function, Handle, IteratorValue, ModuleHandle, NativeFunction, PythonModule, a_type, function_name, viewed
from mlpy.sdk import BoundHandle
from mlpy.workers.streams import Supply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType, CodeType, ModuleType
    from typing import Any, TypeAlias

    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value

    Packed: TypeAlias = Any  # scalars, lists and dicts as they are; a tuple for anything else, its kind first

SCALARS = frozenset((type(None), bool, int, float, str))
OF_A_FILE = ("$alive", "$fuel", "$import", "$narrow", "$run")  # of which each side has its own
ASKING = ("hasCapability", "getCapabilities", "input")  # builtins whose answer only the parent knows
FUNCTION, MODULE, VIEW, REMOTE, BUILTIN, CAPABILITY, HANDLE, STREAM, EMPTY = "function", "module", "view", "remote", "builtin", "capability", "handle", "stream", "empty"
CELL, FILE, NAME = "cell", "file", "name"
NAMES = {id(function): name for name, function in BUILTINS.items()}


class Packer:
    """What one worker has been sent: the same numbers stand for the same things on both sides."""

    __slots__ = ("cells", "codes", "files", "fresh", "functions", "known", "modules", "named", "numbers", "pending", "remotes", "run", "seen", "shared")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.files: list[dict[str, Any]] = []  # the globals of each file
        self.functions: list[FunctionType] = []
        self.cells: list[object] = []
        self.modules: list[ModuleHandle] = []
        self.codes: list[CodeType] = []
        self.remotes: dict[int, object] = {}
        self.numbers = 0  # of the remotes that there were
        self.shared: set[int] = set()  # host objects among them that other workers may have too
        self.known: dict[int, Packed] = {}  # by identity; the lists above keep it alive
        self.named: dict[tuple[int, str], None] = {}  # variables of a session that were sent
        self.seen: dict[int, tuple[object, Packed]] = {}  # containers of this parcel
        self.fresh: list[tuple[object, ...]] = []  # what the worker has to learn first
        self.pending: list[Callable[[], None]] = []  # what has a number already; packed one after the other, as chains of functions are long

    def copy(self) -> Packer:
        """For another worker that got the same parcels."""
        made = Packer(self.run)
        for name in ("files", "functions", "cells", "modules", "codes", "remotes", "known", "named", "shared"):
            setattr(made, name, getattr(self, name).copy())
        made.numbers = self.numbers
        return made

    def parcel(self, value: object, place: str) -> bytes:
        """A value and what it needs; raises MLError for what cannot go to a worker, naming the place, and then nothing has changed."""
        before = Mark(self)
        try:
            return self.finished(self.pack(value, place, 0))
        except MLError:
            before.restore(self)
            raise

    def batch(self, items: list[object], first: int) -> bytes:
        """Some items, named by their numbers where one cannot go."""
        packed = [one if type(one) in SCALARS else self.pack(one, f"item {first + at}", 0) for at, one in enumerate(items)]
        return self.finished(packed)

    def finished(self, packed: Packed) -> bytes:
        """A parcel of what is packed, with what the worker has to learn for it."""
        while self.pending:
            self.pending.pop()()
        fresh, self.fresh = self.fresh, []
        self.seen.clear()
        return marshal.dumps((fresh, packed))

    def pack(self, value: object, place: str, depth: int) -> Packed:
        kind = type(value)
        if kind in SCALARS:
            return value
        if kind is list or kind is dict:
            return self.container(value, place, depth)  # type: ignore[arg-type]  # one of the two
        if kind is Function or kind is NativeFunction:
            return self.function(value)
        if isinstance(value, ModuleHandle):
            return self.module(value)
        if kind is PythonModule:
            return self.view(value)  # type: ignore[arg-type]  # one
        if kind is ErrorValue:
            return self.container(value.table, place, depth)  # type: ignore[attr-defined]  # as said
        if kind is Declaration:
            return (CAPABILITY, value.name, value.patterns)  # type: ignore[attr-defined]  # as said
        if id(value) in self.known:  # it came from there
            return self.known[id(value)]
        if isinstance(value, BoundHandle) and type(value).binds:  # it stands for something outside, as a logger with its files
            packed = self.stand_in(value)
            self.shared.add(packed[1])
            return packed
        raise MLError(f"{place} is {a_type(value)}, which cannot go to a worker", "TypeError", hint="hand over plain data, and make it from that inside of the function")

    def container(self, value: list[object] | dict[str, object], place: str, depth: int) -> Packed:
        if id(value) in self.seen:
            return self.seen[id(value)][1]
        if depth >= MAX_DEPTH:
            raise MLError(f"{place.partition('[')[0]} is nested deeper than {MAX_DEPTH} levels", "ValueError")
        plain = SCALARS.issuperset(map(type, value if type(value) is list else value.values()))  # type: ignore[union-attr]  # a dict
        if type(value) is list:
            made: Packed = value if plain else []
            self.seen[id(value)] = value, made
            if not plain:
                made += [one if type(one) in SCALARS else self.pack(one, f"{place}[{at}]", depth + 1) for at, one in enumerate(value)]
            return made
        made = value if plain else {}
        self.seen[id(value)] = value, made
        if not plain:
            made.update({key: self.pack(one, f"{place}.{key}", depth + 1) for key, one in value.items()})  # type: ignore[union-attr]  # a dict
        return made

    # ── functions ──

    def function(self, value: Value) -> Packed:
        """One of the program's goes there, a builtin is there already, any other is called where it is."""
        if id(value) in self.known:
            return self.known[id(value)]
        if is_ml_function(value):
            return self.own(value)
        measured = value.__dict__.get("measured") if type(value) is Function else None
        if is_ml_function(measured):  # one of a file whose calls are taken down here
            return self.function(measured)
        name = NAMES.get(id(value))
        return self.remote(value) if name is None or name in ASKING else (BUILTIN, name)

    def own(self, value: FunctionType) -> Packed:
        """A function of the program, with the variables that it captured."""
        made = self.known[id(value)] = (FUNCTION, len(self.functions))
        self.functions.append(value)
        self.pending.append(lambda: self.describe(value, made[1]))
        return made

    def describe(self, value: FunctionType, number: int) -> None:
        """Tells the worker of a function."""
        code, name = value.__code__, function_name(value) or "the function"
        file = self.file(value.__globals__, code)
        unset = value.__globals__["$unset"]
        defaults = None if value.__defaults__ is None else [(EMPTY,) if one is unset else self.pack(one, f"a default of `{name}`", 0) for one in value.__defaults__]
        named = f"`{name}`" if name != "the function" else name
        cells = [self.cell(cell, f"`{variable.removesuffix('$')}`, which {named} uses,") for variable, cell in zip(code.co_freevars, value.__closure__ or (), strict=True)]
        self.learn(code)
        self.fresh.append((FUNCTION, number, file, code, value.__name__, defaults, cells))

    def learn(self, code: CodeType) -> None:
        """Numbers a code object and those inside it, in the order in which the worker will."""
        self.codes.append(code)
        for one in code.co_consts:
            if type(one) is type(code):
                self.learn(one)

    def cell(self, cell: CellType, place: str) -> int:
        """The number of a variable, which all functions share that captured it."""
        number: int | None = self.known.get(id(cell))
        if number is None:
            number = self.known[id(cell)] = len(self.cells)
            self.cells.append(cell)
            try:
                value = cell.cell_contents
            except ValueError:  # it has no value yet
                return number
            self.fresh.append((CELL, number, self.pack(value, place, 0)))
        return number

    def file(self, names: dict[str, Any], code: CodeType) -> int:
        """The number of a file, whose source explains errors; of a session also what the function takes from its variables."""
        number: int | None = self.known.get(id(names))
        if number is None:
            number = self.known[id(names)] = len(self.files)
            self.files.append(names)
            source = self.run.files.get(code.co_filename)
            ours = helpers(PARTS)
            own = {name: value for name, value in names.items() if name[0] == "$" and name not in OF_A_FILE and type(value) is Function and ours.get(name) is not value}
            asking = {f"${name}": names.get(f"${name}", BUILTINS[name]) for name in ASKING}
            self.fresh.append((FILE, number, code.co_filename, None if source is None else source.text, {name: self.remote(value) for name, value in {**asking, **own}.items()}))
        for name in names_of(code):
            if name[0] != "$" and name in names and (number, name) not in self.named:
                self.named[number, name] = None
                self.fresh.append((NAME, number, name, self.pack(names[name], f"`{name.removesuffix('$')}`", 0)))
        return number

    def remote(self, value: object) -> Packed:
        """A number by which the worker may call a function here."""
        known = self.known.get(id(value))
        if known is None:
            told = parameters_of(value) if isinstance(value, FunctionType) else [("*", "args", ABSENT)]
            parameters = [(kind, name, default is not ABSENT) for kind, name, default in told]
            known = self.known[id(value)] = (REMOTE, self.keep(value), function_name(value) or "function", parameters, getattr(value, "capabilities", ()))
        return known

    def keep(self, value: object) -> int:
        """Numbers something that stays here."""
        number = self.numbers
        self.numbers += 1
        self.remotes[number] = value
        return number

    # ── modules and what they give ──

    def module(self, value: ModuleHandle) -> Packed:
        """A registered module is imported over there, but for what touches the outside; of a file of the program the exports go there."""
        known = self.known.get(id(value))
        if known is not None:
            return known
        made = self.known[id(value)] = (MODULE, len(self.modules))
        self.modules.append(value)
        self.pending.append(lambda: self.open_module(value, made[1]))
        return made

    def view(self, value: ModuleType) -> Packed:
        """What the code of a program reads members of a module from."""
        handle = viewed(value)
        assert handle is not None  # its run holds it
        return (VIEW, self.module(handle)[1], tuple([name.removeprefix(MEMBER) for name in vars(value) if name.startswith(MEMBER)]))

    def open_module(self, value: ModuleHandle, number: int) -> None:
        """Tells the worker of a module."""
        registry = self.run.registry
        if registry is not None and registry.info(value.name) is not None and not any(map(is_ml_function, value.table.values())):
            self.fresh.append((MODULE, number, value.name, None, [name for name, one in value.table.items() if stays(one, value)]))
        else:
            exports = {name: self.pack(one, f"`{name}` of `{value.name}`", 0) for name, one in value.table.items()}
            self.fresh.append((MODULE, number, value.name, exports, []))

    def result(self, value: object, place: str) -> bytes:
        """The answer to a request: plain data, functions, and host objects, which stay here."""
        if isinstance(value, Handle) and type(value) in HOST_CLASSES and type(value) not in (ErrorValue, Declaration) and id(value) not in self.known:
            self.stand_in(value)
        return self.parcel(value, place)

    def error(self, error: MLError) -> tuple[object, ...]:
        """An error as (message, type, hint, note, parcel of its fields); fields that cannot go stay here."""
        try:
            fields = self.parcel(error.fields or {}, "the error")
        except MLError:
            fields = self.parcel({}, "the error")
        return error.message, error.type, error.hint, error.note, fields

    def stand_in(self, value: Handle) -> Packed:
        """A number for a host object that stays here, with what shows of it."""
        if type(value) is IteratorValue:
            value.items = value.items if type(value.items) is Supply else Supply(value.items)
            stream: Packed = (STREAM, self.keep(value))
            self.known[id(value)] = stream
            return stream
        info = HOST_CLASSES[type(value)]
        packed = self.known[id(value)] = (HANDLE, self.keep(value), info.name, info.items is not None, info.length is not None, info.members)
        return packed

    def forget(self, number: int) -> None:
        """Lets go of a host object that the worker holds no more."""
        value = self.remotes.get(number)
        if isinstance(value, Handle) and number not in self.shared:
            del self.remotes[number]
            self.known.pop(id(value), None)


class Mark:
    """How far a packer has come, to go back there."""

    __slots__ = ("lengths", "named", "numbers")

    def __init__(self, packer: Packer) -> None:
        self.lengths = [len(each) for each in (packer.files, packer.functions, packer.cells, packer.modules, packer.codes)]
        self.numbers = packer.numbers
        self.named = len(packer.named)

    def restore(self, packer: Packer) -> None:
        """Forgets what came after."""
        tables: list[list[Any]] = [packer.files, packer.functions, packer.cells, packer.modules, packer.codes]
        for table, length in zip(tables, self.lengths, strict=True):
            for one in table[length:]:
                packer.known.pop(id(one), None)
            del table[length:]
        for number in range(self.numbers, packer.numbers):
            packer.known.pop(id(packer.remotes.pop(number, None)), None)
        packer.numbers = self.numbers
        while len(packer.named) > self.named:
            packer.named.popitem()
        packer.pending.clear()
        packer.fresh.clear()
        packer.seen.clear()


def stays(member: object, module: ModuleHandle) -> bool:
    """Whether a member of a module is to be called here: what demands a capability, and what may share state with that."""
    if type(member) is not Function or "ml" in member.__dict__:  # a plain function of its file knows no state
        return False
    return any("capabilities" in one.__dict__ or "binds" in one.__dict__ for one in module.table.values() if type(one) is Function)
