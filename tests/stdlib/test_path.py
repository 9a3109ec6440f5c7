"""Paths as text agree with Python's own module; listing, walking and finding agree with what is on the disk and what is granted."""

from __future__ import annotations

import glob as python_glob
import os
import posixpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import path

import mlpy
from mlpy.errors import CapabilityDenied, MLError

ALL = ["file.read:./**", "file.write:./**", "file.delete:./**"]
PATHS = st.text("ab./é", max_size=12)


# ── text ──


@given(st.lists(PATHS, max_size=4))
def test_join_is_that_of_python(parts):
    assert path.join(*parts) == (posixpath.join(*parts) if parts else "")


@given(PATHS)
def test_the_parts_of_a_path_are_those_of_python(text):
    assert path.dirname(text) == posixpath.dirname(text)
    assert path.basename(text) == posixpath.basename(text)
    assert path.extname(text) == posixpath.splitext(text)[1]
    assert path.normalize(text) == posixpath.normpath(text)
    assert path.is_absolute(text) == posixpath.isabs(text)
    assert path.join(*path.split(text)) == "/".join(part for part in text.split("/") if part) if text[:1] != "/" else path.split(text)[0] == "/"


@given(PATHS, PATHS)
def test_a_relative_path_leads_from_one_to_the_other(start, target):
    try:
        found = path.relative(start, target)
    except MLError as failed:
        error = failed
    else:
        here, there = (posixpath.normpath(one or ".") for one in (start, target))
        assert posixpath.normpath(posixpath.join(here, found)).lstrip("/") == there.lstrip("/")
        assert found == posixpath.relpath("/" + there.lstrip("/") if ".." not in there else there, "/" + here.lstrip("/") if ".." not in there else here)
        return
    assert error.type == "ValueError"
    assert posixpath.isabs(start) != posixpath.isabs(target) or ".." in start


def test_an_ending_is_taken_off_but_never_the_whole_name():
    assert [path.basename("a/b.txt", ".txt"), path.basename("a/.txt", ".txt"), path.basename("a/", ".txt"), path.basename("a/b", ".txt")] == ["b", ".txt", "", "b"]


def test_what_works_on_text_demands_nothing_and_takes_strings_only():
    code = 'import path;\n[path.join("a", "b"), path.separator(), path.delimiter(), path.split("/a//b/"), path.normalize("")]'
    assert mlpy.run(code) == ["a/b", "/", ":", ["/", "a", "b"], "."]
    for call in ("join(1)", "dirname(null)", "basename('a', 1)", "split([])", "normalize(1)", "relative('a', 1)", "isAbsolute(1)", "extname({})"):
        with pytest.raises(MLError) as caught:
            mlpy.run(f"import path;\npath.{call}")
        assert (caught.value.type, "must be a string" in caught.value.message) == ("TypeError", True)
    for call in ('join("a".repeat(70000))', 'join("a".repeat(60000), "a".repeat(60000))', 'normalize("a".repeat(70000))'):
        with pytest.raises(MLError, match="at most 65,536"):
            mlpy.run(f"import path;\npath.{call}")


# ── the disk ──

TREE = ("a.txt", "b.csv", ".hidden", "in/c.txt", "in/deep/d.txt", "in/deep/e.csv", "in/.dot/f.txt", "out/g.txt", "[x]/h.txt", "in/é.txt")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(expression, *grants, deny=()):
    return mlpy.Engine(grants=mlpy.Grants(grants or ALL, deny=deny)).run(f"import path; import file;\n{expression}").value


PATTERNS = (
    "*", "*.txt", "in/*", "in/**/*.txt", "**/*.csv", "**", "in/**", "*/*", "?.txt", "[ab].*", "[!a]*", "in/deep/d.txt", "nowhere", "nowhere/*", "./*", "in/./c.txt",
    ".*", "in/.*/*", "**/.dot/*", "*/deep", "in//deep", "**/deep/**", "out/../in/*.txt", "[[]x]/*", "a.txt/*", "**/**/d.txt", "in/é.*",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_glob_finds_what_python_finds(pattern, tree):
    found = run(f'path.glob("{pattern}")')
    assert found == sorted(set(found))
    (tree / "link").unlink()  # Python goes through links
    expected = {one.removesuffix("/") for one in python_glob.glob(pattern, recursive=True)} - {""}
    if pattern.endswith("/**"):  # where Python adds the folder itself
        expected -= {"in", "in/deep"}
        found = [one for one in found if one != "in/deep"]
    assert {os.path.normpath(one) for one in found} - {"link"} == {os.path.normpath(one) for one in expected}


def test_glob_from_the_root_and_through_a_link_that_is_named(tree):
    assert run(f'path.glob("{tree}/*.txt")') == [f"{tree}/a.txt"]
    assert run('path.glob("link/*.txt")') == ["link/c.txt", "link/é.txt"]
    assert run('path.glob("*/c.txt")') == ["in/c.txt"]


def test_walk_tells_each_folder_before_what_it_holds(tree):
    found = run('path.walk("in")')
    assert found == [
        {"path": "in", "folders": [".dot", "deep"], "files": ["c.txt", "é.txt"]},
        {"path": "in/.dot", "folders": [], "files": ["f.txt"]},
        {"path": "in/deep", "folders": [], "files": ["d.txt", "e.csv"]},
    ]
    whole = run("path.walk()")
    assert [one["path"] for one in whole] == [".", "./[x]", "./empty", "./in", "./in/.dot", "./in/deep", "./out"]
    assert "link" in whole[0]["files"]


def test_only_folders_that_are_granted_are_gone_into(tree):
    assert [one["path"] for one in run('path.walk("in")', "file.read:./in", "file.read:./in/deep")] == ["in", "in/deep"]
    assert run('path.glob("**/*.txt")', "file.read:**", deny=["file.read:./in/deep/**"]) == ["[x]/h.txt", "a.txt", "in/c.txt", "in/é.txt", "out/g.txt"]
    assert run('path.listDir("in")', "file.read:**", deny=["file.read:./in/deep/**", "file.read:./in/c.txt"]) == [".dot", "é.txt"]
    with pytest.raises(CapabilityDenied):
        run('path.walk("in")', "file.read:./out/**")
    with pytest.raises(CapabilityDenied):
        run('path.glob("in/*")', "file.read:./out/**")
    with pytest.raises(CapabilityDenied) as caught:
        run('path.glob("in/*.txt")', "file.read:./in/*.txt")
    assert caught.value.hint == "grant it with `--allow file.read:in`"


@pytest.mark.parametrize(("pattern", "folder"), [("*", "."), ("**/*.txt", "."), ("in/*.txt", "in"), ("./in/[cd]*/x", "./in"), ("/*", "/"), ("/etc/h?sts", "/etc"), ("in/c.txt", "in/c.txt")])
def test_a_search_demands_the_folder_that_it_begins_in(pattern, folder, tree):
    with pytest.raises(CapabilityDenied) as caught:
        run(f'path.glob("{pattern}")', "file.read:./none")
    assert caught.value.hint == f"grant it with `--allow file.read:{folder}`"
    code = f'import path;\npath.glob("{pattern}")'
    assert mlpy.compile(code).needs == (f"file.read:{folder}",)
    assert mlpy.Engine(grants=mlpy.compile(code).needs).run(code).value == run(f'path.glob("{pattern}")', f"file.read:{folder}")


def test_a_search_is_one_use_however_many_folders_it_goes_into(tree):
    engine = mlpy.Engine(grants=["file.read:./**,count=1"])
    result = engine.run('import path;\npath.walk("in").length')
    assert result.value == 3
    assert [(one.capability, one.count) for one in result.audit] == [("file.read:in", 1)]


def test_names_that_no_program_could_write_are_left_out(tree):
    os.mkdir(b"odd")
    for name in (b"odd/\xff.txt", b"odd/new\nline", b"odd/plain"):
        with open(name, "w"):
            pass
    assert run('[path.listDir("odd"), path.glob("odd/*"), path.walk("odd")[0].files]') == [["plain"], ["odd/plain"], ["plain"]]


def test_a_search_ends_above_a_number_of_names(tree, monkeypatch):
    monkeypatch.setattr(path, "MAX_FOUND", 5)
    for call in ('walk(".")', 'glob("**/*")'):
        with pytest.raises(MLError, match="leads to more than 5 names"):
            run(f"path.{call}")


def test_folders_are_made_and_deleted(tree):
    assert run('path.createDir("new/a/b"); path.createDir("new/a"); path.removeDir("new/a/b"); path.walk("new")') == [
        {"path": "new", "folders": ["a"], "files": []},
        {"path": "new/a", "folders": [], "files": []},
    ]
    for call, message in (
        ('createDir("a.txt")', "`a.txt` exists already"),
        ('createDir("a.txt/x")', "`a.txt/x` does not exist"),
        ('removeDir("in")', "the folder `in` is not empty"),
        ('removeDir("a.txt")', "`a.txt` is no folder"),
        ('removeDir("nowhere")', "`nowhere` does not exist"),
        ('removeDir("link")', "`link` is no folder"),
        ('removeDirRecursive("link")', "`link` is no folder"),
        ('listDir("a.txt")', "`a.txt` is no folder"),
        ('listDir("nowhere")', "`nowhere` does not exist"),
        ('walk("a.txt")', "`a.txt` is no folder"),
    ):
        with pytest.raises(MLError) as caught:
            run(f"path.{call}")
        assert (caught.value.type, caught.value.message) == ("IOError", message)


def test_what_tells_of_the_host_demands_the_environment(tree, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("TMPDIR", "/scratch/")
    assert run("[path.cwd(), path.home(), path.tempDir()]", "env.read") == [str(tree), "/home/ada", "/scratch"]
    for call in ("cwd", "home", "tempDir"):
        with pytest.raises(CapabilityDenied):
            run(f"path.{call}()", "env.read:HOME")
    assert run('path.absolute("in/../a")') == f"{tree}/a"


@settings(max_examples=30)
@given(st.text("ab*?[]!-.é", min_size=1, max_size=8))
def test_any_pattern_of_a_name_is_taken_and_ends(pattern):
    assert type(path.fits("abab", pattern)) is bool
