"""A worker process: takes parcels, calls functions of a program, and asks its parent for everything that is outside.

It begins with no authority: what demands a capability is a request to the parent, which calls the function that the program
holds. Standard input and output are the two directions of the protocol; nothing else may write there.
"""

from __future__ import annotations

import marshal
import os
import select
import sys
from _contextvars import ContextVar
from _thread import allocate_lock, start_new_thread
from itertools import repeat
from operator import length_hint
from time import process_time
from types import CellType, FunctionType

from mlpy.capabilities import Declaration, Grants
from mlpy.errors import MLError, Stop
from mlpy.hosting import parameters_of
from mlpy.registry import Registry
from mlpy.runtime.limits import Limits
from mlpy.runtime.run import Run, configure_process, execute
from mlpy.runtime.traceback import explain, steps_of
from mlpy.runtime.values import UNSET, ModuleHandle, a_type, display
from mlpy.source import Source
from mlpy.workers import inside, parcels
from mlpy.workers.frames import HEADER, encode
from mlpy.workers.outside import Outside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, TypeAlias

    from mlpy.runtime.values import Value

    Packed: TypeAlias = Any  # what `parcels.py` writes

PATIENCE = 10  # seconds without anything to do
PIECE = 1 << 16  # characters of one text that is printed
PRINTED = 1 << 16  # characters that are kept before they go to the parent
RESULTS = 1 << 20  # likewise, of results
MARGIN = 256 << 20  # bytes of address space beyond the memory limit: stacks and mapped files take up room without using it


def main() -> None:
    """Serves one parent until it closes the pipe."""
    source, target = os.dup(0), os.dup(1)
    inside.set(True)
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    Worker(source, target).serve()


class Worker:
    """The one parent, and the map that is under way."""

    def __init__(self, source: int, target: int) -> None:
        self.source = source
        self.target = target
        self.inbox: list[tuple[Packed, ...]] = []
        self.busy = True
        self.arrived = allocate_lock()
        self.arrived.acquire()
        self.job: Job | None = None
        self.flaw = ("", "")

    def serve(self) -> None:
        """Does what the parent asks, one thing after the other."""
        start_new_thread(self.receive, ())
        self.send(["ready", sys.implementation.cache_tag])
        while True:
            self.busy = bool(self.inbox)
            kind, *given = self.next()
            self.busy = True
            if kind == "map":
                self.begin(*given)
            elif self.job is not None:
                self.job.work(*given)
            else:
                self.send(["failed", given[0], *self.flaw, None, None, {}, []])

    def begin(self, setup: dict[str, Packed], parcel: bytes) -> None:
        """Takes over what is to be mapped; where that fails, the first item does."""
        self.job = None
        try:
            self.job = Job(self, setup, parcel)
        except MLError as error:
            self.flaw = (error.message, error.type)
        except Exception:  # noqa: BLE001  of a module that cannot be imported here
            self.flaw = ("a worker cannot take over the function", "Error")

    def receive(self) -> None:
        """Reads frames as they come, so that the parent never waits with one; ends the process with the pipe, or when it has long been idle."""
        poll = select.poll()
        poll.register(self.source, select.POLLIN)
        while True:
            while not poll.poll(PATIENCE * 1000):
                if not self.busy and not self.inbox:
                    os._exit(0)
            size = int.from_bytes(self.read(HEADER))
            self.inbox.append(marshal.loads(self.read(size)))  # noqa: S302  from who started this process
            if self.arrived.locked():
                self.arrived.release()

    def read(self, size: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            piece = os.read(self.source, min(size - len(pieces), 1 << 20))
            if not piece:
                os._exit(0)
            pieces += piece
        return bytes(pieces)

    def next(self) -> tuple[Packed, ...]:
        """The next frame from the parent."""
        while not self.inbox:
            self.arrived.acquire()
        return self.inbox.pop(0)

    def send(self, frame: list[object], what: str = "what a worker sends back") -> None:
        """Sends a frame; raises MLError for one that is too large, naming it."""
        view = memoryview(encode(frame, what))
        while view:
            view = view[os.write(self.target, view) :]


class Fuel:
    """The steps that the program may still take, fetched from the parent portion by portion, so that all workers draw on the same ones."""

    __slots__ = ("over", "portion", "worker")

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.portion = repeat(True, 0)
        self.over = False

    def __iter__(self) -> Fuel:
        return self

    def __next__(self) -> bool:
        for step in self.portion:
            return step
        self.worker.send(["steps"])
        allowed: int = self.worker.next()[1]
        if not allowed:
            self.over = True
            raise StopIteration
        self.portion = repeat(True, allowed - 1)
        return True

    def __length_hint__(self) -> int:
        return 0 if self.over else 1


class Narrowed:
    """`with capability` in a worker: what is called in the parent from inside of the block is narrowed there."""

    __slots__ = ("job", "layer", "token")

    def __init__(self, job: Job, *capabilities: Value) -> None:
        patterns: list[str] = []
        for each in capabilities:
            if type(each) is not str and type(each) is not Declaration:
                raise MLError(f"`with capability` takes strings and capability declarations, not {a_type(each)}", "TypeError")
            patterns += [each] if type(each) is str else each.patterns  # type: ignore[union-attr]  # a Declaration
        try:
            Grants(patterns, root=job.root)
        except ValueError as error:
            raise MLError(str(error), "ValueError", hint="a capability is written like `file.read:./data/**`") from error
        self.job = job
        self.layer = [job.number(), patterns]

    def __enter__(self) -> None:
        self.token = narrowed.set((*narrowed.get(), self.layer))

    def __exit__(self, *_: object) -> None:
        narrowed.reset(self.token)


narrowed: ContextVar[tuple[list[object], ...]] = ContextVar("mlpy.narrowed", default=())


class Cells(dict[int, CellType]):
    """The variables that functions captured, by number; one that is not known yet has no value."""

    def __missing__(self, number: int) -> CellType:
        made = self[number] = CellType()
        return made


class Job(Outside):
    """One map: the functions and variables of the program as they are here, and the run that they are called in."""

    def __init__(self, worker: Worker, setup: dict[str, Packed], parcel: bytes) -> None:
        super().__init__()
        self.worker = worker
        self.root: str = setup["root"]
        self.printed: list[list[str]] = []
        self.held = 0
        self.item = 0
        self.numbers = 0
        self.files: list[dict[str, Value]] = []
        self.functions: dict[int, FunctionType] = {}
        self.cells: Cells = Cells()
        self.modules: dict[int, ModuleHandle] = {}
        self.codes: dict[int, int] = {}
        self.kept: list[object] = []  # whose identities `codes` holds
        configure_process(stack=setup["stack"], recursion=setup["recursion"])
        self.restrict(setup)
        limits = Limits(memory=setup["memory"], steps=setup["steps"], output=None)
        self.run = Run(
            limits=limits,
            grants=Grants(root=self.root),
            output=lambda text: self.print("out", text),
            errors=lambda text: self.print("err", text),
            registry=Registry(setup["paths"]),
        )
        self.run.arguments = tuple(setup["arguments"])
        self.run.frozen_clock = setup["clock"]
        self.run.modules.update(dict.fromkeys(setup["modules"]))
        self.fuel = Fuel(worker)
        if setup["steps"] is not None:
            self.run.fuel = self.fuel  # type: ignore[assignment]  # an iterator of steps, too
        self.function: Callable[[object], object] = self.unpack(parcel)  # type: ignore[assignment]  # what is mapped

    def restrict(self, setup: dict[str, Packed]) -> None:
        """The kernel's limits, behind those of the run and the parent's: no core files, and no more memory and time than the program has."""
        import resource  # noqa: PLC0415  not on every platform

        def lower(kind: int, most: int) -> None:
            hard = resource.getrlimit(kind)[1]
            try:
                resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
            except (OSError, ValueError):  # macOS knows some of them by name only
                pass

        lower(resource.RLIMIT_CORE, 0)
        lower(resource.RLIMIT_CPU, resource.RLIM_INFINITY if setup["time"] is None else int(process_time() + setup["time"]) + 2)
        if setup["memory"] is not None:
            lower(resource.RLIMIT_AS, address_space() + setup["memory"] + setup["stack"] + MARGIN)

    # ── out of a parcel ──

    def unpack(self, parcel: bytes) -> object:
        """The value of a parcel, after what it needs has been learned."""
        fresh, packed = marshal.loads(parcel)  # noqa: S302  from who started this process
        for entry in fresh:
            self.begin(*entry)
        for entry in fresh:
            self.fill(*entry)
        return self.value(packed, {})

    def begin(self, kind: str, number: int, *given: Packed) -> None:
        """Makes a thing that others may refer to, before what it refers to itself is there."""
        if kind == parcels.FILE:
            self.files.append(self.file(*given[:2]))
        elif kind == parcels.FUNCTION:
            file, code, name, _, cells = given
            self.learn(code)
            self.functions[number] = FunctionType(code, self.files[file], name, None, tuple([self.cells[each] for each in cells]))
        elif kind == parcels.MODULE:
            self.modules[number] = ModuleHandle(given[0], {})

    def fill(self, kind: str, number: int, *given: Packed) -> None:
        """Gives a thing what it refers to."""
        if kind == parcels.CELL:
            self.cells[number].cell_contents = self.value(given[0], {})
        elif kind == parcels.NAME:
            self.files[number][given[0]] = self.value(given[1], {})
        elif kind == parcels.FILE:
            self.files[number].update({name: self.value(one, {}) for name, one in given[2].items()})
        elif kind == parcels.FUNCTION and given[3] is not None:
            self.functions[number].__defaults__ = tuple([UNSET if one == (parcels.EMPTY,) else self.value(one, {}) for one in given[3]])
        elif kind == parcels.MODULE:
            self.fill_module(number, *given)

    def file(self, name: str, text: str | None) -> dict[str, Value]:
        """The globals of a file."""
        names = self.run.namespace(Source(text, name) if text is not None else None)
        names["$narrow"] = lambda *given: Narrowed(self, *given)
        return names

    def learn(self, code: CodeType) -> None:
        """Numbers a code object and those inside it, as the parent did."""
        self.codes.setdefault(id(code), len(self.kept))
        self.kept.append(code)
        for one in code.co_consts:
            if type(one) is type(code):
                self.learn(one)

    def special(self, kind: str, *given: Packed) -> object:
        if kind == parcels.FUNCTION:
            return self.functions[given[0]]
        if kind == parcels.MODULE:
            return self.modules[given[0]]
        if kind == parcels.VIEW:
            return self.modules[given[0]].view(given[1])
        return super().special(kind, *given)

    # ── what stays in the parent ──

    def fill_module(self, number: int, name: str, exports: dict[str, Value] | None, remote: list[str]) -> None:
        """A module of the program's files as it was sent; a registered one as it is imported here, but for what touches the outside."""
        if exports is not None:
            self.modules[number].replace({member: self.value(one, {}) for member, one in exports.items()})
            return
        assert self.run.registry is not None
        found = self.run.registry.load(name, self.run, self.run.grants)
        table = dict(found.table)
        for member in remote:
            local = table[member]
            table[member] = self.proxy(local.__name__, parameters_of(local), getattr(local, "capabilities", ()), ("module", number, member))
        self.modules[number].replace(table)

    def ask(self, frame: list[object]) -> tuple[Packed, ...]:
        """Sends a request and waits for its answer."""
        self.worker.send(frame)
        return self.worker.next()

    def context(self) -> list[object]:
        """The narrowings in force."""
        return [*narrowed.get()]

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    # ── the work ──

    def work(self, first: int, parcel: bytes) -> None:
        """Calls the function with some items and sends what comes of them."""
        began = process_time()
        self.item = first
        try:
            execute(self.run, self.walk, first, parcel)
        except Stop as stop:
            self.flush()
            self.worker.send(["stopped", self.item, stop.kind, stop.message])
        except MemoryError:
            self.worker.send(["stopped", self.item, "memory", "a worker ran out of memory"])
        except Exception as error:  # noqa: BLE001  told to the parent
            self.flush()
            self.fail(error)
        else:
            self.worker.send(["done", process_time() - began, length_hint(self.fuel.portion)])

    def walk(self, first: int, parcel: bytes) -> None:
        items: list[object] = self.unpack(parcel)  # type: ignore[assignment]  # an array of items
        results: list[object] = []
        at, size = first, 0
        for self.item, item in enumerate(items, first):
            result = self.encoder.value(self.function(item), f"the result of item {self.item}")
            if self.printed:
                self.flush()
            results.append(result)
            size += len(result) if type(result) is str else 64 if type(result) in parcels.SCALARS else RESULTS
            if size >= RESULTS:
                self.worker.send(["results", at, results], f"the result of item {self.item}")
                at, size, results = self.item + 1, 0, []
        if results:
            self.worker.send(["results", at, results])

    def print(self, stream: str, text: str) -> None:
        """Keeps what an item prints, and sends it when it is much."""
        for at in range(0, len(text), PIECE):
            self.printed.append([stream, text[at : at + PIECE]])
        self.held += len(text)
        if self.held >= PRINTED:
            self.flush()

    def flush(self) -> None:
        if self.printed:
            printed, self.printed, self.held = self.printed, [], 0
            for at in range(0, len(printed), 1000):
                self.worker.send(["printed", self.item, printed[at : at + 1000]])

    def fail(self, error: Exception) -> None:
        """Sends what an item raised: the error in the language's terms, and where it arose."""
        steps = [[self.codes[id(code)], offset] for code, offset in steps_of(error, self.run) if id(code) in self.codes]
        found = explain(error, self.run)
        fields = self.encoder.value({name: self.telling(one) for name, one in (found.fields or {}).items()}, "the error")
        told = [found.type, found.hint, found.note]
        try:
            self.worker.send(["failed", self.item, found.message, *told, fields, steps])
        except MLError:  # larger than a frame
            self.worker.send(["failed", self.item, found.message[:PIECE], *told, {}, steps])

    def telling(self, value: object) -> object:
        """A field of an error, as text where it cannot leave."""
        try:
            self.encoder.value(value, "a field")
        except MLError:
            return display(value)
        return value


def address_space() -> int:
    """Bytes of address space that this process takes."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30
