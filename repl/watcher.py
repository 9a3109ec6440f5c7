"""Hears of saved files: from the system where `watchdog` is installed, else by looking five times a second.

What is watched are files and folders; what is told are paths whose text has become another one and that have been left alone for a moment, so that
a file which an editor writes in several steps is told once, and its last state always.
"""

from __future__ import annotations

import os
from _blake2 import blake2b
from threading import Condition, Lock, Thread
from time import monotonic, time_ns

from mlpy.cli.watch import INTERVAL, states

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Protocol

    from mlpy.cli.watch import State

    class Ear(Protocol):
        """What tells of files that may have changed."""

        def follow(self, folder: str, *, deep: bool) -> None: ...

        def leave(self, folder: str, *, deep: bool) -> None: ...

        def close(self) -> None: ...


QUIET = 0.05  # seconds that a file has been left alone before it is read
PATIENCE = 0.5  # seconds after which it is read in any case
SUFFIXES = (".ml", ".py")
MOST = 10_000  # files of a folder that are watched
LARGEST = 16 << 20  # bytes of a file that are compared


class Watcher:
    """Calls `saved` on a thread of its own with the paths that were saved, one call at a time, and `failed` with what that raises."""

    def __init__(self, saved: Callable[[list[str]], object], failed: Callable[[BaseException], object]) -> None:
        self.saved = saved
        self.failed = failed
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self._texts: dict[str, bytes | None] = {}
        self._touched: dict[str, float] = {}
        self._since = 0.0
        self._bell = Condition()
        self._turn = Lock()  # who watches or forgets; never the bell, which who tells of a file waits for while he holds a lock that the ear wants
        self._closed = False
        self._ear: Ear | None = None
        self._thread: Thread | None = None

    @property
    def watched(self) -> list[str]:
        """The files and folders, sorted."""
        return sorted(self.files | self.folders)

    def watch(self, path: str) -> None:
        """Watches a file, or a folder with all below it. Raises OSError where it cannot be read."""
        path = resolved(path)
        with self._turn:
            if self._closed or path in self.files or path in self.folders:
                return
            deep = os.path.isdir(path)
            os.stat(path)
            texts = {one: digest(one) for one in (sources(path) if deep else (path,))}
            with self._bell:
                (self.folders if deep else self.files).add(path)
                self._texts.update(texts)
            self._listen().follow(path if deep else os.path.dirname(path), deep=deep)

    def unwatch(self, path: str) -> bool:
        """Forgets a file or folder; whether it was watched."""
        path = resolved(path)
        with self._turn:
            deep = path in self.folders
            if not deep and path not in self.files:
                return False
            with self._bell:
                (self.folders if deep else self.files).discard(path)
            folder = path if deep else os.path.dirname(path)
            if deep or not any(os.path.dirname(one) == folder for one in self.files):
                self._listen().leave(folder, deep=deep)
            return True

    def close(self) -> None:
        """Ends it; nothing is told any more."""
        with self._turn, self._bell:
            self._closed = True
            ear, thread = self._ear, self._thread
            self._bell.notify_all()
        if ear is not None:
            ear.close()
        if thread is not None:
            thread.join(1.0)

    def _listen(self) -> Ear:
        if self._ear is None:
            self._ear = ear(self.touched)
            self._thread = Thread(target=self._work, name="mlpy-watch", daemon=True)
            self._thread.start()
        return self._ear

    # ── what happened ──

    def touched(self, path: str) -> None:
        """A file may have changed; called from any thread."""
        path = resolved(path)
        with self._bell:
            if self._concerns(path):
                now = monotonic()
                self._since = self._since if self._touched else now
                self._touched[path] = now
                self._bell.notify_all()

    def _concerns(self, path: str) -> bool:
        if path in self.files:
            return True
        return path.endswith(SUFFIXES) and os.path.basename(path)[0] != "." and any(path.startswith(folder + os.sep) for folder in self.folders)

    def _work(self) -> None:
        while (paths := self._settled()) is not None:
            changed = [path for path in paths if self._changed(path)]
            if changed:
                try:
                    self.saved(changed)
                except (Exception, SystemExit) as error:  # noqa: BLE001  the next save is heard all the same
                    self.failed(error)

    def _settled(self) -> list[str] | None:
        """Waits for files that were touched and left alone since; None at the end."""
        with self._bell:
            while not self._closed:
                if not self._touched:
                    self._bell.wait()
                    continue
                now = monotonic()
                due = min(max(self._touched.values()) + QUIET, self._since + PATIENCE)
                if now >= due:
                    found = sorted(self._touched)
                    self._touched.clear()
                    return found
                self._bell.wait(due - now)
        return None

    def _changed(self, path: str) -> bool:
        """Whether a file has another text than when it was last read; a file that is gone for the moment has none."""
        text = digest(path)
        if text is None or text == self._texts.get(path):
            return False
        self._texts[path] = text
        return True


def resolved(path: str) -> str:
    """A path through its real folder, as systems tell of changes under either name."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def digest(path: str) -> bytes | None:
    """What tells one text from another; None for a file that cannot be read, or is empty, as one that is about to be written."""
    try:
        with open(path, "rb") as stream:
            text = stream.read(LARGEST)
    except OSError:
        return None
    return blake2b(text, digest_size=16).digest() if text else None


def sources(folder: str, *, deep: bool = True) -> Iterator[str]:
    """The files of programs and modules in a folder, and (`deep`) below it."""
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if deep and one[0] not in "._"]
        for name in names:
            if name.endswith(SUFFIXES) and name[0] != ".":
                count += 1
                if count > MOST:
                    return
                yield os.path.join(place, name)


# ── who tells ────────────────────────────────────────────────────────────────────────────────────────────────────


def ear(touched: Callable[[str], object]) -> Ear:
    """The system where it tells, else one that looks."""
    try:
        from watchdog.observers import Observer  # noqa: PLC0415  an extra, which may be missing
    except ImportError:
        return Looks(touched)
    return Events(touched, Observer())


class Events:
    """What the system tells through `watchdog`; a folder that it cannot follow is looked at."""

    def __init__(self, touched: Callable[[str], object], observer: Any) -> None:  # noqa: ANN401  its class depends on the system
        from logging import NullHandler, getLogger  # noqa: PLC0415  as above: watchdog brings it

        from watchdog.events import FileSystemEventHandler  # noqa: PLC0415  as above

        getLogger("watchdog").addHandler(NullHandler())  # else what it says of threads that end at once is printed

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: Any) -> None:  # noqa: ANN401  of one of many classes
                if event.event_type in CHANGES:
                    for path in (event.src_path, event.dest_path):
                        if path:
                            touched(os.fsdecode(path))

        self._handler = Handler()
        self._observer = observer
        self._watches: dict[tuple[str, bool], Any] = {}
        self._looks: Looks | None = None
        self._touched = touched
        observer.daemon = True
        observer.start()

    def follow(self, folder: str, *, deep: bool) -> None:
        if (folder, deep) in self._watches:
            return
        try:
            self._watches[folder, deep] = self._observer.schedule(self._handler, folder, recursive=deep)
        except OSError:  # the system follows only so many
            self._looks = self._looks or Looks(self._touched)
            self._looks.follow(folder, deep=deep)

    def leave(self, folder: str, *, deep: bool) -> None:
        watch = self._watches.pop((folder, deep), None)
        if watch is not None:
            self._observer.unschedule(watch)
        elif self._looks is not None:
            self._looks.leave(folder, deep=deep)

    def close(self) -> None:
        self._observer.stop()
        if self._looks is not None:
            self._looks.close()


CHANGES = frozenset(("closed", "created", "deleted", "modified", "moved"))


class Looks:
    """Looks at the files of its folders again and again."""

    def __init__(self, touched: Callable[[str], object]) -> None:
        self._touched = touched
        self._folders: set[tuple[str, bool]] = set()
        self._before: State = {}
        self._bell = Condition()
        self._closed = False
        Thread(target=self._look, name="mlpy-looks", daemon=True).start()

    def follow(self, folder: str, *, deep: bool) -> None:
        with self._bell:
            self._folders.add((folder, deep))

    def leave(self, folder: str, *, deep: bool) -> None:
        with self._bell:
            self._folders.discard((folder, deep))

    def close(self) -> None:
        with self._bell:
            self._closed = True
            self._bell.notify_all()

    def _look(self) -> None:
        while True:
            with self._bell:
                if self._closed:
                    return
                before, now = self._before, states(self._files())
                self._before = now
            lately = time_ns() - SETTLED
            for path, state in now.items():
                if state is not None and (state != before.get(path) or state[0] > lately):
                    self._touched(path)
            with self._bell:
                self._bell.wait(INTERVAL)

    def _files(self) -> Iterator[str]:
        for folder, deep in self._folders:
            yield from sources(folder, deep=deep)


SETTLED = 2_000_000_000  # nanoseconds after which a time tells all changes apart, as some file systems count in seconds
