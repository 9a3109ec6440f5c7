"""Bundles against Debian's docker-registry, as people push and pull them; an oras client is the independent peer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

ENTRY = [sys.executable, "-m", "mlpy", "bundle", "--json"]


@pytest.fixture
def starting():
    """Starts `mlpy bundle … --json` as a process that a test may kill."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        started.append(subprocess.Popen([*ENTRY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_what_is_pushed_is_inspected_pulled_and_verified(docker, project, answer, content, name, tmp_path):
    reference = f"{docker.address}/{name}"
    code, record = answer("push", reference, "--tag", "1.0", "--tag", "stable")
    pushed = record["data"]
    assert (code, record["command"], pushed["tags"], pushed["files"]) == (0, "push", ["1.0", "stable"], 6)
    assert pushed["blobs"] == {"uploaded": 6, "mounted": 0, "present": 0}  # six contents of files, of which two are equal, and the configuration
    assert answer("tags", reference)[1]["data"]["tags"] == ["1.0", "stable"]

    code, record = answer("inspect", f"oci://{reference}:stable")
    found = record["data"]
    assert (code, found["digest"], found["bundle_digest"]) == (0, pushed["digest"], pushed["bundle_digest"])
    pond = content(project)
    assert [one["path"] for one in found["files"]] == sorted(pond.keys() - {"manifest.json"})
    assert [(one["id"], one["class"]) for one in found["models"]] == [("pond", "models.pond:Pond")]

    for version, folder in ((":1.0", "by-tag"), (f"@{pushed['digest']}", "by-digest")):
        code, record = answer("pull", reference + version, tmp_path / folder)
        assert (code, record["data"]["digest"], record["data"]["bundle_digest"]) == (0, pushed["digest"], pushed["bundle_digest"])
        assert content(tmp_path / folder) == pond
        code, record = answer("verify", tmp_path / folder, "--against", f"{reference}:stable", "--exact")
        assert (code, record["data"]["verified"], record["data"]["files"]) == (0, True, 6)
    assert sorted(os.listdir(tmp_path)) == ["by-digest", "by-tag", "home", "pond"]


def test_one_content_has_one_digest_and_one_changed_file_is_one_upload(proxy, project, answer, name, tmp_path):
    reference = f"{proxy.address}/{name}"
    first = answer("push", reference)[1]["data"]
    (project / "manifest.json").unlink()
    os.utime(project / "models/pond.py", (1, 1))
    project.rename(tmp_path / "elsewhere")
    os.chdir(tmp_path / "elsewhere")
    second = answer("push", f"{proxy.address}/{name}-again")[1]["data"]
    assert (second["digest"], second["bundle_digest"]) == (first["digest"], first["bundle_digest"])

    proxy.asked.clear()
    third = answer("push", reference)[1]["data"]
    assert (third["digest"], third["blobs"], third["bytes_uploaded"]) == (first["digest"], {"uploaded": 0, "mounted": 0, "present": 6}, 0)
    assert proxy.writes() == [f"PUT /v2/{name}/manifests/latest"]

    changed = b"depth\n4\n"
    (tmp_path / "elsewhere/data/copy.csv").write_bytes(changed)
    proxy.asked.clear()
    fourth = answer("push", reference)[1]["data"]
    sent = [asked.size for asked in proxy.asked if asked.method in ("PATCH", "PUT") and "/uploads/" in asked.path]
    assert sent == [len(changed)] == [fourth["bytes_uploaded"]]
    assert fourth["blobs"] == {"uploaded": 1, "mounted": 0, "present": 6}
    assert fourth["digest"] != first["digest"]


def test_an_oras_client_pulls_the_same_bytes(docker, project, answer, content, name, tmp_path):
    provider = pytest.importorskip("oras.provider", reason="oras is not installed: `pip install oras`")
    answer("push", f"{docker.address}/{name}", "--tag", "1.0")
    client = provider.Registry(insecure=True)
    client.pull(f"{docker.address}/{name}:1.0", outdir=str(tmp_path / "oras"))
    assert content(tmp_path / "oras") == {path: data for path, data in content(project).items() if path != "manifest.json"}


def test_a_push_that_was_killed_is_pushed_again(oci, proxy, project, answer, content, name, starting, tmp_path):
    reference = f"{proxy.address}/{name}"
    big = "data/deep/er/values.bin"
    (project / big).write_bytes(os.urandom(400_000))
    held = proxy.fail(f"PUT .*/uploads/.*{oci.digest_of((project / big).read_bytes())}", take=100_000, hold=threading.Event())
    process = starting("push", reference)
    assert held.reached.wait(oci.PATIENCE)
    oci.until(lambda: sum(asked.answered for asked in proxy.asked if asked.method == "PUT") == 5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    held.hold.set()
    assert answer("inspect", reference)[1]["error"]["type"] == "not_found"  # half of a bundle is none

    proxy.asked.clear()
    code, record = answer("push", reference)
    assert (code, record["data"]["blobs"]) == (0, {"uploaded": 1, "mounted": 0, "present": 5})
    assert answer("pull", reference, tmp_path / "pulled")[0] == 0
    assert (tmp_path / "pulled" / big).read_bytes() == (project / big).read_bytes()


@pytest.mark.parametrize("command", ["pull", "push"])
def test_ctrl_c_ends_it_and_leaves_nothing(command, oci, proxy, project, answer, name, starting, tmp_path):
    reference = f"{proxy.address}/{name}"
    if command == "pull":
        answer("push", reference)
        held = proxy.fail("GET .*/blobs/", give=10, hold=threading.Event(), times=9)
    else:
        held = proxy.fail("PUT .*/uploads/", take=10, hold=threading.Event(), times=9)
    process = starting(command, reference, *([str(tmp_path / "pulled")] if command == "pull" else []))
    assert held.reached.wait(oci.PATIENCE)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=oci.PATIENCE)
    assert process.returncode == 130
    assert '"interrupted"' in output
    assert sorted(os.listdir(tmp_path)) == ["home", "pond"]


OF_A_FILE = "data/deep/er/values.bin"
TAMPERED = {
    "a byte of a file": ("blobs/{file}", lambda data: bytes([data[0] ^ 1]) + data[1:]),
    "a file that is longer": ("blobs/{file}", lambda data: data + b"x"),
    "a file that is shorter": ("blobs/{file}", lambda data: data[:-1]),
    "what lists the files": ("manifests/latest", lambda data: data.replace(b"pond.py", b"fond.py")),
    "a manifest under its digest": ("manifests/sha256", lambda data: data.replace(b'"size":', b'"size" :')),
    "a manifest under its tag": ("manifests/latest", lambda data: data.replace(b'"size":', b'"size" :')),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_registry_that_tampers_is_refused_and_nothing_stays(case, oci, proxy, project, answer, name, tmp_path):
    reference = f"{proxy.address}/{name}"
    digest = answer("push", reference)[1]["data"]["digest"]
    place, change = TAMPERED[case]
    fault = proxy.fail("GET .*/" + place.format(file=oci.digest_of((project / OF_A_FILE).read_bytes())), change=change)
    code, record = answer("pull", f"{reference}@{digest}" if "sha256" in place else reference, tmp_path / "pulled")
    assert (code, record["error"]["type"]) == (1, "digest_mismatch")
    assert not fault.times
    assert sorted(os.listdir(tmp_path)) == ["home", "pond"]
