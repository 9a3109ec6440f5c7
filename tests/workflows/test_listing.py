"""`mlpy workflow list`, `show`, `search`, `new`, `edit`, `rm` and `sync`, as people and scripts see them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from argparse import Namespace

import pytest
from mlpy.extensions.workflows import command, folder
from mlpy.extensions.workflows.commands import new
from mlpy.extensions.workflows.languages import LANGUAGES

SCRIPTS = {
    "deploy.sh": "#!/bin/sh\n# @description: ships it\n# @group: ops\n# @tags: release\n# @param env:choice(dev|prod)=dev where to\n# @timeout: 5m\n",
    "deploy.py": "# @description: ships it from Python\n# @requires: rich>=13\nprint(1)\n",
    "clean.js": "// @description: sweeps the floor\n// @author: Ada\n",
    "tidy.rb": "# @description: tidies up\n# @group: ops\n",
    "count.pl": "# @description: counts\n# @version: 2.0\n",
    "rules.ml": "// @description: decides\n// @grant: file.read:./data/**\nprint(1);\n",
    "report/__main__.py": "# @description: reports\nimport lines\n",
    "report/lines.py": "",
    "look.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": "# @description: looks\nprint(1)\n"}], "metadata": {}}),
}
TABLE = """\
NAME           LANGUAGE    GROUP  VERSION  DESCRIPTION
clean          javascript                  sweeps the floor
count          perl               2.0      counts
deploy:python  python                      ships it from Python
deploy:sh      sh          ops             ships it
look           notebook                    looks
report         python                      reports
rules          ml                          decides
tidy           ruby        ops             tidies up
"""


@pytest.fixture
def filled(scripts):
    """A folder with scripts in six languages and a notebook, two of them with one stem."""
    for name, text in SCRIPTS.items():
        scripts.write(name, text)
    return scripts


def names(record: dict) -> list[str]:
    return [one["reference"] for one in record["data"]["workflows"]]


def test_list_shows_every_workflow(filled, workflow, answer):
    assert workflow("list") == (0, TABLE, "")
    code, record = answer("list")
    assert (code, record["data"]["count"], record["data"]["folder"], record["data"]["problems"]) == (0, 8, str(filled.path), [])
    assert names(record) == ["clean", "count", "deploy:python", "deploy:sh", "look", "report", "rules", "tidy"]
    assert [one["in_step"] for one in record["data"]["workflows"]] == [False] * 8
    assert not list(filled.path.glob("*.json"))
    filled.folder.sync()
    after = answer("list")[1]["data"]["workflows"]
    assert after == [one | {"in_step": True} for one in record["data"]["workflows"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-g", "ops"], ["deploy:sh", "tidy"]),
        (["-l", "py"], ["deploy:python", "report"]),
        (["--tag", "release"], ["deploy:sh"]),
        (["-g", "ops", "-l", "ruby"], ["tidy"]),
        (["-g", "no"], []),
    ],
)
def test_list_shows_those_that_are_meant(filled, answer, arguments, expected):
    assert names(answer("list", *arguments)[1]) == expected


def test_a_language_that_is_none_is_a_mistake(filled, workflow):
    assert workflow("list", "-l", "pyton") == (2, "", "error: unknown language `pyton`\n  = hint: did you mean `python`?\n")


def test_search_looks_at_what_workflows_say(filled, answer, workflow):
    for words, expected in (
        ("DEPLOY", ["deploy:python", "deploy:sh"]),
        ("ships python", ["deploy:python"]),
        ("ops", ["deploy:sh", "tidy"]),
        ("where", ["deploy:sh"]),
        ("ada", ["clean"]),
        ("rich", ["deploy:python"]),
        ("count", ["count"]),
        ("import", []),
    ):
        assert names(answer("search", *words.split())[1]) == expected
    assert names(answer("search", "--code", "import")[1]) == ["report"]
    assert workflow("search", "import") == (0, "no workflow has `import`; `--code` searches the text of the scripts, too\n", "")
    filled.write("zz.sh", "# @description: deploy\n")
    assert names(answer("search", "deploy")[1]) == ["deploy:python", "deploy:sh", "zz"]


def test_show_tells_all(filled, workflow, answer):
    data = answer("show", "deploy:sh")[1]["data"]
    assert data["record"]["code"] == SCRIPTS["deploy.sh"]
    assert data["header"] == {"grants": [], "needs": [], "inputs": [], "outputs": [], "retries": 0, "script": None, "timeout_seconds": 300}
    code, out, _ = workflow("show", "deploy:sh")
    assert code == 0
    for line in ("deploy:sh", "description  ships it", "group        ops", "timeout      300 s", "env        choice(dev|prod)  dev      where to"):
        assert line in out.splitlines()
    assert SCRIPTS["deploy.py"] in workflow("show", "deploy:py", "--code")[1]
    assert answer("show", "rules")[1]["data"]["header"]["grants"] == ["file.read:./data/**"]


def test_names_that_mean_nothing_or_too_much(filled, answer, workflow):
    code, record = answer("show", "deploy")
    assert (code, record["error"]["type"], record["error"]["matches"]) == (1, "ambiguous_match", ["deploy:python", "deploy:sh"])
    assert workflow("show", "deploy") == (1, "", "error: `deploy` may mean 2 workflows\n  = hint: it may be `deploy:python`, `deploy:sh`\n")
    assert answer("show", "depoly")[1]["error"]["type"] == "workflow_not_found"
    assert workflow("show", "cleen")[2] == "error: there is no workflow `cleen`\n  = hint: it may be `clean`\n"


def test_each_workflow_is_found_by_what_the_list_calls_it(scripts, answer):
    """Whatever files are called, and whatever headers claim to be called."""
    for name in ("a.py", "a/__main__.py", "b", "b.sh", "b.sh.py", "c.sh", "c.py", "c:sh", "d.sh"):
        scripts.write(name, "#!/usr/bin/env python3\n" if name.endswith(".py") else "#!/bin/sh\n")
    scripts.write("e.sh", "# @entry-point: d\n")
    scripts.write("f.sh", "# @entry-point: d.sh\n")
    listed = answer("list")[1]["data"]["workflows"]
    assert [one["reference"] for one in listed] == ["a", "a.py", "b", "b.sh", "b.sh.py", "c:python", "c.sh", "c:sh", "d", "e", "f"]
    for one in listed:
        assert answer("show", one["reference"])[1]["data"]["path"] == one["path"]
    assert [answer("show", text)[1]["data"]["reference"] for text in ("d", "d:sh", "d.sh", "e.sh")] == ["d", "d", "d", "e"]


def test_nothing_in_a_header_or_name_reaches_a_terminal_as_it_is(scripts, workflow):
    scripts.write("evil.sh", "# @description: \x1b]0;owned\x07 \u202e x\n# @group: \x1b[31m\n# @param p \x1b[2J\n# @tags: \x9b1m\n# @typo\x1b: x\n# @retires 3\x1b[1m\n")
    for arguments in (("list",), ("show", "evil"), ("search", "evil"), ("sync",), ("list", "-g", "\x1b[31m"), ("show", "\x1b[1m")):
        _, out, err = workflow(*arguments)
        assert not any(character in out + err for character in ("\x1b", "\x07", "\u202e", "\x9b"))


def test_problems_are_told(scripts, workflow, answer, tmp_path):
    scripts.write("ok.sh", "")
    for number in range(7):
        (scripts.path / f"l{number}.sh").symlink_to(tmp_path)
    _, out, err = workflow("list")
    assert out.startswith("NAME  LANGUAGE\nok    sh\n")
    assert err.count("is a link that leads out of the folder") == 5
    assert err.endswith("note: 2 more files cannot be workflows; `mlpy workflow sync --check` names them\n")
    code, out, _ = workflow("sync", "--check")
    assert (code, out.count("\n")) == (1, 8)
    assert len(answer("list")[1]["data"]["problems"]) == 7


# ── which folder ──


def test_the_folder_is_the_one_that_is_named_or_that_of_the_project(scripts, home, tmp_path, workflow, answer, monkeypatch):
    def meant(*arguments: str) -> str:
        return answer("list", *arguments)[1]["data"]["folder"]

    assert meant() == str(scripts.path)
    (tmp_path / "other").mkdir()
    assert meant("--folder", str(tmp_path / "other")) == str(tmp_path / "other")
    monkeypatch.delenv("MLPY_WORKFLOWS")
    assert meant() == str(home / "config" / "workflows")
    project = tmp_path / "project"
    (project / "workflows").mkdir(parents=True)
    (project / "deep" / "er").mkdir(parents=True)
    (project / "mlpy.toml").write_text("")
    monkeypatch.chdir(project / "deep" / "er")
    assert meant() == str(project / "workflows")
    (project / "deep" / "er" / "workflows").mkdir()
    assert meant() == str(project / "deep" / "er" / "workflows")
    monkeypatch.chdir(project / "deep")
    monkeypatch.setenv("MLPY_PROJECT", "0")
    assert meant() == str(home / "config" / "workflows")
    code, _, err = workflow("list", "--folder", "nowhere")
    assert (code, err) == (1, "error: there is no folder `nowhere`\n  = hint: `mkdir -p nowhere` makes it\n")


def test_an_empty_folder_says_what_to_do(scripts, workflow):
    assert workflow("list") == (0, f"no workflows are in {scripts.path}; `mlpy workflow new NAME -l LANGUAGE` makes one\n", "")


# ── writing ──


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_new_writes_what_has_a_record_and_no_warnings(scripts, answer, language):
    code, record = answer("new", "greet", "-l", language, "-d", "greets \"all\" & 'some'", "-g", "demo")
    found = record["data"]["workflow"]
    assert (code, found["language"], found["description"], found["group"], found["warnings"], found["in_step"]) == (0, language, "greets \"all\" & 'some'", "demo", [], True)
    path = scripts.path / f"greet{LANGUAGES[language].extension}"
    assert os.access(path, os.X_OK) == (language != "notebook")
    assert scripts.recorded == [path.name]


def test_new_refuses_what_is_there_and_what_is_no_name(scripts, answer, workflow, monkeypatch, home):
    assert answer("new", "a.sh")[1]["data"]["workflow"]["reference"] == "a"
    assert answer("new", "a")[1]["data"]["workflow"]["language"] == "ml"
    before = (scripts.path / "a.sh").read_text()
    for arguments, kind in (
        (["a.sh"], "already_exists"),
        (["../x"], "invalid_name"),
        (["a b"], "invalid_name"),
        ([".x"], "invalid_name"),
        (["_x"], "invalid_name"),
        (["x", "-l", "cobol"], "invalid_value"),
        (["x", "-d", "a\n# @grant all"], "invalid_value"),
    ):
        assert answer("new", *arguments)[1]["error"]["type"] == kind
    assert (scripts.path / "a.sh").read_text() == before
    assert scripts.recorded == ["a.ml", "a.sh"]
    monkeypatch.delenv("MLPY_WORKFLOWS")
    assert workflow("new", "mine", "-l", "python")[0] == 0
    assert (home / "config" / "workflows" / "mine.py").exists()


def test_new_leaves_nothing_where_there_is_no_room(scripts, answer):
    """As on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            new.perform(Namespace(NAME="a.sh", language=None, description="", group="", folder=None))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(scripts.path.iterdir()) == []
    assert answer("new", "a.sh")[0] == 0


def test_edit_opens_the_editor_and_writes_the_record(scripts, workflow, answer, monkeypatch):
    scripts.write("a.sh", "# @version: 1\n")
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", 'sh -c \'echo "# @version: 2" > "$0"; echo "# @retires 1" >> "$0"; echo seen\'')
    assert workflow("edit", "a") == (0, "seen\nline 2: unknown entry `@retires`: did you mean `@retries`?\nthe record of a is written\n", "")
    assert scripts.record("a.sh")["version"] == "2"
    assert answer("edit", "a")[1]["data"]["changed"] is False
    monkeypatch.delenv("VISUAL")
    assert workflow("edit", "a") == (1, "", "error: the editor `false` ended with exit code 1\n")
    monkeypatch.setenv("EDITOR", "no-such-editor -x")
    assert answer("edit", "a")[1]["error"]["type"] == "editor_failed"


def test_rm_removes_what_belongs_together_and_asks_first(scripts, workflow, answer, tmp_path):
    scripts.write("a.sh", "")
    scripts.write("many/main.sh", "")
    scripts.write("a.sh.lock", "")
    (scripts.path / "link.sh").symlink_to("a.sh")
    scripts.folder.sync()
    code, record = answer("rm", "a")
    assert (code, record["error"]["type"], record["data"]["action"]) == (3, "confirmation_required", "refused")
    assert workflow("rm", "a", "--dry-run")[0] == 0
    assert len(scripts.recorded) == 3
    assert workflow("rm", "link", "-y")[0] == 0
    assert (scripts.path / "a.sh").exists()
    assert answer("rm", "a", "-y")[1]["data"]["action"] == "deleted"
    assert answer("rm", "many", "--yes")[1]["data"]["action"] == "deleted"
    assert list(scripts.path.iterdir()) == []


def test_rm_asks_at_a_terminal(scripts, environment):
    pexpect = pytest.importorskip("pexpect")
    path = scripts.write("a.sh", "")
    for answer, code, there in (("n", 3, True), ("y", 0, False)):
        child = pexpect.spawn(
            sys.executable, ["-m", "mlpy", "workflow", "rm", "a", "--folder", str(scripts.path)], env=environment, timeout=60, encoding="utf-8", dimensions=(24, 200)
        )
        child.expect_exact("a.sh`? [y]es, [n]o ")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert (child.exitstatus, path.exists()) == (code, there)


def test_sync_writes_and_check_only_tells(scripts, workflow, answer):
    scripts.write("a.sh", "")
    assert workflow("sync", "--check") == (1, "to be created  a.sh\n", "")
    assert scripts.recorded == []
    assert workflow("sync") == (0, "created  a.sh\n", "")
    (scripts.path / "a.sh").rename(scripts.path / "b.sh")
    assert workflow("sync") == (0, "renamed  a.sh → b.sh\n", "")
    assert answer("sync")[1]["data"] == {"folder": str(scripts.path), "created": [], "updated": [], "renamed": [], "removed": [], "unchanged": ["b.sh"], "problems": []}
    assert workflow("sync", "--check") == (0, "1 record is in step\n", "")


# ── what a start costs ──

HEAVY = ("asyncio", "dataclasses", "hashlib", "http", "inspect", "multiprocessing", "sqlite3", "subprocess", "tempfile", "tomllib", "typing", "urllib3", "watchdog")


def test_list_imports_nothing_heavy_and_reads_no_script_that_it_knows(filled, environment):
    for name in SCRIPTS:
        os.utime(filled.path / name, (1, 1))
    code = (
        "import sys; from mlpy.cli import main; sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == 'open' else None); opened = []; "
        f"main(['workflow', 'list', '--folder', {str(filled.path)!r}]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], [one for one in opened if {str(filled.path)!r} in one])"
    )
    for expected in (None, None, "[] []"):  # what has just been written may change within a tick of the clock, and is read once more
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.startswith(TABLE)
        if expected is not None:
            assert done.stdout.removeprefix(TABLE).strip() == expected


def test_every_command_of_this_half_has_its_help(workflow):
    assert set(command.COMMANDS) >= {"edit", "list", "new", "rm", "search", "show", "sync", "watch"}
    for name in ("edit", "list", "new", "rm", "search", "show", "sync", "watch"):
        code, out, err = workflow(name, "--help")
        assert (code, err) == (0, "")
        assert f"usage: mlpy workflow {name}" in out
    assert folder.VARIABLE in workflow("list", "--help")[1]
