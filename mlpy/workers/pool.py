"""The parent's side: the worker processes of a run, and a map over them.

The thread that called `map` sends work, answers requests with the functions that the program holds and under the narrowing in
force where the worker asked, and ends the workers when the run ends. Where a call sees no state that workers share, it runs on a
thread of its own, so that they wait for the network side by side. A worker that sends what is no frame, or a frame that makes
no sense here, is ended, and so is the map.
"""

from __future__ import annotations

import atexit
import marshal
import os
import select
import signal
import subprocess
import sys
from _contextvars import copy_context
from _thread import start_new_thread
from contextlib import suppress
from itertools import islice
from math import isfinite
from operator import length_hint
from time import monotonic

from mlpy.capabilities import Grants, narrowing
from mlpy.errors import CapabilityDenied, MLError
from mlpy.hosting import failure
from mlpy.runtime.run import stack_needed
from mlpy.runtime.traceback import RESERVED_TYPES
from mlpy.runtime.values import HOST_CLASSES, Handle, IteratorValue, display
from mlpy.workers.frames import HEADER, BrokenFrame, Decoder, Ended, Frames, checked_text
from mlpy.workers.parcels import Packer
from mlpy.workers.streams import TOGETHER, Supply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen
    from types import CodeType, FrameType
    from typing import NoReturn, TypeAlias

    from mlpy.runtime.run import Run

    Outcome: TypeAlias = tuple["Member", str, object, object, BaseException | None]  # of a request: whose, what it asked for and of what, the value or the error

MOST = 16  # workers of a run
TICK, WAITING = 0.02, 0.001  # seconds between two looks at whether the run goes on, and at calls on threads of their own
QUICK = 0.02  # seconds that a batch may take for the next one to be twice as large
LARGEST = 512  # items of a batch
PORTION = 10_000  # steps that a worker gets at a time, under a step limit
BUFFERED = 1 << 20  # characters that an item may print before its turn; then its worker waits
STEPS = 20_000  # places in the stack of an error
CHAINS = 256  # narrowings of one worker that are kept
STRIDE = 1 << 22  # steps that are paid for at a time
LONGEST = 200  # characters of a reason to end the run
PIECE = 1 << 18
INHERITED = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "MLPY_CACHE_DIR", "TMPDIR", "TZ", "XDG_CACHE_HOME")
BOOT = "import sys; sys.path[:] = sys.argv[1:]; from mlpy.workers.child import main; main()"


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────


class Pool:
    """The workers of a run that wait for the next map; `close` ends them."""

    __slots__ = ("closed", "idle")

    def __init__(self) -> None:
        self.idle: list[Process] = []
        self.closed = False

    @classmethod
    def of(cls, run: Run) -> Pool:
        """The one pool of a run, which ends with it."""
        pool = run.modules.get(cls)
        if type(pool) is not cls or pool.closed:
            pool = run.modules[cls] = cls()
            run.keep(pool)
        return pool

    def take(self) -> Process:
        """A worker that has nothing to do, or a new one."""
        while self.idle:
            process = self.idle.pop()
            if process.alive():
                process.used = True
                return process
            process.kill()
        return Process()

    def close(self) -> None:
        """Ends all of them."""
        self.closed = True
        while self.idle:
            self.idle.pop().kill()


class Process:
    """One worker process and the pipes to it."""

    __slots__ = ("frames", "owner", "popen", "ready", "source", "target", "unsent", "used")

    def __init__(self) -> None:
        line = [sys.executable or "python", "-I", "-c", BOOT, *map(os.path.abspath, sys.path)]
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        try:
            self.popen: Popen[bytes] = subprocess.Popen(  # noqa: S603  this interpreter
                line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, start_new_session=True, bufsize=0
            )
        except OSError as error:
            raise MLError("no worker can be started", "InternalError") from error
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.target, self.source = self.popen.stdin.fileno(), self.popen.stdout.fileno()
        os.set_blocking(self.target, False)
        os.set_blocking(self.source, False)
        self.frames = Frames()
        self.unsent = bytearray()
        self.ready = self.used = False
        self.owner = os.getpid()
        running.add(self)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.popen.poll() is None

    def send(self, *frame: object) -> None:
        """Sends a frame as soon as the worker takes it."""
        payload = marshal.dumps(frame)  # type: ignore[arg-type]  # of what `parcels` packs and plain data
        self.unsent += len(payload).to_bytes(HEADER) + payload
        self.flush()

    def flush(self) -> None:
        """Writes what the pipe has room for."""
        try:
            while self.unsent:
                del self.unsent[: os.write(self.target, self.unsent[:PIECE])]
        except BlockingIOError:
            pass
        except OSError:  # it has ended, as reading from it will show
            self.unsent.clear()

    def received(self) -> Iterator[list[object]]:
        """The frames that have arrived; raises BrokenFrame, and Ended at the end of the pipe."""
        try:
            data = os.read(self.source, PIECE)
        except BlockingIOError:
            return
        if not data:
            raise Ended
        yield from self.frames.feed(data)

    def kill(self) -> None:
        """Ends the process and what it has started; not from a copy of this process that a host has forked."""
        running.discard(self)
        if self.owner != os.getpid():
            return
        if self.popen.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.kill()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                pipe.close()
        self.popen.wait()


running: set[Process] = set()  # a run that is collected with its pool ends them itself, before they are collected


def end_all() -> None:
    """Ends what runs when the interpreter ends."""
    for process in [*running]:
        process.kill()


atexit.register(end_all)


# ── a map ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Member:
    """A worker within a map: what it was sent, and the items that it works at."""

    __slots__ = ("asking", "at", "batch", "chains", "end", "first", "got", "held", "left", "opening", "own", "packer", "process", "sent")

    def __init__(self, process: Process, packer: Packer) -> None:
        self.process = process
        self.packer = packer
        self.batch = 1  # items that it gets next
        self.first = self.end = 0  # of its items
        self.at = self.got = 0  # the first that is not known to be finished, and the first without a result
        self.held = 0  # characters that its items have printed before their turn
        self.sent = 0.0
        self.asking = False
        self.left = 0  # steps that it was given and has not taken
        self.chains: dict[tuple[int, ...], Grants] = {}
        self.own: set[int] = set()  # functions that are members of host objects which only this worker has
        self.opening: list[tuple[object, ...]] = []  # what it was sent before it said anything

    def send(self, *frame: object) -> None:
        """Sends a frame."""
        self.process.send(*frame)
        if self.opening:
            self.opening.append(frame)

    def decoder(self) -> Decoder:
        """Reads values that it sends."""
        return Decoder(lambda number: kept_handle(self, number))

    @property
    def busy(self) -> bool:
        """Whether it has not yet said that it is done with its items."""
        return self.first < self.end


class Map:
    """One call of `parallel.map`."""

    def __init__(self, run: Run, function: Callable[..., object], items: list[object], count: int) -> None:
        self.run = run
        self.items = items
        self.results: list[object] = [None] * len(items)
        self.pool = Pool.of(run)
        self.members: list[Member] = []
        self.count = count
        self.next = 0  # the first item that nobody has
        self.head = 0  # the first item that is not finished: what it prints is printed at once
        self.finished = bytearray(len(items))
        self.printed: dict[int, list[tuple[Member, str, str]]] = {}
        self.failed: tuple[int, MLError] | None = None  # the first item that failed, as far as is known
        self.given = 0  # steps
        self.packer = Packer(run)
        self.parcel = self.packer.parcel(function, "the function")
        within = narrowing.get(None)
        self.outer = Grants.everything(root=run.grants.root) if within is None else within
        self.place = stack(run)
        self.calls = 0  # under way on threads of their own
        self.outcomes: list[Outcome] = []

    def call(self) -> list[object]:
        """The results in order, or raises what the first item raised that failed; afterwards no worker works for it any more."""
        try:
            for _ in range(self.count):
                self.join()
            while self.head < len(self.items) or any(member.busy for member in self.members) if self.failed is None else self.head < self.failed[0]:
                self.turn()
                self.run.poll()
        finally:
            for member in self.members:
                if member.busy or self.pool.closed:
                    member.process.kill()
                else:
                    self.pool.idle.append(member.process)
        while self.calls > len(self.outcomes):  # what they do belongs to this map
            self.run.wait(WAITING)
        self.pay()
        if self.failed is not None:
            raise self.failed[1]
        return self.results

    def join(self) -> None:
        """Takes one more worker in."""
        member = Member(self.pool.take(), self.packer.copy())
        self.members.append(member)
        member.opening = [("map", self.setup(), self.parcel)]
        member.process.send(*member.opening[0])
        if member.process.ready:  # one that still starts gets what is left by then
            self.hand_out(member)

    def setup(self) -> dict[str, object]:
        """What a worker has to know of the run."""
        run, limits = self.run, self.run.limits
        return {
            "root": run.grants.root,
            "arguments": [*run.arguments],
            "clock": run.frozen_clock,
            "modules": [name for name in run.modules if type(name) is str],
            "paths": [*run.extension_paths],
            "stack": stack_needed(),
            "recursion": sys.getrecursionlimit(),
            "steps": limits.steps,
            "memory": None if limits.memory is None else max(limits.memory // self.count, 1),
            "time": run.remaining(),
        }

    def hand_out(self, member: Member) -> None:
        """Gives a worker the next items; none after one has failed."""
        rest = len(self.items) - self.next
        if self.failed is not None or not rest:
            return
        first = self.next
        self.next += min(member.batch, max(rest // (2 * self.count), 1))
        parcel = member.packer.batch(self.items[first : self.next], first)
        member.first = member.at = member.got = first
        member.end = self.next
        member.sent = monotonic()
        member.send("work", first, parcel)

    def pay(self) -> None:
        """Takes the steps of the workers from those of the run."""
        steps = max(self.given - sum(member.left for member in self.members), 0)
        for at in range(0, steps, STRIDE):
            count = min(STRIDE, steps - at)
            next(islice(self.run.fuel, count, count), None)
            self.run.poll()

    # ── what comes from the workers ──

    def turn(self) -> None:
        """Waits a little for the workers and does what has arrived."""
        poll = select.poll()  # unlike `select` it knows no largest descriptor
        by_handle: dict[int, Member] = {}
        for member in self.members:
            process = member.process
            if member.held < BUFFERED or member.first <= self.head < member.end:
                poll.register(process.source, select.POLLIN)
                by_handle[process.source] = member
            if process.unsent:
                poll.register(process.target, select.POLLOUT)
                by_handle[process.target] = member
        for handle, _ in poll.poll((WAITING if self.calls else TICK) * 1000):
            member = by_handle[handle]
            if handle == member.process.target:
                member.process.flush()
            else:
                self.receive(member)
        while self.outcomes:
            self.calls -= 1
            outcome = self.outcomes.pop(0)
            member = outcome[0]
            try:
                self.reply(*outcome)
            except BrokenFrame as error:
                self.lose(member, error)

    def receive(self, member: Member) -> None:
        """Does what the frames say that have arrived from a worker."""
        try:
            for frame in member.process.received():
                if frame[0] != "ready":  # which says nothing of this map
                    member.opening.clear()
                self.take(member, frame)
        except BrokenFrame as error:
            if member.opening and member.process.used and isinstance(error, Ended):  # it waited for work too long and left as this came
                self.replace(member)
            else:
                self.lose(member, error)

    def lose(self, member: Member, error: BrokenFrame) -> NoReturn:
        """Ends the map for a worker that cannot be used any more."""
        member.end = member.first + 1  # so that nobody takes it for idle
        if isinstance(error, Ended):
            raise MLError("a worker ended before its work was done", "Error", hint="the system may have ended it for the memory that it took") from error
        raise MLError("a worker broke the protocol", "Error") from error

    def replace(self, member: Member) -> None:
        """Puts a fresh process in the place of one that has done nothing yet."""
        member.process.kill()
        member.process = Process()
        opening, member.opening = member.opening, []
        for frame in opening:
            member.process.send(*frame)

    def take(self, member: Member, frame: list[object]) -> None:
        """Does what a frame says; raises BrokenFrame for one that makes no sense here."""
        match frame:
            case ["ready", str()] if not member.process.ready:
                member.process.ready = True
                if not member.busy:
                    self.hand_out(member)
            case ["results", int(first), list(values)] if first == member.got and 0 < len(values) <= member.end - first:
                self.store(member, values)
            case ["printed", int(item), list(pieces)] if member.at <= item < member.end:
                self.finish(member, item)
                self.print(member, item, pieces)
            case ["failed", int(item), str(message), str(kind), hint, note, dict(fields), list(steps)] if member.at <= item < member.end:
                self.finish(member, item)
                if self.failed is None or item < self.failed[0]:
                    self.failed = item, self.error(member, (message, kind, hint, note), fields, steps)
                member.first = member.end  # it does no more of them
            case ["stopped", int(item), ("memory" | "output" | "size" | "steps") as kind, str(message)] if member.at <= item < member.end:
                self.finish(member, item)
                self.exceed(str(kind), checked_text(message))
            case ["done", int() | float() as seconds, int(left)] if member.first < member.got == member.end and isfinite(seconds) and 0 <= left <= PORTION:
                self.end_batch(member, float(seconds), left)
            case ["steps"] if member.busy and self.run.limits.steps is not None:
                self.grant_steps(member)
            case ["request", list(dropped), list(narrowed), str(what), *given] if member.busy and not member.asking:
                self.answer(member, dropped, narrowed, what, given)
            case _:
                raise BrokenFrame("there is no such frame")

    def exceed(self, kind: str, message: str) -> NoReturn:
        """Ends the run for a limit that a worker met."""
        if kind == "memory" and self.run.limits.memory is not None:
            message = f"a worker used more than its share of the limit of {self.run.limits.memory:,} bytes of memory"
        self.run.exceed(kind, message[:LONGEST])

    def store(self, member: Member, values: list[object]) -> None:
        """Keeps the results of the next items of a worker."""
        decoder = member.decoder()
        for value in values:
            self.results[member.got] = decoder.value(value)
            member.got += 1
        self.finish(member, max(member.got, member.at))

    def finish(self, member: Member, item: int) -> None:
        """All items of a worker before this one are known to be finished."""
        for each in range(member.at, item):
            self.finished[each] = True
        member.at = item
        while self.head < len(self.items) and self.finished[self.head]:
            self.head += 1
            self.emit(self.head)

    def emit(self, item: int) -> None:
        """Prints what an item has printed so far, now that it is its turn."""
        for member, stream, text in self.printed.pop(item, ()):
            member.held -= len(text)
            self.write(stream, text)

    def print(self, member: Member, item: int, pieces: list[object]) -> None:
        """Prints in the order of the items."""
        for piece in pieces:
            match piece:
                case ["out" | "err" as stream, str(text)]:
                    checked_text(text)
                case _:
                    raise BrokenFrame("there is no such output")
            if item == self.head:
                self.write(stream, text)
            else:
                self.printed.setdefault(item, []).append((member, stream, text))
                member.held += len(text)

    def write(self, stream: str, text: str) -> None:
        if stream == "out":
            self.run.write(text)
        else:
            self.run.warn(text)

    def end_batch(self, member: Member, seconds: float, left: int) -> None:
        """The next batch is larger as long as they are quick."""
        took = monotonic() - member.sent
        self.run.usage.cpu += min(max(seconds, 0.0), took)
        member.left = left
        member.first = member.end
        if took < QUICK:
            member.batch = min(2 * member.batch, LARGEST)
        elif took > 4 * QUICK:
            member.batch = max(member.batch // 2, 1)
        self.hand_out(member)

    def grant_steps(self, member: Member) -> None:
        """A portion of the steps that are left; none where all are taken."""
        left = max(length_hint(self.run.fuel) - self.given, 0)
        allowed = min(PORTION, -(-left // self.count))
        self.given += allowed
        member.send("steps", allowed)

    def error(self, member: Member, told: tuple[str, str, object, object], fields: dict[str, object], steps: list[object]) -> MLError:
        """What an item raised, at the place where it did; the fields that are the runtime's own are believed only as far as they can be true."""
        message, kind, hint, note = [None if one is None else checked_text(one) for one in told]
        found = member.decoder().value(fields)
        assert isinstance(found, dict)
        capability = found.get("capability")
        if kind == "CapabilityError" and type(capability) is str and self.run.audit.denials:
            made: MLError = CapabilityDenied(message or "", capability, hint=hint)
        else:
            made = MLError(message or "", "Error" if not kind or kind in RESERVED_TYPES else kind, hint=hint, note=note, fields=found or None)
        places = [place(member.packer.codes, each) for each in steps[:STEPS]]
        if places:
            made.__dict__["$steps"] = [*self.place, *places]
        return made

    # ── requests ──

    def answer(self, member: Member, dropped: list[object], narrowed: list[object], what: str, given: list[object]) -> None:
        """Does what a worker asks for and sends what comes of it."""
        for number in dropped:
            if type(number) is not int:
                raise BrokenFrame("there is no such thing")
            member.packer.forget(number)
        member.asking = True
        token = narrowing.set(self.narrowed(member, narrowed)) if narrowed else None
        try:
            if alone(member, what, given):
                self.calls += 1
                start_new_thread(copy_context().run, (self.attempt, member, what, given, self.outcomes.append))
            else:
                self.attempt(member, what, given, lambda outcome: self.reply(*outcome))
        finally:
            if token is not None:
                narrowing.reset(token)

    @staticmethod
    def attempt(member: Member, what: str, given: list[object], tell: Callable[[Outcome], None]) -> None:
        """Does what a worker asks for, and tells what came of it."""
        of = given[0] if given else None
        try:
            value = request(member, what, given)
        except BaseException as error:  # noqa: BLE001  also what ends the run, which a thread of its own could not
            tell((member, what, of, None, error))
        else:
            tell((member, what, of, value, None))

    def reply(self, member: Member, what: str, of: object, value: object, error: BaseException | None) -> None:
        """Sends what came of a request."""
        member.asking = False
        if error is None:
            try:
                parcel = member.packer.result(value, "the result")
            except MLError as refusal:
                self.refuse(member, refusal)
                return
            if what == "member" and of not in member.packer.shared and id(value) in member.packer.known:
                member.own.add(member.packer.known[id(value)][1])
            member.send("answer", parcel)
        elif isinstance(error, Exception) and not isinstance(error, BrokenFrame):
            self.refuse(member, error)
        else:
            raise error

    def refuse(self, member: Member, error: Exception) -> None:
        """Sends an error."""
        found = failure(error, self.run)
        assert isinstance(found, MLError)
        member.send("error", *member.packer.error(found))

    def narrowed(self, member: Member, layers: list[object]) -> Grants:
        """The `with capability` blocks that a worker asks from within, inside those that the map was called in.

        A worker could leave some out, but it acts for a function that could do so too; what is kept counts as long as its block lasts.
        """
        known = member.chains
        path: tuple[int, ...] = ()
        grants = self.outer
        for layer in layers:
            match layer:
                case [int(number), list(patterns)] if all(type(one) is str for one in patterns):
                    path = (*path, number)
                case _:
                    raise BrokenFrame("there is no such narrowing")
            if path not in known:
                if len(known) >= CHAINS:
                    known.pop(next(iter(known)))
                try:
                    known[path] = grants.narrow([checked_text(one) for one in patterns])
                except ValueError as error:
                    raise BrokenFrame("there is no such narrowing") from error
            grants = known[path]
        return grants


def alone(member: Member, what: str, given: list[object]) -> bool:
    """Whether a request sees nothing that another worker may use meanwhile."""
    match what, given:
        case "call", [int(number), *_]:
            return number in member.own
        case "module", [int(number), str(name), *_] if 0 <= number < len(member.packer.modules):
            return "concurrent" in getattr(member.packer.modules[number].table.get(name), "__dict__", ())
        case (("items" | "length" | "display"), [int(number)]) | (("next" | "unread"), [int(number), _]):
            return number not in member.packer.shared
    return False


def request(member: Member, what: str, given: list[object]) -> object:
    """The value of what a worker asked for; raises BrokenFrame where it could not ask so."""
    match what, given:
        case "call", [int(number), list(args), dict(named)]:
            return called(member, kept(member, number), args, named)
        case "module", [int(number), str(name), list(args), dict(named)] if 0 <= number < len(member.packer.modules):
            return called(member, member.packer.modules[number].table.get(name), args, named)
        case "member", [int(number), str(name)]:
            return kept_handle(member, number).get(name)
        case (("items" | "length" | "display"), [int(number)]):
            value = kept_handle(member, number)
            info = HOST_CLASSES[type(value)]
            if what == "items" and info.items is not None and type(value) is not IteratorValue:  # which may have no end
                return info.items(value)
            if what == "length" and info.length is not None:
                return info.length(value)
            return display(value)
        case "next", [int(number), int(most)] if 0 < most <= TOGETHER:
            return supply(member, number).take(most)
        case "unread", [int(number), int(count)]:
            supply(member, number).put_back(count)
            return None
    raise BrokenFrame("there is no such request")


def called(member: Member, function: object, args: list[object], named: dict[str, object]) -> object:
    """Calls a function that stays here; it checks its arguments as for any caller."""
    if not callable(function):
        raise BrokenFrame("there is no such function")
    decoder = member.decoder()
    values = [decoder.value(one) for one in args]
    names = {checked_text(name): decoder.value(one) for name, one in named.items()}
    return function(*values, **names)


def kept(member: Member, number: object) -> object:
    """What a number stands for that the worker was given."""
    if type(number) is not int or number not in member.packer.remotes:
        raise BrokenFrame("there is no such thing")
    return member.packer.remotes[number]


def kept_handle(member: Member, number: int) -> Handle:
    """A host object that the worker was given."""
    value = kept(member, number)
    if not isinstance(value, Handle):
        raise BrokenFrame("there is no such object")
    return value


def supply(member: Member, number: int) -> Supply:
    """What hands out the items of an iterator that the worker was given."""
    value = kept(member, number)
    if type(value) is not IteratorValue or type(value.items) is not Supply:
        raise BrokenFrame("there is no such iterator")
    return value.items


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


def stack(run: Run) -> list[tuple[CodeType, int]]:
    """The program's functions that the caller stands in, outermost first, each with where it is."""
    found = []
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  the documented way to a frame
    while frame is not None:
        if frame.f_globals.get("$run") is run:
            found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return found[::-1]


def place(codes: list[CodeType], step: object) -> tuple[CodeType, int]:
    """A place that a worker tells, in the code that it was sent."""
    match step:
        case [int(number), int(offset)] if 0 <= number < len(codes) and 0 <= offset < len(codes[number].co_code):
            return codes[number], offset
    raise BrokenFrame("there is no such place")
