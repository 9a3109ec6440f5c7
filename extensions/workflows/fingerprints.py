"""What decides whether a step has to run: digests of the files that its globs name, and of all that it is made of. A glob is relative to the folder in which the step runs."""

from __future__ import annotations

import hashlib
import json
import os
from glob import iglob
from stat import S_ISDIR, S_ISREG

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.distributions import settled

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Sequence
    from io import BufferedReader
    from typing import Protocol

    class Memory(Protocol):
        """Digests of files by states that no two contents share."""

        def digest(self, state: str) -> str | None: ...
        def keep(self, state: str, digest: str) -> None: ...


MOST_FILES = 100_000
LARGE = 1 << 20  # bytes from which on it pays to remember a digest


def digests(patterns: Sequence[str], folder: str, *, without: Sequence[str] = (), memory: Memory | None = None) -> dict[str, str]:
    """SHA-256 of each regular file that a pattern names, by its path in the folder; a folder that is named means all files in it. What the patterns `without` name is left out.

    A large file that a `memory` knows is not read again.

    Raises:
        WorkflowError: `too_large` for more than 100,000 files, `not_readable` for one that cannot be read.
    """
    found: dict[str, str] = {}
    excluded = {name for pattern in without for name in matches(pattern, folder)} if patterns else set()
    for pattern in patterns:
        for name in matches(pattern, folder):
            if name not in found and name not in excluded:
                found[name] = digest_of(os.path.join(folder, name), name, memory)
            if len(found) > MOST_FILES:
                raise WorkflowError("too_large", f"`{pattern}` names more than {MOST_FILES:,} files", hint="name the files that count more closely")
    return dict(sorted(found.items()))


def matches(pattern: str, folder: str) -> Iterator[str]:
    """The regular files that a pattern names."""
    for name in iglob(pattern, root_dir=folder, recursive=True):
        path = os.path.join(folder, name)
        try:
            mode = os.stat(path).st_mode
        except OSError:  # a link to nothing, or gone meanwhile
            continue
        if S_ISREG(mode):
            yield os.path.normpath(name)
        elif S_ISDIR(mode) and "**" not in pattern:
            yield from below(path, folder)


def below(path: str, folder: str) -> Iterator[str]:
    """All regular files in a folder."""
    for place, _, names in os.walk(path):
        for name in names:
            full = os.path.join(place, name)
            if os.path.isfile(full):
                yield os.path.relpath(full, folder)


def digest_of(path: str, name: str, memory: Memory | None = None) -> str:
    """The digest of a file's content."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            if memory is None or status.st_size < LARGE:
                return content_of(stream)
            state = f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
            known = memory.digest(state)
            if known is None:
                known = content_of(stream)
                if settled(status.st_ctime_ns) and os.fstat(stream.fileno()).st_ctime_ns == status.st_ctime_ns:  # else another content may have the same times
                    memory.keep(state, known)
            return known
    except OSError:
        raise WorkflowError("not_readable", f"`{name}` cannot be read", hint="see that you may read it, or take it out of `@inputs` and `@outputs`") from None


def content_of(stream: BufferedReader) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()


def missing(patterns: Sequence[str], folder: str) -> str | None:
    """The first pattern that names no file."""
    return next((pattern for pattern in patterns if next(matches(pattern, folder), None) is None), None)


def combined(**parts: object) -> str:
    """One digest of named parts, which are data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
