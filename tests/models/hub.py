"""A hub on the loopback address: what `huggingface_hub` asks for, faults on demand, and a count of the bytes that each file cost.

Large files are redirected to a second origin, as the real hub does to its content network.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

LARGE = 100_000  # bytes from which on a file is stored as LFS does; so is any `.safetensors`
PIECE = 16_384  # bytes of one write


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Stored:
    """One file of a revision."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.large = len(content) >= LARGE or path.endswith(".safetensors")
        self.sha256 = hashlib.sha256(content).hexdigest()
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(content)}\n".encode()
        self.oid = git_oid(pointer if self.large else content)
        self.etag = self.sha256 if self.large else self.oid

    @property
    def entry(self) -> dict[str, object]:
        """As `/tree` lists it."""
        lfs = {"lfs": {"oid": self.sha256, "size": len(self.content), "pointerSize": 134}} if self.large else {}
        return {"type": "file", "oid": self.oid, "size": len(self.content), "path": self.path, **lfs}


@dataclass
class Repository:
    name: str
    gated: bool = False
    private: bool = False
    revisions: dict[str, list[Stored]] = field(default_factory=dict)  # commit → files
    names: dict[str, str] = field(default_factory=dict)  # branch or tag → commit
    extra: list[dict[str, object]] = field(default_factory=list)  # entries of the listing that no file stands behind

    def commit(self, revision: str) -> str | None:
        if revision in self.names:
            return self.names[revision]
        return next((one for one in self.revisions if len(revision) >= 7 and one.startswith(revision)), None)


@dataclass
class Fault:
    """What happens to the next `times` requests whose path ends in `path`.

    `status`: this answer instead, with `headers`. `after`: this many bytes of the body are sent, then the connection ends, with a reset if `reset`;
    with `hold` nothing more is sent until it is set. `corrupt`: the body's bytes are others. `ignore_range`: the whole file comes.
    A large file's faults happen where its bytes are, unless `origin` is `hub`.
    """

    path: str
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: int | None = None
    reset: bool = False
    hold: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    corrupt: bool = False
    ignore_range: bool = False
    body: bytes | None = None
    method: str = "GET"
    origin: str | None = None


@dataclass(frozen=True)
class Asked:
    """One request that came in; `origin` is `hub` or `files`."""

    method: str
    path: str
    headers: dict[str, str]
    origin: str


class Hub:
    """`hub.url` goes into HF_ENDPOINT; `hub.add(…)` makes a revision; `hub.sent[path]` counts the bytes of bodies."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.tokens = {"hf_good"}
        self.sent: Counter[str] = Counter()
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.page = 1000  # entries of one page of a listing
        self.lock = threading.Lock()
        self.front = self.listen("hub")
        self.files = self.listen("files")
        self.url = f"http://127.0.0.1:{self.front.server_port}"
        self.files_url = f"http://127.0.0.1:{self.files.server_port}"

    def listen(self, origin: str) -> ThreadingHTTPServer:
        made = Server(("127.0.0.1", 0), type("Answering", (Answer,), {"hub": self, "origin": origin}))
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return made

    def close(self) -> None:
        for fault in self.faults:
            if fault.hold is not None:
                fault.hold.set()
        for one in (self.front, self.files):
            one.shutdown()
            one.server_close()

    def add(self, name: str, files: dict[str, bytes], *, revision: str = "main", gated: bool = False, private: bool = False) -> str:
        """A new commit that holds these files, which the branch then names; gives its hash."""
        made = self.repositories.setdefault(name, Repository(name))
        made.gated, made.private = gated, private
        stored = [Stored(path, content) for path, content in sorted(files.items())]
        commit = hashlib.sha1("".join([name, str(len(made.revisions)), *(one.path + one.oid for one in stored)]).encode()).hexdigest()
        made.revisions[commit] = stored
        made.names[revision] = commit
        return commit

    def fail(self, path: str, **what) -> Fault:
        """A fault for requests whose path ends in `path`: see `Fault`."""
        fault = Fault(path, **what)
        with self.lock:
            self.faults.append(fault)
        return fault

    def hold(self, path: str, after: int) -> Fault:
        """The next body of `path` stops after so many bytes until `hold` of the fault is set; `reached` tells when."""
        return self.fail(path, after=after, hold=threading.Event())

    def fault(self, method: str, path: str, *, redirected: bool) -> Fault | None:
        """The first fault that this request meets, used up once."""
        with self.lock:
            for one in self.faults:
                if one.times > 0 and one.method == method and path.endswith(one.path) and (not redirected or one.origin == "hub"):
                    one.times -= 1
                    return one
        return None

    def requests(self, path: str, method: str = "GET") -> list[Asked]:
        """The requests so far whose path ends in `path`."""
        with self.lock:
            return [one for one in self.asked if one.method == method and one.path.endswith(path)]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address) -> None:
        """A client that is gone is what many of the tests are about."""


class Answer(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    hub: Hub
    origin: str

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as its base class calls it
        """Nothing is written: `hub.asked` has it."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        with self.hub.lock:
            self.hub.asked.append(Asked(self.command, path, {name.lower(): value for name, value in self.headers.items()}, self.origin))
        redirected = self.origin == "hub" and "/resolve/" in path and self.large(path)
        fault = self.hub.fault(self.command, path, redirected=redirected)
        if fault is not None and fault.status is not None:
            self.reply(fault.status, fault.body or b"", fault.headers)
        elif self.origin == "files":
            self.content(path.removeprefix("/files"), fault)
        elif (found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+)|/tree/([^/]+))?", path)) is not None:
            self.listing(*found.groups(), query=parse_qs(parts.query))
        elif "/resolve/" in path:
            self.content(path, fault)
        else:
            self.refuse(404, "", "not found")

    def large(self, path: str) -> bool:
        found = self.find(path)
        return isinstance(found, tuple) and found[1].large

    # ── who may see what ──

    def allowed(self, repository: Repository | None) -> bool:
        """Whether the request may go on; else it has been answered."""
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer and bearer not in self.hub.tokens:
            self.refuse(401, "", "Invalid credentials in Authorization header")
        elif repository is None or (repository.private and not bearer):
            self.refuse(404 if bearer else 401, "RepoNotFound", "Repository not found")
        elif repository.gated and not bearer:
            self.refuse(401, "GatedRepo", f"Access to model {repository.name} is restricted")
        else:
            return True
        return False

    def refuse(self, status: int, code: str, message: str) -> None:
        self.reply(status, json.dumps({"error": message}).encode(), {"X-Error-Code": code, "X-Error-Message": message} if code else {"X-Error-Message": message})

    # ── what there is ──

    def listing(self, name: str, revision: str | None, tree: str | None, *, query: dict[str, list[str]]) -> None:
        repository = self.hub.repositories.get(name)
        # Who may not read a gated repository still may look at its page and at the names of its files.
        if not (repository is not None and repository.gated) and not self.allowed(repository):
            return
        assert repository is not None
        commit = repository.commit(tree or revision or "main")
        if commit is None:
            self.refuse(404, "RevisionNotFound", "Invalid rev id")
        elif tree is None:
            siblings = [{"rfilename": one.path} for one in repository.revisions[commit]]
            about = {
                "_id": "0",
                "id": name,
                "modelId": name,
                "sha": commit,
                "private": repository.private,
                "gated": "auto" if repository.gated else False,
                "tags": [],
                "downloads": 0,
            }
            self.json({**about, "siblings": siblings})
        else:
            entries: list[dict[str, object]] = [one.entry for one in repository.revisions[commit]] + repository.extra
            start = int(query.get("cursor", ["0"])[0])
            rest = start + self.hub.page
            more = {"Link": f'<{self.hub.url}/api/models/{name}/tree/{tree}?recursive=True&cursor={rest}>; rel="next"'} if rest < len(entries) else {}
            self.json(entries[start:rest], more)

    def json(self, value: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.reply(200, body, {"Content-Type": "application/json", **(headers or {})})

    # ── what is in it ──

    def find(self, path: str) -> tuple[str, Stored] | Repository | None:
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        repository = self.hub.repositories.get(found[1]) if found else None
        commit = repository.commit(found[2]) if found and repository else None
        stored = next((one for one in repository.revisions[commit] if one.path == found[3]), None) if found and repository and commit else None
        return (commit, stored) if commit and stored else repository

    def content(self, path: str, fault: Fault | None) -> None:
        found = self.find(path)
        name = "/".join(path.split("/")[1:3])
        if self.origin == "hub" and not self.allowed(self.hub.repositories.get(name)):
            return
        if not isinstance(found, tuple):
            self.refuse(404, "EntryNotFound" if found else "RepoNotFound", "Entry not found")
            return
        commit, stored = found
        headers = {"X-Repo-Commit": commit, "ETag": f'"{stored.etag}"', "Accept-Ranges": "bytes"}
        if stored.large:
            headers |= {"X-Linked-Size": str(len(stored.content)), "X-Linked-Etag": f'"{stored.sha256}"'}
            if self.origin == "hub":
                self.reply(302, b"", {**headers, "Location": f"{self.hub.files_url}/files{quote(path)}?signature=x"})
                return
        self.send(stored, headers, fault)

    def send(self, stored: Stored, headers: dict[str, str], fault: Fault | None) -> None:
        """The file or the range of it that is asked for."""
        body, status = stored.content, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is not None and not (fault and fault.ignore_range):
            first, last = int(asked[1]), min(int(asked[2] or len(body) - 1), len(body) - 1)
            if first > last:
                self.reply(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            headers, status = {**headers, "Content-Range": f"bytes {first}-{last}/{len(body)}"}, 206
            body = body[first : last + 1]
        if fault is not None and fault.corrupt:
            body = bytes(one ^ 0x55 for one in body)
        self.reply(status, body, headers, stored.path, fault)

    def reply(self, status: int, body: bytes, headers: dict[str, str], path: str = "", fault: Fault | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        stop = len(body) if fault is None or fault.after is None else min(fault.after, len(body))
        self.pour(body[:stop], path)
        if fault is None or fault.after is None:
            return
        fault.reached.set()
        if fault.hold is not None:
            fault.hold.wait(60)
            with contextlib.suppress(OSError):  # who waited may be gone
                self.pour(body[stop:], path)
            return
        self.close_connection = True
        if fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def pour(self, body: bytes, path: str) -> None:
        for start in range(0, len(body), PIECE):
            piece = body[start : start + PIECE]
            self.wfile.write(piece)
            if path:  # and no listing or refusal
                with self.hub.lock:
                    self.hub.sent[path] += len(piece)
