"""Bundles that nobody should believe: every one is refused with a reason, and nothing of it reaches the disk."""

from __future__ import annotations

import errno
import hashlib
import json
import os

import pytest
from mlpy.extensions.bundles import place
from mlpy.extensions.bundles.artifact import BUNDLE, FILE, MODELS, NAMED, TITLE
from mlpy.extensions.bundles.manifest import File, Manifest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:" + hashlib.sha256(b"{}").hexdigest(), "size": 2}
BODY = b"content"


def layer(title: object, data: bytes = BODY, media_type: str = FILE, **other: object) -> dict:
    return {"mediaType": media_type, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data), "annotations": {TITLE: title}} | other


def notes(*paths: str, models: str = "{}", **other: object) -> dict:
    """The annotations of a bundle with files of that content, with everything right but what is asked for."""
    made = Manifest({}, {path: File(hashlib.sha256(BODY).hexdigest(), len(BODY)) for path in paths})
    return {NAMED: made.digest, MODELS: models} | other


def manifest(annotations: dict, *layers: dict, **other: object) -> dict:
    return {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE, "config": EMPTY, "layers": [*layers], "annotations": annotations} | other


def bundle(*paths: str) -> dict:
    return manifest(notes(*paths), *(layer(path) for path in paths))


GOOD = notes("a.py")
LIE = "sha256:" + "0" * 64
PATHS = {
    "out of the folder": ["../evil"],
    "out of it later": ["a/../../evil"],
    "absolute": ["/etc/evil"],
    "of a drive": ["C:/evil"],
    "with backslashes": ["a\\..\\..\\evil"],
    "nothing": [""],
    "a folder": ["a/"],
    "with control characters": ["a\x1b[2J"],
    "hooks of git": [".GIT/hooks/pre-commit"],
    "what mlpy keeps": [".modelops-bundle/x"],
    "too long": ["a" * 300],
    "another case": ["Data/a.py", "data/A.py"],
    "another case of the listing": ["MANIFEST.json"],
    "the listing itself": ["manifest.json"],
    "composed otherwise": ["\u00e9", "e\u0301"],
    "folders in another case": ["data/a", "Data/b"],
    "a file below a file": ["a", "a/b"],
}
MANIFESTS = {
    "no layers": ("invalid_manifest", manifest(GOOD, layers=[])),
    "layers that are none": ("invalid_manifest", manifest(GOOD, layers=[3])),
    "an archive, with links and devices in it": ("invalid_manifest", manifest(GOOD, layer("a.py", media_type="application/vnd.oci.image.layer.v1.tar+gzip"))),
    "an archive to be unpacked": ("invalid_manifest", manifest(GOOD, layer("a.py", media_type="application/vnd.oci.image.layer.v1.tar", annotations={TITLE: "a.py", "io.deis.oras.content.unpack": "true"}))),
    "a file without a path": ("invalid_manifest", manifest(GOOD, layer(None))),
    "a file without a digest": ("invalid_manifest", manifest(GOOD, layer("a.py", digest="sha256:1"))),
    "another kind of digest": ("invalid_manifest", manifest(GOOD, layer("a.py", digest="md5:" + "0" * 32))),
    "a size that is none": ("invalid_manifest", manifest(GOOD, layer("a.py", size=-1))),
    "a size that is true": ("invalid_manifest", manifest(GOOD, layer("a.py", size=True))),
    "an archive as a file": ("invalid_manifest", manifest(GOOD, layer("a.py", media_type=MANIFEST))),
    "no annotations": ("invalid_manifest", manifest({}, layer("a.py"))),
    "annotations that are none": ("invalid_manifest", manifest([3], layer("a.py"))),
    "no digest of its own": ("invalid_manifest", manifest({MODELS: "{}"}, layer("a.py"))),
    "no models": ("invalid_manifest", manifest({NAMED: GOOD[NAMED]}, layer("a.py"))),
    "models that are no JSON": ("invalid_manifest", manifest(notes("a.py", models="{"), layer("a.py"))),
    "models without end": ("invalid_manifest", manifest(notes("a.py", models="[" * 100_000), layer("a.py"))),
    "models that are a list": ("invalid_manifest", manifest(notes("a.py", models="[]"), layer("a.py"))),
    "a model more than its digest says": ("invalid_manifest", manifest(notes("a.py", models=json.dumps({"m": {"class": "a:M", "digest": LIE, "files": ["a.py"]}})), layer("a.py"))),
    "a model of a file that is not there": ("invalid_manifest", manifest(notes("a.py", models=json.dumps({"m": {"class": "a:M", "digest": LIE, "files": ["../evil"]}})), layer("a.py"))),
    "a file more than listed": ("invalid_manifest", manifest(GOOD, layer("a.py"), layer("b.py"))),
    "a file less than listed": ("invalid_manifest", manifest(GOOD)),
    "another content than listed": ("invalid_manifest", manifest(GOOD, layer("a.py", b"other"))),
    "another digest than its own": ("invalid_manifest", manifest(GOOD | {NAMED: LIE}, layer("a.py"))),
    "a path twice": ("case_collision", manifest(GOOD, layer("a.py"), layer("a.py"))),
    "a container": ("not_a_bundle", {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": "application/vnd.oci.image.config.v1+json"}, "layers": []}),
    "an index": ("not_a_bundle", {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "artifactType": BUNDLE, "manifests": []}),
    "another artifact": ("not_a_bundle", manifest(GOOD, layer("a.py"), artifactType="application/x\x1b[2J")),
    "no object": ("not_a_bundle", [1]),
}  # fmt: skip
CONTENTS = [BODY, b"other", b"{}"]


@pytest.fixture
def refused(small, answer, tmp_path):
    """Sees that a pull of what is under `a/b` is refused, and leaves nothing."""

    def check(*types: str):
        before = sorted(os.listdir(tmp_path))
        code, record = answer("pull", f"{small.address}/a/b", tmp_path / "pulled")
        assert (code, record["error"]["type"] in types) == (1, True), record
        assert sorted(os.listdir(tmp_path)) == before
        return record["error"]

    return check


@pytest.mark.parametrize("case", PATHS)
def test_paths_that_no_bundle_may_have(case, small, refused):
    small.add("a/b", bundle(*PATHS[case]), BODY)
    error = refused("unsafe_path", "case_collision")
    assert "\x1b" not in error["message"]


@pytest.mark.parametrize("case", MANIFESTS)
def test_manifests_that_are_none(case, small, refused):
    kind, made = MANIFESTS[case]
    small.add("a/b", made, *CONTENTS)
    refused(kind)


def test_a_bundle_without_one_of_its_contents_is_none(small, refused):
    small.add("a/b", bundle("a.py"))
    refused("blob_not_found")


def test_more_than_fits_is_refused_before_it_comes(small, refused, monkeypatch):
    small.add("a/b", bundle("a.py"), BODY)
    monkeypatch.setattr(os, "fstatvfs", lambda _: type("Full", (), {"f_bavail": 1, "f_frsize": 1}))
    refused("disk_full")
    assert not small.lines(f"GET .*{layer('a.py')['digest']}")


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "unwritable")])
def test_a_disk_that_fails_leaves_nothing(number, kind, small, refused, monkeypatch):
    small.add("a/b", bundle("a.py", "b/c.py"), BODY)

    def write(file, data):
        raise OSError(number, "the words of the system")

    monkeypatch.setattr(place.os, "write", write)
    assert "the words of the system" not in refused(kind)["message"]


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def pond(small):
    made = bundle("a.py", "b/c.py", "b/d.py")
    small.add("team/pond", made, BODY)
    return f"{small.address}/team/pond"


def test_a_bundle_comes_into_a_new_folder_or_an_empty_one(pond, answer, content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert answer("pull", pond)[1]["data"]["folder"] == "pond"
    assert sorted(content(tmp_path / "pond")) == ["a.py", "b/c.py", "b/d.py", "manifest.json"]
    (tmp_path / "empty").mkdir()
    assert answer("pull", pond, "empty")[0] == 0
    assert (tmp_path / "empty/b/d.py").read_bytes() == BODY

    for taken in ("pond", ".", "/", "empty/a.py"):
        code, record = answer("pull", pond, taken)
        assert (code, record["error"]["type"]) == (1, "already_exists"), taken
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert answer("pull", pond, "link")[1]["error"]["type"] == "already_exists"
    assert answer("pull", pond, "no/such")[1]["error"]["type"] == "file_not_found"
    assert not (tmp_path / "nowhere").exists()


def test_what_a_killed_pull_has_left_goes_with_the_next(pond, answer, tmp_path):
    left, other = tmp_path / ".pulled.0123abcd.pulling", tmp_path / ".another.0123abcd.pulling"
    for folder in (left, other):
        folder.mkdir()
        (folder / "half").write_bytes(b"x")
    with place_of(tmp_path, "pulled") as held:  # a pull under way keeps its own
        assert answer("pull", pond, tmp_path / "pulled")[0] == 0
        assert (tmp_path / held.unborn).is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".another.0123abcd.pulling", "home", "pulled"]


def place_of(folder, name):
    parent = os.open(folder, os.O_RDONLY)
    return place.Place(parent, name)


def test_verify_tells_what_is_not_as_it_was(pond, answer, tmp_path, small):
    folder = tmp_path / "pulled"
    answer("pull", pond, folder)
    (folder / "new.py").write_bytes(b"x")
    code, record = answer("verify", folder)
    assert (code, record["data"]["verified"], record["data"]["extra"]) == (0, True, ["new.py"])
    assert answer("verify", folder, "--exact")[0] == 1

    (folder / "a.py").write_bytes(b"c0ntent")
    (folder / "b/c.py").unlink()
    (folder / "b/d.py").unlink()
    (folder / "b/d.py").symlink_to(folder / "new.py")
    code, record = answer("verify", folder)
    found = record["data"]
    assert (code, found["verified"], found["changed"], found["missing"], found["odd"]) == (1, False, ["a.py"], ["b/c.py"], ["b/d.py"])

    made = bundle("a.py")
    small.add("team/pond", made, BODY, tag="2")
    assert answer("pull", f"{pond}:2", tmp_path / "second")[0] == 0
    assert answer("verify", tmp_path / "second", "--against", f"{pond}:2")[0] == 0
    code, record = answer("verify", tmp_path / "second", "--against", pond)
    assert (code, record["data"]["against"]["bundle_digest"] == record["data"]["bundle_digest"]) == (1, False)

    (folder / "manifest.json").unlink()
    assert answer("verify", folder)[1]["error"]["type"] == "not_a_bundle"
    os.mkfifo(folder / "manifest.json")
    assert answer("verify", folder)[1]["error"]["type"] == "not_a_file"
    assert answer("verify", folder / "none")[1]["error"]["type"] == "file_not_found"


# ── what is never pushed ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["link", "folder behind a link", "pipe", "case"])
def test_links_devices_and_collisions_are_not_pushed(kind, small, project, answer, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("secret")
    match kind:
        case "link":
            (project / "data/key").symlink_to(tmp_path / "secret/key")
        case "folder behind a link":
            (project / "data/keys").symlink_to(tmp_path / "secret")
        case "pipe":
            os.mkfifo(project / "data/pipe")
        case "case":
            (project / "data/Copy.csv").write_bytes(b"x")
            if len(os.listdir(project / "data")) == 3:
                pytest.skip("this file system takes one case for the other")
    code, record = answer("push", f"{small.address}/a/b")
    assert (code, record["error"]["type"]) == (1, "case_collision" if kind == "case" else "not_a_file")
    assert small.asked == []


@pytest.mark.parametrize("place", [".modelops-bundle", "manifest.json"])
def test_what_could_not_be_kept_is_not_pushed(place, small, project, answer, tmp_path):
    (project / place).symlink_to(tmp_path / "elsewhere")
    code, record = answer("push", f"{small.address}/a/b")
    assert (code, record["error"]["type"]) == (1, "not_a_file")
    assert small.asked == []
    assert not (tmp_path / "elsewhere").exists()
