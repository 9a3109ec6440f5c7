"""A package index on the loopback address, which serves tiny wheels and counts what it is asked for."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import threading
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def wheel(name: str, version: str, requires: tuple[str, ...], files: dict[str, str]) -> bytes:
    """A wheel with some modules, which is the same whenever it is made."""
    info = f"{name}-{version}.dist-info"
    content = dict(files)
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {one}\n" for one in requires)
    content[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    digest = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode() for path, text in content.items()}
    content[f"{info}/RECORD"] = "".join(f"{path},sha256={digest[path]},{len(text)}\n" for path, text in content.items()) + f"{info}/RECORD,,\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return made.getvalue()


class Index:
    """`url` is what `UV_DEFAULT_INDEX` names; `asked` are all requests; `add` puts a package there; while `hold` is cleared, files wait for it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.hold = threading.Event()
        self.hold.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def add(self, name: str, version: str = "1.0", requires: tuple[str, ...] = (), code: str | None = None) -> None:
        """A package with one module, whose `VERSION` is its version unless `code` says otherwise."""
        self.files[f"{name}-{version}-py3-none-any.whl"] = wheel(name, version, requires, {f"{name}.py": code or f"VERSION = {version!r}\n"})

    def add_source(self, name: str, version: str, archive: bytes) -> None:
        """A package that comes as source code only."""
        self.files[f"{name}-{version}.tar.gz"] = archive

    def downloads(self) -> list[str]:
        """The files that were downloaded, each as often as that happened."""
        return [path.rpartition("/")[2] for path in self.asked if path.startswith("GET /files/")]

    def page(self, name: str) -> bytes | None:
        """The page of a package, as PEP 503 has it."""
        found = [file for file in self.files if re.split(r"-\d", file)[0].replace("_", "-") == name]
        links = "".join(f'<a href="/files/{file}#sha256={hashlib.sha256(self.files[file]).hexdigest()}">{file}</a>' for file in found)
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode() if found else None

    def handler(self):
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                index.asked.append(f"{self.command} {self.path}")
                name = self.path.strip("/").partition("/")[2].partition("/")[0]
                if self.path.startswith("/files/"):
                    index.hold.wait(30)
                body = index.files.get(name) if self.path.startswith("/files/") else index.page(name)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", "text/html" if self.path.startswith("/simple") else "application/octet-stream")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                with suppress(ConnectionError):  # uv has seen enough
                    self.wfile.write(body or b"" if self.command == "GET" else b"")

            def do_HEAD(self):
                self.do_GET()

            def log_message(self, *arguments):
                pass

        return Handler

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
