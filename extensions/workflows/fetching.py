"""One file from an address, held against a bound while it comes.

`https`, or `http` where nobody stands between: on this machine. A redirect is followed only where the host stays the same, as whoever was told to trust an address was told that
host's name; an address that forwards to somewhere else has to be given as that. Nothing is sent along, and nothing is unpacked.
"""

from __future__ import annotations

from time import monotonic

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy import urls
from mlpy.addresses import is_loopback
from mlpy.config import VERSION
from mlpy.errors import MLError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from urllib3 import BaseHTTPResponse

    from mlpy.urls import URL

HEADERS = {"Accept-Encoding": "identity", "User-Agent": f"mlpy/{VERSION}"}
REDIRECTS = frozenset((301, 302, 303, 307, 308))
MOST_REDIRECTS = 5
CONNECTING, SILENCE, PATIENCE = 10.0, 30.0, 300.0  # seconds: to connect, without a byte, for all of it
PIECE = 1 << 16
DONE = 200


def fetch(address: str, most: int) -> tuple[str, bytes]:
    """The name of a file as the end of its address has it, and its content of at most so many bytes.

    Raises:
        WorkflowError: `bad_address`, `network_error`, `bad_answer`, `too_large` or `unsafe_path` for a redirect to elsewhere.
    """
    from urllib3 import PoolManager, Timeout, exceptions  # noqa: PLC0415  what lies here needs no network

    url = located(address)
    pool = PoolManager(retries=False, timeout=Timeout(connect=CONNECTING, read=SILENCE), headers=HEADERS)
    try:
        for _ in range(MOST_REDIRECTS + 1):
            response = pool.request("GET", str(url), redirect=False, preload_content=False)
            try:
                if response.status not in REDIRECTS:
                    return name_of(url), body(response, url, most)
                url = redirected(url, response.headers.get("Location", ""))
            finally:
                response.close()
    except exceptions.NameResolutionError:
        raise WorkflowError("network_error", f"the host `{url.host}` cannot be found") from None
    except exceptions.SSLError:
        raise WorkflowError("network_error", f"the certificate of `{url.host}` is not trusted", retryable=False) from None
    except exceptions.TimeoutError:
        raise WorkflowError("network_error", f"`{url.authority}` does not answer") from None
    except exceptions.HTTPError:
        raise WorkflowError("network_error", f"the connection to `{url.authority}` broke off, or there was none") from None
    finally:
        pool.clear()
    raise WorkflowError("bad_answer", f"`{url.authority}` redirects more than {MOST_REDIRECTS} times")


def located(address: str) -> URL:
    """The parts of an address, if a file may come from there."""
    try:
        url = urls.parse(address)
    except MLError as error:
        raise WorkflowError("bad_address", error.message, hint="an address is like `https://example.com/deploy.workflow.json`") from None
    if url.scheme == "http" and not (url.host == "localhost" or is_loopback(url.host)):
        raise WorkflowError("bad_address", "what comes by `http` may have been changed on its way", hint=f"ask for `https://{url.host}…`, or import what you have downloaded and looked at")
    return url


def redirected(url: URL, location: str) -> URL:
    """Where a redirect leads, if that is the same host."""
    try:
        target = urls.join(url, location)
    except MLError:
        raise WorkflowError("bad_answer", f"`{url.authority}` redirects to what is no address") from None
    if target.origin != url.origin and not (target.host == url.host and (url.scheme, target.scheme) == ("http", "https")):
        raise WorkflowError(
            "unsafe_path",
            f"`{url.authority}` redirects to `{target.scheme}://{target.authority}`, and you named the former",
            detail={"location": f"{target.scheme}://{target.authority}"},
            hint="import from there, if you trust it",
        )
    return target


def name_of(url: URL) -> str:
    """The last part of an address's path."""
    last = url.target.partition("?")[0].rpartition("/")[2]
    try:
        return urls.decode(last)
    except MLError:
        raise WorkflowError("bad_address", "the name at the end of the address is not valid utf-8") from None


def body(response: BaseHTTPResponse, url: URL, most: int) -> bytes:
    """What the server sends, until it is too much."""
    if response.status != DONE:
        raise WorkflowError("bad_answer", f"`{url.authority}` answered {response.status}", detail={"status": response.status})
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WorkflowError("bad_answer", f"`{url.authority}` sends it packed, which was not asked for")
    length = response.headers.get("Content-Length", "0")
    found, total, deadline = [], int(length) if length.isascii() and length.isdigit() else 0, monotonic() + PATIENCE
    if total <= most:
        total = 0
        for piece in response.stream(PIECE, decode_content=False):
            total += len(piece)
            if total > most:
                break
            if monotonic() > deadline:
                raise WorkflowError("network_error", f"`{url.authority}` has not sent everything within {PATIENCE:.0f} seconds")
            found.append(piece)
    if total > most:
        raise WorkflowError("too_large", f"what `{url.authority}` sends is larger than {most >> 20} MB")
    return b"".join(found)
