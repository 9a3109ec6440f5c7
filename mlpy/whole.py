"""Writes a file of the host as a whole or not at all: what whoever reads it meanwhile, or after a crash, finds is the old content or the new one.

For what mlpy itself keeps (records, manifests, settings); a program's files go through `files.py`.
"""

from __future__ import annotations

import os
from errno import EINVAL
from stat import S_ISDIR, S_ISREG

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def replace(path: str, data: bytes, *, durable: bool = False) -> None:
    """Puts the content of a file in its place, made if need be; permissions and, behind a link, its place are kept. `durable` has it survive a loss of power.

    Raises:
        OSError: What the system says; a file that may not be written is refused, too, where its folder would let it be replaced, and so are devices and pipes.
    """
    target = os.path.realpath(path)
    mode = permissions(target)
    temporary = f"{target}.{os.getpid():x}{os.urandom(4).hex()}.new"
    try:
        with open(os.open(temporary, CREATE, 0o666 if mode is None else 0o600), "wb") as stream:
            stream.write(data)
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.rename(temporary, target)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


def permissions(path: str) -> int | None:
    """The permission bits of a file that may be written; None where there is none."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if not S_ISREG(mode) and not S_ISDIR(mode):
        raise OSError(EINVAL, "no regular file", path)
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "permission denied", path)
    return mode & 0o7777
