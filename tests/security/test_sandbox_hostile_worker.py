"""A worker that has been taken over may send what it likes: the broker at the other end ends it, and gives nothing away (F39 to F41).

The worker here is a thread at the other end of a socket pair that says what the test has it say.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import struct
import sys
import threading
import time
from contextlib import suppress

import pytest

import mlpy
from mlpy.errors import CheckFailed, MLError
from mlpy.sandbox.broker import Broker, Outcome, attend
from mlpy.sandbox.protocol import limits_here
from mlpy.source import Source
from mlpy.workers.frames import MAX_FRAME, BrokenFrame, Ended, Frames, decode

SECRET = "canary-0a9e61b77f35"
DONE = ["done", 7, [], [0]]


class Puppet:
    """A worker process that is a thread."""

    def __init__(self, script):
        ours, theirs = socket.socketpair()
        self.socket, self.other, self.script = ours, theirs, script
        self.fd = ours.fileno()
        self.closed = False
        self.at_start, self.said = 0, 0.0
        self.heard = []
        self.thread = threading.Thread(target=self.play, daemon=True)

    def play(self):
        with suppress(OSError):
            self.script(self)
        with suppress(OSError):
            self.other.shutdown(socket.SHUT_WR)

    def say(self, *frames):
        """Sends frames that are well made."""
        for frame in frames:
            self.raw(framed(json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogatepass")))

    def raw(self, data):
        self.other.sendall(data)

    def hear(self):
        """The next frame of the parent, as bytes."""
        size = int.from_bytes(self.exactly(4))
        self.heard.append(self.exactly(size))
        return self.heard[-1]

    def exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.other.recv(size - len(data))
            if not piece:
                raise OSError("the parent has gone")
            data += piece
        return data

    def close(self):
        if not self.closed:
            self.closed = True
            self.socket.shutdown(socket.SHUT_RDWR)

    def dispose(self):
        self.close()
        self.thread.join(10)
        self.socket.close()
        self.other.close()


def framed(payload):
    return struct.pack(">I", len(payload)) + payload


@pytest.fixture
def converse(tmp_path):
    """`converse(script, …)` runs a program in a worker that follows a script, and gives what comes of it."""
    puppets = []
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "main.ml").write_text("1")
    (tmp_path / "project" / "own.ml").write_text("x = 1;")
    (tmp_path / "secret.ml").write_text(SECRET)

    def run(script, *, time=20, output=100_000, functions=None, grants=(), asks=1):
        puppet = Puppet(script)
        puppets.append(puppet)
        source = Source("1", "main.ml", str(tmp_path / "project" / "main.ml"))
        limits = mlpy.Limits(time=time, output=output)
        engine = mlpy.Engine(limits=limits, functions=functions or {})
        printed = []
        running = engine.new_run(source, grants=grants, limits=limits_here(limits), output=printed)
        broker = Broker(puppet, running, limits, source, registry=engine.registry, finder=engine.finder(source), lose=lambda error: MLError(f"lost: {error}", "InternalError"))
        puppet.broker, puppet.printed, puppet.run = broker, printed, running
        puppet.thread.start()
        outcome = None
        for _ in range(asks):
            outcome = attend(broker, lambda: broker.start(source, {}, functions or {}))
        return puppet, outcome

    before = len(os.listdir("/dev/fd"))
    yield run
    for one in puppets:
        one.dispose()
        del one.broker
    puppets.clear()
    gc.collect()
    assert len(os.listdir("/dev/fd")) <= before


def said(payload):
    return lambda worker: worker.raw(payload)


def test_an_honest_worker_is_believed(converse):
    def script(worker):
        worker.hear()
        worker.say(["printed", [["out", "hello\n"]]], DONE)

    worker, outcome = converse(script)
    assert outcome.value == 7
    assert worker.printed == ["hello\n"]


@pytest.mark.parametrize("used", [[10**9, 1e9, 10**15], [-5, -1e9, -(10**15)], [0, 1e999, 0]])
def test_what_a_worker_says_that_it_has_used_is_bounded(used, converse):
    began = time.monotonic()
    worker, outcome = converse(said(framed(json.dumps(["done", 7, [], used]).replace("Infinity", "1e999").encode())))
    usage = worker.run.usage
    assert outcome.value == 7
    assert 0 <= usage.cpu <= (time.monotonic() - began) * (os.cpu_count() + 1)
    assert 0 <= usage.memory <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert usage.steps == 0


# ── bytes that are no frames ──

BYTES = {
    "nothing": b"",
    "half a length": b"\0\0",
    "a length and no frame": b"\0\0\0\x10",
    "half a frame": framed(b'["done",7,[],[0]]')[:-3],
    "an empty frame": framed(b""),
    "white space": framed(b" \n\t"),
    "text": framed(b"hello"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100,
    "a length of four gigabytes": b"\xff\xff\xff\xff" + b"[" * 1000,
    "a length just above what is allowed": struct.pack(">I", MAX_FRAME + 1) + b"[" * 1000,
    "zeros": b"\0" * 100_000,
    "marshalled data": framed(b"\xe9\x01\x00\x00\x00"),
    "a pickle": framed(b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."),
    "no array": framed(b'{"done":7}'),
    "a number": framed(b"7"),
    "null": framed(b"null"),
    "an empty array": framed(b"[]"),
    "a kind that is no text": framed(b"[7]"),
    "an unknown kind": framed(b'["exec","import os"]'),
    "a frame that goes on": framed(b'["done",7,[],[0]] trailing'),
    "two values in one frame": framed(b'["done",7,[],[0]]["done",8,[],[0]]'),
    "NaN": framed(b'["done",NaN,[],[0]]'),
    "infinity": framed(b'["done",-Infinity,[],[0]]'),
    "a long number": framed(b'["done",' + b"9" * 100_000 + b",[],[0]]"),
    "a long fraction": framed(b'["done",0.' + b"9" * 100_000 + b",[],[0]]"),
    "a long exponent": framed(b'["done",1e' + b"9" * 100_000 + b",[],[0]]"),
    "equal keys": framed(b'["done",{"a":1,"a":2},[],[0]]'),
    "equal keys by escape": framed(b'["done",{"a":1,"\\u0061":2},[],[0]]'),
    "bytes that are no UTF-8": framed(b'["done","\xff\xfe",[],[0]]'),
    "a surrogate as bytes": framed(b'["done","\xed\xa0\x80",[],[0]]'),
    "a surrogate by escape": framed(b'["done","\\ud800",[],[0]]'),
    "a surrogate as a key": framed(b'["done",{"\\udfff":1},[],[0]]'),
    "overlong UTF-8": framed(b'["done","\xc0\xaf",[],[0]]'),
    "UTF-16": framed('["done",7,[],[0]]'.encode("utf-16")),
    "UTF-16 without a mark": framed('["done",7,[],[0]]'.encode("utf-16-le")),
    "UTF-32": framed('["done",7,[],[0]]'.encode("utf-32-be")),
    "a byte order mark": framed(b'\xef\xbb\xbf["done",7,[],[0]]'),
    "control characters": framed(b'["done","a\nb",[],[0]]'),
    "single quotes": framed(b"['done',7,[],[0]]"),
    "a comment": framed(b'["done",7,[],[0]/**/]'),
    "a deep array": framed(b'["done",' + b"[" * 5000 + b"]" * 5000 + b",[],[0]]"),
    "a deep object": framed(b'["done",' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b",[],[0]]"),
    "depth that is not closed": framed(b"[" * 1_000_000),
    "depth behind UTF-16": framed(('["\u2200",' + "[" * 100_000 + "]" * 100_000 + ',"a"]').encode("utf-16-le")),
    "millions of empty arrays": framed(b'["done",[' + b"[]," * 3_000_000 + b"1],[],[0]]"),
    "millions of empty arrays behind UTF-16": framed(('["\u2200",' + "[]," * 1_300_000 + '"a"]').encode("utf-16-le")),
    "millions of numbers": framed(b'["done",[' + b"0," * 3_000_000 + b"1],[],[0]]"),
    "millions of keys": framed(b'["done",{' + b",".join(b'"%d":0' % n for n in range(1_100_000)) + b"},[],[0]]"),
}  # fmt: skip


@pytest.mark.parametrize("payload", BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_frame_end_the_worker(payload, converse):
    with pytest.raises(BrokenFrame):
        converse(said(payload))


@pytest.mark.parametrize("cut", range(1, 22))
def test_a_frame_that_is_cut_off_is_the_end_of_the_worker(cut, converse):
    with pytest.raises(Ended):
        converse(said(framed(b'["done",7,[],[0]]')[:-cut]))


def test_a_frame_may_come_byte_by_byte(converse):
    def script(worker):
        for byte in framed(b'["printed",[["out","slow"]]]') + framed(b'["done",7,[],[0]]'):
            worker.raw(bytes([byte]))
            time.sleep(0.001)

    worker, outcome = converse(script)
    assert outcome.value == 7
    assert worker.printed == ["slow"]


def test_a_frame_may_come_with_the_next(converse):
    payload = framed(b'["printed",[["out","a"]]]') + framed(b'["printed",[["out","b"]]]') + framed(b'["done",7,[],[0]]') + framed(b'["done",8,[],[0]]')
    worker, outcome = converse(said(payload))
    assert outcome.value == 7
    assert worker.printed == ["a", "b"]


# ── frames that make no sense ──

SENSELESS = [
    ["done"], ["done", 7], ["done", 7, []], ["done", 7, [], 0], ["done", 7, [], []], ["done", 7, [], [0, 1]], ["done", 7, [], ["0"]], ["done", 7, {}, [0]], ["done", 7, [["x", 1, 2]], [0]],
    ["done", 7, [["x", True]], [0]], ["done", 7, [["x", False, []]], [0]], ["done", 7, [["x", False, [1, 2, 3]]], [0]], ["done", 7, [[1, True, 2]], [0]], ["done", 7, [["\ud800", True, 2]], [0]],
    ["done", {"$": 1}, [], [0]], ["done", {"$": []}, [], [0]], ["done", {"$": ["int", "zz"]}, [], [0]], ["done", {"$": ["int", 5]}, [], [0]], ["done", {"$": ["int", "f" * 1_000_000]}, [], [0]],
    ["done", {"$": ["float", "1"]}, [], [0]], ["done", {"$": ["float", "nan"], "a": 1}, [], [0]], ["done", {"$": ["handle", 0]}, [], [0]], ["done", {"$": ["handle", -1]}, [], [0]],
    ["done", {"$": ["handle", True]}, [], [0]], ["done", {"$": ["handle", "0"]}, [], [0]], ["done", {"$": ["handle", 10**20]}, [], [0]], ["done", {"$": ["function", -1, "f"]}, [], [0]],
    ["done", {"$": ["function", 0]}, [], [0]], ["done", {"$": ["function", "0", "f"]}, [], [0]], ["done", {"$": ["function", 0, "f", 5]}, [], [0]],
    ["done", {"$": ["function", 0, "f", [[["", "a b", False]], {}, None]]}, [], [0]], ["done", {"$": ["function", 0, "f", [[["", "if", False]], {}, None]]}, [], [0]],
    ["done", {"$": ["function", 0, "f", [[["", "a", True, 1], ["", "b", False]], {}, None]]}, [], [0]], ["done", {"$": ["function", 0, "f", [[["", "a", False]] * 2, {}, None]]}, [], [0]],
    ["done", {"$": ["function", 0, "f", [[["", "a", True, []]], {}, None]]}, [], [0]], ["done", {"$": ["function", 0, "f", [[["", "a=print()", True]], {}, None]]}, [], [0]],
    ["done", {"$": ["function", 0, "f", [[["*", "a", False]] * 2, {}, None]]}, [], [0]], ["done", {"$": ["function", 0, "f", [[], {"a": 1}, None]]}, [], [0]], ["done", {"$": ["function", 0, "f", [[], {}, 1]]}, [], [0]],
    ["done", 7, [], [0, 0.5]], ["done", 7, [], [0, "x", 1]], ["done", 7, [], [0, 1.5, 1.5]], ["done", 7, [], [0, None, 1]], ["done", {"$": ["object", [["a", 1], ["a", 2]]]}, [], [0]], ["done", {"$": ["object", [[1, 1]]]}, [], [0]],
    ["done", {"$": ["object", [["a"]]]}, [], [0]], ["done", {"$": ["object", {"a": 1}]}, [], [0]], ["done", {"$": ["code", "import os"]}, [], [0]], ["done", {"$": ["module", "os"]}, [], [0]],
    ["printed"], ["printed", "text"], ["printed", [["out"]]], ["printed", [["out", 1]]], ["printed", [["log", "x"]]], ["printed", ["out", "x"]], ["printed", [["out", "\ud800"]]], ["printed", [[]]],
    ["refused"], ["refused", []], ["refused", [[]]], ["refused", [["E9999", "t", [0, 1], "", [], None, None, [], "main.ml"]]], ["refused", [["E0203", "t", [5, 1], "", [], None, None, [], "main.ml"]]],
    ["refused", [["E0203", "t", [0, 10**9], "", [], None, None, [], "main.ml"]]], ["refused", [["E0203", "t", [0, 1], "", [], None, None, [], "/etc/passwd"]]], ["refused", [["E0203", "t", [0, 1], "", [], None, None, [], "main.ml"]] * 1000],
    ["refused", [["E0203", 5, [0, 1], "", [], None, None, [], "main.ml"]]], ["refused", [["E0203", "t", [0, 1], "", [[1, 2, 3]], None, None, [], "main.ml"]]],
    ["failed"], ["failed", None], ["failed", "freedom", "m", "T", None, None, {}, "", None, [], [0]], ["failed", None, 5, "T", None, None, {}, "", None, [], [0]],
    ["failed", None, "m", "T", None, None, [], "", None, [], [0]], ["failed", None, "m", "T", None, None, {}, "main.ml", [0, 10**9], [], [0]], ["failed", None, "m", "T", None, None, {}, "", None, [["f"]], [0]],
    ["failed", None, "m", "T", None, None, {}, "", None, [["f", "x", 0, 0, 0, 0]], [0]], ["failed", None, "m", "T", None, None, {"x": {"$": ["handle", 1]}}, "", None, [], [0]], ["failed", None, "\udc00", "T", None, None, {}, "", None, [], [0]],
    ["request"], ["request", [], []], ["request", [], [], 5], ["request", [], [], "exec", "import os"], ["request", [], [], "call", 0, [], {}], ["request", [], [], "call", 10**20, [], {}], ["request", [], [], "call", -1, [], {}],
    ["request", [], [], "call", True, [], {}], ["request", [], [], "call", "f", [], {}], ["request", [], [], "member", 0, "table"], ["request", [], [], "items", 5], ["request", [], [], "display", 5], ["request", [], [], "length", -1],
    ["request", ["x"], [], "names"], ["request", [None], [], "names"], ["request", {}, [], "names"], ["request", [], {}, "names"], ["request", [], [5], "names"], ["request", [], [[0, "grant", ["file.read:/**"], "", ""]], "names"],
    ["request", [], [[0, "declaration", [5], "", ""]], "names"], ["request", [], [["0", "narrowing", [], "", ""]], "names"], ["request", [], [[0, "narrowing", ["\ud800"], "", ""]], "names"], ["request", [], [], "load"],
    ["request", [], [], "load", 5, []], ["request", [], [], "load", "math"], ["request", [], [], "load", "math", {}], ["request", [], [], "find", 5, None], ["request", [], [], "find", "\ud800", None], ["request", [], [], "names", 1],
    ["request", [], [], "next", 0, 1], ["request", [], [], "next", 0, 10**9], ["request", [], [], "next", "0", 1], ["request", [], [], "unread", 0, 1], ["request", [], [], "unread", 0, -1],
    ["request", [], [], "again", "/etc/passwd"], ["request", [], [], "again", "/main"], ["request", [], [], "again", 1],
    ["ready"], ["results", 0, []], ["steps", 5], ["stopped"], ["answer", 1], ["call", 0, []], ["start", {}], ["map", {}, []],
]  # fmt: skip


@pytest.mark.parametrize("frame", SENSELESS, ids=lambda frame: json.dumps(frame)[:70])
def test_frames_without_sense_end_the_worker(frame, converse):
    def script(worker):
        worker.hear()
        worker.say(frame)
        worker.hear()
        worker.say(DONE)

    with pytest.raises(BrokenFrame):
        converse(script)


# ── what a worker asks for ──

ASKED = {
    "a file by an absolute path": ("find", "{folder}/secret", None),
    "a file by two dots": ("find", "../secret", None),
    "a file by two dots behind a folder": ("find", "own/../../secret", None),
    "a file of the system": ("find", "/etc/hostname", None),
    "a file with a NUL": ("find", "own\0", None),
    "a file for an importer that there is not": ("find", "../secret", "/nowhere"),
    "a file with an empty name": ("find", "", None),
    "a module of Python": ("load", "os", []),
    "a module of Python below the library": ("load", "os.path", []),
    "a file of the library": ("load", "_sql", []),
    "a module by a path": ("load", "../../secret", []),
    "a module with a dunder": ("load", "__init__", []),
    "what is known of a module of Python": ("info", "subprocess"),
    "what is known of a path": ("info", "{folder}/secret"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_worker_gets_nothing_from_outside(asked, converse, tmp_path):
    def script(worker):
        worker.hear()
        worker.say(["request", [], [], *(one.replace("{folder}", str(tmp_path)) if type(one) is str else one for one in asked)])
        worker.hear()
        worker.say(DONE)

    worker, _ = converse(script)
    answers = b"".join(worker.heard[1:])
    assert SECRET.encode() not in answers
    assert b"root:" not in answers
    assert worker.run.grants.patterns() == []


def test_sql_of_a_worker_runs_on_files_that_were_granted_only(converse):
    """A database in memory demands nothing, so that nobody but the worker would stand between its program and SQLite."""

    def script(worker):
        worker.hear()
        worker.say(["request", [], [], "load", "sqlite", []])
        worker.hear()
        number = next(number for number, one in worker.broker.packer.remotes.items() if one.__name__ == "open")
        worker.say(["request", [], [], "call", number, [":memory:"], {}])
        worker.hear()
        worker.say(DONE)

    with pytest.raises(BrokenFrame, match="a database in memory is the worker's"):
        converse(script)


def test_a_worker_gets_the_files_of_its_program(converse):
    def script(worker):
        worker.hear()
        worker.say(["request", [], [], "find", "own", None])
        worker.hear()
        worker.say(DONE)

    worker, _ = converse(script)
    assert b"x = 1;" in worker.heard[1]


@pytest.mark.parametrize(
    "layers", [[], [[0, "narrowing", ["file.read:/**"], "", ""]], [[0, "declaration", ["file.read:/**"], "main.ml", ""]], [[0, "declaration", ["file.read:/**"], "", ""]] * 50]
)
def test_no_layer_that_a_worker_tells_of_gives_anything(layers, converse, tmp_path):
    (tmp_path / "secret.txt").write_text(SECRET)

    def script(worker):
        worker.hear()
        worker.say(["request", [], layers, "load", "file", layers])
        worker.hear()
        for number in range(10):
            worker.say(["request", [], layers, "call", number, [str(tmp_path / "secret.txt")], {}])
            worker.hear()
        worker.say(DONE)

    worker, _ = converse(script)
    assert SECRET.encode() not in b"".join(worker.heard)
    assert {one.decision for one in worker.run.audit.records()} == {"denied"}


# ── floods ──


def forever(payload):
    def script(worker):
        while True:
            worker.raw(payload)

    return script


FLOODS = {
    "empty output": framed(b'["printed",[]]') * 1000,
    "requests that are refused": framed(b'["request",[],[],"load","nothing",[]]') * 10,
    "requests that are answered": framed(b'["request",[],[],"names"]') * 10,
    "one frame byte by byte": b"\0\xf0\0\0",
}


@pytest.mark.parametrize("payload", FLOODS.values(), ids=FLOODS)
def test_a_worker_that_never_falls_silent_is_under_the_limit_of_time(payload, converse):
    began = time.monotonic()
    with pytest.raises((MLError, BrokenFrame)) as caught:
        converse(forever(payload), time=0.3)
    assert time.monotonic() - began < 10
    assert isinstance(caught.value, BrokenFrame) or caught.value.limit == "time"


def test_a_worker_that_says_nothing_is_under_the_limit_of_time(converse):
    with pytest.raises(MLError) as caught:
        converse(lambda worker: time.sleep(3), time=0.3)
    assert caught.value.limit == "time"


def test_output_is_counted_by_the_parent(converse):
    with pytest.raises(MLError) as caught:
        converse(forever(framed(b'["printed",[["out","' + b"x" * 1000 + b'"]]]')))
    assert caught.value.limit == "output"


def test_denials_are_counted_by_the_parent(converse, tmp_path):
    def script(worker):
        worker.hear()
        worker.say(["request", [], [], "load", "file", []])
        worker.hear()
        while True:
            worker.say(["request", [], [], "call", 0, ["/nowhere"], {}])
            worker.hear()

    with pytest.raises(MLError) as caught:
        converse(script)
    assert caught.value.limit == "denials"


def test_functions_are_counted(converse):
    values = [{"$": ["function", number, "f"]} for number in range(20_000)]

    def script(worker):
        worker.hear()
        worker.say(["done", values, [], [0]])

    with pytest.raises(BrokenFrame):
        converse(script)


def test_calls_within_calls_end(converse):
    """The host's function calls the program's, which calls the host's, and so on."""
    depths = []

    def script(worker):
        worker.hear()
        for number in range(100_000):
            worker.say(["request", [], [], "call", 0, [{"$": ["function", number % 100, "f"]}], {}])
            if b"nest too deep" in worker.hear():
                depths.append(number)
                break
        worker.say(*[["done", 1, [], [0]]] * (depths[0] if depths else 0), DONE)

    _, outcome = converse(script, functions={"call": lambda f: f(1)})
    assert outcome.value in (1, 7)
    assert depths
    assert depths[0] < sys.getrecursionlimit()


# ── what a worker says of its program ──


def failed(converse, *told, asks=1):
    def script(worker):
        worker.hear()
        worker.say(["failed", *told, [0]])

    with pytest.raises(MLError) as caught:
        converse(script)
    return caught.value


def test_a_worker_cannot_say_that_there_was_a_denial(converse):
    error = failed(converse, None, "give me more", "CapabilityError", None, None, {"capability": "file.read:/**"}, "", None, [])
    assert error.type == "Error"
    assert not hasattr(error, "capability")


@pytest.mark.parametrize("kind", ["LimitExceeded", "Cancelled", "InternalError", "", "SandboxError\x1b[2J", "x" * 100_000])
def test_types_of_errors_are_those_of_programs(kind, converse):
    assert len(failed(converse, None, "m", kind, None, None, {}, "", None, []).type) < 100


def test_a_stack_cannot_name_much(converse):
    error = failed(converse, None, "m" * 1_000_000, "T", None, None, {}, "", None, [["f", "/etc/passwd", 1, 1, 1, 1]] * 20_000)
    assert len(error.stack) < 20_000
    assert len(error.message) < 1_000_000


def test_steps_are_no_more_than_the_limit(converse):
    def script(worker):
        worker.hear()
        worker.say(["done", 7, [], [10**20]])

    worker, _ = converse(script)
    assert worker.run.usage.steps == 0


def test_what_is_refused_has_places_in_the_source(converse):
    def script(worker):
        worker.hear()
        worker.say(["refused", [["E0203", "unknown name", [0, 1], "", [], None, None, [], "main.ml"]]])

    with pytest.raises(CheckFailed) as caught:
        converse(script)
    assert caught.value.code == "E0203"


# ── frames, by themselves ──


@pytest.mark.parametrize(
    "payload",
    [one[4:] for name, one in BYTES.items() if one[:4] != b"\xff\xff\xff\xff" and len(one) >= 4 and int.from_bytes(one[:4]) == len(one) - 4 and name != "an unknown kind"],
)
def test_decoding_raises_one_kind_of_error(payload):
    with suppress(BrokenFrame):
        assert decode(payload)[0] == "done"


def test_reading_frames_is_linear():
    """Each byte is copied a few times at most, however the bytes come."""
    frames = Frames()
    got = 0
    for _ in range(200):
        got += sum(1 for _ in frames.feed(framed(b'["printed",[]]') * 500))
    assert got == 100_000
    assert not frames.data


def test_an_outcome_holds_what_it_was_given():
    assert Outcome(1, {"a": 2}).exports == {"a": 2}
