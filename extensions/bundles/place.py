"""A new folder that appears as a whole or not at all: it is filled beside its place under a name of its own, and renamed.

Everything happens below the opened folder that it will lie in, and no link is followed. What a killed process has left is taken away by the next one that fills the same place.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from contextlib import contextmanager, suppress
from errno import EDQUOT, EEXIST, ENOSPC, ENOTDIR, ENOTEMPTY

from mlpy.extensions.bundles.failures import BundleError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FULL = frozenset((EDQUOT, ENOSPC))
TAKEN = frozenset((EEXIST, ENOTDIR, ENOTEMPTY))
PIECE = 1 << 20


class Place:
    """The place `name` in the folder that `parent` has opened. Leaving it without `publish` takes away what was filled in."""

    def __init__(self, parent: int, name: str) -> None:
        """Begins to fill it.

        Raises:
            BundleError: `already_exists` where something other than an empty folder stands there, `disk_full`, `unwritable`.
        """
        self.parent = parent
        self.name = name
        self.published = False
        with told(name):
            self.require_free()
            self.sweep()
            self.unborn, self.folder = self.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self.published:
                remove(self.unborn, self.parent)
        finally:
            os.close(self.folder)

    def begin(self) -> tuple[str, int]:
        """The folder to fill, opened and locked: its name for now."""
        while True:
            name = f".{self.name}.{os.urandom(4).hex()}.pulling"
            os.mkdir(name, dir_fd=self.parent)
            folder = os.open(name, FOLDER, dir_fd=self.parent)
            with suppress(OSError):  # a file system without locks: nobody sweeps there
                fcntl.flock(folder, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):  # another one has swept before it was locked
                if os.path.samestat(os.stat(name, dir_fd=self.parent, follow_symlinks=False), os.fstat(folder)):
                    return name, folder
            os.close(folder)

    def require_free(self) -> None:
        """Raises `already_exists`, but for an empty folder that nobody is in."""
        try:
            found = os.open(self.name, FOLDER, dir_fd=self.parent)
        except FileNotFoundError:
            return
        except OSError:
            raise taken(self.name) from None
        try:
            if os.listdir(found) or os.path.sameopenfile(found, self.parent) or os.path.samestat(os.fstat(found), os.stat(os.curdir)):
                raise taken(self.name)
        finally:
            os.close(found)

    def sweep(self) -> None:
        """Takes away what killed processes have left of this place."""
        left = re.compile(rf"\.{re.escape(self.name)}\.[0-9a-f]{{8}}\.pulling")
        for entry in os.listdir(self.parent):
            if left.fullmatch(entry):
                with suppress(OSError):
                    found = os.open(entry, FOLDER, dir_fd=self.parent)
                    try:
                        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held as long as its process lives
                        remove(entry, self.parent)
                    finally:
                        os.close(found)

    def require_room(self, size: int) -> None:
        """Raises `disk_full` where so many bytes do not fit."""
        state = os.fstatvfs(self.folder)
        free = state.f_bavail * state.f_frsize
        if size > free:
            raise BundleError("disk_full", "the bundle does not fit on the disk", detail={"needed_bytes": size, "free_bytes": free})

    @contextmanager
    def created(self, path: str) -> Iterator[int]:
        """A new file at a path (with `/`), opened to be written, and the folders on the way."""
        *folders, name = path.split("/")
        with told(path):
            held = os.dup(self.folder)
            try:
                for each in folders:
                    with suppress(FileExistsError):
                        os.mkdir(each, dir_fd=held)
                    inner = os.open(each, FOLDER, dir_fd=held)
                    os.close(held)
                    held = inner
                file = os.open(name, CREATE, 0o666, dir_fd=held)
            finally:
                os.close(held)
        try:
            yield file
        finally:
            os.close(file)

    def publish(self) -> None:
        """Puts what was filled in into its place; raises as the beginning."""
        with told(self.name):
            os.rename(self.unborn, self.name, src_dir_fd=self.parent, dst_dir_fd=self.parent)
            self.published = True


def write(file: int, data: bytes, path: str) -> None:
    """Writes all of the bytes at the end of a new file; raises BundleError."""
    rest = memoryview(data)
    with told(path):
        while rest:
            rest = rest[os.write(file, rest) :]


def copy(source: int, target: int, path: str) -> None:
    """Puts the content of one new file into another; raises BundleError."""
    at = 0
    with told(path):
        while piece := os.pread(source, PIECE, at):
            write(target, piece, path)
            at += len(piece)


def remove(name: str, parent: int) -> None:
    with suppress(OSError):
        shutil.rmtree(name, dir_fd=parent)


@contextmanager
def told(path: str) -> Iterator[None]:
    """What the disk refuses, in our own words."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise BundleError("disk_full", f"no space is left for `{path}`") from None
        if error.errno in TAKEN:
            raise taken(path) from None
        raise BundleError("unwritable", f"`{path}` cannot be written") from None


def taken(path: str) -> BundleError:
    return BundleError("already_exists", f"`{path}` exists already", hint="a bundle is pulled into a new folder: name another")
