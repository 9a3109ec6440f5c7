"""Contents that go to a registry: bytes, or a regular file of a project, which is read as it was when its digest was taken or not at all.

A file is reached folder by folder from the project's own, and no link is followed on the way.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ELOOP, ENOTDIR
from stat import S_ISREG

from mlpy.extensions.bundles.failures import BundleError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

PIECE = 1 << 16  # bytes read at once
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Content:
    """So many bytes with a digest: `data`, or the file at `path` (with `/`) below `root`."""

    digest: str
    size: int
    path: str
    data: bytes | None = None
    root: str = ""

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """So many bytes from a place on.

        Raises:
            BundleError: `file_changed`, `file_not_found`, `not_a_file` or `unreadable`.
        """
        if self.data is not None:
            yield from (self.data[at : min(at + PIECE, offset + length)] for at in range(offset, offset + length, PIECE))
            return
        with opened(self.root, self.path) as file:
            if os.fstat(file).st_size != self.size:
                raise changed(self.path)
            rest = length
            while rest:
                piece = taken(file, self.path, min(PIECE, rest), offset + length - rest)
                rest -= len(piece)
                yield piece


def taken(file: int, path: str, length: int, offset: int) -> bytes:
    """The bytes of a file at a place; there are some."""
    try:
        piece = os.pread(file, length, offset)
    except OSError:
        raise BundleError("unreadable", f"`{path}` cannot be read") from None
    if not piece:
        raise changed(path)
    return piece


@contextmanager
def opened(root: str, path: str) -> Iterator[int]:
    """A regular file below a folder, opened to be read."""
    *folders, name = path.split("/")
    try:
        with folder(root) as start:
            held = os.dup(start)
            try:
                for each in folders:
                    inner = os.open(each, FOLDER, dir_fd=held)
                    os.close(held)
                    held = inner
                file = os.open(name, READ, dir_fd=held)
            finally:
                os.close(held)
    except OSError as error:
        raise unopened(path, error) from None
    try:
        if not S_ISREG(os.fstat(file).st_mode):
            raise BundleError("not_a_file", f"`{path}` is no regular file", hint="a bundle holds regular files alone")
        yield file
    finally:
        os.close(file)


@contextmanager
def folder(root: str) -> Iterator[int]:
    """The folder itself, which may be reached by a link."""
    start = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield start
    finally:
        os.close(start)


def unopened(path: str, error: OSError) -> BundleError:
    if error.errno in (ELOOP, ENOTDIR):
        return BundleError("not_a_file", f"`{path}` is a link, or lies behind one", hint="a bundle holds regular files alone")
    if isinstance(error, FileNotFoundError):
        return BundleError("file_not_found", f"`{path}` is no longer there")
    return BundleError("unreadable", f"`{path}` cannot be read")


def changed(path: str) -> BundleError:
    return BundleError("file_changed", f"`{path}` was changed while it was pushed", hint="push again, once nobody writes to it")
