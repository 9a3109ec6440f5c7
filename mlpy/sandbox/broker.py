"""The parent's side of one worker: sends it a program, performs what the program may not, and believes nothing that it says.

A `Broker` belongs to one run. What the worker asks for is done with the run's own authority, within the layers that the worker
tells of the file and the block that ask: these can only take away. Any frame that is broken, or makes no sense at its place, ends
the worker.
"""

from __future__ import annotations

import json
import marshal
import os
import select
from _thread import RLock
from _weakref import ref
from contextlib import suppress
from time import monotonic

from mlpy.capabilities import IN_MEMORY, KINDS, Grants, Layer, narrowing
from mlpy.errors import Cancelled, CheckFailed, LimitExceeded, MLError, Stop
from mlpy.hosting import compiled, entered, failure, host_failure, hosted, parameters_of
from mlpy.lower.names import is_identifier
from mlpy.modules import Unusable
from mlpy.runtime.builtins import speaking_for
from mlpy.runtime.run import execute
from mlpy.runtime.values import HOST_CLASSES, ClassInfo, Function, Handle
from mlpy.sandbox.lockdown import ROOM
from mlpy.sandbox.protocol import GRACE, LIMITS, is_for_databases, optional, read_diagnostics, read_error, read_function, text
from mlpy.workers import cores
from mlpy.workers.frames import HEADER, BrokenFrame, Decoder, Ended, Frames, checked_text
from mlpy.workers.parcels import Packer, stays
from mlpy.workers.pool import CHAINS, kept_handle, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import FunctionType
    from typing import TypeVar

    from mlpy.modules import Finder
    from mlpy.registry import Registry
    from mlpy.runtime.limits import Limits
    from mlpy.runtime.run import Run
    from mlpy.sandbox.processes import WorkerProcess
    from mlpy.source import Source

    T = TypeVar("T")

TICK = 0.02  # seconds between two looks at whether the run goes on
SETTLING = 1.0  # seconds that a worker has to end a cell that was cancelled, before it is ended with it
PIECE = 1 << 18  # bytes
MAX_SHAPES = 1_000
MAX_FUNCTIONS = 10_000  # of a program that its host holds
MAX_KEPT = 100_000  # functions and objects of this process that the worker may hold, whose memory is not the worker's
DEEPEST = 500  # layers upon one another
NESTED = 25  # each call takes some twenty frames of Python on this side, of which a host may have used most
MAX_LAYERS = 1_000
MAX_LOADED = 2_000  # of modules, each counted once for each authority that it is imported with
MAX_FILES = 2_000
PLACES = "/main", "/"
ORIGINS = ("declaration", "narrowing")


class Outcome:
    """What came of a program: its `value`, and its `exports`: for each a value, or the MLError for one that cannot leave."""

    __slots__ = ("exports", "value")

    def __init__(self, value: object, exports: dict[str, object]) -> None:
        self.value = value
        self.exports = exports


class Shown(Handle):
    """An object of the program that its worker kept, as a date: what it shows is all that there is of it here."""

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.get = {}.get
        self.name = name
        self.text = text


HOST_CLASSES[Shown] = ClassInfo("object", {}, doc="An object of a program that has ended.", display=lambda value: value.text)


class Late(Exception):  # noqa: N818  seen by nobody else
    """A worker does not end a cell that was cancelled."""


class Broker:
    """One worker, and all that it may ask for. With `lasting` it is for several cells, of which one that is cancelled does not end it, if it can be helped."""

    __slots__ = (
        "asked_at", "authority", "behind", "cancelled", "chains", "finder", "frames", "functions", "known", "lasting", "layers", "limits", "lock", "lose", "nested", "open", "owed", "packer", "paths", "process",
        "registry", "released", "run", "settled_by", "shapes", "source", "sources",
    )  # fmt: skip

    def __init__(
        self, process: WorkerProcess, run: Run, limits: Limits, source: Source, *, registry: Registry, finder: Finder, lose: Callable[[BrokenFrame], MLError], lasting: bool = False
    ) -> None:
        self.process = process
        self.lose = lose  # what is raised for a worker that is gone, by the functions that the host has of it
        self.run = run
        self.limits = limits
        self.registry = registry
        self.finder = finder
        self.packer = Packer(run)
        self.frames = Frames()
        self.sources: dict[str, Source] = {source.name: source}
        self.paths: dict[str, Source] = {PLACES[0]: source}
        self.known: dict[str, str] = {}  # the worker's name for a file, by its path
        self.layers: dict[int, Layer] = {}
        self.chains: dict[tuple[int, ...], Grants] = {}
        self.authority = Grants.everything(root=run.grants.root)
        self.functions: dict[int, ref[FunctionType]] = {}  # of the program that somebody here holds, by the worker's number
        self.shapes: dict[str, FunctionType] = {}  # what shows as its functions do
        self.released: list[int] = []  # that nobody holds any more, which the worker has not been told yet
        self.behind: dict[tuple[str, str], BaseException] = {}  # by message and type what is behind the error that went to the worker last, for the host only
        self.source = source
        self.lasting = lasting
        self.open = 0  # questions that the worker has not answered yet
        self.owed = 0  # and requests of the worker's
        self.asked_at = 0.0  # when the outermost question was
        self.cancelled: MLError | None = None  # what the worker says of a cell that was
        self.settled_by: float | None = None  # when a worker that is to end a cell must have done so
        self.nested = 0  # calls of functions of the program within one another
        self.lock = RLock()
        os.set_blocking(process.fd, False)

    def __del__(self) -> None:
        self.process.close()

    @property
    def tied(self) -> bool:
        """Whether somebody here holds a function of the program, which needs its process."""
        return bool(self.functions)

    # ── what the host asks for ──

    def start(self, source: Source, inputs: Mapping[str, object], functions: Mapping[str, Callable[..., object]], *, guess: bool = False) -> Outcome:
        """Compiles and runs a program; raises MLError, CheckFailed among them."""
        given = self.given(inputs) | {name: hosted(name, function, self.run, self.run.grants) for name, function in functions.items() if name not in inputs}
        return self.exchange("start", {**self.setup(source), "inputs": self.packer.parcel(given, "the inputs"), "guess": guess})

    def check(self, source: Source, names: Iterable[str], *, guess: bool) -> Outcome:
        """Compiles a program; its value tells `inputs` and `needs`, two lists of texts."""
        outcome = self.exchange("check", {**self.setup(source), "names": [*names], "guess": guess})
        match outcome.value:
            case {"inputs": list(inputs), "needs": list(needs)} if all(type(one) is str for one in (*inputs, *needs)) and all(map(is_identifier, inputs)):
                return outcome
        raise BrokenFrame("that is not what a program needs")

    def evaluate(self, cell: Source, inputs: Mapping[str, object], bind: Iterable[str] = ()) -> Outcome:
        """Evaluates a cell of a session, whose value the worker binds to some names."""
        self.sources[cell.name] = cell
        self.finder.forget()
        given = self.packer.parcel(self.given(inputs), "the inputs")
        return self.exchange("evaluate", {**self.setup(cell), "cell": cell.text, "inputs": given, "bind": [*bind]})

    def names(self) -> Outcome:
        """The names that are bound in a session; the value has for each the type of what it stands for."""
        outcome = self.exchange("names", self.setup(self.source))
        match outcome.value:
            case dict(found) if all(is_identifier(name) and type(kind) is str for name, kind in found.items()):
                return outcome
        raise BrokenFrame("those are no names")

    def look(self, name: str) -> Outcome:
        """The value of a name of a session."""
        return self.exchange("look", {**self.setup(self.source), "wanted": name})

    def bind(self, inputs: Mapping[str, object], functions: Mapping[str, FunctionType] | None = None) -> Outcome:
        """Binds names of a session; the functions are `hosted`."""
        return self.exchange("bind", {**self.setup(self.source), "inputs": self.packer.parcel({**(functions or {}), **self.given(inputs)}, "the inputs")})

    def reload(self, name: str) -> Outcome:
        """Takes in the new version of a file that a session has imported; the value tells whether it has imported one of that name."""
        self.finder.forget()
        return self.exchange("reload", {**self.setup(self.source), "wanted": name})

    def rebind(self, name: str) -> Outcome:
        """Has a session take a module that was reloaded here."""
        return self.exchange("rebind", {**self.setup(self.source), "wanted": name})

    @staticmethod
    def given(inputs: Mapping[str, object]) -> dict[str, object]:
        """The inputs as a program may hold them; functions of the host that come so would have no gate."""
        return {name: entered(value, f"the input `{name}`") for name, value in inputs.items()}

    def setup(self, source: Source) -> dict[str, object]:
        """What a worker has to know of the run."""
        run = self.run
        left, limits = run.remaining(), self.limits
        return {
            "text": source.text,
            "name": source.name,
            "place": None if source.path is None else PLACES[0],
            "kinds": [(kind.name, kind.syntax, kind.doc) for kind in KINDS.values()],
            "time": None if left is None else max(left - GRACE, 0.001),
            "steps": limits.steps,
            "memory": limits.memory,
            "output": limits.output,
            "clock": run.frozen_clock,
            "arguments": [*run.arguments],
        }

    def call(self, number: int, args: tuple[object, ...], named: dict[str, object]) -> object:
        """Calls a function of the program; raises what it raises."""
        with self.lock:
            if self.nested >= NESTED:
                raise MLError("the calls nest too deep", "RecursionError", limit="recursion")
            parcel = self.packer.parcel([[*args], named], "the arguments")
            self.nested += 1
            try:
                return self.asked("call", number, parcel).value
            finally:
                self.nested -= 1

    def exchange(self, kind: str, setup: dict[str, object]) -> Outcome:
        """Sends what is to be done and attends to the worker until it is."""
        with self.lock:
            return self.asked(kind, setup)

    def asked(self, kind: str, *given: object) -> Outcome:
        """Does so; a worker that is left in the middle, and does not settle, is ended, as what it says of this would be taken for the answer to what comes next."""
        if not self.open:
            self.asked_at = monotonic()
        self.open += 1
        before, owed = self.open, self.owed
        try:
            self.send(kind, *given)
            return self.answer()
        except BrokenFrame:
            raise
        except BaseException as error:
            if self.open == before and not (self.lasting and isinstance(error, Cancelled | KeyboardInterrupt) and self.settle(before)):
                self.process.close()
            raise
        finally:
            self.open, self.owed = before - 1, owed

    def settle(self, level: int) -> bool:
        """Has the worker end what it is at, down to the question of a level, and hears it out; whether it does so in time."""
        self.settled_by = monotonic() + SETTLING
        self.cancelled = None
        try:
            self.process.interrupt()
            while self.open >= level:
                if self.owed >= self.open:
                    self.owed -= 1
                    self.refuse(MLError("the program was cancelled", "SandboxError"))
                    continue
                match self.next():
                    case ["printed", *_]:
                        continue
                    case ["request", *_]:
                        self.owed += 1
                    case ["failed", "cancelled", *told, list()]:
                        self.open -= 1
                        self.cancelled = read_error(told, self.sources, self.decoder(), denied=False, limit="cancelled")
                    case ["done" | "refused" | "failed", *_]:
                        self.open -= 1
                    case _:
                        return False
        except (BrokenFrame, Late, MLError):
            return False
        finally:
            self.settled_by = None
        return True

    def poll(self) -> None:
        """Raises what has ended the run; to a worker that is to end a cell it says so again, as it may have heard it before it began."""
        if self.settled_by is None:
            self.run.poll()
        elif monotonic() > self.settled_by:
            raise Late
        else:
            self.process.interrupt()

    # ── the wire ──

    def send(self, kind: str, *given: object) -> None:
        """Sends a frame as fast as the worker takes it."""
        released = [*self.released]
        del self.released[: len(released)]
        payload = marshal.dumps((kind, released, *given))  # type: ignore[arg-type]  # plain data and parcels
        data = memoryview(len(payload).to_bytes(HEADER) + payload)
        if self.process.fd < 0:
            raise left_alone()
        poll = select.poll()
        poll.register(self.process.fd, select.POLLOUT)
        while data:
            try:
                data = data[os.write(self.process.fd, data[:PIECE]) :]
            except BlockingIOError:
                poll.poll(TICK * 1000)
                self.poll()
            except OSError:  # it has ended, as reading from it will show
                return

    def answer(self) -> Outcome:
        """Does what the worker asks for until it is done; raises what came of it."""
        while True:
            outcome = self.take(self.next())
            if outcome is not None:
                return outcome

    def next(self) -> list[object]:
        """The next frame, when there is one."""
        if self.settled_by is None:
            self.run.poll()  # a worker that never falls silent is never waited for
        elif monotonic() > self.settled_by:
            raise Late
        if self.process.fd < 0:
            raise left_alone()
        while (frame := self.frames.next()) is None:
            self.read()
            if self.settled_by is None:
                self.run.poll()
        return frame

    def read(self) -> None:
        """Takes in what has arrived, waiting for it as long as the run goes on."""
        poll = select.poll()
        poll.register(self.process.fd, select.POLLIN)
        while not poll.poll(TICK * 1000):
            self.poll()
        try:
            data = os.read(self.process.fd, PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise Ended
        self.frames.data += data

    # ── what comes from the worker ──

    def take(self, frame: list[object]) -> Outcome | None:
        """Does what a frame says; the outcome, where it is the last one."""
        match frame:
            case ["printed", list(pieces)]:
                self.print(pieces)
            case ["request", list(dropped), list(context), str(what), *given]:
                self.perform(dropped, context, what, given)
            case ["done", value, list(exports), [int(steps), *used]]:
                self.open -= 1
                self.note(steps, used)
                return self.outcome(value, exports)
            case ["refused", list(told)]:
                self.open -= 1
                raise CheckFailed(read_diagnostics(told, self.sources))
            case ["failed", None | str() as limit, *told, [int(steps), *used]] if limit is None or limit in LIMITS:
                self.open -= 1
                self.note(steps, used)
                error = read_error(told, self.sources, self.decoder(), denied=bool(self.run.audit.denials), limit=limit)
                if limit == "time" and self.limits.time is not None:  # the worker's clock is the rest of it
                    error.message = over_time(self.limits.time)
                if limit == "memory" and self.limits.memory is not None:  # of the two that a worker has, the narrower one says it in its own way
                    error.message = f"the program used more than its limit of {self.limits.memory:,} bytes of memory"
                error.__cause__ = self.behind.pop((error.message, error.type), None)
                raise error
            case _:
                raise BrokenFrame("there is no such frame")
        return None

    def note(self, steps: int, used: list[object]) -> None:
        """Notes what the worker says that it took, as far as it can be true: steps, and, where its system tells, seconds of the processor and bytes at the peak."""
        usage = self.run.usage
        usage.steps = min(max(steps, 0), self.limits.steps or 0)
        match used:
            case []:
                return
            case [int() | float() as seconds, int(peak)]:
                most = self.limits.memory + ROOM if self.limits.memory is not None else installed()
                usage.memory = min(max(peak - self.process.at_start, 0), most)
            case _:
                raise BrokenFrame("that is not what a program uses")
        if not self.open:  # what it took for a call within this is part of it
            spent = min(max(float(seconds), 0.0), (monotonic() - self.asked_at) * cores())
            usage.cpu += spent
            self.process.said += spent

    def print(self, pieces: list[object]) -> None:
        """Prints, under the limit of output that is the run's."""
        for piece in pieces:
            match piece:
                case ["out" | "err" as stream, str(said)]:
                    write = self.run.write if stream == "out" else self.run.warn
                    said = checked_text(said)
                case _:
                    raise BrokenFrame("there is no such output")
            try:
                write(said)
            except MLError:
                raise
            except Exception as error:
                raise host_failure("print", error) from error

    def outcome(self, value: object, exports: list[object]) -> Outcome:
        decoder = self.decoder()
        found: dict[str, object] = {}
        for one in exports:
            match one:
                case [str(name), True, written]:
                    found[text(name)] = decoder.value(written)
                case [str(name), False, [str(message), str(kind), hint]]:
                    found[text(name)] = MLError(text(message), text(kind), hint=optional(hint))
                case _:
                    raise BrokenFrame("there is no such export")
        return Outcome(decoder.value(value), found)

    def decoder(self) -> Decoder:
        """Reads values that the worker sends."""
        return Decoder(lambda number: kept_handle(self, number), self.function, Shown)  # type: ignore[arg-type]  # it has a packer, as a member of a map

    def function(self, number: int, name: str, told: object = None) -> Callable[..., object]:
        """A function of the program, for the functions of modules and of the host, which shows the parameters that the worker tells."""
        held = self.functions.get(number)
        known = None if held is None else held()
        if known is None:
            if number < 0 or len(self.functions) >= MAX_FUNCTIONS:
                raise BrokenFrame("there is no such function")

            def called(*args: object, **named: object) -> object:
                try:
                    return self.call(number, args, named)
                except BrokenFrame as error:
                    raise self.lose(error) from error.__cause__

            called.__name__ = called.__qualname__ = name if is_identifier(name) else "function"
            if told is not None:
                shown = self.shown(told)
                called.__doc__ = shown.__doc__
                called.__wrapped__ = shown  # type: ignore[attr-defined]  # whose parameters `inspect` shows
            self.hold(number, called)  # type: ignore[arg-type]  # a plain function
            return called
        return known

    def shown(self, told: object) -> FunctionType:
        """What shows as a function of the program; one for all that look alike."""
        key = json.dumps(told)
        known = self.shapes.get(key)
        if known is None:
            if len(self.shapes) >= MAX_SHAPES:
                self.shapes.clear()
            known = self.shapes[key] = read_function(told)
        return known

    def hold(self, number: int, function: FunctionType) -> None:
        """Remembers a function as long as somebody holds it, and tells the worker afterwards."""
        functions, released = self.functions, self.released

        def release(gone: ref[FunctionType]) -> None:
            if functions.get(number) is gone:
                del functions[number]
                released.append(number)

        functions[number] = ref(function, release)
        if number in released:
            released.remove(number)

    # ── requests ──

    def perform(self, dropped: list[object], context: list[object], what: str, given: list[object]) -> None:
        """Does what the worker asks for and sends what comes of it."""
        for number in dropped:
            if type(number) is not int:
                raise BrokenFrame("there is no such thing")
            self.packer.forget(number)
        token = None
        self.owed += 1
        try:
            if context:
                token = narrowing.set(self.grants(context, self.authority))
            parcel = self.packer.result(self.result(what, given), "the result")
        except BrokenFrame:
            raise
        except Exception as error:  # noqa: BLE001  told to the program
            self.owed -= 1
            self.refuse(error)
        else:
            self.owed -= 1
            self.send("answer", parcel)
        finally:
            if token is not None:
                narrowing.reset(token)

    def result(self, what: str, given: list[object]) -> object:
        if len(self.packer.remotes) >= MAX_KEPT:
            raise MLError(f"the program holds {MAX_KEPT:,} objects of its host", "ValueError", hint="let go of those that it needs no more")
        match what, given:
            case "names", []:
                return self.registry.names()
            case "info", [str(name)]:
                return self.info(checked_text(name))
            case "load", [str(name), list(chain)]:
                return self.module(checked_text(name), self.grants(chain, self.run.grants))
            case "speak", [list(chain)]:
                grants = self.grants(chain, self.run.grants)
                return dict(speaking_for(lambda: grants))
            case "find", [str(path), str() | None as importer]:
                return self.find(checked_text(path), self.importer(importer))
            case "again", [str(place)]:
                return self.find_again(checked_text(place))
            case "neighbours", [str() | None as importer]:
                return self.finder.neighbours(self.importer(importer))
            case (("call" | "member" | "items" | "length" | "display" | "next" | "unread"), _):
                return request(self, what, given)  # type: ignore[arg-type]  # as above
        raise BrokenFrame("there is no such request")

    def refuse(self, error: Exception) -> None:
        """Sends an error."""
        found = failure(error, self.run)
        assert isinstance(found, MLError)
        self.behind.clear()
        if found.__cause__ is not None:
            self.behind[found.message, found.type] = let_go(found.__cause__)
        self.send("error", *self.packer.error(found))

    def info(self, name: str) -> str | None:
        """What is known of a module that does not ship with mlpy, as text."""
        found = self.registry.index.find(name)
        if found is None:
            return None
        info = found.info()
        return json.dumps([found.entry, info.origin, info.distribution])

    def module(self, name: str, grants: Grants) -> dict[str, object]:
        """The members of a module that are called here: all of one from elsewhere, what touches the outside of one that ships with mlpy."""
        if len(self.run.modules) >= MAX_LOADED:
            raise MLError(f"the program loads more than {MAX_LOADED:,} modules", "ImportError", hint="each set of declared capabilities that leads to a file loads it again")
        info = self.registry.info(name)
        handle = self.registry.load(name, self.run, grants)
        foreign = info is None or info.origin != "stdlib"
        found = {member: value for member, value in handle.table.items() if foreign or stays(value, handle)}
        return found if foreign else {member: for_files(value) if is_for_databases(value) else value for member, value in found.items()}

    def find(self, path: str, importer: Source) -> list[object] | None:
        """The file that an import means, its text with it."""
        found = self.finder.find(path, importer)
        if isinstance(found, Unusable):
            return ["unusable", found.reason, found.hint]
        if found is None:
            return None
        return self.told(found)

    def find_again(self, place: str) -> list[object]:
        """A file that the worker was told of, as it is now."""
        if place not in self.known.values():
            raise BrokenFrame("there is no such file")
        return self.told(self.finder.read_again(self.paths[place]))

    def told(self, found: Source) -> list[object]:
        """What the worker gets to know of a file."""
        place = self.known.get(str(found.path))
        if place is None:
            if len(self.known) >= MAX_FILES:
                raise MLError(f"a program has at most {MAX_FILES:,} files", "ImportError")
            place = PLACES[0] if str(found.path) == self.finder.main else f"{PLACES[1]}{len(self.known)}"
            self.known[str(found.path)] = place
        self.paths[place] = self.sources[found.name] = self.run.files[found.name] = found
        return ["source", found.text, found.name, place, self.finder.inside(found)]

    def importer(self, place: str | None) -> Source:
        """The file that the worker has under a name; the program itself for any other."""
        return self.paths.get(place or "", self.paths[PLACES[0]])

    def grants(self, chain: list[object], base: Grants) -> Grants:
        """An authority within layers that the worker tells of; equal layers are one object, so that what they count is counted once."""
        path: list[int] = []
        if len(chain) > DEEPEST:
            raise MLError(f"the authority is narrowed more than {DEEPEST} times", "ValueError")
        for one in chain:
            match one:
                case [int(number), str(origin), list(patterns), str(file), str(words)] if origin in ORIGINS and all(type(each) is str for each in patterns):
                    self.layers[number] = self.layers.pop(number) if number in self.layers else self.layer(origin, patterns, file, words)  # what was used last stays longest
                    path.append(number)
                case _:
                    raise BrokenFrame("there is no such authority")
        key = (id(base), *path)
        found = self.chains.get(key)
        if found is None:
            if len(self.chains) >= CHAINS:
                self.chains.pop(next(iter(self.chains)))
            found = base
            for number in path:
                layer = self.layers[number]
                found = found.within(layer) if layer.file else found.bounded(layer)  # as `modules.authority` does it
            self.chains[key] = found
        return found

    def layer(self, origin: str, patterns: list[str], file: str, words: str) -> Layer:
        while len(self.layers) >= MAX_LAYERS:
            del self.layers[next(iter(self.layers))]
        try:
            made = Layer(self.run.grants.parsed([checked_text(one) for one in patterns]), origin, words=text(words))
        except ValueError as error:
            raise BrokenFrame("there is no such authority") from error
        made.file = text(file)
        return made


def installed() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def for_files(function: object) -> FunctionType:
    """A function that opens databases, which refuses one in memory: the worker has that itself."""
    assert type(function) is Function

    def call(args: tuple[object, ...], named: dict[str, object]) -> object:
        if args[0] == IN_MEMORY:
            raise BrokenFrame("a database in memory is the worker's")
        return function(*args, **named)

    made = compiled(function.__name__, parameters_of(function))(call)  # type: ignore[arg-type]  # a plain function
    made.__dict__["capabilities"] = function.__dict__["capabilities"]
    return made


def left_alone() -> MLError:
    """The error of whoever wants something of a worker that was ended before."""
    return MLError("the worker was ended in the middle of what it was asked before", "SandboxError", hint="run the program again, or begin a new session")


def let_go(error: BaseException) -> BaseException:
    """An error whose frames hold nothing any more: what a host's function was given would keep the worker."""
    step = error.__traceback__
    while step is not None:
        with suppress(RuntimeError):  # it is still at work
            step.tb_frame.clear()
        step = step.tb_next
    return error


def over_time(seconds: float) -> str:
    return f"the program ran longer than its limit of {seconds:g} s"


def attend(broker: Broker, work: Callable[[], T]) -> T:
    """Does something with a worker under the limits of its run; raises MLError, and BrokenFrame for what becomes of the worker."""
    run = broker.run
    try:
        return execute(run, work, thread="any")
    except LimitExceeded as stop:
        if stop.run is run and stop.kind == "time":
            raise MLError(over_time(broker.limits.time or 0.0), "LimitExceeded", limit="time") from None
        raise failure(stop, run) from None
    except Stop as stop:
        told, broker.cancelled = broker.cancelled, None
        if told is not None and stop.run is run:
            told.message = stop.message
            raise told from None
        raise failure(stop, run) from None
