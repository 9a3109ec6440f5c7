"""Workflows that come from elsewhere: what is taken, what is refused and why, and that nothing of it is run or half there."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mlpy.extensions.workflows import sharing
from mlpy.extensions.workflows.folder import Folder

MARK = "#!/bin/sh\n# @description: leaves a mark\n# @author: Ada\n# @param: target:str where to\ntouch MARK\n"
ML = '// @description: reads\n// @grant: file.read:./data/**\nprint("read")\n'


def offered(folder: Path, name: str) -> dict:
    """The record of a script of that name that leaves a mark; a folder is where it lies for a moment."""
    (folder / name).write_text(MARK)
    made = next(one.record.to_json() for one in Folder(str(folder)).workflows() if one.script.file == name)
    (folder / name).unlink()
    return made


@pytest.fixture
def elsewhere(tmp_path):
    """A folder from which workflows come."""
    made = tmp_path / "elsewhere"
    made.mkdir()
    return made


@pytest.fixture
def shared(elsewhere):
    """A valid record, of a script that leaves a mark when it is run."""
    return offered(elsewhere, "mark.sh")


@pytest.fixture
def server():
    """A server on the loopback address: `pages` has status, headers and body of each path, `url` is where it is; a body may be an iterable."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = made.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # the client has had enough
                for piece in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(piece)

        def log_message(self, *arguments):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.pages = {}
    made.url = f"http://127.0.0.1:{made.server_port}"
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def left(scripts, home) -> list[str]:
    """What is in the folder of workflows, and what was staged for it."""
    staged = home / "cache" / "workflows"
    return sorted(os.listdir(scripts.path)) + sorted(name for name in (os.listdir(staged) if staged.exists() else ()) if name.startswith("work-"))


# ── what is taken ──


def test_a_record_a_script_and_their_addresses(scripts, answer, elsewhere, shared, server, home):
    (elsewhere / "mark.workflow.json").write_text(json.dumps(shared | {"created_at": "2020-01-02T03:04:05Z"}))
    (elsewhere / "stored").write_text(ML)
    (elsewhere / "read.ml").symlink_to("stored")  # whoever names a file says what it is called
    server.pages["/a/fetched.workflow.json"] = (200, {}, json.dumps(offered(elsewhere, "fetched.sh")).encode())
    server.pages["/moved"] = (302, {"Location": "/b/there.py?version=2"}, b"")
    server.pages["/b/there.py?version=2"] = (200, {}, b"# @description: there\nopen('MARK', 'w')\n")
    for source in (elsewhere / "mark.workflow.json", elsewhere / "read.ml", f"{server.url}/a/fetched.workflow.json", f"{server.url}/moved"):
        assert answer("import", str(source), "--yes")[1]["data"]["action"] == "imported"
    assert scripts.recorded == ["fetched.sh", "mark.sh", "read.ml", "there.py"]
    assert (scripts.path / "mark.sh").read_text() == MARK
    assert os.access(scripts.path / "mark.sh", os.X_OK)
    assert not os.access(scripts.path / "read.ml", os.X_OK)
    assert scripts.record("mark.sh")["created_at"] == "2020-01-02T03:04:05Z"
    assert not list(Path.cwd().rglob("MARK"))
    assert left(scripts, home) == sorted(name + end for name in scripts.recorded for end in ("", ".workflow.json"))


def test_a_folder_is_one_workflow_or_has_several(scripts, answer, elsewhere):
    (elsewhere / "tool" / "lib").mkdir(parents=True)
    (elsewhere / "tool" / "__main__.py").write_text("# @description: several files\nfrom lib import parts\n")
    (elsewhere / "tool" / "lib" / "parts.py").write_text("x = 1\n")
    (elsewhere / "read.ml").write_text(ML)
    (elsewhere / "notes.txt").write_text("no workflow\n")
    _, record = answer("import", str(elsewhere / "tool"), "--yes")
    assert [(one["file"], one["type"], one["files"]) for one in record["data"]["workflows"]] == [("tool", "multi-file", 2)]
    assert answer("import", str(elsewhere), "--yes")[1]["error"]["type"] == "already_exists"
    assert scripts.recorded == ["tool"]
    answer("import", str(elsewhere), "--yes", "--force")
    assert scripts.recorded == ["read.ml", "tool"]
    assert (scripts.path / "tool" / "lib" / "parts.py").read_text() == "x = 1\n"


def test_nothing_is_taken_before_somebody_has_agreed(scripts, answer, workflow, elsewhere, home):
    (elsewhere / "read.ml").write_text(ML + "// more\n")
    (elsewhere / "pay.py").write_text("# @requires: requests>=2, rich\n# @requires-file: more.txt\n# @needs: read\n# @deprecated-entry-point: spend\n")
    code, record = answer("import", str(elsewhere / "read.ml"))
    assert (code, record["error"]["type"], record["data"]["action"]) == (3, "confirmation_required", "refused")
    (asked,) = record["data"]["workflows"]
    assert (asked["grants"], asked["sandboxed"], asked["bytes"]) == (["file.read:./data/**"], True, len(ML) + 8)
    code, out, _ = workflow("import", str(elsewhere / "pay.py"), "--dry-run")
    assert code == 0
    assert "requests>=2, rich" in out
    assert "with all your rights" in out
    assert "called, too  spend" in out
    assert "`more.txt`, which lists what it requires, does not come along" in out
    assert left(scripts, home) == []


@pytest.mark.parametrize(("typed", "taken"), [("y", ["read.ml", "read.ml.workflow.json"]), ("n", [])])
def test_a_person_is_asked(typed, taken, scripts, elsewhere, home):
    pexpect = pytest.importorskip("pexpect")
    (elsewhere / "read.ml").write_text(ML.replace("reads", "reads \x1b[31mred"))
    child = pexpect.spawn(sys.executable, ["-m", "mlpy", "workflow", "import", str(elsewhere / "read.ml")], encoding="utf-8", timeout=60)
    child.expect_exact("import that?")
    assert "file.read:./data/**" in child.before
    assert "\x1b[31mred" not in child.before
    child.sendline(typed)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == (0 if taken else 3)
    assert left(scripts, home) == taken


# ── what is refused ──


def changed(shared: dict, **fields: object) -> dict:
    """A record with other fields; those of `metadata` begin with `meta_`."""
    own = {name: value for name, value in fields.items() if not name.startswith("meta_")}
    return shared | own | {"metadata": shared["metadata"] | {name.removeprefix("meta_"): value for name, value in fields.items() if name.startswith("meta_")}}


RECORDS = {
    "no JSON": (b'{"name": ', "invalid_record", "is no JSON"),
    "another shape": ({"params": "none"}, "invalid_record", "`params` must be a list"),
    "a field that nobody knows": ({"run_at_import": "sh"}, "invalid_record", "`run_at_import` is not known"),
    "traversal in entry_point": ({"entry_point": "../../mark.sh"}, "invalid_record", "`entry_point` must be"),
    "an absolute entry_point": ({"entry_point": "/bin/sh"}, "invalid_record", "`entry_point` must be"),
    "an entry_point elsewhere": ({"entry_point": "other/mark.sh"}, "unsafe_path", "`entry_point` of the record is not its script"),
    "traversal in source_file": ({"meta_source_file": "../mark.sh"}, "invalid_record", "`metadata.source_file`"),
    "a hidden source_file": ({"meta_source_file": ".bashrc"}, "unsafe_path", "cannot be called `.bashrc`"),
    "a record as its own script": ({"meta_source_file": "a.workflow.json", "entry_point": "a.workflow.json"}, "invalid_value", "neither a script nor a record"),
    "another language": ({"language": "python"}, "invalid_record", "its script is `mark:sh`"),
    "another text": ({"code": "rm -rf ~"}, "invalid_record", "is not what its `source_hash` says"),
    "more files than it brings": ({"type": "multi-file"}, "invalid_record", "has more files than its record brings"),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_is_refused(case, scripts, answer, elsewhere, shared, home):
    what, kind, reason = RECORDS[case]
    source = elsewhere / "x.json"
    source.write_bytes(what if isinstance(what, bytes) else json.dumps(changed(shared, **what)).encode())
    code, record = answer("import", str(source), "--yes")
    assert (code, record["error"]["type"]) == (3 if kind == "unsafe_path" else 2 if kind == "invalid_value" else 1, kind)
    assert reason in record["error"]["message"]
    assert left(scripts, home) == []


def test_a_name_cannot_forge_lines(elsewhere, workflow):
    (elsewhere / "a\nerror: b.sh").write_text("true\n")
    assert workflow("import", str(elsewhere / "a\nerror: b.sh"), "--yes")[2].splitlines()[0] == r"error: a workflow cannot be called `a\nerror: b.sh`"


def hostile_link(folder: Path) -> Path:
    (folder / "tool").mkdir()
    (folder / "tool" / "main.sh").write_text("true\n")
    (folder / "tool" / "passwords").symlink_to("/etc/passwd")
    return folder / "tool"


def outward(folder: Path) -> Path:
    (folder / "a.sh").symlink_to("/etc/profile")
    (folder / "b.sh").write_text("true\n")
    return folder


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a.sh")
    return folder / "a.sh"


def huge(folder: Path) -> Path:
    with open(folder / "a.sh", "wb") as stream:
        stream.truncate(sharing.MOST + 1)
    return folder / "a.sh"


def plain_text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("no workflow\n")
    return folder / "notes.txt"


FILES = [
    (hostile_link, "unsafe_path", "`tool/passwords` is a link"),
    (outward, "unsafe_path", "`a.sh` is a link that leads out"),
    (pipe, "unsafe_path", "is no regular file"),
    (huge, "too_large", "`a.sh` is larger than 32 MB"),
    (plain_text, "invalid_value", "neither a script nor a record"),
    (lambda folder: folder / "nothing", "file_not_found", "cannot be read: no such file"),
    (lambda folder: folder, "file_not_found", "there is no workflow in `elsewhere`"),
]


@pytest.mark.parametrize(("make", "kind", "reason"), FILES)
def test_a_file_or_folder_is_refused(make, kind, reason, scripts, answer, elsewhere, home):
    _, record = answer("import", str(make(elsewhere)), "--yes")
    assert record["error"]["type"] == kind
    assert reason in record["error"]["message"]
    assert left(scripts, home) == []


ADDRESSES = {
    "elsewhere": (302, {"Location": "http://localhost:1/a.sh"}, b"", "unsafe_path", "redirects to `http://localhost:1`, and you named the former"),
    "another port": (302, {"Location": "http://127.0.0.1:1/a.sh"}, b"", "unsafe_path", "redirects to `http://127.0.0.1:1`"),
    "round and round": (302, {"Location": "/a.sh"}, b"", "bad_answer", "redirects more than 5 times"),
    "nowhere": (302, {"Location": "file:///etc/passwd"}, b"", "bad_answer", "redirects to what is no address"),
    "not there": (404, {}, b"", "bad_answer", "answered 404"),
    "too much, as it says": (200, {"Content-Length": str(1 << 40)}, b"", "too_large", "is larger than 32 MB"),
    "too much, without a word": (200, {}, (bytes(1 << 20) for _ in range(64)), "too_large", "is larger than 32 MB"),
    "packed": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b", "bad_answer", "packed"),
    "cut off": (200, {"Content-Length": "100"}, b"echo", "network_error", "broke off"),
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_address_is_refused(case, scripts, answer, server, home):
    *page, kind, reason = ADDRESSES[case]
    server.pages["/a.sh"] = page
    _, record = answer("import", f"{server.url}/a.sh", "--yes")
    assert record["error"]["type"] == kind
    assert reason in record["error"]["message"]
    assert left(scripts, home) == []


@pytest.mark.parametrize("address", ["http://example.com/a.sh", "ftp://example.com/a.sh", "https://me:secret@example.com/a.sh", "file:///etc/passwd"])
def test_an_address_is_refused_before_it_is_asked(address, scripts, answer):
    code, record = answer("import", address, "--yes")
    assert (code, record["error"]["type"]) == (2, "bad_address")
    assert "secret" not in record["error"]["message"]


@pytest.mark.parametrize("apart", [False, True], ids=["on one file system", "from another"])
def test_what_cannot_be_put_in_place_leaves_nothing(apart, scripts, answer, elsewhere, monkeypatch):
    (elsewhere / "tool").mkdir()
    (elsewhere / "tool" / "main.sh").write_text("echo new\n")
    scripts.write("tool/main.sh", "echo old\n")
    real = os.rename

    full = [True]

    def rename(old: str, new: str) -> None:
        staged = "/work-" in old
        if staged and apart:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        if full and (staged or old.endswith(".new")):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(old, new)

    monkeypatch.setattr(os, "rename", rename)
    _, record = answer("import", str(elsewhere / "tool"), "--yes", "--force")
    assert (record["error"]["type"], record["error"]["message"]) == ("not_writable", "the folder of workflows cannot be written: no space left on device")
    assert os.listdir(scripts.path) == ["tool"]
    assert (scripts.path / "tool" / "main.sh").read_text() == "echo old\n"
    full.clear()
    assert answer("import", str(elsewhere / "tool"), "--yes", "--force")[0] == 0
    assert (scripts.path / "tool" / "main.sh").read_text() == "echo new\n"
    assert sorted(os.listdir(scripts.path)) == ["tool", "tool.workflow.json"]


# ── replaced, given away, locked ──


def test_what_is_there_is_replaced_when_that_is_meant(scripts, answer, elsewhere):
    scripts.write("read.ml", "// @description: old\n")
    scripts.folder.sync()
    born = scripts.record("read.ml")["created_at"]
    answer("lock", "read")
    (elsewhere / "read.ml").write_text(ML)
    assert answer("import", str(elsewhere / "read.ml"), "--yes")[1]["error"]["type"] == "already_exists"
    _, record = answer("import", str(elsewhere / "read.ml"), "--yes", "--force")
    assert record["data"]["workflows"][0]["replaces"]
    assert (scripts.record("read.ml")["description"], scripts.record("read.ml")["created_at"]) == ("reads", born)
    assert not (scripts.path / "read.ml.lock").exists()


def test_what_is_exported_is_imported_again(scripts, workflow, answer, tmp_path):
    scripts.write("odd.py", "# @description: odd “text” \u009b\x7f\n# @tags: a\nprint('\u202e')\r\n")
    scripts.write("tool/main.sh", "echo tool\n")
    scripts.write("tool/.hidden", "stays here\n")
    _, out, _ = workflow("export", "odd")
    (tmp_path / "odd.json").write_text(out)
    answer("lock", "--all")
    assert answer("export", "tool")[1]["error"]["type"] == "invalid_value"
    for name in ("odd", "tool"):
        assert answer("export", name, "-o", str(tmp_path / "out") + "/")[1]["data"]["files"] == [f"{name}{'.py' if name == 'odd' else ''}{end}" for end in ("", ".lock")]
    assert sorted(os.listdir(tmp_path / "out")) == ["odd.py", "odd.py.lock", "tool", "tool.lock"]
    other = tmp_path / "other"
    assert answer("import", str(tmp_path / "odd.json"), "--yes", "--folder", str(make(other)))[0] == 0
    assert (other / "odd.py").read_bytes() == (scripts.path / "odd.py").read_bytes()
    _, record = answer("import", str(tmp_path / "out"), "--yes", "--force", "--folder", str(other))
    assert [one["locked"] for one in record["data"]["workflows"]] == [True, True]
    assert answer("verify", "odd", "tool", "--folder", str(other))[0] == 0
    assert os.listdir(other / "tool") == ["main.sh"]


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_lock_of_something_else_stays_behind(scripts, answer, elsewhere):
    scripts.write("read.ml", ML)
    answer("lock", "read")
    lock = (scripts.path / "read.ml.lock").read_text()
    (elsewhere / "read.ml").write_text(ML + "// changed\n")
    (elsewhere / "read.ml.lock").write_text(lock)
    (elsewhere / "b.ml").write_text(ML)
    (elsewhere / "b.ml.lock").write_text(lock + "--index-url https://evil.example/simple\n")
    _, record = answer("import", str(elsewhere), "--yes", "--force")
    warnings = [one["warnings"] for one in record["data"]["workflows"]]
    assert warnings == [["the lock of `b` has a line that pins nothing: `--index-url https://evil.example/simple`: it stays behind"], ["its lock is of another version of it: it stays behind"]]
    assert sorted(name for name in os.listdir(scripts.path) if name.endswith(".lock")) == []
