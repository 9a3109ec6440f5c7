"""A repository of a registry, over the OCI distribution specification 1.1: blobs, manifests and tags. What a registry says is believed only where it is plain.

Every request goes on the threads of a crew: whoever waits may end it at any moment.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from mlpy.extensions.bundles.authorization import Authority
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.references import TAG
from mlpy.extensions.bundles.transport import PIECE, Transport, bad_answer

from mlpy.retries import AGAIN, TOO_MANY, Trouble, asked_wait, persist
from mlpy.urls import parse

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator
    from typing import NoReturn

    from mlpy.extensions.bundles.references import Reference
    from mlpy.extensions.bundles.transport import Answer
    from urllib3 import BaseHTTPResponse

    from mlpy.crew import Crew
    from mlpy.urls import URL

T = TypeVar("T")

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# What else a registry may hold under a tag: it is asked for, so that the error can say what is there.
OTHERS = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
OCTETS = "application/octet-stream"
FEW_TAGS = 100  # of one page
MOST_PAGES = 1000
RENEWALS = 4  # tries of one request with another authority each: threads use up what others have got
MOST_TAGS = 100_000
NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next"?')
CODE = re.compile(r"[A-Z_]{1,40}")
NOT_THERE = 404
NOTHING: dict[str, str] = {}


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Repository:
    """The repository that a reference names. `scope` is what is to be done: `pull`, or `pull,push`, there, and `pull` in a repository to `mount` from."""

    def __init__(self, reference: Reference, crew: Crew, *, push: bool = False, mount: str | None = None, plain_http: bool = False) -> None:
        self.reference = reference
        self.crew = crew
        self.transport = Transport(reference.registry, crew, plain_http=plain_http)
        self.authority = Authority(self.transport)
        self.name = f"library/{reference.name}" if reference.registry == "docker.io" and "/" not in reference.name else reference.name
        self.scope = f"repository:{self.name}:pull{',push' if push else ''}" + (f" repository:{mount}:pull" if mount else "")

    # ── requests ──

    def url(self, path: str) -> URL:
        """An address below the repository; raises BundleError."""
        return parse(f"{self.transport.root}{self.name}/{path}")

    def persist(self, attempt: Callable[[], T], *, moved: Callable[[], int] = lambda: 0) -> T:
        """Makes an attempt until it succeeds or will not, see `retries.py`."""
        return persist(attempt, self.crew.pause, moved=moved)

    def ask(self, method: str, url: URL, headers: dict[str, str] = NOTHING, body: Callable[[], bytes | Iterable[bytes]] | None = None, *, fine: tuple[int, ...] = (200,)) -> Answer:
        """One request, with who asks; again with a new authority where the registry wants one.

        Raises:
            BundleError: an answer that is not `fine`; `Trouble` where it may pass.
        """
        for _ in range(RENEWALS):
            used = self.authority_for(url)
            answer = self.transport.send(method, url, headers | used, body() if body else None)
            if not self.renewed(answer, used):
                break
        if answer.status not in fine:
            self.refuse(answer)
        return answer

    def renewed(self, answer: Answer, used: dict[str, str]) -> bool:
        """Whether a request is worth another try, as the registry has been told who asks."""
        own = answer.url.origin == self.transport.root.origin
        return answer.status == 401 and own and self.authority.renew(answer, self.scope, used.get("Authorization", ""))

    def authority_for(self, url: URL) -> dict[str, str]:
        """Who asks, for the registry's own addresses alone."""
        value = self.authority.header(self.scope) if url.origin == self.transport.root.origin else ""
        return {"Authorization": value} if value else {}

    def refuse(self, answer: Answer) -> NoReturn:
        """Raises what an answer says went wrong."""
        registry, status = self.reference.registry, answer.status
        code = error_code(answer.data)
        detail: dict[str, object] = {"status": status, **({"code": code} if code else {})}
        if status in AGAIN:
            kind = "rate_limited" if status == TOO_MANY else "network_error"
            raise Trouble(BundleError(kind, f"the registry `{registry}` answers with status {status}", detail=detail), asked_wait(answer.headers.get("Retry-After", "")))
        if status == 401:
            raise self.authority.refusal(status)
        if status == 403:
            raise BundleError("unauthorized", f"the registry `{registry}` does not permit this in `{self.name}`", detail=detail)
        if code == "DIGEST_INVALID":
            raise BundleError("digest_mismatch", f"what came to the registry `{registry}` has another digest than it was sent with", detail=detail)
        raise BundleError("bad_answer", f"the registry `{registry}` answers with status {status}{f' and `{code}`' if code else ''}", detail=detail)

    # ── blobs ──

    def holds(self, digest: str) -> bool:
        """Whether the registry has a content."""
        return self.persist(lambda: self.ask("HEAD", self.url(f"blobs/{digest}"), fine=(200, NOT_THERE))).status == 200

    @contextmanager
    def reading(self, digest: str, offset: int, size: int) -> Iterator[tuple[BaseHTTPResponse, int]]:
        """The answer that holds a content from a place on, and how many of its bytes come before that place; raises as `blob`, and `Trouble` where it breaks off."""
        url = self.url(f"blobs/{digest}")
        wanted = {"Range": f"bytes={offset}-{size - 1}"} if offset else {}
        for _ in range(RENEWALS):
            used = self.authority_for(url)
            with self.transport.exchange("GET", url, wanted | used) as (response, came_from):
                if response.status in (200, 206):
                    if response.status == 206 and not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
                        raise bad_answer(self.reference.registry, "is another range than was asked for")
                    yield response, 0 if response.status == 206 else offset
                    return
                answer = self.transport.whole(response, came_from)
            if not self.renewed(answer, used):
                break
        if answer.status == NOT_THERE:
            raise BundleError("blob_not_found", f"the registry `{self.reference.registry}` lacks a content of the bundle", detail={"digest": digest})
        self.refuse(answer)

    def pieces(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """The bytes of an answer as they come."""
        for piece in response.stream(PIECE, decode_content=False):
            self.crew.check()
            self.crew.progress.received(len(piece))
            yield piece

    # ── manifests and tags ──

    def manifest(self, version: str) -> bytes | None:
        """The manifest under a tag or a digest, None where there is none; what comes for a digest is what the digest says.

        Raises:
            BundleError: `digest_mismatch`, or what is wrong with the registry.
        """
        answer = self.persist(lambda: self.ask("GET", self.url(f"manifests/{version}"), {"Accept": f"{MANIFEST}, {OTHERS}"}, fine=(200, NOT_THERE)))
        if answer.status == NOT_THERE:
            return None
        found, said = digest_of(answer.data), answer.headers.get("Docker-Content-Digest", "")
        if (":" in version and version != found) or (said.startswith("sha256:") and said != found):
            raise mismatch(self.reference.registry, version if ":" in version else said)
        return answer.data

    def put_manifest(self, version: str, data: bytes) -> None:
        """Gives a manifest to the registry, under a tag or its digest; raises BundleError."""
        body = {"Content-Type": MANIFEST, "Content-Length": str(len(data))}
        answer = self.persist(lambda: self.ask("PUT", self.url(f"manifests/{version}"), body, lambda: data, fine=(200, 201, 202)))
        said = answer.headers.get("Docker-Content-Digest", "")
        if said.startswith("sha256:") and said != digest_of(data):
            raise mismatch(self.reference.registry, digest_of(data))

    def tags(self) -> list[str] | None:
        """All tags in order, None where the registry does not know the repository; raises BundleError."""
        url = self.url(f"tags/list?n={FEW_TAGS}")
        found: set[str] = set()
        for _ in range(MOST_PAGES):
            answer = self.persist(partial(self.ask, "GET", url, fine=(200, NOT_THERE)))
            if answer.status == NOT_THERE:
                return None
            found |= page_of_tags(self.reference.registry, answer.data)
            link = NEXT.search(answer.headers.get("Link", ""))
            if link is None:
                return sorted(found)
            following = self.transport.join(url, link.group(1))
            if following.origin != url.origin or str(following) == str(url) or len(found) > MOST_TAGS:
                break
            url = following
        raise bad_answer(self.reference.registry, "is a list without end, or goes on elsewhere")


def page_of_tags(registry: str, data: bytes) -> set[str]:
    """The tags of one page; what is none is left out."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    listed = found.get("tags") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(listed, list | None):
        raise bad_answer(registry, "is no list of tags")
    return {tag for tag in listed or [] if isinstance(tag, str) and TAG.fullmatch(tag)}


def error_code(data: bytes) -> str | None:
    """What the registry itself calls what went wrong."""
    try:
        found = json.loads(data)["errors"][0]["code"]
    except (ValueError, RecursionError, KeyError, IndexError, TypeError):
        return None
    return found if isinstance(found, str) and CODE.fullmatch(found) else None


def mismatch(registry: str, digest: str, path: str | None = None) -> BundleError:
    what = f"what `{registry}` sends as `{path}`" if path else f"what `{registry}` sends"
    return BundleError("digest_mismatch", f"{what} is not what its digest says", detail={"digest": digest, **({"path": path} if path else {})})
