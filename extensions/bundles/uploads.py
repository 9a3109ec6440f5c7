"""One content on its way into a repository: in one request where it is small, else in chunks, which go on where a connection broke off.

A registry that has lost its place in an upload gets the content from its beginning. Digests are the registry's to check: it takes a content under no other name than its own.
"""

from __future__ import annotations

import hashlib
import re

from mlpy.extensions.bundles.contents import changed
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.registry import NOT_THERE, OCTETS
from mlpy.extensions.bundles.transport import bad_answer

from mlpy.retries import Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.extensions.bundles.contents import Content
    from mlpy.extensions.bundles.registry import Repository
    from mlpy.extensions.bundles.transport import Answer

    from mlpy.progress import Task
    from mlpy.urls import URL

CHUNK = 16 << 20  # bytes of one request
LARGEST_CHUNK = 1 << 30  # what a registry may ask for at least
RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})")
ELSEWHERE = 416  # a chunk begins at another place than the registry's
LOST = frozenset((NOT_THERE, ELSEWHERE))  # an upload that has to find out where it stands
MOUNTED, UPLOADED = "mounted", "uploaded"


class Upload:
    """Brings `content` into a repository; `sent` counts its bytes, those too that had to be sent again."""

    def __init__(self, repository: Repository, content: Content, task: Task) -> None:
        self.repository = repository
        self.content = content
        self.task = task
        self.location: URL | None = None
        self.offset = 0
        self.furthest = 0
        self.chunk = CHUNK
        self.sent = 0
        self.unsure = False

    def run(self, mount: str | None = None) -> str:
        """Brings it; gives `mounted` where the registry had it in the repository `mount`, else `uploaded`.

        Raises:
            BundleError: what is wrong with the registry or with the file.
        """
        if self.repository.persist(lambda: self.begin(mount)):
            self.task.advance(self.content.size)
            return MOUNTED
        try:
            self.repository.persist(self.send, moved=lambda: self.furthest)
        except BundleError as failure:
            if failure.type == "digest_mismatch" and self.changed():
                raise changed(self.content.path) from None
            raise
        return UPLOADED

    def changed(self) -> bool:
        """Whether the content is no longer what its digest says."""
        digest = hashlib.sha256()
        for piece in self.content.pieces(0, self.content.size):
            digest.update(piece)
        return f"sha256:{digest.hexdigest()}" != self.content.digest

    def begin(self, mount: str | None = None) -> bool:
        """Opens an upload, unless the registry takes the content from another repository."""
        query = f"?mount={self.content.digest}&from={mount}" if mount else ""
        answer = self.repository.ask("POST", self.repository.url(f"blobs/uploads/{query}"), {"Content-Length": "0"}, fine=(201, 202))
        if answer.status == 201:
            return True
        self.place(answer, 0)
        least = answer.headers.get("OCI-Chunk-Min-Length", "")
        self.chunk = max(CHUNK, min(int(least), LARGEST_CHUNK)) if least.isdecimal() and len(least) < 12 else CHUNK
        return False

    def send(self) -> None:
        """Sends what is missing, and closes the upload."""
        if self.unsure and self.find_out():
            return
        self.unsure = True
        if self.content.size > self.chunk:
            while self.offset < self.content.size:
                self.send_chunk(min(self.chunk, self.content.size - self.offset))
        self.finish()

    def send_chunk(self, length: int) -> None:
        headers = {"Content-Type": OCTETS, "Content-Length": str(length), "Content-Range": f"{self.offset}-{self.offset + length - 1}"}
        answer = self.repository.ask("PATCH", self.known(), headers, lambda: self.body(self.offset, length), fine=(202, 204, 413, *LOST))
        self.require(answer)
        taken = RANGE.fullmatch(answer.headers.get("Range", ""))
        end = int(taken.group(1)) + 1 if taken else self.offset + length
        if not self.offset < end <= self.offset + length:
            raise bad_answer(self.repository.reference.registry, "counts other bytes than were sent")
        self.place(answer, end)

    def finish(self) -> None:
        """Closes the upload, with the content where nothing of it was sent."""
        location, rest = self.known(), self.content.size - self.offset
        url = self.repository.transport.join(location, f"{location}{'&' if '?' in location.target else '?'}digest={self.content.digest}")
        headers = {"Content-Type": OCTETS, "Content-Length": str(rest)}
        self.require(self.repository.ask("PUT", url, headers, lambda: self.body(self.offset, rest), fine=(201, 202, 204, 413, *LOST)))

    def require(self, answer: Answer) -> None:
        """Raises where a registry has not taken what it was sent."""
        registry = self.repository.reference.registry
        if answer.status == 413:
            raise BundleError("too_large", f"the registry `{registry}` does not take as much as {self.content.size:,} bytes", detail={"path": self.content.path})
        if answer.status in LOST:
            raise Trouble(BundleError("network_error", f"the registry `{registry}` loses uploads", detail={"status": answer.status}))

    def find_out(self) -> bool:
        """Where the registry stands after an attempt that failed; whether it has the whole."""
        if self.repository.holds(self.content.digest):
            return True
        answer = self.repository.ask("GET", self.known(), fine=(200, 204, 400, *LOST))
        taken = RANGE.fullmatch(answer.headers.get("Range", ""))
        if answer.status in (200, 204) and taken and int(taken.group(1)) < self.content.size:
            last = int(taken.group(1))
            self.place(answer, last + 1 if last else 0)
        else:
            self.begin()
        self.task.restart(self.offset)
        return False

    def place(self, answer: Answer, offset: int) -> None:
        """The registry stands there, and goes on where its answer says."""
        where = answer.headers.get("Location", "")
        if not where and self.location is None:
            raise bad_answer(self.repository.reference.registry, "does not say where to upload")
        self.location = self.repository.transport.join(answer.url, where) if where else self.location
        self.offset = offset
        self.furthest = max(self.furthest, offset)

    def known(self) -> URL:
        assert self.location is not None  # `begin` has set it, or raised
        return self.location

    def body(self, offset: int, length: int) -> Iterator[bytes]:
        """Bytes of the content as they are sent."""
        self.task.restart(offset)
        for piece in self.content.pieces(offset, length):
            self.repository.crew.check()
            self.repository.crew.progress.received(len(piece))  # what goes counts like what comes
            yield piece
            self.repository.crew.progress.received(len(piece))
            self.sent += len(piece)
            self.task.advance(len(piece))
