"""Nothing but `run` runs anything of a script's: a folder whose every script, header and file name would leave a mark leaves none, through every other command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from mlpy.extensions.workflows.command import COMMANDS

# What each language would leave a mark with; `MARK` is the path.
BODIES = {
    "bash": "touch MARK", "fish": "touch MARK", "javascript": 'require("fs").writeFileSync("MARK", "")', "ml": 'import file;\nfile.write_text("MARK", "");', "perl": 'open(my $f, ">", "MARK");',
    "python": 'open("MARK", "w")', "ruby": 'File.write("MARK", "")', "sh": "touch MARK", "typescript": 'require("fs").writeFileSync("MARK", "")', "zsh": "touch MARK",
}  # fmt: skip
FILES = {
    "bash": "a.bash",
    "fish": "b.fish",
    "javascript": "c.js",
    "ml": "d.ml",
    "perl": "e.pl",
    "python": "f.py",
    "ruby": "g.rb",
    "sh": "h.sh",
    "typescript": "i.ts",
    "zsh": "j.zsh",
}
# What a reader that believed its input, or handed it to a shell, to Python or to Node, would do.
TRICKS = [
    "@description: $(touch MARK) `touch MARK` ; touch MARK | {open('MARK','w')} ${{process.mainModule}} %(x)s {0.__class__}",
    "@version: $(touch MARK)",
    "@author: '; touch MARK; '",
    "@tags: $(touch MARK), `touch MARK`",
    "@param x:str=$(touch MARK) `touch MARK`",
    "@param __import__('os').system('touch MARK')",
    "@param n:eval(open('MARK','w'))=1",
    "@inputs: $(touch MARK) **/*",
    "@outputs: `touch MARK`",
    "@needs: $(touch MARK)",
    "@timeout: $(touch MARK)",
    "@install-hint: touch MARK",
    "@group: __import__('os').system('touch MARK')",
]
# What Python, Node, shells and build tools read of a folder on their way.
AMBUSH = {
    **dict.fromkeys(
        ("sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "json.py", "re.py", "argparse.py", "mlpy.py", "datetime.py", "__init__.py", "__main__.py"),
        "open('MARK','w')",
    ),
    "x.pth": "import os; open('MARK','w')",
    ".bashrc": "touch MARK",
    ".zshenv": "touch MARK",
    ".envrc": "touch MARK",
    "package.json": '{"name": "x", "type": "commonjs", "scripts": {"preinstall": "touch MARK", "prepare": "touch MARK"}}',
    "Makefile": "$(shell touch MARK)\n",
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n[tool.mlpy]\nextension_paths = ["extensions"]\n',
    "extensions/evil.py": "open('MARK','w')\nfrom mlpy.sdk import ml_module\n@ml_module('evil')\nclass Evil:\n    pass\n",
    "many/__main__.py": "open('MARK','w')",
    "many/__init__.py": "open('MARK','w')",
    "many/setup.py": "open('MARK','w')",
}
NAMES = ("$(touch MARK1).sh", "`touch MARK1`.py", "; touch MARK1 ;.sh", "-rf.sh", "--help.py", "%s%n.py", "{open('MARK1','w')}.js")
LINES = {
    "list": [["list"], ["list", "--json"]],
    "show": [["show", "f"], ["show", "e", "--code"], ["show", "note"], ["show", "many"], ["show", "--json", "trick-ml"]],
    "search": [["search", "touch"], ["search", "--code", "MARK"]],
    "new": [["new", "fresh", "-l", "python"]],
    "edit": [["edit", "fresh"]],
    "rm": [["rm", "fresh", "--dry-run"], ["rm", "fresh", "--yes"]],
    "sync": [["sync", "--check"], ["sync"], ["sync"]],
    "watch": [["watch"]],
    "import": [["import", "--yes", "--force", "../elsewhere/h.sh"], ["import", "--yes", "--force", "../elsewhere/many"], ["import", "--dry-run", "../elsewhere"]],
    "export": [["export", "f"], ["export", "many", "-o", "../exported/"], ["export", "note"]],
    "lock": [["lock", "plain"], ["lock", "c"]],
    "verify": [["verify"], ["verify", "plain"]],
    "graph": [["graph", "--all"], ["graph", "f"], ["graph", "trick-sh"], ["graph", "f", "--svg", "-"]],
    "history": [["history"], ["history", "f"]],
    "run": [
        ["run", "f", "--help"],
        ["run", "f", "--dry-run"],
        ["run", "c", "--dry-run"],
        ["run", "note", "--help"],
        ["h", "--help"],
        ["many", "--help"],
        ["run", "d", "--dry-run"],
    ],
}
# Runs every line in one process, which tells what it has started and what it has imported of the folder.
DRIVER = """
import json, os, signal, sys
started = []
sys.addaudithook(lambda event, given: started.append([event, str(given[0])]) if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn") else None)
from mlpy.cli import main
told = []
for line in json.loads(sys.argv[1]):
    if line == ["watch"]:
        signal.setitimer(signal.ITIMER_REAL, 1.0)
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    before = len(started)
    told.append([line, main(["workflow", *line]), started[before:]])
here = os.getcwd()
told.append([[name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(here)]])
sys.stderr.write("TOLD" + json.dumps(told))
"""


@pytest.fixture
def armed(scripts, tmp_path):
    """A folder in which everything would leave a mark, and a second one to import from."""
    mark = str(tmp_path / "mark")

    def place(folder, name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("MARK", mark), encoding="utf-8")
        path.chmod(0o755)

    elsewhere = tmp_path / "elsewhere"
    for language, name in FILES.items():
        comment = "//" if language in ("javascript", "ml", "typescript") else "#"
        place(scripts.path, name, f"{comment} @description: {language}\n{comment} @inputs: *\n{BODIES[language]}\n")
        place(elsewhere, name, BODIES[language])
        place(scripts.path, f"trick-{language}{os.path.splitext(name)[1]}", "".join(f"{comment} {line}\n" for line in TRICKS))
    cells = [{"cell_type": "code", "source": f"# @description: x\n!touch MARK\n%run f.py\n{BODIES['python']}\n", "outputs": [], "metadata": {}}]
    place(scripts.path, "note.ipynb", json.dumps({"cells": cells, "metadata": {"workflow": {"description": "$(touch MARK)"}}, "nbformat": 4, "nbformat_minor": 5}))
    place(scripts.path, "plain.py", BODIES["python"])
    place(scripts.path, "block.py", '# /// script\n# dependencies = ["x @ file:///$(touch MARK)"]\n# ///\nopen("MARK","w")\n')
    for name, text in AMBUSH.items():
        place(scripts.path, name, text)
        place(elsewhere, name, text)
    for name in NAMES:
        place(scripts.path, name.replace("MARK1", "mark1"), "touch MARK\n")
    return tmp_path


def test_nothing_but_run_runs_anything(armed, scripts, environment):
    assert set(LINES) == set(COMMANDS)
    lines = [["list"], *(line for name in COMMANDS for line in LINES[name])]
    programs = armed / "bin"  # who starts an interpreter by its name starts one that leaves a mark
    programs.mkdir()
    for program in ("bash", "bun", "deno", "fish", "git", "jupyter", "node", "npm", "perl", "pip", "python", "python3", "ruby", "sh", "ts-node", "tsx", "uv", "zsh"):
        (programs / program).write_text(f"#!/bin/sh\n: > {armed}/mark-of-{program}\n")
        (programs / program).chmod(0o755)
    true = shutil.which("true")
    own = {"PATH": str(programs), "EDITOR": true, "HOME": str(armed / "home"), "MLPY_STATE_DIR": str(armed / "home/state"), "MLPY_WORKFLOWS": str(scripts.path)}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(lines)],
        cwd=scripts.path,
        env={**environment, **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "TOLD" in done.stderr, done.stderr
    *told, (imported,) = json.loads(done.stderr.rpartition("TOLD")[2])
    assert [(line, started) for line, _, started in told if started and line[0] != "edit"] == []
    assert [{program for _, program in started} for line, _, started in told if line[0] == "edit"] == [{true}]
    assert imported == []
    assert [path.name for path in armed.iterdir() if path.name.startswith("mark")] == []
    assert [path.name for path in scripts.path.iterdir() if path.name.startswith("mark")] == []
    failed = {" ".join(line) for line, code, _ in told if code}
    assert failed == {"graph --all", "graph trick-sh", "sync --check"}, done.stderr


@pytest.mark.parametrize("language", sorted(set(FILES) - {"ml", "typescript"}))
def test_the_marks_are_left_by_whoever_runs_the_scripts(armed, scripts, language):
    program = {"javascript": "node", "python": sys.executable}.get(language, language)
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    subprocess.run([program, FILES[language]], cwd=scripts.path, check=True, timeout=60, capture_output=True, env={**os.environ, "PYTHONSAFEPATH": "1"})
    assert (armed / "mark").exists()
