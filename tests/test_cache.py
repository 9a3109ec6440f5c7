"""The cache of compiled code: what it keeps, and everything that it must not believe."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mlpy import cache

KEY = cache.key(b"1 + 2", "program")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    path = tmp_path / "cache"
    monkeypatch.setenv("MLPY_CACHE_DIR", str(path))
    monkeypatch.delenv("MLPY_CACHE", raising=False)
    return path


def entry(folder):
    (found,) = folder.glob("*.code")
    return found


def code():
    return compile("1 + 2", "<x>", "eval")


def test_what_was_stored_is_loaded():
    assert cache.load(KEY) is None
    assert cache.store(KEY, (code(), {"names": ["a", None]}))
    loaded = cache.load(KEY)
    assert loaded == (code(), {"names": ["a", None]})


def test_folder_and_files_belong_to_the_user_alone(folder):
    cache.store(KEY, 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_every_part_of_the_key_counts():
    keys = {cache.key(b"a", "b"), cache.key(b"ab"), cache.key(b"a", b"b", ""), cache.key(b"", "ab"), cache.key(b"a", "c")}
    assert len(keys) == 5
    assert cache.key(b"a", "b") == cache.key(b"a", b"b")


def test_the_key_depends_on_the_compiler(monkeypatch):
    monkeypatch.setattr(cache, "_known", [b"another version of mlpy"])
    assert cache.key(b"1 + 2", "program") != KEY


def test_a_changed_compiler_file_changes_the_key(tmp_path):
    """A checkout is edited all the time; its cache must notice."""
    program = "from mlpy import cache; print(cache.key(b'x').hex())"
    package = tmp_path / "mlpy"
    (tmp_path / "pyproject.toml").write_text("")
    (package / "runtime").mkdir(parents=True)
    for name in cache.COMPILER:
        (package / name).resolve().mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    for name in ("cache.py", "config.py"):
        shutil.copy(Path(cache.__file__).parent / name, package / name)
    run = lambda: subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PATH": ""}).stdout
    before = run()
    assert run() == before
    (package / "runtime" / "new.py").write_text("x = 1")
    assert run() != before


@pytest.mark.parametrize("at", [0, 4, 5, 20, 37, 50, 69, -1])
def test_a_changed_byte_is_noticed(folder, at):
    cache.store(KEY, code())
    path = entry(folder)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    assert cache.load(KEY) is None


@pytest.mark.parametrize("keep", [0, 1, 36, 68, 69, 80])
def test_a_cut_entry_is_noticed(folder, keep):
    cache.store(KEY, code())
    path = entry(folder)
    path.write_bytes(path.read_bytes()[:keep])
    assert cache.load(KEY) is None


def test_an_entry_under_another_name_is_not_taken(folder):
    cache.store(KEY, "evil")
    other = cache.key(b"other")
    entry(folder).rename(folder / f"{other.hex()}.code")
    assert cache.load(other) is None


def test_an_entry_under_another_secret_is_not_taken(folder):
    cache.store(KEY, "evil")
    (folder / "key").write_bytes(bytes(32))
    assert cache.load(KEY) is None


def test_links_are_not_followed(folder, tmp_path):
    cache.store(KEY, "there")
    path = entry(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.load(KEY) is None


def test_a_linked_secret_is_not_followed(folder, tmp_path):
    cache.store(KEY, "there")
    (folder / "key").rename(tmp_path / "key")
    (folder / "key").symlink_to(tmp_path / "key")
    assert cache.load(KEY) is None


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_an_entry_that_others_can_write_is_not_read(folder, mode):
    cache.store(KEY, "there")
    entry(folder).chmod(mode)
    assert cache.load(KEY) is None


def test_a_secret_that_others_can_read_is_replaced(folder):
    cache.store(KEY, "there")
    (folder / "key").chmod(0o644)
    assert cache.load(KEY) is None
    assert cache.store(KEY, "again")
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert cache.load(KEY) == "again"


def test_a_folder_that_others_can_write_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o777)
    assert cache.cache_dir() is None
    assert not cache.store(KEY, 1)
    assert list(folder.iterdir()) == []


def test_a_folder_of_somebody_else_is_not_used(folder, monkeypatch):
    cache.store(KEY, 1)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.load(KEY) is None


def test_no_folder_is_no_error(monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", "/dev/null/cache")
    assert cache.load(KEY) is None
    assert not cache.store(KEY, 1)


@pytest.mark.parametrize("word", ["0", "off"])
def test_off(folder, monkeypatch, word):
    cache.store(KEY, 1)
    monkeypatch.setenv("MLPY_CACHE", word)
    assert cache.load(KEY) is None
    assert not cache.store(KEY, 2)


def test_a_value_that_cannot_be_written_is_no_error(folder):
    assert not cache.store(KEY, object())
    assert cache.load(KEY) is None


def test_the_key_of_an_empty_variable_is_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPY_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_dir() == str(tmp_path / ".cache" / "mlpy")


def test_pruning_drops_what_was_unused_for_longest(folder):
    for number in range(10):
        key = cache.key(bytes([number]))
        cache.store(key, "x" * 1000)
        os.utime(folder / f"{key.hex()}.code", (number, number))
    cache.prune(str(folder), max_entries=4)
    assert [cache.load(cache.key(bytes([number]))) is not None for number in range(10)] == [False] * 6 + [True] * 4
    cache.prune(str(folder), max_bytes=2500)
    assert len(list(folder.glob("*.code"))) == 2
    assert (folder / "key").exists()


def test_pruning_drops_what_a_killed_writer_left(folder):
    cache.store(KEY, 1)
    abandoned, fresh = folder / "a.code.1.new", folder / "b.code.2.new"
    for path in (abandoned, fresh):
        path.write_text("half")
    os.utime(abandoned, (0, 0))
    cache.prune(str(folder))
    assert not abandoned.exists()
    assert fresh.exists()
    assert cache.load(KEY) == 1


def test_loading_marks_an_old_entry_as_used(folder):
    cache.store(KEY, 1)
    os.utime(entry(folder), (0, 0))
    assert cache.load(KEY) == 1
    assert entry(folder).stat().st_mtime > 0


def test_writers_at_once_share_one_secret(folder, environment):
    program = "import sys; from mlpy import cache; sys.exit(not cache.store(cache.key(sys.argv[1].encode()), sys.argv[1]))"
    running = [subprocess.Popen([sys.executable, "-c", program, str(number)], env=environment | {"MLPY_CACHE_DIR": str(folder)}) for number in range(6)]
    assert [one.wait() for one in running] == [0] * 6
    assert [cache.load(cache.key(str(number).encode())) for number in range(6)] == [str(number) for number in range(6)]
    assert list(folder.glob("*.new")) == []
