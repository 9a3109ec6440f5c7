"""The hub: which commit a revision is, what is in it, and the bytes of a file from a place on.

Requests go through huggingface_hub's session, with its tokens, proxies and offline mode. Its own downloads begin anew in every process, and its own retries wait as long as
a server likes and know nothing of 5xx in mid-download: `persist` stands for them. What a hub says is believed only where `listed` finds it plain.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass

from mlpy.extensions.models.failures import ModelError

from mlpy.config import VERSION
from mlpy.retries import AGAIN, LONGEST_ASKED, TOO_MANY, Trouble, asked_wait

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from typing import NoReturn

    import httpx2

    from mlpy.progress import Progress

LARGEST_ANSWER = 64 << 20  # bytes of one page of a listing
MOST_FILES = 100_000
MOST_PAGES = 1000  # of one listing
LONGEST_PATH = 1024
LONGEST_PART = 255  # bytes of a name in a folder
COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a revision: its path with `/`, its size in bytes, the SHA-1 that git names it by, and the SHA-256 of a large one."""

    path: str
    size: int
    oid: str
    sha256: str | None
    xet: str | None = None

    @property
    def blob(self) -> str:
        """What its content is named by in the cache: the hub's ETag."""
        return self.sha256 or self.oid


class Remote:
    """The hub that `HF_ENDPOINT` names."""

    def __init__(self, progress: Progress) -> None:
        """Finds the hub and who asks; `progress` hears of the bytes that come, and may end the wait for a listing.

        Raises:
            ModelError: `missing_extra`, `access_denied` for a token that none can be, or `offline` where `HF_HUB_OFFLINE` is set.
        """
        ModelError.need("huggingface_hub")
        self.progress = progress
        from huggingface_hub import constants  # noqa: PLC0415  what needs no hub does without it
        from huggingface_hub.utils import get_token_to_send  # noqa: PLC0415  as above

        if constants.is_offline_mode():
            raise ModelError("offline", "the hub is not asked while `HF_HUB_OFFLINE` is set", code=5, hint="`HF_HUB_OFFLINE=0` lets it be asked")
        self.endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
        # `build_hf_headers` would ask the hub for a list first, to tell it by what program this one was started.
        self.headers = {"User-Agent": f"mlpy/{VERSION}", "Accept-Encoding": "identity"}
        try:
            token = get_token_to_send(None) or ""
        except (OSError, ValueError):
            raise ModelError("access_denied", "the token file cannot be read", hint="`HF_TOKEN` may hold the token instead") from None
        if not (token.isascii() and token.isprintable()):
            raise ModelError("access_denied", "the token is none: it has characters that tokens have not", hint="`HF_TOKEN` or the token file holds it")
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self.patience = float(constants.HF_HUB_DOWNLOAD_TIMEOUT)

    def commit(self, name: str, revision: str) -> str:
        """The hash of the commit that a branch, a tag or the beginning of a hash names.

        Raises:
            ModelError: `model_not_found`, `revision_not_found`, `gated`, `access_denied`, `bad_answer`.
            Trouble: what may pass.
        """
        from urllib.parse import quote  # noqa: PLC0415  only a download needs it

        answer, _ = self.document(f"{self.endpoint}/api/models/{name}/revision/{quote(revision, safe='')}", name, revision)
        found = answer.get("sha") if isinstance(answer, dict) else None
        if not isinstance(found, str) or COMMIT.fullmatch(found) is None:
            raise bad_answer("names no commit")
        return found

    def tree(self, name: str, commit: str) -> list[Entry]:
        """The files of a commit by path; raises as `commit`."""
        from huggingface_hub.utils import fix_hf_endpoint_in_url  # noqa: PLC0415  only a download needs it

        url = f"{self.endpoint}/api/models/{name}/tree/{commit}?recursive=true"
        found: list[object] = []
        asked: set[str] = set()
        while url:
            if url in asked or len(asked) == MOST_PAGES:
                raise bad_answer("is a listing without end")
            asked.add(url)
            page, following = self.document(url, name, commit)
            if not isinstance(page, list) or len(found) > MOST_FILES:
                raise bad_answer("is no listing")
            found += page
            url = fix_hf_endpoint_in_url(following, self.endpoint)
            if url and not url.startswith(f"{self.endpoint}/"):
                raise bad_answer("goes on elsewhere")
        return listed(found)

    def document(self, url: str, name: str, revision: str) -> tuple[object, str]:
        """The JSON that an address answers with, and the address of its next page or an empty text."""
        with self.answer(url, {}, name, revision) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                self.progress.received(len(piece))
                self.progress.refresh()
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise bad_answer("is too long")
            following = response.links.get("next", {}).get("url") or ""
        try:
            return json.loads(body), following
        except (ValueError, RecursionError):
            raise bad_answer("is no JSON") from None

    @contextmanager
    def body(self, name: str, commit: str, path: str, first: int, last: int) -> Iterator[httpx2.Response]:
        """The answer that holds the bytes of a file from `first` to `last`, or all of them where the hub knows no ranges; raises as `commit`."""
        from huggingface_hub import hf_hub_url  # noqa: PLC0415  as above

        url = hf_hub_url(name, path, revision=commit, endpoint=self.endpoint)
        with self.answer(url, {"Range": f"bytes={first}-{last}"}, name, commit) as response:
            yield response

    @contextmanager
    def answer(self, url: str, headers: dict[str, str], name: str, revision: str) -> Iterator[httpx2.Response]:
        """The answer to a GET; what goes wrong while it is read is told alike."""
        import httpx2  # noqa: PLC0415  only a download needs it
        from huggingface_hub.errors import OfflineModeIsEnabled  # noqa: PLC0415  as above
        from huggingface_hub.utils import get_session  # noqa: PLC0415  as above

        try:
            with get_session().stream("GET", url, headers=self.headers | headers, timeout=self.patience, follow_redirects=True) as response:
                if response.status_code >= 300:
                    refuse(response, name, revision)
                yield response
        except OfflineModeIsEnabled:
            raise ModelError("offline", "the hub is not asked while `HF_HUB_OFFLINE` is set", code=5) from None
        except httpx2.TimeoutException:
            raise Trouble(ModelError("network_error", f"the hub was silent for {self.patience:.0f} seconds")) from None
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.TooManyRedirects):
            raise ModelError(
                "network_error", "the hub cannot be asked: its address is none", retryable=False, hint="`HF_ENDPOINT` is to be as in `https://huggingface.co`"
            ) from None
        except httpx2.ConnectError:
            raise Trouble(ModelError("network_error", "the hub cannot be reached")) from None
        except httpx2.HTTPError:
            raise Trouble(ModelError("network_error", "the connection to the hub broke off")) from None


def refuse(response: httpx2.Response, name: str, revision: str) -> NoReturn:
    """Says why the hub gives nothing, from the status and the code beside it; the hub's own words stay out."""
    status, code = response.status_code, response.headers.get("X-Error-Code", "")
    if code == "GatedRepo":
        raise ModelError("gated", f"`{name}` is gated: its owner gives access to those who ask for it", hint="ask on the model's page, then set `HF_TOKEN` to your token")
    if code == "RevisionNotFound":
        raise ModelError("revision_not_found", f"`{name}` has no revision `{revision}`")
    if code == "EntryNotFound":
        raise ModelError("file_not_found", f"a file of `{name}` is no longer there")
    if status == 401 and code != "RepoNotFound":
        raise ModelError("access_denied", "the hub does not take the token", hint="`HF_TOKEN` or the token file holds one that is not valid")
    if status in (401, 404):
        token = "the token's owner may not see it" if "authorization" in response.request.headers else "it is private and no token is set"
        raise ModelError("model_not_found", f"the hub has no model `{name}`, or {token}")
    if status == 403:
        raise ModelError("access_denied", f"the hub denies access to `{name}`")
    if status in AGAIN:
        kind = "rate_limited" if status == TOO_MANY else "network_error"
        raise Trouble(ModelError(kind, f"the hub answers with status {status}", detail={"status": status}, retryable=True, code=5), hub_wait(response))
    raise ModelError("network_error", f"the hub answers with status {status}", detail={"status": status}, retryable=False)


def hub_wait(response: httpx2.Response) -> float | None:
    """The seconds that `Retry-After` or the hub's `RateLimit` names."""
    from huggingface_hub.utils import parse_ratelimit_headers  # noqa: PLC0415  rare

    if text := response.headers.get("Retry-After", ""):
        return asked_wait(text)
    try:
        limit = parse_ratelimit_headers(response.headers)
    except (ValueError, OverflowError):  # of a number with thousands of digits, too
        return None
    return float(min(limit.reset_in_seconds, LONGEST_ASKED)) if limit is not None and limit.remaining == 0 else None


def bad_answer(what: str) -> ModelError:
    return ModelError("bad_answer", f"what the hub answers {what}", code=5, hint="is `HF_ENDPOINT` the address of a hub?")


# ── what a listing may say ───────────────────────────────────────────────────────────────────────────────────────


def listed(entries: list[object]) -> list[Entry]:
    """The files of a listing by path.

    Raises:
        ModelError: `bad_answer`, where a path leaves the snapshot, a file stands below a file, or a hash is none: nothing of such a listing is stored.
    """
    found: dict[str, Entry] = {}
    for each in entries:
        if not isinstance(each, dict) or each.get("type") == "directory":
            continue
        made = entry(each)
        if made.path in found:
            raise bad_answer("lists a path twice")
        found[made.path] = made
    for path in found:
        if any(parent in found for parent in parents(path)):
            raise bad_answer("lists a file below a file")
    return [found[path] for path in sorted(found)]


def entry(given: dict[str, object]) -> Entry:
    """One file of a listing, if all of it is plain."""
    path, size, oid, large, xet = given.get("path"), given.get("size"), given.get("oid"), given.get("lfs"), given.get("xetHash")
    if not isinstance(path, str) or not is_plain(path):
        raise bad_answer("lists a path that leads out of the model")
    sha256 = None
    if isinstance(large, dict):
        size, sha256 = large.get("size"), large.get("oid")
        if not isinstance(sha256, str) or SHA256.fullmatch(sha256) is None:
            raise bad_answer("lists a file without its hash")
    if type(size) is not int or not 0 <= size < 1 << 60 or not isinstance(oid, str) or COMMIT.fullmatch(oid) is None:
        raise bad_answer("lists a file without its size or hash")
    return Entry(path, size, oid, sha256, xet if isinstance(xet, str) and SHA256.fullmatch(xet) else None)


def is_plain(path: str) -> bool:
    """Whether a path stays below the folder that it is put in, and shows what it is."""
    parts = path.split("/")
    plain = path.isprintable() and "\\" not in path and len(path) <= LONGEST_PATH
    return plain and all(part not in ("", ".", "..") and len(part.encode("utf-8", "surrogatepass")) <= LONGEST_PART for part in parts)


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:at]) for at in range(1, len(parts))]
