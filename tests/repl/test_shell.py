"""What stands round a session, without a terminal: values, stepping back, jobs, authority, history, scripts."""

from __future__ import annotations

import json
import os
import stat
import threading
import time

import pytest
from mlpy.repl.history import KEPT, History, place, read
from mlpy.repl.jobs import Job
from mlpy.repl.saving import program
from mlpy.repl.script import entries
from mlpy.repl.shell import STEPS_BACK, Shell
from mlpy.repl.snapshot import MOST

from mlpy import Engine, Limits
from mlpy.capabilities import Grants


def values(shell, *texts):
    made = [shell.enter(text) for text in texts]
    assert [one.error for one in made] == [None] * len(made)
    return [one.value for one in made]


# ── evaluations ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_evaluation_says_what_came_of_it(shell):
    made = shell.enter("print('a'); [1, 2]")
    assert (made.number, made.value, made.valued, made.shown, made.output, made.error) == (1, [1, 2], True, "[1, 2]", "a\n", None)
    assert made.record() | {"seconds": 0} == {
        "number": 1,
        "text": "print('a'); [1, 2]",
        "ok": True,
        "value": [1, 2],
        "shown": "[1, 2]",
        "output": "a\n",
        "error": None,
        "seconds": 0,
    }
    failed = shell.enter("1 / 0")
    assert failed.record()["error"]["type"] == "ZeroDivisionError"
    assert "^^^^^" in failed.shown


def test_values_are_numbered_and_the_last_one_is_the_underscore(shell):
    assert values(shell, "[1]", "_1.append(2)", "_1", "_ + _1", "// nothing", "_4.length", "fn() => _3") == [[1, 2], None, [1, 2], [1, 2, 1, 2], None, 4, shell.values[6]]
    assert values(shell, "_6()") == [[1, 2]]


def test_a_value_that_cannot_leave_a_session_shows(shell):
    values(shell, "xs = [1]; xs.append(xs);", "deep = []; for (i in range(500)) { deep = [deep]; }")
    assert shell.enter("xs").shown == "[1, …]"
    assert shell.enter("deep").error is None


def test_null_shows_unless_a_call_gave_it(shell):
    assert [shell.enter(text).shown for text in ("null", "x = 1", "print(1)", "{}.missing", "[1].append(2)", "function f() {}", "f()")] == ["null", "", "", "null", "", "", ""]


@pytest.mark.parametrize("text", ["_{}", "_{} + 1", ".show {}", ".await {}", ".cancel {}", ".set items {}", ".limits steps {}", ".limits time {}", ".show _{}", "_{}?"])
def test_a_number_of_too_many_digits_costs_no_name(shell, text):
    values(shell, "x = 1")
    made = shell.enter(text.replace("{}", "1" * 5_000))
    assert made.error is not None
    assert "mlpy failed" not in made.shown
    assert "4300" not in made.shown
    assert values(shell, "x") == [1]


def test_an_error_is_a_name_until_the_next(shell):
    shell.enter("throw {message: 'm', type: 'T', code: 3}")
    assert values(shell, "_error.code", "_error.type", "_error.line") == [3, "T", 1]
    shell.enter("nope")
    assert values(shell, "_error.type") == ["CheckFailed"]


def test_a_limit_leaves_the_session_as_it_was():
    shell = Shell(Engine(), limits=Limits(time=0.05))
    shell.enter("x = 1")
    assert shell.enter("while (true) {}").error.limit == "time"
    assert shell.enter("x").value == 1


def test_ctrl_c_ends_an_evaluation_and_keeps_the_state(shell, monkeypatch):
    shell.interactive = True
    shell.enter("x = [1]")

    def interrupted(*_args):
        shell.session.run.cancel()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shell.session.__class__, "perform", interrupted)
        assert shell.enter("while (true) {}").shown.strip() == "interrupted"
    assert shell.enter("x").value == [1]
    shell.interactive = False
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(shell.session.__class__, "perform", interrupted)
        shell.enter("while (true) {}")


# ── stepping back ────────────────────────────────────────────────────────────────────────────────────────────────


def test_undo_puts_back_names_contents_and_captured_variables(shell):
    values(shell, "xs = [1]; ys = {inner: xs};", "tick = (fn() => { n = 0; return fn() => { nonlocal n; n += 1; return n; }; })()")
    held = shell.session.held()
    values(shell, "xs.append(2); ys.more = 1; tick(); zs = 3; xs = 'other';")
    shell.undo()
    assert shell.session.held()["xs"] is held["xs"]
    assert shell.session.names == [*held]
    assert values(shell, "[ys.inner == [1], ys.more, tick(), ys.inner]") == [[True, None, 1, [1]]]
    assert shell.session.held()["ys"]["inner"] is shell.session.held()["xs"]


def test_undo_goes_back_over_failures_and_no_further_than_it_can(shell):
    values(shell, "x = 0", *[f"x = {at}" for at in range(1, STEPS_BACK + 3)])
    shell.enter("nope")  # changed nothing
    shell.enter("x = -1; y = 1 / 0")
    shell.undo()
    assert values(shell, "x") == [STEPS_BACK + 2]
    made = [shell.command(".undo") for _ in range(STEPS_BACK - 1)]
    assert [one.error is None for one in made] == [True] * (STEPS_BACK - 2) + [False]  # the broken text and the failure are among the last ones
    assert "only the last" in made[-1].error.message
    assert shell.session.held()["x"] == 5


def test_what_is_too_large_is_named_by_undo(shell):
    values(shell, f"small = [1]; large = range({MOST + 10}).map(fn(i) => i);", "large[0] = 'changed'; small[0] = 2;")
    made = shell.command(".undo")
    assert "`large`" in made.shown
    assert "`small`" not in made.shown
    assert values(shell, "[small[0], large[0]]") == [[1, "changed"]]


# ── in the background ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_job_runs_beside_evaluations(shell):
    values(shell, "go = false; function waits() { while (!go) {} return 'went'; }")
    job = shell.start("waits()")
    assert values(shell, "1 + 1") == [2]
    assert not job.wait(0.0)
    values(shell, "go = true;")
    assert job.wait(30)
    assert (job.state, job.value) == ("done", "went")
    assert shell.adopt(job).number == 4
    assert values(shell, "_ + _4") == ["wentwent"]


def test_ending_a_job_leaves_evaluations_and_other_jobs_alone(shell):
    values(shell, "stop = false; function spins(n) { ends = []; try { while (!stop) { n += 1; } } finally { ends.append(1); } return n; }")
    first, second = shell.start("spins(0)"), shell.start("spins(0)")
    evaluated = []
    thread = threading.Thread(target=lambda: evaluated.append(shell.evaluate("total = 0; for (i in range(300000)) { total += i; } total")))
    thread.start()
    first.cancel()
    assert first.wait(30)
    thread.join(60)
    assert evaluated[0].error is None
    assert not second.wait(0.0)
    assert (first.state, second.state) == ("cancelled", "running")
    values(shell, "stop = true;")
    assert second.wait(30)
    assert second.state == "done"


def test_the_end_of_a_shell_ends_its_jobs():
    shell = Shell(Engine())
    job = shell.start("while (true) {}")
    shell.end()
    assert job.state == "cancelled"


def test_a_job_of_broken_text_is_none(shell):
    assert shell.command(".async 1 +").error is not None
    assert all(isinstance(one, Job) for one in shell.jobs.values())
    assert shell.jobs == {}


# ── authority ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("grants", [Grants(), Grants.everything()], ids=["nothing", "everything"])
def test_grants_change_at_once_for_what_was_imported_before(grants, tmp_path):
    (tmp_path / "a").write_text("A")
    shell = Shell(Engine(), grants=grants)
    shell.enter("import file; read = file.read;")

    def reads():
        return shell.enter(f"read({str(tmp_path / 'a')!r})").error is None

    assert reads() == (grants.patterns() == ["*"])
    for line, works in ((".grant {}/**", True), (".revoke {}/a", False), (".grant {}/a", True), (".revoke {}/**", False), (".grant", True)):
        made = shell.command(line.replace("{}", f"file.read:{tmp_path}") if "{}" in line else ".grant file.read")
        assert made.error is None, made.shown
        assert reads() is works, line
    assert Grants(grants.patterns() if grants.layers else ()).patterns() == grants.patterns() or not grants.layers  # what was given has not changed


def test_a_session_leaves_the_grants_of_its_engine_alone():
    engine = Engine(grants=["env.read:A"])
    session = engine.session()
    session.grant("env.read:B")
    session.revoke("env.read:A")
    assert session.run.grants.patterns() == ["env.read:B"]
    assert engine.grants.patterns() == ["env.read:A"]
    assert engine.session().run.grants.patterns() == ["env.read:A"]


def test_reset_gives_the_grants_of_the_beginning(shell):
    shell.command(".grant env.read:HOME")
    shell.command(".reset")
    assert shell.session.run.grants.patterns() == []


def test_no_holds_for_one_command(tmp_path):
    asked = []

    def ask(capability):
        asked.append(capability.kind)
        return "no"

    shell = Shell(Engine(), grants=Grants(ask=ask))
    shell.records = True
    values(shell, f"import file; function f() {{ return file.exists({str(tmp_path)!r}) && file.exists({str(tmp_path)!r}); }}")
    made = [shell.enter(line) for line in (".callback f", ".time f()", "f()", ".show f()")]
    assert [type(one.error).__name__ for one in made] == ["CapabilityDenied"] * 4
    assert asked == ["file.read"] * 4


# ── the session as a program ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "texts",
    [
        ["function f(n) { if (n == 0) { return 0; } return f(n - 1); }", "f(3)", "function f(n) { return n; }", "a = _ + f(2)", "function g() {}", "function g() {}"],
        ["[1, 2]", "_.append(3)", "b = _1", "_1 + _", "c = _"],
        ["x = 1", "x = 2; y = x / 0; x = 3", "z = x"],
        ["t = 0", "t = 1; for (i in [1, 2, 0, 3]) { t += 1 / i; } t = 100;", "u = t"],
        ["type T = number;", "type T = string;", "function h(a: T): T { return a; }", "r = h('s')"],
        ["[1]", "f = fn(_) => _ + 1", "a = f(2)", "b = match (_1) { [_] => _, _ => 0 }", "function g(x) { _ = x; return _; }", "c = [g(5), _]"],
        ["import math", "import math;\nq = math.floor(2.5)  // two", "p = q // end"],
    ],
)
def test_a_saved_session_leaves_what_the_session_held(shell, texts):
    for text in texts:
        shell.enter(text)
    result = Engine().run(program(shell.evaluations)[0])
    held = {name: value for name, value in shell.session.held().items() if not name.startswith("_") and not callable(value) and name != "math"}
    assert held
    assert {name: result.exports[name] for name in held} == held


def test_a_saved_session_has_nothing_of_the_last_error(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values(shell, "x = 1")
    shell.enter("1 / 0")
    values(shell, "e = _error", "y = 2; why = e.message; [z] = [x + y];", "_error.type", "w = _ + why; e = 5", "v = e + z", "[_error, x];\n7", "u = _ + x", "function f(a) { return e; } function g() { return _error; }", "f(g())", "k = _;")
    made = shell.command(".save s.ml")
    assert made.error is None, made.shown
    lost = ["e = _error;", "why = e.message;", "_error.type;", "w = _ + why;", "[_error, x];", "function g() { return _error; }", "f(g());", "k = _;"]
    assert made.shown == "saved: `mlpy run s.ml` runs it\nleft out, as only a session has `_error`:\n" + "\n".join(f"    {one}" for one in lost)
    result = Engine().run((tmp_path / "s.ml").read_text())
    assert {name: result.exports[name] for name in "xyzevu"} == {"x": 1, "y": 2, "z": 3, "e": 5, "v": 8, "u": 8}


def test_what_may_never_end_is_no_file_to_load(shell, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        assert "is no regular file" in shell.command(f".load {path}").error.message
    reading, writing = os.pipe()
    os.write(writing, b"x = 1;")
    os.close(writing)
    assert shell.command(f".load /dev/fd/{reading}").error is None
    os.close(reading)
    assert values(shell, "x") == [1]


def test_a_file_to_save_to_is_named(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values(shell, "x = 1")
    for line in (".save", ".save -f", ".save -f "):
        assert "needs [-f] FILE" in shell.command(line).error.message
    assert os.listdir() == []
    assert shell.command(".save ./-f").shown == "saved: `mlpy run ./-f` runs it"
    assert "`.save -f ./-f` replaces it" in shell.command(".save ./-f").shown
    assert shell.command(".save -f  ./-f").error is None
    assert os.listdir() == ["-f"]


def test_what_was_undone_is_not_saved(shell):
    values(shell, "x = 1", "x = 2")
    shell.undo()
    assert program(shell.evaluations) == ("x = 1;\n", [])


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_is_the_users_alone_and_keeps_lines_apart(tmp_path):
    path = str(tmp_path / "state" / "history")
    one, other = History(path), History(path)
    for history, text in ((one, "x = 1"), (other, "function f() {\n  return `é`;\n}"), (one, "x = 1"), (one, " secret"), (one, "y"), (one, "y  ")):
        history.add(text)
    assert read(path) == ["x = 1", "function f() {\n  return `é`;\n}", "y"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert [*History(path).search("F")] == ["function f() {\n  return `é`;\n}"]


def test_a_broken_history_costs_its_broken_lines(tmp_path):
    path = tmp_path / "history"
    path.write_bytes(b'"one"\n{"half\n\xff\xfe\n3\n' + b"[" * 200_000 + b'\n"two"\n')
    assert History(str(path)).load() == ["one", "two"]
    History(str(tmp_path)).add("nowhere to go")


def test_a_long_history_loses_its_oldest(tmp_path):
    path = tmp_path / "history"
    path.write_text("".join(json.dumps(f"{at} {'x' * 400}") + "\n" for at in range(KEPT + 500)))
    assert len(History(str(path)).load()) == KEPT
    assert len(path.read_text().splitlines()) == KEPT
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_where_the_history_is(monkeypatch, tmp_path):
    monkeypatch.delenv("MLPY_HISTORY", raising=False)
    monkeypatch.setenv("MLPY_STATE_DIR", str(tmp_path))
    assert place() == str(tmp_path / "history.jsonl")
    monkeypatch.setenv("MLPY_HISTORY", str(tmp_path / "h"))
    assert place() == str(tmp_path / "h")
    monkeypatch.setenv("MLPY_HISTORY", "0")
    assert place() is None


# ── scripts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_script_ends_with_the_code_of_its_last_failure(command):
    assert command("repl", input="1 / 0\nimport file; file.read('/etc/passwd')\n1 + 1\n").code == 3
    assert command("repl", "--time", "50ms", input="nope\nwhile (true) {}").code == 4
    done = command("repl", input="1 + 1\n.exit\n1 / 0\n")
    assert (done.code, done.stdout, done.stderr) == (0, "2\n", "")


def test_records_of_a_script(command):
    done = command("repl", "--json", input="x = [1]\nx\nprint('a'); 'b'\n.vars\n1 / 0\nfn() => 1\n")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert [(one["number"], one["ok"], one["value"], one["output"]) for one in records] == [
        (1, True, None, ""),
        (2, True, [1], ""),
        (3, True, "b", "a\n"),
        (None, True, None, ""),
        (4, False, None, ""),
        (5, True, "<function>", ""),
    ]
    assert records[3]["shown"].startswith("name")
    assert records[4]["error"]["code"] == "E0605"


def test_output_and_errors_go_their_own_ways(command):
    done = command("repl", input='print("out");\nimport log; log.error("err");\nnope\n')
    assert done.stdout == "out\n"
    assert "err" in done.stderr
    assert "unknown name `nope`" in done.stderr


def test_without_a_terminal_mlpy_alone_tells_how_it_is_used(command):
    done = command()
    assert done.code == 2
    assert "mlpy repl" in done.stderr


def test_on_a_terminal_mlpy_alone_is_the_shell(terminals, environment, tmp_path):
    made = terminals.Terminal(env=environment | {"MLPY_HISTORY": "0"}, cwd=tmp_path)
    try:
        made.prompt(1)
    finally:
        made.close()


def test_options_hold_for_a_script(command, tmp_path):
    (tmp_path / "greet.ml").write_text("function hello() { return 'hello'; }\n")
    (tmp_path / "a.txt").write_text("A")
    done = command("repl", "-M", str(tmp_path), "--allow", f"file.read:{tmp_path}/**", "--audit", str(tmp_path / "audit"), "--frozen-clock", "2024-05-01T12:00:00Z",
        input=f"import greet, file; greet.hello() + file.read('{tmp_path}/a.txt')\nimport greet; import file; greet.hello() + file.read('{tmp_path}/a.txt')\nimport datetime; datetime.now().year()\n")  # fmt: skip
    assert done.stdout.splitlines() == ['"helloA"', "2024"]
    assert json.loads((tmp_path / "audit").read_text().splitlines()[0])["decision"] == "allowed"


def test_a_file_first_and_arguments_behind_dashes(command, tmp_path):
    (tmp_path / "first.ml").write_text("import args;\nfunction greet() { return `hello ${args.all()[1]}`; }\n")
    done = command("repl", str(tmp_path / "first.ml"), "--", "Ada", input="greet()\n")
    assert (done.stdout, done.stderr, done.code) == ('"hello Ada"\n', "", 0)
    missing = command("repl", str(tmp_path / "missing.ml"), input="1 + 1\n")
    assert (missing.stdout, missing.code) == ("2\n", 2)
    assert "no such file" in missing.stderr


def test_a_trace_of_a_script(command):
    done = command("repl", "--trace-capabilities", "--allow", "env.read:HOME", input="import env; env.get('HOME').length > 0\n")
    assert done.stdout == "true\n"
    assert "env.read:HOME" in done.stderr


def test_a_script_that_is_not_utf8(command):
    done = command("repl", input=b"1 + 1\n'\xff'\n")
    assert (done.stdout, done.code) == ("2\n", 2)
    assert "not UTF-8" in done.stderr


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("if (false) { 1; }\nelse { print('else'); }\n2\n", ["if (false) { 1; }\nelse { print('else'); }\n", "2\n"]),
        ("try { 1; }\n\nfinally { 2; }\n", ["try { 1; }\n\nfinally { 2; }\n"]),
        ("x = `a\n(\n`\ny = 1\n", ["x = `a\n(\n`\n", "y = 1\n"]),
        ("f(\n/* ) */\n')',\n)\n.vars\n.type [\n1]\n", ["f(\n/* ) */\n')',\n)\n", ".vars\n", ".type [\n1]\n"]),
        ("/* a\n1 + 1\n*/ 2\n3", ["/* a\n1 + 1\n*/ 2\n", "3"]),
        ("a = 1 +\n2\nb = {\nc: 1,\n}\n(1", ["a = 1 +\n2\n", "b = {\nc: 1,\n}\n", "(1"]),
        ("nonsense )\n1\n", ["nonsense )\n", "1\n"]),
        (".history (\n1+1\n.load it's.ml\n.load /*.ml\n.callback f(\n2)\n3\n", [".history (\n", "1+1\n", ".load it's.ml\n", ".load /*.ml\n", ".callback f(\n2)\n", "3\n"]),
        ("`${`\n${1}`}`\n4\n", ["`${`\n${1}`}`\n", "4\n"]),
    ],
)
def test_entries_of_a_script(script, expected):
    assert [*entries(script.encode().splitlines(keepends=True))] == expected


def test_a_long_function_of_a_script_is_read_in_time():
    text = "function f() {\n" + "".join(f"  x{at} = [{at}, '(', g({at})];\n" for at in range(5000)) + "}\n"
    began = time.perf_counter()
    assert [*entries(text.encode().splitlines(keepends=True))] == [text]
    assert time.perf_counter() - began < 20  # twenty times what it takes; looking at all of it after each line would take minutes


def test_evaluating_is_quick_with_many_names(shell):
    values(shell, "".join(f"name{at} = {{at: {at}}}; " for at in range(500)))
    began = time.perf_counter()
    for _ in range(20):
        shell.enter("1 + 1")
    assert (time.perf_counter() - began) / 20 < 0.2  # a hundred times what it takes
