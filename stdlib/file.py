"""Files as text, lines and bytes. Every path goes through `mlpy.files`, whose rules these functions only put into words."""

from __future__ import annotations

from io import TextIOWrapper
from stat import S_ISDIR, S_ISREG

from mlpy import files
from mlpy.capabilities import in_use
from mlpy.errors import MLError
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, IteratorValue, too_many_items, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Sequence
    from os import stat_result

CHUNK = 1 << 16  # characters
INT = frozenset((int,))
STR = frozenset((str,))


@ml_module("file", version="1.0.0")
class File:
    r"""Files: their text, lines and bytes, read, written, added to, copied, moved and deleted.

    ```ml
    import file;
    file.write("notes/today.txt", "buy milk\ncall Ada\n");
    file.append("notes/today.txt", "sleep\n");
    for (line in file.lines("notes/today.txt")) { print(line); }
    file.delete("notes/today.txt");
    ```

    Each function demands a capability for the path that it is given: `mlpy run --allow 'file.read:./data/**' report.ml`. Paths are relative
    to the folder that the grants are relative to; `~` and `$` stand for themselves. `read`, `readLines`, `readBytes`, `lines` and the questions
    demand `file.read`, `write`, `writeLines` and `writeBytes` `file.write`, `append` `file.append`, `delete` `file.delete`; `copy` and `move` what
    they do on both sides. Bytes that are read and written count against `bytes=` of a grant.

    A file is replaced as a whole or not at all: the new content is written beside it and then takes its name, with the permissions of the
    file that was there. Folders on the way to a file that is written are made. A link is followed only where its target is granted
    too. Devices, pipes, sockets and what lies below `/dev`, `/proc` and `/sys` are no files here.

    Where code, configuration or keys are loaded from, whatever writes demands `code.write:` as well: in folders of modules and in
    `.git` and its like everything, below the project and Python's path what a start would load, such as `.ml` and `.py` files and
    `mlpy.toml`. The keys of mlpy itself cannot be read.

    Text is in UTF-8 unless `encoding` says otherwise: ascii, cp1252, latin-1, utf-8, utf-8-sig, utf-16, utf-16-le or utf-16-be. What is missing, or cannot
    be used, is an `IOError`, text that does not fit the encoding a `ValueError`. A file above 64 MB is walked over with `lines`, which holds
    a line at a time; a program may have 64 of these open, each until its end is reached or nothing refers to it.
    """


# ── reading ──


@ml_function(capability="file.read:{path}")
def read(path: str, encoding: str = "utf-8") -> str:
    """The text of a file. Example: `file.write("a.txt", "hello"); file.read("a.txt")` → `"hello"`."""
    return files.read_text(path, encoding)


@ml_function(capability="file.read:{path}")
def read_lines(path: str, encoding: str = "utf-8") -> list[str]:
    r"""The lines of a file without their ends, which are LF or CRLF. Example: `file.write("a.txt", "x\ny\n"); file.readLines("a.txt")` → `["x", "y"]`."""
    found = files.read_text(path, encoding).split("\n")
    if len(found) > MAX_ITEMS:
        too_many_items()
    if not found[-1]:
        found.pop()
    return without_returns(found)


@ml_function(capability="file.read:{path}")
def read_bytes(path: str) -> list[int]:
    """The bytes of a file as an array. Example: `file.writeBytes("a.bin", [0, 255]); file.readBytes("a.bin")` → `[0, 255]`."""
    return [*files.read_bytes(path, MAX_ITEMS)]


@ml_function(capability="file.read:{path}")
def lines(path: str, encoding: str = "utf-8") -> IteratorValue:
    r"""The lines of a file, one at a time, for `for` and `next`. Example: `file.write("a.txt", "x\ny\n"); [...file.lines("a.txt")]` → `["x", "y"]`."""
    return IteratorValue(Lines(path, files.codec(encoding)))


class Lines:
    """The lines of an opened file. `ready` are those that have been read, last first; `begun` is the beginning of the next.

    The file closes at its end, when nothing refers to this any more, and with the run.
    """

    def __init__(self, path: str, codec: str) -> None:
        file = files.reader(path)
        self.path = path
        self.codec = codec
        self.text = TextIOWrapper(file, codec, newline="\n")
        gate = in_use.get().gate
        self.run = None if gate is None else gate.run
        if self.run is not None:
            self.run.keep(self.text)
        self.ready: list[str] = []
        self.begun: list[str] = []
        self.size = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        while not self.ready:
            if self.text.closed:
                raise StopIteration
            self.fill()
        return self.ready.pop()

    def __length_hint__(self) -> int:
        return len(self.ready)

    def fill(self) -> None:
        """Reads a chunk; the file closes at its end."""
        try:
            chunk = self.text.read(CHUNK)
        except UnicodeError:
            self.close()
            raise files.no_text(self.path, self.codec) from None
        except OSError as error:
            self.close()
            raise files.failure(self.path, error) from error
        *whole, rest = chunk.split("\n")
        if whole:
            whole[0] = "".join([*self.begun, whole[0]])
            self.begun, self.size = [], 0
        self.begun.append(rest)
        self.size += len(rest)
        if self.size > MAX_TEXT:
            self.close()
            too_much_text()
        if not chunk:
            self.close()
            whole += ["".join(self.begun)] if self.size else []
        self.ready = without_returns(whole)
        self.ready.reverse()

    def close(self) -> None:
        """Lets the file go."""
        self.text.close()
        if self.run is not None:
            self.run.drop(self.text)

    def __del__(self) -> None:
        if "size" in self.__dict__:
            self.close()


def without_returns(found: list[str]) -> list[str]:
    """Lines without the CR that may stand before an LF."""
    return [line[:-1] if line[-1:] == "\r" else line for line in found]


# ── writing ──


@ml_function(capability="file.write:{path}")
def write(path: str, text: str, encoding: str = "utf-8") -> None:
    """Makes a file of a text, in place of what was there. Example: `file.write("out/a.txt", "hello"); file.size("out/a.txt")` → `5`."""
    files.replace(path, files.encoded(given_text(text, "text"), encoding))


@ml_function(capability="file.write:{path}")
def write_lines(path: str, lines: list[str], encoding: str = "utf-8") -> None:
    r"""Makes a file of lines, each with an LF at its end. Example: `file.writeLines("a.txt", ["x", "y"]); file.read("a.txt")` → `"x\ny\n"`."""
    files.replace(path, files.encoded(joined(given_list(lines, "lines")), encoding))


@ml_function(capability="file.write:{path}")
def write_bytes(path: str, bytes: list[int]) -> None:  # noqa: A002  the name in the language
    """Makes a file of an array of bytes. Example: `file.writeBytes("a.bin", [104, 105]); file.read("a.bin")` → `"hi"`."""
    files.replace(path, packed(given_list(bytes, "bytes")))


@ml_function(capability="file.append:{path}")
def append(path: str, text: str, encoding: str = "utf-8") -> None:
    """Adds a text to the end of a file, which is made if need be. Example: `file.append("log.txt", "one "); file.append("log.txt", "two"); file.read("log.txt")` → `"one two"`."""
    files.append(path, files.encoded(given_text(text, "text"), encoding))


# ── other deeds ──


@ml_function(capability="file.delete:{path}")
def delete(path: str) -> None:
    """Deletes a file; of a link the link. Example: `file.write("a.txt", ""); file.delete("a.txt"); file.exists("a.txt")` → `false`."""
    files.remove(path)


@ml_function(capability=("file.read:{source}", "file.write:{target}"))
def copy(source: str, target: str) -> None:
    """Makes a file with the content of another. Example: `file.write("a.txt", "hi"); file.copy("a.txt", "b.txt"); file.read("b.txt")` → `"hi"`."""
    files.copy(source, target)


@ml_function(capability=("file.read:{source}", "file.delete:{source}", "file.write:{target}"))
def move(source: str, target: str) -> None:
    """Gives a file another name, also in another folder. Example: `file.write("a.txt", "hi"); file.move("a.txt", "b.txt"); [file.exists("a.txt"), file.read("b.txt")]` → `[false, "hi"]`."""
    files.move(source, target)


# ── questions ──


@ml_function(capability="file.read:{path}")
def exists(path: str) -> bool:
    """Whether a file or folder stands at a path. Example: `file.exists("nowhere.txt")` → `false`."""
    return files.status(path) is not None


@ml_function(capability="file.read:{path}")
def is_file(path: str) -> bool:
    """Whether a file stands at a path. Example: `file.write("a.txt", ""); [file.isFile("a.txt"), file.isFile(".")]` → `[true, false]`."""
    return files.of_kind(path, S_ISREG)


@ml_function(capability="file.read:{path}")
def is_directory(path: str) -> bool:
    """Whether a folder stands at a path. Example: `[file.isDirectory("."), file.isDirectory("nowhere")]` → `[true, false]`."""
    return files.of_kind(path, S_ISDIR)


@ml_function(capability="file.read:{path}")
def size(path: str) -> int:
    """How many bytes a file has. Example: `file.write("a.txt", "é"); file.size("a.txt")` → `2`."""
    return known(path).st_size


@ml_function(capability="file.read:{path}")
def modified_time(path: str) -> float:
    """When a file was last written, in seconds since 1970. Example: `file.write("a.txt", ""); file.modifiedTime("a.txt") > 1.6e9` → `true`."""
    return known(path).st_mtime


def known(path: str) -> stat_result:
    """What is known of what stands at a path; an IOError where nothing does."""
    state = files.status(path)
    if state is None:
        raise files.missing(path)
    return state


# ── arguments ──


def given_text(value: object, name: str) -> str:
    """The value, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def given_list(value: object, name: str) -> list[object]:
    """The value as it is now, or a TypeError unless it is an array."""
    if type(value) is not list:
        raise wrong_type(value, name, "an array")
    return value[:]


def joined(found: list[object]) -> str:
    """Lines as one text."""
    if not STR.issuperset(map(type, found)):
        raise MLError("`lines` must hold strings", "TypeError")
    texts: Sequence[str] = found  # type: ignore[assignment]  # as was looked at
    if sum(map(len, texts)) + len(texts) > MAX_TEXT:
        too_much_text()
    return "\n".join(texts) + "\n" if texts else ""


def packed(numbers: list[object]) -> bytes:
    """Numbers as bytes."""
    if not INT.issuperset(map(type, numbers)):
        raise MLError("`bytes` must hold whole numbers from 0 to 255", "TypeError")
    try:
        return bytes(numbers)  # type: ignore[arg-type]  # whole numbers, as was looked at
    except ValueError:
        raise MLError("`bytes` must hold whole numbers from 0 to 255", "ValueError") from None


interruptible(without_returns, joined, packed)
