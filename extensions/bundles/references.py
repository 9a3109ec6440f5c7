"""What a user may write for a bundle in a registry: `[oci://]host[:port]/name[:tag|@sha256:…]`, checked before any network is asked.

The grammar of names, tags and digests is that of the OCI distribution specification 1.1; a host is always written out, as no registry is meant when none is named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mlpy.extensions.bundles.failures import BundleError

from mlpy.errors import MLError
from mlpy.urls import bracketed, read_authority

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import NoReturn

LATEST = "latest"  # the tag where none is named
LONGEST_NAME = 255  # characters of host and name
SCHEME = "oci://"
NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
RULE = "write `host/name:tag` or `host/name@sha256:…`, as in `registry.example.org/team/model:1.0`"
SHOWN = 120  # characters of a text that a message quotes


@dataclass(frozen=True, slots=True)
class Reference:
    """A bundle in a registry: `registry` is `host` or `host:port`, `name` the repository; either a tag, or a digest, or neither."""

    registry: str
    name: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Takes a text apart.

        Raises:
            BundleError: `bad_reference`.
        """
        registry, slash, rest = text.removeprefix(SCHEME).partition("/")
        if "://" in text and not text.startswith(SCHEME):
            refuse(text, "it is the address of a page")
        if not slash or not rest or not names_host(registry):
            refuse(text, "it names no registry" if rest or not slash else "it names nothing in the registry")
        name, at, digest = rest.partition("@")
        name, colon, tag = name.partition(":")
        if colon and at:
            refuse(text, "it has a tag and a digest")
        return cls(checked_registry(text, registry), checked_name(text, name), checked_tag(tag) if colon else None, checked_digest(text, digest) if at else None)

    @property
    def repository(self) -> str:
        """`host[:port]/name`: what a grant names."""
        return f"{self.registry}/{self.name}"

    @property
    def version(self) -> str:
        """What a registry is asked for: the digest, the tag, or `latest`."""
        return self.digest or self.tag or LATEST

    @property
    def text(self) -> str:
        """As it is written, with what it stands for."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.version}"

    def tagged(self, tag: str) -> Reference:
        """The same repository under a tag; raises BundleError (`bad_reference`)."""
        return replace(self, tag=checked_tag(tag), digest=None)

    def pinned(self, digest: str) -> Reference:
        """The same repository under a digest."""
        return replace(self, tag=None, digest=digest)


def names_host(text: str) -> bool:
    """Whether the first part of a reference is a host, and not the beginning of a name."""
    return text == "localhost" or any(mark in text for mark in ".:[")


def checked_registry(text: str, registry: str) -> str:
    """A host in lower case, with the port where one is written."""
    try:
        host, port = read_authority(registry, "https")
    except MLError:
        refuse(text, "its host is none")
    return f"{bracketed(host)}:{port}" if re.search(r":\d+$", registry) and not registry.endswith("]") else bracketed(host)


def checked_name(text: str, name: str) -> str:
    if NAME.fullmatch(name) is None:
        lower = "; names are in lower case" if name != name.lower() else ""
        refuse(text, f"a name has lower-case letters, digits, and `.`, `_` or `-` between them{lower}")
    if len(text) > LONGEST_NAME + len("@sha256:") + 64:
        refuse(text, f"host and name have more than {LONGEST_NAME} characters")
    return name


def checked_tag(tag: str) -> str:
    """A tag, if a registry could have it; raises BundleError (`bad_reference`)."""
    if TAG.fullmatch(tag) is None:
        message = f"`{shortened(tag)}` is no tag: it has up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two"
        raise BundleError("bad_reference", message, hint="write a tag like `1.0`")
    return tag


def checked_digest(text: str, digest: str) -> str:
    if DIGEST.fullmatch(digest) is None:
        refuse(text, "its digest is not `sha256:` and 64 hexadecimal digits")
    return digest


def refuse(text: str, reason: str) -> NoReturn:
    raise BundleError("bad_reference", f"`{shortened(text)}` is no reference to a bundle: {reason}", hint=RULE)


def shortened(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= SHOWN else text[: SHOWN // 2] + "…"
