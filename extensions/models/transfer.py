"""One file on its way from the hub into the store: resumed where an earlier process stopped, checked against its hash, renamed into place whole or not at all.

What has come lies in `blobs/HASH.incomplete`. It is named by the content that it is the beginning of, so it serves any revision; two writers at once, on a file system
without locks, put the same bytes at the same places.
"""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import contextmanager

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.layout import FULL, disk_full
from mlpy.extensions.models.remote import bad_answer
from mlpy.extensions.models.store import UNFINISHED

from mlpy.crew import Stopped
from mlpy.retries import Trouble, persist

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    from mlpy.extensions.models.layout import Layout
    from mlpy.extensions.models.remote import Entry, Remote

    from mlpy.crew import Crew
    from mlpy.progress import Task

ONCE = 8 << 30  # bytes asked for with one request: content networks give no more than 50 GB
PIECE = 1 << 20  # bytes read at once from what is there
STEP = 1 << 16  # bytes that count as having come on, when tries are counted
POLL = 0.1  # seconds
PARTIAL = 206


class Transfer:
    """Brings the content of `entry` among the blobs; `kept` bytes of it were there, `received` have come over the network."""

    def __init__(self, remote: Remote, layout: Layout, entry: Entry, task: Task, crew: Crew) -> None:
        self.remote = remote
        self.layout = layout
        self.entry = entry
        self.partial = layout.blobs / (entry.blob + UNFINISHED)
        self.task = task
        self.crew = crew
        self.kept = 0
        self.received = 0
        self.offset = 0
        self.digest = fresh_digest(entry)
        self.response: httpx2.Response | None = None

    def run(self, *, force: bool) -> None:
        """Sees that the content is there; with `force` it comes anew.

        Raises:
            ModelError: `disk_full`, `checksum_mismatch`, or what the hub says.
            Stopped: what has come stays.
        """
        with held(self.layout.lock(self.entry), self.crew):
            if force:
                self.partial.unlink(missing_ok=True)
            if not force and self.layout.has(self.entry):
                self.kept = self.entry.size
                self.task.restart(self.kept)
            else:
                self.download()
        self.task.end()

    def download(self) -> None:
        """Gets what is missing; what was there before is thrown away once, where the whole is not what it should be."""
        for _ in range(2):
            with self.opened() as file:
                self.recall(file)
                self.receive_all(file)
                if self.digest.hexdigest() == self.entry.blob:
                    os.fsync(file)
                    os.replace(self.partial, self.layout.blobs / self.entry.blob)
                    return
            self.partial.unlink(missing_ok=True)
            if not self.kept:
                break
        raise ModelError("checksum_mismatch", f"`{self.entry.path}` of `{self.layout.name}` is not what the hub's own hash says", retryable=True)

    @contextmanager
    def opened(self) -> Iterator[int]:
        file = os.open(self.partial, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            yield file
        except BaseException:
            if not os.fstat(file).st_size:  # nothing has come
                self.partial.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)

    def recall(self, file: int) -> None:
        """Takes in what an earlier process has left."""
        self.digest = fresh_digest(self.entry)
        self.offset = self.kept = 0
        if os.fstat(file).st_size > self.entry.size:
            os.ftruncate(file, 0)
        self.task.restart()
        self.task.say("reading what is there")
        while piece := os.read(file, PIECE):
            self.crew.check()
            self.digest.update(piece)
            self.offset += len(piece)
            self.task.advance(len(piece))
        self.kept = self.offset
        self.task.restart(self.offset)
        self.task.say("")

    def receive_all(self, file: int) -> None:
        while self.offset < self.entry.size:
            persist(lambda: self.receive(file), self.wait, moved=lambda: self.offset // STEP)

    def receive(self, file: int) -> None:
        """Takes what one request brings."""
        last = min(self.offset + ONCE, self.entry.size) - 1
        with self.remote.body(self.layout.name, self.layout.commit, self.entry.path, self.offset, last) as response:
            self.response = response
            self.task.say("")
            # A hub that knows no ranges sends the file from its beginning: what is there already passes by.
            skip, end = (0, last + 1) if response.status_code == PARTIAL else (self.offset, self.entry.size)
            if response.status_code == PARTIAL and not response.headers.get("Content-Range", "").startswith(f"bytes {self.offset}-"):
                raise bad_answer("is another range than was asked for")
            for piece in response.iter_bytes():
                self.crew.check()
                self.received += len(piece)
                self.remote.progress.received(len(piece))
                self.write(file, memoryview(piece)[skip:], end)
                skip = max(skip - len(piece), 0)
        self.response = None
        if self.offset < end:
            raise Trouble(ModelError("network_error", "the connection to the hub broke off"))

    def write(self, file: int, piece: memoryview, end: int) -> None:
        """Appends bytes that may not go beyond `end`."""
        if self.offset + len(piece) > end:
            raise bad_answer("is longer than the file")
        while piece:
            try:
                written = os.pwrite(file, piece, self.offset)
            except OSError as error:
                if error.errno in FULL:
                    raise disk_full(self.layout.name) from None
                raise
            self.digest.update(piece[:written])
            self.offset += written
            self.task.advance(written)
            piece = piece[written:]

    def wait(self, seconds: float) -> None:
        self.task.say(f"waits {max(seconds, 1):.0f} s for the hub")
        self.crew.pause(seconds)

    def abort(self) -> None:
        """Wakes a thread that waits for bytes; nobody wants more of it."""
        response = self.response
        stream = response.extensions.get("network_stream") if response is not None else None
        line = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(line, socket.socket):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def fresh_digest(entry: Entry) -> hashlib._Hash:
    """What the content's name is computed with: git's SHA-1 of a blob, SHA-256 of a large file."""
    return hashlib.sha256() if entry.sha256 else hashlib.sha1(b"blob %d\0" % entry.size, usedforsecurity=False)


@contextmanager
def held(path: Path, crew: Crew) -> Iterator[None]:
    """The lock that huggingface_hub takes for the same content."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  only a download needs it

    lock = FileLock(path, mode=0o664)
    try:
        lock.acquire(poll_interval=POLL, cancel_check=crew.stop.is_set)
    except Timeout:
        raise Stopped from None
    try:
        yield
    finally:
        lock.release()
