"""URLs, read once and rebuilt from what was read (U1): what follows goes by the parts, never by the text that was given.

`parse` takes http and https only, and refuses whatever two readers could read in two ways: user info, backslashes, spaces and
control characters, hosts beyond ASCII, and addresses written other than as four plain numbers or in brackets. Messages never
quote a URL, which may hold a secret.
"""

from __future__ import annotations

from mlpy.addresses import is_number, is_version_4, plain
from mlpy.errors import MLError

MAX_URL = 8192
PORTS = {"http": 80, "https": 443}
HEX = frozenset("0123456789abcdefABCDEF")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
DIGITS = frozenset("0123456789")
LABEL = LETTERS | DIGITS | frozenset("-_")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
IN_PATH = UNRESERVED | frozenset("!$&'()*+,;=:@/%")
IN_QUERY = IN_PATH | frozenset("?[]")
SINGLE_DOT = frozenset((".", "%2e"))
DOUBLE_DOT = frozenset(("..", ".%2e", "%2e.", "%2e%2e"))


class URL:
    """A URL in its parts: `host` in lower case, an address of version 6 without its brackets; `target` is path and query."""

    __slots__ = ("host", "port", "scheme", "target")

    def __init__(self, scheme: str, host: str, port: int, target: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target

    @property
    def address(self) -> str:
        """`host:port`, as a capability names it."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def authority(self) -> str:
        """The host, with the port where the scheme implies another one."""
        return bracketed(self.host) if self.port == PORTS[self.scheme] else self.address

    @property
    def origin(self) -> tuple[str, str, int]:
        """What has to be equal for credentials to be sent along."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def wrong(message: str, hint: str | None = None) -> MLError:
    """The error of a text that is no URL."""
    return MLError(message, "ValueError", hint=hint)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def parse(text: str) -> URL:
    """The parts of a URL; raises MLError (`ValueError`). A fragment is dropped: no server sees it."""
    check_characters(text)
    scheme, colon, rest = text.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in PORTS:
        raise wrong("the url must begin with `http://` or `https://`")
    rest = rest.partition("#")[0]
    end = min([at for at in (rest.find("/"), rest.find("?")) if at >= 0], default=len(rest))
    host, port = read_authority(rest[:end], scheme)
    return URL(scheme, host, port, read_target(rest[end:]))


def check_characters(text: str) -> None:
    """Raises for characters that are read in different ways by different programs."""
    if len(text) > MAX_URL:
        raise wrong(f"the url is longer than {MAX_URL:,} characters", "send the data in the body of a `post`")
    for character in text:
        if character in " \\" or not character.isprintable():
            what = {" ": "a space", "\\": "a backslash"}.get(character, "a character that cannot be seen")
            raise wrong(f"the url holds {what}", "make a part of a url with `http.encodeURI`")


def read_authority(text: str, scheme: str) -> tuple[str, int]:
    """Host and port of what stands between `://` and the path."""
    if "@" in text:
        raise wrong("the url holds user info before its host", "send it in a header: `headers: {authorization: …}`")
    if text.startswith("["):
        inside, closing, after = text[1:].partition("]")
        if not closing or (after and after[0] != ":"):
            raise wrong("the url has an open bracket", "write it like `http://[2001:db8::1]:8080/`")
        address = plain(inside) if ":" in inside else None
        if address is None:
            raise wrong("the url has brackets round no address", "write it like `http://[2001:db8::1]:8080/`")
        return address, read_port(after[1:], scheme)
    host, _, port = text.partition(":")
    return read_host(host), read_port(port, scheme)


def read_port(text: str, scheme: str) -> int:
    """The number of a port, that of the scheme where there is none."""
    if not text:
        return PORTS[scheme]
    if not DIGITS.issuperset(text) or len(text) > 5 or not 0 < int(text) < 65536:
        raise wrong("the port of the url is not a number from 1 to 65535")
    return int(text)


def read_host(text: str) -> str:
    """A host's name, or an address as four numbers, in lower case and without a dot at its end."""
    if not text.isascii():
        raise wrong("the host of the url has characters beyond ascii", "write it in its `xn--` form, which cannot be mistaken for another")
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if not host or len(host) > 253 or not all(0 < len(label) < 64 and LABEL.issuperset(label) for label in labels):
        raise wrong("the url has no valid host", "write it like `https://example.com/path`")
    if is_number(labels[-1]) and not is_version_4(host):
        raise wrong("the host of the url is a number, but not an address", "write an address as four plain numbers, like `192.0.2.1`")
    return host


def read_target(text: str) -> str:
    """Path and query with `.` and `..` resolved, percent signs checked, and everything encoded that has to be."""
    path, mark, query = text.partition("?")
    return escaped(without_dots(path), IN_PATH) + mark + escaped(query, IN_QUERY)


def without_dots(path: str) -> str:
    """A path from the root, without the segments `.` and `..`, encoded or not."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        plain = segment.lower()
        if plain in DOUBLE_DOT:
            del kept[-1:]
        elif plain not in SINGLE_DOT:
            kept.append(segment)
    if segments and segments[-1].lower() in SINGLE_DOT | DOUBLE_DOT:
        kept.append("")
    return "/" + "/".join(kept)


def escaped(text: str, allowed: frozenset[str]) -> str:
    """A part of a URL with everything else percent-encoded; what is encoded already stays."""
    if "%" in text:
        for piece in text.split("%")[1:]:
            if len(piece) < 2 or not HEX.issuperset(piece[:2]):
                raise wrong("the url holds a `%` that encodes nothing", "a `%` of its own is written `%25`")
    return text if allowed.issuperset(text) else encode(text, allowed)


def join(base: URL, reference: str) -> URL:
    """Where a reference leads from a URL, as in the `location` of a redirect; raises MLError (`ValueError`)."""
    check_characters(reference)
    head = reference.partition("#")[0]
    scheme = head.partition(":")[0]
    if ":" in head and scheme.isalnum() and "/" not in scheme and "?" not in scheme:
        return parse(head)
    if head.startswith("//"):
        return parse(f"{base.scheme}:{head}")
    path, mark, query = base.target.partition("?")
    if head.startswith("/"):
        target = head
    elif head.startswith("?"):
        target = path + head
    elif head:
        target = path.rpartition("/")[0] + "/" + head
    else:
        target = path + mark + query
    return URL(base.scheme, base.host, base.port, read_target(target))


def address(text: str) -> str:
    """The `host:port` that a URL leads to, as the capability to connect there names it; raises MLError (`ValueError`)."""
    return parse(text).address


# ── percent-encoding ─────────────────────────────────────────────────────────────────────────────────────────────


def encode(text: str, allowed: frozenset[str] = UNRESERVED) -> str:
    """A text with each byte of its UTF-8 as `%XX`, but for the characters that are allowed."""
    table = {byte: chr(byte) if chr(byte) in allowed else f"%{byte:02X}" for byte in range(128)}
    return "".join([table[ord(character)] if character < "\x80" else "".join([f"%{byte:02X}" for byte in character.encode()]) for character in text])


def decode(text: str) -> str:
    """The text that percent-encoding stands for; raises MLError (`ValueError`) for anything else."""
    first, *pieces = text.split("%")
    found = [first.encode()]
    for piece in pieces:
        if len(piece) < 2 or not HEX.issuperset(piece[:2]):
            raise wrong("the text holds a `%` that encodes nothing", "a `%` of its own is written `%25`")
        found += (bytes.fromhex(piece[:2]), piece[2:].encode())
    try:
        return b"".join(found).decode()
    except UnicodeDecodeError:
        raise wrong("what the text encodes is not valid utf-8") from None
