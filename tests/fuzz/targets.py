"""What the fuzzers throw bytes at. Each function takes any bytes and raises only where something is wrong.

`run.py` hands them to atheris, `test_targets.py` to a seeded generator of changed inputs.
"""

from __future__ import annotations

import json
import marshal
import math
import socket
import struct
from contextlib import suppress

import mlpy
from mlpy import compiler, render
from mlpy.capabilities import KINDS
from mlpy.errors import CheckFailed, MLError
from mlpy.runtime.run import Run
from mlpy.sandbox.broker import Broker, attend
from mlpy.sandbox.protocol import limits_here
from mlpy.source import Source
from mlpy.syntax.parser import parse
from mlpy.syntax.printer import print_module
from mlpy.workers.frames import BrokenFrame, Decoder, Encoder, Frames, encode
from mlpy.workers.parcels import Packer

LONGEST = 4_000  # characters of a program
ENGINE = mlpy.Engine(limits=mlpy.Limits(time=10))


# ── parser ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parser(data: bytes) -> None:
    """Takes a text through every stage up to code: it is refused with diagnostics that can be shown, or it prints stably and compiles."""
    source = Source(data.decode("utf-8", "replace")[:LONGEST], "<fuzz>")
    diagnostics, _ = compiler.check_source(source, registry=ENGINE.registry)
    for one in diagnostics:
        assert 0 <= one.span.start <= one.span.end <= len(source.text), one.title
        render.text(one, source)
    module, found = parse(source)
    if module is not None and not any(one.severity == "error" for one in found):
        printed = Source(print_module(module, source), "<printed>")
        again, _ = parse(printed)
        assert again is not None, printed.text
        assert print_module(again, printed) == printed.text, printed.text
    try:
        ENGINE.compile(source)
    except MLError as failed:
        if not isinstance(failed, CheckFailed) and failed.limit is None:
            raise


# ── marshaller ───────────────────────────────────────────────────────────────────────────────────────────────────


class Bytes:
    """Bytes as a source of choices; zero when they are used up."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, below: int) -> int:
        self.at += 1
        return self.data[self.at - 1] % below if self.at <= len(self.data) else 0

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        self.at += size
        return piece

    def text(self) -> str:
        return self.take(self.number(40)).decode("utf-8", "replace")

    def value(self, depth: int = 0) -> object:
        """A value of the language."""
        match self.number(12 if depth < 30 else 8):
            case 0:
                return None
            case 1:
                return bool(self.number(2))
            case 2:
                return int.from_bytes(self.take(self.number(8)), signed=True)
            case 3:
                return int.from_bytes(self.take(self.number(250)), signed=True)
            case 4:
                return struct.unpack("<d", self.take(8).ljust(8, b"\0"))[0]
            case 5:
                return (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308)[self.number(7)]
            case 6 | 7:
                return self.text()
            case 8 | 9:
                return [self.value(depth + 1) for _ in range(self.number(8))]
            case _:
                return {("$" if self.number(5) == 0 else self.text()): self.value(depth + 1) for _ in range(self.number(6))}


def alike(a: object, b: object) -> bool:
    """Whether two values are the same to the last bit of a float."""
    if type(a) is not type(b):
        return False
    if type(a) is float:
        return a == b and math.copysign(1, a) == math.copysign(1, b) if a == a or b == b else True  # noqa: PLR0124  nan
    if type(a) is list:
        return len(a) == len(b) and all(map(alike, a, b))
    if type(a) is dict:
        return [*a] == [*b] and all(map(alike, a.values(), b.values()))
    return a == b


def marshaller(data: bytes) -> None:
    """Whatever value goes over the wire, in either direction, comes out as it was, however the bytes are cut."""
    choices = Bytes(data)
    value = choices.value()
    frames = Frames()
    sent = encode(["value", Encoder(lambda _: None).value(value, "the value")], "the value")
    got = []
    while sent:
        size = 1 + choices.number(200)
        got += frames.feed(sent[:size])
        sent = sent[size:]
    ((kind, written),) = got
    assert kind == "value"
    assert not frames.data
    assert alike(Decoder(nothing).value(written), value)
    fresh, packed = marshal.loads(Packer(Run()).parcel(value, "the value"))
    assert fresh == []
    assert alike(packed, value)


def nothing(_: int) -> object:
    raise BrokenFrame("there is no such thing")


# ── protocol ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Recorded:
    """A worker that has said all that it will."""

    def __init__(self, said: bytes) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.fd = self.ours.fileno()
        self.theirs.setblocking(False)
        with suppress(BlockingIOError):
            self.theirs.send(said)
        self.theirs.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Nothing, as the broker may still look at the socket."""

    def dispose(self) -> None:
        self.ours.close()
        self.theirs.close()


def framed(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


def protocol(data: bytes) -> None:
    """Whatever a worker says, its broker gives an outcome, an error of the program, or ends it. A line is a frame; a NUL first means bytes as they are."""
    said = data[1:] if data[:1] == b"\0" else b"".join(map(framed, data.split(b"\n")))
    worker = Recorded(said[:60_000])
    source = Source("1", "<fuzz>")
    limits = mlpy.Limits(time=5, output=10_000)
    run = ENGINE.new_run(source, limits=limits_here(limits), output=[])
    broker = Broker(worker, run, limits, source, registry=ENGINE.registry, finder=ENGINE.finder(source), lose=lambda error: MLError(f"lost: {error}", "InternalError"))
    kinds = set(KINDS)
    failed: MLError | None = None
    try:
        outcome = attend(broker, lambda: broker.start(source, {}, {"echo": lambda value: value, "call": lambda f: f(1)}))
        json.dumps(repr(outcome.value))
    except (BrokenFrame, CheckFailed):
        pass
    except MLError as error:
        failed = error
    finally:
        worker.dispose()
    if failed is not None:
        render.error_text(failed)
        assert len(failed.type) < 100
        assert failed.limit in (None, "denials", "memory", "output", "recursion", "size", "steps", "time"), failed.limit
    assert run.grants.patterns() == []
    assert set(KINDS) == kinds
    assert not [one for one in run.audit.records() if one.decision == "allowed"]


TARGETS = {"marshaller": marshaller, "parser": parser, "protocol": protocol}
