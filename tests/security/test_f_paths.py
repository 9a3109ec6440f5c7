"""F28, F37: whatever a path is made of, a program reaches the files that it was granted and no others.

The functions are not listed here: every one of every module that demands a `file.` capability is tried, so that a new one is covered
as it comes.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import unicodedata
from pathlib import Path

import pytest

import mlpy
from mlpy import files
from mlpy.capabilities import Grants
from mlpy.errors import CapabilityDenied, MLError
from mlpy.registry import Registry
from mlpy.runtime.values import string_text

KINDS = ("file.read", "file.write", "file.append", "file.delete")
ALL = tuple(f"{kind}:./**" for kind in KINDS)
SECRET = "the secret of the host"
LEXICAL = {"path.absolute"}  # works on the text of a path alone
CONTENT = {"string": '"text"', "array<string>": '["text"]', "array<int>": "[116]", "any": '"text"', "array": "[['a', 'b']]"}


class Door:
    """A function of a module that takes paths: its parameters that do, and the kinds that it demands for each."""

    def __init__(self, module, member, owner=None):
        self.name = f"{owner or module}.{member.name}"
        self.module = module
        self.params = [one for one in member.params if one[2] is None]
        self.kinds = {}
        for need in member.capabilities:
            kind, _, resource = need.partition(":")
            if kind in KINDS:
                self.kinds.setdefault(resource.strip("{}").partition(".")[0], []).append(kind)
        self.params += [one for one in member.params if one[0] in self.kinds and one not in self.params]
        given = [f"the_{name}" if name in self.kinds else CONTENT[kind] for name, kind, _, _ in self.params]
        self.text = f"{OBJECTS.get(owner, module)}.{member.name}({', '.join(f'{one}: {value}' if how == 'named' else value for (one, _, _, how), value in zip(self.params, given, strict=True))})"

    def call(self, **paths):
        """A call with these paths, an ordinary one for the others, and content of some kind."""
        return self.text, {f"the_{name}": paths.get(name, "ordinary.txt") for name in self.kinds}

    def __repr__(self):
        return self.name


def takes_paths(member):
    return any(need.startswith("file.") for need in member.capabilities)


def found_doors():
    registry = Registry()
    found = []
    for module in registry.names():
        info = registry.info(module)
        found += [Door(module, member) for member in info.members.values() if takes_paths(member)]
        found += [Door(module, member, owner) for owner, members in info.classes.items() for member in members.values() if takes_paths(member)]
    return found


OBJECTS = {"Logger": 'log.createLogger("x")'}  # how a program gets an object whose methods take paths
DOORS = found_doors()
ENTRANCES = [pytest.param(door, name, id=f"{door}-{name}") for door in DOORS for name in door.kinds]


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder that everything is granted in, and one beside it that nothing is."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, inside / "folder" / "deeper", outside, outside / "folder"):
        folder.mkdir(parents=True, exist_ok=True)
    (inside / "ordinary.txt").write_text("ordinary")
    (inside / "folder" / "deeper" / "file.txt").write_text("ordinary")
    (outside / "secret.txt").write_text(SECRET)
    (outside / "folder" / "secret.txt").write_text(SECRET)
    monkeypatch.chdir(inside)
    return inside, outside


def snapshot(folder):
    """Everything in a folder: kind, content, time and permissions."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
        found[str(path)] = (state.st_mode, state.st_ino, state.st_mtime_ns, content)
    return found


def attempt(door, call, *grants, deny=(), root=None, **options):
    """What a call gives, streams read to their end: (value, None), or (None, error)."""
    text, inputs = (call, {}) if isinstance(call, str) else call
    engine = mlpy.Engine(grants=Grants(grants or ALL, deny=deny, root=root), limits=mlpy.Limits(time=20), **options)
    if text not in PROGRAMS:
        PROGRAMS[text] = engine.compile(f"import {door.module};\nv = {text};\ntypeof(v) == 'iterator' ? [...v] : v", inputs=[*inputs])
    try:
        return engine.run(PROGRAMS[text], inputs=inputs).value, None
    except MLError as failed:
        error = failed
    assert error.type in {"CapabilityError", "IOError", "ValueError"}, (call, error.type, error.message)
    return None, error


PROGRAMS = {}


def attempt_text(text):
    """What a program gives within a fifth of a second."""
    try:
        return mlpy.Engine(grants=ALL, limits=mlpy.Limits(time=0.2)).run(text).value, None
    except MLError as error:
        return None, error


def secrets_in(value, error):
    """Whether what came out has the secret, or the error a host's words."""
    text = f"{value!r} {error and (error.message, error.hint, error.note)}"
    return SECRET in text or str([*SECRET.encode()])[1:-1] in text or "[Errno" in text or "Traceback" in text


# ── ways out ─────────────────────────────────────────────────────────────────────────────────────────────────────


def ways_out(inside, outside):
    """Paths that lead out of the granted folder, each with what makes it."""
    (inside / "link").symlink_to(outside / "secret.txt")
    (inside / "relative").symlink_to("../outside/secret.txt")
    (inside / "folder-link").symlink_to(outside)
    (inside / "dangling").symlink_to(outside / "new.txt")
    (inside / "dangling-folder").symlink_to(outside / "new")
    (inside / "first").symlink_to("second")
    (inside / "second").symlink_to("folder/third")
    (inside / "folder" / "third").symlink_to(outside / "secret.txt")
    (inside / "upwards").symlink_to("..")
    (inside / "root").symlink_to("/")
    (inside / "process").symlink_to("/proc/self/root")
    (inside / "loop").symlink_to("loop")
    (inside / "ping").symlink_to("pong/x")
    (inside / "pong").symlink_to("ping/x")
    absolute = str(outside / "secret.txt")
    return [
        "../outside/secret.txt",
        "folder/../../outside/secret.txt",
        "./././../outside/secret.txt",
        "folder/deeper/../../../outside/secret.txt",
        absolute,
        "/" + absolute,
        "//" + absolute,
        "link",
        "relative",
        "folder-link/secret.txt",
        "folder-link/./secret.txt",
        "folder-link/folder/secret.txt",
        "folder-link",
        "folder-link/",
        "dangling",
        "dangling-folder/new.txt",
        "first",
        "folder/third",
        "upwards/outside/secret.txt",
        "upwards/inside/folder-link/secret.txt",
        "root" + absolute,
        "process" + absolute,
        "/proc/self/root" + absolute,
        "/proc/self/cwd/../outside/secret.txt",
        "loop",
        "loop/x",
        "ping",
        "~/secret.txt",
        "$HOME/secret.txt",
        "ordinary.txt/../../outside/secret.txt",
        "ordinary.txt/x",
        "x\0y",
        "x\ny",
        "a" * 300,
        "/".join(["a" * 200] * 30),
        "",
        " ",
        ".",
        "..",
        "/",
        "/dev/null",
        "/dev/zero",
        "/dev/fd/0",
        "/sys/kernel/uevent_helper",
    ]


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_f1_no_path_leads_out_of_what_is_granted(door, name, world):
    inside, outside = world
    before = snapshot(outside)
    for path in ways_out(inside, outside):
        value, error = attempt(door, door.call(**{name: path}))
        assert not secrets_in(value, error), path
        assert snapshot(outside) == before, path
        leads_out = path.startswith(("..", "/", "./.", "folder/../..")) or "outside" in path or "/../.." in path
        assert error is not None or not leads_out or door.name in LEXICAL, (path, value)
    assert not [one for one in inside.rglob("*") if one.name.startswith(".mlpy-")]


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
@pytest.mark.parametrize("target", ["secret.txt", "folder", "new.txt"])
def test_f1_a_link_out_is_refused_as_what_it_leads_to(door, name, target, world):
    inside, outside = world
    before = snapshot(outside)
    (inside / "link").symlink_to(outside / target)
    value, error = attempt(door, door.call(**{name: "link"}))
    assert snapshot(outside) == before
    if "file.delete" in door.kinds[name] or door.name in LEXICAL or door.name == "path.glob":
        return  # a link itself is deleted; a name in a folder may be told
    assert isinstance(error, CapabilityDenied) or (error is not None and "is no folder" in error.message), (value, error)


def test_e1_a_program_does_not_learn_where_a_link_leads(world):
    inside, outside = world
    (inside / "link").symlink_to(outside / "secret.txt")
    (outside / "code.py").write_text("")
    (inside / "code-link").symlink_to(inside / "code.py")
    (inside / "odd-link").symlink_to(outside / ".git" / "config")
    grants = [*ALL, f"file.write:{outside}/**", "file.write:./**"]
    code = "import file; r = []; for (f in [fn() => file.read('link'), fn() => file.write('code-link', ''), fn() => file.write('odd-link', '')]) { try { f(); } except (e) { r.append([e.message, e.capability]); } } r"
    result = mlpy.Engine(grants=grants).run(code)
    assert result.value == [
        ["`file.read:link` leads to what is not granted", "file.read:link"],
        ["`code.write:./code.py` is not granted", "code.write:./code.py"],
        ["`file.write:odd-link` leads to where code, settings or keys lie", "file.write:odd-link"],
    ]
    assert [one.capability for one in result.audit if one.decision == "denied"] == [f"file.read:{outside}/secret.txt", "code.write:./code.py", f"code.write:{outside}/.git"]
    with pytest.raises(CapabilityDenied) as caught:
        mlpy.Engine(grants=grants).run("import file; file.read('link')")
    assert caught.value.hint == f"grant it with `--allow file.read:{outside}/secret.txt`"


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_f1_links_are_followed_to_what_is_granted(door, name, world):
    inside, _ = world
    (inside / "link").symlink_to("folder/deeper/file.txt")
    (inside / "folder-link").symlink_to(inside / "folder")
    plain = attempt(door, door.call(**{name: "folder/deeper/file.txt"}))
    (inside / "folder" / "deeper").mkdir(parents=True, exist_ok=True)
    (inside / "folder" / "deeper" / "file.txt").write_text("ordinary")
    (inside / "ordinary.txt").write_text("ordinary")
    linked = attempt(door, door.call(**{name: "folder-link/deeper/file.txt"}))
    assert (plain[1] is None) == (linked[1] is None)
    assert plain[0] == linked[0] or door.name in {"path.absolute", "path.glob", "file.modifiedTime"} or "Database" in str(plain[0])


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_f1_the_kinds_of_a_link_and_of_its_target_are_the_same(door, name, world):
    inside, outside = world
    (inside / "link").symlink_to(outside / "secret.txt")
    others = {kind for kind in KINDS if kind not in door.kinds[name]}
    _, error = attempt(door, door.call(**{name: "link"}), *ALL, *[f"{kind}:{outside}/**" for kind in others])
    if "file.delete" not in door.kinds[name] and door.name not in LEXICAL | {"path.glob"}:
        assert error is not None
    assert (outside / "secret.txt").read_text() == SECRET


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_deny_beats_allow_through_a_link(door, name, world):
    inside, _ = world
    (inside / "closed").mkdir()
    (inside / "closed" / "secret.txt").write_text(SECRET)
    (inside / "link").symlink_to("closed/secret.txt")
    (inside / "folder-link").symlink_to("closed")
    before = snapshot(inside / "closed")
    for path in ("closed/secret.txt", "folder-link/secret.txt", "link", "folder/../closed/secret.txt", str(inside / "closed" / "secret.txt")):
        value, error = attempt(door, door.call(**{name: path}), deny=[f"{kind}:./closed/**" for kind in KINDS])
        assert not secrets_in(value, error)
        assert snapshot(inside / "closed") == before, path
        exempt = path == "link" and "file.delete" in door.kinds[name]
        assert error is not None or exempt or path.endswith("link") or door.name in LEXICAL | {"path.glob"}, path
        if exempt and not (inside / "link").is_symlink():
            (inside / "link").symlink_to("closed/secret.txt")


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_f2_missing_and_forbidden_answer_alike(door, name, world):
    inside, outside = world
    (inside / "there").symlink_to(outside / "secret.txt")
    (inside / "away").symlink_to(outside / "absent.txt")
    for there, away in (("../outside/secret.txt", "../outside/absent.txt"), ("there", "away"), ("../outside/folder", "../outside/nofold")):
        (left, one), (right, other) = (attempt(door, door.call(**{name: path})) for path in (there, away))
        assert (one is None) == (other is None)
        if one is None or other is None:
            assert left == right or door.name in LEXICAL | {"path.glob"}
            continue
        said = [error.message.replace("secret", "absent").replace("there", "away").replace("nofold", "folder") for error in (one, other)]
        assert said[0] == said[1]
        assert one.type == other.type


# ── what is no file ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_f1_pipes_sockets_and_devices_neither_block_nor_open(door, name, world):
    inside, _ = world
    os.mkfifo(inside / "pipe")
    with socket.socket(socket.AF_UNIX) as server:  # its name stays
        server.bind("socket")
    (inside / "device").symlink_to("/dev/null")
    (inside / "endless").symlink_to("/dev/zero")
    began = time.monotonic()
    for path in ("pipe", "socket", "device", "endless", "folder/../pipe"):
        value, error = attempt(door, door.call(**{name: path}), *KINDS)  # everything of each kind
        if door.name not in {
            "file.exists",
            "path.exists",
            "file.isFile",
            "path.isFile",
            "file.isDirectory",
            "path.isDirectory",
            "path.glob",
            "file.delete",
            "file.size",
            "file.modifiedTime",
            *LEXICAL,
        }:
            assert error is not None, (path, value)
        assert value is None or type(value) in (bool, list, str, int, float)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/self/mem", "/proc/self/fd/0", "/sys/kernel/notes", "/dev/stdin", "/dev/shm/x", "/proc/1/root/etc/hostname"])
def test_f1_what_the_system_makes_of_itself_is_no_file_whatever_is_granted(door, name, path, world):
    value, error = attempt(door, door.call(**{name: path}), *KINDS, "code.write")
    assert error is not None or value in (False, []) or door.name in LEXICAL, value


# ── names that only look the same ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take these names for the same")
def test_f1_a_name_in_another_form_or_case_is_another_name(world):
    inside, _ = world
    (inside / unicodedata.normalize("NFC", "é.txt")).write_text("composed")
    for path in (unicodedata.normalize("NFD", "é.txt"), "ORDINARY.TXT", "ordinary.txt "):
        assert attempt(DOORS_BY_NAME["file.exists"], f"file.exists({string_text(path)})") == (False, None)
    assert attempt(DOORS_BY_NAME["file.exists"], 'file.exists("é.txt")') == (True, None)


def test_f1_two_names_of_one_file_that_differ_in_case_only_are_both_true(world):
    inside, _ = world
    os.link(inside / "ordinary.txt", inside / "ORDINARY.TXT")
    for name in ("ordinary.txt", "ORDINARY.TXT"):
        assert attempt(DOORS_BY_NAME["file.read"], f'file.read("{name}")') == ("ordinary", None)


def test_f1_a_file_system_that_takes_one_case_for_the_other_gives_true_names_only(world, monkeypatch):
    from mlpy import files

    inside, _ = world
    real_stat, real_open = os.stat, os.open

    def lowered(path, named):
        return path.lower() if isinstance(path, str) and named.get("dir_fd") is not None else path

    monkeypatch.setattr(files, "_exact", set())
    monkeypatch.setattr(files.os, "stat", lambda path, *rest, **named: real_stat(lowered(path, named), *rest, **named))
    monkeypatch.setattr(files.os, "open", lambda path, *rest, **named: real_open(lowered(path, named), *rest, **named))
    door = DOORS_BY_NAME["file.read"]
    assert attempt(door, 'file.read("ordinary.txt")') == ("ordinary", None)
    for call in (
        'read("ORDINARY.TXT")',
        'size("Ordinary.TXT")',
        'read("Folder/deeper/file.txt")',
        'append("ORDINARY.TXT", "x")',
        'write("ORDINARY.TXT", "x")',
        'write("FOLDER/new.txt", "x")',
    ):
        _, error = attempt(door, f"file.{call}", deny=["file.write:./folder/**", "file.read:./folder/**"])
        assert "does not exist" in error.message, call
    assert attempt(door, 'file.exists("ORDINARY.TXT")') == (False, None)
    assert attempt(door, 'file.write("folder/new.txt", "x")') == (None, None)
    assert attempt(door, 'file.read("folder/new.txt")') == ("x", None)
    assert sorted(path.name for path in inside.iterdir()) == ["folder", "ordinary.txt"]
    assert (inside / "ordinary.txt").read_text() == "ordinary"
    assert not files._exact


def test_f3_a_file_with_names_elsewhere_is_not_changed_in_place(world):
    inside, outside = world
    os.link(outside / "secret.txt", inside / "hard.txt")
    _, error = attempt(DOORS_BY_NAME["file.append"], 'file.append("hard.txt", "x")')
    assert "further names" in error.message
    assert attempt(DOORS_BY_NAME["file.write"], 'file.write("hard.txt", "x")')[1] is None
    assert (outside / "secret.txt").read_text() == SECRET
    assert (inside / "hard.txt").read_text() == "x"


DOORS_BY_NAME = {door.name: door for door in DOORS}


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────

RACERS = """
import file; import path;
seen = [];
function attempt(f) { try { seen.append(f()); } except (e) { if (!(e.type in ["IOError", "CapabilityError"])) { throw e; } } }
for (i in range(25)) {
    attempt(fn() => file.read("d/secret.txt"));
    attempt(fn() => file.read("f"));
    attempt(fn() => [...file.lines("d/folder/secret.txt")]);
    attempt(fn() => path.listDir("d/folder"));
    attempt(fn() => file.write("d/secret.txt", "mine"));
    attempt(fn() => file.write("f", "mine"));
    attempt(fn() => file.append("d/secret.txt", "mine"));
    attempt(fn() => file.append("f", "mine"));
    attempt(fn() => file.copy("d/secret.txt", "copied.txt"));
    attempt(fn() => file.copy("ordinary.txt", "d/folder/secret.txt"));
    attempt(fn() => file.move("d/folder/secret.txt", "moved.txt"));
    attempt(fn() => file.delete("d/secret.txt"));
    attempt(fn() => path.removeDirRecursive("d/folder"));
    attempt(fn() => path.createDir("d/folder/new"));
    attempt(fn() => file.write("d/folder/secret.txt", "mine"));
}
seen
"""


@pytest.mark.slow
def test_f1_names_that_change_while_they_are_used_lead_nowhere_else(world):
    inside, outside = world
    before = snapshot(outside)
    stop = threading.Event()
    swaps = 0

    def swap():
        nonlocal swaps
        (inside / "d-kept").mkdir()
        while not stop.is_set():
            for made, link in (("d", outside), ("f", outside / "secret.txt")):
                try:
                    (inside / "tmp-link").symlink_to(link)
                    if made == "d":
                        os.rename(inside / "d-kept", inside / "d")
                        time.sleep(0)
                        os.rename(inside / "d", inside / "d-kept")
                    os.rename(inside / "tmp-link", inside / made)
                    time.sleep(0)
                    os.unlink(inside / made)
                    swaps += 1
                except OSError:  # the program was there first
                    for name in ("tmp-link", "d", "f"):
                        if (inside / name).is_symlink():
                            os.unlink(inside / name)
                    if (inside / "d").is_dir() and not (inside / "d-kept").exists():
                        os.rename(inside / "d", inside / "d-kept")

    racer = threading.Thread(target=swap)
    racer.start()
    seen = 0
    try:
        until = time.monotonic() + 5
        while time.monotonic() < until:
            value = mlpy.Engine(grants=Grants(ALL, root=str(inside)), limits=mlpy.Limits(time=30)).run(RACERS).value
            assert SECRET not in str(value)
            seen += len(value)
    finally:
        stop.set()
        racer.join()
    assert snapshot(outside) == before
    assert swaps > 100
    assert seen > 100
    for name in ("copied.txt", "moved.txt"):
        assert not (inside / name).exists() or SECRET not in (inside / name).read_text()


# ── what no program writes ───────────────────────────────────────────────────────────────────────────────────────

GUARDED = (
    ".git/config", ".git/hooks/post-commit", "folder/.git/config", ".github/workflows/ci.yml", ".hg/hgrc", ".gitlab/x", ".circleci/config.yml", ".GIT/config",
    "lib.ml", "folder/lib.ml", "code.py", "folder/sitecustomize.py", "code.pyc", "native.so", "path.pth", "types.pyi", "LIB.ML",
    "mlpy.toml", "mlpy.json", "mlpy.yaml", "pyproject.toml", "pkg.dist-info/entry_points.txt", "pkg.egg-info/PKG-INFO",
    "ext/data.txt", "ext/mod.py", "ext/pkg/x.bin", "cache/secret", "cache/x.mlc", "config/trust/x", "modules/lib.ml", "folder/../lib.ml",
)  # fmt: skip


@pytest.fixture
def project(world, monkeypatch):
    inside, _outside = world
    for name in GUARDED:
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_text("guarded")
    (inside / "code-link.txt").symlink_to("code.py")
    (inside / "git-link").symlink_to(".git")
    monkeypatch.setenv("MLPY_CACHE_DIR", str(inside / "cache"))
    monkeypatch.setenv("MLPY_CONFIG_DIR", str(inside / "config"))
    monkeypatch.setenv("MLPY_CACHE", "0")
    return inside, {"extension_paths": [], "module_paths": [str(inside / "modules")], "project_root": str(inside)}


WRITERS = [pytest.param(door, name, id=f"{door}-{name}") for door in DOORS for name in door.kinds if set(door.kinds[name]) - {"file.read"}]


@pytest.mark.parametrize(("door", "name"), WRITERS)
def test_f28_code_configuration_and_keys_are_written_under_no_grant_but_their_own(door, name, project):
    inside, options = project
    (inside / "ext" / "mod.py").unlink()
    before = snapshot(inside)
    paths = [*GUARDED, ".git", "ext", "cache", "config", "code-link.txt/x", "git-link/config", ".git/new", "ext/new.txt", "new.py", "new.ml", "cache/new"]
    for path in paths:
        if path == "ext/mod.py":
            continue
        options["extension_paths"] = [str(inside / "ext")]
        value, error = attempt(door, door.call(**{name: path}), *ALL, **options)
        assert error is not None, (path, value)
        assert snapshot(inside) == before, path
        assert isinstance(error, CapabilityDenied) or error.type == "IOError"
    assert attempt(door, door.call(**{name: "code-link.txt"}), *ALL, **options)[1] is not None or "file.delete" in door.kinds[name]
    assert (inside / "code.py").read_text() == "guarded"


def test_f28_the_grant_for_code_is_one_of_its_own(project):
    inside, options = project
    door = DOORS_BY_NAME["file.write"]
    _, error = attempt(door, 'file.write("new.py", "x")', *ALL, **options)
    assert (error.capability, error.hint) == ("code.write:new.py", "grant it with `--allow code.write:new.py`")
    assert attempt(door, 'file.write("new.py", "x")', *ALL, "code.write:./new.py", **options)[1] is None
    assert (inside / "new.py").read_text() == "x"
    assert attempt(door, 'file.write("new.py", "x")', "code.write:./new.py", **options)[1] is not None


@pytest.mark.parametrize(("door", "name"), ENTRANCES)
def test_f3_keys_cannot_be_read_whatever_is_granted(door, name, project):
    inside, options = project
    (inside / "cache" / "secret").write_text(SECRET)
    (inside / "key-link").symlink_to("cache/secret")
    (inside / "cache-link").symlink_to(inside / "cache")
    if "file.read" not in door.kinds[name] or door.name in LEXICAL:
        return
    for path in ("cache/secret", "cache", "key-link", "cache-link/secret", "folder/../cache/secret", "config/trust/x", str(inside / "cache" / "secret")):
        value, error = attempt(door, door.call(**{name: path}), *KINDS, "code.write", **options)
        assert not secrets_in(value, error), path
        assert error is not None or (door.name == "path.glob" and "link" in path), (path, value)


@pytest.mark.parametrize("path", ["folder", "tree"])
def test_f28_a_folder_that_holds_code_is_deleted_as_a_whole_or_not_at_all(path, project):
    inside, options = project
    (inside / "tree" / "a" / "b").mkdir(parents=True)
    (inside / "tree" / "a" / "x.txt").write_text("x")
    (inside / "tree" / "z.py").write_text("z")
    before = snapshot(inside)
    door = DOORS_BY_NAME["path.removeDirRecursive"]
    _, error = attempt(door, f'path.removeDirRecursive("{path}")', *ALL, **options)
    assert error.capability.startswith("code.write:")
    assert snapshot(inside) == before
    assert attempt(door, f'path.removeDirRecursive("{path}")', *ALL, "code.write", **options)[1] is None
    assert not (inside / path).exists()


def test_a_folder_is_deleted_only_where_all_of_it_may_be(world):
    inside, outside = world
    (inside / "folder" / "link").symlink_to(outside)
    door = DOORS_BY_NAME["path.removeDirRecursive"]
    before = snapshot(inside)
    for grants, deny in (
        (("file.write", "file.delete:./folder"), ()),
        (("file.write", "file.delete:./folder/*"), ()),
        (("file.write", "file.delete"), ("file.delete:./folder/deeper/file.txt",)),
        (("file.write",), ()),
        (("file.delete",), ()),
    ):
        assert attempt(door, 'path.removeDirRecursive("folder")', *grants, deny=deny)[1].type == "CapabilityError"
        assert snapshot(inside) == before
    assert attempt(door, 'path.removeDirRecursive("folder")')[1] is None
    assert (outside / "secret.txt").read_text() == SECRET
    _, error = attempt(door, 'path.removeDirRecursive(".")')
    assert "cannot be deleted" in error.message


# ── whole or not at all ──────────────────────────────────────────────────────────────────────────────────────────


def test_f2_nothing_is_left_of_a_write_that_fails(world):
    import resource

    inside, _ = world
    before = snapshot(inside)
    door = DOORS_BY_NAME["file.write"]
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
        _, error = attempt(door, 'file.write("ordinary.txt", "x".repeat(200000))')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert "too large for the file system" in error.message
    for call in (
        'file.write("folder", "x")',
        'file.write("ordinary.txt/x", "x")',
        'file.copy("nowhere", "ordinary.txt")',
        'file.move("folder", "ordinary.txt")',
        'file.copy("ordinary.txt", "folder")',
    ):
        assert attempt(door, call)[1].type == "IOError"
    assert snapshot(inside) == before


def test_f2_a_run_that_is_ended_leaves_the_old_file_or_the_new_one(world):
    inside, _ = world
    text = 'import file; t = "y".repeat(30000000); while (true) { file.write("ordinary.txt", t); }'
    for _ in range(3):
        with pytest.raises(MLError) as caught:
            mlpy.Engine(grants=ALL, limits=mlpy.Limits(time=0.15)).run(text)
        assert caught.value.limit == "time"
        assert sorted(path.name for path in inside.iterdir()) == ["folder", "ordinary.txt"]
        assert (inside / "ordinary.txt").stat().st_size in (8, 30_000_000)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["path.listDir('many')", "path.walk()", "path.glob('many/*')", "path.removeDirRecursive('many')"])
def test_a_limit_ends_the_way_through_a_large_folder(world, monkeypatch, call):
    inside, _ = world
    (inside / "many").mkdir()
    for number in range(5_000):
        (inside / "many" / str(number)).touch()
    seen = []

    def slowly(function):
        def slow(*args):
            seen.append(args)
            time.sleep(0.001)
            return function(*args)

        return slow

    for name in ("entry_kind", "permitted"):
        monkeypatch.setattr(files, name, slowly(getattr(files, name)))
    with pytest.raises(MLError) as caught:
        mlpy.Engine(grants=ALL, limits=mlpy.Limits(time=0.2)).run(f"import path; {call}")
    assert caught.value.limit == "time"
    assert len(seen) < 3_000
    assert len([*(inside / "many").iterdir()]) == 5_000


def test_f2_readers_see_the_old_file_or_the_new_one(world):
    inside, _ = world
    stop = threading.Event()
    sizes = set()

    def read():
        while not stop.is_set():
            sizes.add(len({*(inside / "ordinary.txt").read_text()}))

    reader = threading.Thread(target=read)
    reader.start()
    text = 'import file; for (i in range(60)) { file.write("ordinary.txt", chr(97 + i % 26).repeat(1000000)); }'
    mlpy.Engine(grants=ALL).run(text)
    stop.set()
    reader.join()
    assert sizes <= {1, len({*"ordinary"})}


def test_f2_a_file_keeps_its_permissions_and_a_new_one_has_those_of_the_process(world):
    inside, _ = world
    (inside / "ordinary.txt").chmod(0o600)
    before = os.umask(0o027)
    try:
        attempt(DOORS_BY_NAME["file.write"], 'file.write("ordinary.txt", "x"); file.write("new.txt", "x"); file.copy("ordinary.txt", "copy.txt")')
    finally:
        os.umask(before)
    assert [(inside / name).stat().st_mode & 0o777 for name in ("ordinary.txt", "new.txt", "copy.txt")] == [0o600, 0o640, 0o640]


# ── what is counted ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("grant", "first", "second"),
    [
        ("file.read", 'file.read("ordinary.txt")', 'file.read("ordinary.txt")'),
        ("file.read", 'file.readBytes("ordinary.txt")', 'file.readLines("ordinary.txt")'),
        ("file.read", '[...file.lines("ordinary.txt")]', '[...file.lines("ordinary.txt")]'),
        ("file.read", 'file.copy("ordinary.txt", "a.txt")', 'file.copy("ordinary.txt", "b.txt")'),
        ("file.write", 'file.write("a.txt", "8 bytes.")', 'file.write("b.txt", "8 bytes.")'),
        ("file.write", 'file.copy("ordinary.txt", "a.txt")', 'file.copy("ordinary.txt", "b.txt")'),
        ("file.write", 'file.write("a.txt", "8 bytes.")', 'file.move("ordinary.txt", "b.txt")'),
        ("file.append", 'file.append("a.txt", "8 bytes.")', 'file.append("a.txt", "8 bytes.")'),
        ("file.read", 'crypto.hashFile("ordinary.txt")', 'crypto.hashFile("ordinary.txt")'),
    ],
)
def test_the_bytes_of_a_grant_are_counted_before_they_move(grant, first, second, world):
    inside, _ = world
    others = [one for one in ALL if not one.startswith(grant)]
    engine = mlpy.Engine(grants=[f"{grant}:./**,bytes=15", *others])
    text = f"import file; import crypto; {first}; failed = null; try {{ {second}; }} except (e) {{ failed = e; }} [failed?.type, failed?.message, file.exists('b.txt')]"
    assert engine.run(text).value == ["CapabilityError", f"the grant `{grant}:./**` is used up: `bytes=15`", False]
    assert (inside / "ordinary.txt").read_text() == "ordinary"


def test_a_link_is_counted_by_the_grant_of_its_target(world):
    inside, outside = world
    (inside / "link").symlink_to(outside / "secret.txt")
    engine = mlpy.Engine(grants=["file.read:./**", f"file.read:{outside}/**,count=2,bytes=30"])
    result = engine.run('import file; r = []; for (i in range(3)) { try { r.append(file.read("link").length); } except (e) { r.append(e.message); } } r')
    assert result.value[0] == len(SECRET)
    assert result.value[1:] == [f"the grant `file.read:{outside}/**` is used up: `bytes=30`", "`file.read:link` leads to what is not granted"]
    assert {one.capability for one in result.audit} == {"file.read:link", f"file.read:{outside}/secret.txt"}


def test_f37_files_that_a_program_left_open_are_closed_with_it(world):
    def opened():
        return len(os.listdir("/dev/fd"))

    before = opened()
    engine = mlpy.Engine(grants=ALL)
    held = engine.run('import file; kept = file.lines("ordinary.txt"); next(kept); 1')
    del held
    for text in (
        'import file; next(file.lines("ordinary.txt"))',
        'import file; a = []; for (i in range(64)) { a.append(file.lines("ordinary.txt")); } throw "x"',
        'import file; a = []; for (i in range(65)) { a.append(file.lines("ordinary.txt")); }',
        'import file; a = []; for (i in range(60)) { a.append(file.lines("ordinary.txt")); } while (true) {}',
        'import file; for (i in range(200)) { for (line in file.lines("ordinary.txt")) { break; } }',
    ):
        _, failed = attempt_text(text)
        assert failed is None or failed.limit == "time" or "64 files" in failed.message or failed.message == "x"
    import gc

    gc.collect()
    assert opened() == before


def test_no_descriptor_is_left_behind_by_any_path(world):
    inside, outside = world
    paths = ways_out(inside, outside)
    calls = [door.call(**{name: path}) for door in DOORS if door.module == "file" for name in door.kinds for path in paths]
    before = len(os.listdir("/dev/fd"))
    for call in calls:
        attempt(DOORS_BY_NAME["file.read"], call)
    assert len(os.listdir("/dev/fd")) == before


# ── roots behind links ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_root_behind_a_link_is_resolved_once(world, tmp_path):
    inside, outside = world
    (tmp_path / "alias").symlink_to(inside)
    (inside / "link").symlink_to("folder/deeper/file.txt")
    (inside / "out").symlink_to(outside / "secret.txt")
    (inside / "closed").mkdir()
    (inside / "closed" / "x.txt").write_text(SECRET)
    (inside / "closed-link").symlink_to("closed/x.txt")
    root = str(tmp_path / "alias")
    door = DOORS_BY_NAME["file.read"]
    assert attempt(door, 'file.read("link")', root=root) == ("ordinary", None)
    assert attempt(door, f'file.read("{root}/folder/deeper/file.txt")', root=root) == ("ordinary", None)
    assert attempt(door, 'file.read("out")', root=root)[1].type == "CapabilityError"
    for path in ("closed/x.txt", "closed-link", f"{root}/closed/x.txt", f"{inside}/closed/x.txt"):
        for denied in ("./closed/**", f"{root}/closed/**", f"{inside}/closed/**"):
            assert attempt(door, f'file.read("{path}")', "file.read", root=root, deny=[f"file.read:{denied}"])[1] is not None, (path, denied)


def test_a_path_outside_of_the_root_is_walked_from_the_top(world, tmp_path):
    _inside, outside = world
    (tmp_path / "side").symlink_to(outside)
    door = DOORS_BY_NAME["file.read"]
    assert attempt(door, f'file.read("{outside}/secret.txt")', f"file.read:{outside}/**") == (SECRET, None)
    _, error = attempt(door, f'file.read("{tmp_path}/side/secret.txt")', f"file.read:{tmp_path}/side/**")
    assert error.hint == f"grant it with `--allow file.read:{outside}/secret.txt`"
    assert attempt(door, f'file.read("{tmp_path}/side/secret.txt")', f"file.read:{tmp_path}/side/**", f"file.read:{outside}/**") == (SECRET, None)
    assert attempt(door, f'file.read("{Path(sys.executable).resolve()}")', "file.read:/usr/bin/nothing")[1].type == "CapabilityError"
