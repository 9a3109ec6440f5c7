"""The languages of scripts: how a file shows which one it is written in, how its comments look, and what runs it.

A shebang beats the extension; a file without an extension is a script by its shebang alone.
"""

from __future__ import annotations

import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

LONGEST_SHEBANG = 512  # bytes of a first line that are looked at
VERSION = re.compile(r"[\d.]+$")
ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)


class Language:
    """A language: `extensions` with their dots, the first being that of new scripts; `shebangs` are the names of its interpreters without versions, and `comment` begins a comment.

    `block` are the ends of a comment of several lines. `interpreters` are command lines, the best first, to which the path of a script and its arguments are added; there is
    none where mlpy itself runs scripts of this language.
    """

    __slots__ = ("block", "comment", "extensions", "interpreters", "name", "shebangs", "title")

    def __init__(
        self,
        name: str,
        title: str,
        extensions: str,
        *,
        shebangs: str = "",
        comment: str = "#",
        block: tuple[str, str] | None = None,
        interpreters: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.name = name
        self.title = title
        self.extensions = tuple(extensions.split())
        self.shebangs = tuple(shebangs.split())
        self.comment = comment
        self.block = block
        self.interpreters = interpreters

    @property
    def extension(self) -> str:
        """The extension of new scripts, with its dot."""
        return self.extensions[0]

    def argv(self) -> tuple[str, ...] | None:
        """The command line of the first of its interpreters that is on `PATH`; None where none is, or mlpy runs the scripts itself."""
        return next((argv for argv in self.interpreters if installed(argv[0])), None)

    def answers_to(self, word: str) -> bool:
        """Whether `name:WORD` means this language: by its name, or an extension without its dot."""
        return word.lower() == self.name or f".{word.lower()}" in self.extensions

    def is_run_by(self, program: str) -> bool:
        """Whether an interpreter is one of its own, as `deno` is one of JavaScript and of TypeScript."""
        return any(argv[0] == os.path.basename(program) for argv in self.interpreters)

    def __repr__(self) -> str:
        return f"<Language {self.name}>"


C_LIKE = ("/*", "*/")
LANGUAGES = {
    one.name: one
    for one in (
        Language("bash", "Bash", ".bash", shebangs="bash", interpreters=(("bash",),)),
        Language("fish", "fish", ".fish", shebangs="fish", interpreters=(("fish",),)),
        Language("javascript", "JavaScript", ".js .mjs .cjs", shebangs="node nodejs", comment="//", block=C_LIKE, interpreters=(("node",), ("deno", "run"), ("bun", "run"))),
        Language("ml", "ML", ".ml", shebangs="mlpy", comment="//", block=C_LIKE),
        Language("notebook", "Notebook", ".ipynb"),
        Language("perl", "Perl", ".pl", shebangs="perl", interpreters=(("perl",),)),
        Language("python", "Python", ".py", shebangs="python uv pypy", interpreters=((sys.executable or "python3",), ("python3",))),
        Language("ruby", "Ruby", ".rb", shebangs="ruby", interpreters=(("ruby",),)),
        Language("sh", "Shell", ".sh", shebangs="sh dash ash ksh", interpreters=(("sh",),)),
        Language(
            "typescript", "TypeScript", ".ts .mts .cts", shebangs="tsx ts-node deno bun", comment="//", block=C_LIKE, interpreters=(("tsx",), ("deno", "run"), ("bun", "run"))
        ),
        Language("zsh", "Zsh", ".zsh", shebangs="zsh", interpreters=(("zsh",),)),
    )
}
BY_EXTENSION = {extension: one for one in LANGUAGES.values() for extension in one.extensions}
BY_SHEBANG = {name: one for one in LANGUAGES.values() for name in one.shebangs}


def language_of(path: str) -> Language | None:
    """The language of a script by its first line or its name; None where it is no script. Reads no more than the first line.

    Raises:
        OSError: where it cannot be read.
    """
    name = os.path.basename(path)
    if name.endswith(".ipynb"):
        return LANGUAGES["notebook"]
    extension = os.path.splitext(name)[1]
    if extension and extension not in BY_EXTENSION:
        return None
    known = BY_EXTENSION.get(extension)
    words = shebang(first_line(path))
    if not words or (known is not None and known.is_run_by(words[0])):
        return known
    return interpreted_by(words[0]) or known


def named(word: str) -> Language | None:
    """The language that `name:WORD` and `-l WORD` mean."""
    return next((one for one in LANGUAGES.values() if one.answers_to(word)), None)


def interpreted_by(program: str) -> Language | None:
    """The language of an interpreter, whatever its version: `python3.12` runs Python."""
    name = os.path.basename(program)
    return BY_SHEBANG.get(name) or BY_SHEBANG.get(VERSION.sub("", name))


def shebang(line: str) -> list[str]:
    """The words of a shebang behind `env` and what it sets; empty where the line is none."""
    if not line.startswith("#!"):
        return []
    words = line[2:].split()
    return list(behind_env(words[1:])) if words and os.path.basename(words[0]) == "env" else words


def behind_env(words: list[str]) -> Iterator[str]:
    """What `env` runs: without its options and assignments."""
    within = False
    for word in words:
        within = within or not (word.startswith("-") or ASSIGNMENT.fullmatch(word))
        if within:
            yield word
        elif word.startswith(("-S", "--split-string=")) and (rest := word.removeprefix("--split-string=").removeprefix("-S")):
            within = True
            yield rest


def first_line(path: str) -> str:
    """The first line of a regular file, as far as a shebang may go."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        return stream.readline(LONGEST_SHEBANG).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").rstrip("\r\n")


def installed(program: str) -> bool:
    """Whether a program is there: a path, or a name on `PATH`."""
    from shutil import which  # noqa: PLC0415  who only lists never asks

    return which(program) is not None
