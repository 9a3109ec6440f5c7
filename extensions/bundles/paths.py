"""Paths inside a bundle: relative, with `/`, and such that they mean the same file on every machine, and never one outside of the folder that they are put into.

A bundle is written from these paths and read back by them, so both sides ask here: what a project would push (`manifest.py`) and what a registry sends (`pulling.py`).
"""

from __future__ import annotations

from unicodedata import category, normalize

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator

LONGEST = 4096  # bytes of a path, and
LONGEST_PART = 255  # of a name in it: the limits of Linux, which macOS shares or lies above
DEEPEST = 100  # folders
RESERVED = ".modelops-bundle"  # the folder where a project keeps what it knows; nobody's bundle writes there
MANIFEST = "manifest.json"


def unsafe(path: str) -> str | None:
    """Why a path cannot stand in a bundle, in words that follow its name; None where it can."""
    parts = path.split("/")
    if not path:
        return "is empty"
    if path.startswith("/") or (len(path) > 1 and path[0].isalpha() and path[1] == ":"):
        return "is absolute"
    if ".." in parts:
        return "leads out of the bundle"
    if "" in parts or "." in parts:
        return "is not in its shortest form"
    if "\\" in path:
        return "has a backslash, which is a separator elsewhere"
    if any(category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in path):
        return "has characters that cannot be shown, or are no text"
    if len(path.encode()) > LONGEST or len(parts) > DEEPEST or any(len(part.encode()) > LONGEST_PART for part in parts):
        return "is too long"
    if same_name(parts[0]) == RESERVED or any(same_name(part) == ".git" for part in parts):
        return "lies where only mlpy or git may write"
    return None


def same_name(path: str) -> str:
    """What is equal for paths that are one file on a file system which takes one case for the other, as those of macOS do."""
    return normalize("NFC", normalize("NFC", path).casefold())


def collisions(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of paths that cannot both be written: one file under two spellings, or one of them a folder of the other."""
    seen: dict[str, str] = {}
    folders: dict[str, tuple[str, str]] = {}
    for path in sorted(paths):
        name = same_name(path)
        if name in seen:
            yield seen[name], path
        seen[name] = path
        for end in [at for at, char in enumerate(path) if char == "/"]:
            spelled, first = folders.setdefault(same_name(path[:end]), (path[:end], path))
            if spelled != path[:end]:
                yield first, path
                break
    yield from ((seen[name], first) for name, (_, first) in sorted(folders.items()) if name in seen)
