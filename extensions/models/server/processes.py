"""Which servers run on this machine: each keeps a record in the user's state folder, and a lock that nobody else can have while it lives."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mlpy.config import state_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = os.sysconf("SC_PAGE_SIZE")


class Running:
    """The record of this process, from its beginning to `close`."""

    def __init__(self, host: str, port: int) -> None:
        """Writes it for a server that listens there."""
        self.folder = folder()
        self.name = str(os.getpid())
        self.data: dict[str, object] = {
            "pid": os.getpid(), "address": address(host, port), "models": [], "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }  # fmt: skip
        self.lock: int | None = None
        with suppress(OSError):  # a home that cannot be written keeps nobody from serving
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock = os.open(self.folder / f"{self.name}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.write()

    def tell(self, models: Sequence[str]) -> None:
        """Says which models are in memory."""
        self.data["models"] = list(models)
        self.write()

    def write(self) -> None:
        draft = self.folder / f"{self.name}.new"
        with suppress(OSError):
            draft.write_text(json.dumps(self.data), encoding="utf-8")
            draft.replace(self.folder / f"{self.name}.json")

    def close(self) -> None:
        """Takes the record away."""
        forget(self.folder, self.name)
        if self.lock is not None:
            os.close(self.lock)


def running() -> list[dict[str, object]]:
    """The servers that run, the oldest first: `pid`, `address`, `models` in memory, `since` and `memory_bytes`. What ended without a word is cleaned up."""
    found = [record for record in map(read, names()) if record is not None]
    return sorted(found, key=lambda record: (str(record["since"]), str(record["pid"])))


def names() -> Iterator[str]:
    """The processes that have a lock here."""
    try:
        yield from sorted(path.stem for path in folder().glob("*.lock") if path.stem.isdecimal())
    except OSError:
        return


def read(name: str) -> dict[str, object] | None:
    """The record of a process; None where it has ended, or does not say all yet."""
    place = folder()
    try:
        lock = os.open(place / f"{name}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it lives
        return whole(place / f"{name}.json")
    else:
        forget(place, name)
        return None
    finally:
        os.close(lock)


def whole(path: Path) -> dict[str, object] | None:
    """A record with all that belongs to it."""
    try:
        record = json.loads(path.read_bytes())
        return {**record, "memory_bytes": memory(record["pid"])}
    except (OSError, ValueError, TypeError, KeyError):
        return None


def memory(process: int) -> int | None:
    """The bytes of memory that a process has; None where nobody tells."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except OSError:
        pass
    try:
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=False, timeout=5)  # noqa: S603, S607  a number of ours; where it lies differs
        return int(told.stdout) * 1024
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def forget(place: Path, name: str) -> None:
    """Removes what a process has left."""
    for suffix in ("json", "new", "lock"):
        with suppress(OSError):
            (place / f"{name}.{suffix}").unlink()


def folder() -> Path:
    """Where the records are."""
    return Path(state_root()) / "servers"


def address(host: str, port: int) -> str:
    """Where a server can be asked."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
