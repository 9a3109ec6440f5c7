"""`mlpy models pull` and the functions behind it, against a hub on the loopback address that counts what it sends."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason="needs the extra `models`")

from mlpy.extensions.models import layout, remote, transfer
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.health import check
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.pulling import pull
from mlpy.extensions.models.store import Store

from mlpy import retries
from mlpy.progress import Progress

NAME = "org/model"
WEIGHTS = "model.safetensors"
SIZE = 1_500_000
PATIENCE = 60.0  # seconds until what does not come counts as missing


def content(seed: int = 1, size: int = SIZE) -> bytes:
    return random.Random(seed).randbytes(size)


FILES = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}", "nested/deep/extra.json": b"{}", "README.md": b"", WEIGHTS: content()}
TOTAL = sum(len(data) for data in {*FILES.values()})


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Tries without long waits between them."""
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)


@pytest.fixture
def told(environment, cache, hub, tmp_path):
    """The environment of a process that pulls from the hub into the cache."""
    own = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(cache), "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {name: value for name, value in environment.items() if name not in ("HF_TOKEN", "HF_HUB_OFFLINE")} | own


@pytest.fixture
def mlpy(command, told, schema):
    """`mlpy("--force")` runs `mlpy models pull` and gives an outcome; with `--json` its record is `outcome.record`."""

    def run(*arguments: str, name: str = NAME, **env: str):
        outcome = command("models", "pull", name, *arguments, env=told | env)
        outcome.record = json.loads(outcome.stdout) if "--json" in arguments else None
        if outcome.record is not None:
            schema(outcome.record)
        return outcome

    return run


@pytest.fixture
def starting(told):
    """Starts `mlpy models pull … --json` as a process that a test may kill."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "mlpy", "models", "pull", NAME, "--json", *arguments]
        started.append(subprocess.Popen(line, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def until(condition) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.01)


def partial(cache: Path, data: bytes = FILES[WEIGHTS]) -> Path:
    return blob(cache, data).with_suffix(".incomplete")


def blob(cache: Path, data: bytes = FILES[WEIGHTS]) -> Path:
    return Store(cache).repo_folder(NAME) / "blobs" / hashlib.sha256(data).hexdigest()


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def kill_at_half(starting, hub, cache: Path) -> None:
    """Has a pull killed when half of the weights is on the disk."""
    fault = hub.hold(WEIGHTS, SIZE // 2)
    process = starting()
    assert fault.reached.wait(PATIENCE)
    until(lambda: size(partial(cache)) == SIZE // 2 and len(list(partial(cache).parent.glob("*.incomplete"))) == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    fault.hold.set()
    hub.sent.clear()


def check_snapshot(cache: Path, commit: str, files: dict[str, bytes], revision: str = "main") -> None:
    """What lies there is byte for byte what the hub has, and huggingface_hub takes it without a network and without a complaint."""
    from huggingface_hub import scan_cache_dir, snapshot_download

    folder = Path(snapshot_download(NAME, revision=revision, cache_dir=cache, local_files_only=True))
    assert folder.name == commit
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files
    found = scan_cache_dir(cache)
    assert found.warnings == []
    assert not found.incomplete_files
    assert commit in {revision.commit_hash for repo in found.repos for revision in repo.revisions}


def failure(*arguments, **options) -> ModelError:
    with pytest.raises(ModelError) as caught:
        pull(*arguments, **options)
    return caught.value


# ── the layout ───────────────────────────────────────────────────────────────────────────────────────────────────


def tree(folder: Path) -> dict[str, str]:
    """All below a folder: links with their targets, files with their content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"→ {os.readlink(path)}"
        elif path.is_file() and not name.startswith(".locks"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if "/trees/" not in name else path.read_text()
    return found


def test_a_pull_leaves_what_huggingface_hub_leaves(hub, cache, tmp_path):
    from huggingface_hub import snapshot_download

    commit = hub.add(NAME, FILES)
    hub.page = 2
    done = pull(Store(cache), Wanted(NAME))
    assert {request.path.split("/")[1] for request in hub.asked} == {"api", "files", "org"}
    assert {request.path for request in hub.asked if "/api/" in request.path} == {f"/api/models/{NAME}/revision/main", f"/api/models/{NAME}/tree/{commit}"}
    assert done.record() == {"model": NAME, "download_status": "downloaded", "commit_hash": commit, "bytes_downloaded": TOTAL, "bytes_reused": 0}
    check_snapshot(cache, commit, FILES)
    snapshot_download(NAME, cache_dir=tmp_path / "theirs", endpoint=hub.url)
    ours, theirs = tree(cache), tree(tmp_path / "theirs")
    assert ours.pop("CACHEDIR.TAG")
    assert theirs.pop("CACHEDIR.TAG")
    assert ours == theirs

    again = pull(Store(cache), Wanted(NAME))
    assert again.record() == {"model": NAME, "download_status": "up_to_date", "commit_hash": commit, "bytes_downloaded": 0, "bytes_reused": TOTAL}


@pytest.mark.parametrize("refused", [True, False])
def test_where_links_are_not_to_be_had_the_content_takes_their_place(refused, hub, cache, monkeypatch):
    files = FILES | {"copy.safetensors": FILES[WEIGHTS]}
    commit = hub.add(NAME, files)
    if refused:
        monkeypatch.setattr(os, "symlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(errno.EPERM, "no links")))
    else:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_SYMLINKS", True)
    assert pull(Store(cache), Wanted(NAME)).bytes_downloaded == TOTAL
    check_snapshot(cache, commit, files)
    assert not any(path.is_symlink() for path in cache.rglob("*"))
    assert list((Store(cache).repo_folder(NAME) / "blobs").iterdir()) == []
    assert pull(Store(cache), Wanted(NAME)).bytes_reused == TOTAL
    (Store(cache).find(NAME).snapshot / WEIGHTS).unlink()
    assert pull(Store(cache), Wanted(NAME)).bytes_downloaded == SIZE
    assert pull(Store(cache), Wanted(NAME), force=True).bytes_downloaded == TOTAL
    check_snapshot(cache, commit, files)


def test_what_goes_wrong_in_a_thread_ends_the_pull(hub, cache, monkeypatch):
    hub.add(NAME, FILES)
    monkeypatch.setattr(transfer.Transfer, "receive", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        pull(Store(cache), Wanted(NAME))
    assert Store(cache).models() == []


def test_a_revision_is_a_branch_or_the_beginning_of_a_hash(hub, cache):
    first = hub.add(NAME, FILES)
    changed = FILES | {"config.json": b'{"model_type": "qwen2"}'}
    second = hub.add(NAME, changed, revision="refs/pr/1")
    assert pull(Store(cache), Wanted(f"{NAME}@{first[:9]}")).commit_hash == first
    refs = Store(cache).repo_folder(NAME) / "refs"
    assert not refs.exists()
    assert pull(Store(cache), Wanted(NAME), revision="refs/pr/1").bytes_downloaded == len(changed["config.json"])
    assert (refs / "refs/pr/1").read_text() == second
    check_snapshot(cache, second, changed, "refs/pr/1")
    assert failure(Store(cache), Wanted(NAME), revision="gone").type == "revision_not_found"
    assert failure(Store(cache), Wanted(NAME), revision="../../x").type == "invalid_name"


def test_patterns_choose_files_and_force_brings_them_anew(hub, cache):
    hub.add(NAME, FILES)
    some = pull(Store(cache), Wanted(NAME), include=["*.json"])
    assert some.bytes_downloaded == len(FILES["config.json"]) + len(b"{}")
    assert not hub.requests(WEIGHTS)
    assert "no file of `org/model` matches `*.gguf`" in failure(Store(cache), Wanted(NAME), include=["*.gguf"]).message
    blob(cache, b"").parent.joinpath(transfer_name(FILES["config.json"])).write_bytes(b'{"model_type": "spoil"}')
    assert pull(Store(cache), Wanted(NAME), force=True).bytes_downloaded == TOTAL
    check_snapshot(cache, Store(cache).find(NAME).hash, FILES)


def transfer_name(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


# ── what is interrupted ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("then", ["nothing", "faults", "another revision"])
def test_after_a_kill_at_half_the_rest_is_asked_for(then, hub, cache, starting, mlpy):
    files, commit = FILES, hub.add(NAME, FILES)
    kill_at_half(starting, hub, cache)
    assert Store(cache).models() == []  # what is half there is no model
    assert [check(model).healthy for model in Store(cache).models(unfinished=True)] == [False]
    if then == "faults":
        hub.fail(WEIGHTS, status=429, headers={"Retry-After": "0"}, origin="hub")
        hub.fail(WEIGHTS, status=503)
        hub.fail(WEIGHTS, after=SIZE // 8)
        hub.fail(WEIGHTS, after=SIZE // 8, reset=True)
        hub.fail(f"tree/{commit}", status=502)
        hub.fail("revision/main", status=429, headers={"Retry-After": "0"})
    if then == "another revision":
        files = FILES | {"config.json": b'{"model_type": "qwen2"}', "more.json": b"[]"}
        commit = hub.add(NAME, files)
    outcome = mlpy("--json")
    assert outcome.code == 0, outcome
    assert outcome.record["data"]["commit_hash"] == commit
    # A reset may take what was sent and not yet read.
    assert sum(hub.sent.values()) <= TOTAL * (0.55 if then != "faults" else 0.6)
    assert hub.requests(WEIGHTS)[-1].headers["range"].startswith("bytes=")
    assert outcome.record["data"]["bytes_reused"] >= SIZE // 2
    check_snapshot(cache, commit, files)


def test_a_revision_that_changes_meanwhile_does_not_count(hub, cache):
    commit = hub.add(NAME, FILES)
    fault = hub.hold(WEIGHTS, SIZE // 2)
    done = []
    thread = threading.Thread(target=lambda: done.append(pull(Store(cache), Wanted(NAME))))
    thread.start()
    assert fault.reached.wait(PATIENCE)
    hub.add(NAME, {"config.json": b"{}"})
    fault.hold.set()
    thread.join(PATIENCE)
    assert done[0].commit_hash == commit
    check_snapshot(cache, commit, FILES)


def test_what_is_there_stays_until_the_new_is_whole(hub, cache):
    first = hub.add(NAME, FILES)
    pull(Store(cache), Wanted(NAME))
    hub.add(NAME, FILES | {WEIGHTS: content(2)})
    hub.fail(WEIGHTS, status=403)
    assert failure(Store(cache), Wanted(NAME)).type == "access_denied"
    check_snapshot(cache, first, FILES)


def test_two_pulls_at_once_download_once(hub, cache, starting):
    commit = hub.add(NAME, FILES)
    fault = hub.hold(WEIGHTS, SIZE // 2)
    both = [starting()]
    assert fault.reached.wait(PATIENCE)
    both.append(starting())
    until(lambda: len(hub.requests(f"tree/{commit}")) == 2)  # the second knows what it wants, and waits
    fault.hold.set()
    records = [json.loads(one.communicate(timeout=PATIENCE)[0])["data"] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert [record["bytes_downloaded"] for record in records] == [TOTAL, 0]
    assert sum(hub.sent.values()) == TOTAL
    check_snapshot(cache, commit, FILES)


def test_ctrl_c_keeps_what_has_come(hub, cache, starting, mlpy, schema):
    commit = hub.add(NAME, FILES)
    fault = hub.hold(WEIGHTS, SIZE // 2)
    process = starting()
    assert fault.reached.wait(PATIENCE)
    until(lambda: size(partial(cache)) == SIZE // 2)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)
    fault.hold.set()
    record = json.loads(output)
    schema(record)
    assert (process.returncode, record["status"], record["error"]["type"], errors) == (130, "error", "interrupted", b"")
    assert record["error"]["retryable"]
    assert mlpy("--json").record["data"]["bytes_reused"] >= SIZE // 2
    check_snapshot(cache, commit, FILES)


# ── hubs that fail ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_passes_is_waited_for(hub, cache, monkeypatch):
    commit = hub.add(NAME, FILES)
    monkeypatch.setattr(transfer, "ONCE", 400_000)  # no content network gives a large file with one answer
    for status in (500, 502, 503, 504, 408):
        hub.fail("config.json", status=status)
    hub.fail(WEIGHTS, status=429, headers={"Retry-After": formatdate(time.time() - 5, usegmt=True)}, origin="hub")
    hub.fail(WEIGHTS, status=429, headers={"RateLimit": '"resolvers";r=0;t=0'})
    hub.fail(WEIGHTS, after=100_000, times=4)
    hub.fail("revision/main", status=503, headers={"Retry-After": "0"})
    done = pull(Store(cache), Wanted(NAME))
    assert done.bytes_downloaded == sum(hub.sent.values()) == TOTAL
    check_snapshot(cache, commit, FILES)


def test_tries_are_bounded(hub, cache):
    hub.add(NAME, FILES)
    fault = hub.fail(WEIGHTS, status=503, times=1000)
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.retryable, error.code, error.detail) == ("network_error", True, 5, {"status": 503})
    assert 1000 - fault.times == retries.TRIES
    fault.times = 0
    fault = hub.fail("revision/main", status=429, headers={"Retry-After": "86400"}, times=1000)
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.retryable, error.code, error.detail) == ("rate_limited", True, 5, {"status": 429, "retry_after": 86400})
    assert fault.times == 999


@pytest.mark.parametrize(
    ("header", "value", "asked"),
    [("Retry-After", "9" * 400, 31_536_000), ("Retry-After", formatdate(1 << 37, usegmt=True), 31_536_000), ("RateLimit", f'"api";r=0;t={"9" * 400}', 31_536_000), ("RateLimit", f'"api";r=0;t={"9" * 5000}', None)],
)  # fmt: skip
def test_a_hub_that_asks_to_wait_for_ever_is_left(header, value, asked, hub, cache):
    hub.add(NAME, FILES)
    fault = hub.fail("revision/main", status=503, headers={header: value}, times=retries.TRIES)
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.detail.get("retry_after")) == ("network_error", asked)
    assert fault.times == (retries.TRIES - 1 if asked else 0)


def test_a_hub_that_gives_a_byte_at_a_time_is_left(hub, cache):
    hub.add(NAME, FILES)
    fault = hub.fail(WEIGHTS, after=1, times=1000)
    assert failure(Store(cache), Wanted(NAME)).type == "network_error"
    assert 1000 - fault.times <= retries.TRIES + 1


def test_a_silent_hub_is_left(hub, cache, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.05)
    monkeypatch.setattr(retries, "TRIES", 2)
    hub.add(NAME, FILES)
    hub.hold(WEIGHTS, 1000)
    hub.hold(WEIGHTS, 0)
    assert "silent" in failure(Store(cache), Wanted(NAME)).message
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert failure(Store(cache), Wanted(NAME)).message == "the hub cannot be reached"
    monkeypatch.setenv("HF_ENDPOINT", "hub.example")
    assert failure(Store(cache), Wanted(NAME)).message == "the hub cannot be asked: its address is none"


def test_what_an_earlier_process_left_is_thrown_away_where_it_is_wrong(hub, cache):
    commit = hub.add(NAME, FILES)
    partial(cache).parent.mkdir(parents=True)
    partial(cache).write_bytes(bytes(SIZE // 2))
    assert pull(Store(cache), Wanted(NAME)).bytes_downloaded == TOTAL + SIZE // 2
    check_snapshot(cache, commit, FILES)


def test_bytes_that_are_not_the_hash_are_not_stored(hub, cache):
    hub.add(NAME, FILES)
    hub.fail(WEIGHTS, corrupt=True)
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.retryable) == ("checksum_mismatch", True)
    assert not blob(cache).exists()
    assert not partial(cache).exists()
    assert Store(cache).models() == []


def test_a_hub_without_ranges_sends_all_again(hub, cache):
    commit = hub.add(NAME, FILES)
    partial(cache).parent.mkdir(parents=True)
    partial(cache).write_bytes(FILES[WEIGHTS][:1000])
    hub.fail(WEIGHTS, ignore_range=True, after=SIZE - 1)
    hub.fail(WEIGHTS, ignore_range=True)
    listening = Listening()
    assert pull(Store(cache), Wanted(NAME), progress=listening).bytes_reused == 1000
    assert listening.heard > sum(hub.sent.values()) > 2 * SIZE - 2  # what passes by again, and the listing
    check_snapshot(cache, commit, FILES)


# ── who may have it ──────────────────────────────────────────────────────────────────────────────────────────────


def test_tokens_go_to_the_hub_and_no_further(hub, cache, mlpy, tmp_path):
    hub.add(NAME, FILES, gated=True)
    denied = mlpy("--json")
    assert (denied.code, denied.record["error"]["type"]) == (3, "gated")
    wrong = mlpy("--json", HF_TOKEN="hf_wrong")
    assert (wrong.code, wrong.record["error"]["type"]) == (3, "access_denied")
    assert "hf_wrong" not in wrong.stdout + wrong.stderr
    assert mlpy("--json", HF_TOKEN="hf_\u00fc").record["error"]["message"] == "the token is none: it has characters that tokens have not"
    (tmp_path / "home/token").mkdir(parents=True)
    assert mlpy("--json").record["error"]["message"] == "the token file cannot be read"
    (tmp_path / "home/token").rmdir()
    (tmp_path / "home/token").write_text("hf_good\n")
    hub.asked.clear()
    assert mlpy().code == 0
    assert {request.headers.get("authorization") for request in hub.requests(WEIGHTS) if request.origin == "hub"} == {"Bearer hf_good"}
    assert {request.headers.get("authorization") for request in hub.asked if request.origin == "files"} == {None}
    assert mlpy("--force", HF_TOKEN="hf_good").code == 0


def test_gated_private_and_missing_models_are_told_apart(hub, cache, monkeypatch):
    hub.add("org/gated", FILES, gated=True)
    hub.add("org/private", FILES, private=True)
    errors = {name: failure(Store(cache), Wanted(f"org/{name}")) for name in ("gated", "private", "gone")}
    assert {name: (error.type, error.code) for name, error in errors.items()} == {"gated": ("gated", 3), "private": ("model_not_found", 1), "gone": ("model_not_found", 1)}
    assert errors["gone"].message == "the hub has no model `org/gone`, or it is private and no token is set"
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    assert pull(Store(cache), Wanted("org/private")).bytes_downloaded == TOTAL
    assert "the token's owner may not see it" in failure(Store(cache), Wanted("org/gone")).message
    assert failure(Store(cache), Wanted("gone")).message.startswith("the hub has no model `mlx-community/gone`")
    assert [path.name for path in cache.glob("models--*")] == ["models--org--private"]  # nothing is left of those of which nothing came


def test_offline_nothing_is_asked(hub, mlpy):
    hub.add(NAME, FILES)
    outcome = mlpy("--json", HF_HUB_OFFLINE="1")
    assert (outcome.code, outcome.record["error"]["type"]) == (5, "offline")
    assert hub.asked == []


# ── hubs that lie ────────────────────────────────────────────────────────────────────────────────────────────────

PLAIN = {"type": "file", "oid": "a" * 40, "size": 3}


@pytest.mark.parametrize(
    "entry",
    [
        *({**PLAIN, "path": path} for path in ("../../../outside", "/outside", "a/../../outside", "a//b", "./a", ".", "", "a/", "a\\..\\b", "a\x1b[2J", "a\nb", "\u202ecod", "x" * 256, "a/" * 600 + "b", "config.json/below", "config.json", 7)),
        {**PLAIN, "path": "x", "oid": "../../../outside"}, {**PLAIN, "path": "x", "size": -1}, {**PLAIN, "path": "x", "size": "3"}, {**PLAIN, "path": "x", "size": 1 << 70},
        {**PLAIN, "path": "x", "lfs": {"oid": "../" * 20, "size": 3}}, {**PLAIN, "path": "x", "lfs": {"oid": "b" * 64}},
    ],
)  # fmt: skip
def test_a_listing_that_leads_elsewhere_is_refused_as_a_whole(entry, hub, cache):
    hub.add(NAME, FILES)
    hub.repositories[NAME].extra = [entry]
    assert failure(Store(cache), Wanted(NAME)).type == "bad_answer"
    assert list(cache.rglob("*")) == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"sha": "../../outside"}', b'{"sha": 7}', b"[" * 100_000])
def test_an_answer_that_is_none_is_refused(body, hub, cache):
    hub.add(NAME, FILES)
    hub.fail("revision/main", status=200, body=body)
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.code, error.hint) == ("bad_answer", 5, "is `HF_ENDPOINT` the address of a hub?")


class Listening(Progress):
    """Counts the bytes that come, and wants no more than so many."""

    def __init__(self, most: int | None = None) -> None:
        super().__init__()
        self.most = most
        self.heard = 0

    def received(self, amount: int) -> None:
        self.heard += amount

    def refresh(self) -> None:
        if self.most is not None and self.heard > self.most:
            raise RuntimeError("enough")


def test_a_listing_without_end_is_left(hub, cache, monkeypatch):
    commit = hub.add(NAME, FILES)
    address = f"tree/{commit}"
    again = {"Link": f'<{hub.url}/api/models/{NAME}/{address}?recursive=true>; rel="next"'}
    fault = hub.fail(address, status=200, body=b"[]", headers=again, times=50)
    assert failure(Store(cache), Wanted(NAME)).message == "what the hub answers is a listing without end"
    assert fault.times == 49
    fault.times = 0
    monkeypatch.setattr(remote, "MOST_PAGES", 3)
    monkeypatch.setattr(hub, "page", 1)
    assert failure(Store(cache), Wanted(NAME)).message == "what the hub answers is a listing without end"
    monkeypatch.setattr(remote, "MOST_PAGES", len(FILES))
    listening = Listening(most=150)
    with pytest.raises(RuntimeError, match="enough"):
        pull(Store(cache), Wanted(NAME), progress=listening)
    assert 150 < listening.heard < 1000
    assert pull(Store(cache), Wanted(NAME)).bytes_downloaded == TOTAL


def test_a_body_that_is_too_long_is_refused(hub, cache):
    hub.add(NAME, FILES)
    hub.repositories[NAME].extra = [{**PLAIN, "path": "long.json", "size": 3}]
    hub.fail("long.json", status=200, body=b"much longer", times=10)
    assert failure(Store(cache), Wanted(NAME)).message == "what the hub answers is longer than the file"


# ── disks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_room_is_looked_for_first(hub, cache, monkeypatch):
    commit = hub.add(NAME, FILES)
    usage = type("Usage", (), {"free": TOTAL - 1})
    monkeypatch.setattr(layout.shutil, "disk_usage", lambda folder: usage)
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.detail) == ("disk_full", {"needed_bytes": TOTAL, "free_bytes": TOTAL - 1})
    assert sum(hub.sent.values()) == 0
    usage.free = TOTAL
    pull(Store(cache), Wanted(NAME))
    usage.free = 0
    assert pull(Store(cache), Wanted(NAME)).commit_hash == commit  # nothing is missing


# Runs in name spaces of its own: a disk of 2 MB that something else fills while the pull is half done, and the pull once more when there is room again.
CRAMPED = f"""
import json, os, sys
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import Wanted
from mlpy.progress import Progress
from mlpy.extensions.models.pulling import pull
from mlpy.extensions.models.store import Store

class Filling(Progress):
    def moved(self):
        if sum(task.done for task in self.tasks) > {SIZE} // 2 and not os.path.exists("filler"):
            with open("filler", "wb", buffering=0) as file:
                try:
                    while file.write(bytes(4096)):
                        pass
                except OSError:
                    pass

os.chdir(os.environ["HF_HUB_CACHE"])
try:
    pull(Store(), Wanted("{NAME}"), progress=Filling())
except ModelError as error:
    print(json.dumps(error.record()))
os.remove("filler")
print(json.dumps(pull(Store(), Wanted("{NAME}")).record()))
"""


def test_a_disk_that_fills_up_ends_the_pull_and_keeps_what_has_come(hub, cache, told):
    hub.add(NAME, FILES)
    line = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'mount -t tmpfs -o size=2m none "{cache}" && exec "$0" -c "$1"', sys.executable, CRAMPED]
    try:
        done = subprocess.run(line, env=told, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `unshare` here")
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("file systems cannot be mounted here")
    failed, second = (json.loads(text) for text in done.stdout.splitlines())
    assert failed["type"] == "disk_full"
    assert second["bytes_reused"] >= SIZE // 2
    assert second["bytes_downloaded"] + second["bytes_reused"] == TOTAL


def test_an_error_of_the_disk_names_no_path(hub, cache):
    hub.add(NAME, FILES)
    Store(cache).repo_folder(NAME).write_text("no folder")
    error = failure(Store(cache), Wanted(NAME))
    assert (error.type, error.message) == ("os_error", "`org/model` cannot be written: not a directory")


def test_memory_is_bounded(hub, cache, told):
    hub.add(NAME, {WEIGHTS: content(3, 16_000_000)})
    code = f"""
import tracemalloc
import filelock, httpx2, huggingface_hub.errors, huggingface_hub.utils
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.pulling import pull
from mlpy.extensions.models.store import Store
tracemalloc.start()
pull(Store(), Wanted("{NAME}"))
print(tracemalloc.get_traced_memory()[1])
"""
    done = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert int(done.stdout) < 8_000_000


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pipe_sees_the_result_alone(hub, mlpy):
    commit = hub.add(NAME, FILES)
    outcome = mlpy()
    assert (outcome.stdout, outcome.stderr) == (f"{NAME}@{commit[:12]}: 1.50 MB downloaded\n", "")
    assert mlpy().stdout == f"{NAME}@{commit[:12]}: all of it was here, 1.50 MB\n"


def test_what_a_program_watches_ends_the_pull(hub, cache):
    hub.add(NAME, FILES)
    fault = hub.hold(WEIGHTS, SIZE // 2)

    class Watching(Progress):
        def refresh(self) -> None:
            if fault.reached.is_set() and size(partial(cache)) == SIZE // 2:
                raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        pull(Store(cache), Wanted(NAME), progress=Watching())
    fault.hold.set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pull ")]
    assert pull(Store(cache), Wanted(NAME)).bytes_reused >= SIZE // 2
