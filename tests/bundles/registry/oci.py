"""Registries on the loopback address: Debian's docker-registry as a process, a proxy before it that counts and tampers, and a small registry of our own that asks who comes and fails on demand."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60.0  # seconds until what does not come counts as missing
PIECE = 1 << 14
PROGRAM = shutil.which("docker-registry")
CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/store}}}}
http: {{addr: 127.0.0.1:0, secret: secret}}
"""


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def until(holds) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.01)


class DockerRegistry:
    """The registry of Debian, with a store of its own, on a port that the system has chosen."""

    def __init__(self, folder: Path) -> None:
        config = folder / "config.yml"
        config.write_text(CONFIG.format(folder=folder))
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", str(config)], stdout=log, stderr=log, env={"OTEL_TRACES_EXPORTER": "none"})
        until(lambda: self.process.poll() is not None or self.port_in_log())
        assert self.process.poll() is None, self.log.read_text()
        self.address = f"127.0.0.1:{self.port_in_log()}"

    def port_in_log(self) -> str | None:
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log.read_text())
        return found.group(1) if found else None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Asked:
    """A request that came in: what it carried, how many bytes of its body came, and whether it was answered."""

    method: str
    path: str
    headers: dict[str, str]
    size: int = 0
    answered: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and path the pattern finds, after `skip` of them.

    `status`: this answer instead, with `headers`. `take`: only so many bytes of the body are read, then the connection ends; with `hold` it stays as it is until that is set.
    `give`: only so many bytes of the answer's body are sent, alike. `change`: what becomes of the answer's body.
    """

    pattern: str
    times: int = 1
    skip: int = 0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    take: int | None = None
    give: int | None = None
    hold: threading.Event | None = None
    change: object = None
    reached: threading.Event = field(default_factory=threading.Event)


class Served:
    """A server on a port of its own that remembers what it was asked, and what is to go wrong."""

    def __init__(self, handler, certificate: Path | None = None) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.guard = threading.Lock()
        owner = self

        class Bound(handler):
            served = owner

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.server.daemon_threads = True
        self.address = f"{'localhost' if certificate else '127.0.0.1'}:{self.server.server_address[1]}"
        self.url = f"http{'s' if certificate else ''}://{self.address}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def fail(self, pattern: str, **options) -> Fault:
        self.faults.append(Fault(pattern, **options))
        return self.faults[-1]

    def fault(self, line: str) -> Fault | None:
        with self.guard:
            for fault in self.faults:
                if fault.times and re.search(fault.pattern, line):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    def lines(self, pattern: str = "") -> list[str]:
        """What was asked, as `METHOD path`."""
        return [str(one) for one in self.asked if re.search(pattern, str(one))]

    def writes(self) -> list[str]:
        return [line for line in self.lines() if line.split(" ")[0] in ("POST", "PUT", "PATCH", "DELETE")]

    def close(self) -> None:
        for fault in self.faults:
            if fault.hold:
                fault.hold.set()
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    """What both servers share: bodies, answers, faults."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    served: Served

    def log_message(self, *_) -> None:
        pass

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def perform(self) -> None:
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        self.fault = self.served.fault(str(asked)) or Fault("")
        with self.served.guard:
            self.served.asked.append(asked)
        body = self.body(asked)
        if body is None:
            self.cut()
        elif self.fault.status:
            self.answer(self.fault.status, b"", self.fault.headers)
        else:
            self.respond(asked, body)
        asked.answered = body is not None

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = perform  # noqa: N815  as http.server wants it

    def respond(self, asked: Asked, body: bytes) -> None:
        raise NotImplementedError

    def body(self, asked: Asked) -> bytes | None:
        """The body of a request, None where it is cut."""
        length = int(self.headers.get("Content-Length") or 0)
        wanted = length if self.fault.take is None else min(self.fault.take, length)
        data = bytearray()
        while len(data) < wanted and (piece := self.rfile.read(min(PIECE, wanted - len(data)))):
            data += piece
        asked.size = len(data)
        if self.fault.take is None:
            return bytes(data)
        self.partial(asked, bytes(data))
        self.wait()
        return None

    def partial(self, asked: Asked, body: bytes) -> None:
        """What becomes of a body that was cut."""

    def wait(self) -> None:
        self.fault.reached.set()
        if self.fault.hold:
            self.fault.hold.wait(PATIENCE)

    def cut(self) -> None:
        """Ends the connection with a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def answer(self, status: int, data: bytes = b"", headers: dict[str, str] | None = None) -> None:
        if callable(self.fault.change):
            data = self.fault.change(data)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault.give is None:
            self.wfile.write(data)
            return
        self.wfile.write(data[: self.fault.give])
        self.wait()
        self.close_connection = True  # in order, so that what was sent arrives


class Forward(Handler):
    """Hands everything on to another server."""

    def respond(self, asked: Asked, body: bytes) -> None:
        inner = HTTPConnection(self.served.upstream, timeout=PATIENCE)
        inner.request(self.command, self.path, body or None, {name: value for name, value in self.headers.items() if name.lower() != "connection"})
        found = inner.getresponse()
        data = found.read()
        inner.close()
        kept = {name: value for name, value in found.getheaders() if name.lower() not in ("connection", "transfer-encoding", "date", "content-length")}
        self.answer(found.status, data, kept | ({"Content-Length": found.headers["Content-Length"]} if self.command == "HEAD" else {}))


    def partial(self, asked: Asked, body: bytes) -> None:
        """The registry gets as much, and the connection to it ends, too."""
        if body:
            host, _, port = self.served.upstream.partition(":")
            with socket.create_connection((host, int(port))) as line:
                head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
                line.sendall(f"{self.command} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
                line.shutdown(socket.SHUT_WR)
                while line.recv(PIECE):  # until it has noticed
                    pass


class Proxy(Served):
    """What stands between mlpy and a registry."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        super().__init__(Forward)


class Small(Served):
    """A registry in memory, of the OCI distribution specification 1.1, and its service of tokens.

    `logins` are who may come in, by Basic (`auth = "basic"`) or for tokens (`auth = "bearer"`); tokens live for `lives` requests. `page` is how many tags it gives at once.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.auth = ""
        self.logins: dict[str, str] = {}
        self.refresh = ""
        self.lives = 1_000_000
        self.page = 1000
        self.minimum = ""
        self.tokens: dict[str, list] = {}
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, dict[str, bytes]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.numbers = itertools.count()
        self.elsewhere: Served | None = None
        super().__init__(Protocol, certificate)

    def add(self, name: str, manifest: dict, *contents: bytes, tag: str = "latest") -> str:
        """Puts an artifact there as it is."""
        self.blobs |= {digest_of(data): data for data in contents}
        data = json.dumps(manifest).encode()
        self.manifests.setdefault(name, {}).update({tag: data, digest_of(data): data})
        return digest_of(data)


class Protocol(Handler):
    """The endpoints of the distribution specification."""

    served: Small

    def respond(self, asked: Asked, body: bytes) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/token":
            self.token(query, body)
        elif not self.permitted():
            self.challenge(url.path)
        elif found := re.fullmatch(r"/v2/(.+)/(blobs/uploads|blobs|manifests|tags)/(.*)", url.path):
            name, kind, rest = found.groups()
            getattr(self, kind.replace("blobs/uploads", "upload"))(name, rest, query, body)
        else:
            self.refuse(404, "UNSUPPORTED")

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, json.dumps({"errors": [{"code": code, "message": "the words of the registry"}]}).encode())

    # ── who asks ──

    def login(self) -> str | None:
        scheme, _, packed = (self.headers.get("Authorization") or "").partition(" ")
        if scheme != "Basic":
            return None
        user, _, password = base64.b64decode(packed).decode().partition(":")
        return user if self.served.logins.get(user) == password else None

    def permitted(self) -> bool:
        if self.served.auth == "bearer":
            state = self.served.tokens.get((self.headers.get("Authorization") or "").removeprefix("Bearer "))
            write = self.command not in ("GET", "HEAD")
            if state is None or not state[0] or (write and "push" not in state[1]):
                return False
            state[0] -= 1
        return self.served.auth != "basic" or self.login() is not None

    def challenge(self, path: str) -> None:
        name = "/".join(path.split("/")[2:-2])
        given = f'Bearer realm="{self.served.url}/token",service="small, \\"quoted\\"",scope="repository:{name}:pull"' if self.served.auth == "bearer" else 'Basic realm="small"'
        self.answer(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}', {"WWW-Authenticate": given})

    def token(self, query: dict[str, str], body: bytes) -> None:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()} or query
        known = form.get("refresh_token") == self.served.refresh if self.command == "POST" else self.login() is not None or not self.served.logins
        if not known or form.get("service") != 'small, "quoted"':
            self.answer(401)
            return
        made = f"token-{next(self.served.numbers)}"
        self.served.tokens[made] = [self.served.lives, parse_qs(urlsplit(self.path).query).get("scope", [form.get("scope", "")])[0]]
        self.answer(200, json.dumps({"access_token": made}).encode())

    # ── contents ──

    def blobs(self, name: str, digest: str, query: dict[str, str], body: bytes) -> None:
        data = self.served.blobs.get(digest)
        if data is None:
            self.refuse(404, "BLOB_UNKNOWN")
        elif self.served.elsewhere and self.command == "GET":
            self.answer(307, b"", {"Location": f"{self.served.elsewhere.url}/v2/{name}/blobs/{digest}"})
        elif found := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or ""):
            first, last = map(int, found.groups())
            self.answer(206, data[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(data)}"})
        else:
            self.answer(200, data)

    def upload(self, name: str, place: str, query: dict[str, str], body: bytes) -> None:
        if self.command == "POST":
            place = f"upload-{next(self.served.numbers)}"
            if query.get("mount") in self.served.blobs:
                self.answer(201)
                return
            self.served.uploads[place] = bytearray()
        held = self.served.uploads.get(place)
        first = (self.headers.get("Content-Range") or "").partition("-")[0]
        if held is None:
            self.refuse(404, "BLOB_UPLOAD_UNKNOWN")
        elif self.command == "PATCH" and first != str(len(held)):
            self.refuse(416, "RANGE_INVALID")
        elif self.command == "PUT" and digest_of(bytes(held) + body) != query["digest"]:
            self.refuse(400, "DIGEST_INVALID")
        elif self.command == "PUT":
            self.served.blobs[query["digest"]] = bytes(held) + body
            del self.served.uploads[place]
            self.answer(201)
        else:
            held += body
            least = {"OCI-Chunk-Min-Length": self.served.minimum} if self.served.minimum else {}
            self.answer(204 if self.command == "GET" else 202, b"", {"Location": f"/v2/{name}/blobs/uploads/{place}?state=a%2Fb", "Range": f"0-{max(len(held) - 1, 0)}"} | least)

    def partial(self, asked: Asked, body: bytes) -> None:
        """As a registry does that keeps what has come."""
        held = self.served.uploads.get(urlsplit(self.path).path.rpartition("/")[2])
        if held is not None:
            held += body

    # ── manifests ──

    def manifests(self, name: str, version: str, query: dict[str, str], body: bytes) -> None:
        held = self.served.manifests.setdefault(name, {})
        if self.command == "PUT":
            held |= {version: body, digest_of(body): body}
            self.answer(201, b"", {"Docker-Content-Digest": digest_of(body)})
        elif version in held:
            self.answer(200, held[version], {"Content-Type": "application/vnd.oci.image.manifest.v1+json", "Docker-Content-Digest": digest_of(held[version])})
        else:
            self.refuse(404, "MANIFEST_UNKNOWN")

    def tags(self, name: str, _: str, query: dict[str, str], body: bytes) -> None:
        if name not in self.served.manifests:
            self.refuse(404, "NAME_UNKNOWN")
            return
        every = sorted(tag for tag in self.served.manifests[name] if ":" not in tag and tag > query.get("last", ""))
        shown = every[: self.served.page]
        link = {"Link": f'</v2/{name}/tags/list?n=2&last={shown[-1]}>; rel="next"'} if len(shown) < len(every) else {}
        self.answer(200, json.dumps({"name": name, "tags": shown}).encode(), link)
