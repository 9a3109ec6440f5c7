"""The program's side of the sandbox: compiles and runs what the parent sends, in a process that can reach nothing else.

`serve` talks to the broker over one socket: marshalled tuples come in, as a worker trusts who started it, and JSON frames go out
(`workers/frames.py`). Whatever demands a capability, and whatever belongs to the host, is a request. What ships with mlpy and is
pure runs here.
"""

from __future__ import annotations

import json
import marshal
import os
import signal
from _thread import RLock, allocate_lock, start_new_thread
from contextlib import suppress
from time import monotonic, process_time, sleep

from mlpy.capabilities import IN_MEMORY, KINDS, Grants, declare_kind, present
from mlpy.crossing import is_ml_function
from mlpy.engine import Engine, Session, crossed
from mlpy.errors import CheckFailed, MLError
from mlpy.hosting import callback, compiled, failure, native_callback, parameters_of
from mlpy.index import ModuleInfo
from mlpy.modules import Unusable, loaded_as
from mlpy.registry import Registry
from mlpy.runtime import limits as limiting
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.limits import Limits, Watchdog
from mlpy.runtime.run import configure_process
from mlpy.runtime.traceback import error_value
from mlpy.runtime.values import HOST_CLASSES, UNSET, Function, Handle, ModuleHandle, NativeFunction, display, function_name, type_name
from mlpy.sandbox.control import INTERRUPT
from mlpy.sandbox.lockdown import STACK, first_thread_has_room, peak
from mlpy.sandbox.protocol import is_for_databases, told_diagnostics, told_error, told_function
from mlpy.source import Source
from mlpy.stdlib import _patterns
from mlpy.stdlib._backtracking import Backtracking
from mlpy.syntax import parser
from mlpy.workers import inside, parcels
from mlpy.workers.frames import HEADER, encode
from mlpy.workers.outside import Outside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FunctionType
    from typing import Any

    from mlpy.capabilities import Layer
    from mlpy.engine import Instance
    from mlpy.index import MemberInfo
    from mlpy.registry import Loaded
    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value
    from mlpy.signatures import Signature
    from mlpy.workers.outside import Context, Packed

SOURCE = 1 << 20  # bytes of a program or file
RECURSION = 5_200  # as the command line has it
BASE = 50  # frames below a program that runs on the first thread
PIECE = 1 << 16  # characters of one text that is printed
PRINTED = 1 << 16  # characters that are kept before they go to the parent
FLUSH = 0.05  # seconds that they are kept at most
SAMPLE = 0.05  # seconds between two looks at the memory, which the kernel holds to its limit, too
SOON = 0.002  # seconds for which it waits for no alarm
EXPORTED = 1 << 20  # bytes of all exports together
MAX_LAYERS = 500  # whose numbers are kept; those of a block that has ended mean nothing any more
ROOT = "/"  # a worker knows no folder: the parent resolves what it asks for
OUT_OF_MEMORY = 86  # the exit code of a worker that could not even say so
ROOM = 100  # frames that a request takes at most, with the answer of what the parent asks meanwhile
SPEAKING = ("input", "hasCapability", "getCapabilities")
shipped = Registry()
infos: dict[str, ModuleInfo] = {}


def learn() -> None:
    """Loads every module that ships with mlpy and what is known of them; in the zygote, as nothing can be opened later."""
    shipped.declare_kinds()
    for name in shipped.names():
        found = shipped.info(name)
        if found is not None and found.origin == "stdlib":
            infos[name] = found
            shipped._import(name)  # noqa: SLF001  loaded, and bound to no run


def serve(file: int) -> None:
    """Serves the parent at the other end of a socket until it closes it."""
    link = Link(file)
    guest: Guest | None = None
    inside.set(True)
    take_more()
    try:
        while True:
            kind, released, *given = link.next()
            if guest is None:
                guest = Guest(link, given[0])
            guest.release(released)
            DUTIES[kind](guest, *given)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


class Alarm(Watchdog):
    """A watchdog whose thread starts when this process has computed for a moment, or is about to wait: most programs have ended by then."""

    __slots__ = ("rung",)

    def __init__(self) -> None:
        super().__init__()
        self.rung = False

    def _begin(self, when: float) -> None:
        if self.rung or when - monotonic() < SOON:
            super()._begin(when)

    def stand_by(self) -> None:
        if not self._running:
            super()._begin(0.0)

    def ring(self) -> None:
        """Starts the thread; raises MemoryError where there is no room for one any more."""
        self.rung = True
        if not self._running:
            try:
                super()._begin(0.0)
            except RuntimeError:
                self._running = False
                raise MemoryError from None


def set_alarm() -> None:
    """Has the forks of this process watch their programs from the alarm on that `lock_worker` sets."""
    limiting.watchdog = Alarm()
    signal.signal(signal.SIGVTALRM, ring)


def ring(*_: object) -> None:
    """What the alarm does, for the watchdog that a fork has got."""
    if isinstance(limiting.watchdog, Alarm):
        limiting.watchdog.ring()


def take_more() -> None:
    """Takes what is refused where nothing could end it: patterns that need backtracking, and long sources. What the kernel sees to as well is looked at less often."""
    _patterns.backtracking = Backtracking
    parser.SOURCE_LIMIT = SOURCE
    limiting.SAMPLE = SAMPLE


class Link:
    """The one connection. A lock keeps frames whole, as what the program prints is also sent from a thread of its own."""

    __slots__ = ("file", "lock")

    def __init__(self, file: int) -> None:
        self.file = file
        self.lock = allocate_lock()

    def send(self, frame: list[object], what: str = "what the program gives") -> None:
        """Sends a frame; raises MLError for one that is too large, naming it."""
        self.write(encode(frame, what))

    def write(self, data: bytes) -> None:
        """Sends what is encoded already."""
        view = memoryview(data)
        with self.lock:
            while view:
                view = view[os.write(self.file, view) :]

    def next(self) -> tuple[Packed, ...]:
        """The next frame from the parent; ends the process when there is none any more."""
        size = int.from_bytes(self.read(HEADER))
        frame: tuple[Packed, ...] = marshal.loads(self.read(size))  # noqa: S302  from who started this process
        return frame

    def read(self, size: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            piece = os.read(self.file, min(size - len(pieces), 1 << 20))
            if not piece:
                os._exit(0)
            pieces += piece
        return bytes(pieces)


# ── what a program finds ─────────────────────────────────────────────────────────────────────────────────────────


class Inside(Engine):
    """The engine of a worker: modules and files come through the guest."""

    __slots__ = ("guest",)

    def __init__(self, guest: Guest, limits: Limits) -> None:
        super().__init__(limits=limits, grants=Grants.everything(root=ROOT))  # the parent's authority is the one that counts
        self.guest = guest
        self._registry = guest.catalogue  # type: ignore[assignment]  # what a program asks of a registry

    def finder(self, source: Source) -> Files:  # type: ignore[override]  # what compiling asks of a finder  # noqa: ARG002  one for all
        """Finds files through the parent."""
        return self.guest.files


class Files:
    """Finds what imports mean (`modules.Finder`), through the parent, which reads the files."""

    __slots__ = ("found", "guest", "main", "within")

    def __init__(self, guest: Guest, main: str | None) -> None:
        self.guest = guest
        self.main = main
        self.found: dict[tuple[str | None, str], Source | Unusable | None] = {}
        self.within: set[str] = set()

    def find(self, path: str, importer: Source) -> Source | Unusable | None:
        """The file that `import path;` means in a file; None where there is none."""
        key = (importer.path, path)
        if key not in self.found:
            self.found[key] = self.asked(path, importer)
        return self.found[key]

    def asked(self, path: str, importer: Source) -> Source | Unusable | None:
        match self.guest.request("find", path, importer.path):
            case ["source", *told]:
                known = next((one for one in self.found.values() if type(one) is Source and one.path == told[2]), None)
                return known or self.source(*told)
            case ["unusable", reason, hint]:
                return Unusable(reason, hint)
        return None

    def source(self, text: str, name: str, place: str, belongs: bool) -> Source:
        if belongs:
            self.within.add(place)
        return Source(text, name, place)

    def read_again(self, source: Source) -> Source:
        """A file as it is now."""
        self.found.clear()
        return self.source(*self.guest.request("again", source.path)[1:])

    def inside(self, source: Source) -> bool:
        """Whether an imported file belongs to the project."""
        return source.path in self.within

    def neighbours(self, importer: Source) -> list[str]:
        """What could be imported, for suggestions."""
        found: list[str] = self.guest.request("neighbours", importer.path)
        return found


class Catalogue:
    """The modules that the program can import (`registry.Registry`): those that ship with mlpy are here, of others the parent knows."""

    __slots__ = ("foreign", "guest")

    failures = ()
    measures = None  # nobody measures here

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.foreign: dict[str, ModuleInfo | None] = {}

    def names(self) -> list[str]:
        """The names of all modules, sorted."""
        found: list[str] = self.guest.request("names")
        return found

    def problems(self) -> list[object]:
        """None that a program is told of."""
        return []

    def info(self, name: str) -> ModuleInfo | None:
        """What is known of a module, None where there is none of that name."""
        found = infos.get(name)
        if found is not None:
            return found
        if name not in self.foreign:
            told = self.guest.request("info", name)
            self.foreign[name] = None if told is None else ModuleInfo(name, *json.loads(told))
        return self.foreign[name]

    def declaration(self, function: object, run: Run) -> MemberInfo | None:
        """What is declared of a function that the program has from a module."""
        for kept in list(run.modules.values()):
            if type(kept) is Bound:
                for name, value in kept.handle.table.items():
                    if value is function:
                        info = self.info(kept.handle.name)
                        return None if info is None else info.members.get(name)
        return shipped.declaration(function, run)

    def load(self, name: str, run: Run, grants: Grants) -> ModuleHandle:
        """The handle by which the program uses a module; what touches the outside asks the parent, with the authority of who imported it."""
        run.modules[name] = None  # what `modules()` lists
        loaded = shipped._loaded.get(name) if name in infos else None  # noqa: SLF001  as above
        if loaded is not None and loaded.shared is not None:
            return loaded.shared
        key = (Catalogue, name, id(grants))
        bound = run.modules.get(key)
        if type(bound) is not Bound:
            bound = run.modules[key] = Bound(self.handle(name, loaded, run, grants), grants)
        return bound.handle

    def rebind(self, name: str, run: Run) -> None:
        """Has everybody who holds a module of the parent's use it as it is there now."""
        self.foreign.pop(name, None)
        for bound in [one for one in run.modules.values() if type(one) is Bound and one.handle.name == name]:
            bound.handle.replace(self.handle(name, None, run, bound.grants).table)

    def handle(self, name: str, loaded: Loaded | None, run: Run, grants: Grants) -> ModuleHandle:
        made = ModuleHandle(name, {} if loaded is None else loaded.bind(run, grants))
        remote: dict[str, Value] = self.guest.request("load", name, self.guest.chain(grants.layers))
        local = {member: value for member, value in made.table.items() if not parcels.stays(value, made)}
        local |= {member: either(value, remote[member]) for member, value in made.table.items() if member in remote and is_for_databases(value)}
        made.replace({**remote, **local} if loaded is None else {member: local.get(member, remote.get(member)) for member in made.table})
        return made


def either(here: Value, there: Value) -> FunctionType:
    """A function for databases, called here for one in memory and in the parent for one in a file."""
    assert type(here) is type(there) is Function

    def call(args: tuple[object, ...], named: dict[str, object]) -> object:
        return (here if args[0] == IN_MEMORY else there)(*args, **named)

    made = compiled(here.__name__, parameters_of(here))(call)  # type: ignore[arg-type]  # a plain function
    made.__dict__["capabilities"] = there.__dict__["capabilities"]
    return made


class Bound:
    """A module with the authority that it was imported with, which it keeps alive and with it its identity."""

    __slots__ = ("grants", "handle")

    def __init__(self, handle: ModuleHandle, grants: Grants) -> None:
        self.handle = handle
        self.grants = grants


# ── the program ──────────────────────────────────────────────────────────────────────────────────────────────────


class Guest(Outside):
    """The one program, or session, of this process."""

    def __init__(self, link: Link, setup: dict[str, Packed]) -> None:
        super().__init__()
        self.link = link
        self.given: dict[int, tuple[object, Callable[..., object]]] = {}  # functions of the program that the parent may call, by number, and how it does
        self.numbers: dict[int, int] = {}  # by identity
        self.typed: dict[int, Signature] = {}  # the declared types of the functions that it exports, by identity
        self.count = 0
        self.layers: dict[tuple[int, int], tuple[int, Layer]] = {}  # which it keeps, and with them their identity
        self.layered = 0
        self.printed: list[list[str]] = []
        self.held = 0
        self.printing = RLock()
        self.flushing = False
        self.asked: object = None  # stands for what the parent has asked for, from its beginning to its end
        self.ending = allocate_lock()
        self.speaking: dict[tuple[int, ...], dict[str, Callable[..., Value]]] = {}
        for name, syntax, doc in setup["kinds"]:
            if name not in KINDS:
                declare_kind(name, syntax, doc)
        present[:] = [ROOT]
        here = first_thread_has_room()
        configure_process(stack=STACK, recursion=RECURSION + BASE if here else RECURSION, here=here)
        self.source = Source(setup["text"], setup["name"], setup["place"])
        self.catalogue = Catalogue(self)
        self.files = Files(self, setup["place"])
        limits = Limits(time=setup["time"], steps=setup["steps"], memory=setup["memory"], output=setup["output"])
        self.engine = Inside(self, limits)
        self.engine.frozen_clock = setup["clock"]
        self.run = self.engine.new_run(self.source, output=lambda text: self.print("out", text), errors=lambda text: self.print("err", text))
        self.run.arguments = tuple(setup["arguments"])
        self.run.speaking_for = self.speak
        self.session: Session | None = None
        self.instance: Instance | None = None

    # ── what the parent asks for ──

    def start(self, setup: dict[str, Packed]) -> None:
        """Compiles and runs the program."""
        inputs = self.inputs(setup)

        def perform() -> tuple[object, dict[str, object]]:
            program = self.engine.compile_for(self.run, self.source, None if setup["guess"] else tuple(inputs))
            signatures = program.compiled().signatures
            self.instance = self.engine.start(program, self.run, inputs={name: one for name, one in inputs.items() if name in program.inputs}, share=True)
            self.typed = {id(one): signatures[name] for name, one in self.instance.exports.items() if name in signatures}
            return self.instance.value, self.instance.exports

        self.tell(perform)

    def check(self, setup: dict[str, Packed]) -> None:
        """Compiles the program and tells what it would need."""

        def perform() -> tuple[object, dict[str, object]]:
            program = self.engine.compile_for(self.run, self.source, None if setup["guess"] else tuple(setup["names"]))
            return {"inputs": [*program.inputs], "needs": [*program.needs]}, {}

        self.tell(perform)

    def evaluate(self, setup: dict[str, Packed]) -> None:
        """Evaluates a cell of a session."""

        def perform() -> tuple[object, dict[str, object]]:
            self.files.found.clear()
            session = self.cells()
            for name, one in self.inputs(setup).items():
                session[name] = one
            names: list[str] = setup["bind"]
            try:
                value = session.perform(Source(str(setup["cell"]), str(setup["name"]))).value
            except MLError as error:
                if names:
                    session.hold("_error", error_value(error, self.run))
                raise
            for name in names if value is not UNSET else ():
                session.hold(name, value)
            return None if value is UNSET else crossed(value, self.run), {}

        self.tell(perform)

    def cells(self) -> Session:
        """The session, one of whose cells may be ended from outside."""
        if self.session is None:
            self.session = Session(self.engine, self.run, {})
            signal.signal(INTERRUPT, self.interrupt)
        return self.session

    def interrupt(self, *_: object) -> None:
        """Ends the cell under way, on another thread, as this one may be anywhere."""
        if self.asked is not None:
            with suppress(RuntimeError):  # there can be no more threads: we are told again
                start_new_thread(self.cancel, (self.asked,))

    def cancel(self, asked: object) -> None:
        """Ends what the parent has asked for, and nothing that it asks for later."""
        with self.ending:
            if self.asked is asked:
                self.run.cancel()

    def names(self, _: dict[str, Packed]) -> None:
        """Tells the names of the session, each with the type of what it stands for."""
        self.tell(lambda: ({name: type_name(one) for name, one in self.cells().held().items()}, {}))

    def look(self, setup: dict[str, Packed]) -> None:
        """Tells the value of a name."""
        self.tell(lambda: (self.cells()[setup["wanted"]], {}))

    def bind(self, setup: dict[str, Packed]) -> None:
        """Binds names."""

        def perform() -> tuple[object, dict[str, object]]:
            for name, value in self.inputs(setup).items():
                self.cells()[name] = value
            return None, {}

        self.tell(perform)

    def reload(self, setup: dict[str, Packed]) -> None:
        """Takes in the new version of a file, if the session has imported one of that name."""

        def perform() -> tuple[object, dict[str, object]]:
            known = bool(loaded_as(self.run, setup["wanted"]))
            if known:
                self.cells().reload(setup["wanted"])
            return known, {}

        self.tell(perform)

    def rebind(self, setup: dict[str, Packed]) -> None:
        """Takes in a module that the parent has loaded again."""

        def perform() -> tuple[object, dict[str, object]]:
            self.catalogue.rebind(setup["wanted"], self.run)
            return None, {}

        self.tell(perform)

    def call(self, number: int, parcel: bytes) -> None:
        """Calls a function of the program for the parent."""
        args: list[object]
        named: dict[str, object]
        args, named = self.unpack(parcel)  # type: ignore[misc]  # as the broker has packed them
        self.tell(lambda: (self.given[number][1](*args, **named), {}))

    def inputs(self, setup: dict[str, Packed]) -> dict[str, object]:
        """What the host gives by name; its functions are called as they are."""
        given: dict[str, object] = self.unpack(setup["inputs"])  # type: ignore[assignment]  # an object
        for name, one in given.items():
            if type(one) is Function:
                one.__dict__["ml_function"] = one
                one.__name__ = one.__qualname__ = name
        return given

    def tell(self, perform: Callable[[], tuple[object, dict[str, object]]]) -> None:
        """Does something and tells the parent what came of it."""
        began, outermost = process_time(), self.asked is None
        self.asked = self.asked or object()
        try:
            try:
                value, exports = perform()
            finally:
                if outermost:
                    with self.ending:
                        self.asked = None
            written = self.encoder.value(value, "the result")
            told = [*self.exported(exports)]
            self.flush()
            self.link.send(["done", written, told, self.used(began)], "the result")
        except MemoryError:
            self.fail(MLError("the program ran out of memory", "LimitExceeded", limit="memory"), began)
        except CheckFailed as failed:
            self.flush()
            self.link.send(["refused", told_diagnostics(failed.diagnostics)], "the list of mistakes")
        except Exception as error:  # noqa: BLE001  the parent waits to be told; of other kinds are calls with other arguments, or too many of them
            found = failure(error, self.run)
            assert isinstance(found, MLError)
            self.fail(found, began)

    def fail(self, error: MLError, began: float) -> None:
        """Tells the parent of an error, with as much of it as fits."""
        self.flush()
        try:
            self.link.send(["failed", error.limit, *told_error(error, self.encoder), self.used(began)], "the error")
        except MLError:
            bare = MLError(error.message[:PIECE], error.type, hint=error.hint)
            self.link.send(["failed", error.limit, *told_error(bare, self.encoder), self.used(began)], "the error")

    def exported(self, exports: dict[str, object]) -> Iterator[list[object]]:
        """Each export: its name and its value, or why it does not leave."""
        room = EXPORTED
        for name, value in exports.items():
            try:
                written = self.encoder.value(value, f"`{name}`")
                room -= len(encode(["export", written], f"`{name}`"))
            except MLError as error:
                yield [name, False, [error.message, error.type, error.hint]]
                continue
            if room >= 0:
                yield [name, True, written]
            else:
                yield [name, False, [f"`{name}` is too large to leave with the other exports", "ValueError", "make it the value of the program"]]

    def used(self, began: float) -> list[object]:
        """Steps, as far as they were counted, seconds of the processor, and bytes of memory at the peak."""
        return [self.run.usage.steps, process_time() - began, peak()]

    # ── what the program asks for ──

    def ask(self, frame: list[object]) -> tuple[Packed, ...]:
        """Sends a request and waits for its answer; meanwhile the parent may call functions of the program."""
        find_room(ROOM)
        limiting.watchdog.stand_by()
        self.flush()
        self.link.send(frame, "the arguments")
        while True:
            kind, released, *given = self.link.next()
            self.release(released)
            if kind != "call":
                return (kind, *given)
            self.call(*given)

    def release(self, numbers: list[int]) -> None:
        """Lets go of functions that the parent holds no more."""
        for number in numbers:
            value, _ = self.given.pop(number)
            del self.numbers[id(value)]

    def context(self) -> Context:
        """What the program itself asks for, and the `with capability` blocks in force."""
        return self.chain(self.run.grants.effective().layers)

    def chain(self, layers: tuple[Layer, ...]) -> list[object]:
        """Layers of authority as the parent is told of them: a number each, and what it allows."""
        return [[self.number(one), one.origin, [grant.written for grant in one.grants], one.file, one.words] for one in layers]

    def number(self, layer: Layer) -> int:
        """The number of a layer as it is now; that of a session grows."""
        key = (id(layer), len(layer.grants))
        found = self.layers.pop(key, None)
        if found is None:
            found = self.layered, layer
            self.layered += 1
            while len(self.layers) >= MAX_LAYERS:
                del self.layers[next(iter(self.layers))]
        self.layers[key] = found  # what was used last stays longest
        return found[0]

    def unpack(self, parcel: bytes) -> object:
        """The value of a parcel; what is in it needs nothing to be learned first."""
        return self.value(marshal.loads(parcel)[1], {})  # noqa: S302  from who started this process

    def stand_in(self, value: object) -> list[object] | None:
        """What is written for a value that is no data: a host object by the parent's number, a function by one of ours; any other by what it shows."""
        if isinstance(value, Handle):
            info = HOST_CLASSES.get(type(value))
            return super().stand_in(value) or (None if info is None else ["shown", info.name, display(value)])
        if type(value) is not Function and type(value) is not NativeFunction:
            return None
        known = self.numbers.get(id(value))
        if known is None:
            home = value.__dict__.get("ml_function") if type(value) is Function else None
            typed = self.typed.get(id(value))
            made: Callable[..., object] = value if home is not None else callback(value, self.run, signature=typed) if is_ml_function(value) else native_callback(value, self.run)
            known = self.numbers[id(value)] = self.count
            self.given[known] = value, made
            self.count += 1
        return ["function", known, function_name(value) or "", told_function(self.given[known][1])]  # type: ignore[arg-type]  # a plain function

    def speak(self, authority: Callable[[], Grants]) -> dict[str, Callable[..., Value]]:
        """The builtins that ask what they may do: the parent answers."""
        made: dict[str, Callable[..., Value]] = {}
        for name in SPEAKING:
            local: Any = BUILTINS[name]
            made[name] = compiled(name, parameters_of(local))(lambda args, named, name=name: self.spoken(authority(), name)(*args, **named))
            made[name].__doc__ = local.__doc__
            made[name].__dict__["capabilities"] = getattr(local, "capabilities", ())
        return made

    def spoken(self, grants: Grants, name: str) -> Callable[..., Value]:
        """One of them as the parent has it, for an authority."""
        key = tuple(map(self.number, grants.layers))
        found = self.speaking.get(key)
        if found is None:
            found = self.speaking[key] = self.request("speak", self.chain(grants.layers))
        return found[name]

    # ── what it prints ──

    def print(self, stream: str, text: str) -> None:
        """Keeps what is printed for a moment; a thread sends it where nothing else does."""
        with self.printing:
            for at in range(0, len(text), PIECE):
                self.printed.append([stream, text[at : at + PIECE]])
            self.held += len(text)
            if self.held >= PRINTED:
                self.flush()
            elif not self.flushing:
                self.flushing = True
                start_new_thread(self.keep_flushing, ())

    def keep_flushing(self) -> None:
        while True:
            sleep(FLUSH)
            self.flush()

    def flush(self) -> None:
        """Sends what was printed."""
        with self.printing:
            printed, self.printed, self.held = self.printed, [], 0
            for at in range(0, len(printed), 1000):
                self.link.send(["printed", printed[at : at + 1000]])


def find_room(frames: int) -> None:
    """Raises RecursionError where so many calls would be too many: now, as later the parent would wait for what is never said."""
    if frames:
        find_room(frames - 1)


DUTIES: dict[str, Callable[..., None]] = {
    "bind": Guest.bind, "call": Guest.call, "check": Guest.check, "evaluate": Guest.evaluate, "look": Guest.look, "names": Guest.names, "rebind": Guest.rebind, "reload": Guest.reload,
    "start": Guest.start,
}  # fmt: skip
