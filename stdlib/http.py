"""Requests over HTTP and HTTPS, to hosts that the program was granted, and the encoding of URLs.

Importing this costs nothing: what makes connections is loaded with the first request (`_exchange.py`, `mlpy/network.py`).
Each request demands `net.connect` for where its URL leads, each redirect for where it leads on.
"""

from __future__ import annotations

from codecs import getincrementaldecoder

from mlpy import urls
from mlpy.capabilities import in_use
from mlpy.config import VERSION
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, IteratorValue, a_type, display, too_many_items, too_much_text
from mlpy.sdk import handle, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.stdlib._exchange import Answer, Pool

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MIN_TIME, MAX_TIME = 0.01, 3600.0  # seconds
MAX_REDIRECTS = 5
MAX_RETRIES = 5
MAX_HEADERS = 100
MAX_HEADER = 8192
MAX_NAME = 256
MAX_LINE = 10_000_000
MAX_PART = 5_000_000  # characters to encode or decode: a third of a second
MAX_FIELDS = 100_000
# What the request itself says; saying it twice or otherwise would let two readers take it for two requests.
RESERVED = frozenset(
    ("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
TOKEN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~")
IN_FIELD = urls.UNRESERVED | {" "}  # which becomes `+`
INT = frozenset((int,))
NUMBERS = frozenset((int, float))
# The encodings of text that answers may name; Python knows them by the second name.
CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252",
    "iso-8859-15": "iso8859-15", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "shift_jis": "shift_jis", "euc-jp": "euc_jp",
    "euc-kr": "euc_kr", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5", "windows-1251": "cp1251", "koi8-r": "koi8_r",
}  # fmt: skip


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


@ml_class("Response")
class Response:
    """The answer to a request."""

    def __init__(self, answer: Answer, most: int | None) -> None:
        self.answer = answer
        self.most = most
        self.data: bytes | None = None
        self.streamed = False

    def __str__(self) -> str:
        return f"<Response {self.answer.status}>"

    @ml_function
    def status(self) -> int:
        """The status, such as 200 or 404. Example: `http.get(url).status()` → `200`."""
        return self.answer.status

    @ml_function
    def status_text(self) -> str:
        """The status in words, as the server puts it. Example: `http.get(url).statusText()` → `"OK"`."""
        return self.answer.reason

    @ml_function
    def ok(self) -> bool:
        """Whether the status is from 200 to 299. Example: `http.get(url).ok()` → `true`."""
        return 200 <= self.answer.status < 300

    @ml_function
    def url(self) -> str:
        """The URL that answered, behind all redirects. Example: `http.get(url).url() == url` → `true`."""
        return str(self.answer.url)

    @ml_function
    def headers(self) -> dict[str, str]:
        """The headers by name in lower case, several of one name joined by commas. Example: `http.get(url).headers()["content-type"]` → `"application/json"`."""
        return {name: str(self.answer.header(name)) for name, _ in self.answer.headers}

    @ml_function
    def header(self, name: str, default: object = None) -> object:
        """What one header says, its name in any case, or the default. Example: `http.get(url).header("Content-Type")` → `"application/json"`."""
        found = self.answer.header(text(name, "name").lower())
        return default if found is None else found

    @ml_function
    def cookies(self) -> dict[str, str]:
        """The cookies that the answer sets, as name and value. They are sent with no other request by themselves. Example: `http.get(url).cookies()` → `{session: "1"}`."""
        pairs = [value.partition(";")[0].partition("=") for name, value in self.answer.headers if name == "set-cookie"]
        return {name.strip(): value.strip() for name, equals, value in pairs if equals}

    @ml_function
    def body(self) -> list[int]:
        """The bytes of the body. Example: `http.get(url).body().length` → `15`."""
        data = self.whole()
        if len(data) > MAX_ITEMS:
            too_many_items()
        return [*data]

    @ml_function
    def text(self) -> str:
        """The body as text, by the encoding that the answer names, else utf-8; what is not valid in it becomes `�`. Example: `http.get(url).text().length` → `15`."""
        data = self.whole()
        if len(data) > MAX_TEXT:
            too_much_text()
        return data.decode(self.codec(), "replace")

    @ml_function
    def json(self) -> object:
        """The value that the body stands for as JSON. Example: `http.get(url).json().name` → `"Ada"`."""
        from mlpy.stdlib.json import MAX_DEPTH, read  # noqa: PLC0415  not every program that makes requests reads JSON

        try:
            return read(self.whole().decode("utf-8-sig"), MAX_DEPTH)
        except UnicodeDecodeError:
            raise MLError("the body is not JSON: it is not valid utf-8", "ValueError") from None

    @ml_function
    def lines(self) -> object:
        """The lines of the body, without their ends, to be walked once: of a stream each as it comes in. Example: `[...http.get(url, stream: true).lines()].length` → `1`."""
        return IteratorValue(Lines(self.pieces(), self.codec()))

    @ml_function
    def chunks(self) -> object:
        """The body in arrays of bytes, to be walked once: of a stream each as it comes in. Example: `[...http.get(url, stream: true).chunks()].length` → `1`."""
        return IteratorValue(Chunks(self.pieces()))

    @ml_function
    def close(self) -> None:
        """Drops what has not been read of a stream; the end of the program does so too. Example: `http.get(url, stream: true).close()` → `null`."""
        self.answer.body.close()

    def whole(self) -> bytes:
        """The whole body, which is read where it has not been."""
        if self.data is None:
            if self.streamed:
                raise MLError("the body is read as a stream already", "ValueError", hint="get the answer without `stream: true`")
            self.streamed = True
            self.answer.body.most = self.most
            self.data = joined(self.answer.body.piece)
        return self.data

    def pieces(self) -> Callable[[], bytes]:
        """What gives the body piece by piece, and nothing at its end."""
        if self.data is not None:
            rest = [self.data]
            return lambda: rest.pop() if rest else b""
        if self.streamed:
            raise MLError("the body is read as a stream already", "ValueError", hint="keep what `lines` gives")
        self.streamed = True
        return self.answer.body.piece

    def codec(self) -> str:
        """Python's name of the encoding of the text."""
        for part in (self.answer.header("content-type") or "").split(";")[1:]:
            name, _, value = part.strip().lower().partition("=")
            if name == "charset" and value:
                known = CHARSETS.get(value.strip("\"' "))
                if known is None:
                    raise MLError("the text is in an encoding that is not known here", "ValueError", hint="`body()` gives the bytes")
                return known
        return "utf-8"


def joined(piece: Callable[[], bytes]) -> bytes:
    """All pieces as one."""
    found = []
    while part := piece():
        found.append(part)
    return b"".join(found)


class Chunks:
    """The pieces of a body as arrays of bytes."""

    __slots__ = ("piece",)

    def __init__(self, piece: Callable[[], bytes]) -> None:
        self.piece = piece

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> list[int]:
        found = self.piece()
        if not found:
            raise StopIteration
        return [*found]


class Lines:
    """The lines of a body. `ready` are those that have come in, last first; `open` is the beginning of the next."""

    __slots__ = ("decoder", "ended", "open", "piece", "ready", "size")

    def __init__(self, piece: Callable[[], bytes], codec: str) -> None:
        self.piece = piece
        self.decoder = getincrementaldecoder(codec)("replace")
        self.ready: list[str] = []
        self.open: list[str] = []
        self.size = 0
        self.ended = False

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        while not self.ready:
            if self.ended:
                raise StopIteration
            self.take(self.piece())
        return self.ready.pop()

    def __length_hint__(self) -> int:
        return len(self.ready)

    def take(self, found: bytes) -> None:
        """Splits what came in; nothing means the end."""
        self.ended = not found
        *lines, rest = self.decoder.decode(found, not found).split("\n")
        if lines:
            lines[0] = "".join([*self.open, lines[0]])
            self.open, self.size = [], 0
        self.open.append(rest)
        self.size += len(rest)
        if self.size > MAX_LINE:
            raise MLError(f"a line is longer than {MAX_LINE:,} characters", "ValueError", hint="read it with `chunks()`")
        if self.ended and self.size:
            lines.append("".join(self.open))
        self.ready = [line.removesuffix("\r") for line in reversed(lines)]


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────


@ml_module("http", version="1.0.0", concurrent=True)
class Http:
    """Requests over HTTP and HTTPS, and the encoding of URLs.

    ```ml
    import http;
    query = http.encodeQuery({q: "café au lait", page: 2});
    print(`https://example.com/search?${query}`);
    print(http.parseQuery(query).q);
    ```

    A request demands `net.connect` for the host and port that its URL leads to, and each redirect and each further try is a use
    of its own. This program needs `--allow net.connect:api.example.com:443`:

    ```ml
    import http;
    answer = http.get("https://api.example.com/users", query: {active: true}, headers: {accept: "application/json"});
    if (!answer.ok()) { throw `the server answers ${answer.status()}`; }
    for (user in answer.json()) { print(user.name); }
    ```

    **Requests.** `headers` are an object of strings; `query` is added to the URL. A body is a text, an array of bytes, `json` for any
    value or `form` for the fields of a form, each with its `content-type` unless `headers` has one. `timeout` is for the whole call in
    seconds, with all redirects and tries; `connectTimeout` for finding the host and connecting to it. `maxSize` bounds the body, unpacked,
    in bytes. GET, HEAD, PUT, DELETE and OPTIONS are sent again, at most `retries` times, where the server refuses, ends the
    connection, or answers 429, 502, 503 or 504; the pause between doubles from 0.1 s, or is what `retry-after` asks for, at most 5 s. A
    limit of the program and its cancellation end a request at once.

    **Streams.** With `stream: true` the call returns when the head of the answer is there, and `lines()` or `chunks()` read the body as it
    comes: `timeout` is then the longest pause, and there is no limit of size but the grant's. A program may hold 64 of them;
    each is closed at its end, by `close()`, or with the program.

    **Redirects** are followed at most 5 times, never from https to http. 303, and 301 and 302 after a POST, go on as GET without the
    body. To another origin only `accept`, `accept-language`, `content-type`, `content-language`, `range` and `user-agent` go
    along, since any other header may be a credential. Cookies are never kept: `cookies()` tells what an answer sets.

    **Hosts.** URLs are read strictly: `http` and `https`, no user info, no backslash, no space; a host in ASCII (`xn--` for others), an address
    as four plain numbers or in brackets. A name is resolved once for each connection and the address that was checked is the one
    connected to. An address that is not public (this machine, private, link-local, shared, multicast, the services of clouds)
    needs its own grant, such as `net.connect:10.0.0.7:80`, beside that of the name; no `*` stands for it. `localhost` that is granted by
    name is this machine. Proxies in the environment are not used. Certificates are verified by the platform's authorities, or those in
    the file that `SSL_CERT_FILE` names.

    **Errors.** A status such as 404 is no error. What goes wrong on the way is an `IOError` whose `kind` tells: `dns`, `refused`,
    `unreachable`, `timeout`, `tls`, `closed`, `protocol` (no HTTP, or less than announced), `tooLarge` or `redirect`. A URL that cannot
    be read, a header with line breaks and the like are a `ValueError`, an argument of another type a `TypeError`. No error
    quotes a URL's path or query, or a header.
    """

    def __init__(self) -> None:
        self.pool: Pool | None = None

    @ml_function(capability="net.connect:{url.address}")
    def get(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        retries: int = 2,
        stream: bool = False,
    ) -> Response:
        """Asks for what a URL stands for. Example: `http.get(url).json()` → `{name: "Ada"}`."""
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, retries, stream=stream)
        return self.send("GET", url, None, options)

    @ml_function(capability="net.connect:{url.address}")
    def head(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        retries: int = 2,
        stream: bool = False,
    ) -> Response:
        """Asks for the head of an answer only. Example: `http.head(url).ok()` → `true`."""
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, retries, stream=stream)
        return self.send("HEAD", url, None, options)

    @ml_function(capability="net.connect:{url.address}")
    def post(
        self,
        url: str,
        body: str | list[int] | None = None,
        *,
        json: object = None,
        form: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        stream: bool = False,
    ) -> Response:
        """Sends a body: a text or bytes, a value as JSON, or the fields of a form. Example: `http.post(url, json: {a: 1}).status()` → `200`."""
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, 0, stream=stream)
        return self.send("POST", url, content(body, json, form), options)

    @ml_function(capability="net.connect:{url.address}")
    def put(
        self,
        url: str,
        body: str | list[int] | None = None,
        *,
        json: object = None,
        form: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        retries: int = 2,
        stream: bool = False,
    ) -> Response:
        """Sends what is to stand under a URL from now on. Example: `http.put(url, "text").status()` → `200`."""
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, retries, stream=stream)
        return self.send("PUT", url, content(body, json, form), options)

    @ml_function(capability="net.connect:{url.address}")
    def patch(
        self,
        url: str,
        body: str | list[int] | None = None,
        *,
        json: object = None,
        form: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        stream: bool = False,
    ) -> Response:
        """Sends what is to be changed. Example: `http.patch(url, json: {a: 2}).status()` → `200`."""
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, 0, stream=stream)
        return self.send("PATCH", url, content(body, json, form), options)

    @ml_function(capability="net.connect:{url.address}")
    def delete(
        self,
        url: str,
        body: str | list[int] | None = None,
        *,
        json: object = None,
        form: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        retries: int = 2,
        stream: bool = False,
    ) -> Response:
        """Asks for something to be removed. Example: `http.delete(url).status()` → `200`."""
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, retries, stream=stream)
        return self.send("DELETE", url, content(body, json, form), options)

    @ml_function(capability="net.connect:{url.address}")
    def request(
        self,
        method: str,
        url: str,
        body: str | list[int] | None = None,
        *,
        json: object = None,
        form: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
        timeout: float = 30,
        connectTimeout: float = 10,  # noqa: N803  the names in the language
        maxSize: int | None = 10_000_000,  # noqa: N803  likewise
        redirects: int = 5,
        retries: int = 2,
        stream: bool = False,
    ) -> Response:
        """Sends a request by a method: GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.

        Example: `http.request("OPTIONS", url).ok()` → `true`.
        """
        options = Options(headers, query, timeout, connectTimeout, maxSize, redirects, retries, stream=stream)
        return self.send(method_of(method), url, content(body, json, form), options)

    def send(self, method: str, url: str, body: tuple[bytes, str] | None, options: Options) -> Response:
        """The answer to a request; its body is read unless it is to be streamed."""
        from mlpy.stdlib import _exchange  # noqa: PLC0415  urllib3 and TLS take 60 ms, with the first request only

        run = current.get()
        if self.pool is None:
            self.pool = _exchange.Pool()
        if self.pool not in run.kept:  # it is dropped when the run is closed, which a later call of its functions outlives
            run.keep(self.pool)
        headers = {**options.headers}
        if body is not None and body[1]:
            headers.setdefault("content-type", body[1])
        headers.setdefault("user-agent", f"mlpy/{VERSION}")
        request = _exchange.Request(
            method,
            with_query(urls.parse(url), options.query),
            headers,
            None if body is None else body[0],
            timeout=options.timeout,
            patience=options.patience,
            redirects=options.redirects,
            retries=options.retries,
            streamed=options.stream,
        )
        response = Response(_exchange.Exchange(request, run, in_use.get(), self.pool).answer(), options.most)
        if not options.stream:
            response.whole()
        return handle(response)


class Options:
    """What a call says about its request, checked."""

    __slots__ = ("headers", "most", "patience", "query", "redirects", "retries", "stream", "timeout")

    def __init__(self, headers: object, query: object, timeout: object, patience: object, most: object, redirects: object, retries: object, *, stream: object) -> None:
        self.headers = checked_headers(headers)
        self.query = {} if query is None else fields(query, "query")
        self.timeout = seconds(timeout, "timeout")
        self.patience = seconds(patience, "connectTimeout")
        self.most = None if most is None and stream else amount(most, "maxSize", MAX_TEXT)
        self.redirects = amount(redirects, "redirects", MAX_REDIRECTS)
        self.retries = amount(retries, "retries", MAX_RETRIES)
        if type(stream) is not bool:
            raise wrong_type(stream, "stream", "true or false")
        self.stream = stream


def with_query(url: urls.URL, query: dict[str, object]) -> urls.URL:
    """A URL with further fields in its query."""
    if not query:
        return url
    target = f"{url.target}{'&' if '?' in url.target else '?'}{encoded_fields(query)}"
    if len(target) > urls.MAX_URL:
        raise MLError(f"the url and `query` are longer than {urls.MAX_URL:,} characters", "ValueError", hint="send the data in the body of a `post`")
    return urls.URL(url.scheme, url.host, url.port, target)


def method_of(name: object) -> str:
    """A method in upper case."""
    method = text(name, "method").upper()
    if method not in METHODS:
        raise MLError(f"`method` must be one of {', '.join(METHODS)}", "ValueError")
    return method


def content(body: object, json: object, form: object) -> tuple[bytes, str] | None:
    """The bytes to send and their type, empty where only the program knows it."""
    if sum(one is not None for one in (body, json, form)) > 1:
        raise MLError("a request has one body: give one of `body`, `json` and `form`", "ValueError")
    if json is not None:
        from mlpy.stdlib.json import stringify  # noqa: PLC0415  not every program that makes requests sends JSON

        return stringify(json).encode(), "application/json"
    if form is not None:
        return encoded_fields(fields(form, "form")).encode(), "application/x-www-form-urlencoded"
    if body is None:
        return None
    if type(body) is str:
        return body.encode(), "text/plain; charset=utf-8"
    if type(body) is not list:
        raise wrong_type(body, "body", "a string or an array of bytes")
    if not INT.issuperset(map(type, body)):
        raise MLError("`body` must be a string, or hold whole numbers from 0 to 255", "TypeError")
    try:
        return bytes(body), "application/octet-stream"
    except ValueError:
        raise MLError("`body` must be a string, or hold whole numbers from 0 to 255", "ValueError") from None


def checked_headers(headers: object) -> dict[str, str]:
    """Headers by name in lower case. Their values never stand in an error: they may be secrets."""
    found: dict[str, str] = {}
    for name, value in fields({} if headers is None else headers, "headers").items():
        lower = name.lower()
        if len(name) > MAX_NAME:
            raise MLError(f"a name in `headers` has more than {MAX_NAME} characters", "ValueError")
        if not name or not TOKEN.issuperset(lower):
            raise MLError("a name in `headers` holds characters that no header has", "ValueError")
        if type(value) is not str:
            raise wrong_type(value, f"headers.{name}", "a string")
        if lower in RESERVED:
            raise MLError(f"`{lower}` is set by the request itself", "ValueError", hint="leave it out of `headers`")
        if len(value) > MAX_HEADER or not value.isascii() or not value.replace("\t", " ").isprintable():
            raise MLError(f"the header `{lower}` must hold at most {MAX_HEADER:,} printable ascii characters", "ValueError", hint="`http.encodeURI` makes ascii of any text")
        if found.setdefault(lower, value) is not value:
            raise MLError(f"`headers` holds `{lower}` twice", "ValueError")
    if len(found) > MAX_HEADERS:
        raise MLError(f"a request has at most {MAX_HEADERS} headers", "ValueError")
    return found


# ── the encoding of URLs ─────────────────────────────────────────────────────────────────────────────────────────


@ml_function(name="encodeURI")
def encode_uri(part: str, keep: str = "") -> str:
    """A part of a URL with everything percent-encoded but letters, digits and `-._~`, and the ascii characters to keep.

    Example: `http.encodeURI("a/b c")` → `"a%2Fb%20c"` Example: `http.encodeURI("/café", "/")` → `"/caf%C3%A9"`.
    """
    return urls.encode(bounded(part, "part"), urls.UNRESERVED | frozenset(text(keep, "keep")) - {"%"})


@ml_function(name="decodeURI")
def decode_uri(part: str) -> str:
    """The text that percent-encoding stands for; a ValueError for what is none. Example: `http.decodeURI("a%2Fb%20c")` → `"a/b c"`."""
    return urls.decode(bounded(part, "part"))


@ml_function
def encode_query(query: dict[str, object]) -> str:
    """An object as a query: an array gives its key once for each item, null none. Example: `http.encodeQuery({q: "a b", page: 2, tag: ["x", "y"]})` → `"q=a+b&page=2&tag=x&tag=y"`."""
    return encoded_fields(fields(query, "query"))


@ml_function
def parse_query(query: str) -> dict[str, object]:
    """The fields of a query, with or without its `?`: a string, or an array where a key stands more than once. Example: `http.parseQuery("?q=a+b&tag=x&tag=y")` → `{q: "a b", tag: ["x", "y"]}`."""
    found: dict[str, object] = {}
    if bounded(query, "query").count("&") >= MAX_FIELDS:
        raise MLError(f"`query` has more than {MAX_FIELDS:,} fields", "ValueError")
    for field in query.removeprefix("?").split("&"):
        if field:
            name, _, value = field.replace("+", " ").partition("=")
            key, item = urls.decode(name), urls.decode(value)
            known = found.get(key)
            if known is None:
                found[key] = item
            elif type(known) is list:
                known.append(item)
            else:
                found[key] = [known, item]
    return found


def encoded_fields(query: dict[str, object]) -> str:
    """The fields of a query or a form."""
    found = []
    size = 0
    for key, value in query.items():
        name = urls.encode(bounded(key, "a key of a query"), IN_FIELD).replace(" ", "+")
        for item in value if type(value) is list else [value]:
            if item is not None:
                found.append(f"{name}={urls.encode(field_text(item, key), IN_FIELD).replace(' ', '+')}")
                size += len(found[-1])
                if size > MAX_TEXT:
                    too_much_text()
    return "&".join(found)


def field_text(value: object, key: str) -> str:
    """A string, number or boolean as it stands in a query."""
    if type(value) is str:
        return bounded(value, key[:100])
    if type(value) in NUMBERS or type(value) is bool:
        return display(value)
    raise MLError(f"`{key[:100]}` in a query must be a string, a number, a boolean, or an array of them, not {a_type(value)}", "TypeError")


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def text(value: object, name: str) -> str:
    """The value, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def bounded(value: object, name: str) -> str:
    """The value, or an error unless it is a string that can be encoded in a moment."""
    if len(text(value, name)) > MAX_PART:
        raise MLError(f"`{name}` must have at most {MAX_PART:,} characters", "ValueError")
    return str(value)


def fields(value: object, name: str) -> dict[str, object]:
    """The value, or a TypeError unless it is an object."""
    if type(value) is not dict:
        raise wrong_type(value, name, "an object")
    for key in value:
        if type(key) is not str:
            raise wrong_type(key, f"a key of {name}", "a string")
    return value


def seconds(value: object, name: str) -> float:
    """A time from a hundredth of a second to an hour."""
    if type(value) not in NUMBERS:
        raise wrong_type(value, name, "a number of seconds")
    if not MIN_TIME <= value <= MAX_TIME:  # type: ignore[operator]  # a number, as was looked at
        raise MLError(f"`{name}` must be from {MIN_TIME:g} to {MAX_TIME:g} seconds", "ValueError")
    return float(value)  # type: ignore[arg-type]  # as above


def amount(value: object, name: str, most: int) -> int:
    """A whole number from 0 to the most."""
    if type(value) is not int:
        raise wrong_type(value, name, "a whole number")
    if not 0 <= value <= most:
        raise MLError(f"`{name}` must be from 0 to {most:,}", "ValueError")
    return value


interruptible(encode_uri, decode_uri, encode_query, parse_query, encoded_fields, field_text, fields, bounded, text, urls.encode, urls.decode)
