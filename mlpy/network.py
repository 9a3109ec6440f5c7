"""Connections for programs (U2): a name is resolved once, each address is checked, a checked one connected to, TLS verifies the name.

In go the parts of a URL, the use that its call was allowed and a deadline; out comes a socket whose every step keeps the
deadline and ends with the run: a run that is ended shuts the connection down, which wakes whoever waits for it. Whatever
fails is an `IOError` whose `kind` says how. Nothing here looks at the environment for proxies.
"""

from __future__ import annotations

import errno
import select
import socket
import ssl
from _thread import allocate_lock, start_new_thread
from time import monotonic

from mlpy.addresses import is_address, is_loopback, is_public, plain
from mlpy.capabilities import Capability
from mlpy.errors import CapabilityDenied, MLError
from mlpy.urls import bracketed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run
    from mlpy.urls import URL

KIND = "net.connect"
STAGGER = 0.25  # seconds until a second address is tried beside the first (RFC 8305)
SLICE = 0.05  # seconds between two looks at the run while a connection is made
MAX_ADDRESSES = 16
MAX_LOOKUPS = 64  # threads that wait for the system's resolver, which nothing can interrupt
FOREVER = float("inf")

UNREACHABLE = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENETDOWN, errno.EHOSTDOWN))
PENDING = frozenset((0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EISCONN))
# What OpenSSL calls the ways in which a certificate fails (x509_vfy.h).
CERTIFICATES = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself alone",
    19: "is signed by nobody that this machine trusts",
    20: "is signed by nobody that this machine trusts",
    21: "is signed by nobody that this machine trusts",
    23: "was revoked",
    62: "is made out to another name",
    64: "is made out to another address",
}


def failure(kind: str, message: str, hint: str | None = None) -> MLError:
    """The error of a connection; `kind` is what programs tell them apart by."""
    return MLError(message, "IOError", hint=hint, fields={"kind": kind})


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name by the system's resolver; raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Bell:
    """What a run rings when it is ended, and a thread when it has an answer; it may be rung more than once."""

    __slots__ = ("lock",)

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.lock.acquire()

    def locked(self) -> bool:
        """Whether it can be rung, as the run asks each of those who wait."""
        return True

    def release(self) -> None:
        """Rings it."""
        try:
            self.lock.release()
        except RuntimeError:  # it has been rung
            pass


class Lookup:
    """One question to the resolver, asked on a thread of its own, as nothing ends it early (F14)."""

    __slots__ = ("answer", "bell", "error", "host", "port")

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.bell = Bell()
        self.answer: list[str] | None = None
        self.error: OSError | None = None

    def work(self) -> None:
        try:
            self.answer = resolve(self.host, self.port)
        except OSError as error:
            self.error = error
        except UnicodeError:  # a name that is none for the resolver
            pass
        finally:
            lookups.remove(self)
            self.bell.release()

    def wait(self, run: Run, seconds: float) -> None:
        """Until there is an answer, the time is over, or the run is."""
        run.waiters.append(self.bell)
        try:
            if not run.dead:
                self.bell.lock.acquire(True, max(0.0, seconds))
        finally:
            run.waiters.remove(self.bell)
        run.poll()


lookups: list[Lookup] = []


def lookup(host: str, port: int, run: Run, deadline: float) -> list[str]:
    """The addresses of a host, each in its one spelling and once; those with a zone of this machine are left out."""
    if is_address(host):
        return [host]
    if len(lookups) >= MAX_LOOKUPS:
        raise failure("dns", f"`{host}` cannot be looked up: {MAX_LOOKUPS} names are waiting for an answer already", "try again later")
    question = Lookup(host, port)
    lookups.append(question)
    try:
        start_new_thread(question.work, ())
    except RuntimeError:
        lookups.remove(question)
        raise failure("dns", f"`{host}` cannot be looked up: no thread is left", "try again later") from None
    question.wait(run, deadline - monotonic())
    if question.answer is None and question.error is None and monotonic() >= deadline:
        raise failure("timeout", f"`{host}` was not found in time", "give more time with `connectTimeout`")
    found = [address for address in map(plain, question.answer or ()) if address is not None]
    if not found:
        raise failure("dns", f"no address is known for `{host}`", "check how the host is spelt")
    return list(dict.fromkeys(found))[:MAX_ADDRESSES]


# ── which addresses may be connected to ──────────────────────────────────────────────────────────────────────────


def admitted(url: URL, addresses: list[str], use: Use) -> list[str]:
    """Those of a host's addresses that the authority of a call covers; raises CapabilityDenied if none is.

    The name was granted. A public address needs no more, unless it is denied; any other needs a grant of its own, so that
    nobody who answers for a name can lead a program into the network that it runs in. `localhost` is this machine by
    definition (RFC 6761): who grants it by name means it.
    """
    if is_address(url.host):
        return addresses
    wanted = {address: Capability(KIND, f"{bracketed(address)}:{url.port}") for address in addresses}
    here = url.host == "localhost" or url.host.endswith(".localhost")
    at_home = here and use.grants.names(Capability(KIND, url.address))
    found = []
    for address, capability in wanted.items():
        if any(grant.covers(capability) for grant in use.grants.denied):
            continue
        if is_public(address) or (at_home and is_loopback(address)):
            found.append(address)
        elif use.grants.allows(capability):
            use.extend(capability)
            found.append(address)
    return found or [granted(url, *next(iter(wanted.items())), use)]


def granted(url: URL, address: str, capability: Capability, use: Use) -> str:
    """An address that is granted after all, by a person who is asked; raises CapabilityDenied that says how the program came to it."""
    try:
        use.extend(capability)
    except CapabilityDenied as refusal:
        refusal.note = f"`{url.host}` leads to the address {address}" + ("" if is_public(address) else ", which is not public and needs its own grant")
        raise
    return address


def permits(url: URL, address: str, use: Use) -> bool:
    """Whether a connection to an address of a host, made for an earlier call, may serve this one."""
    try:
        return admitted(url, [address], use) == [address]
    except CapabilityDenied:
        return False


# ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────


class Leash:
    """Holds a connection while a step of it may block; a run that ends shuts the connection down, and the step ends."""

    __slots__ = ("_held", "_lock")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._held: socket.socket | None = None

    def locked(self) -> bool:
        """Whether it can be pulled, as the run asks each of those who wait."""
        return True

    def release(self) -> None:
        """Pulls it, from any thread."""
        with self._lock:  # a connection that is let go may be closed, and its number belong to another
            if self._held is not None:
                try:
                    socket.socket.shutdown(self._held, socket.SHUT_RDWR)
                except OSError:  # the other side was quicker
                    pass

    def hold(self, connection: socket.socket | None) -> None:
        """Takes hold of a connection, or lets it go."""
        with self._lock:
            self._held = connection


class Bound(socket.socket):
    """What a plain and a secure connection share: steps that keep a deadline and end with the run."""

    address: str
    run: Run
    name: str
    leash: Leash
    deadline: float
    patience: float
    allowance: int | None
    setting: str

    def bind_to(self, run: Run, address: str, name: str, deadline: float) -> None:
        """Makes it a connection of a run to an address; `name` is what errors call it."""
        self.run, self.address, self.name, self.deadline = run, address, name, deadline
        self.leash = Leash()
        self.patience = FOREVER
        self.allowance = None
        self.setting = "connectTimeout"

    def __del__(self) -> None:
        """Closes what a program left open, however many readers there were, and nobody is warned."""
        super(socket.socket, self).close()

    def step(self, operation: Callable[..., int], *args: object) -> int:
        """One call that may block, of at most the time that is left."""
        run = self.run
        left = min(self.patience, self.deadline - monotonic())
        if left <= 0:
            raise self.late()
        self.settimeout(None if left == FOREVER else left)
        self.leash.hold(self)
        run.waiters.append(self.leash)
        try:
            run.poll()
            return operation(*args)
        except TimeoutError:
            raise self.late() from None
        except ssl.SSLCertVerificationError as error:
            raise untrusted(self.name, error.verify_code) from error
        except ssl.SSLError as error:
            raise failure("tls", f"no secure connection to `{self.name}`") from error
        except OSError as error:
            raise failure("closed", f"`{self.name}` closed the connection") from error
        finally:
            run.waiters.remove(self.leash)
            self.leash.hold(None)
            run.poll()

    def late(self) -> MLError:
        """The error of a step that took too long."""
        return failure("timeout", f"`{self.name}` did not answer in time", f"give more time with `{self.setting}`")

    def took(self, size: int) -> int:
        """Counts bytes that came in against what is allowed at this point."""
        if self.allowance is not None:
            self.allowance -= size
            if self.allowance < 0:
                raise failure("tooLarge", f"the head of the answer of `{self.name}` is too large")
        return size


class Line(Bound):
    """A plain connection."""

    def recv_into(self, *args: object) -> int:
        return self.took(self.step(super().recv_into, *args))

    def sendall(self, *args: object) -> None:
        self.step(super().sendall, *args)  # type: ignore[arg-type]  # its result is not looked at


class SecureLine(ssl.SSLSocket, Bound):
    """A connection by TLS. `recv_into` and `sendall` of its base come down to these steps."""

    def read(self, *args: object) -> int:  # type: ignore[override]  # handed on as it comes
        return self.took(self.step(super().read, *args))  # type: ignore[arg-type]  # a number, as a buffer is always given

    def send(self, *args: object) -> int:
        return self.step(super().send, *args)

    def do_handshake(self, block: bool = False) -> None:
        self.step(super().do_handshake, block)  # type: ignore[arg-type]  # its result is not looked at


def untrusted(name: str, code: int) -> MLError:
    """The error of a certificate that does not verify."""
    return failure(
        "tls", f"the certificate of `{name}` {CERTIFICATES.get(code, 'does not verify')}", "ask whoever runs the server; `SSL_CERT_FILE` names a file of authorities to trust"
    )


def begin(address: str, port: int) -> Line:
    """A connection on its way; raises OSError."""
    line = Line(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = line.connect_ex((address, port))
    except BaseException:
        line.close()
        raise
    if code not in PENDING:
        line.close()
        raise OSError(code, "")
    return line


class Dialling:
    """Tries the addresses of a host one after the other, the next one a moment later beside the last, and takes the first that answers."""

    __slots__ = ("begun", "code", "poller", "port", "waiting")

    def __init__(self, addresses: list[str], port: int) -> None:
        self.waiting = addresses[::-1]
        self.port = port
        self.poller = select.poll()
        self.begun: dict[int, tuple[Line, str]] = {}
        self.code = 0

    def start(self) -> None:
        """Begins with the next address."""
        address = self.waiting.pop()
        try:
            line = begin(address, self.port)
        except OSError as error:
            self.code = error.errno or errno.EHOSTUNREACH
            return
        self.begun[line.fileno()] = line, address
        self.poller.register(line, select.POLLOUT)

    def answered(self, seconds: float) -> tuple[Line, str] | None:
        """The first connection that is made within a time, and its address."""
        for number, _ in self.poller.poll(max(0.0, seconds) * 1000):
            self.poller.unregister(number)
            found = self.begun.pop(number)
            self.code = found[0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not self.code:
                return found
            found[0].close()
        return None

    def close(self) -> None:
        """Drops what is still on its way."""
        for line, _ in self.begun.values():
            line.close()

    def finish(self, run: Run, name: str, deadline: float) -> tuple[Line, str]:
        """The connection; raises MLError where there is none in time."""
        started = -FOREVER
        while True:
            run.poll()
            now = monotonic()
            if self.waiting and (not self.begun or now >= started + STAGGER):
                started = now
                self.start()
            if not self.begun and not self.waiting:
                raise unreachable(name, self.code)
            if now >= deadline:
                raise failure("timeout", f"`{name}` did not answer in time", "give more time with `connectTimeout`")
            found = self.answered(min(SLICE, deadline - now))
            if found is not None:
                return found


def dial(addresses: list[str], port: int, run: Run, name: str, deadline: float) -> Line:
    """A connection to the first of the addresses that answers."""
    dialling = Dialling(addresses, port)
    try:
        line, address = dialling.finish(run, name, deadline)
    finally:
        dialling.close()
    line.bind_to(run, address, name, deadline)
    return line


def unreachable(name: str, code: int) -> MLError:
    """The error of a host that cannot be connected to."""
    if code == errno.ECONNREFUSED:
        return failure("refused", f"`{name}` refused the connection", "check that a server listens there")
    if code == errno.ETIMEDOUT:
        return failure("timeout", f"`{name}` did not answer in time", "check that the host is up")
    return failure("unreachable", f"`{name}` cannot be reached", "check that the network is up" if code in UNREACHABLE else None)


contexts: list[ssl.SSLContext] = []


def trust() -> ssl.SSLContext:
    """What certificates are verified by: the platform's authorities, and what `SSL_CERT_FILE` names. Made once."""
    if not contexts:
        context = ssl.create_default_context()
        context.sslsocket_class = SecureLine
        context.set_alpn_protocols(["http/1.1"])
        contexts.append(context)
    return contexts[0]


def secure(line: Line, host: str) -> SecureLine:
    """The connection by TLS, after the certificate was found to be the host's."""
    try:
        secured = trust().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    except OSError as error:
        line.close()
        raise failure("closed", f"`{line.name}` closed the connection") from error
    assert isinstance(secured, SecureLine)
    secured.bind_to(line.run, line.address, line.name, line.deadline)
    try:
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured


def connect(url: URL, use: Use, run: Run, deadline: float) -> Bound:
    """A connection to where a URL leads, for a call that was allowed `use`; raises CapabilityDenied, or MLError with a `kind`."""
    addresses = admitted(url, lookup(url.host, url.port, run, deadline), use)
    line = dial(addresses, url.port, run, url.address, deadline)
    return secure(line, url.host) if url.scheme == "https" else line
