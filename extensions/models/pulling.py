"""Pulls a model from the hub into the store: a revision is resolved once, its files come side by side, and the snapshot appears when all of them are there."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.layout import Layout, disk_error, on_disk
from mlpy.extensions.models.names import checked_revision
from mlpy.extensions.models.remote import Remote
from mlpy.extensions.models.store import MAIN, PULL_LOCK
from mlpy.extensions.models.transfer import POLL, Transfer

from mlpy.crew import Crew
from mlpy.progress import Progress
from mlpy.retries import persist

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator

    from mlpy.extensions.models.names import Wanted
    from mlpy.extensions.models.remote import Entry
    from mlpy.extensions.models.store import Store

    from mlpy.progress import Task

HASH = re.compile(r"[0-9a-f]{7,40}")  # what the hub takes for the beginning of a commit's
MENTIONED = 20  # files that an error names
DOWNLOADED, UP_TO_DATE = "downloaded", "up_to_date"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull has brought: bytes that came over the network, and bytes that were there."""

    model: str
    download_status: str
    commit_hash: str
    bytes_downloaded: int
    bytes_reused: int

    def record(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


def pull(store: Store, wanted: Wanted, *, revision: str | None = None, include: Iterable[str] = (), force: bool = False, progress: Progress | None = None) -> Pulled:
    """Brings a model into the store, or what is missing of it.

    Args:
        store: where it is to lie.
        wanted: the model.
        revision: a branch, a tag or the beginning of a commit's hash; what the name says, and `main`, if none is given.
        include: patterns such as `*.json`; only files that match one come.
        force: everything comes anew, what is there included.
        progress: hears how it goes; what its `refresh` raises ends the pull. What has come is kept.

    Raises:
        ModelError: `access_denied`, `bad_answer`, `checksum_mismatch`, `disk_full`, `gated`, `model_not_found`, `network_error`, `no_match`, `offline`, `os_error`,
            `rate_limited`, `revision_not_found`.
    """
    asked = checked_revision(f"{wanted.name}@{revision}", revision) if revision else wanted.revision or MAIN
    name, shown = wanted.full, progress or Progress()
    remote, task = Remote(shown), shown.task(name)
    task.say("asks the hub")
    commit = persist(lambda: remote.commit(name, asked), lambda seconds: pause(task, seconds))
    every = persist(lambda: remote.tree(name, commit), lambda seconds: pause(task, seconds))
    files = chosen(name, every, list(include))
    with alone(store, name, task):
        return Pull(remote, Layout(store, name, commit), shown).perform(every, files, asked, force=force)


def pause(task: Task, seconds: float) -> None:
    """Lets the thread that waits for a pull wait for the hub."""
    task.say(f"waits {max(seconds, 1):.0f} s for the hub")
    end = monotonic() + seconds
    while (rest := end - monotonic()) > 0:
        task.owner.refresh()
        sleep(min(POLL, rest))
    task.say("asks the hub")


def chosen(name: str, every: list[Entry], include: list[str]) -> list[Entry]:
    """The files of a revision that are wanted."""
    from huggingface_hub.utils import filter_repo_objects  # noqa: PLC0415  only a download needs it

    files = list(filter_repo_objects(every, allow_patterns=include or None, key=lambda entry: entry.path))
    if not every:
        raise ModelError("no_match", f"`{name}` has no files")
    if not files:
        wanted = " or ".join(f"`{pattern}`" for pattern in include)
        raise ModelError("no_match", f"no file of `{name}` matches {wanted}", detail={"files": [entry.path for entry in every[:MENTIONED]]})
    return files


@contextmanager
def alone(store: Store, name: str, task: Task) -> Iterator[None]:
    """Waits until no other pull of the model is at work, and keeps others waiting; removals see the lock, too."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  as above

    folder = store.lock_folder(name)
    lock = FileLock(folder / PULL_LOCK, mode=0o664)
    while not lock.is_locked:
        try:
            with on_disk(name):
                folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except (FileNotFoundError, Timeout):  # a removal takes its locks away, and their folder
            task.say("waits for another pull of it")
            task.owner.refresh()
            sleep(POLL)
        except OSError as error:
            raise disk_error(name, error) from None
    task.end()
    try:
        yield
    finally:
        lock.release()


class Pull:
    """One pull of one commit."""

    def __init__(self, remote: Remote, layout: Layout, progress: Progress) -> None:
        self.remote = remote
        self.layout = layout
        self.name = layout.name
        self.progress = progress

    def perform(self, every: list[Entry], files: list[Entry], asked: str, *, force: bool) -> Pulled:
        """Brings `files`, of `every` one that the commit has, and makes of them what others see."""
        contents = {entry.blob: entry for entry in files}
        missing = {entry.blob: entry for entry in files if force or not self.layout.has(entry)}
        with on_disk(self.name):
            self.layout.check_room(sum(map(self.layout.rest, missing.values())))
            self.layout.prepare(every)
        try:
            transfers = self.bring(sorted(missing.values(), key=lambda entry: -entry.size), force=force)
        except BaseException:
            self.layout.withdraw()
            raise
        with on_disk(self.name):
            self.layout.publish(files)
            if HASH.fullmatch(asked) is None or not self.layout.commit.startswith(asked):
                self.layout.name_commit(asked)
        received = sum(transfer.received for transfer in transfers)
        kept = sum(transfer.kept for transfer in transfers) + sum(entry.size for blob, entry in contents.items() if blob not in missing)
        return Pulled(self.name, DOWNLOADED if received else UP_TO_DATE, self.layout.commit, received, kept)

    def bring(self, contents: list[Entry], *, force: bool) -> list[Transfer]:
        """Brings contents side by side, the largest first."""
        crew = Crew(f"pull {self.name}", self.progress)
        made = [Transfer(self.remote, self.layout, entry, self.progress.task(entry.path, entry.size), crew) for entry in contents]

        def carry(transfer: Transfer) -> None:
            try:
                with crew.woken_by(transfer.abort):
                    transfer.run(force=force)
            except OSError as error:
                raise disk_error(self.name, error) from None

        crew.work(made, carry)
        return made
