"""Requests and their answers: redirects, second tries, connections that are kept, and bodies that are read piece by piece.

In goes a `Request`, which `http.py` has checked, and the use that its call was allowed; out comes an `Answer`. Imported with
the first request, since urllib3 and TLS take longer to load than a program to start. Errors are `IOError`s with a `kind`.
"""

from __future__ import annotations

import zlib
from http.client import HTTPConnection as PlainConnection
from http.client import HTTPException, RemoteDisconnected
from time import monotonic

from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from mlpy import urls
from mlpy.capabilities import Capability
from mlpy.errors import MLError
from mlpy.network import FOREVER, KIND, connect, failure, permits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.capabilities import Use
    from mlpy.network import Bound
    from mlpy.runtime.run import Run
    from mlpy.urls import URL

PIECE = 1 << 16  # bytes of a body that one step reads or unpacks
MAX_HEAD = 1 << 16  # bytes of an answer before its body
MAX_DRAINED = 1 << 16  # bytes of a body that are read only to keep its connection
MAX_IDLE = 8  # connections kept by a run
IDLE_FOR = 30.0  # seconds that one is kept
FIRST_PAUSE = 0.1  # seconds before the second try; each later one waits twice as long
LONGEST_PAUSE = 5.0
REDIRECTS = frozenset((301, 302, 303, 307, 308))
TRY_AGAIN = frozenset((429, 502, 503, 504))
IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"))
OF_A_BODY = frozenset(("content-type", "content-encoding", "content-language", "content-location"))
# What goes along to another origin; anything else may be a credential.
HARMLESS = frozenset(("accept", "accept-language", "content-type", "content-language", "user-agent", "range"))
ENCODINGS = frozenset(("gzip", "x-gzip", "deflate"))


class Request:
    """What is to be sent and how long that may take. Names of headers are in lower case; a body goes along with redirects that keep the method."""

    __slots__ = ("body", "headers", "method", "patience", "redirects", "retries", "streamed", "timeout", "url")

    def __init__(
        self, method: str, url: URL, headers: dict[str, str], body: bytes | None, *, timeout: float, patience: float, redirects: int, retries: int, streamed: bool
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.patience = patience
        self.redirects = redirects
        self.retries = retries if method in IDEMPOTENT else 0
        self.streamed = streamed

    def redirected(self, status: int, url: URL) -> None:
        """Becomes the request that a redirect asks for (RFC 9110, 15.4); to another origin only harmless headers go along."""
        if self.method not in ("GET", "HEAD") and (status == 303 or (status in (301, 302) and self.method == "POST")):
            self.method, self.body = "GET", None
            self.headers = {name: value for name, value in self.headers.items() if name not in OF_A_BODY}
        if url.origin != self.url.origin:
            self.headers = {name: value for name, value in self.headers.items() if name in HARMLESS}
        self.url = url


# ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────


class Connection:
    """A connection to an origin, from one request to the next."""

    __slots__ = ("address", "client", "line", "since")

    def __init__(self, url: URL, line: Bound) -> None:
        self.address = line.address
        self.line = line
        self.since = monotonic()
        self.client = HTTPConnection(url.host, url.port)
        self.client.auto_open = 0  # it must never connect by itself
        self.client.sock = line

    def alive(self) -> bool:
        """Whether it can take another request."""
        return self.client.is_connected and monotonic() - self.since < IDLE_FOR

    def close(self) -> None:
        self.client.close()
        self.line.close()


class Pool:
    """The connections that one run keeps; never shared with another."""

    __slots__ = ("idle",)

    def __init__(self) -> None:
        self.idle: list[tuple[tuple[str, str, int], Connection]] = []

    def take(self, url: URL, use: Use) -> Connection | None:
        """A connection to the origin of a URL whose address the call may connect to."""
        for entry in [one for one in self.idle if one[0] == url.origin]:
            try:
                self.idle.remove(entry)
            except ValueError:  # another thread of the run was quicker
                continue
            connection = entry[1]
            if connection.alive() and permits(url, connection.address, use):
                return connection
            connection.close()
        return None

    def put(self, url: URL, connection: Connection) -> None:
        """Keeps a connection for the next request."""
        connection.since = monotonic()
        self.idle.append((url.origin, connection))
        while len(self.idle) > MAX_IDLE:
            self.idle.pop(0)[1].close()

    def close(self) -> None:
        while self.idle:
            self.idle.pop()[1].close()


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Unpacker:
    """Undoes gzip or deflate, never more than a piece in one step."""

    __slots__ = ("fresh", "rest", "stream", "wrapped")

    def __init__(self, encoding: str) -> None:
        self.wrapped = encoding != "deflate"
        self.stream = zlib.decompressobj(zlib.MAX_WBITS | 16 if self.wrapped else zlib.MAX_WBITS)
        self.rest = b""
        self.fresh = True

    def unpack(self) -> bytes:
        """The next piece of what was packed, empty where more of it has to come in."""
        if self.fresh and not self.wrapped and self.rest and self.rest[0] & 15 != 8:
            self.stream = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers leave out the wrapper that the standard asks for
        if self.stream.eof:
            if not self.wrapped or self.rest[:2] != b"\x1f\x8b":  # what follows the end counts for nothing
                self.rest = b""
                return b""
            self.stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.fresh = self.fresh and not self.rest
        found = self.stream.decompress(self.rest, PIECE)
        self.rest = self.stream.unused_data if self.stream.eof else self.stream.unconsumed_tail
        return found

    @property
    def complete(self) -> bool:
        """Whether what was packed has come to its end."""
        return self.stream.eof or self.fresh


class Body:
    """The body of an answer as it comes in, counted against its limit and charged to the grants of the call; closed at its end.

    A stream outlives its call, and is closed with the run at the latest.
    """

    __slots__ = ("connection", "done", "most", "pool", "response", "run", "size", "unpacker", "url", "use")

    def __init__(self, url: URL, connection: Connection, response: HTTPResponse, pool: Pool, run: Run, use: Use) -> None:
        self.url = url
        self.connection = connection
        self.response = response
        self.pool = pool
        self.run = run
        self.use = use
        self.size = 0
        self.most: int | None = None
        self.done = False
        self.unpacker: Unpacker | None = None

    def decode(self, encodings: str, transfer: str) -> None:
        """Begins with what the headers `content-encoding` and `transfer-encoding` name; the connection itself undoes chunks, and nothing else."""
        names = [name.strip() for name in encodings.lower().split(",") if name.strip() not in ("", "identity")]
        if len(names) > 1 or not ENCODINGS.issuperset(names) or transfer.lower() != "chunked":
            self.close()
            raise failure("protocol", f"the answer of `{self.url.address}` is encoded in a way that was not asked for")
        if names:
            self.unpacker = Unpacker(names[0])

    def piece(self) -> bytes:
        """The next bytes, none at the end; raises MLError, and then it is closed."""
        if self.done:
            return b""
        try:
            found = self.read()
            self.count(len(found))
        except BaseException:
            self.close()
            raise
        if not found:
            self.finish()
        return found

    def count(self, size: int) -> None:
        """Takes bytes that came in into account, unpacked as they are."""
        self.size += size
        if self.most is not None and self.size > self.most:
            raise failure("tooLarge", f"the answer of `{self.url.address}` is larger than {self.most:,} bytes", "read it with `stream: true`, or allow more with `maxSize`")
        self.use.charge(size)

    def read(self) -> bytes:
        """The next bytes, unpacked."""
        unpacker = self.unpacker
        if unpacker is None:
            return self.read_packed()
        while True:
            self.run.poll()
            try:
                found = unpacker.unpack()
            except zlib.error:
                raise failure("protocol", f"the answer of `{self.url.address}` is not packed as it says") from None
            if found:
                return found
            if not unpacker.rest:
                unpacker.rest = self.read_packed()
                if not unpacker.rest:
                    if not unpacker.complete:
                        raise failure("protocol", f"the answer of `{self.url.address}` ends too early")
                    return b""

    def read_packed(self) -> bytes:
        """The next bytes as they were sent."""
        left = self.response.length_remaining
        if left == 0:
            return b""
        self.connection.line.allowance = PIECE + MAX_HEAD
        try:
            return self.response.read1(PIECE if left is None else min(PIECE, left), decode_content=False)
        except (HTTPException, HTTPError, ValueError) as error:
            raise failure("protocol", f"the answer of `{self.url.address}` ends too early, or is no http") from error

    def finish(self) -> None:
        """Keeps the connection where the other side does."""
        self.done = True
        self.response.close()
        self.run.drop(self)
        if self.connection.client.is_connected:
            self.pool.put(self.url, self.connection)
        else:
            self.connection.close()

    def close(self) -> None:
        """Drops the connection with whatever has not been read."""
        if not self.done:
            self.done = True
            self.response.close()
            self.connection.close()
            self.run.drop(self)

    def drain(self) -> None:
        """Reads the rest where that is little, so that the connection can be kept."""
        self.most = self.size + MAX_DRAINED
        try:
            while self.piece():
                pass
        except MLError:
            self.close()


class Answer:
    """The head of an answer, the URL that gave it, and its body."""

    __slots__ = ("body", "headers", "reason", "status", "url")

    def __init__(self, status: int, reason: str, headers: list[tuple[str, str]], url: URL, body: Body) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.url = url
        self.body = body

    def header(self, name: str) -> str | None:
        """What a header says, several of one name joined."""
        found = [value for key, value in self.headers if key == name]
        return ", ".join(found) if found else None


# ── exchanges ────────────────────────────────────────────────────────────────────────────────────────────────────


class Exchange:
    """One call: its request, what it may use, and until when it has to be done."""

    __slots__ = ("deadline", "pool", "request", "run", "use")

    def __init__(self, request: Request, run: Run, use: Use, pool: Pool) -> None:
        self.request = request
        self.run = run
        self.use = use
        self.pool = pool
        self.deadline = monotonic() + request.timeout

    def answer(self) -> Answer:
        """The answer behind all redirects, each of which is a use of its own."""
        request = self.request
        for _ in range(request.redirects + 1):
            found = self.tried()
            location = found.header("location") if found.status in REDIRECTS else None
            if location is None or not request.redirects:
                if request.streamed:
                    self.run.keep(found.body)
                    line = found.body.connection.line
                    line.deadline, line.patience = FOREVER, request.timeout
                return found
            found.body.drain()
            request.redirected(found.status, self.target(location))
            self.use.extend(Capability(KIND, request.url.address))
        raise failure("redirect", f"`{request.url.address}` redirects more than {request.redirects} times", "`redirects: 0` gives the first answer")

    def target(self, location: str) -> URL:
        """Where a redirect leads."""
        here = self.request.url
        try:
            found = urls.join(here, "".join([chr(byte) if byte < 128 else f"%{byte:02X}" for byte in location.encode("latin-1", "replace")]))
        except MLError as error:
            raise failure("redirect", f"`{here.address}` redirects to what is no url: {error.message}", "`redirects: 0` gives the answer itself") from None
        if here.scheme == "https" and found.scheme != "https":
            raise failure("redirect", f"`{here.address}` redirects to `{found.address}` without tls", "`redirects: 0` gives the answer itself")
        return found

    def tried(self) -> Answer:
        """The answer to the request, which is sent again where that can do no harm; each time is a use of its own."""
        pause = FIRST_PAUSE
        for left in range(self.request.retries, -1, -1):
            try:
                found = self.sent()
            except MLError as error:
                kind = (error.fields or {}).get("kind")
                if not left or kind not in ("closed", "refused") or not self.in_time(pause):
                    raise
                self.run.wait(pause)
            else:
                if not left or found.status not in TRY_AGAIN or not self.spared(found, pause):
                    return found
            pause *= 2
            self.use.extend(Capability(KIND, self.request.url.address))
        raise AssertionError  # the last pass has returned or raised

    def spared(self, answer: Answer, pause: float) -> bool:
        """Whether an answer was dropped, and another one may be had after a pause."""
        pause = self.asked_pause(answer, pause)
        if not self.in_time(pause):
            return False
        answer.body.close()
        self.run.wait(pause)
        return True

    def asked_pause(self, answer: Answer, pause: float) -> float:
        """The seconds to wait, as the answer asks."""
        asked = answer.header("retry-after") or ""
        return max(pause, float(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 9 else pause

    def in_time(self, pause: float) -> bool:
        """Whether a pause leaves time for another try."""
        return pause <= LONGEST_PAUSE and monotonic() + pause < self.deadline

    def sent(self) -> Answer:
        """The answer to the request by a connection that was kept, else by a new one."""
        request = self.request
        connection = self.pool.take(request.url, self.use)
        if connection is None:
            line = connect(request.url, self.use, self.run, min(self.deadline, monotonic() + request.patience))
            connection = Connection(request.url, line)
        try:
            return self.spoken(connection)
        except BaseException:
            connection.close()
            raise

    def spoken(self, connection: Connection) -> Answer:
        """Sends the request and reads the head of its answer."""
        request, line = self.request, connection.line
        line.deadline, line.patience, line.allowance, line.setting = self.deadline, FOREVER, 2 * MAX_HEAD, "timeout"
        self.use.charge(len(request.body or b""))
        try:
            response = self.heard(connection.client)
        except RemoteDisconnected as error:
            raise failure("closed", f"`{request.url.address}` closed the connection") from error
        except (HTTPException, HTTPError, ValueError) as error:
            raise failure("protocol", f"the answer of `{request.url.address}` is no http") from error
        found = [(name.lower(), " ".join(value.split()) if "\n" in value or "\r" in value else value) for name, value in response.headers.iteritems()]
        body = Body(request.url, connection, response, self.pool, self.run, self.use)
        answer = Answer(response.status, response.reason or "", found, request.url, body)
        if request.method != "HEAD":
            body.decode(answer.header("content-encoding") or "", answer.header("transfer-encoding") or "chunked")
        return answer

    def heard(self, client: HTTPConnection) -> HTTPResponse:
        """The head of the answer, which may say why the server does not take the body to its end."""
        request = self.request
        headers = {"host": request.url.authority, "accept-encoding": "gzip, deflate", **request.headers}
        try:
            client.request(request.method, request.url.target, request.body, headers, preload_content=False, decode_content=False)
        except MLError as unsent:
            try:
                return head(client, request.method)
            except (HTTPException, HTTPError, MLError):
                raise unsent from None
        return head(client, request.method)


def head(client: HTTPConnection, method: str) -> HTTPResponse:
    """The head of an answer. urllib3's own way there would write the URL into the host's log where a header is malformed."""
    found = PlainConnection.getresponse(client)
    headers = HTTPHeaderDict(found.msg.items())
    return HTTPResponse(
        found, headers, found.status, found.version, reason=found.reason, preload_content=False, decode_content=False, original_response=found, request_method=method
    )
