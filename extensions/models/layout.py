"""The folder of one model as a download writes it: huggingface_hub's `blobs/HASH`, `trees/COMMIT.json`, `snapshots/COMMIT/PATH` → blob, `refs/BRANCH`.

The last two are written last and in one step each, so that nobody sees half a model, and a model that was there stays as it was until the new one is whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC, ENOSYS, ENOTSUP, EPERM
from uuid import uuid4

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.store import UNFINISHED

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from pathlib import Path

    from mlpy.extensions.models.remote import Entry
    from mlpy.extensions.models.store import Store

FULL = frozenset((EDQUOT, ENOSPC))  # errors of a disk without room
LINKLESS = frozenset((ENOSYS, ENOTSUP, EPERM))  # errors of a file system without links
UNBORN = ".new-"  # begins the names of what is not yet in its place
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This file marks a folder of caches: see https://bford.info/cachedir/\n"


class Layout:
    """Where the files of one commit of a model lie, or are to lie."""

    def __init__(self, store: Store, name: str, commit: str) -> None:
        self.store = store
        self.name = name
        self.commit = commit
        self.repo = store.repo_folder(name)
        self.blobs = self.repo / "blobs"
        self.snapshot = self.repo / "snapshots" / commit

    def lock(self, entry: Entry) -> Path:
        """The lock that huggingface_hub takes for the same content."""
        return self.store.lock_folder(self.name) / f"{entry.blob}.lock"

    def has(self, entry: Entry) -> bool:
        """Whether its content is there, among the blobs or, on a file system without links, in its place; it was checked before it came there."""
        return is_whole(self.blobs / entry.blob, entry) or self.placed(entry)

    def placed(self, entry: Entry) -> bool:
        """Whether the content itself is in its place, and no link to it."""
        path = self.snapshot / entry.path
        return not path.is_symlink() and is_whole(path, entry)

    def rest(self, entry: Entry) -> int:
        """The bytes of a content that have not come yet."""
        try:
            return max(entry.size - (self.blobs / (entry.blob + UNFINISHED)).stat().st_size, 0)
        except OSError:
            return entry.size

    def check_room(self, needed: int) -> None:
        """Raises `disk_full` where so many bytes do not fit on the disk."""
        free = shutil.disk_usage(self.store.folder).free
        if needed > free:
            raise disk_full(self.name, needed_bytes=needed, free_bytes=free)

    def prepare(self, files: list[Entry]) -> None:
        """Makes the folders, and records what the hub has, by which a half is told from a whole."""
        for folder in (self.blobs, self.snapshot.parent):
            folder.mkdir(parents=True, exist_ok=True)
        for left in self.repo.glob(f"{UNBORN}*"):
            if left.is_symlink() or left.is_file():
                left.unlink()
            else:
                shutil.rmtree(left)
        tag = self.store.folder / "CACHEDIR.TAG"
        if not tag.exists():
            tag.write_text(TAG, encoding="ascii")
        listing = {"format_version": 1, "files": {entry.path: recorded(entry) for entry in files}}
        self.write(f"trees/{self.commit}.json", json.dumps(listing, indent=1))

    def withdraw(self) -> None:
        """Takes away what was prepared, if nothing has come."""
        with suppress(OSError):
            empty = list(self.blobs.iterdir())
            if not any(path.stat().st_size for path in empty) and not any(self.snapshot.parent.iterdir()):
                for path in (*empty, self.repo / "trees" / f"{self.commit}.json"):
                    path.unlink()
                for folder in (self.repo / "trees", self.blobs, self.snapshot.parent, self.repo):
                    folder.rmdir()

    def publish(self, files: list[Entry]) -> None:
        """Makes the snapshot of contents that are there: a new one as a whole, else what it lacks."""
        uses = Counter(entry.blob for entry in files)
        if not self.snapshot.exists():
            fresh = self.unborn()
            fresh.mkdir()
            for entry in files:
                self.place(entry, fresh, uses)
            fresh.rename(self.snapshot)
            return
        for entry in files:
            self.place(entry, self.snapshot, uses)

    def place(self, entry: Entry, folder: Path, uses: Counter[str]) -> None:
        """Lets a path of a snapshot lead to its content, by a relative link as huggingface_hub makes it; where links are not to be had, the content itself goes there."""
        path, blob = folder / entry.path, self.blobs / entry.blob
        target = os.path.join(*[".."] * (1 + len(entry.path.split("/"))), "blobs", entry.blob)
        if (path.is_symlink() and os.readlink(path) == target) or (self.placed(entry) and not blob.exists()):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.unborn()
        uses[entry.blob] -= 1
        if not linked(fresh, target):
            if uses[entry.blob]:
                shutil.copyfile(blob, fresh)
            else:
                blob.rename(fresh)
        fresh.replace(path)

    def name_commit(self, revision: str) -> None:
        """Lets a branch or tag name the commit."""
        self.write(f"refs/{revision}", self.commit)

    def write(self, name: str, text: str) -> None:
        """Writes a small file whole or not at all, unless it says so already."""
        path = self.repo / name
        with suppress(OSError, ValueError):
            if path.read_text(encoding="utf-8") == text:
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.unborn()
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)

    def unborn(self) -> Path:
        """A path for what is to be renamed when it is whole; the next pull clears away what a killed one leaves."""
        return self.repo / f"{UNBORN}{uuid4().hex[:8]}"


def linked(path: Path, target: str) -> bool:
    """Makes a link, unless the file system has none or the user wants none."""
    from huggingface_hub import constants  # noqa: PLC0415  only a download needs it

    if constants.HF_HUB_DISABLE_SYMLINKS:
        return False
    try:
        path.symlink_to(target)
    except OSError as error:
        if error.errno in LINKLESS:
            return False
        raise
    return True


def is_whole(path: Path, entry: Entry) -> bool:
    """Whether a file has the size of a content."""
    try:
        return os.stat(path).st_size == entry.size
    except OSError:
        return False


def recorded(entry: Entry) -> dict[str, object]:
    """A file as huggingface_hub records it in `trees/`."""
    large = {"lfs_sha256": entry.sha256, "lfs_size": entry.size} if entry.sha256 else {}
    return {"size": entry.size, "blob_id": entry.oid, **large, **({"xet_hash": entry.xet} if entry.xet else {})}


def disk_full(name: str, **detail: object) -> ModelError:
    said = f": {detail['needed_bytes']} bytes are needed and {detail['free_bytes']} free" if detail else ""
    return ModelError("disk_full", f"the disk is full while `{name}` is pulled{said}", detail=detail or None, hint="make room and pull again: what has come is kept")


def disk_error(name: str, error: OSError) -> ModelError:
    """What to say of an error of the disk; its paths stay out."""
    if error.errno in FULL:
        return disk_full(name)
    said = (error.strerror or "unknown error").lower()
    return ModelError("access_denied" if isinstance(error, PermissionError) else "os_error", f"`{name}` cannot be written: {said}")


@contextmanager
def on_disk(name: str) -> Iterator[None]:
    """Raises errors of the disk as what they mean for a pull."""
    try:
        yield
    except OSError as error:
        raise disk_error(name, error) from None
