"""Removes models, single revisions, and what nobody needs: planned first, then done, with the locks of the downloads held meanwhile.

What is to go is renamed into a folder of its own first, in one step: a failure before it leaves everything, one after it leaves what is gone already and `prune` collects.
`huggingface_hub` decides which contents nothing else needs and empties the store that models share.
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.store import PULL_LOCK, UNFINISHED, Model, Store, paths, read_refs

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from huggingface_hub import HFCacheInfo

LEAVING = "models--.removed--"  # begins the folders of what is on its way out; the Hub has no such name
LOCK = ".lock"


class Plan:
    """What a removal would do: to `model`, at `commits`, as a `whole` or not; `bytes_freed` as far as that can be foreseen."""

    def __init__(self, store: Store, model: Model, commits: list[str] | None = None) -> None:
        """Plans the removal of some revisions of a model, of all of it by default."""
        ModelError.need("huggingface_hub")
        self.store = store
        self.model = model
        self.commits = sorted(model.revisions if commits is None else set(commits) & set(model.revisions))
        self.whole = set(self.commits) >= set(model.revisions)
        self.strategy = cache_info(store, model).delete_revisions(*self.commits)

    @property
    def bytes_freed(self) -> int:
        """Bytes that nothing needs any more once it is done; none, where the folder of the model is a link to where somebody keeps it."""
        if self.whole and self.model.repo.is_symlink():
            return 0
        return self.strategy.expected_freed_size + (sum(map(size_of, orphans(self.model))) if self.whole else 0)

    def leave(self) -> int:
        """Takes away what is planned; gives the bytes that could not be deleted and wait for `prune`."""
        leaving = self.store.folder / (LEAVING + secrets.token_hex(8))
        try:
            if self.whole:
                self.model.repo.rename(leaving)
            else:
                self.move_out(leaving)
        except OSError as error:
            raise failed(self.model.name, error) from None
        blobs = frozenset() if self.whole else self.strategy.blobs
        return delete(self.store, leaving, blobs)

    def move_out(self, leaving: Path) -> None:
        """Moves the snapshots of the revisions out, and with them what names these; a failure brings all of it back."""
        with ExitStack() as undo:
            (leaving / "snapshots").mkdir(parents=True)
            undo.callback(remove_empty, leaving)
            for commit in self.commits:
                names = [f"snapshots/{commit}", f"trees/{commit}.json", *(f"refs/{ref}" for ref in self.model.revisions[commit])]
                for name in names:
                    old, new = self.model.repo / name, leaving / name
                    if not os.path.lexists(old):
                        continue
                    new.parent.mkdir(parents=True, exist_ok=True)
                    old.rename(new)
                    undo.callback(new.rename, old)
            undo.pop_all()


def remove(store: Store, model: Model, commits: list[str] | None = None) -> tuple[int, int]:
    """Removes revisions of a model, all of it by default; gives the bytes that are free now, and how many stale locks were cleaned.

    Raises:
        ModelError: `in_use`, where a download is at work; `access_denied`, `os_error`. The model is whole then.
    """
    with locked(store, model.name) as locks:
        plan = Plan(store, store.read(model.name) or model, commits)
        expected = plan.bytes_freed
        return expected - plan.leave(), clean(locks)


def cache_info(store: Store, model: Model) -> HFCacheInfo:
    """A model as huggingface_hub sees a cache with nothing else in it; damaged ones too, which its own scan leaves out."""
    from huggingface_hub import CachedFileInfo, CachedRepoInfo, CachedRevisionInfo, HFCacheInfo  # noqa: PLC0415  takes as long as a listing

    found = []
    blobs = model.repo / "blobs"
    for commit, refs in model.revisions.items():
        one = Model(model.name, model.repo, commit, model.revisions)
        files = frozenset(CachedFileInfo(file.name, Path(file.path), (own := content(model, file.path)), size_of(own, follow=own.parent == blobs), 0.0, 0.0) for file in one.files)
        found.append(CachedRevisionInfo(commit, one.snapshot, one.size_bytes, files, frozenset(refs), 0.0))
    repo = CachedRepoInfo(model.name, "model", model.repo, 0, 0, frozenset(found), 0.0, 0.0)
    return HFCacheInfo(0, frozenset({repo}), frozenset(), [], store.folder)


def content(model: Model, path: str) -> Path:
    """What a file of a snapshot is a link to: the model's own content, which may be a link into the shared store.

    The file itself, where it is none or leads anywhere else: what lies there is not ours.
    """
    target = os.path.abspath(os.path.join(os.path.dirname(path), os.readlink(path))) if os.path.islink(path) else path
    return Path(target) if os.path.dirname(target) == str(model.repo / "blobs") else Path(path)


def orphans(model: Model) -> list[Path]:
    """Contents that no snapshot of the model leads to."""
    needed = {content(model, path) for _, path in paths(str(model.repo / "snapshots"))}
    return [path for _, name in sorted(paths(str(model.repo / "blobs"))) if (path := Path(name)) not in needed]


def delete(store: Store, folder: Path, blobs: frozenset[Path]) -> int:
    """Deletes a folder that is on its way out, and contents; gives the bytes that stay behind."""
    import logging  # noqa: PLC0415  huggingface_hub warns in its log of what is counted here

    from huggingface_hub import DeleteCacheStrategy  # noqa: PLC0415  as above

    log = logging.getLogger("huggingface_hub")
    before, log.disabled = log.disabled, True
    strategy = DeleteCacheStrategy(0, blobs, frozenset(), frozenset({folder}), frozenset(), cache_dir=store.folder)
    try:
        strategy.execute()
    except OSError:
        pass
    finally:
        log.disabled = before
    return sum(size_of(path) for path in [*(Path(path) for _, path in paths(str(folder))), *blobs])


def size_of(path: Path, *, follow: bool = False) -> int:
    """The bytes of a file, if it is there; a link has none unless it is followed."""
    try:
        return path.stat().st_size if follow or not path.is_symlink() else 0
    except OSError:
        return 0


def remove_empty(folder: Path) -> None:
    """Removes folders below a folder, and itself, unless something is in them."""
    for name, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(name)
        except OSError:
            continue


def failed(name: str, error: OSError) -> ModelError:
    """What to say where the disk does not let a model go."""
    said = (error.strerror or "unknown error").lower()
    return ModelError("access_denied" if isinstance(error, PermissionError) else "os_error", f"`{name}` cannot be removed: {said}", detail={"removed": False})


# ── locks ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def locked(store: Store, name: str) -> Iterator[list[Path]]:
    """Holds all locks of the downloads of a model, that of whole pulls included; the files of those that were there.

    Raises:
        ModelError: `in_use`, where another process holds one. That a lock file is there says nothing: nobody deletes them.
    """
    folder = store.lock_folder(name)
    found = lock_files(folder)
    with ExitStack() as held:
        if store.folder.is_dir() and os.access(store.folder, os.W_OK):
            held.callback(remove_empty, folder)
            make_folder(name, folder)
            if folder / PULL_LOCK not in found:
                held.callback((folder / PULL_LOCK).unlink, missing_ok=True)
                take(held, name, folder / PULL_LOCK)
        for path in found:
            take(held, name, path)
        yield found


def make_folder(name: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failed(name, error) from None


def lock_files(folder: Path) -> list[Path]:
    """The locks below a folder."""
    return sorted(Path(path) for name, path in paths(str(folder)) if name.endswith(LOCK))


def take(held: ExitStack, name: str, path: Path) -> None:
    """Takes a lock until the stack is left, unless somebody has it."""
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise failed(name, error) from None
    held.callback(os.close, opened)
    try:
        flock(opened, LOCK_EX | LOCK_NB)
    except OSError:
        raise ModelError("in_use", f"`{name}` is being downloaded", hint="wait until that has ended, or end it") from None


def clean(locks: list[Path]) -> int:
    """Deletes lock files that this process holds, and gives their number."""
    count = 0
    for path in locks:
        try:
            path.unlink()
        except OSError:
            continue
        count += 1
    return count


# ── what nobody needs ────────────────────────────────────────────────────────────────────────────────────────────


class Found:
    """Something that nobody needs: `kind` (`unfinished`, `detached`, `unneeded`, `reference`, `removed`), the `model` that it belonged to, `path` in the store, `size` in bytes."""

    __slots__ = ("commit", "kind", "model", "path", "size")

    def __init__(self, kind: str, model: str | None, path: Path, size: int, commit: str | None = None) -> None:
        self.kind = kind
        self.model = model
        self.path = path
        self.size = size
        self.commit = commit

    def record(self, store: Store) -> dict[str, object]:
        return {"kind": self.kind, "model": self.model, "path": self.path.relative_to(store.folder).as_posix(), "size_bytes": self.size}


def prune(store: Store, *, dry_run: bool = False) -> dict[str, object]:
    """Removes what nobody needs and stale locks; models that are being downloaded are left as they are and listed under `in_use`."""
    ModelError.need("huggingface_hub")
    removed: list[Found] = []
    busy = []
    locks = freed = 0
    for name in sorted({*store.names(), *locked_names(store)}):
        try:
            with locked(store, name) as held:
                found = unneeded(store, name)
                freed += sum(one.size for one in found) if dry_run else drop(store, name, found)
                locks += len(held) if dry_run else clean(held)
                removed += found
        except ModelError as failure:
            if failure.type != "in_use":
                raise
            busy.append(name)
    gone = [Found("removed", None, folder, weight(folder)) for folder in leavings(store)]
    freed += sum(one.size for one in gone) if dry_run else sum(one.size - delete(store, one.path, frozenset()) for one in gone)
    return {
        "action": "would_delete" if dry_run else "deleted",
        "removed": [one.record(store) for one in [*removed, *gone]],
        "bytes_freed": freed,
        "lock_files_cleaned": locks,
        "in_use": busy,
    }


def unneeded(store: Store, name: str) -> list[Found]:
    """What nobody needs of a model: the whole of it, where no revision was ever finished."""
    model = store.read(name)
    if model is None:
        return []
    if not model.revisions:
        return [Found("unfinished", name, model.repo, weight(model.repo))]
    found = [Found("unfinished" if path.name.endswith(UNFINISHED) else "unneeded", name, path, size_of(path)) for path in orphans(model)]
    found += [Found("reference", name, model.repo / "refs" / ref, 0) for ref, commit in read_refs(model.repo).items() if commit not in model.revisions]
    for commit, refs in model.revisions.items():
        if not refs and commit != model.hash:  # the only revision of a model is that model
            plan = Plan(store, model, [commit])
            found.append(Found("detached", name, model.repo / "snapshots" / commit, plan.bytes_freed, commit))
    return found


def drop(store: Store, name: str, found: list[Found]) -> int:
    """Removes what was found of a model; gives the bytes that are free now."""
    freed = 0
    model = store.read(name)
    if model is None:
        return 0
    if commits := [one.commit for one in found if one.commit is not None]:
        plan = Plan(store, model, commits)
        expected = plan.bytes_freed
        freed += expected - plan.leave()
    for one in found:
        if one.commit is not None:
            continue
        if one.path == model.repo:
            freed += one.size - Plan(store, model).leave()
        else:
            freed += unlinked(one)
    return freed


def unlinked(one: Found) -> int:
    try:
        one.path.unlink(missing_ok=True)
    except OSError:
        return 0
    return one.size


def leavings(store: Store) -> list[Path]:
    """Folders of models that are gone and whose deletion has not come to its end."""
    return sorted(store.folder.glob(LEAVING + "*"))


def locked_names(store: Store) -> list[str]:
    """Names of models that have locks, whether they are here or not."""
    return Store(store.folder / ".locks").names()


def weight(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(size_of(Path(path)) for _, path in paths(str(folder)))
