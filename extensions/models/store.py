"""What the Hugging Face cache of this machine holds: its models, their revisions and files, as they lie on the disk.

`huggingface_hub.scan_cache_dir` leaves out a model whose cache is damaged, and takes longer to import than a listing may: who wants to see, judge or remove
such a model needs a reader that takes the disk as it is. Nothing here writes, and a file that is not what it should be reads as absent.
"""

from __future__ import annotations

import json
import os
import re
from functools import cached_property
from pathlib import Path

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import Wanted

from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

MAIN = "main"
PREFIX = "models--"
PULL_LOCK = "pull.lock"  # held by a whole pull of a model
UNFINISHED = ".incomplete"  # ends the names of contents that have come in part
COMMIT = re.compile(r"[0-9A-Za-z_][\w.-]*", re.ASCII)
LARGEST_CONFIG = 64 * 1024 * 1024  # bytes; a configuration beyond it is none


class File:
    """A file of a snapshot: `name` relative to it with `/`, `path` in it, `blob` that it leads to, `size` in bytes and None where that is missing; `state` changes when it does."""

    __slots__ = ("blob", "modified", "name", "path", "size", "state")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.blob = os.path.realpath(path)
        try:
            state = os.stat(path)
            self.size: int | None = state.st_size
            self.modified = state.st_mtime
            self.state = (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
        except OSError:
            self.size = None
            self.modified = 0.0
            self.state = (0, 0, 0, 0)

    def __repr__(self) -> str:
        return f"<File {self.name}>"


class Model:
    """One revision of a model in the store: `name`, `repo` (its folder), `hash` of the commit (None where nothing of it is there), and what is derived from its files.

    `revisions` are the hashes of all snapshots of this model with the branches and tags that name each.
    """

    def __init__(self, name: str, repo: Path, commit: str | None, revisions: dict[str, list[str]]) -> None:
        self.name = name
        self.repo = repo
        self.hash = commit
        self.revisions = revisions
        self.documents: dict[str, dict[str, object] | None] = {}

    @property
    def snapshot(self) -> Path:
        """The folder of the revision's files; it need not be there."""
        return self.repo / "snapshots" / (self.hash or MAIN)

    @property
    def present(self) -> bool:
        """Whether the folder of its files is there."""
        return self.hash in self.revisions

    @cached_property
    def files(self) -> list[File]:
        """All files of the snapshot by name, those whose content is missing included."""
        return sorted(walk(str(self.snapshot)), key=lambda file: file.name)

    @cached_property
    def config(self) -> dict[str, object]:
        """What its `config.json` says; empty where that is missing or no JSON object."""
        return self.document("config.json") or {}

    @cached_property
    def tree(self) -> dict[str, dict[str, object]]:
        """The files that the Hub has for this revision, as the download has recorded them: name → `size`, `blob_id`, `lfs_sha256`; empty where nothing is recorded."""
        recorded = read_object(self.repo / "trees" / f"{self.hash}.json") or {}
        files = recorded.get("files")
        return {name: entry for name, entry in files.items() if isinstance(entry, dict)} if isinstance(files, dict) else {}

    @property
    def size_bytes(self) -> int:
        """The bytes of its files, each content counted once."""
        return sum({file.blob: file.size or 0 for file in self.files}.values())

    @property
    def modified(self) -> float:
        """When the newest of its files changed, in seconds since 1970."""
        try:
            return max((file.modified for file in self.files), default=0.0) or os.stat(self.repo).st_mtime
        except OSError:
            return 0.0

    def document(self, name: str) -> dict[str, object] | None:
        """A JSON object among its files, or None; read once."""
        if name not in self.documents:
            self.documents[name] = read_object(self.snapshot / name)
        return self.documents[name]

    def has(self, name: str) -> bool:
        """Whether a file of that name is there with its content."""
        return any(file.name == name and file.size is not None for file in self.files)

    def __repr__(self) -> str:
        return f"<Model {self.name}@{self.hash}>"


class Store:
    """A cache in the layout of huggingface_hub: `folder`, or what `HF_HUB_CACHE` and `HF_HOME` say at the moment."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(os.path.abspath(cache_folder() if folder is None else folder))

    def models(self, *, unfinished: bool = False) -> list[Model]:
        """All models by name, each as its `main` has it; with `unfinished` those too of which no file is there."""
        found = [model for name in self.names() if (model := self.read(name)) is not None]
        return [model for model in found if unfinished or model.revisions]

    def names(self) -> list[str]:
        """The names of all models that have a folder."""
        try:
            with os.scandir(self.folder) as entries:
                folders = [entry.name.removeprefix(PREFIX) for entry in entries if entry.name.startswith(PREFIX) and entry.is_dir()]
        except OSError:
            return []
        return sorted(folder.replace("--", "/") for folder in folders if folder and not folder.startswith("."))

    def repo_folder(self, name: str) -> Path:
        """Where a model of that name lies, or would lie."""
        return self.folder / (PREFIX + name.replace("/", "--"))

    def lock_folder(self, name: str) -> Path:
        """Where those who download a model of that name keep their locks."""
        return self.folder / ".locks" / (PREFIX + name.replace("/", "--"))

    def read(self, name: str, revision: str = MAIN) -> Model | None:
        """A model as a branch or tag has it, or None where it has no folder.

        Where nothing names `main` and there is one snapshot, that is the model: somebody has asked for a commit by its hash.
        """
        repo = self.repo_folder(name)
        if not repo.is_dir():
            return None
        refs = read_refs(repo)
        snapshots = subfolders(str(repo / "snapshots"))
        revisions = {commit: sorted(ref for ref, target in refs.items() if target == commit) for commit in snapshots}
        commit = refs.get(revision)
        if commit is None and revision == MAIN and len(snapshots) == 1:
            commit = snapshots[0]
        return Model(name, repo, commit, revisions)

    def find(self, text: str | Wanted) -> Model:
        """The model that a name means, at the revision that it names.

        Raises:
            ModelError: `invalid_name`, `model_not_found`, `revision_not_found`, or `ambiguous_match` with its `matches`.
        """
        return self.look_up(text)[0]

    def look_up(self, text: str | Wanted) -> tuple[Model, bool]:
        """What `find` finds, and whether the name was a name (and not only a part of one)."""
        wanted = text if isinstance(text, Wanted) else Wanted(text)
        name, exact = self.named(wanted)
        model = self.read(name)
        if model is None:
            raise missing(wanted, [])
        return (model if wanted.revision is None else self.at(model, wanted.revision)), exact

    def named(self, wanted: Wanted) -> tuple[str, bool]:
        """The full name that a name stands for, and whether it was written whole."""
        names = self.names()
        for name in (wanted.full, wanted.name):
            if name in names:
                return name, True
        if not wanted.bare:
            raise missing(wanted, names)
        part = wanted.name.lower()
        matches = [name for name in names if part in name.lower()]
        if len(matches) > 1:
            raise ModelError("ambiguous_match", f"`{wanted.name}` is part of {len(matches)} names", matches=matches, hint="write more of the name, as in " + f"`{matches[0]}`")
        if not matches:
            raise missing(wanted, names)
        return matches[0], False

    def at(self, model: Model, revision: str) -> Model:
        """A model at a branch, a tag, or the commit whose hash begins so."""
        commits = [commit for commit, refs in model.revisions.items() if revision in refs] or [one for one in model.revisions if one.startswith(revision.lower())]
        if len(commits) > 1:
            raise ModelError("ambiguous_match", f"`{revision}` begins {len(commits)} revisions of `{model.name}`", matches=[f"{model.name}@{one}" for one in sorted(commits)])
        if not commits:
            hint = f"`mlpy models show {model.name}` lists the revisions that are there" if model.revisions else None
            raise ModelError("revision_not_found", f"`{model.name}` has no revision `{revision}` here", hint=hint)
        return Model(model.name, model.repo, commits[0], model.revisions)


def cache_folder() -> str:
    """The cache's folder by the rules of huggingface_hub, but asked now and not when that was imported."""
    home = os.environ.get("HF_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache"), "huggingface")
    folder = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or os.path.join(home, "hub")
    return os.path.expandvars(os.path.expanduser(folder))


def missing(wanted: Wanted, names: list[str]) -> ModelError:
    """What to say about a name that means nothing here."""
    bare = {name.partition("/")[2]: name for name in names}
    close = nearest(wanted.name, [*names, *bare])
    hint = f"did you mean `{bare.get(close, close)}`?" if close else f"`mlpy models pull {wanted.full}` downloads a model, `mlpy models list` shows what is here"
    return ModelError("model_not_found", f"no model `{wanted.name}` is here", hint=hint)


def read_object(path: Path) -> dict[str, object] | None:
    """The JSON object in a file, or None where there is none."""
    try:
        if os.path.getsize(path) > LARGEST_CONFIG:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_refs(repo: Path) -> dict[str, str]:
    """The branches and tags of a model with the commits that they name."""
    found = {}
    for name, path in paths(str(repo / "refs")):
        try:
            commit = Path(path).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if COMMIT.fullmatch(commit):
            found[name] = commit
    return found


def subfolders(folder: str) -> list[str]:
    """The snapshots below a folder: what a hash can name, and no more."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if COMMIT.fullmatch(entry.name) and entry.is_dir())
    except OSError:
        return []


def walk(folder: str) -> Iterator[File]:
    """The files below a folder."""
    for name, path in paths(folder):
        yield File(name, path)


def paths(folder: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names relative to a folder, and paths, of all below it that is no folder; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from paths(entry.path, f"{prefix}{entry.name}/")
                else:
                    yield prefix + entry.name, entry.path
    except OSError:
        return
