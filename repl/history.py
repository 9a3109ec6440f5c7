"""What was typed in earlier sessions, in a file of the user alone: a JSON text a line, oldest first.

`MLPY_HISTORY` names another file, or switches it off (`0`). Several sessions may write at once. A file that cannot be read or written is
no history, never an error. What begins with a blank is not kept.
"""

from __future__ import annotations

import json
import os

from mlpy import config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = 10_000  # entries that a trimmed file has
TRIMMED = 4_000_000  # bytes from which on a file is trimmed
LONGEST = 100_000  # characters of an entry that is kept
NAME = "history.jsonl"


class History:
    """The entries of a file, and those that are added."""

    __slots__ = ("entries", "loaded", "path")

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.entries: list[str] = []
        self.loaded = False

    def load(self) -> list[str]:
        """All entries, oldest first; the file is read when they are first asked for."""
        if not self.loaded:
            self.loaded = True
            self.entries[:0] = read(self.path) if self.path is not None else []
        return self.entries

    def add(self, text: str) -> None:
        """Takes in an entry and appends it to the file, unless it begins with a blank or repeats the last one."""
        text = text.rstrip()
        if not text or text[0].isspace() or len(text) > LONGEST or (self.entries and self.entries[-1] == text):
            return
        self.entries.append(text)
        if self.path is not None:
            append(self.path, text)

    def search(self, text: str) -> Iterator[str]:
        """The entries that hold a text, each once, newest first."""
        return iter(dict.fromkeys(entry for entry in reversed(self.load()) if text.lower() in entry.lower()))


def place() -> str | None:
    """The file of the history, None where there is to be none."""
    named = os.environ.get("MLPY_HISTORY", "")
    if named in config.OFF:
        return None
    return os.path.abspath(os.path.expanduser(named)) if named else os.path.join(config.state_root(), NAME)


def read(path: str) -> list[str]:
    """The entries of a file; lines that are none are left out, and a file that has grown too long loses its oldest."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError:
        return []
    found = [entry for line in data.split(b"\n") if (entry := entry_of(line)) is not None][-KEPT:]
    if len(data) > TRIMMED:
        trim(path, found)
    return found


def entry_of(line: bytes) -> str | None:
    try:
        found = json.loads(line)
    except (RecursionError, ValueError):  # half a line, of a session that was killed; UnicodeDecodeError is one
        return None
    return found if isinstance(found, str) else None


def append(path: str, text: str) -> None:
    """Adds a line in one step, so that sessions do not mix theirs."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, json.dumps(text, ensure_ascii=True).encode("ascii") + b"\n")
        finally:
            os.close(file)
    except OSError:
        return


def trim(path: str, entries: list[str]) -> None:
    """Writes the file anew with these entries."""
    fresh = f"{path}.{os.getpid()}"
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(b"".join(json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n" for entry in entries))
        os.replace(fresh, path)
    except OSError:
        return
