"""The REPL on a real terminal, as a person types and sees it; `screens/` has what shows."""

from __future__ import annotations

import os
import re
import stat
import sys

import pytest
from mlpy.repl.shell import table

PEOPLE = '[{name: "Ada", age: 36, tags: ["a", "b"]}, {name: "日本語", age: 7.5}, {name: null}]'
TREE = '{user: {name: "Ada", address: {street: "12 Some Long Road", city: "London", position: [51.5, -0.1]}}, tags: ["a", "b", "c"], text: "y".repeat(90)}'


def colors(terminal, row: int) -> dict[str, str]:
    """Each stretch of a line in one colour, with that colour."""
    cells = [terminal.screen.buffer[row][at] for at in range(terminal.screen.columns)]
    made: list[list[str]] = []
    for cell in cells:
        if made and made[-1][1] == cell.fg:
            made[-1][0] += cell.data
        else:
            made.append([cell.data, cell.fg])
    return {text.strip(): color for text, color in made if text.strip()}


def test_editing(on_terminal, album):
    terminal = on_terminal()
    terminal.send('text = "abc" + 1; if (true) { print(text); }')
    terminal.wait("print(text); }")
    terminal.settle()
    painted = colors(terminal, terminal.cursor[0])
    assert painted['"abc"'] == "green"
    assert painted["if"] == "blue"
    assert painted["print"] == "cyan"
    terminal.press("enter")
    terminal.prompt(2)
    for line in ("function area(w, h = 1) {", "if (w < 0) {", 'throw "negative";', "}", "return w * h;", "}"):
        terminal.enter(line)
    terminal.prompt(3)
    terminal.enter("xs = [1,")
    terminal.enter("2")
    terminal.enter("].map(fn(x) =>")
    terminal.enter("area(x, 2))", 4)
    album.see(terminal, "the parser decides where an entry ends, and how its lines are indented")
    terminal.enter('name = "two')
    terminal.enter('lines"; /* a comment')
    terminal.enter("goes on */ `${name}")
    terminal.enter("`", 5)
    terminal.send("an unfinished line")
    terminal.press("ctrl-c")
    terminal.prompt(5)
    album.see(terminal, "strings, comments and templates go on; Ctrl-C drops a line")
    terminal.press("ctrl-d")
    assert terminal.end() == 0


def test_a_change_above_recolours_what_follows(on_terminal):
    terminal = on_terminal()
    terminal.paste('a = "one";\nreturn "two";\nb = "three";')
    terminal.wait("three")
    terminal.press("up", "up", "home")

    def shows(words):
        return lambda one: all(colors(one, row).get(word) == color for row, word, color in words)

    terminal.wait(shows([(1, '"one"', "green"), (2, "return", "blue"), (3, '"three"', "green")]))
    terminal.send("/* ")
    terminal.wait(shows([(2, '… return "two";', "brightblack"), (3, '… b = "three";', "brightblack")]))
    terminal.press("backspace", "backspace", "backspace")
    terminal.wait(shows([(1, '"one"', "green"), (2, "return", "blue"), (3, '"three"', "green")]))
    terminal.send('x = "')
    terminal.wait(shows([(2, 'return "', "green"), (2, "two", "default"), (3, "three", "default")]))


def test_paste(on_terminal, album):
    terminal = on_terminal()
    terminal.paste("function f(a) {\n  if (a > 1) {\n\treturn a;\n  }\n  return 0;\n}\nf(3)")
    terminal.wait("f(3)")
    album.see(terminal, "a paste is inserted as it is, and waits")
    terminal.press("enter")
    terminal.prompt(2)
    album.see(terminal, "and is one entry")


def test_history(on_terminal, album, tmp_path):
    first = on_terminal()
    first.enter("alpha = 1", 2)
    first.enter("for (x in [1, 2]) {")
    first.enter("print(x * alpha);")
    first.enter("}", 3)
    first.press("ctrl-d")
    assert first.end() == 0
    assert stat.S_IMODE(os.stat(tmp_path / "history.jsonl").st_mode) == 0o600

    second = on_terminal(columns=60)
    second.press("up")
    album.see(second, "the last entry of an earlier session, all its lines")
    second.press("ctrl-c")
    second.prompt(1)
    second.send("al")
    second.wait("alpha = 1")
    second.press("right", "enter")
    second.prompt(2)
    album.see(second, "a suggestion is taken with the arrow")
    second.press("ctrl-r")
    second.wait("I-search")
    second.send("print")
    second.wait("x * alpha")
    second.press("enter")
    second.wait(lambda one: "I-search" not in one.text and "print(x * alpha)" in one.text)
    second.press("alt-enter")
    second.prompt(3)
    album.see(second, "a search finds what holds a word")


def test_keys(on_terminal, album, tmp_path):
    editor = tmp_path / "editor.py"
    editor.write_text("import sys\npath = sys.argv[1]\nassert path.endswith('.ml')\ntext = open(path).read()\nopen(path, 'w').write(text.strip() + ' * 21\\n')\n")
    terminal = on_terminal(env={"EDITOR": f"{sys.executable} {editor}"})
    terminal.send("2")
    terminal.press("ctrl-x")
    terminal.press("ctrl-e")
    terminal.wait("2 * 21")
    terminal.prompt(2)
    assert "\n42\n" in terminal.text
    terminal.enter(".set keys vi", 2)
    terminal.send("1 + 23")
    terminal.wait("1 + 23")
    column = terminal.cursor[1]
    terminal.press("escape")
    terminal.wait(lambda one: one.cursor[1] == column - 1)
    terminal.send("x")
    terminal.wait("ml:2> 1 + 2\n")
    terminal.send("0rA")
    terminal.wait("ml:2> A + 2\n")
    terminal.send("r4")
    terminal.wait("ml:2> 4 + 2\n")
    terminal.press("enter")
    terminal.prompt(3)
    album.see(terminal, "the editor gave `2 * 21`; vi's keys made `4 + 2` of what was typed")


def test_completion(on_terminal, album):
    terminal = on_terminal(columns=100)
    terminal.enter('import math; o = {name: "Ada", age: 36, inner: {deep: [1, 2]}}; function area(w: number, h = 1) { return w * h; }', 2)
    for typed, shows, title in (
        ("o.", "inner", "the keys that an object has now"),
        ("o.inner.deep.fi", "filter(f", "the methods of an array, with what they do"),
        ("math.sq", "sqrt(x", "the members of a module"),
        ('"a".tr', "trim", "the methods of a string"),
        ("area(", "w: number", "the arguments of a function"),
        ("whi", "while", "words of the language"),
        ("import coll", "collections", "modules"),
        (".hist", ".history", "commands"),
        (".watch ma", "math", "what a command takes"),
    ):
        terminal.send(typed)
        terminal.wait(shows)
        album.see(terminal, title)
        terminal.press("ctrl-c")
        terminal.prompt(2)
    terminal.send("ar")
    terminal.wait(lambda one: "area(w" in one.text and "abs(" not in one.text)
    terminal.press("tab", "tab")
    terminal.wait(lambda one: one.lines[one.cursor[0]] == "ml:2> area")
    terminal.send("(2, \t\t")  # at once, so that the Tab comes while completions are looked for
    terminal.wait("ml:2> area(2, h:")
    terminal.wait(lambda one: one.lines[-1].startswith(" area(w: number, h = 1)  ·  "))
    terminal.send("3)")
    terminal.press("enter")
    terminal.prompt(3)
    assert "\n6\n" in terminal.text


def test_questions(on_terminal, album):
    terminal = on_terminal(rows=40)
    terminal.enter("/// Twice a number. Example: `double(4)` → `8`.")
    terminal.enter("function double(x: number): number { return x * 2; }", 2)
    terminal.enter("double??", 2)
    terminal.enter("math.sqrt?", 2)
    terminal.enter("doubel?", 2)
    album.see(terminal, "what a name is, where it comes from, and that there is none")


def test_results(on_terminal, album):
    terminal = on_terminal(rows=60)
    terminal.enter(PEOPLE, 2)
    terminal.enter(TREE, 3)
    terminal.enter("range(1000)", 4)
    terminal.enter(r'"a \x1b[31m \u{1F600} \n"', 5)
    terminal.enter("_1[0].age + _4.length", 6)
    terminal.enter("_ * 2", 7)
    album.see(terminal, "tables, trees, long arrays, strings; `_` and `_1`")
    terminal.clear()
    terminal.enter("_3[5] + nothing", 8)
    terminal.enter("function half(x) { return x / 0; }", 9)
    terminal.enter("[1].map(half)", 10)
    terminal.enter("_error.type + _error.line", 11)
    album.see(terminal, "errors point into what was typed; `_error`")


def test_long_values(on_terminal, album):
    terminal = on_terminal()
    terminal.enter('"z".repeat(200000) + "end"', 2)
    album.see(terminal, "200,000 characters are cut")
    terminal.enter(".show", 2)
    assert terminal.everything.replace("\n", "").count("z") > 200_000
    assert 'end"' in terminal.text


def test_a_long_paste(on_terminal, album):
    terminal = on_terminal(rows=12)
    terminal.paste("xs = [\n" + "".join(f"    {at},\n" for at in range(9_998)) + "];")
    terminal.wait("];")
    terminal.send(" 1")
    terminal.wait("]; 1")
    terminal.press("enter")
    terminal.prompt(2)
    terminal.enter("[xs.length, xs[-1]]", 3)
    album.see(terminal, "ten thousand lines are one entry")


@pytest.mark.parametrize(
    "text",
    [
        "import time; time.sleep(60)",
        "while (true) {}",
        "sorted(range(9), key: fn(x) => { while (true) {} return x; })",
        "try { while (true) {} } except (e) { print(1); } finally { print(2); }",
    ],
    ids=["sleep", "loop", "callback", "handlers"],
)
def test_ctrl_c_ends_an_evaluation_and_keeps_the_state(on_terminal, album, text):
    terminal = on_terminal()
    terminal.enter("kept = 41", 2)
    terminal.enter(f"print('begun'); {text}")
    terminal.wait("\nbegun\n")
    terminal.press("ctrl-c")
    terminal.wait("interrupted")
    terminal.prompt(3)
    terminal.enter("kept + 1", 4)
    album.see(terminal, "no handler runs, and the names are there")


@pytest.mark.skipif(sys.platform != "linux", reason="a sandbox needs Linux")
def test_ctrl_c_in_a_sandbox_keeps_the_worker(on_terminal, album):
    terminal = on_terminal("--sandbox")
    terminal.enter("kept = 41", 2)
    terminal.enter("print('begun'); while (true) {}")
    terminal.wait("\nbegun\n")
    terminal.press("ctrl-c")
    terminal.prompt(3)
    terminal.send("kep")
    terminal.wait("kept   number")
    terminal.enter("t + 1", 4)
    album.see(terminal, "the names are in the worker")


def question(terminal):
    """Waits until the terminal asks."""
    terminal.wait(lambda one: one.lines[one.cursor[0]].endswith("[n]o?"))


def unplaced(text: str) -> str:
    """A screen without the folder of the test."""
    return re.sub(r"/\S*/(?=(data|other)\.txt)", "FOLDER/", text)


def test_capabilities(on_terminal, album, tmp_path):
    (tmp_path / "data.txt").write_text("content")
    (tmp_path / "other.txt").write_text("other")
    terminal = on_terminal(columns=220, rows=50)
    terminal.enter('import file; read = fn() => file.read("data.txt"); read()')
    question(terminal)
    album.see(terminal, "what is not granted is asked for", unplaced)
    terminal.enter("o", 2)
    terminal.enter("read()")
    question(terminal)
    terminal.enter("n", 3)
    album.see(terminal, "once is once, and no is an error that says how to grant it", unplaced)
    terminal.clear()
    terminal.enter('file.read("other.txt")')
    question(terminal)
    terminal.enter("s", 4)
    terminal.enter('file.read("other.txt")', 5)
    album.see(terminal, "for the session it is granted, as the status bar says", unplaced)
    terminal.clear()
    terminal.enter(".grant file.read:data.txt", 5)
    terminal.enter("read()", 6)
    terminal.enter(".revoke file.read:other.txt", 6)
    terminal.enter('file.read("other.txt")', 7)
    album.see(terminal, "`.grant` and `.revoke` count for what was imported before", unplaced)
    terminal.clear()
    terminal.enter(".caps", 7)
    terminal.enter(".audit", 7)
    album.see(terminal, "what is granted, and what was used", lambda text: re.sub(r"\d\d:\d\d:\d\d", "CLOCK", unplaced(text)))


@pytest.mark.skipif(sys.platform != "linux", reason="a sandbox needs Linux")
def test_a_sandbox_asks_too(on_terminal, album, tmp_path):
    (tmp_path / "data.txt").write_text("content")
    terminal = on_terminal("--sandbox", columns=220)
    for answer, number in (("o", 2), ("n", 3), ("s", 4)):
        terminal.enter('import file; file.read("data.txt")')
        question(terminal)
        terminal.enter(answer, number)
    terminal.enter('file.read("data.txt")', 5)
    album.see(terminal, "the worker waits for the answers", unplaced)


def test_resize(on_terminal, album):
    terminal = on_terminal(columns=80, rows=24)
    terminal.enter(TREE, 2)
    terminal.send("a_long_name_that_is_typed = 1 +")
    terminal.wait("1 +")
    terminal.resize(44, 20)
    terminal.settle(0.5)
    terminal.send("2")
    terminal.wait("1 +2")
    terminal.press("enter")
    terminal.prompt(3)
    terminal.clear()
    terminal.enter("_1", 4)
    album.see(terminal, "a narrow window")
    terminal.resize(100, 24)
    terminal.settle(0.5)
    terminal.clear()
    terminal.enter("_1", 5)
    album.see(terminal, "a wide one")


def test_what_comes_in_the_background_shows_above_the_line_that_is_typed(on_terminal, album):
    terminal = on_terminal()
    terminal.enter("import time;", 2)
    terminal.enter(".async time.sleep(0.7); print('from the background'); 42")
    terminal.settle()
    terminal.send("half a li")
    terminal.wait("from the background")
    terminal.wait("half a li")
    terminal.send("ne")
    terminal.wait("half a line")
    album.see(terminal, "what a job prints, and that it is done")
    assert terminal.cursor[1] == len("ml:2> half a line")


def test_without_colours(on_terminal):
    terminal = on_terminal(env={"NO_COLOR": "1"})
    terminal.enter("[{a: 1}, {a: 'x'}]; 1 + nothing", 2)
    terminal.send("if (true) { 1; }")
    terminal.wait("1; }")
    terminal.settle()
    assert {cell.fg for row in range(24) for cell in terminal.screen.buffer[row].values()} == {"default"}


def test_reload_on_save(on_terminal, album, tmp_path):
    """A module that prints while it is reloaded, a save that breaks it, and the next good one; the line that is typed stays."""
    noisy = tmp_path / "noisy.ml"
    noisy.write_text("print('loading');\nanswer = fn() => 1;\n")
    terminal = on_terminal(rows=45)
    terminal.enter("import noisy", 2)
    terminal.enter(".watch noisy", 2)
    terminal.send("noisy.answer() +")
    terminal.wait("noisy.answer() +")
    noisy.write_text("print('loading again');\nanswer = fn() => 2;\n")
    terminal.wait("reloaded")
    terminal.send(" 40")
    terminal.wait("noisy.answer() + 40")
    terminal.press("enter")
    terminal.prompt(3)
    assert "\n42\n" in terminal.text
    terminal.send("noisy.")
    terminal.wait("ml:3> noisy.")
    noisy.write_text("print('broken';\nanswer = fn() => 3;\n")
    terminal.wait("stays as it was")
    noisy.write_text("answer = fn() => 4;\n")
    terminal.wait(lambda one: one.text.count("reloaded") == 2)
    terminal.send("answer()")
    terminal.press("enter")
    terminal.prompt(4)
    terminal.enter(".unwatch", 4)
    album.see(terminal, "each save shows above the line that is typed")


def test_ctrl_c_ends_a_reload_that_hangs(on_terminal, album, tmp_path):
    (tmp_path / "stuck.ml").write_text("value = 1;\n")
    terminal = on_terminal()
    terminal.enter("import stuck", 2)
    terminal.enter(".watch stuck", 2)
    (tmp_path / "stuck.ml").write_text("print('begun');\nwhile (true) {}\n")
    terminal.wait("begun")
    terminal.press("ctrl-c")
    terminal.wait("stays as it was")
    terminal.enter("stuck.value", 3)
    album.see(terminal, "the reload ends, and the module is the old one")


COMMANDS = {
    ".addpath modules": "looking in `modules` too",
    ".ast x + 1": "Binary",
    ".async 1 + 1": "job 1 runs",
    ".audit": "nothing was used",
    ".await 1": "ml:",
    ".bench x + 1": "x + 1",
    ".callback add(1)": "call",
    ".cancel 1": "job 1 has ended",
    ".caps": "file.read",
    ".devmode on": "on",
    ".grant env.read:HOME": "granted: file.read:./x, env.read:HOME",
    ".help undo": "step back one evaluation",
    ".history": "function add(a)",
    ".jobs": "done",
    ".limits time 5s": "5.000 s",
    ".load data.ml": "from a file",
    ".memreport": "",
    ".memreport off": "",
    ".modinfo math": "lcm(...values: int): int",
    ".modules": "collections",
    ".perfmon": "",
    ".profile add(1)": "",
    ".py x + 1": "x + 1",
    ".refresh": "",
    ".reload math": "",
    ".reloadall": "",
    ".revoke env.read": "revoked: env.read",
    ".save session.ml": "saved: `mlpy run session.ml` runs it",
    ".set items 7": "7",
    ".show [1, 2]": "[1, 2]",
    ".time add(1)": "",
    ".type x + 1": "int",
    ".undo": "undid",
    ".unwatch": "",
    ".vars": "number",
    ".watch": "",
    ".reset": "a fresh session",
}


# What shows differs with the modules that there are, or with what a sampler happened to see.
OTHERWISE = (".memreport", ".modules", ".profile add(1)")
MEASURING = (".async 1 + 1", ".bench x + 1", ".callback add(1)", ".jobs", ".limits time 5s", ".perfmon", ".refresh", ".reload math", ".time add(1)")


def measured(text: str) -> str:
    """A screen without what was measured, and the blanks and bars that stand for it."""
    return re.sub(r"[ ─]{2,}|█+", "  ", re.sub(r"TIME|\d+([.,]\d+)*( ns)?", "N", text))


def test_every_command(on_terminal, album, tmp_path):
    """Each of them does something on a terminal that is no mistake; `test_commands.py` and `test_development.py` look at what."""
    assert {line.split()[0][1:] for line in COMMANDS} | {"exit"} == set(table())
    (tmp_path / "modules").mkdir()
    (tmp_path / "data.ml").write_text("print('from a file');")
    terminal = on_terminal("--allow", "file.read:./x", columns=110, rows=60)
    terminal.enter("import math; x = 41; function add(a) { return a + x; }", 2)
    for line, marker in COMMANDS.items():
        terminal.clear()
        terminal.enter(line)
        terminal.wait(lambda one: one.bare and one.cursor[0] > 0)
        assert marker in terminal.text, line
        assert not re.search("^error", terminal.text, re.MULTILINE), terminal.text
        if line not in OTHERWISE:
            album.see(terminal, line, measured if line in MEASURING else str)
    terminal.enter(".exit")
    assert terminal.end() == 0
