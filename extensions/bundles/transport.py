"""One request to a registry, over urllib3: addresses are rebuilt from what was read of them, redirects are followed by rule, and what goes wrong is a `BundleError`, in `Trouble` where it may pass.

Nothing is sent unencrypted but to this machine, or where the user has asked for it.
"""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR
from ssl import SSLCertVerificationError
from threading import Lock
from typing import TypeVar

import urllib3
from mlpy.extensions.bundles.failures import BundleError
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError, NewConnectionError, SSLError, TimeoutError  # noqa: A004  the library's name

from mlpy.addresses import is_version_4
from mlpy.config import VERSION
from mlpy.errors import MLError
from mlpy.network import CERTIFICATES
from mlpy.retries import Trouble
from mlpy.urls import URL, join, parse

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator, Mapping

    from urllib3 import BaseHTTPResponse, HTTPHeaderDict

    from mlpy.crew import Crew

T = TypeVar("T", bound=urllib3.PoolManager)

CONNECTS_IN = 10.0  # seconds that a connection may take
PATIENCE = 60.0  # seconds that a registry may be silent
AT_ONCE = 8  # connections that are kept
PIECE = 1 << 16  # bytes read or sent at once
LARGEST = 4 << 20  # bytes of an answer that is no content: what the specification asks registries to take as a manifest
REDIRECTS = frozenset((301, 302, 303, 307, 308))
MOST_REDIRECTS = 5
REAL_HUB = "registry-1.docker.io"  # where `docker.io` is


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read to its end; `url` is where it came from."""

    status: int
    headers: HTTPHeaderDict
    data: bytes
    url: URL


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by what it is called."""
    return host in ("localhost", "::1") or (is_version_4(host) and host.startswith("127."))


class Lines:
    """The connections that are open."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.open: list[HTTPConnection] = []

    def note(self, line: HTTPConnection) -> None:
        with self.lock:
            self.open = [one for one in self.open if one.sock is not None] + [line]

    def shut(self) -> None:
        """Ends what threads wait for on connections: nobody wants more."""
        with self.lock:
            socks = [line.sock for line in self.open]
        for sock in socks:
            if sock is not None:
                with suppress(OSError):  # it has ended meanwhile
                    sock.shutdown(SHUT_RDWR)


class Transport:
    """Connections to a registry, and to where it sends who asks."""

    def __init__(self, registry: str, crew: Crew, *, plain_http: bool = False) -> None:
        """Makes no connection yet; `plain_http` allows what is not encrypted, and asks the registry that way."""
        self.registry = registry
        self.crew = crew
        self.plain_http = plain_http
        self.local = is_loopback(parse(f"https://{registry}/").host)
        self.root = parse(f"{'http' if self.local or plain_http else 'https'}://{REAL_HUB if registry == 'docker.io' else registry}/v2/")
        self.lines = Lines()
        self.met = False  # whether anybody has answered
        self.pool = self.noted(urllib3.PoolManager(maxsize=AT_ONCE, timeout=waits()))
        self.proxies = {scheme: self.noted(pool) for scheme, pool in proxies(self.root).items()}

    def noted(self, pool: T) -> T:
        """A pool whose connections stand in `lines`, so that whoever waits for one can be woken."""
        pool.pool_classes_by_scheme = {
            "http": type("Plain", (urllib3.HTTPConnectionPool,), {"ConnectionCls": noting(HTTPConnection, self.lines)}),
            "https": type("Secure", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": noting(HTTPSConnection, self.lines)}),
        }
        return pool

    def join(self, base: URL, reference: str) -> URL:
        """Where a registry leads with a `Location` or a `Link`; raises BundleError (`bad_answer`)."""
        try:
            found = join(base, reference)
        except MLError:
            raise bad_answer(self.registry, "leads to an address that is none") from None
        self.require_secure(found)
        return found

    def require_secure(self, url: URL) -> None:
        """Raises BundleError (`insecure`) for an address where anybody on the way could read and change what is sent."""
        if url.scheme == "http" and not self.plain_http and not (self.local and is_loopback(url.host)):
            raise BundleError("insecure", f"the registry `{self.registry}` leads to an address that is not encrypted")

    def send(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None = None) -> Answer:
        """One request, and its answer as a whole.

        Raises:
            BundleError: what will not pass; and `Trouble` for what may.
        """
        with self.exchange(method, url, headers, body) as (response, came_from):
            return self.whole(response, came_from)

    def whole(self, response: BaseHTTPResponse, url: URL) -> Answer:
        """An answer, read to its end; raises BundleError (`bad_answer`) for a long one."""
        data = response.read(LARGEST + 1, decode_content=False)
        if len(data) > LARGEST:
            response.close()
            raise bad_answer(self.registry, "is too long")
        response.release_conn()
        self.crew.progress.received(len(data))
        return Answer(response.status, response.headers, data, url)

    @contextmanager
    def exchange(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None = None) -> Iterator[tuple[BaseHTTPResponse, URL]]:
        """One request, and its answer to be read; what goes wrong meanwhile is told alike."""
        sent = {"User-Agent": f"mlpy/{VERSION}", "Accept-Encoding": "identity", **headers}
        try:
            with self.crew.woken_by(self.lines.shut):
                response, url = self.found(method, url, sent, body)
                with closing(response):
                    yield response, url
        except (HTTPError, OSError) as error:
            self.crew.check()
            raise self.failure(error) from None

    def found(self, method: str, url: URL, sent: dict[str, str], body: bytes | Iterable[bytes] | None) -> tuple[BaseHTTPResponse, URL]:
        """The answer to a request, behind redirects, and where it came from."""
        for _ in range(MOST_REDIRECTS + 1):
            self.crew.check()
            response = self.pool_for(url).urlopen(method, str(url), body=body, headers=sent, redirect=False, retries=False, preload_content=False, assert_same_host=False)
            self.met = True
            if response.status not in REDIRECTS or method not in ("GET", "HEAD"):
                return response, url
            response.close()
            following = self.join(url, response.headers.get("Location", ""))
            if following.origin != url.origin:
                sent.pop("Authorization", None)
            url = following
        raise bad_answer(self.registry, "leads in a circle")

    def pool_for(self, url: URL) -> urllib3.PoolManager:
        """The connections by which an address is reached."""
        return self.proxies.get(url.scheme, self.pool) if not is_loopback(url.host) else self.pool

    def distrust(self, cause: object) -> BundleError:
        """What to tell where no secure connection comes about."""
        if isinstance(cause, SSLCertVerificationError):
            message = f"the certificate of the registry `{self.registry}` {CERTIFICATES.get(cause.verify_code, 'does not verify')}"
            return BundleError("insecure", message, hint="ask whoever runs the registry; `SSL_CERT_FILE` names a file of authorities to trust")
        return BundleError("insecure", f"the registry `{self.registry}` does not encrypt what goes there", hint="`--plain-http` asks it nevertheless, where anybody on the way can read and change it")

    def failure(self, error: Exception) -> Exception:
        """What to tell of an error of the connection."""
        if isinstance(error, SSLError):
            return self.distrust(error.args[0] if error.args else None)
        if isinstance(error, LocationParseError):
            return bad_answer(self.registry, "leads to an address that is none")
        if isinstance(error, NameResolutionError):
            return self.unmet(BundleError("network_error", f"the name of the registry `{self.registry}` is not known"))
        if isinstance(error, NewConnectionError):
            return self.unmet(BundleError("network_error", f"the registry `{self.registry}` cannot be reached"))
        if isinstance(error, TimeoutError):
            return Trouble(BundleError("network_error", f"the registry `{self.registry}` was silent for too long"))
        return Trouble(BundleError("network_error", f"the connection to the registry `{self.registry}` broke off"))

    def unmet(self, failure: BundleError) -> Exception:
        """What nobody answered: it may pass where somebody has before, else the address is wrong, and waiting helps nobody."""
        return Trouble(failure) if self.met else failure


def waits() -> urllib3.Timeout:
    return urllib3.Timeout(connect=CONNECTS_IN, read=PATIENCE)


def noting(kind: type[HTTPConnection], lines: Lines) -> type[HTTPConnection]:
    """A kind of connection that stands in `lines` as soon as it is made."""

    def connect(self: HTTPConnection) -> None:
        kind.connect(self)
        lines.note(self)

    return type(kind.__name__, (kind,), {"connect": connect})


def bad_answer(registry: str, what: str) -> BundleError:
    return BundleError("bad_answer", f"what `{registry}` answers {what}", hint="is it the address of a registry?")


def proxies(url: URL) -> dict[str, urllib3.PoolManager]:
    """The proxies that the environment names (`https_proxy`, `no_proxy`), by the scheme that goes over them."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  takes longer to load than a command without a network

    if proxy_bypass(url.host):
        return {}
    named = {scheme: address for scheme, address in getproxies().items() if scheme in ("http", "https")}
    try:
        return {scheme: urllib3.ProxyManager(address if "://" in address else f"http://{address}", maxsize=AT_ONCE, timeout=waits()) for scheme, address in named.items()}
    except (HTTPError, ValueError):
        raise BundleError("network_error", "the environment names a proxy whose address is none", retryable=False, hint="see `https_proxy` and `http_proxy`") from None
