"""What was found out about a large file, kept in the user's cache until the file changes: headers of weights and tokenizers take long to read, and are read by every listing."""

from __future__ import annotations

from time import time

import mlpy.cache

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.extensions.models.store import File

LARGE = 32 * 1024  # bytes; what is smaller is read in no time
SETTLED = 2  # seconds after which the next change of a file shows in its times
FORM = "1"  # of what is kept: another one where the reading changes


def known(file: File, what: str, find: Callable[[], object]) -> object:
    """What `find` finds in a file, or has found; data that `marshal` can write, but not None. `what` names the question."""
    if (file.size or 0) < LARGE or time() - file.modified < SETTLED:
        return find()
    key = mlpy.cache.key(b"models", FORM, what, file.blob, *map(str, file.state))
    found = mlpy.cache.load(key)
    if found is None:
        found = find()
        mlpy.cache.store(key, found)
    return found
