"""Records: made of scripts, kept in step by `sync`, valid against the schema, and never a way out of the folder."""

from __future__ import annotations

import copy
import errno
import json
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlpy.extensions.workflows import header, records
from mlpy.extensions.workflows import scripts as reading
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.languages import LANGUAGES
from mlpy.extensions.workflows.records import Record

from mlpy import whole

DEPLOY = "#!/bin/sh\n# @description: ships it\n# @version: 1.2\n# @author: me\n# @tags: a b\n# @param env:choice(dev|prod)=dev where\necho hi\n"
LONG_AGO = "2001-02-03T04:05:06Z"


@pytest.fixture(scope="session")
def record_schema():
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(records.schema())


def age(scripts, name: str) -> dict:
    """Has a record be one of long ago."""
    path = scripts.path / (name + records.SUFFIX)
    data = json.loads(path.read_text()) | {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    return data


def state(path: Path) -> tuple[int, int, bytes]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, path.read_bytes()


def test_a_record_has_what_the_design_says(scripts, record_schema):
    scripts.write("deploy.sh", DEPLOY)
    assert scripts.folder.sync().created == ["deploy.sh"]
    found = scripts.record("deploy.sh")
    record_schema.validate(found)
    assert list(found) == ["name", "group", "description", "language", "version", "code", "type", "entry_point", "params", "metadata", "created_at", "updated_at"]
    assert (found["name"], found["language"], found["type"], found["entry_point"], found["code"]) == ("deploy", "sh", "single", "deploy.sh", DEPLOY)
    assert found["params"] == [{"name": "env", "type": "choice(dev|prod)", "default": "dev", "help": "where", "required": False}]
    assert list(found["metadata"]) == list(records.schema()["$defs"]["metadata"]["required"])
    assert found["metadata"] | {"source_hash": ""} == {
        "source_file": "deploy.sh", "source_hash": "", "author": "me", "requires": [], "requires_file": "", "tags": ["a", "b"], "category": "", "entry_point": "",
        "deprecated_entry_point": "", "install_hint": "", "auto_generated": True,
    }  # fmt: skip
    assert re.fullmatch("sha256:[0-9a-f]{64}", found["metadata"]["source_hash"])
    assert stat.S_IMODE((scripts.path / "deploy.sh.workflow.json").stat().st_mode) == 0o666 & ~umask()
    assert scripts.folder.find("deploy").record.to_json() == found


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_every_kind_of_script_has_a_valid_record(scripts, record_schema):
    for language in LANGUAGES.values():
        scripts.write(f"one{language.extension}", "" if language.name == "notebook" else f"{language.comment} @version: 1\n")
        scripts.write(f"many-{language.name}/main{language.extension}", "")
    scripts.write("tool", "#!/usr/bin/env ruby\n")
    changes = scripts.folder.sync()
    assert len(changes.created) == 2 * len(LANGUAGES) + 1
    for name in scripts.recorded:
        record_schema.validate(scripts.record(name))
    assert {scripts.record(name)["type"] for name in scripts.recorded} == {"single", "multi-file", "notebook"}
    assert scripts.record("many-ruby")["entry_point"] == "many-ruby/main.rb"
    assert scripts.record("tool")["language"] == "ruby"
    assert len(scripts.folder.sync().unchanged) == len(changes.created)


def test_a_touch_rewrites_nothing(scripts):
    path = scripts.write("deploy.sh", DEPLOY)
    scripts.write("many/main.py", "import other\n")
    scripts.folder.sync()
    before = {name: state(scripts.path / (name + records.SUFFIX)) for name in scripts.recorded}
    for touched in (path, scripts.path / "many" / "main.py"):
        os.utime(touched, (1, 1))
        os.utime(touched)
    folder = scripts.folder
    assert not folder.sync()
    assert not folder.sync()
    assert {name: state(scripts.path / (name + records.SUFFIX)) for name in scripts.recorded} == before


def test_created_at_survives_every_change(scripts):
    scripts.write("deploy.sh", DEPLOY)
    folder = scripts.folder
    folder.sync()
    age(scripts, "deploy.sh")
    assert scripts.folder.sync().unchanged == ["deploy.sh"]
    scripts.write("deploy.sh", DEPLOY.replace("ships it", "ships all"))
    assert folder.sync().updated == ["deploy.sh"]
    found = scripts.record("deploy.sh")
    assert (found["description"], found["created_at"]) == ("ships all", LONG_AGO)
    assert found["updated_at"] > LONG_AGO
    (scripts.path / "deploy.sh").rename(scripts.path / "ship.sh")
    assert folder.sync().renamed == [("deploy.sh", "ship.sh")]
    assert scripts.recorded == ["ship.sh"]
    assert (scripts.record("ship.sh")["name"], scripts.record("ship.sh")["created_at"]) == ("ship", LONG_AGO)
    (scripts.path / "ship.sh").unlink()
    assert folder.sync().removed == ["ship.sh"]
    assert scripts.recorded == []


def test_what_was_edited_by_hand_or_spoilt_is_made_anew(scripts):
    scripts.write("deploy.sh", DEPLOY)
    scripts.folder.sync()
    data = age(scripts, "deploy.sh")
    path = scripts.path / "deploy.sh.workflow.json"
    path.write_text(json.dumps(data | {"description": "mine", "entry_point": "../../x"}))
    assert scripts.folder.sync().updated == ["deploy.sh"]
    assert scripts.record("deploy.sh")["description"] == "ships it"
    for spoilt in (b"", b"{", b"\xff", b"[]", b"null", b'{"name": NaN}', b"[" * 100_000):
        path.write_bytes(spoilt)
        assert scripts.folder.sync().updated == ["deploy.sh"]
        assert scripts.record("deploy.sh")["entry_point"] == "deploy.sh"


def test_a_folder_is_hashed_as_a_tree(scripts):
    for name in ("main.ml", "lib/a.ml", "lib/b.txt"):
        scripts.write(f"report/{name}", name)
    folder = scripts.folder
    first = folder.find("report").source_hash()
    for name, text in (("report/lib/b.txt", "other"), ("report/lib/c.txt", "")):
        scripts.write(name, text)
        second = folder.find("report").source_hash()
        assert second != first
        first = second
    (scripts.path / "report/lib/c.txt").rename(scripts.path / "report/lib/d.txt")
    assert folder.find("report").source_hash() != first
    first = folder.find("report").source_hash()
    scripts.write("report/.cache/x", "hidden")
    scripts.write("report/__pycache__/x.pyc", "compiled")
    assert folder.find("report").source_hash() == first
    scripts.write("moved/report/main.ml", "main.ml")
    assert folder.sync().created == ["report"]
    assert scripts.record("report")["metadata"]["source_hash"] == first
    scripts.write("report/__main__.py", "print()")
    assert folder.find("report").language == "python"


def test_the_same_stem_twice_is_two_workflows(scripts):
    for name in ("build.py", "build.sh", "build.js", "build.mjs"):
        scripts.write(name, "")
    folder = scripts.folder
    assert folder.sync().created == ["build.js", "build.mjs", "build.py", "build.sh"]
    assert {scripts.record(name)["name"] for name in scripts.recorded} == {"build"}
    references = [one.reference for one in folder.workflows()]
    assert references == ["build.js", "build.mjs", "build:python", "build:sh"]
    assert [folder.find(reference).script.file for reference in references] == scripts.recorded
    assert folder.find("build:py").language == "python"
    for text, count in (("build", 4), ("build:javascript", 2)):
        with pytest.raises(WorkflowError) as caught:
            folder.find(text)
        assert (caught.value.type, len(caught.value.matches)) == ("ambiguous_match", count)


def test_a_name_that_is_not_there(scripts):
    scripts.write("deploy.sh", "# @entry-point: ship\n# @deprecated-entry-point: old-deploy\n")
    folder = scripts.folder
    assert {folder.find(text).name for text in ("deploy", "deploy:sh", "deploy.sh", "ship", "ship:sh", "old-deploy")} == {"deploy"}
    for text, matches in (("depoly", ["deploy"]), ("deploy:python", None), ("zzz", None), ("", None), ("../x", None)):
        with pytest.raises(WorkflowError) as caught:
            folder.find(text)
        assert (caught.value.type, caught.value.matches) == ("workflow_not_found", matches)
    scripts.write("old-deploy.sh", "")
    assert folder.find("old-deploy").script.file == "old-deploy.sh"


# ── what is none of ours ──


def test_files_that_are_no_workflows_stay_what_they_are(scripts):
    for name in ("README.md", "notes.txt", "_lib.py", ".hidden.sh", "deploy.sh~", "#deploy.sh#", "data/x.csv", "lib/helper.py", "node_modules/main.js"):
        scripts.write(name, "text")
    scripts.write("LICENSE", "text")
    scripts.write("mine.workflow.json", '{"on": "push"}')
    folder = scripts.folder
    assert not folder.sync()
    assert folder.workflows() == []
    assert scripts.recorded == ["mine"]
    assert folder.sync().problems == [("mine.workflow.json", "is no record of mlpy's, and belongs to no script")]


def test_a_record_that_mlpy_has_not_made_is_not_removed(scripts):
    scripts.write("deploy.sh", DEPLOY)
    scripts.folder.sync()
    data = scripts.record("deploy.sh")
    data["metadata"]["auto_generated"] = False
    (scripts.path / "deploy.sh.workflow.json").write_text(json.dumps(data))
    (scripts.path / "deploy.sh").unlink()
    assert not scripts.folder.sync()
    assert scripts.recorded == ["deploy.sh"]


def test_links_that_lead_out_special_files_and_what_cannot_be_read(scripts, tmp_path):
    secret = tmp_path / "secret.sh"
    secret.write_text("# @description: secret\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "main.sh").write_text("# @description: secret\n")
    scripts.write("real.sh", "# @version: 1\n")
    scripts.write("tree/main.sh", "")
    for name, target in (("out.sh", secret), ("folder", tmp_path / "outside"), ("nowhere.sh", "gone.sh"), ("inside.sh", "real.sh"), ("round", "."), ("tree/out", secret)):
        (scripts.path / name).symlink_to(target)
    os.mkfifo(scripts.path / "pipe.sh")
    os.mkfifo(scripts.path / "tree" / "pipe")
    scripts.write("latin.py", "").write_bytes(b"# \xe9\n")
    os.truncate(scripts.write("large.py", ""), header.LARGEST + 1)
    folder = scripts.folder
    assert [one.script.file for one in folder.workflows()] == ["inside.sh", "real.sh", "tree"]
    assert dict(folder.problems) == {
        "folder": "is a link that leads out of the folder",
        "latin.py": "is not UTF-8",
        "large.py": "is larger than 16 MB",
        "nowhere.sh": "is a link that leads nowhere",
        "out.sh": "is a link that leads out of the folder",
        "pipe.sh": "is no regular file",
        "round": "is a link that leads out of the folder",
        "tree/out": "is a link, which a workflow of several files cannot have",
        "tree/pipe": "is no regular file",
    }
    os.mkfifo(scripts.path / "real.sh.workflow.json")
    folder.sync()
    assert scripts.record("real.sh")["version"] == "1"
    assert "secret" not in "".join(path.read_text() for path in scripts.path.glob("*.json"))


def test_a_folder_that_cannot_be_written_is_listed_and_its_records_are_problems(scripts, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    scripts.write("deploy.sh", DEPLOY)
    monkeypatch.setattr(whole, "replace", refuse)
    folder = scripts.folder
    assert [one.header.version for one in folder.workflows()] == ["1.2"]
    changes = folder.sync()
    assert not changes
    assert (changes.failed, changes.problems) == (1, [("deploy.sh", "its record cannot be kept in step: read-only file system")])


def test_folders_have_a_depth_and_a_number_of_files(scripts, monkeypatch):
    monkeypatch.setattr(reading, "MOST_FILES", 3)
    scripts.write("deep/main.sh", "")
    scripts.write("deep/" + "d/" * 60 + "x", "")
    for name in ("main.sh", "a", "b", "c"):
        scripts.write(f"wide/{name}", "")
    folder = scripts.folder
    assert [one.name for one in folder.workflows()] == ["deep"]
    assert folder.problems == [("deep/" + "d/" * 50 + "d", "lies too deep"), ("wide", "has more than 3 files or 256 MB")]


def test_a_script_that_cannot_be_read_keeps_its_record(scripts, monkeypatch):
    scripts.write("deploy.sh", DEPLOY)
    scripts.folder.sync()
    before = scripts.record("deploy.sh")
    scripts.write("deploy.sh", "")
    monkeypatch.setattr(header, "text_of", lambda _: (_ for _ in ()).throw(PermissionError(errno.EACCES, "no")))
    folder = scripts.folder
    assert (folder.workflows(), folder.problems) == ([], [("deploy.sh", "cannot be read")])
    assert not folder.sync()
    assert scripts.record("deploy.sh") == before


def test_what_another_sync_has_done_meanwhile_is_no_problem(scripts):
    for name in ("a.sh", "b.sh"):
        scripts.write(name, f"# {name}\n")
    folder = scripts.folder
    folder.sync()
    (scripts.path / "a.sh").rename(scripts.path / "c.sh")
    (scripts.path / "b.sh").unlink()
    plan = folder.plan()
    scripts.folder.sync()
    changes = folder.apply(plan)
    assert (changes.renamed, changes.removed, changes.problems) == ([("a.sh", "c.sh")], ["b.sh"], [])
    assert scripts.recorded == ["c.sh"]


def test_a_record_is_never_written_through_a_link(scripts, tmp_path):
    scripts.write("deploy.sh", DEPLOY)
    scripts.write("other.sh", "")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (scripts.path / "deploy.sh.workflow.json").symlink_to(victim)
    (scripts.path / "other.sh.workflow.json").mkdir()
    changes = scripts.folder.sync()
    assert victim.read_text() == "mine"
    assert not (scripts.path / "deploy.sh.workflow.json").is_symlink()
    assert scripts.record("deploy.sh")["name"] == "deploy"
    assert [file for file, _ in changes.problems] == ["other.sh"]
    assert sorted(path.name for path in scripts.path.iterdir()) == ["deploy.sh", "deploy.sh.workflow.json", "other.sh", "other.sh.workflow.json"]


def test_names_that_a_terminal_would_obey_are_problems(scripts):
    scripts.write("a\x1b[2J.sh", "")
    scripts.write("b\\c.sh", "")
    (Path(os.fsencode(scripts.path).decode()) / os.fsdecode(b"\xff.sh")).write_text("")
    folder = scripts.folder
    assert folder.workflows() == []
    assert {message for _, message in folder.problems} == {"has a name with characters that cannot be shown"}
    assert all(file.isascii() and file.isprintable() for file, _ in folder.problems)


# ── the index ──


def test_what_is_known_is_not_read_again(scripts, monkeypatch):
    for number in range(20):
        path = scripts.write(f"s{number}.sh", DEPLOY)
        os.utime(path, (1, 1))
    monkeypatch.setattr(reading, "settled", lambda time: time)  # no change comes in the same tick of this test's clock
    scripts.folder.workflows()
    read = []
    monkeypatch.setattr(header, "text_of", lambda path: read.append(path) or DEPLOY)
    assert len(scripts.folder.workflows()) == 20
    assert scripts.folder.workflows()[0].header.params[0].default == "dev"
    assert read == []
    os.utime(scripts.path / "s3.sh", (2, 2))
    scripts.folder.workflows()
    assert [os.path.basename(path) for path in read] == ["s3.sh"]


def test_what_changes_within_a_tick_of_the_clock_is_seen(scripts):
    folder = scripts.folder
    for number in range(50):
        scripts.write("a.sh", f"# @version: {number % 10}\n")
        assert folder.find("a").header.version == str(number % 10)


# ── the schema, twice ──


def valid() -> dict:
    return {
        "name": "a", "group": "", "description": "", "language": "sh", "version": "", "code": "", "type": "single", "entry_point": "a.sh",
        "params": [{"name": "n", "type": "choice(a|b)", "default": None, "help": "", "required": True}],
        "metadata": {
            "source_file": "a.sh", "source_hash": "sha256:" + "0" * 64, "author": "", "requires": ["x"], "requires_file": "r/x.txt", "tags": [], "category": "",
            "entry_point": "", "deprecated_entry_point": "old", "install_hint": "", "auto_generated": True,
        },
        "created_at": LONG_AGO, "updated_at": LONG_AGO,
    }  # fmt: skip


WRONG = [
    "",
    "..",
    "../x",
    "a/../b",
    "/x",
    "a//b",
    "a\\b",
    "a\0",
    "./a",
    "a/.",
    "x" * 5000,
    "sha256:",
    "2020-01-01",
    0,
    1.5,
    True,
    None,
    [],
    {},
    [""],
    [3],
    ["x" * 20_000],
    {"x": 1},
]


def places(data: object, path: tuple = ()):
    """Every place in JSON, as keys."""
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


def put(data: dict, path: tuple, value: object) -> object:
    if not path:
        return value
    made = copy.deepcopy(data)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return made


def test_what_we_say_of_a_record_is_what_jsonschema_says(record_schema):
    record_schema.check_schema(records.schema())
    assert list(records.problems(valid())) == []
    assert Record.from_json(valid()).to_json() == valid()
    seen = set()
    for path in places(valid()):
        for wrong in WRONG:
            data = put(valid(), path, wrong)
            accepted = record_schema.is_valid(data)
            assert (not list(records.problems(data))) == accepted, (path, wrong)
            seen.add(accepted)
    for data in (valid() | {"extra": 1}, {key: value for key, value in valid().items() if key != "code"}):
        assert not record_schema.is_valid(data)
        with pytest.raises(WorkflowError, match="the record is not valid") as caught:
            Record.from_json(data)
        assert caught.value.type == "invalid_record"
    assert seen == {True, False}


@pytest.mark.parametrize("path", ["..", "../x.sh", "/etc/passwd", "a/../../x", "a/..", "./a", "a\\..\\b", "a\nb\n"])
def test_no_path_of_a_record_leads_out(path):
    for place in (("entry_point",), ("metadata", "source_file"), ("metadata", "requires_file")):
        if "\n" not in path or place != ("entry_point",):
            with pytest.raises(WorkflowError, match="is not valid"):
                records.check(put(valid(), place, path))


def test_halves_of_characters_are_no_text():
    with pytest.raises(WorkflowError, match="UTF-8"):
        records.check(json.loads(json.dumps(valid()).replace('"code": ""', '"code": "\\ud800"')))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(lines=st.lists(st.tuples(st.sampled_from(sorted(__import__("mlpy.extensions.workflows.entries", fromlist=["KEYS"]).KEYS)), st.text(max_size=60)), max_size=8))
def test_whatever_a_header_says_its_record_is_valid(lines, scripts, record_schema):
    text = "".join(f"# @{key}: {value}\n" for key, value in lines)
    try:
        scripts.write("a.py", text)
    except UnicodeEncodeError:
        return
    scripts.folder.sync()
    record_schema.validate(scripts.record("a.py"))
