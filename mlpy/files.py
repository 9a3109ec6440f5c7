"""The one way from a path to a file: every API that touches one comes through here, inside of a function behind a gate.

A path is walked component by component from an opened folder, and no link is followed by the system: a link is read, and
gone after only where its target is granted for the same kind. What was opened is what is used, so nothing that happens to the
names meanwhile changes anything. What leaves are `MLError`s in the program's own words for the path, never the system's.
"""

from __future__ import annotations

import errno
import os
import sys
from _io import BufferedReader, BufferedWriter, FileIO
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG

from mlpy import config
from mlpy.capabilities import Capability, in_use, path_fits
from mlpy.errors import CapabilityDenied, MLError
from mlpy.runtime.values import MAX_TEXT, a_type, string_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO, Literal, Self, TypeAlias

    from _typeshed import ReadableBuffer, WriteableBuffer

    from mlpy.capabilities import Grant, Use

    Parts: TypeAlias = tuple[str, ...]
    EntryKind: TypeAlias = Literal["file", "folder", "link", "other"]

MAX_LINKS = 20
MAX_ENTRIES = 1_000_000
PIECE = 1 << 20  # bytes between two looks at the run
LOOK = 1_000  # entries of a folder between two
BUFFER = 1 << 16
FOLDER = getattr(os, "O_PATH", 0) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
F_GETPATH = 50  # macOS: the true name of what was opened
SYSTEM = ("dev", "proc", "sys")  # in `/`
SIBLINGS = ("-journal", "-shm", "-wal")  # what sqlite opens beside a database
NAMES_ANOTHER = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"  # the end of a journal that does

# ── what programs get to hear ────────────────────────────────────────────────────────────────────────────────────

ABSENT = {
    errno.ENOENT: "`{}` does not exist",
    errno.ENOTDIR: "`{}` does not exist",
    errno.ELOOP: "`{}` is behind too many links",
    errno.ENAMETOOLONG: "a name in `{}` is too long",
}
REASONS = {
    errno.EISDIR: "`{}` is a folder",
    errno.EEXIST: "`{}` exists already",
    errno.ENOTEMPTY: "the folder `{}` is not empty",
    errno.EACCES: "the system does not permit access to `{}`",
    errno.EPERM: "the system does not permit access to `{}`",
    errno.EROFS: "`{}` lies on a file system that is read only",
    errno.ENOSPC: "no space is left for `{}`",
    errno.EDQUOT: "no space is left for `{}`",
    errno.EFBIG: "`{}` would become too large for the file system",
    errno.ENXIO: "`{}` is no regular file",
    errno.EMFILE: "too many files are open to use `{}`",
    errno.ENFILE: "too many files are open to use `{}`",
}


class Absent(MLError):  # noqa: N818  says what the path is
    """Nothing stands at a path, or nothing that a program could get to."""


def failure(path: str, error: OSError) -> MLError:
    """What a program sees of an error of the system."""
    reason = ABSENT.get(error.errno or 0)
    if reason is not None:
        return Absent(reason.format(shown(path)), "IOError")
    return complaint(REASONS.get(error.errno or 0, "`{}` cannot be used"), path)


def complaint(message: str, path: str) -> MLError:
    """An error about a path, whose place is `{}` in the message."""
    return MLError(message.format(shown(path)), "IOError")


def missing(path: str) -> Absent:
    """What a program sees of a path that is not there."""
    return Absent(ABSENT[errno.ENOENT].format(shown(path)), "IOError")


def shown(path: str) -> str:
    """A path in a message, its middle cut where it is long."""
    return path if len(path) <= 200 else f"{path[:100]}…{path[-99:]}"


# ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Walk:
    """The way to one path for one kind of use: `folder` is the opened folder that holds it, `parts` the path that was walked.

    `name` is its name there, `.` where the folder itself is meant. `make` makes the folders that are not there; what is not `counted`
    is part of a use that was, such as a folder below the one that a call walks. `spelled` are pairs of one place as it is and as
    the grants know it: of their root, and of the links that the system has in `/`.
    """

    __slots__ = ("asked", "base", "folder", "kind", "links", "make", "name", "parts", "path", "spelled", "use")

    def __init__(self, path: str, kind: str, *, make: bool = False, counted: bool = True) -> None:
        use = in_use.get(None)
        if use is None:
            raise RuntimeError("files are reached from inside of a function behind a gate")
        self.use: Use = use
        self.path = path
        self.kind = kind
        self.make = make
        self.links = 0
        self.spelled: list[tuple[Parts, Parts]] = []
        self.folder = -1
        self.name = "."
        self.parts: Parts = ()
        self.base = 0
        self.asked = self._asked(counted=counted)
        try:
            self._go(self.asked.parts[1:])
        except OSError as error:
            self.close()
            raise failure(path, error) from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.close()
        if isinstance(error, OSError):
            raise failure(self.path, error) from error

    def close(self) -> None:
        """Lets the folder go."""
        folder, self.folder = self.folder, -1
        if folder >= 0:
            os.close(folder)

    @property
    def whole(self) -> Parts:
        """The path that was walked, with the name at its end."""
        return self.parts if self.name == "." else (*self.parts, self.name)

    def poll(self) -> None:
        """Raises if the run has ended."""
        if self.use.gate is not None:
            self.use.gate.run.poll()

    # ── on the way ──

    def _asked(self, *, counted: bool) -> Capability:
        """The capability that the call was given for this path; one that the gate did not see is a use of its own."""
        for one in self.use.capabilities:
            if one.resource == self.path and one.kind == self.kind:
                return one
        try:
            capability = Capability(self.kind, self.path, root=self.use.grants.root)
        except ValueError as error:
            raise MLError(str(error), "ValueError") from error
        if capability in self.use.capabilities or (not counted and self.use.grants.covers(capability)):
            return capability
        self.use.extend(capability)
        return capability

    def _go(self, wanted: Parts) -> None:
        """From the root of the grants, where it is on the way, or from `/`."""
        home, real = root_of(self.use)
        if wanted[: len(home)] == home:
            if home != real:
                self.spelled.append((real, home))
            self._start(real)
            self._pass(wanted[len(home) :])
        else:
            self._start(())
            self._pass(wanted)

    def _start(self, parts: Parts) -> None:
        """At `/`, or at what the host has given as the root."""
        self.close()
        self.folder = os.open("/" + "/".join(parts), FOLDER)
        self.parts, self.name, self.base = parts, ".", len(parts)

    def _pass(self, wanted: Parts) -> None:
        """Opens the folders up to the last component."""
        ahead = [*reversed(wanted)]
        while len(ahead) > 1:
            name = ahead.pop()
            try:
                self._enter(name)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                ahead = [*reversed(self._target(name, (*reversed(ahead),)))]
        if ahead:
            self.name = ahead.pop()
        self._arrive()

    def _enter(self, name: str) -> None:
        if not self.parts and name in SYSTEM:
            raise missing(self.path)
        try:
            inner = os.open(name, FOLDER, dir_fd=self.folder)
        except FileNotFoundError:
            if not self.make:
                raise
            verify(self, os.fstat(self.folder), within=True)
            protect(self, (*self.parts, name))
            make_in(self.folder, name)
            inner = os.open(name, FOLDER, dir_fd=self.folder)
        os.close(self.folder)
        self.folder = inner
        self.parts = (*self.parts, name)

    def _target(self, name: str, rest: Parts) -> Parts:
        """Where a link and what follows it lead, once that is granted; the walk begins again at `/`."""
        try:
            target = os.readlink(name, dir_fd=self.folder)
        except OSError as error:
            if error.errno == errno.EINVAL:  # neither a folder nor a link
                raise missing(self.path) from error
            raise
        self.links += 1
        if self.links > MAX_LINKS:
            raise OSError(errno.ELOOP, "")
        there = os.path.normpath(os.path.join("/", *self.parts, target))
        inside = tuple([part for part in there.split("/") if part])
        if self.parts:
            self._permit((*inside, *rest))
        else:  # only the system's own administrator can put a link into `/`
            self.spelled.append((inside, (name,)))
        self._start(())
        return (*inside, *rest)

    def _permit(self, parts: Parts) -> None:
        """A use of where a link leads, under the name that the grants have for it."""
        capability = self._capability(parts)
        for real, known in self.spelled:
            if parts[: len(real)] == real and not self.use.grants.covers(capability):
                capability = self._capability((*known, *parts[len(real) :]))
        self.demand(capability, "leads to what is not granted")

    def _capability(self, parts: Parts) -> Capability:
        try:
            return Capability(self.kind, "/" + "/".join(parts), root="/")
        except ValueError as error:
            raise missing(self.path) from error

    def _arrive(self) -> None:
        """What was walked must be allowed under its real name too, and be no place of the system's or of mlpy's own."""
        whole = self.whole
        if whole and whole[0] in SYSTEM:
            raise missing(self.path)
        for grant in self.use.grants.denied:
            if grant.kind == self.kind and denies(grant, whole, self.use):
                self.use.refuse(self.asked, f"`{self.asked}` is denied by `{grant.text}`")
        if self.kind != "file.read":
            verify(self, os.fstat(self.folder), within=True)
        protect(self, whole)

    def demand(self, capability: Capability, reason: str) -> None:
        """A further use, of which a program hears no more than that its own path was refused; what was, the host learns (E1)."""
        try:
            self.use.extend(capability)
        except CapabilityDenied as refusal:
            own = str(self.asked)
            raise CapabilityDenied(f"`{shown(own)}` {reason}", shown(own), hint=refusal.hint) from refusal

    # ── at its end ──

    def along(self) -> None:
        """Goes where the link leads that the name turned out to be; an `Absent` where it is none."""
        self._pass(self._target(self.name, ()))

    def open(self, flags: int, mode: int = 0o666) -> int:
        """Opens what stands at the end, going along links."""
        while True:
            try:
                return os.open(self.name, flags, mode, dir_fd=self.folder)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
                    raise
                state = self.look_here()
                if state is not None and not S_ISLNK(state.st_mode):
                    raise Absent(f"`{shown(self.path)}` is no folder", "IOError") from error
                self.along()

    def look(self) -> os.stat_result | None:
        """What stands at the end, going along links; None where nothing does."""
        while True:
            state = self.look_here()
            if state is None or not S_ISLNK(state.st_mode):
                return state
            self.along()

    def look_here(self) -> os.stat_result | None:
        """What stands at the end, be it a link; None where nothing does."""
        try:
            state = os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        verify(self, state)
        return state

    def opened(self, flags: int) -> tuple[int, os.stat_result]:
        """A regular file, opened, and its state."""
        file = self.open(flags)
        try:
            state = os.fstat(file)
            regular(self, state)
            verify(self, state, file)
        except BaseException:
            os.close(file)
            raise
        return file, state


def root_of(use: Use) -> tuple[Parts, Parts]:
    """The root of an authority as it is spelled, and as it is."""
    return split(use.grants.root), real(use.grants.root, use)


def split(path: str) -> Parts:
    """The components of an absolute path."""
    return tuple([part for part in os.path.normpath(path).split("/") if part])


def real(path: str, use: Use) -> Parts:
    """The components of a host's path with its links resolved, once for a run."""
    known = {} if use.gate is None else use.gate.run.resolved
    found = known.get(path)
    if found is None:
        try:
            found = known[path] = split(os.path.realpath(path))
        except OSError as error:  # a link that changes while it is read
            raise MLError(f"the host's `{path}` cannot be found", "IOError") from error
    return found


def denies(grant: Grant, parts: Parts, use: Use) -> bool:
    """Whether what a grant denies covers a real path, also where the grant was written through a link."""
    if grant.everything:
        return True
    pattern = grant.pattern[1:]
    if path_fits(pattern, parts):
        return True
    literal = 0
    while literal < len(pattern) and "*" not in pattern[literal]:
        literal += 1
    there = real("/" + "/".join(pattern[:literal]), use)
    return there != pattern[:literal] and path_fits((*there, *pattern[literal:]), parts)


# ── names that only look the same ────────────────────────────────────────────────────────────────────────────────

_exact: set[int] = set()
_system: list[frozenset[int]] = []


def verify(walk: Walk, state: os.stat_result, file: int | None = None, *, within: bool = False) -> None:
    """Raises an `Absent` for what the system keeps behind file systems of its own, and for a name that is not the true one.

    `within` looks at the folder alone, in which nothing may stand yet. Whether a file system takes `A` for `a` is found out once.
    """
    if state.st_dev in system_devices():
        raise missing(walk.path)
    if state.st_dev in _exact:
        return
    names = (walk.parts if within else walk.whole)[walk.base :]
    same = takes_either_case(walk, names, up=int(within or walk.name == "."))
    if same and not spelled_truly(walk, names, file):
        raise missing(walk.path)
    if same is False and sys.platform != "darwin":
        _exact.add(state.st_dev)


def takes_either_case(walk: Walk, names: Parts, up: int) -> bool | None:
    """Whether the last of the names that has letters is also found in the other case; None where that cannot be told."""
    for name in reversed(names):
        other = name.swapcase()
        if other != name:
            try:
                found, twin = [os.stat("../" * up + one, dir_fd=walk.folder, follow_symlinks=False) for one in (name, other)]
            except FileNotFoundError:
                return False
            return (found.st_dev, found.st_ino) == (twin.st_dev, twin.st_ino)
        up += 1
    return None


def spelled_truly(walk: Walk, names: Parts, file: int | None) -> bool:
    """Whether each name that was walked, behind those that the host has given, is the one that its folder lists."""
    if sys.platform == "darwin" and file is not None:
        import fcntl  # noqa: PLC0415  only there

        return split(fcntl.fcntl(file, F_GETPATH, bytes(1024)).rstrip(b"\0").decode())[-len(names) :] == names
    folder = os.open("/" + "/".join(walk.parts[: walk.base]), LISTED)
    try:
        for name in names:
            try:
                if name not in os.listdir(folder):
                    return False
                inner = os.open(name, LISTED, dir_fd=folder)
            except (NotADirectoryError, PermissionError):  # the last one, or one that nobody here can list
                break
            os.close(folder)
            folder = inner
    finally:
        os.close(folder)
    return True


def system_devices() -> frozenset[int]:
    """The file systems of devices, processes and the kernel, wherever they are mounted."""
    if not _system:
        ours = os.stat("/").st_dev
        found = [os.stat(path).st_dev for path in (f"/{name}" for name in SYSTEM) if os.path.isdir(path)]
        _system.append(frozenset([one for one in found if one != ours]))
    return _system[0]


# ── what no program writes ───────────────────────────────────────────────────────────────────────────────────────

CODE = (".dll", ".dylib", ".egg", ".ml", ".pth", ".py", ".pyc", ".pyd", ".pyi", ".pyo", ".pyw", ".so", ".whl")
METADATA = (".dist-info", ".egg-info", "._pth")
CONFIGURATION = frozenset(
    (
        "mlpy.json", "mlpy.toml", "mlpy.yaml", "mlpy.yml", "pyproject.toml", "pyvenv.cfg", "setup.cfg",
        ".gitlab-ci.yml", ".travis.yml", ".gitattributes", ".gitmodules", "jenkinsfile", "azure-pipelines.yml",
    )
)  # fmt: skip
GUARDED = frozenset((".ci", ".circleci", ".git", ".github", ".gitlab", ".hg", ".svn"))


def protect(walk: Walk, whole: Parts) -> None:
    """Keeps programs from writing what would then run, or decide what may (F28), and from mlpy's own keys.

    Where code, configuration and keys live, every kind that writes demands `code.write` besides its own.
    """
    ours = any(whole[: len(root)] == root for root in own_folders(walk.use))
    if walk.kind == "file.read":
        if ours:
            walk.use.refuse(walk.asked, f"`{walk.asked}` is where mlpy keeps its keys")
    elif ours or guarded(walk, whole):
        own = own_name(walk, whole)
        capability = Capability("code.write", own or "/" + "/".join(whole), root=walk.use.grants.root)
        if own is None:
            walk.demand(capability, "leads to where code, settings or keys lie")
        else:
            walk.use.extend(capability)


def own_name(walk: Walk, whole: Parts) -> str | None:
    """What a program calls a real path; None where only a link led there."""
    if whole == walk.asked.parts[1:]:
        return walk.asked.resource
    home = root_of(walk.use)[1]
    return "./" + "/".join(whole[len(home) :]) if whole[: len(home)] == home else None


def own_folders(use: Use) -> Iterable[Parts]:
    """Where mlpy keeps compiled code, its keys, what the user trusts, and what was once agreed to."""
    run = None if use.gate is None else use.gate.run
    if run is not None and run.own_folders:
        return run.own_folders
    found = tuple([real(root, use) for root in (config.cache_root(), config.config_root(), config.state_root())])
    if run is not None:
        run.own_folders = found
    return found


def guarded(walk: Walk, whole: Parts) -> bool:
    """Whether a path holds code, or what decides which code runs."""
    home = root_of(walk.use)[1]
    inside = whole[len(home) :] if whole[: len(home)] == home else whole
    if any(part.lower() in GUARDED for part in inside) or (inside and inside[-1].lower().endswith(SIBLINGS)):  # these sqlite believes
        return True
    run = walk.use.gate.run if walk.use.gate is not None else None
    sealed = [*(() if run is None else (*run.extension_paths, *run.sealed)), os.path.dirname(__file__)]
    if any(whole[: len(root)] == root for root in resolved(sealed, walk.use)):
        return True
    holders = [walk.use.grants.root, *(() if run is None else run.module_paths), *sys.path, os.path.dirname(os.path.dirname(__file__))]
    return any(whole[: len(root)] == root and (whole == root != home or loadable(whole[len(root) :])) for root in resolved(holders, walk.use))


def resolved(paths: Iterable[str], use: Use) -> list[Parts]:
    """Folders of the host as they are."""
    return [real(path, use) for path in paths]


def loadable(inside: Parts) -> bool:
    """Whether something of this path below a folder of code is what a next start would load."""
    last = inside[-1].lower() if inside else ""
    return last.endswith(CODE) or last in CONFIGURATION or any(part.lower().endswith(METADATA) for part in inside)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ENCODINGS = {
    "ascii": "ascii", "cp1252": "cp1252", "iso-8859-1": "latin-1", "latin-1": "latin-1", "latin1": "latin-1", "us-ascii": "ascii",
    "utf-16": "utf-16", "utf-16-be": "utf-16-be", "utf-16-le": "utf-16-le", "utf-8": "utf-8", "utf-8-sig": "utf-8-sig", "utf8": "utf-8",
    "windows-1252": "cp1252",
}  # fmt: skip


def codec(encoding: object) -> str:
    """What Python calls an encoding; an error for one that is none of the known."""
    if type(encoding) is not str:
        raise MLError(f"`encoding` must be a string, not {a_type(encoding)}", "TypeError")
    found = ENCODINGS.get(encoding.lower().replace("_", "-"))
    if found is None:
        raise MLError(f"`{shown(encoding)}` is no encoding", "ValueError", hint="use one of " + ", ".join(sorted({*ENCODINGS.values()})))
    return found


def encoded(text: str, encoding: str) -> bytes:
    """Text in an encoding; a ValueError where that lacks a character of it."""
    name = codec(encoding)
    try:
        return text.encode(name)
    except UnicodeEncodeError as error:
        letter = string_text(error.object[error.start])[1:-1]
        raise MLError(f"`{letter}` cannot be written in {name}", "ValueError", hint="utf-8 has every character") from None


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def read_bytes(path: str, most: int = MAX_TEXT) -> bytes:
    """The content of a file; a ValueError where it is larger than `most`."""
    with Walk(path, "file.read") as walk:
        file, state = walk.opened(READ)
        try:
            if state.st_size > most:
                raise too_large(path, most)
            walk.use.charge(state.st_size, kind="file.read")
            return content(walk, file, state.st_size, most)
        finally:
            os.close(file)


def content(walk: Walk, file: int, size: int, most: int) -> bytes:
    """What an opened file holds, which may have grown since its size was charged."""
    data = os.read(file, min(size + 1, PIECE))
    if len(data) == size:
        return data
    pieces = [data]
    total = len(data)
    while data:
        walk.poll()
        data = os.read(file, PIECE)
        pieces.append(data)
        total += len(data)
        if total > most:
            raise too_large(walk.path, most)
    if total > size:
        walk.use.charge(total - size, kind="file.read")
    return b"".join(pieces)


def too_large(path: str, most: int) -> MLError:
    """The error for a file that does not fit into a value."""
    return MLError(f"`{shown(path)}` has more than {most:,} bytes", "ValueError", hint="read it piece by piece: `for (line in file.lines(path))`")


def read_text(path: str, encoding: str = "utf-8", most: int = MAX_TEXT) -> str:
    """The content of a file as text; a ValueError where it is none in the encoding."""
    name = codec(encoding)
    try:
        return read_bytes(path, most).decode(name)
    except UnicodeError:
        raise no_text(path, name) from None


def no_text(path: str, encoding: str) -> MLError:
    """The error for a file whose bytes are no text."""
    return MLError(f"`{shown(path)}` is no text in {encoding}", "ValueError", hint="`file.readBytes` gives its bytes")


class Opened(FileIO):
    """A file that a program may leave open: whoever drops it last closes it, and nobody is warned."""

    def __del__(self) -> None:
        self.close()

    def _dealloc_warn(self, _: object) -> None:
        """What the layers above ask for when they are dropped."""


class Reading(Opened):
    """An opened file whose bytes are charged as they are read, as long as its run lives."""

    def __init__(self, file: int, use: Use) -> None:
        super().__init__(file, "rb")
        self.use = use

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fills a buffer."""
        if self.use.gate is not None:
            self.use.gate.run.poll()
        count = super().readinto(buffer) or 0
        if count:
            self.use.charge(count, kind="file.read")
        return count

    def readall(self) -> bytes:
        """Everything that is left."""
        pieces = []
        buffer = bytearray(PIECE)
        while count := self.readinto(buffer):
            pieces.append(bytes(buffer[:count]))
        return b"".join(pieces)


def reader(path: str) -> BinaryIO:
    """A regular file, opened for reading; its bytes are charged as they are read. What stays open is for `run.keep`."""
    with Walk(path, "file.read") as walk:
        return BufferedReader(Reading(walk.opened(READ)[0], walk.use), BUFFER)


def status(path: str, kind: str = "file.read") -> os.stat_result | None:
    """What is known of what stands at a path, links followed; None where nothing does."""
    try:
        with Walk(path, kind) as walk:
            return walk.look()
    except Absent:
        return None


def of_kind(path: str, test: Callable[[int], bool]) -> bool:
    """Whether what stands at a path passes a test of its mode."""
    state = status(path)
    return state is not None and test(state.st_mode)


def entries(path: str, kind: str = "file.read", *, counted: bool = True) -> list[tuple[str, EntryKind]]:
    """(name, kind) of everything in a folder that a program could name, sorted, without what is denied."""
    with Walk(path, kind, counted=counted) as walk:
        folder = walk.open(LISTED)
        try:
            verify(walk, os.fstat(folder), folder)
            denied = [grant for grant in walk.use.grants.denied if grant.kind == kind]
            found: list[tuple[str, EntryKind]] = []
            with os.scandir(folder) as listed:
                for number, one in enumerate(listed):
                    if not number % LOOK:
                        walk.poll()
                    if one.name.isprintable() and not any(denies(grant, (*walk.whole, one.name), walk.use) for grant in denied):
                        found.append((one.name, entry_kind(one)))
                    if len(found) > MAX_ENTRIES:
                        raise complaint(f"the folder `{{}}` has more than {MAX_ENTRIES:,} entries", path)
        finally:
            os.close(folder)
    return sorted(found)


def entry_kind(entry: os.DirEntry[str]) -> EntryKind:
    """What an entry of a folder is, without following it."""
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "file" if entry.is_file(follow_symlinks=False) else "other"


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def replace(path: str, data: bytes, kind: str = "file.write") -> None:
    """Puts a file in place of what stands at a path, as a whole or not at all; the folders on the way are made.

    The permissions of a file that was there are kept.
    """
    with Walk(path, kind, make=True) as walk:
        before = walk.look()
        regular(walk, before)
        walk.use.charge(len(data), kind=kind)
        put(walk, (data,), before)


def regular(walk: Walk, state: os.stat_result | None) -> None:
    """Raises where something stands that is no regular file."""
    if walk.name == "." or (state is not None and S_ISDIR(state.st_mode)):
        raise complaint(REASONS[errno.EISDIR], walk.path)
    if state is not None and not S_ISREG(state.st_mode):
        raise complaint("`{}` is no regular file", walk.path)


def put(walk: Walk, data: Iterable[bytes], before: os.stat_result | None) -> None:
    """Writes a new file beside the name and gives it that name."""
    temporary = f".mlpy-{os.urandom(8).hex()}.new"
    file = os.open(temporary, CREATE, 0o666 if before is None else S_IMODE(before.st_mode) & 0o777, dir_fd=walk.folder)
    try:
        try:
            if before is not None:
                os.fchmod(file, S_IMODE(before.st_mode) & 0o777)
            for piece in data:
                write_all(walk, file, piece)
        finally:
            os.close(file)
        os.rename(temporary, walk.name, src_dir_fd=walk.folder, dst_dir_fd=walk.folder)
    except BaseException:
        os.unlink(temporary, dir_fd=walk.folder)
        raise


def write_all(walk: Walk, file: int, data: bytes) -> None:
    """Writes in pieces, between which the run may end."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view[:PIECE]) :]
        walk.poll()


def copy(source: str, target: str) -> None:
    """Puts the content of one file in place of what stands at another path, as a whole or not at all."""
    with Walk(source, "file.read") as old:
        file, state = old.opened(READ)
        try:
            with Walk(target, "file.write", make=True) as new:
                before = new.look()
                regular(new, before)
                new.use.charge(state.st_size)
                put(new, pieces(new, file, state.st_size), before)
        finally:
            os.close(file)


def pieces(walk: Walk, file: int, charged: int) -> Iterator[bytes]:
    """What an opened file holds, from its start; what it has grown by since it was charged is charged too."""
    while data := os.read(file, PIECE):
        walk.poll()
        charged -= len(data)
        if charged < 0:
            walk.use.charge(-charged)
            charged = 0
        yield data


class Writing(Opened):
    """An opened file whose bytes are charged before they are written."""

    def __init__(self, file: int, use: Use, kind: str) -> None:
        super().__init__(file, "ab")
        self.use = use
        self.kind = kind

    def write(self, data: ReadableBuffer, /) -> int:
        """Writes what it can."""
        if self.use.gate is not None:
            self.use.gate.run.poll()
        self.use.charge(memoryview(data).nbytes, kind=self.kind)
        return super().write(data) or 0


def appender(path: str, kind: str = "file.append") -> BinaryIO:
    """A file opened for adding to its end, made where it is not there; its bytes are charged. What stays open is for `run.keep`."""
    with Walk(path, kind, make=True) as walk:
        return BufferedWriter(Writing(open_end(walk), walk.use, kind), BUFFER)


def append(path: str, data: bytes, kind: str = "file.append") -> None:
    """Adds data to the end of a file, made where it is not there."""
    with Walk(path, kind, make=True) as walk:
        file = open_end(walk)
        try:
            walk.use.charge(len(data), kind=kind)
            write_all(walk, file, data)
        finally:
            os.close(file)


def open_end(walk: Walk) -> int:
    """A file, opened for adding to its end."""
    file, state = walk.opened(APPEND)
    if state.st_nlink > 1:  # its other names may lie where nobody granted anything
        os.close(file)
        raise complaint("`{}` has further names, so it is not changed in place", walk.path)
    return file


def make_folder(path: str, kind: str = "file.write") -> None:
    """Makes a folder and those on the way to it; one that is there is left alone."""
    with Walk(path, kind, make=True) as walk:
        state = walk.look()
        if state is None:
            make_in(walk.folder, walk.name)
        elif not S_ISDIR(state.st_mode):
            raise complaint(REASONS[errno.EEXIST], path)


def make_in(folder: int, name: str) -> None:
    """Makes a folder, unless somebody else just has."""
    try:
        os.mkdir(name, dir_fd=folder)
    except FileExistsError:
        pass


# ── taking away ──────────────────────────────────────────────────────────────────────────────────────────────────


def remove(path: str, kind: str = "file.delete") -> None:
    """Deletes a file, or a link itself."""
    with Walk(path, kind) as walk:
        state = walk.look_here()
        if state is None:
            raise missing(path)
        if S_ISDIR(state.st_mode):
            raise complaint(REASONS[errno.EISDIR], path)
        os.unlink(walk.name, dir_fd=walk.folder)


def remove_folder(path: str, kind: str = "file.write") -> None:
    """Deletes a folder that is empty."""
    with Walk(path, kind) as walk:
        folder_here(walk)
        os.rmdir(walk.name, dir_fd=walk.folder)


def folder_here(walk: Walk) -> None:
    """Raises unless the name is that of a folder itself, which can be taken out of another."""
    state = walk.look_here()
    if state is None:
        raise missing(walk.path)
    if not S_ISDIR(state.st_mode) or walk.name == ".":
        raise complaint("`{}` cannot be deleted: it is no folder, or the one that everything is granted in" if walk.name == "." else "`{}` is no folder", walk.path)


def remove_tree(path: str, kind: str = "file.delete") -> None:
    """Deletes a folder with all that is in it; nothing, where some of it may not be deleted. Links are deleted, never followed."""
    with Walk(path, kind) as walk:
        folder_here(walk)
        found = tree(walk)
        for inside, _ in found:
            walk.poll()
            permitted(walk, (*walk.whole, *inside))
        for inside, is_folder in reversed(found):
            walk.poll()
            take_out(walk, inside, is_folder=is_folder)
        os.rmdir(walk.name, dir_fd=walk.folder)


def tree(walk: Walk) -> list[tuple[Parts, bool]]:
    """(path below the folder, whether it is a folder) of all that is in a folder, a folder before what it holds."""
    found: list[tuple[Parts, bool]] = []
    ahead: list[Parts] = [()]
    while ahead:
        walk.poll()
        inside = ahead.pop()
        folder = descend(walk, inside)
        try:
            with os.scandir(folder) as listed:
                for number, one in enumerate(listed):
                    if not number % LOOK:
                        walk.poll()
                    is_folder = one.is_dir(follow_symlinks=False)
                    found.append(((*inside, one.name), is_folder))
                    if is_folder:
                        ahead.append(found[-1][0])
                    if len(found) > MAX_ENTRIES:
                        raise complaint(f"the folder `{{}}` holds more than {MAX_ENTRIES:,} files and folders", walk.path)
        finally:
            os.close(folder)
    return found


def descend(walk: Walk, inside: Parts) -> int:
    """A folder below the one at the end of a walk, opened through no link."""
    folder = os.open(walk.name, LISTED, dir_fd=walk.folder)
    for name in inside:
        try:
            inner = os.open(name, LISTED, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def permitted(walk: Walk, whole: Parts) -> None:
    """Raises unless a path below a folder may be used as the folder may."""
    grants = walk.use.grants
    try:
        capability = Capability(walk.kind, "/".join((walk.path, *whole[len(walk.whole) :])), root=grants.root)
    except ValueError as error:
        raise complaint("`{}` holds a name that no capability covers", walk.path) from error
    if not grants.covers(capability) or any(grant.kind == walk.kind and denies(grant, whole, walk.use) for grant in grants.denied):
        walk.use.refuse(capability, f"`{capability}`, which is in the folder, is not granted")
    protect(walk, whole)


def take_out(walk: Walk, inside: Parts, *, is_folder: bool) -> None:
    """Deletes one entry below a folder."""
    folder = descend(walk, inside[:-1])
    try:
        if is_folder:
            os.rmdir(inside[-1], dir_fd=folder)
        else:
            os.unlink(inside[-1], dir_fd=folder)
    finally:
        os.close(folder)


def move(source: str, target: str) -> None:
    """Gives a file another name, as a whole or not at all; a file that was there is replaced. Both sides are charged its size."""
    Walk(source, "file.read").close()  # where it goes, it may be read
    with Walk(source, "file.delete") as old, Walk(target, "file.write", make=True) as new:
        state = old.look_here()
        if state is None:
            raise missing(source)
        regular(old, state)
        before = new.look()
        regular(new, before)
        for kind in ("file.read", "file.write"):
            new.use.charge(state.st_size, kind=kind)
        try:
            os.rename(old.name, new.name, src_dir_fd=old.folder, dst_dir_fd=new.folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            carry(old, new, before)


def carry(old: Walk, new: Walk, before: os.stat_result | None) -> None:
    """Moves a file to another file system."""
    file, state = old.opened(READ)
    try:
        put(new, pieces(new, file, state.st_size), before or state)
    finally:
        os.close(file)
    os.unlink(old.name, dir_fd=old.folder)


# ── databases ────────────────────────────────────────────────────────────────────────────────────────────────────


def database(path: str, *, write: bool) -> str:
    """The real path of a database for sqlite, which opens files by name only; made where it is to be written and not there.

    What sqlite then holds is compared by `confirm`. Raises MLError for anything but regular files, those beside it included. A file
    that is there is not opened: closing it would release the locks that this process has on it for another connection.
    """
    kind = "file.write" if write else "file.read"
    with Walk(path, kind, make=write) as walk:
        state = walk.look()
        if state is None and write:
            os.close(walk.open(CREATE))
            state = walk.look()
        if state is None:
            raise missing(path)
        regular(walk, state)
        refuse_names(walk)
        beside = [os.stat(name, dir_fd=walk.folder, follow_symlinks=False) for suffix in SIBLINGS if exists_in(walk.folder, name := walk.name + suffix)]
        for one in (state, *beside):
            if not S_ISREG(one.st_mode) or (write and one.st_nlink > 1):
                raise complaint("`{}` or a file beside it is a link, or has further names", path)
        return "/" + "/".join(walk.whole)


def refuse_names(walk: Walk) -> None:
    """Raises where the journal of a database names another one, a file that sqlite would look at and delete after playing it back."""
    try:
        file = os.open(walk.name + SIBLINGS[0], READ, dir_fd=walk.folder)
    except OSError:  # a link is refused later
        return
    try:
        size = os.fstat(file).st_size
        if size >= len(NAMES_ANOTHER) and os.pread(file, len(NAMES_ANOTHER), size - len(NAMES_ANOTHER)) == NAMES_ANOTHER:
            raise complaint("the journal of `{}` belongs to several databases", walk.path)
    finally:
        os.close(file)


def exists_in(folder: int, name: str) -> bool:
    """Whether a name, be it a link, stands in a folder."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def held() -> frozenset[tuple[int, int, int]]:
    """(handle, file system, number) of each regular file that this process has open."""
    found = []
    for handle in os.listdir("/dev/fd"):
        try:
            state = os.fstat(int(handle))
        except OSError:  # the one that listed them
            continue
        if S_ISREG(state.st_mode):
            found.append((int(handle), state.st_dev, state.st_ino))
    return frozenset(found)


def confirm(path: str, *, write: bool, before: frozenset[tuple[int, int, int]] = frozenset()) -> None:
    """Raises MLError unless sqlite has opened the file that stands at a database's path; `before` is what was `held` until then.

    A name that somebody made a link meanwhile, and even back again, led it to another file. A handle that sqlite had kept of
    this one, for the sake of its locks, may serve again; then nothing else may have been opened.
    """
    with Walk(path, "file.write" if write else "file.read") as walk:
        state = walk.look()
        now = held()
        fresh = {(device, number) for _, device, number in now - before}
        beside = [os.stat(name, dir_fd=walk.folder, follow_symlinks=False) for suffix in SIBLINGS if exists_in(walk.folder, name := walk.name + suffix)]
        wanted = None if state is None else (state.st_dev, state.st_ino)
        again = wanted in {(device, number) for _, device, number in before} and fresh <= {(one.st_dev, one.st_ino) for one in beside}
        if wanted is None or not (wanted in fresh or again):
            raise complaint("`{}` was replaced while it was opened", path)
