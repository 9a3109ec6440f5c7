"""Workers have no authority of their own (F31), are believed nothing (F39), and have no workers (F40)."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

import pytest

import mlpy
from mlpy.errors import CapabilityDenied, MLError
from mlpy.source import Source
from mlpy.workers import cores, frames, pool
from mlpy.workers.frames import HEADER, MAX_FRAME, BrokenFrame, Decoder, Encoder, Frames, decode, encode

# ── F31: authority is the caller's, and counted once ──


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    for name in ("ALPHA", "BETA"):
        monkeypatch.setenv(name, name.lower())


def run(code: str, grants: object, **options):
    return mlpy.compile(f"import parallel; import env;\n{code}").run(grants=grants, **options)


def test_f31_a_worker_may_do_what_its_caller_may_and_no_more():
    code = 'parallel.map(fn(n) => { try { return env.get(n); } except (e) { return [e.type, e.capability]; } }, ["ALPHA", "BETA"], 2)'
    assert run(code, ["env.read:ALPHA"]).value == ["alpha", ["CapabilityError", "env.read:BETA"]]


def test_f31_an_uncaught_denial_is_the_program_s():
    with pytest.raises(CapabilityDenied) as caught:
        run('parallel.map(fn(n) => env.get(n), ["BETA"])', ["env.read:ALPHA"])
    assert caught.value.capability == "env.read:BETA"
    assert caught.value.hint == "grant it with `--allow env.read:BETA`"


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_f31_a_count_is_not_multiplied_by_the_workers(workers):
    code = (
        f'found = parallel.map(fn(i) => {{ n = 0; for (j in range(10)) {{ try {{ env.get("ALPHA"); n += 1; }} except (e) {{}} }} return n; }}, range(10), {workers});\nsum(found)'
    )
    result = run(code, ["env.read:ALPHA,count=37"])
    assert result.value == 37
    assert {one.decision: one.count for one in result.audit} == {"allowed": 37, "denied": 63}


def test_f31_uses_before_in_and_after_a_map_draw_on_one_grant():
    with pytest.raises(CapabilityDenied, match="count=3"):
        run('env.get("ALPHA"); parallel.map(fn(i) => env.get("ALPHA"), range(2), 2); env.get("ALPHA");', ["env.read:ALPHA,count=3"])


def test_f31_bytes_of_workers_are_charged_to_the_grant():
    code = "import parallel; import crypto;\nparallel.map(fn(i) => crypto.randomBytes(10).length, range(10), 2)"
    assert mlpy.compile(code).run(grants=["crypto.random,bytes=100"]).value == [10] * 10
    with pytest.raises(CapabilityDenied, match="bytes=99"):
        mlpy.compile(code).run(grants=["crypto.random,bytes=99"])


def test_f31_the_narrowing_that_a_map_is_called_in_is_in_force_in_its_workers():
    code = """
function look(n) { try { return env.get(n); } except (e) { return e.message; } }
found = [];
with capability("env.read:BETA") { found = parallel.map(look, ["ALPHA", "BETA"], 2); }
[found, parallel.map(look, ["ALPHA", "BETA"], 2)]
"""
    assert run(code, ["env.read"]).value == [["`env.read:ALPHA` is outside the enclosing `with capability` block", "beta"], ["alpha", "beta"]]


def test_f31_narrowing_in_a_worker_takes_away_and_never_gives():
    code = """
function look(n) { try { return env.get(n); } except (e) { return e.message; } }
function work(i) {
  inside = []; deeper = [];
  with capability("env.read:*") {
    inside = [look("ALPHA"), look("BETA")];
    with capability("env.read:BETA", "env.read:GAMMA") { deeper = [look("ALPHA"), look("BETA")]; }
  }
  return [inside, deeper, look("ALPHA")];
}
found = null;
with capability("env.read:ALPHA") { found = parallel.map(work, [0]); }
found
"""
    outside = "`env.read:{}` is outside the enclosing `with capability` block".format
    assert run(code, ["env.read"]).value == [[["alpha", outside("BETA")], [outside("ALPHA"), outside("BETA")], "alpha"]]


def test_f31_a_block_that_an_error_leaves_no_longer_narrows():
    code = 'function work(i) { try { with capability("env.read:BETA") { throw "x"; } } except (e) {}\n return env.get("ALPHA"); }\nparallel.map(work, [0])'
    assert run(code, ["env.read"]).value == ["alpha"]


def test_f31_counts_within_a_narrowing_last_as_long_as_its_block():
    code = """
function work(i) {
  n = 0;
  with capability("env.read:ALPHA,count=3") { for (j in range(4)) { try { env.get("ALPHA"); n += 1; } except (e) {} } }
  return n;
}
parallel.map(work, range(600), 2)
"""
    assert run(code, ["env.read"], limits=mlpy.Limits(time=60)).value == [3] * 600


def test_f31_what_a_capability_block_asks_for_bounds_workers_too():
    code = 'capability Only { resource "ALPHA"; allow env.read; }\nimport parallel; import env;\nparallel.map(fn(n) => { try { return env.get(n); } except (e) { return e.message; } }, ["ALPHA", "BETA"])'
    assert mlpy.compile(code).run(grants=["env.read"]).value == ["alpha", "`env.read:BETA` is not among what this file asks for"]


def test_f31_a_program_learns_of_its_authority_in_workers_too():
    code = 'parallel.map(fn(n) => [hasCapability("env.read:" + n), getCapabilities(), requiredCapabilities(env.get)], ["ALPHA", "BETA"])'
    assert run(code, ["env.read:ALPHA"]).value == [[True, ["env.read:ALPHA"], ["env.read:{name}"]], [False, ["env.read:ALPHA"], ["env.read:{name}"]]]


def test_f31_a_stored_function_keeps_the_authority_that_it_was_made_with(tmp_path):
    (tmp_path / "lib.ml").write_text('capability Own { resource "ALPHA"; allow env.read; }\nimport env;\nfunction read(n) { return env.get(n); }\n')
    main = tmp_path / "main.ml"
    main.write_text(
        'import parallel; import lib; import env;\nfunction safe(f, n) { try { return f(n); } except (e) { return e.type; } }\nparallel.map(fn(n) => [safe(lib.read, n), safe(env.get, n)], ["ALPHA", "BETA"])\n'
    )
    engine = mlpy.Engine(grants=["env.read"])
    assert engine.run(engine.compile(Source(main.read_text(), "main.ml", str(main)))).value == [["alpha", "alpha"], ["CapabilityError", "beta"]]


def test_f31_a_thousand_denials_in_workers_end_the_program():
    with pytest.raises(MLError) as caught:
        run('parallel.map(fn(i) => { while (true) { try { env.get("BETA"); } except (e) {} } }, range(2), 2)', [], limits=mlpy.Limits(time=30))
    assert caught.value.limit == "denials"


def test_f35_a_thrown_capability_error_is_none():
    with pytest.raises(MLError) as caught:
        run('parallel.map(fn(i) => { throw {type: "CapabilityError", message: "x", capability: "file.read:/"}; }, [0])', [])
    assert not isinstance(caught.value, CapabilityDenied)


def test_workers_see_no_secrets_of_the_host(monkeypatch, tmp_path):
    (tmp_path / "peek.py").write_text(
        'import os\nfrom mlpy.sdk import ml_function, ml_module\n\n@ml_module("peek")\nclass Peek: ...\n\n@ml_function\ndef names() -> list:\n    """Names. Example: `peek.names()` → `[]`."""\n    return sorted(os.environ)\n\n\n'
        '@ml_function\ndef handles() -> list:\n    """Descriptors. Example: `peek.handles()` → `[]`."""\n    found = []\n    for n in range(256):\n        try:\n            os.fstat(n)\n            found.append(n)\n        except OSError:\n            pass\n    return found\n'
    )
    monkeypatch.setenv("API_TOKEN", "s3cret")
    held = open(tmp_path / "peek.py")  # noqa: SIM115  to be inherited, were it possible
    os.set_inheritable(held.fileno(), True)
    engine = mlpy.Engine(extension_paths=[str(tmp_path)])
    names, handles = engine.run("import parallel; import peek;\nparallel.map(fn(x) => [peek.names(), peek.handles()], [0])").value[0]
    held.close()
    assert "API_TOKEN" not in names
    assert set(names) <= {*pool.INHERITED, "LC_CTYPE"}
    assert len(handles) <= 6  # the three of any process, the two pipes, and what looks for folders


# ── F39: frames ──

NO_HANDLES = Decoder(lambda number: pytest.fail(f"handle {number}"))


@pytest.fixture
def digits():
    """A host that lets Python read numbers of any length, in a time that grows with the square of it."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    yield
    sys.set_int_max_str_digits(before)


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nonsense",
        b"[",
        b"{}",
        b"[]",
        b"[1]",
        b'"results"',
        b"null",
        b'["x", NaN]',
        b'["x", Infinity]',
        b'["x", {"a": 1, "a": 2}]',
        b'["x", "\xff"]',
        b'["x"] trailing',
        b'["x", ' + b"[" * 500 + b"]" * 500 + b"]",
        b'["x", ' + b"[" * 2_000_000,
        b'["x", ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"]",
        b'["x"' + b",[]" * 300_000 + b"]",
        b'["x"' + b",1" * 1_100_000 + b"]",
        b'["x", "' + b"a" * MAX_FRAME + b'"]',
        b'["x", ' + b"9" * 10_000_000 + b"]",
        b"\x80\x04\x95.",
    ],
)
def test_f39_a_frame_is_looked_at_before_it_is_decoded(payload):
    started = time.perf_counter()
    with pytest.raises(BrokenFrame):
        decode(payload)
    assert time.perf_counter() - started < 3  # a slow machine


@pytest.mark.parametrize(
    "value",
    [
        {"$": 1},
        {"$": []},
        {"$": ["int"]},
        {"$": ["int", 5]},
        {"$": ["int", "xyz"]},
        {"$": ["int", "f" * 100_000]},
        {"$": ["float", "0.5"]},
        {"$": ["float", "nan"], "a": 1},
        {"$": ["object", [["a", 1], ["a", 2]]]},
        {"$": ["object", [["a"]]]},
        {"$": ["object", [[1, 2]]]},
        {"$": ["object", {}]},
        {"$": ["function", 1]},
        {"$": ["handle", True]},
        {"$": ["handle", "1"]},
        {"a": [{"$": ["nothing"]}]},
        "\ud800",
        {"\ud800": 1},
        ["\udfff"],
    ],
)
def test_f39_a_value_that_is_none_is_refused(value):
    with pytest.raises(BrokenFrame):
        NO_HANDLES.value(value)


def test_f39_brackets_in_texts_are_no_nesting():
    text = '["\\' * 100_000
    assert decode(encode(["x", text], "it")[HEADER:]) == ["x", text]


def test_f39_frames_in_pieces_and_a_length_that_lies():
    data = encode(["a", 1], "it") + encode(["b"], "it")
    reader = Frames()
    found = [frame for at in range(len(data)) for frame in reader.feed(data[at : at + 1])]
    assert found == [["a", 1], ["b"]]
    with pytest.raises(BrokenFrame):
        list(Frames().feed((MAX_FRAME + 1).to_bytes(HEADER)))
    assert list(Frames().feed((MAX_FRAME).to_bytes(HEADER) + b"x")) == []


def test_f39_what_is_encoded_is_what_is_decoded():
    values = [None, True, 0, -1, 2**53, -(2**2000), 0.1, float("inf"), "é\x00", [], {}, {"$": {"$": [2**60]}}, [{"a": [float("-inf")]}]]
    encoder = Encoder(lambda _: None)
    frame = decode(encode(["x", *[encoder.value(one, "it") for one in values]], "it")[HEADER:])
    assert [NO_HANDLES.value(one) for one in frame[1:]] == values


# ── F39: a worker that is somebody else's ──

PROLOGUE = """
import json, os, sys, time
def take(size):
    data = b""
    while len(data) < size: data += os.read(0, size - len(data)) or os._exit(0)
    return data
def receive(): return take(int.from_bytes(take(4), "big"))
def raw(data): os.write(1, len(data).to_bytes(4, "big") + data)
def send(*frame): raw(json.dumps(frame).encode())
send("ready", "x"); receive(); receive()
"""

HOSTILE = {
    "noise": "os.write(1, os.urandom(100000)); time.sleep(60)",
    "a huge length": "os.write(1, b'\\xff' * 4); time.sleep(60)",
    "deep": "raw(b'[\"results\", 0, [' + b'[' * 100000 + b']' * 100000 + b']]'); time.sleep(60)",
    "many": "raw(b'[\"results\", 0, [' + b'[],' * 400000 + b'1]]'); time.sleep(60)",
    "marshalled": "import marshal; raw(marshal.dumps(('results', 0, [1]))); time.sleep(60)",
    "pickled": "import pickle; raw(pickle.dumps(['results', 0, [1]])); time.sleep(60)",
    "no such kind": "send('hello'); time.sleep(60)",
    "another's item": "send('results', 1, [1]); time.sleep(60)",
    "a negative item": "send('results', -1, [1]); time.sleep(60)",
    "too many results": "send('results', 0, [1, 2, 3, 4, 5]); time.sleep(60)",
    "no results": "send('results', 0, []); time.sleep(60)",
    "done too early": "send('done', 0.0, 0); time.sleep(60)",
    "ready twice": "send('ready', 'x'); time.sleep(60)",
    "a handle that it never had": "send('results', 0, [{'$': ['handle', 99]}]); time.sleep(60)",
    "a function for a handle": "send('results', 0, [{'$': ['handle', 0]}]); time.sleep(60)",
    "a function that it never had": "send('request', [], [], 'call', 99, [], {}); time.sleep(60)",
    "a module that it never had": "send('request', [], [], 'module', 7, 'get', ['HOME'], {}); time.sleep(60)",
    "a member that is none": "send('request', [], [], 'module', 0, '__class__', [], {}); time.sleep(60)",
    "a constant for a function": "send('request', [], [], 'module', 1, 'pi', [], {}); time.sleep(60)",
    "no such request": "send('request', [], [], 'eval', '1'); time.sleep(60)",
    "a broken narrowing": "send('request', [], [[1, ['no such kind:*']]], 'module', 0, 'get', ['ALPHA'], {}); time.sleep(60)",
    "a narrowing of numbers": "send('request', [], [[1, [5]]], 'module', 0, 'get', ['ALPHA'], {}); time.sleep(60)",
    "two requests at once": "send('request', [], [], 'module', 2, 'run', ['sleep', '0.2'], {}); send('request', [], [], 'module', 2, 'run', ['sleep', '0.2'], {}); time.sleep(60)",
    "an error of another's item": "send('failed', 3, 'm', 'Error', None, None, {}, []); time.sleep(60)",
    "a place that is none": "send('failed', 0, 'm', 'Error', None, None, {}, [[0, 10**9]]); time.sleep(60)",
    "a negative place": "send('failed', 0, 'm', 'Error', None, None, {}, [[-1, 0]]); time.sleep(60)",
    "a limit of another kind": "send('stopped', 0, 'time', 'm'); time.sleep(60)",
    "steps where none are counted": "send('steps'); time.sleep(60)",
    "output of nobody": "send('printed', 5, [['out', 'x']]); time.sleep(60)",
    "output to nowhere": "send('printed', 0, [['log', 'x']]); time.sleep(60)",
    "output that is no text": 'raw(b\'["printed", 0, [["out", "\\\\ud800"]]]\'); time.sleep(60)',
    "an end": "os._exit(1)",
    "an end with a result that is cut": "os.write(1, (100).to_bytes(4, 'big') + b'[\"resu'); os._exit(0)",
}

PROGRAM = """import parallel; import env; import math; import process;
function f(x) { return [env.get("ALPHA"), math.pi, process.run("sleep", "0")]; }
found = null;
try { parallel.map(f, range(4), 1); } except (e) { found = [e.type, e.message]; }
found
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_f39_a_worker_that_is_not_ours_ends_the_map_and_nothing_else(name, monkeypatch):
    monkeypatch.setattr(pool, "BOOT", PROLOGUE + HOSTILE[name])
    printed: list[str] = []
    started = time.perf_counter()
    result = mlpy.compile(PROGRAM).run(grants=["env.read:ALPHA", "process.run:sleep"], limits=mlpy.Limits(time=30), output=printed.append)
    assert result.value in (["Error", "a worker broke the protocol"], ["Error", "a worker ended before its work was done"])
    assert (result.value[1] == "a worker ended before its work was done") == name.startswith("an end")
    assert printed == []
    assert time.perf_counter() - started < 20  # a slow machine


def test_f39_a_worker_that_is_not_ours_gets_no_more_than_the_caller_has(monkeypatch):
    asked = [("BETA", []), ("ALPHA", [[1, ["env.read:*"]]]), ("ALPHA", []), ("BETA", [[1, ["env.read:BETA"]]])]
    body = f"""
import marshal
found = []
for name, narrowed in {asked!r}:
    send("request", [], narrowed, "module", 0, "get", [name], {{}})
    kind, *rest = marshal.loads(receive())
    found.append([kind, rest[0] if kind == "error" else marshal.loads(rest[0])[1]])
send("results", 0, [found]); send("done", 0.0, 0); time.sleep(60)
"""
    monkeypatch.setattr(pool, "BOOT", PROLOGUE + body)
    code = 'import parallel; import env;\nfound = null;\nwith capability("env.read:ALPHA") { found = parallel.map(fn(x) => env.get("ALPHA"), [0]); }\nfound[0]'
    outside = ["error", "`env.read:BETA` is outside the enclosing `with capability` block"]
    assert mlpy.compile(code).run(grants=["env.read"]).value == [outside, ["answer", "alpha"], ["answer", "alpha"], outside]


@pytest.mark.parametrize("kind", ["LimitExceeded", "Cancelled", "CheckFailed", "CapabilityError", "InternalError", ""])
def test_f39_a_worker_that_is_not_ours_names_no_error_of_the_runtime_s(kind, monkeypatch):
    monkeypatch.setattr(pool, "BOOT", PROLOGUE + f"send('failed', 0, 'm', {kind!r}, None, None, {{'capability': 'file.read:/', 'line': 7}}, []); time.sleep(60)")
    with pytest.raises(MLError) as caught:
        mlpy.run("import parallel;\nparallel.map(fn(x) => x, [0])")
    assert (type(caught.value), caught.value.type, caught.value.limit, caught.value.message) == (MLError, "Error", None, "m")
    assert caught.value.stack[-1].line == 2


def test_f39_steps_and_output_of_a_worker_that_is_not_ours_are_counted_here(monkeypatch):
    monkeypatch.setattr(pool, "BOOT", PROLOGUE + "while True: send('printed', 0, [['out', 'x' * 1000]])")
    with pytest.raises(MLError) as caught:
        mlpy.compile("import parallel;\nparallel.map(fn(x) => x, [0])").run(limits=mlpy.Limits(output=10_000, time=30))
    assert caught.value.limit == "output"
    monkeypatch.setattr(
        pool,
        "BOOT",
        PROLOGUE
        + "got = 0\nwhile True:\n send('steps')\n import marshal\n if marshal.loads(receive())[1] == 0: break\nsend('results', 0, [1]); send('done', 0.0, 0); time.sleep(60)",
    )
    with pytest.raises(MLError) as caught:
        mlpy.compile("import parallel;\nparallel.map(fn(x) => x, [0]);\nwhile (true) {}").run(limits=mlpy.Limits(steps=100_000, time=30))
    assert caught.value.limit == "steps"


def test_f39_a_worker_that_reads_nothing_does_not_hold_the_program(monkeypatch):
    monkeypatch.setattr(pool, "BOOT", "import time; time.sleep(60)")
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        mlpy.compile("import parallel;\nparallel.map(fn(x) => x.length, [s])", inputs=["s"]).run(inputs={"s": "x" * 10_000_000}, limits=mlpy.Limits(time=0.5))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 5  # a slow machine


def test_f39_what_comes_from_a_worker_is_never_unmarshalled():
    code = (pool.__file__, frames.__file__)
    for path in code:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert "loads(" not in text.replace("json.loads(", "")
        assert "pickle" not in text


# ── F40 ──


def worker_parents() -> dict[int, int]:
    """The worker processes of the machine, each with its parent."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and b"mlpy.workers.child" in (folder / "cmdline").read_bytes():
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_f40_a_worker_starts_no_workers():
    seen = []

    def look() -> None:
        parents = worker_parents()
        ours = {pid for pid, parent in parents.items() if parent == os.getpid()}
        seen.append((len(ours) > 0, [pid for pid, parent in parents.items() if parent in ours]))

    code = "import parallel;\nparallel.map(fn(x) => parallel.map(fn(y) => { look(); return x * y; }, range(4), 4), [1, 2], 2)"
    assert mlpy.compile(code, functions={"look": look}).run().value == [[0, 1, 2, 3], [0, 2, 4, 6]]
    assert seen == [(True, [])] * 8


def test_f40_no_more_workers_than_sixteen_are_to_be_had():
    with pytest.raises(MLError, match="from 1 to 16"):
        mlpy.run("import parallel;\nparallel.map(fn(x) => x, range(100), 100)")
    assert min(cores(), pool.MOST) >= 1


def test_the_fake_workers_of_this_file_speak_the_protocol(monkeypatch):
    monkeypatch.setattr(pool, "BOOT", PROLOGUE + "send('results', 0, [41]); send('done', 0.0, 0); time.sleep(60)")
    assert mlpy.run("import parallel;\nparallel.map(fn(x) => x, [0])") == [41]


def test_f39_damaged_frames_are_refused_or_are_values():
    draw = random.Random(39)
    whole = encode(["results", 0, [{"a": [1, -2.5, None, True, "é\n"], "$x": {"$": ["object", [["$", {"$": ["int", "-ff"]}]]]}}, [[{"b": {}}]], {"$": ["float", "inf"]}]], "it")[
        HEADER:
    ]
    pieces = [b"[", b"]", b"{", b"}", b'"', b",", b":", b"$", b"\\", b"9" * 30, b"\\ud800", b"\xff", b"1e400", b"NaN", b'"$":', b"["]
    outcomes = set()
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(damaged) + 1)
            damaged[at : at + draw.randint(0, 3)] = draw.choice(pieces) if draw.random() < 0.7 else draw.randbytes(draw.randint(0, 2))
        try:
            frame = decode(bytes(damaged))
            crossed = [Decoder(handle_zero).value(one) for one in frame[1:]]
        except BrokenFrame:
            outcomes.add("refused")
        else:
            outcomes.add("value")
            json.dumps(crossed, ensure_ascii=False).encode()  # plain data, in valid Unicode
    assert outcomes == {"refused", "value"}


def handle_zero(number: int) -> object:
    if number:
        raise BrokenFrame("no such handle")
    return "the handle"
