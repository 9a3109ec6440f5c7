"""A real `mlpy models serve` for tests: `Served(cache, state, …)` starts it, `client()` is OpenAI's own, `figure(name)` reads its metrics, `stop()` sends a signal and gives what it said."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlpy import config

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60  # seconds until something that takes moments is taken for never


class Served:
    """A server on a port of its own. Its standard output is the record of `--json`, its log `log()`."""

    def __init__(self, cache: Path, state: Path, *arguments: str, key: str | None = None) -> None:
        self.key = key
        self.log_path = state / "log"
        state.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ, "HF_HUB_CACHE": str(cache), "MLPY_STATE_DIR": str(state), "PYTHONPATH": str(Path(config.__file__).parent.parent), "OMP_NUM_THREADS": "2",
        }  # fmt: skip
        environment.pop("MLPY_MODELS_API_KEY", None)
        command = [sys.executable, "-m", "mlpy", "models", "serve", "--json", "--port", "0", *(["--api-key", key] if key else []), *arguments]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
        until(lambda: "serving on" in self.log() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        self.url = self.log().partition("serving on ")[2].split()[0]
        self.host, _, port = self.url.removeprefix("http://").rpartition(":")
        self.port = int(port)

    def client(self, **options):
        import openai

        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=self.key or "none", max_retries=0, timeout=PATIENCE, **options)

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """The status, the body and the headers of the answer to a request as it is; `_` in names stands for `-`."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        shown = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        kind = {"Content-Type": "application/json"} if body is not None else {}
        try:
            connection.request(method, path, body, {**shown, **kind, **{name.replace("_", "-"): value for name, value in headers.items()}})
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def figures(self) -> dict[str, float]:
        """The figures of `/metrics` at one moment."""
        pairs = (line.rpartition(" ")[::2] for line in self.ask("GET", "/metrics")[1].decode().splitlines() if not line.startswith("#"))
        return {name.removeprefix("mlpy_models_"): float(value) for name, value in pairs}

    def figure(self, name: str) -> float:
        return self.figures()[name]

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, dict[str, object]]:
        """The exit code and the record of a server that got a signal."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, json.loads(out)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def until(holds, patience: float = PATIENCE) -> None:
    """Waits until something holds."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.05)
