"""Compares a folder with the `manifest.json` in it, file by file and digest by digest, and that with the bundle in a registry, where one is named."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from mlpy.extensions.bundles.contents import PIECE, opened
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.ignoring import NEVER
from mlpy.extensions.bundles.manifest import LARGEST, parse
from mlpy.extensions.bundles.paths import MANIFEST

from mlpy.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.extensions.bundles.manifest import File, Manifest
    from mlpy.extensions.bundles.remote import Remote


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a folder is against its manifest: `changed`, `missing` and `odd` (links, and what else is no file) are paths that are not as they were; `extra` are files that it does not list."""

    manifest: Manifest
    changed: list[str]
    missing: list[str]
    odd: list[str]
    extra: list[str]
    remote: Remote | None
    exact: bool

    @property
    def whole(self) -> bool:
        """Whether every file of the bundle is what it was, and the registry has the same."""
        same = self.remote is None or self.remote.manifest.digest == self.manifest.digest
        return same and not (self.changed or self.missing or self.odd or (self.exact and self.extra))

    def record(self) -> dict[str, object]:
        remote = self.remote
        return {
            "bundle_digest": self.manifest.digest,
            "files": len(self.manifest.files),
            "verified": self.whole,
            "changed": self.changed,
            "missing": self.missing,
            "odd": self.odd,
            "extra": self.extra,
            "against": None if remote is None else {"reference": remote.reference.text, "digest": remote.digest, "bundle_digest": remote.manifest.digest},
        }


def verify(folder: str, *, remote: Remote | None = None, exact: bool = False, progress: Progress | None = None) -> Verdict:
    """Reads every file that the manifest of a folder lists; `remote` is a bundle that it should be, `exact` allows no other files.

    Raises:
        BundleError: `not_a_bundle` without a manifest, `invalid_manifest`, `unreadable`; what `progress.refresh` raises ends it.
    """
    shown = progress or Progress()
    manifest = read(folder)
    found: dict[str, list[str]] = {"changed": [], "missing": [], "odd": []}
    task = shown.task("files", manifest.size)
    for path, file in manifest.files.items():
        state = compare(folder, path, file, shown)
        if state is not None:
            found[state].append(path)
        task.advance(file.size)
    task.end()
    return Verdict(manifest, **found, extra=sorted(set(listed(folder)) - {*manifest.files, MANIFEST}), remote=remote, exact=exact)


def read(folder: str) -> Manifest:
    """The manifest that lies in a folder."""
    if not os.path.isdir(folder):
        raise BundleError("file_not_found", f"there is no folder `{folder}`")
    try:
        with opened(folder, MANIFEST) as file:
            data = bytearray()
            while (piece := os.read(file, PIECE)) and len(data) <= LARGEST:
                data += piece
    except BundleError as failure:
        if failure.type != "file_not_found":
            raise
        raise BundleError("not_a_bundle", f"there is no `{MANIFEST}` in `{folder}`", hint="`mlpy bundle manifest` writes one, and `mlpy bundle pull` brings one") from None
    return parse(bytes(data))


def compare(folder: str, path: str, file: File, progress: Progress) -> str | None:
    """What is wrong with a file, or None."""
    digest, size = hashlib.sha256(), 0
    try:
        with opened(folder, path) as held:
            if os.fstat(held).st_size != file.size:
                return "changed"
            while piece := os.read(held, PIECE):
                progress.refresh()
                digest.update(piece)
                size += len(piece)
    except BundleError as failure:
        if failure.type == "file_not_found":
            return "missing"
        if failure.type == "not_a_file":
            return "odd"
        raise
    return None if size == file.size and digest.hexdigest() == file.sha256 else "changed"


def listed(folder: str) -> Iterator[str]:
    """All that lies in a folder, but folders and what no bundle ever holds, by path."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NEVER]
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in [*names, *links]:
            yield os.path.relpath(os.path.join(place, name), folder)
