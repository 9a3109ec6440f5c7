"""Files in text, lines and bytes as they are on the disk; errors in the program's own words."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlpy
from mlpy.errors import MLError

ALL = ["file.read:./**", "file.write:./**", "file.append:./**", "file.delete:./**"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(code, grants=ALL, **inputs):
    return mlpy.Engine(grants=grants).run(f"import file; import crypto;\n{code}", inputs=inputs).value


def failure(code, **inputs):
    with pytest.raises(MLError) as caught:
        run(code, **inputs)
    return caught.value.type, caught.value.message


# ── there and back ──


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TEXTS, st.sampled_from(ENCODINGS))
def test_a_text_comes_back_as_it_was_written(here, text, encoding):
    assert run('file.write("a", text, encoding); file.read("a", encoding)', text=text, encoding=encoding) == text
    assert (here / "a").read_bytes() == text.encode(encoding)
    assert run('[...file.lines("a", encoding)]', encoding=encoding) == run('file.readLines("a", encoding)', encoding=encoding)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=50))
def test_bytes_come_back_as_they_were_written(here, data):
    assert run('file.writeBytes("a", data); [file.readBytes("a"), file.size("a"), crypto.hashFile("a")]', data=[*data]) == [[*data], len(data), hashlib.sha256(data).hexdigest()]
    assert (here / "a").read_bytes() == data


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text("ab\r é", max_size=4), max_size=6), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_lines_end_at_lf_and_crlf_only(here, lines, ended, end):
    lines = [line.rstrip("\r") for line in lines]
    text = end.join(lines) + (end if ended and lines else "")
    (here / "a").write_bytes(text.encode())
    if not ended and lines and not lines[-1]:
        lines = lines[:-1]
    assert run('file.readLines("a")') == lines
    assert run('[...file.lines("a")]') == lines


@pytest.mark.parametrize("size", [(1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_001])
@pytest.mark.parametrize("filler", ["x", "é😀", "x\n", "x\r\n", "\n", "\r"])
def test_lines_that_lie_across_what_is_read_at_once(here, size, filler):
    text = (filler * size)[:size]
    (here / "a").write_bytes(text.encode())
    expected = [line.removesuffix("\r") for line in text.split("\n")]
    if not expected[-1] and not text.endswith("\r"):
        expected.pop()
    assert run('[...file.lines("a")]') == expected
    assert run('file.readLines("a")') == expected


def test_lines_are_read_as_they_are_asked_for(here):
    (here / "a").write_text("x\n" * 5_000_000)
    engine = mlpy.Engine(grants=["file.read:./**,bytes=1MB"])
    assert engine.run('import file;\nn = 0; for (line in file.lines("a")) { n += 1; if (n == 1000) { break; } }\nn').value == 1000
    assert engine.run('import file;\nlines = file.lines("a"); [next(lines), next(lines), typeof(lines)]').value == ["x", "x", "iterator"]


def test_a_stream_stays_open_while_it_is_used_and_ends(here):
    (here / "a").write_text("1\n2\n3")
    assert run('s = file.lines("a"); a = [next(s)]; for (x in s) { a.append(x); } a.append(next(s, "end")); a') == ["1", "2", "3", "end"]
    assert run('s = file.lines("a"); t = file.lines("a"); [next(s), next(t), next(s), next(t)]') == ["1", "1", "2", "2"]
    assert run('s = file.lines("a"); file.write("a", "new"); [...s]') == ["1", "2", "3"]
    session = mlpy.Engine(grants=ALL).session()
    session.evaluate('import file; s = file.lines("a");')
    assert session.evaluate("next(s)").value == "new"


def test_a_stream_of_a_narrowed_program_goes_on_outside_of_its_block(here):
    (here / "a").write_text("1\n2\n")
    code = 's = null; with capability("file.read:./a") { s = file.lines("a"); next(s); } with capability("file.read:./b") { }\nnext(s)'
    assert run(code) == "2"


# ── writing ──


def test_folders_on_the_way_are_made(here):
    run('file.write("a/b/c", "x"); file.append("d/e", "y"); file.copy("a/b/c", "f/g"); file.move("f/g", "h/i")')
    assert sorted(str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()) == ["a/b/c", "d/e", "h/i"]
    assert failure('file.write("a/b/c/d", "x")') == ("IOError", "`a/b/c/d` does not exist")


def test_what_is_copied_and_moved(here):
    (here / "a").write_bytes(b"\0\xff" * 2_000_000)
    run('file.copy("a", "b"); file.copy("a", "a"); file.move("b", "c"); file.move("c", "c"); file.append("c", "!")')
    assert sorted(os.listdir()) == ["a", "c"]
    assert (here / "c").read_bytes() == (here / "a").read_bytes() + b"!"


def test_lines_are_written_with_ends(here):
    run('file.writeLines("a", ["x", "", "z"]); file.writeLines("b", [])')
    assert ((here / "a").read_bytes(), (here / "b").read_bytes()) == (b"x\n\nz\n", b"")


def test_a_link_is_written_through_and_deleted_itself(here):
    (here / "target").write_text("old")
    (here / "link").symlink_to("target")
    run('file.write("link", "new"); file.append("link", "er")')
    assert ((here / "target").read_text(), (here / "link").is_symlink()) == ("newer", True)
    run('file.delete("link")')
    assert os.listdir() == ["target"]


# ── questions ──


def test_what_stands_at_a_path(here):
    (here / "a").write_text("x")
    (here / "link").symlink_to("a")
    (here / "dangling").symlink_to("nowhere")
    asked = "[file.exists(p), file.isFile(p), file.isDirectory(p)]"
    assert {name: run(asked, p=name) for name in ("a", ".", "link", "dangling", "nowhere", "a/x", "x" * 300)} == {
        "a": [True, True, False],
        ".": [True, False, True],
        "link": [True, True, False],
        "dangling": [False, False, False],
        "nowhere": [False, False, False],
        "a/x": [False, False, False],
        "x" * 300: [False, False, False],
    }
    assert run('file.modifiedTime("a")') == os.stat("a").st_mtime


# ── mistakes ──


@pytest.mark.parametrize(
    ("code", "type_", "message"),
    [
        ('file.read("no")', "IOError", "`no` does not exist"),
        ('file.readBytes("no")', "IOError", "`no` does not exist"),
        ('file.lines("no")', "IOError", "`no` does not exist"),
        ('file.size("no")', "IOError", "`no` does not exist"),
        ('file.modifiedTime("no")', "IOError", "`no` does not exist"),
        ('file.delete("no")', "IOError", "`no` does not exist"),
        ('file.copy("no", "b")', "IOError", "`no` does not exist"),
        ('file.move("no", "b")', "IOError", "`no` does not exist"),
        ('crypto.hashFile("no")', "IOError", "`no` does not exist"),
        ('file.read("folder")', "IOError", "`folder` is a folder"),
        ('file.write("folder", "")', "IOError", "`folder` is a folder"),
        ('file.append("folder", "")', "IOError", "`folder` is a folder"),
        ('file.delete("folder")', "IOError", "`folder` is a folder"),
        ('file.move("folder", "b")', "IOError", "`folder` is a folder"),
        ('file.copy("a", "folder")', "IOError", "`folder` is a folder"),
        ('file.move("a", "folder")', "IOError", "`folder` is a folder"),
        ('file.write(".", "")', "IOError", "`.` is a folder"),
        ('file.write("x".repeat(300), "")', "IOError", f"a name in `{'x' * 100}…{'x' * 99}` is too long"),
        ('file.write("a", 1)', "TypeError", "`text` must be a string, not a number"),
        ('file.append("a", null)', "TypeError", "`text` must be a string, not null"),
        ('file.writeLines("a", "x")', "TypeError", "`lines` must be an array, not a string"),
        ('file.writeLines("a", [1])', "TypeError", "`lines` must hold strings"),
        ('file.writeBytes("a", [256])', "ValueError", "`bytes` must hold whole numbers from 0 to 255"),
        ('file.writeBytes("a", [1.5])', "TypeError", "`bytes` must hold whole numbers from 0 to 255"),
        ('file.writeBytes("a", [true])', "TypeError", "`bytes` must hold whole numbers from 0 to 255"),
        ('file.read("a", "klingon")', "ValueError", "`klingon` is no encoding"),
        ('file.read("a", "unicode_escape")', "ValueError", "`unicode_escape` is no encoding"),
        ('file.read("a", 8)', "TypeError", "`encoding` must be a string, not a number"),
        ('file.lines("a", "rot13")', "ValueError", "`rot13` is no encoding"),
        ('file.write("a", "€", "latin-1")', "ValueError", "`€` cannot be written in latin-1"),
        ('file.read("binary")', "ValueError", "`binary` is no text in utf-8"),
        ('file.readLines("binary")', "ValueError", "`binary` is no text in utf-8"),
        ('[...file.lines("binary")]', "ValueError", "`binary` is no text in utf-8"),
        ('file.read("binary", "ascii")', "ValueError", "`binary` is no text in ascii"),
        ('crypto.hashFile("a", "crc")', "ValueError", "`algorithm` must be one of sha256, sha512, sha1, md5, blake2b"),
        ("file.read(1)", "TypeError", "`path` must be a string, not a number"),
        ('file.read("")', "ValueError", "`path` must be a string that is not empty"),
        ('file.read("a" + chr(0))', "ValueError", "a resource has at most 4,096 characters, all of them printable"),
    ],
)
def test_mistakes_are_told_in_the_program_s_words(code, type_, message, here):
    (here / "a").write_text("x")
    (here / "folder").mkdir()
    (here / "binary").write_bytes(b"x\xff\n")
    assert failure(code) == (type_, message)
    assert (here / "a").read_text() == "x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_what_the_system_does_not_permit(here):
    (here / "a").write_text("x")
    (here / "a").chmod(0)
    assert failure('file.read("a")') == ("IOError", "the system does not permit access to `a`")


def test_a_file_that_is_too_large_for_a_value(here):
    with open("big", "wb") as made:
        made.truncate((64 << 20) + 1)
    assert failure('file.read("big")') == ("ValueError", "`big` has more than 67,108,864 bytes")
    assert failure('file.readBytes("big")') == ("ValueError", "`big` has more than 10,000,000 bytes")
    with pytest.raises(MLError) as caught:
        run('next(file.lines("big"))')
    assert caught.value.limit == "size"
    assert run('file.copy("big", "copy"); file.size("copy")') == (64 << 20) + 1


def test_a_file_that_grows_while_it_is_read_is_charged_for_what_was_read(here, monkeypatch):
    from mlpy import files

    (here / "a").write_text("x" * 100)
    real = os.fstat

    class Smaller:
        def __init__(self, state):
            self.state = state
            self.st_size = 10

        def __getattr__(self, name):
            return getattr(self.state, name)

    monkeypatch.setattr(files.os, "fstat", lambda file: Smaller(real(file)))
    engine = mlpy.Engine(grants=["file.read:./**,bytes=50"])
    with pytest.raises(MLError, match="bytes=50"):
        engine.run('import file;\nfile.read("a")')
    assert mlpy.Engine(grants=ALL).run('import file;\nfile.read("a")').value == "x" * 100


def test_uses_are_recorded_with_their_size(here):
    (here / "a").write_text("12345678")
    result = mlpy.Engine(grants=ALL).run(
        'import file;\nfile.copy("a", "b"); file.move("b", "c"); n = 0; for (line in file.lines("c")) { n += 1; } try { file.read("../x"); } except (e) {}'
    )
    assert [(one.module, one.capability, one.decision, one.count, one.size) for one in result.audit] == [
        ("file", "file.read:a", "allowed", 1, 8),
        ("file", "file.write:b", "allowed", 1, 8),
        ("file", "file.read:b", "allowed", 1, 8),
        ("file", "file.delete:b", "allowed", 1, 0),
        ("file", "file.write:c", "allowed", 1, 8),
        ("file", "file.read:c", "allowed", 1, 8),
        ("file", "file.read:../x", "denied", 1, 0),
    ]
