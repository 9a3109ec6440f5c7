"""Pulls a model from the hub into the store: a revision is resolved once, its files come side by side, and the snapshot appears when all of them are there.

The layout is huggingface_hub's: `blobs/HASH`, `trees/COMMIT.json`, `snapshots/COMMIT/PATH` → blob, `refs/BRANCH`. The last two are written last and in one step each, so that
nobody sees half a model, and a model that was there stays as it was until the new one is whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic, sleep
from uuid import uuid4

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import checked_revision
from mlpy.extensions.models.progress import Progress
from mlpy.extensions.models.remote import Remote, persist
from mlpy.extensions.models.store import MAIN
from mlpy.extensions.models.transfer import FULL, POLL, UNFINISHED, Stopped, Transfer, disk_full, is_whole

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mlpy.extensions.models.names import Wanted
    from mlpy.extensions.models.remote import Entry
    from mlpy.extensions.models.store import Store

AT_ONCE = 4  # files that come side by side
HASH = re.compile(r"[0-9a-f]{7,40}")  # what the hub takes for the beginning of a commit's
FAREWELL = 2.0  # seconds that threads have to end when nobody wants more
LOCK = "pull.lock"
MENTIONED = 20  # files that an error names
UNBORN = ".new-"  # the beginning of the name of a snapshot that is being made
DOWNLOADED, UP_TO_DATE = "downloaded", "up_to_date"
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This file marks a folder of caches: see https://bford.info/cachedir/\n"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull has brought: bytes that came over the network, and bytes that were there."""

    model: str
    download_status: str
    commit_hash: str
    bytes_downloaded: int
    bytes_reused: int

    def record(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


def pull(store: Store, wanted: Wanted, *, revision: str | None = None, include: Iterable[str] = (), force: bool = False, progress: Progress | None = None) -> Pulled:
    """Brings a model into the store, or what is missing of it.

    Args:
        store: where it is to lie.
        wanted: the model.
        revision: a branch, a tag or the beginning of a commit's hash; what the name says, and `main`, if none is given.
        include: patterns such as `*.json`; only files that match one come.
        force: everything comes anew, what is there included.
        progress: hears how it goes; what its `refresh` raises ends the pull. What has come is kept.

    Raises:
        ModelError: `access_denied`, `bad_answer`, `checksum_mismatch`, `disk_full`, `gated`, `model_not_found`, `network_error`, `no_match`, `offline`, `rate_limited`,
            `revision_not_found`, `store_error`.
    """
    asked = checked_revision(f"{wanted.name}@{revision}", revision) if revision else wanted.revision or MAIN
    name, shown, remote = wanted.full, progress or Progress(), Remote()

    def wait(seconds: float) -> None:
        end = monotonic() + seconds
        while (rest := end - monotonic()) > 0:
            shown.refresh()
            sleep(min(POLL, rest))

    commit = persist(lambda: remote.commit(name, asked), wait)
    entries = chosen(name, persist(lambda: remote.tree(name, commit), wait), list(include))
    try:
        with alone(store, name, shown):
            return Pull(store, remote, name, commit, shown).perform(entries, asked, force=force)
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(name) from None
        raise ModelError("store_error", f"the store of models cannot be written: {(error.strerror or 'unknown error').lower()}") from None


def chosen(name: str, entries: list[Entry], include: list[str]) -> tuple[list[Entry], list[Entry]]:
    """All files of a revision, and those of them that are wanted."""
    from huggingface_hub.utils import filter_repo_objects  # noqa: PLC0415  only a download needs it

    wanted = list(filter_repo_objects(entries, allow_patterns=include or None, key=lambda entry: entry.path))
    if not entries:
        raise ModelError("no_match", f"`{name}` has no files")
    if not wanted:
        raise ModelError(
            "no_match", f"no file of `{name}` matches {' or '.join(f'`{pattern}`' for pattern in include)}", detail={"files": [entry.path for entry in entries[:MENTIONED]]}
        )
    return entries, wanted


@contextmanager
def alone(store: Store, name: str, progress: Progress) -> Iterator[None]:
    """Waits until no other pull of the model is at work, and keeps others waiting; removals see the lock, too."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  as above

    folder = store.lock_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, mode=0o664)
    task = None
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if task is None:
                task = progress.task(name)
                task.say("waits for another pull of it")
            progress.refresh()
            sleep(POLL)
    if task is not None:
        task.end()
    try:
        yield
    finally:
        lock.release()


class Pull:
    """One pull of one commit."""

    def __init__(self, store: Store, remote: Remote, name: str, commit: str, progress: Progress) -> None:
        self.store = store
        self.remote = remote
        self.name = name
        self.commit = commit
        self.progress = progress
        self.repo = store.repo_folder(name)
        self.blobs = self.repo / "blobs"
        self.snapshot = self.repo / "snapshots" / commit
        self.stop = threading.Event()
        self.over = threading.Event()
        self.guard = threading.Lock()
        self.running = 0
        self.failures: list[Exception] = []

    def perform(self, files: tuple[list[Entry], list[Entry]], asked: str, *, force: bool) -> Pulled:
        every, wanted = files
        contents = {entry.blob: entry for entry in wanted}
        self.check_room(contents.values(), force=force)
        self.prepare(every)
        transfers = self.bring(sorted(contents.values(), key=lambda entry: -entry.size), force=force)
        self.publish(wanted)
        if HASH.fullmatch(asked) is None or not self.commit.startswith(asked):
            replace_text(self.repo / "refs" / asked, self.commit)
        received = sum(transfer.received for transfer in transfers)
        kept = sum(transfer.kept for transfer in transfers)
        return Pulled(self.name, DOWNLOADED if received else UP_TO_DATE, self.commit, received, kept)

    def prepare(self, files: list[Entry]) -> None:
        """The folders, and the record of what the hub has, by which a half is told from a whole."""
        for folder in (self.blobs, self.snapshot.parent):
            folder.mkdir(parents=True, exist_ok=True)
        for left in self.repo.glob(f"{UNBORN}*"):
            shutil.rmtree(left, ignore_errors=True)
        tag = self.store.folder / "CACHEDIR.TAG"
        if not tag.exists():
            tag.write_text(TAG, encoding="ascii")
        listing = {"format_version": 1, "files": {entry.path: recorded(entry) for entry in files}}
        replace_text(self.repo / "trees" / f"{self.commit}.json", json.dumps(listing, indent=1))

    def check_room(self, contents: Iterable[Entry], *, force: bool) -> None:
        """Whether what is missing fits on the disk."""
        needed = sum(self.missing(entry, force=force) for entry in contents)
        free = shutil.disk_usage(self.store.folder).free
        if needed > free:
            raise disk_full(self.name, needed_bytes=needed, free_bytes=free)

    def missing(self, entry: Entry, *, force: bool) -> int:
        """The bytes of a content that the disk must take still."""
        if not force and is_whole(self.blobs / entry.blob, entry):
            return 0
        try:
            return max(entry.size - (self.blobs / (entry.blob + UNFINISHED)).stat().st_size, 0)
        except OSError:
            return entry.size

    # ── files side by side ──

    def bring(self, contents: list[Entry], *, force: bool) -> list[Transfer]:
        """Brings all contents, the largest first."""
        locks = self.store.lock_folder(self.name)
        made = [self.transfer(entry, locks) for entry in contents]
        waiting = deque(made)
        threads = [threading.Thread(target=self.work, args=(waiting, force), name=f"pull {self.name}", daemon=True) for _ in range(min(AT_ONCE, len(made)))]
        self.running = len(threads)
        for thread in threads:
            thread.start()
        try:
            while not self.over.wait(POLL):
                self.progress.refresh()
        finally:
            self.stop.set()
            self.bid_farewell(threads, made)
        if self.failures:
            raise self.failures[0]
        return made

    def transfer(self, entry: Entry, locks: Path) -> Transfer:
        task = self.progress.task(entry.path, entry.size)
        return Transfer(self.remote, self.name, self.commit, entry, self.blobs, locks / f"{entry.blob}.lock", task, self.stop)

    def work(self, waiting: deque[Transfer], force: bool) -> None:
        """What each thread does: one file after the other, until there is none, or one has failed."""
        try:
            while (transfer := self.next(waiting)) is not None:
                transfer.run(force=force)
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001  it is raised where the pull waits
            self.failures.append(error)
            self.stop.set()
        finally:
            with self.guard:
                self.running -= 1
                if not self.running:
                    self.over.set()

    def next(self, waiting: deque[Transfer]) -> Transfer | None:
        """What a thread is to do now, or None where all is done or nobody wants more."""
        with self.guard:
            return waiting.popleft() if waiting and not self.stop.is_set() else None

    def bid_farewell(self, threads: list[threading.Thread], transfers: list[Transfer]) -> None:
        """Lets threads end that still wait for bytes; one that cannot be woken ends with its next byte, and holds nobody up."""
        for transfer in transfers:
            transfer.abort()
        end = monotonic() + FAREWELL
        for thread in threads:
            thread.join(max(end - monotonic(), 0))

    # ── what others see ──

    def publish(self, files: list[Entry]) -> None:
        """Makes the snapshot: a new one as a whole, else what it lacks."""
        if not self.snapshot.exists():
            fresh = self.repo / f"{UNBORN}{uuid4().hex[:8]}"
            fresh.mkdir()
            for entry in files:
                self.link(entry, fresh)
            with suppress(OSError):  # somebody else has made it meanwhile
                fresh.rename(self.snapshot)
                return
            shutil.rmtree(fresh, ignore_errors=True)
        for entry in files:
            self.link(entry, self.snapshot)

    def link(self, entry: Entry, folder: Path) -> None:
        """Lets a path of a snapshot lead to its content, by a relative link as huggingface_hub makes it."""
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        target = os.path.join(*[".."] * (2 + len(entry.path.split("/")) - 1), "blobs", entry.blob)
        if path.is_symlink() and os.readlink(path) == target:
            return
        beside = folder.with_name(f"{UNBORN}{uuid4().hex[:8]}") if os.path.lexists(path) else path
        beside.symlink_to(target)
        if beside != path:
            beside.replace(path)


def recorded(entry: Entry) -> dict[str, object]:
    """A file as huggingface_hub records it in `trees/`."""
    large = {"lfs_sha256": entry.sha256, "lfs_size": entry.size} if entry.sha256 else {}
    return {"size": entry.size, "blob_id": entry.oid, **large, **({"xet_hash": entry.xet} if entry.xet else {})}


def replace_text(path: Path, text: str) -> None:
    """Writes a small file whole or not at all, unless it says so already."""
    with suppress(OSError, ValueError):
        if path.read_text(encoding="utf-8") == text:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
