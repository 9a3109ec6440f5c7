"""What every request passes first: who may ask, and from where. And what is told of it afterwards, one line on standard error.

A browser can be made to ask a server on this machine: by a page of any site (then `Origin` is that site), or by a name that leads here (then `Host` is that name). Both are refused.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import socket
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from mlpy.extensions.models.server.shapes import body

from mlpy.addresses import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.extensions.models.server.metrics import Counts
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 8 * 1024 * 1024  # bytes of a body
READ = 8 * LARGEST  # bytes of a body that are read before the connection is closed
READING = 128  # requests whose bodies are read at once
SECONDS = 60.0  # until a body has to be there
LEFT = 499  # the status of a request whose client has left
OPEN = ("/health",)  # what needs no key
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  the addresses that mean all of this machine, to tell them from others
ROUTES = ("/health", "/metrics", "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models")


@dataclass(slots=True)
class Said:
    """What is known of a request when it has been answered."""

    status: int = LEFT
    model: str = ""
    prompt_tokens: int = 0
    generated: int = 0


class Guard:
    """Round an application: refuses who may not ask, counts and logs. `host` is what the server listens on, `key` the API key or None."""

    def __init__(self, app: ASGIApp, *, host: str, key: str | None, counts: Counts, log: Callable[[str], None]) -> None:
        self.app = app
        self.names = names(host)
        self.anywhere = host in EVERYWHERE
        self.key = None if key is None else key.encode()
        self.counts = counts
        self.log = log
        self.reading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = scope["mlpy"] = Said()
        begun = time.perf_counter()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                said.status = message["status"]
            await send(message)

        try:
            await self.answer(scope, receive, sent)
        except Exception:  # noqa: BLE001  a bug of ours, or a client that has left; it was answered where that could be done
            if os.environ.get("MLPY_DEBUG"):
                traceback.print_exc()
        finally:
            self.tell(scope, said, time.perf_counter() - begun)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or says why not."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if refusal := self.refusal(scope["path"], headers):
            await refuse(send, *refusal)
            return
        if self.reading >= READING and not headers.keys().isdisjoint(("content-length", "transfer-encoding")):
            await refuse(send, 503, f"{READING} requests are being read (try again a little later)", "overloaded")
            return
        try:
            content = await self.read(receive)
        except TooLarge:
            await refuse(send, 413, f"a body has at most {LARGEST} bytes", "body_too_large")
        except TimeoutError:
            await refuse(send, 408, f"the body was not there after {SECONDS:g} seconds", "body_too_slow")
        else:
            if content is not None:
                await self.app(scope, Again(content, receive), send)

    async def read(self, receive: Receive) -> bytes | None:
        """A body, as `whole` reads it.

        Raises:
            TimeoutError: its end did not come in time.
            TooLarge: it has more than `LARGEST` bytes.
        """
        self.reading += 1
        try:
            async with asyncio.timeout(SECONDS):
                return await whole(receive)
        finally:
            self.reading -= 1

    def refusal(self, path: str, headers: dict[str, str]) -> tuple[int, str, str] | None:
        """The status, the reason and its code where a request may not pass."""
        host = headers.get("host", "")
        if not self.known(hostname(host)):
            return 403, f"`{host[:100]}` is no name of this server", "host_not_allowed"
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
            return 403, f"pages of `{origin[:100]}` may not ask this server", "origin_not_allowed"
        if self.key is not None and path not in OPEN and not hmac.compare_digest(bearer(headers), self.key):
            return 401, "the API key is missing or wrong", "invalid_api_key"
        return None

    def known(self, name: str) -> bool:
        """Whether a name of `Host` is one of this server."""
        return name in self.names or (self.anywhere and plain(name) is not None)

    def tell(self, scope: Scope, said: Said, seconds: float) -> None:
        """Counts a request, and writes its line: no prompt and no answer stands in it."""
        path = scope["path"]
        self.counts.finished(next((route for route in ROUTES if path == route or path.startswith(f"{route}/")), "other"), said.status, seconds)
        client = (scope.get("client") or ("-",))[0]
        tokens = f" {said.prompt_tokens}+{said.generated} tokens" if said.prompt_tokens else ""
        model = f" {said.model}" if said.model else ""
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.log(f"{moment} {client} {scope['method'][:16]} {quote(path[:200])} {said.status}{model}{tokens} {seconds:.3f} s")


class TooLarge(Exception):  # noqa: N818  the end of a request, and no error of ours
    pass


class Again:
    """What a request sends, from its beginning: its body, which was read before, and then whether its client leaves."""

    def __init__(self, content: bytes, receive: Receive) -> None:
        self.content: bytes | None = content
        self.receive = receive

    async def __call__(self) -> Message:
        if self.content is None:
            return await self.receive()
        content, self.content = self.content, None
        return {"type": "http.request", "body": content, "more_body": False}


async def whole(receive: Receive) -> bytes | None:
    """A body; None where the client has left before its end. What is too much is read all the same, to a point: else the client would still be writing and not hear why.

    Raises:
        TooLarge: it has more than `LARGEST` bytes.
    """
    pieces, size, more = list[bytes](), 0, True
    while more and size <= READ:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size <= LARGEST:
            pieces.append(piece)
    if size > LARGEST:
        raise TooLarge
    return b"".join(pieces)


def names(host: str) -> frozenset[str]:
    """How this server may be called."""
    own = {"localhost", "127.0.0.1", "::1"}
    return frozenset(own | ({socket.gethostname().lower()} if host in EVERYWHERE else {host.lower()}))


def hostname(host: str) -> str:
    """The name in a `Host`, without the port."""
    name, bracket, _ = host.lower().removeprefix("[").partition("]")
    return name if bracket else host.lower().partition(":")[0]


def bearer(headers: dict[str, str]) -> bytes:
    """The key that a request shows."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip().encode() if kind.lower() == "bearer" else b""


async def refuse(send: Send, status: int, message: str, code: str) -> None:
    """Answers with an error in OpenAI's shape; what is left of the body is not read."""
    content = json.dumps(body(message, status, None, code)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()), (b"connection", b"close")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
