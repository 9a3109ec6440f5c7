"""The module `workflows` of programs: what it gives, whose name is granted, and that a script ends with the run and tells nothing of the host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mlpy
from mlpy.capabilities import Grants
from mlpy.errors import MLError
from mlpy.registry import Registry
from mlpy.runtime.values import display, quoted
from mlpy.sandbox import lockdown

EXAMPLE = Path(__file__).parents[2] / "examples" / "workflows.ml"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "workflows.md"
GUIDE = re.compile(r"^```ml\n(import workflows;\nfor .*?)^```$", re.DOTALL | re.MULTILINE)
PATIENCE = float(os.environ.get("MLPY_PATIENCE", "60"))  # seconds until what does not come counts as missing
GREET = """\
#!/bin/sh
# @description: says hello
# @group: demo
# @param loud:bool=false say it aloud
echo "hello ${1:-you}"
if [ "$MLPY_PARAM_LOUD" = true ]; then echo "HELLO" >&2; exit 7; fi
"""
FETCH = """\
# @description: fetches a file
# @outputs: data.txt
open("data.txt", "w").write("1 2 3")
print("fetched")
"""
REPORT = """\
#!/bin/sh
# @description: counts the words of the file
# @needs: fetch
wc -w < data.txt
"""
WIPE = "#!/bin/sh\n# @description: a script that leaves a mark\ntouch wiped\n"


@pytest.fixture
def here(scripts):
    for name, text in (("greet.sh", GREET), ("fetch.py", FETCH), ("report.sh", REPORT), ("wipe.sh", WIPE)):
        scripts.write(name, text)
    return scripts


def run(text: str, *grants: str, **options):
    return mlpy.run(f"import workflows;\n{text}", grants=[*grants], **options)


def fails(text: str, *grants: str, **options) -> MLError:
    with pytest.raises(MLError) as caught:
        run(text, *grants, **options)
    return caught.value


MEMBERS = Registry().info("workflows").members


@pytest.mark.parametrize("name", MEMBERS)
def test_an_example_gives_what_it_says(name, here):
    code, said = MEMBERS[name].examples[0][1:-1].split("` → `")
    value = mlpy.compile(f"import workflows;\n{code}").run(grants=Grants.everything()).value
    assert said in (quoted(value), display(value))


def test_the_program_of_the_guide(here):
    here.write("monthly.sh", '#!/bin/sh\n# @group: reports\n# @description: a month in figures\n# @param format:str=text how\necho "$1 as $MLPY_PARAM_FORMAT"\n')
    program = mlpy.compile(GUIDE.search(PAGE.read_text(encoding="utf-8"))[1] + "print(done.stdout);")
    assert program.run(grants=Grants.everything()).output == "monthly a month in figures\n2026-11 as html\n\n"


def test_the_example_program(here, command, golden):
    environment = {name: os.environ[name] for name in ("MLPY_WORKFLOWS", "MLPY_STATE_DIR", "HOME")}
    done = command("run", str(EXAMPLE), "--allow", "workflow.list", "--allow", "workflow.run:greet", "--allow", "workflow.run:report", env=environment)
    assert (done.code, done.stderr) == (0, "")
    assert not Path("wiped").exists()
    golden(EXAMPLE.with_suffix(".out"), done.stdout)


def test_looking_runs_nothing_and_tells_no_place(here):
    seen = run("[workflows.list(), workflows.search('file'), workflows.show('wipe'), workflows.graph('report'), workflows.history()]", "workflow.list")
    assert not Path("wiped").exists()
    assert str(here.path.parent) not in str(seen)
    missing = fails("workflows.show('nobody')", "workflow.list")
    assert (missing.type, missing.message, missing.fields["kind"]) == ("IOError", "there is no workflow `nobody`", "workflow_not_found")


def test_a_grant_is_for_the_full_name_and_for_all_that_is_needed(here):
    assert fails("workflows.list()").message == "`workflow.list` is not granted"
    assert fails("workflows.run('report')", "workflow.run:report").message == "`workflow.run:fetch` is not granted"
    assert run("workflows.run('report')", "workflow.run:report", "workflow.run:fetch") == {"code": 0, "stdout": "fetched\n3\n", "stderr": ""}
    assert run("workflows.run('report').stdout", "workflow.run:*") == "3\n"  # what was fetched has not changed
    here.write("greet.py", "print('hello from Python')\n")
    assert fails("workflows.run('greet')", "workflow.run:*").fields["matches"] == ["greet:python", "greet:sh"]
    assert run("workflows.run('greet:python').stdout", "workflow.run:greet:python") == "hello from Python\n"
    assert fails("workflows.run('greet.sh')", "workflow.run:greet.sh").message == "`workflow.run:greet:sh` is not granted"


def test_who_may_not_list_hears_of_nothing_that_is_not_granted(here):
    for name in ("greet", "gret", "nobody"):
        assert fails(f"workflows.run('{name}')", "workflow.run:wipe").message == f"`workflow.run:{name}` is not granted"
    for grant, matches, hint in (("gret", None, "`mlpy workflow list` shows what is there"), ("gre*", ["greet"], "did you mean `greet`?")):
        close = fails("workflows.run('gret')", f"workflow.run:{grant}")
        assert (close.message, close.fields.get("matches"), close.hint) == ("there is no workflow `gret`", matches, hint)


@pytest.mark.parametrize(
    ("code", "type", "message"),
    [
        ("run(1)", "TypeError", "`name` must be a string, not a number"),
        ("run('')", "ValueError", "`name` must be a string that is not empty"),
        ("run('a\\nb')", "ValueError", "`name` must have from 1 to 512 characters that can be shown"),
        ("run('greet', 'Ada')", "TypeError", "`arguments` must be an array of strings, not a string"),
        ("run('greet', [1])", "TypeError", "`arguments[0]` must be a string, not a number"),
        ("run('greet', params: {loud: []})", "TypeError", "`params.loud` must be a string, a number or a boolean, not an array"),
        ("run('greet', params: {lout: true})", "ValueError", "`greet` has no parameter `lout`"),
        ("history(limit: 0)", "ValueError", "`limit` must be from 1 to 1,000"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_language(here, code, type, message):  # noqa: A002  the field's name
    error = fails(f"workflows.{code}", "workflow.list", "workflow.run:*")
    assert (error.type, error.message) == (type, message)


def test_budgets_count_runs_and_bytes(here):
    assert "is used up" in fails("workflows.run('greet'); workflows.run('greet');", "workflow.run:greet,count=1").message
    assert "`bytes=5`" in fails("workflows.run('greet')", "workflow.run:greet,bytes=5").message


def test_a_script_ends_with_the_run(here):
    here.write("sleepy.sh", "#!/bin/sh\necho $$ > pid\nsleep 600 & wait\n")
    here.write("drowsy.sh", "#!/bin/sh\n# @needs: greet\necho $$ > pid\nsleep 600 & wait\n")
    for name in ("sleepy", "drowsy"):
        error = fails(f"workflows.run('{name}')", "workflow.run:*", limits=mlpy.Limits(time=2))
        assert error.limit == "time"
        process = int(Path("pid").read_text(encoding="utf-8")) if Path("pid").exists() else None
        deadline = time.monotonic() + PATIENCE
        while process is not None and alive(process):
            assert time.monotonic() < deadline, "the script lives on"
            time.sleep(0.02)


def alive(process: int) -> bool:
    """Whether a process runs, and is not merely one that nobody has waited for."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return done.returncode == 0 and not done.stdout.startswith("Z")


def test_a_workflow_in_ml_runs_under_what_its_user_has_agreed_to(here, workflow):
    if lockdown.status().level not in ("filtered", "locked"):
        pytest.skip("this machine has no sandbox: `mlpy sandbox status` tells why")
    Path("note.txt").write_text("a note", encoding="utf-8")
    here.write("reads.ml", "// @grant file.read:./note.txt\nimport file;\nprint(file.read('note.txt'));\n")
    refused = fails("workflows.run('reads')", "workflow.run:reads")
    assert (refused.fields["kind"], refused.hint) == ("grant_denied", "`mlpy workflow run reads --grant-all` grants it")
    assert workflow("run", "reads", "--grant-all")[:2] == (0, "a note\n")
    assert run("workflows.run('reads').stdout", "workflow.run:reads") == "a note\n"


def test_in_a_sandbox_scripts_run_outside_of_it(here):
    if lockdown.status().level not in ("filtered", "locked"):
        pytest.skip("this machine has no sandbox: `mlpy sandbox status` tells why")
    with mlpy.Sandbox() as sandbox:
        done = sandbox.run("import workflows; [workflows.run('greet', ['Ada']), workflows.list().length]", grants=["workflow.run:greet", "workflow.list"])
    assert done.value == [{"code": 0, "stdout": "hello Ada\n", "stderr": ""}, 4]


def test_who_imports_the_module_loads_nothing_that_runs_scripts(environment):
    text = "import sys, mlpy; mlpy.run('import workflows'); print(sorted(name for name in sys.modules if name.startswith('mlpy.extensions.workflows')))"
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['mlpy.extensions.workflows']\n"
