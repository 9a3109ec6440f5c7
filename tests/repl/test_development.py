"""Development at the prompt: reloading by hand and on save, what modules cost, who holds memory, where time goes."""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import threading
import time
import tracemalloc

import pytest
from mlpy.repl import watcher
from mlpy.repl.shell import Shell
from mlpy.repl.watcher import Looks, Watcher, resolved

from mlpy import Engine
from mlpy.capabilities import Grants
from mlpy.runtime.limits import resident

PATIENCE = float(os.environ.get("MLPY_PATIENCE", "60"))
MODULE = '''
from mlpy.sdk import handle, ml_class, ml_function, ml_module
{head}

@ml_class("Box", fields=("n",))
class Box:
    n: int

    def __init__(self, n):
        self.n = n

    @ml_function
    def more(self, by: int = 1) -> int:
        return self.n + by

@ml_module("{name}")
class Module:
    """A module of a test."""

@ml_function
def version() -> int:
    return {version}

@ml_function
def box(n: int) -> Box:
    return handle(Box(n))

@ml_function(capability="made.use:{{key}}")
def use(key: str, *more: int) -> int:
    return {version}
{more}
'''


def module(version=1, name="pay", head="", more=""):
    return MODULE.format(version=version, name=name, head=head, more=more)


class Desk:
    """A shell in a folder of its own, and what it has shown meanwhile."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.shell = Shell(Engine(extension_paths=[str(folder)], project_root=str(folder)), grants=Grants.everything())
        self.shell.records = True
        self.shell.sink = self.said.append

    def write(self, name, text) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def __call__(self, text):
        """The value of a piece of program, or what a command shows."""
        made = self.shell.enter(text)
        assert made.error is None, made.shown
        return made.shown if text.startswith(".") else made.value

    def fails(self, text) -> str:
        made = self.shell.enter(text)
        assert made.error is not None, made.shown
        return made.shown

    def wait(self, done) -> None:
        """Looks until something holds."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, self.said
            time.sleep(0.005)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = Desk(folder)
    yield made
    made.shell.end()
    if made.shell.development is not None:
        made.shell.development.close()


# ── new versions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_versions_are_taken_in_by_hand(desk):
    desk.write("pay.py", module(1))
    desk.write("shop.ml", "function price() { return 1; }")
    desk("import pay as money; import shop; import math; old = money.version;")
    desk.write("pay.py", module(2))
    desk.write("shop.ml", "function price() { return 2; }")
    assert desk("[money.version(), shop.price()]") == [1, 1]
    assert re.fullmatch(r"`pay` reloaded in [\d.e+]+ .?s", desk(".reload money"))
    assert desk("[money.version(), shop.price(), old()]") == [2, 1, 1]
    assert [line.partition(" in ")[0] for line in desk(".reloadall").split("\n")] == ["`pay` reloaded", "`shop` reloaded"]
    assert desk("[money.version(), shop.price()]") == [2, 2]
    desk.write("shop.ml", "function price() { return ; ")
    desk.write("pay.py", module("nope("))
    assert "line 24" in desk.fails(".reload pay")
    assert "`shop`" not in (shown := desk(".reloadall"))
    assert "error[E01" in shown
    assert "shop.ml:1" in shown
    assert desk.shell.code == 1
    assert desk("[money.version(), shop.price()]") == [2, 2]
    assert "no module `nothing`" in desk.fails(".reload nothing")


def test_folders_are_looked_at_again(desk):
    desk(".refresh")
    desk.write("pay.py", module())
    desk.write("broken.py", "from mlpy.sdk import ml_module\n@ml_module('broken')\nclass Broken:\n    x = \n")
    found, problem, count = desk(".refresh").split("\n")
    assert found == "found `pay`"
    assert problem == "module `broken`: invalid syntax (broken.py:4)"
    assert re.fullmatch(r"\d+ modules, found in .*", count)
    (desk.folder / "pay.py").unlink()
    assert desk(".refresh").startswith("gone: `pay`\n")


# ── on each save ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("looks", [False, True])
def test_what_is_watched_is_reloaded_when_it_is_saved(desk, monkeypatch, looks):
    if looks:
        monkeypatch.setattr(watcher, "ear", Looks)
    desk.write("pay.py", module(1))
    desk.write("shop.ml", "function price() { return 1; }")
    desk("import pay; import shop;")
    assert desk(".watch pay") == "watching `pay.py`"
    desk(".watch shop.ml")
    assert desk(".watch") == "pay.py\nshop.ml"
    assert desk.shell.status()[1:] == ["watching 2"]
    desk.write("pay.py", module(2))
    desk.wait(lambda: desk("pay.version()") == 2)
    desk.write("shop.ml", "function price() { return 2; }")
    desk.wait(lambda: desk("shop.price()") == 2)

    desk.write("pay.py", module("1 +"))
    desk.wait(lambda: any("`pay` was not reloaded: line 22: invalid syntax" in one and "the old version stays in use" in one for one in desk.said))
    desk.write("shop.ml", "function price() { return 3;\nx = ;")
    desk.wait(lambda: any("shop.ml:2" in one for one in desk.said))
    assert desk("[pay.version(), shop.price()]") == [2, 2]
    desk.write("pay.py", module(4))
    (desk.folder / "new.ml").write_text("function price() { return 4; }")
    (desk.folder / "new.ml").replace(desk.folder / "shop.ml")  # as editors do
    desk.wait(lambda: desk("[pay.version(), shop.price()]") == [4, 4])

    assert desk(".unwatch pay") == "`pay.py` is watched no more"
    assert "is not watched" in desk.fails(".unwatch pay")
    assert desk(".unwatch") == "nothing is watched any more"
    assert (desk(".unwatch"), desk(".watch")) == ("nothing is watched", "nothing is watched")
    assert "did you mean `pay`?" in desk.fails(".watch pays")


def test_a_save_that_never_ends_is_ended(desk, monkeypatch):
    desk.write("m.ml", "v = 1;")
    desk("import m;")
    desk(".watch m")
    desk.write("m.ml", "while (true) { }")
    desk.wait(lambda: desk.shell.run.executions)
    assert "`m` is being reloaded" in desk.fails("m.v")
    desk(".unwatch")
    desk.wait(lambda: any("the reload was cancelled" in one and "`m` stays as it was" in one for one in desk.said))
    assert desk("m.v") == 1
    monkeypatch.setattr("mlpy.repl.development.LONGEST", 0.2)
    desk(".watch m")
    desk.write("m.ml", "while (true) { v = 2; }")
    desk.wait(lambda: any("E0701" in one and "`m` stays as it was" in one for one in desk.said))
    monkeypatch.setattr("mlpy.repl.development.LONGEST", 60)
    desk.write("m.ml", "v = 3;")
    desk.wait(lambda: any("reloaded in" in one for one in desk.said))
    assert desk("m.v") == 3


def test_what_would_end_the_process_is_an_error_and_no_end(desk):
    quits = "@ml_function\ndef quits(status: int) -> int:\n    import sys\n    sys.exit(status)\n"
    desk.write("pay.py", module(1, more=quits))
    desk("import pay; kept = 5;")
    assert (said := desk.fails("pay.quits(4)")).startswith("error[E0699]: InternalError: `pay.quits` failed"), said
    assert "<cell 2>:1" in said
    desk(".async pay.quits(3)")
    desk.wait(lambda: not desk.shell.running())
    assert "`pay.quits` failed" in desk.fails(".await 1")
    desk(".watch pay")
    desk.write("pay.py", module(2, head="raise SystemExit(3)"))
    desk.wait(lambda: any("`pay` was not reloaded: line 3: SystemExit: 3" in one for one in desk.said))
    desk.write("pay.py", module(3))
    desk.wait(lambda: desk("[pay.version(), kept]") == [3, 5])
    desk.write("gone.py", module(1, "gone", head="raise SystemExit(3)"))
    desk(".refresh")
    assert "module `gone` cannot be loaded" in desk.fails("import gone;")


def test_a_watcher_outlives_what_it_calls(tmp_path):
    told: list[BaseException] = []

    def fails(paths) -> None:
        raise ValueError(paths)

    path = tmp_path / "x.ml"
    path.write_text("0")
    made = Watcher(fails, told.append)
    made.watch(str(path))
    try:
        end = time.monotonic() + PATIENCE
        for number in (1, 2):
            path.write_text(str(number))
            while len(told) < number:
                assert time.monotonic() < end
                time.sleep(0.005)
    finally:
        made.close()


def test_a_file_is_forgotten_while_it_is_being_saved(tmp_path):
    """Whoever tells of a save holds what `unwatch` waits for."""
    path = tmp_path / "x.ml"
    path.write_text("0")
    made = Watcher(lambda _: None, lambda _: None)
    over = threading.Event()

    def save() -> None:
        while not over.is_set():
            path.write_text("1")

    def change_mind() -> None:
        for _ in range(100):
            made.watch(str(path))
            made.unwatch(str(path))

    saving, deciding = (threading.Thread(target=one, daemon=True) for one in (save, change_mind))
    saving.start()
    deciding.start()
    deciding.join(PATIENCE)
    over.set()
    assert not deciding.is_alive()
    saving.join()
    made.close()


def test_a_folder_is_watched_with_what_comes_to_be_in_it(desk):
    desk.write("pay.py", module(1))
    (desk.folder / "bank").mkdir()
    desk.write("bank/__init__.py", module(1, "bank"))
    desk("import pay; import bank;")
    desk(".watch .")
    desk.write("bank/notes.txt", "no program")
    desk.write("later.py", module(1, "later"))
    desk.wait(lambda: "found module `later`\n" in desk.said)
    desk.write("worse.py", module(1, "worse").replace("class Module", "class"))
    desk.wait(lambda: any("module `worse`: " in one for one in desk.said))
    desk.write("bank/__init__.py", module(2, "bank"))
    desk.wait(lambda: desk("bank.version()") == 2)
    assert not any("notes" in one for one in desk.said)


def test_five_hundred_saves_leave_nothing_behind_and_the_last_one_counts(desk, monkeypatch):
    monkeypatch.setattr(watcher, "QUIET", 0.001)
    desk.write("pay.py", module(0))
    desk.write("shop.ml", "function price() { return 0; }")
    desk("import pay; import shop; kept = pay.box(1); pay.use('a');")
    desk(".devmode on")

    def boxes() -> int:
        gc.collect()
        return sum(type(one) is type and one.__name__ == "Box" and is_of(one, desk.folder) for one in gc.get_objects())

    def save(versions) -> int:
        for version in versions:
            desk.write("pay.py", module(version if version % 50 != 7 else f"{version} +"))
            desk.write("shop.ml", f"function price() {{ t = []; for (i in range(3)) {{ t.push(fn() => i); }} return {version}; }}")
            time.sleep(0.002)
        desk.wait(lambda: desk.shell.enter("[pay.version(), shop.price()]").value == [versions[-1]] * 2)  # a file may be read while it is empty
        gc.collect()
        return resident()

    save(range(1, 31))
    before = save(range(31, 61))
    after = save(range(61, 531))
    assert after < before * 1.1
    desk.wait(lambda: boxes() == 2)  # the last one, which may just be read again, and that of the box which is kept
    assert sum("reloaded in" in one for one in desk.said) > 20
    assert desk("[kept.n, kept.more(), pay.box(3).more(2)]") == [1, 2, 5]


def is_of(declared, folder) -> bool:
    made = vars(declared).get("__init__")
    return getattr(made, "__code__", None) is not None and made.__code__.co_filename == str(folder / "pay.py")


def test_a_watcher_waits_until_a_file_is_left_alone_but_not_for_ever(tmp_path):
    told: list[list[str]] = []
    path = tmp_path / "x.ml"
    path.write_text("0")
    made = Watcher(told.append, told.append)
    made.watch(str(path))
    try:
        end = time.monotonic() + PATIENCE
        number = 0
        while len(told) < 2:
            assert time.monotonic() < end
            number += 1
            path.write_text(str(number))
            time.sleep(0.005)
        assert number > 2 * len(told)
        path.write_text("last")
        while path.read_text() != "last" or made._texts[resolved(str(path))] != watcher.digest(str(path)):
            assert time.monotonic() < end
            time.sleep(0.005)
        assert {one for paths in told for one in paths} == {resolved(str(path))}
    finally:
        made.close()


def test_a_reload_is_told_above_the_line_that_is_being_typed(on_terminal, tmp_path):
    (tmp_path / "pay.py").write_text(module(1))
    terminal = on_terminal("-E", str(tmp_path))
    terminal.enter("import pay;")
    terminal.prompt(2)
    terminal.enter(".watch pay")
    terminal.wait(lambda one: "watching `pay.py`" in one.text)
    terminal.send("pay.version() + 1")
    (tmp_path / "pay.py").write_text(module(41, head="print('loading', 'noisily')"))
    terminal.wait(lambda one: re.search(r"^loading noisily\n`pay` reloaded in .*\nml:2> pay\.version\(\) \+ 1\n", one.text, re.MULTILINE))
    terminal.press("enter")
    terminal.wait(lambda one: re.search(r"^42$", one.text, re.MULTILINE))


def test_a_save_asks_nothing_in_the_line_that_is_being_typed(on_terminal, tmp_path):
    (tmp_path / "m.ml").write_text("v = 1;")
    (tmp_path / "data.txt").write_text("secret")
    terminal = on_terminal()
    terminal.enter("import m;", 2)
    terminal.enter(".watch m")
    terminal.wait(lambda one: "watching `m.ml`" in one.text and one.bare)
    terminal.send("m.v + 41")
    (tmp_path / "m.ml").write_text('import file; v = file.read("data.txt");')
    terminal.wait(lambda one: re.search(r"is not granted\n(.*\n)+.*`\.grant file\.read:.*\n`m` stays as it was\nml:2> m\.v \+ 41\n", one.text) or "asks for" in one.text)
    assert "asks for" not in terminal.text
    terminal.press("enter")
    terminal.wait(lambda one: re.search(r"^42$", one.text, re.MULTILINE))


# ── what modules cost ────────────────────────────────────────────────────────────────────────────────────────────

SLEEPS = "@ml_function\ndef rest(seconds: float) -> int:\n    import time\n    time.sleep(seconds)\n    return 1\n"


def test_what_is_slow_is_named(desk):
    for name in ("quick", "slow", "other"):
        desk.write(f"{name}.py", module(1, name, more=SLEEPS))
    desk.write("through.ml", "import slow; function all(n) { for (i in range(n)) { slow.rest(0.01); } return n; }")
    desk("import quick; import slow; import other; import through;")
    assert desk(".perfmon").endswith("calls are measured from now on: use the modules, then write `.perfmon` again")
    desk("for (i in range(50)) { quick.version(); other.rest(0); } through.all(10); slow.version();")
    shown = desk(".perfmon").split("\n")
    assert shown[0].split() == ["module", "discovery", "load", "first", "call", "calls", "time", "p50", "p95"]
    assert shown[2].split()[0] == "slow"
    assert shown[shown.index("slowest functions") + 1].startswith("slow.rest ")
    found = json.loads(desk(".perfmon --json"))
    assert found["slow"]["calls"] == {"rest": 10, "version": 1}
    assert found["quick"]["calls"] == {"version": 50}
    assert found["slow"]["time"] > 0.1 > found["through"]["time"]
    assert found["through"]["functions"]["all"]["total"] > 0.1
    assert found["slow"]["functions"]["rest"]["p95"] >= found["slow"]["functions"]["rest"]["p50"] >= 0.01
    assert all(one["load_time"] > 0 for one in found.values())
    assert [line.split()[:2] for line in desk(".perfmon slow").split("\n")[2:]] == [["rest", "10"], ["version", "1"]]
    assert desk(".perfmon reset") == "measured from now on"
    assert desk(".perfmon slow") == "no function of `slow` was called since it is measured"
    assert "`nothing` is not imported" in desk.fails(".perfmon nothing")


def test_development_mode_measures_and_watches_what_is_imported(desk):
    desk.write("pay.py", module(1))
    desk.write("shop.ml", "import pay; sold = 0; function price() { return pay.version(); } function sell() { nonlocal sold; sold += 1; return sold; }")
    desk("import pay;")
    assert desk(".devmode") == "development mode is off"
    assert desk(".devmode on") == "development mode is on\n\nwatching  pay.py"
    desk("import shop;")
    assert desk(".devmode") == "development mode is on\n\nwatching  pay.py\nwatching  shop.ml"
    assert desk.shell.status()[1:] == ["devmode", "watching 2"]
    desk("shop.price(); pay.version()")
    assert json.loads(desk(".perfmon --json"))["pay"]["calls"] == {"version": 2}
    assert [desk("shop.sell()"), desk(".undo"), desk("shop.sell()")] == [1, "undid 4: shop.sell()", 1]
    desk.write("pay.py", module(2))
    desk.wait(lambda: desk("shop.price()") == 2)
    assert desk(".devmode off") == "development mode is off"
    assert desk.shell.engine.registry.measures is None
    desk.write("pay.py", module(3))
    assert "no mode `maybe`" in desk.fails(".devmode maybe")
    assert desk("shop.price()") == 2


# ── who holds memory ─────────────────────────────────────────────────────────────────────────────────────────────

LEAKS = "kept = []\n\n@ml_function\ndef leak(size: int) -> int:\n    kept.append(bytearray(size))\n    return len(kept)\n"


def test_who_leaks_is_named_with_how_much(desk):
    for name in ("tight", "leaky"):
        desk.write(f"{name}.py", module(1, name, more=LEAKS))
    desk.write("own.ml", "held = []; function hold(n) { held.push(range(n).map(fn(i) => i + 0.5)); return n; }")
    desk("import tight; import leaky; import own; import datetime; tight.leak(10)")
    assert "are taken down from now on" in desk(".memreport")
    desk(".memreport")
    before = tracemalloc.get_traced_memory()[0]
    desk("for (i in range(40)) { leaky.leak(100_000); tight.version(); } own.hold(20_000); now = datetime.now(); box = leaky.box(2);")
    truly = tracemalloc.get_traced_memory()[0] - before
    found = json.loads(desk(".memreport --json"))
    leaky, own = found["allocated"]["leaky"]["growth"], found["allocated"]["own"]["growth"]
    assert max(found["allocated"], key=lambda name: found["allocated"][name]["growth"]) == "leaky"
    assert 4_000_000 <= leaky <= 4_400_000
    assert 400_000 <= own <= 1_600_000
    assert 0.5 * truly < leaky + own < 1.1 * truly
    assert 4_000_000 <= found["modules"]["leaky"]["growth"] <= 4_100_000
    assert found["modules"]["tight"]["bytes"] < 20_000
    assert found["handles"]["DateTime"]["blocks"] >= 1
    assert found["handles"]["Box"]["growth"] == 1
    assert found["values"]["now"]["bytes"] > 0
    shown = desk(".memreport")
    assert "kept by modules" in shown
    assert re.search(r"^leaky +4[.\d]* MB", shown, re.MULTILINE)
    assert desk(".memreport off") == "allocations are taken down no more"
    assert not tracemalloc.is_tracing()
    assert "no report `all`" in desk.fails(".memreport all")


def test_memory_of_native_code_is_recorded_where_that_is_installed(desk, monkeypatch, tmp_path):
    pytest.importorskip("memray")
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "kept"))
    assert desk(".memreport --native range(1000)").startswith("the flame graph is in `mlpy-memory.html`")
    assert "recording allocations" in desk(".memreport --native")
    desk("range(100)")
    assert "mlpy-memory-2.html" in desk(".memreport --native")
    assert "<html" in (desk.folder / "mlpy-memory-2.html").read_text(encoding="utf-8")
    desk.fails(".memreport --native 1 / 0")
    assert desk.shell.development.recording is None
    assert list(tmp_path.glob("kept/*")) == []


def test_what_is_missing_for_native_memory_is_named(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "memray", None)
    assert "install it with `pip install 'mlpy[memory]'`" in desk.fails(".memreport --native")


# ── where time goes ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_profile_names_functions_and_lines(desk):
    desk.write("pay.py", module(1, more=SLEEPS))
    desk.write("work.ml", "import pay;\nfunction busy(n) {\n    t = 0;\n    for (i in range(n)) {\n        t += i * i;\n    }\n    return t;\n}\nfunction both() {\n    pay.rest(0.1);\n    return busy(1000);\n}")
    desk("import work;")
    head, _, functions, *_ = (shown := desk(".profile work.both()").split("\n"))
    assert re.fullmatch(r"[\d.]+ m?s in \d+ looks?(, .* for compiling)?", head)
    assert functions == "functions"
    at = shown.index("lines")
    assert shown[5].split()[-1] == "pay.rest"
    assert any(line.split()[-2:] == ["both", "work.ml:9"] for line in shown[5:at])
    assert shown[at + 3].split()[-2:] == ["work.ml:10", "pay.rest(0.1);"]
    assert "missing value" in desk.fails(".profile 1 +")


def test_times_are_told(desk):
    shown = desk(".time [1, 2]")
    assert re.fullmatch(r"\[1, 2\]\n\n[\d.e+]+ .?s, of which [\d.e+]+ .?s on the processor", shown)
    assert re.fullmatch(r"[\d.e+]+ .?s, of which .*", desk(".time x = 3;"))


def test_an_expression_is_measured_many_times(desk, monkeypatch):
    monkeypatch.setattr("mlpy.cli.bench.SPAN", 0.05)
    monkeypatch.setattr("mlpy.repl.measuring.ROUND", 0.001)
    desk("rounds = [3]; count = 0; function step() { nonlocal count; count += 1; print(count); }")
    assert re.fullmatch(r"[\d.e+]+ .?s in the median of \d+ rounds of [\d,]+, .* at least, .* at most", desk(".bench rounds[0] + len(rounds)"))
    made = desk.shell.enter(".bench step();")
    assert (made.error, made.output) == (None, "")
    assert desk("count") > 5
    assert "missing value" in desk.fails(".bench 1 +")
    assert "cannot divide by zero" in desk.fails(".bench 1 / 0").lower() or "ZeroDivisionError" in desk.fails(".bench 1 / 0")


def test_a_sandbox_keeps_what_could_be_measured(desk):
    desk.shell.sandbox = object()
    for text in (".reload pay", ".watch pay", ".devmode on", ".perfmon", ".memreport", ".profile 1", ".time 1", ".bench 1"):
        assert "start `mlpy repl` without `--sandbox`" in desk.fails(text)
