"""Servers on the loopback address that answer with exactly the bytes, and in exactly the time, that a test says."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

# Made with openssl for these tests alone and good until 2120: `ca.pem` is an authority whose key is gone, the others are certificates
# with their keys, named after what they are made out to (`localhost`, `other.example`) or what is wrong with them.
TLS = Path(__file__).parent / "data" / "tls"


class Received:
    """One request as it came in."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = first.split(" ")
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
        self.body = body

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2, f"{name} was sent twice"
        return found[0] if found else None


def reply(body: bytes | str = b"", status: str = "200 OK", version: str = "HTTP/1.1", **headers: str) -> bytes:
    """The bytes of an answer; `content_length=None` leaves that header out."""
    data = body.encode() if isinstance(body, str) else body
    given = {"content-length": str(len(data)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{version} {status}", *(f"{name}: {value}" for name, value in given.items() if value is not None), "", ""]
    return "\r\n".join(lines).encode("latin-1") + data


def chunked(*pieces: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


class Loopback:
    """A server. `answer(request)` gives bytes, or pieces of them with the seconds to wait in between; None ends the connection."""

    def __init__(self, answer, *, tls: str | None = None, host: str = "127.0.0.1", versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None) -> None:
        self.answer = answer
        self.requests: list[Received] = []
        self.connections = 0
        self.closed = threading.Event()
        self.context = None
        if tls is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(TLS / f"{tls}.pem")
            if versions is not None:
                self.context.minimum_version, self.context.maximum_version = versions
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        self.threads = [threading.Thread(target=self.listen, daemon=True)]
        self.threads[0].start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    def grant(self, host: str = "127.0.0.1") -> str:
        return f"net.connect:{host}:{self.port}"

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.context is not None:
                    connection = self.context.wrap_socket(connection, server_side=True)
                    self.open.append(connection)
                with connection:
                    while self.exchange(connection):
                        pass
            except OSError:
                pass

    def exchange(self, connection: socket.socket) -> bool:
        """One request and its answer; whether the connection stays open."""
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(65536)
            if not more:
                return False
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        request = Received(head, b"")
        while len(body) < int(request.header("content-length") or 0):
            body += connection.recv(65536)
        request.body = body
        self.requests.append(request)
        found = self.answer(request)
        for piece in [found] if isinstance(found, bytes) or found is None else found:
            if piece is None:
                return False
            if isinstance(piece, bytes):
                connection.sendall(piece)
            elif self.closed.wait(piece):
                return False
        return True

    def close(self) -> None:
        self.closed.set()
        for one in (self.listener, *self.open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        for thread in self.threads:
            thread.join(5)
