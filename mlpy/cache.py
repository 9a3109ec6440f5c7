"""Compiled code on disk, in a folder that only its user can write.

An entry is named after its key (the digest of everything that decided its content) and carries that key and a MAC under a
secret of the user. It is read without following links, from a file and a folder that belong to the user, and verified
before it is unmarshalled; whatever does not verify counts as absent. Nothing here ever raises for the state of the disk.
"""

from __future__ import annotations

import marshal
import os
import sys
from _blake2 import blake2b
from _frozen_importlib_external import MAGIC_NUMBER  # importlib.util costs 4 ms
from _operator import _compare_digest as same_digest
from stat import S_ISDIR, S_ISREG
from time import time

from mlpy.config import VERSION, cache_root, caching

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

HEADER = b"mlpy\x01"
DIGEST = 32
SECRET_FILE = "key"  # noqa: S105  the name of the file
SUFFIX = ".code"
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 4096
PRUNE_EVERY = 64
DAY = 86_400
COMPILER = ("", "analysis", "lower", "runtime", "syntax", "../stdlib")
READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def cache_dir() -> str | None:
    """The cache's folder, made if need be; None where there is none that only this user can write."""
    if not caching() or os.name != "posix":
        return None
    folder = cache_root()
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        state = os.stat(folder)
    except OSError:
        return None
    return folder if S_ISDIR(state.st_mode) and is_ours(state) else None


def key(source: bytes, *options: str | bytes) -> bytes:
    """The digest of a source and of all else that decides what it compiles to.

    `options` are what the caller compiles under (mode, flags, the digests of resolved imports); the compiler's own files,
    the version of mlpy and that of Python are added here.
    """
    digest = blake2b(_environment(), digest_size=DIGEST)
    for part in (source, *options):
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()


def load(key: bytes) -> object | None:
    """What was stored under a key, or None."""
    folder = cache_dir()
    secret = folder and _secret(folder, make=False)
    if not folder or not secret:
        return None
    data = read_owned(os.path.join(folder, key.hex() + SUFFIX), touch=True)
    start = len(HEADER) + DIGEST * 2
    if data is None or len(data) < start or not data.startswith(HEADER + key):
        return None
    content = memoryview(data)[start:]
    if not same_digest(data[start - DIGEST : start], _mac(secret, key, content)):
        return None
    try:
        value: object = marshal.loads(content)  # noqa: S302  its MAC says that this user's mlpy wrote it
    except (EOFError, TypeError, ValueError):
        return None
    return value


def store(key: bytes, value: object) -> bool:
    """Keeps a value that `marshal` can write under a key; False where that was not possible."""
    folder = cache_dir()
    secret = folder and _secret(folder, make=True)
    if not folder or not secret:
        return False
    try:
        content = marshal.dumps(value)  # type: ignore[arg-type]  # what cannot be written is a ValueError
    except ValueError:
        return False
    kept = write_whole(folder, key.hex() + SUFFIX, HEADER + key + _mac(secret, key, content) + content)
    if kept and key[0] % PRUNE_EVERY == 0:
        prune(folder)
    return kept


def prune(folder: str, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
    """Drops the entries that were unused for longest until the rest fits, and what a killed writer left."""
    try:
        entries = sorted(_entries(folder), reverse=True)
    except OSError:
        return
    total = 0
    for count, (_, size, path) in enumerate(entries, 1):
        total += size
        if total > max_bytes or count > max_entries:
            _remove(path)


def _entries(folder: str) -> Iterator[tuple[float, int, str]]:
    """(time of last use, size, path) of each entry; an abandoned temporary file is older than everything."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.endswith(SUFFIX):
                state = entry.stat(follow_symlinks=False)
                yield state.st_mtime, state.st_size, entry.path
            elif entry.name.endswith(".new") and entry.stat(follow_symlinks=False).st_mtime < time() - DAY:
                yield 0.0, MAX_BYTES, entry.path


def is_ours(state: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user, and nobody else can write it."""
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022


def read_owned(path: str, *, touch: bool = False, private: bool = False) -> bytes | None:
    """The content of a regular file that only this user can write (and, if `private`, read)."""
    try:
        file = os.open(path, READ)
    except OSError:
        return None
    try:
        state = os.fstat(file)
        if not S_ISREG(state.st_mode) or not is_ours(state) or (private and state.st_mode & 0o077):
            return None
        if touch and state.st_mtime < time() - DAY:
            os.utime(file)
        data = os.read(file, state.st_size)
        return data if len(data) == state.st_size else None
    except OSError:
        return None
    finally:
        os.close(file)


def write_whole(folder: str, name: str, data: bytes, *, replace: bool = True) -> bool:
    """Writes a file of a folder as a whole or not at all, for this user alone; an existing one stays unless `replace`."""
    path = os.path.join(folder, name)
    temporary = f"{path}.{os.getpid():x}{os.urandom(4).hex()}.new"
    try:
        with open(os.open(temporary, CREATE, 0o600), "wb") as stream:
            stream.write(data)
        if replace:
            os.rename(temporary, path)
        else:
            os.link(temporary, path)
            os.unlink(temporary)
    except OSError:
        _remove(temporary)
        return False
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _secret(folder: str, *, make: bool) -> bytes | None:
    """The user's secret; `make` writes one where there is none."""
    path = os.path.join(folder, SECRET_FILE)
    for attempt in range(3 if make else 1):
        secret = read_owned(path, private=True)
        if secret is not None and len(secret) == DIGEST:
            return secret
        if attempt == 1:  # what stands there is no secret, nor one that another process has just written
            _remove(path)
        if make:
            write_whole(folder, SECRET_FILE, os.urandom(DIGEST), replace=False)
    return None


def _mac(secret: bytes, key: bytes, content: bytes | memoryview) -> bytes:
    mac = blake2b(key, key=secret, digest_size=DIGEST)
    mac.update(content)
    return mac.digest()


def _environment() -> bytes:
    """What the meaning of an entry depends on beside its source: mlpy and this Python.

    A checkout changes all the time: there the sizes and times of all the compiler's files count, else those of this one.
    """
    if not _known:
        state: list[object] = [VERSION, sys.version, MAGIC_NUMBER, sys.flags.optimize, _identity(__file__)]
        package = os.path.dirname(__file__)
        if os.path.exists(os.path.join(os.path.dirname(package), "pyproject.toml")):
            state += [_identity(path) for name in COMPILER for path in _files(os.path.join(package, name))]
        _known.append(repr(state).encode("utf-8", "surrogatepass"))
    return _known[0]


def _files(folder: str) -> list[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith((".py", ".lark")))


def _identity(path: str) -> tuple[str, int, int]:
    state = os.stat(path)
    return path, state.st_size, state.st_mtime_ns


_known: list[bytes] = []
