"""What has another name by now: old names go on working, and say once what the new one is."""

from __future__ import annotations

import os
from _blake2 import blake2b

from mlpy.cli import terminal
from mlpy.config import state_root

FOLDER = "renamed"  # in the user's state folder: an empty file for each pair of names that was told


def tell(old: str, new: str) -> None:
    """Says on standard error that `old` is now `new`, the first time that this user hears of it; each time where that cannot be kept."""
    if first_time(old, new):
        terminal.note(f"`{old}` is now `{new}`")


def first_time(old: str, new: str) -> bool:
    """Whether nobody has told this user so far. Of two processes at once, one is the first."""
    folder = os.path.join(state_root(), FOLDER)
    name = blake2b(f"{old}\0{new}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    except OSError:
        return True
    return True
