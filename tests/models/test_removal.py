"""What is removed, what stays, and who is in the way."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys

import pytest
from mlpy.extensions.models import health, removal
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.store import Store

hub = pytest.importorskip("huggingface_hub", reason="needs the extra `models`")


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def sizes(repo) -> int:
    return sum(path.lstat().st_size for path in (repo / "blobs").iterdir())


@pytest.fixture
def two(plain):
    """A model in two revisions that share all but one file."""
    plain.install(recorded=True)
    plain.install(contents=plain.files(model__safetensors=plain.safetensors("c")), commit=plain.other, ref="v2", recorded=True)
    return plain.repo("mlx-community/tiny")


def test_one_revision_goes_and_the_others_stay(two, plain, answer):
    whole = sizes(two)
    code, record = answer("rm", f"tiny@{plain.other[:8]}")
    assert code == 0
    assert record["data"] == {"model": "mlx-community/tiny", "action": "deleted", "revisions": [plain.other], "bytes_freed": len(plain.safetensors("c")), "lock_files_cleaned": 0}
    assert whole - sizes(two) == len(plain.safetensors("c"))
    assert names(two / "snapshots") == [plain.commit]
    assert names(two / "refs") == ["main"]
    assert names(two / "trees") == [f"{plain.commit}.json"]
    assert health.check(Store().find("tiny"), deep=True).healthy
    assert hub.snapshot_download("mlx-community/tiny", local_files_only=True, cache_dir=plain.cache) == str(two / "snapshots" / plain.commit)
    assert names(plain.cache) == [".locks", "models--mlx-community--tiny"]


def test_a_whole_model_goes_with_its_stale_locks(two, plain, answer):
    other = plain.install("org/other")
    locks = plain.cache / ".locks" / "models--mlx-community--tiny"
    locks.mkdir(parents=True)
    for name in ("a.lock", "b.lock"):
        (locks / name).touch()
    expected = sizes(two)
    assert answer("rm", "mlx-community/tiny", "--dry-run")[1]["data"] == {
        "model": "mlx-community/tiny",
        "action": "would_delete",
        "revisions": sorted([plain.commit, plain.other]),
        "bytes_freed": expected,
        "lock_files_cleaned": 0,
    }
    assert two.exists()
    code, record = answer("rm", "mlx-community/tiny")
    assert (code, record["data"]["bytes_freed"], record["data"]["lock_files_cleaned"]) == (0, expected, 2)
    assert names(plain.cache) == [".locks", "models--org--other"]
    assert not locks.exists()
    assert (other / "config.json").exists()
    code, record = answer("rm", "mlx-community/tiny")
    assert (code, record["error"]["type"]) == (1, "model_not_found")


def test_a_live_lock_refuses_and_everything_stays(two, plain, answer):
    locks = plain.cache / ".locks" / "models--mlx-community--tiny"
    locks.mkdir(parents=True)
    with open(locks / "a.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, record = answer("rm", "-f", "tiny")
        assert (code, record["error"]["type"], record["error"]["retryable"]) == (1, "in_use", True)
        assert answer("prune")[1]["data"]["in_use"] == ["mlx-community/tiny"]
        assert health.check(Store().find("tiny"), deep=True).healthy
    assert answer("rm", "-f", "tiny")[1]["data"]["action"] == "deleted"


def test_a_model_of_the_shared_store_frees_what_no_other_model_needs(plain, answer):
    """The store that huggingface_hub keeps for contents of several models."""
    from huggingface_hub.utils import _shared_blobs

    content = plain.safetensors("a", "b")
    for name in ("org/one", "org/two"):
        snapshot = plain.install(name)
        blob = plain.repo(name) / "blobs" / (snapshot / "model.safetensors").readlink().name
        assert _shared_blobs.publish_blob_to_shared_store(blob_path=str(blob), xet_hash=hashlib.sha256(content).hexdigest(), cache_dir=plain.cache, expected_size=len(content))
        assert blob.is_symlink()
    own = sum(path.lstat().st_size for path in (plain.repo("org/one") / "blobs").iterdir() if not path.is_symlink())
    assert answer("rm", "org/one")[1]["data"]["bytes_freed"] == own
    assert health.check(Store().find("org/two"), deep=True).healthy
    assert answer("rm", "org/two", "--dry-run")[1]["data"]["bytes_freed"] == own + len(content)
    assert answer("rm", "org/two")[1]["data"]["bytes_freed"] == own + len(content)
    assert [path for path in plain.cache.rglob("*") if path.is_file() and path.stat().st_size >= len(content)] == []


def test_only_a_part_of_a_name_is_refused_without_a_terminal(plain, answer, capsys):
    plain.install()
    code, record = answer("rm", "tin")
    assert (code, record["status"], record["error"]["type"], record["data"]["action"]) == (3, "error", "confirmation_required", "refused")
    from mlpy.cli import main

    assert main(["models", "rm", "tin"]) == 3
    assert "there is no terminal to ask at" in capsys.readouterr().err
    assert health.check(Store().find("tiny")).healthy
    assert answer("rm", "-f", "tin")[1]["data"]["action"] == "deleted"


@pytest.mark.parametrize(("typed", "said", "stays"), [("n", "nothing was removed", True), ("y", "is removed", False)])
def test_only_a_part_of_a_name_is_asked_about_on_a_terminal(plain, environment, typed, said, stays):
    pexpect = pytest.importorskip("pexpect")
    plain.install()
    child = pexpect.spawn(
        sys.executable, ["-m", "mlpy", "models", "rm", "tin"], env={**environment, "HF_HUB_CACHE": str(plain.cache), "TERM": "xterm"}, encoding="utf-8", timeout=60
    )
    child.expect_exact("remove `mlx-community/tiny`")
    child.expect_exact("[n]o ")
    child.sendline(typed)
    child.expect_exact(said)
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus == 0, plain.repo("mlx-community/tiny").exists()) == (not stays, stays)


def test_the_same_commit_in_another_model_is_not_touched(plain, answer):
    for name in ("a/one", "b/one"):
        plain.install(name)
        plain.install(name, plain.files(README__md=b"# Two\n"), commit=plain.other, ref="v2")
    assert answer("rm", f"b/one@{plain.other}")[0] == 0
    assert set(Store().find("a/one").revisions) == {plain.commit, plain.other}
    assert set(Store().find("b/one").revisions) == {plain.commit}


def test_a_damaged_model_can_be_removed(plain, answer):
    snapshot = plain.install()
    (snapshot / "model.safetensors").resolve().unlink()
    (plain.repo("mlx-community/tiny") / "refs" / "gone").write_text(plain.other)
    assert hub.scan_cache_dir(plain.cache).repos == frozenset()
    assert answer("rm", "tiny")[1]["data"]["action"] == "deleted"
    assert Store().models(unfinished=True) == []


def test_an_unfinished_download_can_be_removed(plain, answer):
    blobs = plain.repo("org/begun") / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{'ef' * 32}.incomplete").write_bytes(b"half of it")
    data = answer("rm", "org/begun")[1]["data"]
    assert (data["action"], data["revisions"], data["bytes_freed"]) == ("deleted", [], 10)
    assert not blobs.exists()


def test_a_model_that_is_kept_elsewhere_stays_there(plain, answer, tmp_path):
    plain.install()
    elsewhere = tmp_path / "elsewhere"
    repo = plain.repo("mlx-community/tiny").rename(elsewhere)
    plain.repo("mlx-community/tiny").symlink_to(repo)
    assert answer("health", "tiny")[0] == 0
    assert answer("rm", "tiny")[1]["data"]["bytes_freed"] == 0
    assert answer("list")[1]["data"]["count"] == 0
    assert (repo / "refs" / "main").exists()


def test_what_a_link_leads_to_outside_the_model_stays(two, plain, answer, tmp_path):
    precious = tmp_path / "precious.safetensors"
    precious.write_bytes(plain.safetensors("z"))
    (two / "snapshots" / plain.other / "extra.safetensors").symlink_to(precious)
    assert answer("rm", f"tiny@{plain.other}")[1]["data"]["bytes_freed"] == len(plain.safetensors("c"))
    assert precious.exists()


def test_a_failure_before_the_end_leaves_the_model_whole(two, plain, monkeypatch):
    store = Store()
    moved = []

    def rename(self, target):
        if self.parent.name == "refs" and moved:
            raise OSError(5, "Input/output error")
        moved.append(self)
        return os.rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(type(two), "rename", rename)
        with pytest.raises(ModelError, match="cannot be removed: input/output error"):
            removal.remove(store, store.find("tiny"), [plain.other])
    assert moved
    assert store.find("tiny").revisions == {plain.commit: ["main"], plain.other: ["v2"]}
    assert all(health.check(store.find(f"tiny@{commit}"), deep=True).healthy for commit in (plain.commit, plain.other))
    assert [name for name in names(plain.cache) if name.startswith(removal.LEAVING)] == []


def test_a_cache_that_cannot_be_written_is_said(plain, answer, monkeypatch):
    def rename(self, target):
        raise PermissionError(13, "Permission denied")

    snapshot = plain.install()
    monkeypatch.setattr(type(snapshot), "rename", rename)
    code, record = answer("rm", "tiny")
    assert (code, record["error"]["type"], record["error"]["message"]) == (3, "access_denied", "`mlx-community/tiny` cannot be removed: permission denied")
    assert health.check(Store().find("tiny")).healthy


def test_what_a_killed_removal_leaves_is_gone_for_the_store_and_prune_collects_it(plain, answer):
    repo = plain.repo("mlx-community/tiny")
    plain.install()
    weight = sizes(repo)
    repo.rename(plain.cache / (removal.LEAVING + "0123"))
    assert answer("list", "--all")[1]["data"]["count"] == 0
    data = answer("prune")[1]["data"]
    assert [(one["kind"], one["model"]) for one in data["removed"]] == [("removed", None)]
    assert data["bytes_freed"] >= weight
    assert not any(name.startswith("models--") for name in names(plain.cache))


def test_prune_takes_what_nobody_needs_and_nothing_else(plain, answer):
    snapshot = plain.install()
    repo = plain.repo("mlx-community/tiny")
    plain.install(contents=plain.files(model__safetensors=plain.safetensors("d")), commit=plain.other, ref=None)
    (repo / "blobs" / f"{'ab' * 32}.incomplete").write_bytes(b"half")
    (repo / "blobs" / ("cd" * 32)).write_bytes(b"needed by none")
    (repo / "refs" / "gone").write_text("9" * 40)
    plain.install("org/by-hash", commit=plain.other, ref=None)
    begun = plain.repo("org/begun") / "blobs"
    begun.mkdir(parents=True)
    (begun / f"{'ef' * 32}.incomplete").write_bytes(b"half of it")
    stale = plain.cache / ".locks" / "models--long--gone"
    stale.mkdir(parents=True)
    (stale / "x.lock").touch()
    expected = [("detached", plain.other), ("reference", "gone"), ("unfinished", f"{'ab' * 32}.incomplete"), ("unfinished", "models--org--begun"), ("unneeded", "cd" * 32)]
    freed = len(plain.safetensors("d")) + len(b"half") + len(b"needed by none") + len(b"half of it")

    for arguments, action in ((["--dry-run"], "would_delete"), ([], "deleted")):
        code, record = answer("prune", *arguments)
        data = record["data"]
        assert (code, data["action"], data["bytes_freed"], data["lock_files_cleaned"]) == (0, action, freed, 1)
        assert sorted((one["kind"], one["path"].rpartition("/")[2]) for one in data["removed"]) == expected
    assert answer("prune")[1]["data"] == {"action": "deleted", "removed": [], "bytes_freed": 0, "lock_files_cleaned": 0, "in_use": []}
    assert health.check(Store().find("tiny"), deep=True).healthy
    assert (snapshot / "config.json").exists()
    assert [model.name for model in Store().models(unfinished=True)] == ["mlx-community/tiny", "org/by-hash"]
    assert not stale.exists()
