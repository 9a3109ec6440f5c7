"""What a user may write for a model: `org/name`, `name`, either with `@revision` or `#revision`; checked before any disk or network is asked."""

from __future__ import annotations

import re

from mlpy.extensions.models.failures import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import NoReturn

LONGEST = 96  # characters of a segment: the Hub's limit
LONGEST_REVISION = 255
HOME = "mlx-community"  # where a bare name is looked for first

# `huggingface_hub.utils.validate_repo_id` says the same, but importing it takes longer than `mlpy models list` may; a test compares the two.
SEGMENT = re.compile(r"\w(?:[\w.-]*\w)?", re.ASCII)
REVISION = re.compile(r"\w[\w./-]*", re.ASCII)
HASH = re.compile(r"[0-9a-f]{1,64}")
# What a hub resolves though the owner of the model named it by no branch or tag: pull requests, and commits, as `git describe` writes them, too.
STRANGE = re.compile(r"(?:refs|pr)/.*|(?:.*-g)?[0-9a-f]{4,}", re.IGNORECASE)
RULE = "a name is `org/name` or `name`, each of letters, digits, `.`, `_` and `-`"


class Wanted:
    """A name that a user has written, taken apart: `name` as the Hub has it, `revision` behind `@` or `#`, else None."""

    __slots__ = ("name", "revision", "text")

    def __init__(self, text: str) -> None:
        """Takes a text apart.

        Raises:
            ModelError: `invalid_name`, where the Hub would never have such a name.
        """
        self.text = text
        at = min((place for mark in "@#" if (place := text.find(mark)) >= 0), default=len(text))
        self.name = checked(text[:at])
        self.revision = None if at == len(text) else checked_revision(text, text[at + 1 :])

    @property
    def bare(self) -> bool:
        """Whether no organization is named."""
        return "/" not in self.name

    @property
    def full(self) -> str:
        """The name to ask the Hub for: a bare one stands for a model of `mlx-community`."""
        return f"{HOME}/{self.name}" if self.bare else self.name

    @property
    def strange(self) -> bool:
        """Whether the revision may be what a stranger has offered, and the owner of the model never took: a pull request, or a commit, which may be of one."""
        return self.revision is not None and STRANGE.fullmatch(self.revision) is not None

    def __repr__(self) -> str:
        return f"<Wanted {self.text}>"


def checked(name: str) -> str:
    """A name if the Hub could have it."""
    segments = name.split("/")
    if len(segments) > 2:
        refuse(name, "it has more than one `/`")
    for segment in segments:
        if not segment:
            refuse(name, "it is empty" if not name else "nothing stands beside its `/`")
        if len(segment) > LONGEST:
            refuse(name, f"`{shortened(segment)}` has {len(segment)} characters, and {LONGEST} are allowed")
        if SEGMENT.fullmatch(segment) is None:
            refuse(name, "it begins or ends with `.` or `-`, or has a character that names have not")
    for pair in ("--", ".."):
        if pair in name:
            refuse(name, f"it has `{pair}` in it")
    if name.endswith(".git"):
        refuse(name, "it ends with `.git`")
    return name


def checked_revision(text: str, revision: str) -> str:
    """A branch, a tag or the beginning of a commit's hash."""
    if len(revision) > LONGEST_REVISION or REVISION.fullmatch(revision) is None or ".." in revision or revision.endswith(("/", ".lock")):
        raise ModelError("invalid_name", f"`{shortened(text)}` names no revision", hint="write `name@main`, or the first characters of a commit's hash")
    return revision


def refuse(name: str, reason: str) -> NoReturn:
    raise ModelError("invalid_name", f"`{shortened(name)}` is no name of a model: {reason}", hint=RULE)


def shortened(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + "…"
