"""Hostile programs and their harmless look-alikes, each in process and in a worker, with a look at the host after each.

The programs stand in `adversarial/<class>/*.ml`, several to a file:

    //# its name
    //: what must come of it: `value JSON`, `prints JSON`, `error Type the message`, `limit kind kind …`, `check E0000`
    //: in process …, in worker …, in 3.13 …         where these differ
    //: grants JSON, inputs JSON, limits JSON, functions a b c, arguments JSON
    the program

`{here}` stands for a folder that it may be granted `{u+202e}` for that character, `«3 a{n}»` for `a0a1a2`; a secret lies beside it, in the environment, and in the memory of the host. It must
not appear in any value, output, error or hint.
"""

from __future__ import annotations

import builtins
import gc
import json
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
import types
from _thread import _count as count_threads
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import mlpy
from mlpy import render
from mlpy.errors import CheckFailed, MLError
from mlpy.lower.names import is_identifier
from mlpy.runtime import builtins as ml_builtins
from mlpy.runtime import members, operators, values
from mlpy.runtime.parts import PARTS, helpers
from mlpy.runtime.run import IDLE_MAX
from mlpy.sandbox import lockdown

FOLDER = Path(__file__).parent / "adversarial"
CLASSES = ("benign", "capability", "escape", "imports", "limits", "parser", "poisoning", "unicode")
LIMITS = mlpy.Limits(time=20, output=100_000)
SECRET = "canary-5b1f07c2d94e"
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
SPARE = 16  # descriptors of workers that are made meanwhile
PYTHON = re.compile(r"0x[0-9a-f]{8,}|__\w+?__|NoneType|'(?:list|dict|str|int|float|tuple|function|method|builtin\w*)' object|<class|Traceback|\.py\b|\$\w|<lambda>|\bunset\b|MLError|positional argument")
OWN = frozenset((*sys.stdlib_module_names, "mlpy", "re2", "_re2", "urllib3", "google", "lark", "tzdata"))  # what lazy imports may bring


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Hostile:
    """A program and what must come of it."""

    name: str
    text: str
    options: dict[str, str]
    expected: dict[str, str] = field(default_factory=dict)

    def wanted(self, where: str) -> str:
        return self.expected.get(VERSION) or self.expected.get(where) or self.expected["anywhere"]


def read_programs(path: Path) -> list[Hostile]:
    found = []
    for part in re.split(r"^//# ", path.read_bytes().decode("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        made = Hostile(f"{path.parent.name}/{path.stem}: {title.strip()}", "", {})
        while rest.startswith("//: "):
            line, _, rest = rest[4:].partition("\n")
            word, _, more = line.partition(" ")
            if word == "in":
                where, _, more = more.partition(" ")
                made.expected[where] = more
            elif word in ("value", "prints", "error", "limit", "check"):
                made.expected["anywhere"] = line
            else:
                made.options[word] = more
        made.text = rest.removesuffix("\n")
        found.append(made)
    return found


PROGRAMS = [one for path in sorted(FOLDER.glob("*/*.ml")) for one in read_programs(path)]
TRIED = PROGRAMS[:: 8 if "MLPY_FUZZ" in os.environ else 1]  # the wheel and other Pythons see a part of them, as of the fuzzer's programs


def test_there_are_programs_of_each_class():
    assert len(PROGRAMS) >= 250
    assert len({one.name for one in PROGRAMS}) == len(PROGRAMS)
    counts = {name: sum(one.name.startswith(name + "/") for one in PROGRAMS) for name in CLASSES}
    assert min(counts.values()) >= 8, counts
    for one in PROGRAMS:
        assert one.expected.keys() <= {"anywhere", "process", "worker", "3.13"}, one.name
        assert one.expected, one.name
        assert one.options.keys() <= {"arguments", "functions", "grants", "inputs", "limits"}, one.name


# ── the host ─────────────────────────────────────────────────────────────────────────────────────────────────────


def make_functions() -> dict[str, object]:
    """What a host may offer. Each knows the secret, and none tells it."""
    token = SECRET

    class Vault:
        secret = token

        def __str__(self):
            return token

        __repr__ = __str__

    def fail():
        raise ValueError(f"cannot open the vault with {token} at /srv/vault/{token}.key")

    def fail_with_key():
        raise KeyError(token)

    def fail_in_chain():
        try:
            raise OSError(2, token, f"/srv/{token}")
        except OSError as error:
            raise RuntimeError(token) from error

    def raise_error():
        raise MLError("no", "Refused", fields={"vault": Vault(), "environment": os.environ, "pair": (1, 2)})

    def give_vault():
        return Vault()

    def give_class():
        return Vault

    def give_module():
        return os

    def give_nested():
        return {"safe": [1, {"deep": Vault()}]}

    def give_function():
        return lambda: token

    def give_text():
        class Text(str):  # noqa: SLOT000  it has an attribute to be found
            secret = token

            def upper(self):
                return token

        return Text("plain")

    def call_back(f, value=1):
        return f(value)

    def call_twice(f):
        return [f(1), f(2)]

    def keep_quiet(f):
        try:
            return f()
        except MLError:
            return "the host went on"

    def measure(value):
        return len(value)

    def echo(value):
        return value

    def compare(guess, attempts=3):
        return "right" if guess == token else "wrong"

    return {name: made for name, made in locals().items() if isinstance(made, types.FunctionType)}


@dataclass
class Host:
    """The process that runs the programs, with what nobody may see or change."""

    folder: Path
    functions: dict[str, object]
    before: dict[str, object] = field(default_factory=dict)
    modules: dict[str, types.ModuleType] = field(default_factory=dict)
    spare: int = 0  # how many descriptors workers that wait may take

    @property
    def here(self) -> str:
        return str(self.folder / "open")

    def fill(self, text: str) -> str:
        text = re.sub(r"\{u\+([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text.replace("{here}", self.here))
        return re.sub(r"«(\d+) ([^»]*)»", repeated, text)

    def state(self) -> dict[str, object]:
        """What a program must leave as it was."""
        own = sys.modules["canary_host"]
        return {
            "globals of a module of the host": {name: id(value) for name, value in vars(own).items()},
            "data of the host": repr(own.data),
            "builtins": {name: id(value) for name, value in vars(builtins).items()},
            "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
            "descriptors": sorted(os.listdir("/dev/fd")),
            "threads of Python": sorted(one.name for one in threading.enumerate() if not isinstance(one, threading._DummyThread)),
            "random state": hash(random.getstate()),
            "working folder": os.getcwd(),
            "signal handlers": [signal.getsignal(one) for one in sorted(signal.valid_signals())],
            "umask": umask(),
            "interpreter": (sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile(), tuple(sys.path), sys.excepthook, sys.displayhook, id(sys.stdout), id(sys.stderr)),
            "time zone": (time.tzname, time.timezone),
            "temporary files": sorted(os.listdir(tempfile.gettempdir())),
            "files": sorted((str(path), path.is_file() and path.read_bytes()) for path in self.folder.rglob("*") if path.parent.name != "tmp"),
            "tables of the language": tables(),
            "functions of mlpy": {f"{module.__name__}.{name}": id(value) for module in own_modules() for name, value in vars(module).items() if callable(value)},
        }

    def check(self) -> None:
        """Compares the host with what it was, and lets a program see that the language is what it was."""
        self.check_modules()
        before, now = self.before, self.state()
        if now["descriptors"] != before["descriptors"]:
            gc.collect()  # what a result held open
            now = self.state()
        self.before = now
        for name, was in before.items():
            if name == "functions of mlpy":  # a module that came in later adds its own
                assert now[name].items() >= was.items(), name
            elif name == "descriptors" and self.spare:
                assert len(now[name]) <= self.spare, name
            else:
                assert now[name] == was, name
        assert count_threads() <= len(threading.enumerate()) + IDLE_MAX + 2, "threads"
        assert not signal.setitimer(signal.ITIMER_REAL, 0)[0]
        assert mlpy.run(PROBE) == PROBED

    def check_modules(self) -> None:
        before, self.modules = self.modules, dict(sys.modules)
        for name, module in before.items():
            assert sys.modules.get(name) is module, name
        for name in sys.modules.keys() - before.keys():
            assert name.partition(".")[0] in OWN or name.startswith("_sysconfigdata"), name


def repeated(found: re.Match[str]) -> str:
    """`«3 x{n}»` as `x0x1x2`; `{next}` is one more than `{n}`."""
    return "".join([found[2].replace("{n}", str(n)).replace("{next}", str(n + 1)) for n in range(int(found[1]))])


PROBE = """
import math; import json; import string; import collections; import functional;
o = {get: 1, keys: 2};
[len([1]), str(null), typeof(print), [2, 1].map(str), "ab".upper(), o.get + o.keys, math.sqrt(4), json.stringify([1]), string.reverse("ab"), collections.first([7]),
 functional.identity(5), keys(o), range(2), sorted([2, 1]), 7 ~/ 2, int("7"), hasCapability("file.read:/x"), getCapabilities()]
"""
PROBED = [1, "null", "function", ["2", "1"], "AB", 3, 2.0, "[1]", "ba", 7, 5, ["get", "keys"], [0, 1], [1, 2], 3, 7, False, []]


def umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def own_modules() -> list[types.ModuleType]:
    return [module for name, module in sys.modules.items() if name.partition(".")[0] == "mlpy" and isinstance(module, types.ModuleType)]


def tables() -> dict[str, dict[object, int]]:
    """The tables that decide what a program reaches."""
    found = {
        "builtins": ml_builtins.BUILTINS, "arrays": members.ARRAY_METHODS, "strings": members.STRING_METHODS, "operators": operators.HELPERS,
        "names of types": values.TYPE_NAMES, "helpers": helpers(PARTS), "members of iterators": values.NO_MEMBERS,
    }  # fmt: skip
    return {name: {key: id(value) for key, value in table.items() if key not in ("__builtins__", "$fuel", "$alive")} for name, table in found.items()}


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The host, warmed up: everything that is imported late has been."""
    folder = Path(os.path.realpath(tmp_path_factory.mktemp("host")))
    for name in ("open", "closed", "tmp", "open/sub"):
        (folder / name).mkdir()
    (folder / "open" / "a.txt").write_text("alpha\n")
    (folder / "open" / "sub" / "b.txt").write_text("beta\n")
    (folder / "open" / "rows.csv").write_text("n,v\n1,2\n")
    (folder / "closed" / "secret.txt").write_text(SECRET)
    (folder / "open-other.txt").write_text(SECRET)
    (folder / "open" / "link.txt").symlink_to(folder / "closed" / "secret.txt")
    (folder / "open" / "linked").symlink_to(folder / "closed")
    (folder / "open" / "loop").symlink_to(folder / "open" / "loop")
    os.mkfifo(folder / "open" / "pipe")
    module = types.ModuleType("canary_host")
    module.data = {"token": SECRET, "list": [1, 2, 3]}
    kept, kept_folder = dict(os.environ), tempfile.tempdir
    sys.modules["canary_host"] = module
    os.environ["MLPY_CANARY"] = SECRET
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    made = Host(folder, make_functions())
    warm_up()
    made.modules = dict(sys.modules)
    made.before = made.state()
    yield made
    sys.modules.pop("canary_host")
    tempfile.tempdir = kept_folder
    os.environ.clear()
    os.environ.update(kept)


def warm_up() -> None:
    """Imports every module of the library, and compiles, fails and prints once."""
    names = mlpy.Engine().registry.names()
    imports = "".join(f"import {name};" for name in names if is_identifier(name))
    late = 'import regex; import crypto; [regex.test("a", "a"), crypto.hmac("a", "b")]'  # what their engines leave in the interpreter
    for text in (imports + PROBE, PROBE, late, "x = ;", "[1][9]", "help(help);", "while (true) {}", "print(1);"):
        try:
            mlpy.Engine(limits=mlpy.Limits(time=3 if "import" in text else 0.5)).run(text)
        except MLError as error:
            render.error_text(error)


# ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Outcome:
    """What a run left, with every text that somebody may read."""

    kind: str
    value: object = None
    output: str = ""
    texts: list[str] = field(default_factory=list)
    error: MLError | None = None


def outcome(run: object) -> Outcome:
    """Runs, and collects what it left."""
    printed: list[str] = []
    try:
        result = run(printed)
        texts = ["".join(printed), *shown(result.value), *shown(result.exports)]
        made = Outcome("value", result.value, "".join(printed), texts)
        made.texts += [str(one) for one in result.audit]
    except CheckFailed as error:
        made = Outcome("check", error=error, output="".join(printed))
        made.texts = [text for one in error.diagnostics for text in (one.title, one.label, one.note, one.hint) if text] + ["".join(printed)]
    except MLError as error:
        made = Outcome("limit" if error.limit not in (None, "recursion") else "error", error=error, output="".join(printed))
        made.texts = [str(text) for text in (error.message, error.type, error.hint, error.note) if text]
        made.texts += [*shown(error.fields or {}), "".join(printed), *(f"{one.function} {one.file}" for one in error.stack)]
    return made


def shown(value: object) -> list[str]:
    """Every text in a value; fails on a type that may not leave (V1)."""
    found, pending, seen = [], [value], set()
    while pending:
        one = pending.pop()
        if type(one) in (list, dict):
            if id(one) not in seen:
                seen.add(id(one))
                found += list(one) if type(one) is dict else []
                pending += one.values() if type(one) is dict else one
        elif type(one) is str:
            found.append(one)
        else:
            assert one is None or type(one) in (bool, int, float) or callable(one) or isinstance(one, values.Handle), f"a {type(one)} left the engine"
            if isinstance(one, values.Handle):
                found.append(repr(one))
    return found


def check_outcome(one: Hostile, found: Outcome, wanted: str, host: Host) -> None:
    word, _, more = wanted.partition(" ")
    said = f"{one.name}\nwanted {wanted}\nfound {found.kind} {found.value!r} {found.output!r} {found.error.type + ': ' + found.error.message if found.error else ''}"
    if word in ("value", "prints"):
        assert found.error is None, said
        assert (found.value if word == "value" else found.output) == json.loads(host.fill(more)), said
        if word == "value":
            assert same_types(found.value, json.loads(host.fill(more))), said
    elif word == "error":
        kind, _, part = more.partition(" ")
        assert found.kind == "error", said
        assert found.error.type == kind, said
        assert part in found.error.message, said
    elif word == "limit":
        assert found.kind == "limit", said
        assert found.error.limit in more.split(), said
    else:
        assert word == "check", said
        assert found.kind == "check", said
        assert found.error.code in more.split(), said


def same_types(a: object, b: object) -> bool:
    if type(a) is not type(b):
        return False
    if type(a) is list:
        return all(map(same_types, a, b))
    return all(same_types(a[key], b[key]) for key in a) if type(a) is dict else True


def check_texts(one: Hostile, found: Outcome, host: Host) -> None:
    """No secret, no path of the host and nothing of Python in what somebody may read."""
    own = host.fill(one.text) + one.options.get("inputs", "")
    texts = [*found.texts, render.error_text(found.error) if found.error is not None else ""]
    for text in texts:
        assert SECRET not in text, text
        assert "/srv/" not in text, text
    for text in found.texts:
        for match in PYTHON.finditer(text):
            assert match.group() in own or ("__" in own and match.group().startswith("__")), text


# ── in process ───────────────────────────────────────────────────────────────────────────────────────────────────


def options(one: Hostile, host: Host) -> dict[str, object]:
    made: dict[str, object] = {name: json.loads(host.fill(one.options[name])) for name in ("arguments", "grants", "inputs") if name in one.options}
    made["limits"] = mlpy.Limits(**{"time": LIMITS.time, "output": LIMITS.output, **json.loads(one.options.get("limits", "{}"))})
    if "functions" in one.options:
        made["functions"] = {name: host.functions[name] for name in one.options["functions"].split()}
    return made


@pytest.mark.parametrize("one", TRIED, ids=lambda one: one.name)
def test_in_process(one, host):
    engine = mlpy.Engine()
    found = outcome(lambda printed: engine.run(host.fill(one.text), output=printed, **options(one, host)))
    check_outcome(one, found, one.wanted("process"), host)
    check_texts(one, found, host)
    host.check()


# ── in a worker ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def sandbox(host):
    """Workers at the highest level that the machine has."""
    with mlpy.Sandbox(2, limits=LIMITS, level=lockdown.status().level) as made:
        for _ in range(4):
            made.run("import math; math.sqrt(4)")
        host.modules, host.before = dict(sys.modules), host.state()
        host.spare = len(host.before["descriptors"]) + SPARE
        yield made


@pytest.mark.parametrize("one", TRIED, ids=lambda one: one.name)
def test_in_a_worker(one, host, sandbox):
    found = outcome(lambda printed: sandbox.run(host.fill(one.text), output=printed, **options(one, host)))
    check_outcome(one, found, one.wanted("worker"), host)
    check_texts(one, found, host)
    host.check()
