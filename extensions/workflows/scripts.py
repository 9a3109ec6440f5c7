"""What lies in a folder of workflows: scripts, folders with an entry, notebooks. Everything is looked at and read, nothing is run.

`look` gives what may be a workflow with a state that changes when it does, by looking at names and times alone; `examine` reads what is needed to tell what it is. What leads out
of the folder, special files, and what cannot be read are problems: they are reported and not followed. Names that begin with `.` or `_` are nobody's workflow, nor are copies of editors.
"""

from __future__ import annotations

import os
from _blake2 import blake2b
from stat import S_ISDIR, S_ISREG

from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.languages import BY_EXTENSION, LANGUAGES, language_of
from mlpy.extensions.workflows.records import SUFFIX

from mlpy.distributions import settled

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from typing import TypeAlias

    from mlpy.extensions.workflows.languages import Language

    Problem: TypeAlias = tuple[str, str]  # the name of a file, relative to the folder, and what is wrong with it

ENTRIES = ("__main__.py", *dict.fromkeys(f"main{extension}" for name in ("ml", "python", *sorted(LANGUAGES)) for extension in LANGUAGES[name].extensions))
IGNORED = ("__pycache__", "node_modules")
MOST_FILES = 10_000  # of one workflow
DEEPEST = 50  # folders in folders
MOST_BYTES = 256 * 1024 * 1024
PIECE = 1024 * 1024  # bytes that are hashed at once
UNSETTLED = ""  # the state of what may change again within a tick of the clock, which no index keeps


class Script:
    """A workflow's script: `file` is its name in the folder (`deploy.sh`, `report`), `path` where that lies, `entry_point` the file that is run, relative to the folder with `/`.

    `type` is `single`, `multi-file` or `notebook`.
    """

    __slots__ = ("entry_point", "file", "language", "path", "type")

    def __init__(self, file: str, path: str, entry_point: str, type: str, language: Language) -> None:  # noqa: A002  the field's name in the record
        self.file = file
        self.path = path
        self.entry_point = entry_point
        self.type = type
        self.language = language

    @property
    def name(self) -> str:
        """What it is called: the name of its file without the extension."""
        return self.file if self.type == "multi-file" else os.path.splitext(self.file)[0]

    @property
    def entry(self) -> str:
        """Where the file lies that is run."""
        return os.path.join(os.path.dirname(self.path), *self.entry_point.split("/"))

    def digest(self) -> str:
        """The digest of its content, `sha256:…`. Raises OSError where it cannot be read."""
        return source_hash(self.path)

    def __repr__(self) -> str:
        return f"<Script {self.file}>"


class Candidate:
    """Something in the folder that may be a workflow; `state` is `UNSETTLED` or a text that is another one once anything of it has changed. `names` are the files of a folder."""

    __slots__ = ("file", "names", "path", "state")

    def __init__(self, file: str, path: str, state: str, names: tuple[str, ...] | None = None) -> None:
        self.file = file
        self.path = path
        self.state = state
        self.names = names


class Look:
    """What a look at a folder has found: candidates, the states of the records beside them by the names of their files, and problems."""

    __slots__ = ("candidates", "problems", "records", "root")

    def __init__(self, root: str) -> None:
        self.root = root
        self.candidates: list[Candidate] = []
        self.records: dict[str, str] = {}
        self.problems: list[Problem] = []


def look(root: str) -> Look:
    """Looks at a folder; one that is not there has nothing in it.

    Raises:
        WorkflowError: `not_readable`.
    """
    found = Look(os.path.realpath(root))
    try:
        with os.scandir(found.root) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return found
    except OSError:
        raise WorkflowError("not_readable", "the folder of workflows cannot be read") from None
    for entry in listed:
        if not entry.name.startswith((".", "_", "#")) and not entry.name.endswith("~") and entry.name not in IGNORED:  # also what editors leave for a moment
            try:
                at(entry, found)
            except FileNotFoundError:  # it has just gone
                continue
            except OSError:
                found.problems.append((entry.name, "cannot be read"))
    return found


def at(entry: os.DirEntry[str], found: Look) -> None:
    """Takes in one entry of the folder."""
    name, path = entry.name, entry.path
    if entry.is_symlink() and (reason := astray(path, found.root)):
        if is_wanted(name):
            found.problems.append((name, reason))
        return
    status = entry.stat()
    if name.endswith(SUFFIX):
        found.records[name] = state_of(status)
    elif not (name.isprintable() and "\\" not in name):
        found.problems.append((ascii(name)[1:-1], "has a name with characters that cannot be shown"))
    elif S_ISDIR(status.st_mode):
        of_folder(name, path, found)
    elif S_ISREG(status.st_mode):
        if is_wanted(name):
            found.candidates.append(Candidate(name, path, state_of(status)))
    else:
        found.problems.append((name, "is no regular file"))


def is_wanted(name: str) -> bool:
    """Whether a file may be a script by its name."""
    extension = os.path.splitext(name)[1]
    return not extension or extension in BY_EXTENSION


def astray(path: str, root: str) -> str | None:
    """What is wrong with a link in a folder: that it leads out, or nowhere."""
    target = os.path.realpath(path)
    if not target.startswith(root + os.sep):
        return "is a link that leads out of the folder"
    return None if os.path.exists(target) else "is a link that leads nowhere"


def state_of(status: os.stat_result) -> str:
    """What tells a changed file from an unchanged one."""
    if not settled(status.st_mtime_ns) or not settled(status.st_ctime_ns):
        return UNSETTLED
    return f"{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_size}.{status.st_ino}"


# ── folders ──


def of_folder(name: str, path: str, found: Look) -> None:
    """Takes in a folder if it has an entry."""
    if entry_in(path) is None:
        return
    whole = blake2b(digest_size=16)
    names = []
    steady, size = True, 0
    for relative, file, reason in walk(path):
        if reason:
            found.problems.append((f"{name}/{relative}", reason))
            continue
        status = os.lstat(file)
        state, size = state_of(status), size + status.st_size
        steady = steady and bool(state)
        names.append(relative)
        whole.update(f"{len(relative)}:{relative}{state}".encode())
        if len(names) > MOST_FILES or size > MOST_BYTES:
            found.problems.append((name, f"has more than {MOST_FILES} files or {MOST_BYTES // 1024 // 1024} MB"))
            return
    found.candidates.append(Candidate(name, path, whole.hexdigest() if steady else UNSETTLED, tuple(names)))


def entry_in(path: str) -> str | None:
    """The file that a folder is run by."""
    with os.scandir(path) as entries:
        names = {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    return next((name for name in ENTRIES if name in names), None)


def walk(path: str, prefix: str = "") -> Iterator[tuple[str, str, str | None]]:
    """(name relative to the folder, path, None) of each file below a folder in the order of their names, and what is wrong with what is none, but for hidden and compiled ones."""
    try:
        with os.scandir(path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        yield prefix.rstrip("/"), path, "cannot be read"
        return
    for entry in listed:
        name = prefix + entry.name
        if entry.name.startswith(".") or entry.name in IGNORED:
            continue
        if not entry.name.isprintable():
            yield ascii(name)[1:-1], entry.path, "has a name with characters that cannot be shown"
        elif entry.is_dir(follow_symlinks=False):
            if prefix.count("/") < DEEPEST:
                yield from walk(entry.path, name + "/")
            else:
                yield name, entry.path, "lies too deep"
        elif entry.is_symlink():
            yield name, entry.path, "is a link, which a workflow of several files cannot have"
        elif not entry.is_file(follow_symlinks=False):
            yield name, entry.path, "is no regular file"
        else:
            yield name, entry.path, None


# ── what they are ──


def examine(candidate: Candidate) -> Script | None:
    """What a candidate is; None where it is no script.

    Raises:
        OSError: where it cannot be read.
    """
    if candidate.names is None:
        language = language_of(candidate.path)
        if language is None:
            return None
        kind = "notebook" if language.name == "notebook" else "single"
        return Script(candidate.file, candidate.path, candidate.file, kind, language)
    entry = next((name for name in ENTRIES if name in candidate.names), None)
    language = language_of(os.path.join(candidate.path, entry)) if entry else None
    return Script(candidate.file, candidate.path, f"{candidate.file}/{entry}", "multi-file", language) if language else None


def source_hash(path: str) -> str:
    """The digest of a script, `sha256:…`: of a file's bytes; of a folder, of the names of its files (relative, with `/`, in their order as bytes) and the digests of their contents.

    Raises:
        OSError: where it cannot be read.
    """
    from hashlib import sha256  # noqa: PLC0415  a listing that the index answers hashes nothing

    if not os.path.isdir(path):
        return f"sha256:{file_digest(path).hex()}"
    whole = sha256()
    for name, file in sorted((name.encode(), file) for name, file, reason in walk(path) if not reason):
        whole.update(len(name).to_bytes(8, "big") + name + file_digest(file))
    return f"sha256:{whole.hexdigest()}"


def file_digest(path: str) -> bytes:
    """The SHA-256 of a regular file's content."""
    from hashlib import sha256  # noqa: PLC0415  as above

    made = sha256()
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(0, "no regular file")
        while piece := stream.read(PIECE):
            made.update(piece)
    return made.digest()
