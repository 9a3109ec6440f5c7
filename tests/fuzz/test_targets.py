"""Each target under inputs that are changed at random, the same ones each time; and under atheris, which sees how far inputs reach, where it has wheels.

`MLPY_FUZZ=N` and `MLPY_FUZZ_SEED=text` say how many and which ones; `make fuzz` has atheris go on for long.
"""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNT = int(os.environ.get("MLPY_FUZZ", "20000"))
SEED = os.environ.get("MLPY_FUZZ_SEED", "1")
RUNS = {"marshaller": COUNT // 4, "parser": COUNT // 20, "protocol": COUNT // 10}  # about five seconds each
DICTIONARY = [
    b'{"$":', b'["int","', b'["float","nan"]', b'["handle",0]', b'["function",0,"f"]', b'["shown","x","y"]', b'["object",[["$",1]]]', b'"done"', b'"printed"', b'"request"', b'"failed"', b'"refused"', b'"call"',
    b'"load"', b'"find"', b'"info"', b'"names"', b'"narrowing"', b'"declaration"', b"[]", b"{}", b"null", b"true", b"[0]", b"1e999", b"-1", b"99999999999999999999", b"\xed\xa0\x80", b"\xff", b"\0", b"\n", b"\\ud800",
    b"fn(", b"=>", b"match (", b"${", b"`", b"/*", b"...", b"?.", b"|>", b"~/", b"__x", b"$x", b"\xe2\x80\xae", b"\xef\xbb\xbf",
]  # fmt: skip

spec = importlib.util.spec_from_file_location("fuzz_targets", HERE / "targets.py")
assert spec is not None
assert spec.loader is not None
targets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(targets)


def corpus(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((HERE / "corpus" / name).iterdir())]


def changed(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """An input with one to six changes."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(made))
        match chance.randrange(7):
            case 0:
                del made[at : at + chance.randint(1, 16)]
            case 1:
                made[at:at] = chance.randbytes(chance.randint(1, 8))
            case 2:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                made[at:at] = chance.choice(DICTIONARY)
            case 4:
                made[at:at] = made[at : at + chance.randint(1, 64)] * chance.randint(1, 4)
            case 5:
                other = chance.choice(others)
                start = chance.randint(0, len(other))
                made[at:at] = other[start : start + chance.randint(1, 64)]
            case 6 if made:
                made[at % len(made)] ^= 1 << chance.randrange(8)
    return bytes(made[:8192])


@pytest.mark.parametrize("name", targets.TARGETS)
def test_the_corpus_breaks_nothing(name):
    for data in (b"", *corpus(name)):
        targets.TARGETS[name](data)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_changed_inputs_break_nothing(name):
    inputs = corpus(name)
    for index in range(RUNS[name]):
        chance = random.Random(f"{SEED}-{index}")
        data = changed(chance.choice(inputs), inputs, chance)
        try:
            targets.TARGETS[name](data)
        except Exception as error:
            raise AssertionError(f"{name}, seed {SEED}-{index}: {error!r} for {data!r}") from error


@pytest.mark.parametrize("name", targets.TARGETS)
def test_atheris_finds_nothing(name, tmp_path):
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: `mlpy[dev]` brings it where it has wheels, on Linux x86_64 with CPython 3.11 to 3.13")
    line = [sys.executable, str(HERE / "run.py"), name, f"-runs={max(RUNS[name] // 2, 100)}", "-seed=1", "-timeout=30"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, errors="replace", timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "DONE   cov: " in done.stderr, done.stderr[-4000:]
