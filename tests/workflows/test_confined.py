"""Workflows in ML: under the grants of their headers and nothing else, which their user is asked for, and again when anything of them has changed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from mlpy.extensions.workflows import confined, running
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.parameters import Given

ASKING = "// @description: reads\n// @grant file.read:./data/**\n"
READING = 'import file;\nprint(file.read("data/x.txt"));\n'


@pytest.fixture
def data(scripts):
    folder = Path("data")
    folder.mkdir()
    (folder / "x.txt").write_text("content")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


def hint(name: str) -> str:
    return f"  = hint: `mlpy workflow run {name} --grant-all` grants it\n"


def test_what_a_header_asks_for_is_refused_until_it_is_granted(workflow, answer, scripts, data):
    scripts.write("read.ml", ASKING + READING)
    refused = (3, "", "error: `read` asks for what nobody has granted it: `file.read:./data/**`\n" + hint("read"))
    assert workflow("run", "read") == refused
    assert workflow("run", "read") == refused
    code, record = answer("run", "read")
    assert (code, record["error"]["type"], record["error"]["detail"]["grants"]) == (3, "grant_denied", ["file.read:./data/**"])
    assert workflow("run", "read", "--grant-all") == (0, "content\n", "")
    assert workflow("run", "read") == (0, "content\n", "")  # that is pinned
    kept = list(Path(confined.answers()).iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]


def test_a_script_that_has_changed_asks_again(workflow, scripts, data):
    path = scripts.write("read.ml", ASKING + READING)
    assert workflow("run", "read", "--yes")[0] == 0
    path.write_text(ASKING + READING + "print(1);\n")
    code, out, err = workflow("run", "read")
    assert (code, out, err) == (3, "", "error: `read` has changed since it was granted what it asks for: `file.read:./data/**`\n" + hint("read"))
    assert workflow("run", "read", "--grant-all")[:2] == (0, "content\n1\n")


@pytest.fixture
def agreed(scripts):
    """`agreed("read")`: whether that one may run as things are; `agreed("read", yes=True)` grants it what it asks for."""

    def ask(name: str, *, yes: bool = False) -> bool:
        try:
            confined.agree(scripts.folder.find(name), os.getcwd(), yes=yes, asking=False)
        except WorkflowError as error:
            return error.type != "grant_denied"
        return True

    return ask


def test_a_file_that_it_imports_is_part_of_it(agreed, scripts):
    scripts.write("read.ml", ASKING + "import part;\nprint(part.text());\n")
    part = scripts.write("part.ml", 'import file;\nfunction text() { return file.read("data/x.txt"); }\n')
    assert agreed("read", yes=True)
    assert agreed("read")
    part.write_text(part.read_text().replace("return", "return 1 + "))
    assert not agreed("read")


def test_asking_for_more_asks_again(agreed, scripts):
    path = scripts.write("read.ml", ASKING + READING)
    assert agreed("read", yes=True)
    path.write_text("// @grant file.read:./**\n" + ASKING + READING)
    assert not agreed("read")
    assert agreed("read", yes=True)
    path.write_text(ASKING + READING)
    assert not agreed("read")  # another file, though it asks for less


def test_an_answer_holds_for_what_was_asked():
    given = confined.Answer("/a.ml", "digest", "/here", ["file.read:./x", "net.connect:a:443"])
    assert given.covers(confined.Answer("/a.ml", "digest", "/here", ["file.read:./x"]))
    for other in (("/b.ml", "digest", "/here"), ("/a.ml", "other", "/here"), ("/a.ml", "digest", "/there")):
        assert not given.covers(confined.Answer(*other, ["file.read:./x"]))
    assert not given.covers(confined.Answer("/a.ml", "digest", "/here", ["file.read:./y"]))


def test_a_script_gets_no_more_than_its_header_asks_for(workflow, scripts, data, monkeypatch):
    """Also where its user grants all other programs more."""
    monkeypatch.setenv("MLPY_ALLOW", "file.read:./**")
    scripts.write("read.ml", ASKING + READING.replace("data/x.txt", "secret.txt"))
    code, out, err = workflow("run", "read", "--grant-all")
    assert (code, out) == (3, "")
    assert "`file.read:secret.txt` is not granted" in err
    assert "  = hint: `@grant file.read:secret.txt` in its header asks for it\n" in err


def test_grants_for_a_folder_are_for_that_folder(agreed, scripts, tmp_path, monkeypatch):
    """`./data` elsewhere is something else; what does not depend on the folder is not asked again."""
    scripts.write("read.ml", ASKING + READING)
    scripts.write("env.ml", '// @description: asks\n// @grant env.read:HOME\n// @grant file.read:/tmp/**\nimport env;\nprint(env.get("HOME"));\n')
    assert agreed("read", yes=True)
    assert agreed("env", yes=True)
    monkeypatch.chdir(tmp_path)
    assert agreed("env")
    assert not agreed("read")


def test_its_parameters_need_no_grant_and_what_its_user_denies_stays_denied(workflow, scripts, monkeypatch):
    monkeypatch.setenv("MLPY_DENY", "env.read:HOME")
    header = "// @description: reads\n// @param who:str=Ada whom\n// @grant env.read:*\n"
    scripts.write("vars.ml", header + 'import env;\nprint(env.get("MLPY_PARAM_WHO"));\nprint(env.get("HOME"));\n')
    code, out, err = workflow("run", "vars", "--yes")
    assert (code, out) == (3, "Ada\n")
    assert "`env.read:HOME` is denied by" in err


def test_a_line_that_is_no_grant(workflow, scripts):
    scripts.write("odd.ml", "// @description: odd\n// @grant file.raed:./x\nprint(1);\n")
    code, _, err = workflow("run", "odd")
    assert code == 2
    assert "error: `@grant file.raed:./x` of `odd`: `file.raed` is not a kind of capability: did you mean `file.read`" in err


def test_a_script_that_changes_after_it_was_asked_about(scripts, data, environment):
    """The process of the script runs only what has the digests that were granted."""
    path = scripts.write("read.ml", ASKING + "import part;\n" + READING)
    part = scripts.write("part.ml", "x = 1;\n")
    found = scripts.folder.find("read")
    launch = running.prepared(found, Given(), running.Terms(yes=True))
    launch.environment.update({name: environment[name] for name in ("PYTHONPATH",) if name in environment})
    assert running.capture(launch).stdout == b"content\n"
    part.write_text("x = 2;\n")
    ended = running.capture(launch)
    assert (ended.exit.code, ended.stdout) == (1, b"")
    assert b"changed since its grants were given" in ended.stderr
    path.write_text(path.read_text() + "print(2);\n")
    ended = running.capture(launch)
    assert (ended.exit.code, ended.stdout) == (3, b"")


def test_answers_that_others_could_have_written_count_as_nothing(agreed, scripts):
    scripts.write("read.ml", ASKING + READING)
    assert agreed("read", yes=True)
    os.chmod(confined.answers(), 0o777)
    assert not agreed("read")


def test_a_person_is_asked(scripts, data, environment, beside):
    scripts.write("read.ml", ASKING + READING)
    terminals = beside("repl/terminal.py")
    own = environment | {"MLPY_WORKFLOWS": str(scripts.path), "MLPY_STATE_DIR": os.environ["MLPY_STATE_DIR"], "NO_COLOR": "1"}

    def ask(reply: str) -> tuple[int, str]:
        shown = terminals.Terminal("workflow", "read", env=own, cwd=data.parent.resolve(), columns=200)
        try:
            if reply:
                shown.wait("grant it? [y]es, [n]o")
                shown.send(f"{reply}\r")
            shown.wait(lambda one: "content" in one.text or "error" in one.text)
            return shown.process.wait(terminals.PATIENCE), shown.text
        finally:
            shown.close()

    code, text = ask("n")
    assert code == 3
    assert text.startswith(f"`read` asks for what nobody has granted it in {data.parent.resolve()}\n    file.read:./data/**\n  grant it? [y]es, [n]o n\n")
    assert "error: `read` was not granted what it asks for\n" in text
    code, text = ask("y")
    assert (code, text.splitlines()[-1]) == (0, "content")
    assert ask("") == (0, "content\n")
