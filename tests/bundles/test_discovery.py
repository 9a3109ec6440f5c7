"""Models are found by reading: a project and what is found in it stand in one file of `discovery/`, rewritten with `--regold`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mlpy.extensions.bundles import skeletons

CASES = Path(__file__).parent / "discovery"
PART = re.compile(r"^-- (.+) --\n", re.MULTILINE)
HOOKS = {  # what would leave a mark if anything of a project were run
    "top.py": "open({mark!r}, 'w')\n",
    "body.py": "class Body:\n    open({mark!r}, 'w')\n    def simulate(self): ...\n    def parameters(self): ...\n",
    "decorated.py": "@open({mark!r}, 'w').write\nclass Decorated:\n    def simulate(self, at=open({mark!r}, 'w')): ...\n    def parameters(self): ...\n",
    "meta.py": "class Meta(type):\n    def __init__(cls, *_): open({mark!r}, 'w')\nclass Made(metaclass=Meta):\n    def simulate(self): ...\n    def parameters(self): ...\n",
    "sitecustomize.py": "open({mark!r}, 'w')\n",
    "pathspec.py": "open({mark!r}, 'w')\n",
    "tomlkit/__init__.py": "open({mark!r}, 'w')\n",
    "setup.py": "open({mark!r}, 'w')\n",
}


def parts(text: str) -> dict[str, str]:
    """The files of a case by name; `expected` is what is found."""
    found = PART.split(text)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def told_of(data: dict) -> str:
    """What was found, a model or a file that could not be read in a line."""
    models = [f"{one['id']} = {one['class']} at {one['file']}:{one['line']} with {' '.join(one['files'])}" for one in data["models"]]
    return "".join(line + "\n" for line in [*models, *(f"{one['file']}:{one['line']} cannot be read" for one in data["problems"])])


@pytest.mark.parametrize("case", sorted(path.stem for path in CASES.glob("*.case")))
def test_models_of(case, project, answer, request):
    path = CASES / f"{case}.case"
    text = path.read_text(encoding="utf-8")
    files = parts(text)
    expected = files.pop("expected", "")
    for name, content in files.items():
        project.write(name, content)
    code, record = answer("discover")
    assert code == 0
    found = told_of(record["data"])
    if request.config.getoption("--regold"):
        path.write_text(f"{text.partition('-- expected --')[0]}-- expected --\n{found}", encoding="utf-8")
    else:
        assert found == expected


def test_nothing_of_a_project_is_run(project, command, tmp_path):
    mark = tmp_path / "mark"
    for name, text in HOOKS.items():
        project.write(name, text.format(mark=str(mark)))
    for arguments in (["discover"], ["discover", "--save"], ["add", "setup.py"], ["manifest"], ["manifest", "--check"], ["status"], ["diff"]):
        done = command("bundle", *arguments, cwd=project.root)
        assert done.code == 0, done
    assert "body:Body" in project.read("pyproject.toml")
    assert not mark.exists()


def test_what_python_cannot_read_is_told_and_the_rest_goes_on(project, answer):
    project.model("good.py", "Good")
    project.write("null.py", b"x = '\0'\n")
    project.write("latin.py", b"x = '\xff'\n")
    project.write("declared.py", "# coding: latin-1\nx = 'é'\n".encode("latin-1"))
    project.write("unknown.py", "# coding: klingon\n")
    project.write("deep.py", "x = " + "(" * 3000 + ")" * 3000)
    project.write("long.py", "x = " + "-" * 100_000 + "1")
    project.write("escape.py", "x = '\\d'\n")  # Python warns, but that is its author's business
    project.write("large.py", "#" * (4 * 1024 * 1024 + 1))
    _, record = answer("discover")
    assert [one["id"] for one in record["data"]["models"]] == ["good"]
    assert [one["file"] for one in record["data"]["problems"]] == ["deep.py", "large.py", "latin.py", "long.py", "null.py", "unknown.py"]
    assert all(one["message"] and str(project.root) not in one["message"] for one in record["data"]["problems"])


def test_each_file_is_read_once_however_many_models_need_it(project, answer, monkeypatch):
    read = []
    monkeypatch.setattr(skeletons, "read", lambda source, real=skeletons.read: read.append(source) or real(source))
    project.model("base.py", "Base")
    for number in range(200):
        project.write(f"pkg{number % 5}/m{number}.py", f"from base import Base\nclass M{number}(Base): ...\n")
    assert answer("discover")[1]["data"]["count"] == 201
    assert len(read) == 201


def test_ids_stay_with_their_classes(project, answer):
    project.model("a.py", "SIRModel")
    project.model("b.py", "SIRModel")
    project.model("c.py", "Other")
    _, record = answer("discover", "--save")
    assert [(one["id"], one["class"]) for one in record["data"]["models"]] == [("a.sir_model", "a:SIRModel"), ("b.sir_model", "b:SIRModel"), ("other", "c:Other")]
    project.write("pyproject.toml", project.read("pyproject.toml").replace('"other"', '"mine"'))
    project.model("d.py", "Other")
    _, record = answer("discover", "--save")
    assert {one["class"]: one["id"] for one in record["data"]["models"]} == {"a:SIRModel": "a.sir_model", "b:SIRModel": "b.sir_model", "c:Other": "mine", "d:Other": "other"}


def test_an_ignored_file_an_environment_and_a_link_are_not_looked_at(project, answer, tmp_path):
    for path in ("build/made.py", "env/lib/installed.py", ".venv/lib/x.py", "node_modules/n.py", "secret/s.py", "real.py"):
        project.model(path)
    project.write("env/pyvenv.cfg")
    project.write(".modelopsignore", "build/\nnode_modules/\n.venv\nsecret/*\n")
    (project.root / "linked.py").symlink_to("real.py")
    (project.root / "outside").symlink_to(tmp_path)
    _, record = answer("discover")
    assert [one["class"] for one in record["data"]["models"]] == ["real:Model"]


def test_classes_that_no_import_can_name_are_told(project, answer):
    project.model("my models/sir-1.py", "Sir")
    project.model("v1.2/seir.py", "Seir")
    _, record = answer("discover", "--save")
    assert [(one["id"], one["class"]) for one in record["data"]["models"]] == [("sir", "my models.sir-1:Sir")]
    assert [(one["file"], one["message"]) for one in record["data"]["problems"]] == [("v1.2/seir.py", "`Seir` cannot be imported: a name on the way to it has a dot in it")]
    assert answer("manifest")[0] == 0


def test_stars_and_bases_that_multiply_end(project, answer):
    for number in range(40):
        project.write(
            f"l{number}.py",
            f"from l{number + 1} import *\nfrom l{number + 2} import *\nfrom l{max(0, number - 1)} import *\nclass D{number}(D{number + 1}, D{number + 2}, Nowhere): ...\n",
        )
    project.write("l41.py", "class D40:\n    def simulate(self): ...\n    def parameters(self): ...\n")
    assert answer("discover")[1]["data"]["count"] == 41


def test_more_files_than_the_settings_can_list_are_left_to_imports(project, answer):
    for number in range(120):
        project.write(f"package/with_a_long_name_{number}.py", f"from package import with_a_long_name_{(number + 1) % 120}\nclass M{number}:\n    def simulate(self): ...\n    def parameters(self): ...\n")
    assert len(answer("discover", "--save")[1]["data"]["listed"]) == 120
    code, record = answer("status")
    assert (code, {len(one["files"]) for one in record["data"]["models"]}) == (0, {120})
    assert {one["status"] for one in answer("discover", "--save")[1]["data"]["models"]} == {"saved"}


def test_a_long_row_of_conditions_is_read(project, answer):
    project.write("rows.py", "x = 1\nif x == 0: pass\n" + "".join(f"elif x == {number}: from os import abc\n" for number in range(1500)) + "else: import helper\n")
    project.write("helper.py")
    project.write("model.py", "import rows\nclass Model:\n    def simulate(self): ...\n    def parameters(self): ...\n")
    record = answer("discover")[1]["data"]
    assert (record["problems"], record["models"][0]["files"]) == ([], ["helper.py", "model.py", "rows.py"])
