"""`mlpy bundle` in a project: from `init` to `diff`, what is tracked, the canonical manifest, and what is said of everything that is wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tomllib

import pytest
from mlpy.extensions.bundles.failures import BundleError

pytest.importorskip("pathspec", reason="needs the extra `bundles`")
pytest.importorskip("tomlkit", reason="needs the extra `bundles`")

from mlpy.extensions.bundles import editing, manifest, synced
from mlpy.extensions.bundles.paths import collisions, unsafe
from mlpy.extensions.bundles.project import Project


def settings(project):
    return tomllib.loads(project.read("pyproject.toml"))["tool"]["modelops-bundle"]


def failure(answered):
    code, record = answered
    assert code, record
    return record["error"]["type"], record["error"]["message"], record["error"].get("detail", {}).get("hint")


# ── from the beginning ──


def test_from_init_to_diff(tmp_path, monkeypatch, answer, told):
    monkeypatch.chdir(tmp_path)
    made = answer("init", "sir", "--registry", "localhost:5000/team/sir")[1]["data"]
    assert made["created"] == [".gitignore", ".modelops-bundle/", ".modelopsignore", "README.md", "models/example.py", "pyproject.toml"]
    monkeypatch.chdir(tmp_path / "sir")
    assert [(one["id"], one["status"]) for one in answer("discover")[1]["data"]["models"]] == [("example", "new")]
    assert answer("discover", "--save")[1]["data"]["saved"] is True
    assert answer("discover")[1]["data"]["models"][0]["status"] == "saved"
    assert answer("manifest", "--check")[0] == 1
    written = answer("manifest")[1]["data"]
    assert written["manifest"]["models"]["example"]["class"] == "models.example:Example"
    assert (answer("manifest", "--check")[0], answer("manifest")[1]["data"]["written"]) == (0, False)
    (tmp_path / "sir" / "data.csv").write_text("1\n", encoding="utf-8")
    assert "data.csv" in answer("status")[1]["data"]["untracked"]
    assert answer("add", "data.csv")[1]["data"]["added"] == ["data.csv"]
    status = answer("status")[1]["data"]
    assert (status["manifest"], status["base"], status["registry"], status["untracked"]) == ("stale", "manifest.json", "localhost:5000/team/sir", [])
    code, text, _ = told("diff")
    assert (code, text.splitlines()[1]) == (0, "+ data.csv  2 B")
    code, text, _ = told("manifest", "--check")
    assert code == 1
    assert "the file `data.csv` is missing in it" in text


def test_the_model_to_begin_with_runs(tmp_path, monkeypatch, answer):
    monkeypatch.chdir(tmp_path)
    answer("init", "sir")
    names: dict = {}
    exec((tmp_path / "sir" / "models" / "example.py").read_text(encoding="utf-8"), names)
    course = names["Example"]().simulate(days=30)
    assert len(course) == 31
    assert max(course) > 100


def test_the_way_into_a_folder_can_be_typed(tmp_path, monkeypatch, told):
    monkeypatch.chdir(tmp_path)
    assert "cd 'a b', then" in told("init", "a b")[1]


def test_init_makes_folders_on_the_way(tmp_path, monkeypatch, answer, told):
    monkeypatch.chdir(tmp_path)
    code, text, _ = told("init", "far/away/")
    assert code == 0
    assert "created  far/away/pyproject.toml\n" in text
    assert "cd far/away, then" in text
    assert answer("init", "./near")[1]["data"]["folder"] == "near"


def test_what_the_extra_brings_is_named(project, answer, monkeypatch):
    monkeypatch.setattr("mlpy.failures.find_spec", lambda name: None)
    assert failure(answer("status")) == ("missing_extra", "`pathspec` is not installed", "`pip install 'mlpy[bundles]'` installs what bundles need")


def test_init_in_a_project_keeps_what_it_has(tmp_path, monkeypatch, answer):
    text = '# mine\n[project]\nname = "given" # so\n\n[tool.other]\nx = 1\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("mine\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = answer("init", "registry.example.org/team/given")[1]["data"]
    assert (made["name"], made["registry"], made["changed"]) == ("given", "registry.example.org/team/given", ["pyproject.toml"])
    assert made["created"] == [".modelops-bundle/", ".modelopsignore"]
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8").startswith(text)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine\n"
    assert failure(answer("init"))[0] == "already_exists"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_leaves_out_what_mlpy_keeps(tmp_path, monkeypatch, answer):
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer("init")
    subprocess.run(["git", "init", "-q", "."], check=True)
    done = subprocess.run(["git", "status", "--porcelain", "-uall"], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()[1::2]) == [".modelopsignore", "pyproject.toml"]


@pytest.mark.parametrize(
    ("arguments", "type_"),
    [
        (["-x"], "usage"),
        (["localhost:5000/a", "--registry", "localhost:5000/b"], "usage"),
        (["localhost:5000/a:tag"], "bad_reference"),
        (["localhost:5000/UPPER"], "bad_reference"),
        (["taken"], "already_exists"),
        (["odd`name"], "invalid_name"),
        ([""], "invalid_name"),
        (["/"], "invalid_name"),
    ],
)
def test_init_refuses(arguments, type_, tmp_path, monkeypatch, answer):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert failure(answer("init", *arguments))[0] == type_
    assert sorted(os.listdir(tmp_path)) == ["home", "taken"]


# ── what is tracked ──


def test_add_and_remove(project, answer):
    for path in ("data/a.csv", "data/deep/b.csv", "notes/n.md", "x.txt"):
        project.write(path, path)
    assert answer("add", "data", "x.txt")[1]["data"] == {
        "entries": ["pyproject.toml", "data/", "x.txt"],
        "added": ["data/a.csv", "data/deep/b.csv", "x.txt"],
        "already": [],
        "tracked": 4,
    }
    assert answer("add", "data/a.csv")[1]["data"]["already"] == ["data/a.csv"]
    assert settings(project)["files"] == ["pyproject.toml", "data/", "x.txt"]
    project.write("data/later.csv")
    assert "data/later.csv" in {one["path"] for one in answer("status")[1]["data"]["files"]}
    assert failure(answer("remove", "data/a.csv")) == ("not_tracked", "`data/a.csv` is tracked with the folder `data/`", "a line `/data/a.csv` in `.modelopsignore` leaves it out")
    project.write(".modelopsignore", "/data/a.csv\n")
    assert "data/a.csv" not in {one["path"] for one in answer("status")[1]["data"]["files"]}
    (project.root / "x.txt").unlink()
    assert answer("remove", "x.txt", "data")[1]["data"]["entries"] == ["pyproject.toml"]
    assert failure(answer("remove", "x.txt"))[:2] == ("not_tracked", "`x.txt` is not tracked")
    assert answer("add", ".")[1]["data"]["entries"] == ["."]
    assert answer("remove", ".")[1]["data"]["entries"] == []


def test_paths_are_those_of_the_current_folder(project, answer, monkeypatch):
    project.write("a/b/c.txt")
    monkeypatch.chdir(project.root / "a" / "b")
    assert answer("add", "c.txt")[1]["data"]["added"] == ["a/b/c.txt"]
    assert answer("remove", "../b/c.txt")[1]["data"]["removed"] == ["a/b/c.txt"]


def test_what_cannot_be_added(project, answer, tmp_path):
    project.write("secret.pem")
    project.write("data/x.csv")
    project.write("bad\nname")
    (tmp_path / "outside.txt").write_text("", encoding="utf-8")
    (project.root / "link").symlink_to(tmp_path / "outside.txt")
    (project.root / "data" / "inner").symlink_to(tmp_path)
    os.mkfifo(project.root / "pipe")
    before = project.read("pyproject.toml")
    for path, type_ in (
        ("nothing", "file_not_found"),
        ("../outside.txt", "outside"),
        (str(tmp_path), "outside"),
        ("link", "not_a_file"),
        ("data/inner/outside.txt", "outside"),
        ("data", "not_a_file"),
        ("pipe", "not_a_file"),
        ("bad\nname", "unsafe_path"),
        ("secret.pem", "ignored"),
        (".modelops-bundle", "file_not_found"),
    ):
        assert failure(answer("add", "data/x.csv", path))[0] == type_, path
    assert project.read("pyproject.toml") == before


def test_the_hints_for_what_is_ignored_work(project, answer):
    project.write("kept.log", "1")
    project.write("out/made.csv", "2")
    project.write(".modelopsignore", "*.log\nout/\n")
    assert failure(answer("add", "kept.log")) == (
        "ignored",
        "`kept.log` is left out by `*.log` in line 1 of `.modelopsignore`",
        "a line `!/kept.log` at the end of `.modelopsignore` takes it back",
    )
    assert failure(answer("add", "out/made.csv"))[2] == "take that rule out"
    project.write(".modelopsignore", "*.log\n!/kept.log\n")
    assert answer("add", "kept.log", "out")[1]["data"]["added"] == ["kept.log", "out/made.csv"]
    for name in ("[x]*?", "end "):
        (project.root / "out" / name).symlink_to("nowhere")
        type_, _, hint = failure(answer("add", "out"))
        assert type_ == "not_a_file"
        project.write(".modelopsignore", project.read(".modelopsignore") + hint.split("`")[1] + "\n")
    project.write("out/x")
    assert answer("add", "out")[0] == 0
    (project.root / "out" / "a\nb").write_text("", encoding="utf-8")
    assert failure(answer("add", "out")) == ("unsafe_path", "`out/a\\nb` has characters that cannot be shown, or are no text", "rename it")


def test_an_edit_keeps_comments_and_order(project, answer):
    text = """\
# mine
[tool.modelops-bundle] # here
models = [
    # the first
    {id = "kept", class = "kept:Model", files = ["kept.py", "data.csv"]}, # beside
    {id = "gone", class = "gone:Model"},
]
files = [
    "a.txt", # why
    "b.txt",
]

# another
[project]
version = "1" # so
name = 'sir'
"""
    project.write("pyproject.toml", text)
    for path in ("a.txt", "b.txt", "c.txt", "data.csv"):
        project.write(path)
    project.model("kept.py")
    project.model("new.py", "New")
    assert {one["id"]: one["status"] for one in answer("discover", "--save")[1]["data"]["models"]} == {"kept": "saved", "gone": "gone", "new": "new"}
    answer("add", "c.txt")
    answer("remove", "b.txt")
    expected = text.replace('    {id = "gone", class = "gone:Model"},\n', '    {id = "new", class = "new:New", files = ["new.py"]},\n').replace('    "b.txt",\n', '    "c.txt",\n')
    assert project.read("pyproject.toml") == expected


@pytest.mark.parametrize(
    "text",
    [
        "[tool.modelops-bundle]",
        "tool.modelops-bundle.name = 'x'\n",
        "[tool]\nmodelops-bundle = {name = 'x'}\n",
        "[[tool.modelops-bundle.models]]\nid = 'old' # yes\nclass = 'm:Model'\n\n[tool.other]\nx = 1\n",
        "[tool.modelops-bundle]\r\nname = 'x'\r\n",
    ],
)
def test_a_table_may_be_written_in_any_way(text, project, answer):
    project.write("pyproject.toml", text.encode())
    project.model("m.py")
    project.model("n.py", "New")
    answer("discover", "--save")
    answer("add", "m.py")
    known = "old" if "old" in text else "model"
    models = settings(project)["models"]
    assert {one["id"]: one["class"] for one in models} == {known: "m:Model", "new": "n:New"}
    assert settings(project)["files"] == ["m.py"]
    written = (project.root / "pyproject.toml").read_bytes()
    assert (b"\r\n" in written) == (written.count(b"\n") == written.count(b"\r\n"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("files = 3", "`files` of `tool.modelops-bundle` must be a list of paths"),
        ('files = ["../x"]', "`../x` in `files` of `tool.modelops-bundle` leads out of the bundle"),
        ("file = []", "`tool.modelops-bundle` has no key `file`"),
        ('models = [{id = "a"}]', "`class` in `models[0]` of `tool.modelops-bundle` must be written as `package.module:Class`"),
        ('models = [{id = "a", class = "m:A"}, {id = "a", class = "m:B"}]', "`models` of `tool.modelops-bundle` has `a` twice"),
        ("registry = []", "`registry` of `tool.modelops-bundle` must be a text"),
        ("files = =", "pyproject.toml:2: invalid"),
    ],
)
def test_settings_that_make_no_sense(table, message, project, answer):
    project.write("pyproject.toml", f"[tool.modelops-bundle]\n{table}\n")
    type_, said, _ = failure(answer("status"))
    assert (type_, said[: len(message)]) == ("invalid_settings", message)
    assert str(project.root) not in said


def test_without_a_bundle(tmp_path, monkeypatch, answer):
    monkeypatch.chdir(tmp_path)
    for command in (["discover"], ["manifest"], ["add", "x"], ["remove", "x"], ["status"], ["diff"]):
        assert failure(answer(*command)) == ("no_bundle", "there is no bundle here, nor in a folder above", "`mlpy bundle init` makes one")


# ── the manifest ──


def test_the_manifest_is_canonical(project, answer, tmp_path):
    project.model("models/sir.py")
    project.write("data/ä b.csv", "ä\r\n")
    answer("discover", "--save")
    answer("add", "data")
    data = answer("manifest")[1]["data"]["manifest"]
    text = project.read("manifest.json")
    assert json.loads(text) == data
    assert data["schema_version"] == "1.0"
    assert data["files"]["data/ä b.csv"] == {"sha256": hashlib.sha256("ä\r\n".encode()).hexdigest(), "size": 4}
    content = json.dumps({key: data[key] for key in ("files", "models", "schema_version")}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert data["bundle_digest"] == "sha256:" + hashlib.sha256(content.encode()).hexdigest()
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for path in reversed([*data["files"]]):  # other times, another order on the disk, another place
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes((project.root / path).read_bytes())
    os.chmod(copy / "models" / "sir.py", 0o755)
    os.utime(copy / "models" / "sir.py", (0, 0))
    assert manifest.build(Project(str(copy))).text == text
    assert manifest.parse(text.encode()).text == text


def test_check_tells_what_is_stale(project, answer):
    project.model("sir.py")
    project.write("a.txt", "1")
    project.write("b.txt", "1")
    answer("discover", "--save")
    answer("add", "a.txt", "b.txt")
    answer("manifest")
    project.write("a.txt", "2")
    project.write("sir.py", project.read("sir.py") + "# changed\n")
    answer("remove", "b.txt")
    project.write("c.txt")
    answer("add", "c.txt")
    code, record = answer("manifest", "--check")
    stale = [(one["kind"], one["name"], one["change"]) for one in record["data"]["stale"]]
    assert (code, stale) == (
        1,
        [
            ("model", "model", "changed"),
            ("file", "a.txt", "changed"),
            ("file", "b.txt", "removed"),
            ("file", "c.txt", "added"),
            ("file", "pyproject.toml", "changed"),
            ("file", "sir.py", "changed"),
        ],
    )
    answer("manifest")
    project.write("manifest.json", json.dumps(json.loads(project.read("manifest.json"))))
    assert [one["change"] for one in answer("manifest", "--check")[1]["data"]["stale"]] == ["reformatted"]
    project.write("manifest.json", "{}")
    assert [one["change"] for one in answer("manifest", "--check")[1]["data"]["stale"]] == ["invalid"]
    assert answer("status")[1]["data"]["manifest"] == "invalid"


def test_what_stands_against_a_bundle(project, answer):
    project.model("sir.py")
    project.write("Data.csv")
    if (project.root / "data.csv").exists():
        pytest.skip("the file system takes one case for the other")
    project.write("data.csv")
    project.write("gone.txt")
    answer("discover", "--save")
    answer("add", "Data.csv", "data.csv", "gone.txt", "sir.py")
    assert failure(answer("manifest"))[0] == "case_collision"
    (project.root / "Data.csv").unlink()
    (project.root / "gone.txt").unlink()
    project.write("sir.py", "class (")
    code, record = answer("status")
    problems = [(one["type"], one["detail"]["hint"]) for one in record["data"]["problems"]]
    assert (code, problems) == (
        1,
        [
            ("file_not_found", "`mlpy bundle remove Data.csv` no longer tracks it"),
            ("file_not_found", "`mlpy bundle remove gone.txt` no longer tracks it"),
            ("model_not_found", "mend `sir.py`, line 1: invalid syntax"),
        ],
    )
    assert failure(answer("manifest"))[0] == "file_not_found"
    assert answer("discover")[1]["data"]["models"][0]["status"] == "kept"  # a file that cannot be read takes no model away
    assert [one["change"] for one in answer("diff")[1]["data"]["differences"]] == ["added", "added", "added", "added"]


def test_what_models_import_by_now_is_told(project, answer, told):
    project.model("sir.py")
    project.write("lib/rates.py")
    project.write("lib/tracked.py")
    answer("discover", "--save")
    answer("add", "lib/tracked.py")
    project.write("sir.py", "import lib.rates, lib.tracked\n" + project.read("sir.py"))
    code, text, _ = told("manifest")
    assert code == 0
    assert text.endswith("\nimported, but not part of the bundle:\n  lib/rates.py (by model)\n  `mlpy bundle discover --save` takes them up\n")
    assert answer("status")[1]["data"]["unlisted"] == [{"model": "model", "path": "lib/rates.py"}]
    answer("discover", "--save")
    assert answer("status")[1]["data"]["unlisted"] == []


def test_settings_that_nobody_could_read_are_not_written(project, answer, monkeypatch):
    monkeypatch.setattr(editing, "LARGEST", 1000)
    for number in range(5):
        project.write(f"data/{'x' * 200}-{number}", "")
    before = project.read("pyproject.toml")
    code, record = answer("add", *(f"data/{name}" for name in sorted(os.listdir(project.root / "data"))))
    assert (code, record["error"]["type"]) == (1, "too_large")
    assert project.read("pyproject.toml") == before
    assert answer("add", "data")[1]["data"]["tracked"] == 6


def test_nothing_is_written_through_a_link(project, answer, tmp_path):
    target = tmp_path / "precious"
    target.write_text("mine", encoding="utf-8")
    (project.root / "manifest.json").symlink_to(target)
    assert failure(answer("manifest"))[0] == "not_a_file"
    (tmp_path / "real.toml").write_text(project.read("pyproject.toml"), encoding="utf-8")
    (project.root / "pyproject.toml").unlink()
    (project.root / "pyproject.toml").symlink_to(tmp_path / "real.toml")
    project.write("x.txt")
    assert failure(answer("add", "x.txt"))[0] == "not_a_file"
    assert target.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_what_is_no_file_is_neither_read_nor_waited_for(kind, project, answer, tmp_path):
    (tmp_path / "secret").write_text("secret*\n", encoding="utf-8")
    project.write("sub/secret.txt")
    make = {"folder": os.mkdir, "link": lambda place: os.symlink(tmp_path / "secret", place), "pipe": os.mkfifo}[kind]
    make(project.root / "sub/.modelopsignore")
    for arguments in (["status"], ["add", "sub/secret.txt"]):
        assert failure(answer(*arguments)) == ("not_a_file", "`sub/.modelopsignore` is a link, or no file", "put a file of rules in its place")
    (project.root / "sub/.modelopsignore").rmdir() if kind == "folder" else (project.root / "sub/.modelopsignore").unlink()
    (project.root / ".modelops-bundle").mkdir()
    make(project.root / ".modelops-bundle/synced.json")
    make(project.root / "manifest.json")
    record = answer("status")[1]["data"]
    assert (record["manifest"], record["synced"]) == ("invalid", None)
    for arguments in (["manifest"], ["manifest", "--check"]):
        assert failure(answer(*arguments)) == ("not_a_file", f"`manifest.json` is {'a link' if kind == 'link' else 'no file'}", "remove it")


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        (lambda data: data["files"].update({"../x": data["files"]["a.txt"]}), "unsafe_path"),
        (lambda data: data["files"].update({"/x": data["files"]["a.txt"]}), "unsafe_path"),
        (lambda data: data["files"].update({".git/hooks/x": data["files"]["a.txt"]}), "unsafe_path"),
        (lambda data: data["files"].update({"A.txt": data["files"]["a.txt"]}), "case_collision"),
        (lambda data: data["files"].update({"a.txt/x": data["files"]["a.txt"]}), "case_collision"),
        (lambda data: data["files"]["a.txt"].update(size=True), "invalid_manifest"),
        (lambda data: data["files"]["a.txt"].update(size=2), "invalid_manifest"),
        (lambda data: data["files"]["a.txt"].update(mode=1), "invalid_manifest"),
        (lambda data: data.update(bundle_digest="sha256:" + "0" * 64), "invalid_manifest"),
        (lambda data: data.update(schema_version="2.0"), "invalid_manifest"),
        (lambda data: data["models"].update(x={"class": "m:X", "digest": "", "files": ["b.txt"]}), "invalid_manifest"),
        (lambda data: data["models"].update(x={"class": "m\ud800:X", "digest": "", "files": []}), "invalid_manifest"),
        (lambda data: data["models"].update(x={"class": "m\x1b[2J:X", "digest": "", "files": []}), "invalid_manifest"),
        (lambda data: data.update(files=[]), "invalid_manifest"),
        (lambda data: data.update(more=1), "invalid_manifest"),
    ],
)
def test_a_manifest_from_anybody_is_checked(change, type_, project, answer):
    project.write("a.txt", "1")
    answer("add", "a.txt")
    data = answer("manifest")[1]["data"]["manifest"]
    change(data)
    with pytest.raises(BundleError) as raised:
        manifest.parse(json.dumps(data).encode())
    assert raised.value.type == type_


def test_paths_that_are_the_same_somewhere():
    assert [*collisions(["a/b", "A/c"])] == [("A/c", "a/b")]
    assert [*collisions(["\u00e9", "e\u0301"])] == [("e\u0301", "\u00e9")]
    assert [*collisions(["a", "ab", "a.b/c", "b/a"])] == []
    assert [path for path in ("a", "a/b", "…", "a b", "-x") if unsafe(path)] == []
    assert [path for path in ("", "/a", "a//b", "a/", "./a", "a/../b", "C:/x", "a\\b", "a\0", "\ud800", "x" * 256, ".MODELOPS-bundle/x", "a/.Git/x") if not unsafe(path)] == []


def test_what_was_pushed_last_is_compared_with(project, answer, told):
    project.write("a.txt", "1")
    answer("add", "a.txt")
    synced.keep(str(project.root), synced.Synced("localhost:5000/sir:1.0", "sha256:" + "1" * 64, manifest.build(Project(str(project.root)))))
    assert told("diff") == (0, "nothing has changed since localhost:5000/sir:1.0\n", "")
    project.write("a.txt", "\x1b[31m")
    code, text, _ = told("status")
    assert code == 0
    assert "changed since localhost:5000/sir:1.0:\n  changed  file a.txt\n" in text
    project.write(".modelops-bundle/synced.json", "[]")
    assert answer("status")[1]["data"]["synced"] is None
