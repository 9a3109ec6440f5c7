"""Paths as text, which touches nothing, and folders, through `mlpy.files`."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG

from mlpy import files
from mlpy.capabilities import Capability, in_use
from mlpy.errors import MLError
from mlpy.patterns import MAGIC
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.files import EntryKind

    Listed = list[tuple[str, EntryKind]]

MAX_PATH = 1 << 16  # characters
MAX_FOUND = 1_000_000


@ml_module("path", version="1.0.0")
class Path:
    """Paths as text, and folders: what is in them, making and deleting them.

    ```ml
    import path;
    print(path.join("reports", "2024", "may.txt"), path.extname("may.txt"), path.relative("/data/in", "/data/out"));
    path.createDir("reports/2024");
    print(path.listDir("reports"), path.glob("reports/*"));
    path.removeDirRecursive("reports");
    ```

    What only works on the text of a path demands no capability and looks at nothing: `join dirname basename extname split normalize relative
    isAbsolute separator delimiter`. `exists`, `isFile`, `isDirectory`, `listDir`, `walk` and `absolute` demand `file.read` for their
    path, `glob` for the folder before the first name with a `*`, `?` or `[`, `createDir` and `removeDir` `file.write`, `removeDirRecursive` both `file.write` and `file.delete`, which must cover all that is in the folder:
    else nothing is deleted. `cwd`, `home` and `tempDir` tell of the host and demand `env.read`. The rules of [file](file.md) for links, devices and
    places where code lies hold here too.

    In the pattern of `glob`, `*` stands for any characters of a name, `?` for one, `[abc]` for one of these, and `**` for any number of
    folders. A name that begins with a dot is found only by a pattern that has the dot. `glob` and `walk` go into the folders that the grants
    cover, never through links, and end with an `IOError` above a million names. Names that no program could write, with control
    characters or invalid text, are left out.
    """


# ── paths as text ──


@ml_function
def join(*parts: str) -> str:
    """The parts of a path as one; an absolute part drops those before it. Example: `path.join("a", "b/", "c.txt")` → `"a/b/c.txt"`."""
    texts = [given(part, "parts") for part in parts]
    if sum(map(len, texts)) > MAX_PATH:
        raise MLError(f"a path has at most {MAX_PATH:,} characters", "ValueError")
    return os.path.join(*texts) if texts else ""


@ml_function
def dirname(path: str) -> str:
    """What stands before the last name. Example: `path.dirname("a/b/c.txt")` → `"a/b"`."""
    return os.path.dirname(given(path, "path"))


@ml_function
def basename(path: str, ending: str = "") -> str:
    """The last name, without an ending if it has that. Example: `[path.basename("a/b.txt"), path.basename("a/b.txt", ".txt")]` → `["b.txt", "b"]`."""
    name = os.path.basename(given(path, "path"))
    return name.removesuffix(given(ending, "ending")) or name


@ml_function
def extname(path: str) -> str:
    """The ending of the last name with its dot, empty where there is none. Example: `[path.extname("a/b.tar.gz"), path.extname(".profile")]` → `[".gz", ""]`."""
    return os.path.splitext(given(path, "path"))[1]


@ml_function
def split(path: str) -> list[str]:
    """The names of a path; an absolute one begins with `/`. Example: `path.split("/a/b.txt")` → `["/", "a", "b.txt"]`."""
    names = [name for name in given(path, "path").split("/") if name]
    return ["/", *names] if path[:1] == "/" else names


@ml_function
def normalize(path: str) -> str:
    """The path without `.`, `..` and doubled separators, as far as its text tells. Example: `path.normalize("a/./b//../c")` → `"a/c"`."""
    return os.path.normpath(given(path, "path"))


@ml_function
def relative(start: str, target: str) -> str:
    """How to get from a folder to a path; both absolute, or both relative to the same folder. Example: `path.relative("a/b", "a/c/d.txt")` → `"../c/d.txt"`."""
    here, there = (os.path.normpath(given(value, name)) for value, name in ((start, "start"), (target, "target")))
    if os.path.isabs(here) != os.path.isabs(there):
        raise MLError("one path is absolute and the other is not", "ValueError", hint="`path.absolute` makes a path absolute")
    origin, aim = ([name for name in one.split("/") if name not in ("", ".")] for one in (here, there))
    shared = 0
    while shared < min(len(origin), len(aim)) and origin[shared] == aim[shared]:
        shared += 1
    if ".." in origin[shared:]:
        raise MLError("`start` lies above what its text tells", "ValueError", hint="`path.absolute` makes a path absolute")
    return "/".join([*[".."] * (len(origin) - shared), *aim[shared:]]) or "."


@ml_function
def is_absolute(path: str) -> bool:
    """Whether a path begins at the root. Example: `[path.isAbsolute("/a"), path.isAbsolute("a")]` → `[true, false]`."""
    return os.path.isabs(given(path, "path"))


@ml_function
def separator() -> str:
    """What stands between the names of a path. Example: `path.separator()` → `"/"`."""
    return "/"


@ml_function
def delimiter() -> str:
    """What stands between the paths of a list such as `PATH`. Example: `path.delimiter()` → `":"`."""
    return ":"


# ── what there is ──


@ml_function(capability="file.read:{path}")
def exists(path: str) -> bool:
    """Whether a file or folder stands at a path. Example: `[path.exists("."), path.exists("nowhere")]` → `[true, false]`."""
    return files.status(path) is not None


@ml_function(capability="file.read:{path}")
def is_file(path: str) -> bool:
    """Whether a file stands at a path. Example: `path.isFile(".")` → `false`."""
    return files.of_kind(path, S_ISREG)


@ml_function(capability="file.read:{path}")
def is_directory(path: str) -> bool:
    """Whether a folder stands at a path. Example: `path.isDirectory(".")` → `true`."""
    return files.of_kind(path, S_ISDIR)


@ml_function(capability="file.read:{path}")
def list_dir(path: str = ".") -> list[str]:
    """The names in a folder, sorted. Example: `path.createDir("a/b"); path.createDir("a/c"); path.listDir("a")` → `["b", "c"]`."""
    return [name for name, _ in files.entries(path)]


@ml_function(capability="file.read:{path}")
def walk(path: str = ".") -> list[dict[str, object]]:
    """Every folder from one on, with the names of the folders and files in it, sorted. Example: `path.createDir("a/b"); path.walk("a")[0]` → `{path: "a", folders: ["b"], files: []}`."""
    search = Search(path)
    return [
        {"path": folder, "folders": [name for name, kind in listed if kind == "folder"], "files": [name for name, kind in listed if kind != "folder"]}
        for folder, listed in search.descend(path, search.first(path))
    ]


@ml_function(capability="file.read:{pattern.folder}")
def glob(pattern: str) -> list[str]:
    """The paths that fit a pattern, sorted. Example: `path.createDir("in/b"); path.createDir("in/a/c"); [path.glob("in/*"), path.glob("in/**/c")]` → `[["in/a", "in/b"], ["in/a/c"]]`."""
    names = [name for at, name in enumerate(split(pattern)) if not at or name != "**" or split(pattern)[at - 1] != "**"]
    folder = names.pop(0) if names[:1] == ["/"] else ""
    return sorted(set(Search(pattern).fitting(folder, names)))


@ml_function(capability="file.read:{path}")
def absolute(path: str) -> str:
    """The path from the root on; no links are followed. Example: `path.isAbsolute(path.absolute("a"))` → `true`."""
    return os.path.normpath(os.path.join(in_use.get().grants.root, given(path, "path")))


class Search:
    """One call's way through folders, of which it counts the names; `path` is how its errors name it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.use = in_use.get()

    def first(self, folder: str) -> Listed:
        """What is in the folder that a call names."""
        return self.counted(files.entries(folder))

    def inside(self, folder: str) -> Listed:
        """What is in a folder that was come across; nothing if the grants do not cover it, or it has gone meanwhile."""
        if not self.covers(folder or "."):
            return []
        try:
            return self.counted(files.entries(folder or ".", counted=False))
        except files.Absent:
            return []

    def counted(self, listed: Listed) -> Listed:
        """The list, unless it makes too many."""
        self.count += len(listed)
        if self.count > MAX_FOUND:
            raise MLError(f"`{files.shown(self.path)}` leads to more than {MAX_FOUND:,} names", "IOError")
        if self.use.gate is not None:
            self.use.gate.run.poll()
        return listed

    def covers(self, path: str) -> bool:
        """Whether the grants of the call cover a path."""
        try:
            return self.use.grants.covers(Capability("file.read", path, root=self.use.grants.root))
        except ValueError:  # a path too long to be granted
            return False

    def descend(self, folder: str, listed: Listed, *, hidden: bool = True) -> Iterator[tuple[str, Listed]]:
        """(path, what is in it) of a folder and those below it, each before what it holds."""
        yield folder, listed
        ahead = self.below(folder, listed, hidden=hidden)
        while ahead:
            folder = ahead.pop()
            listed = self.inside(folder)
            yield folder, listed
            ahead += self.below(folder, listed, hidden=hidden)

    def below(self, folder: str, listed: Listed, *, hidden: bool) -> list[str]:
        """The folders of a list that the grants cover, last first."""
        found = [os.path.join(folder, name) for name, kind in reversed(listed) if kind == "folder" and (hidden or name[0] != ".")]
        return [one for one in found if self.covers(one)]

    def fitting(self, folder: str, names: list[str]) -> Iterator[str]:
        """The paths below a folder that fit the rest of a pattern."""
        name, rest = names[0] if names else "", names[1:]
        if name == "**":
            for one, _ in self.descend(folder, self.inside(folder), hidden=False):
                yield from self.fitting(one, rest or ["*"])
        elif MAGIC.isdisjoint(name):
            path = os.path.join(folder, name)
            if rest:
                yield from self.fitting(path, rest)
            elif self.covers(path or ".") and files.status(path or ".") is not None:
                yield path
        else:
            for entry, kind in self.inside(folder):
                if fits(entry, name):
                    path = os.path.join(folder, entry)
                    if not rest:
                        yield path
                    elif kind == "folder":
                        yield from self.fitting(path, rest)


def fits(entry: str, pattern: str) -> bool:
    """Whether a name fits the pattern of one."""
    from fnmatch import fnmatchcase  # noqa: PLC0415  brings re

    return (entry[0] != "." or pattern[0] == ".") and fnmatchcase(entry, pattern)


# ── folders ──


@ml_function(capability="file.write:{path}")
def create_dir(path: str) -> None:
    """Makes a folder and those on the way to it; one that is there stays. Example: `path.createDir("a/b"); path.isDirectory("a/b")` → `true`."""
    files.make_folder(path)


@ml_function(capability="file.write:{path}")
def remove_dir(path: str) -> None:
    """Deletes a folder that is empty. Example: `path.createDir("a"); path.removeDir("a"); path.exists("a")` → `false`."""
    files.remove_folder(path)


@ml_function(capability=("file.write:{path}", "file.delete:{path}"))
def remove_dir_recursive(path: str) -> None:
    """Deletes a folder with all that is in it, or nothing. Example: `path.createDir("a/b/c"); path.removeDirRecursive("a"); path.exists("a")` → `false`."""
    files.remove_tree(path)


# ── of the host ──


@ml_function(capability="env.read:*")
def cwd() -> str:
    """The folder that relative paths are taken from. Example: `path.isAbsolute(path.cwd())` → `true`."""
    return in_use.get().grants.root


@ml_function(capability="env.read:*")
def home() -> str:
    """The folder of the user. Example: `path.isAbsolute(path.home())` → `true`."""
    return os.path.expanduser("~")


@ml_function(capability="env.read:*")
def temp_dir() -> str:
    """The folder for files that are not needed for long. Example: `path.isAbsolute(path.tempDir())` → `true`."""
    return next((os.path.abspath(found) for name in ("TMPDIR", "TEMP", "TMP") if (found := os.environ.get(name))), "/tmp")  # noqa: S108  what the system says it is


# ── arguments ──


def given(value: object, name: str) -> str:
    """The value, or an error unless it is a string that can be a path."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    if len(value) > MAX_PATH:
        raise MLError(f"a path has at most {MAX_PATH:,} characters", "ValueError")
    return value
