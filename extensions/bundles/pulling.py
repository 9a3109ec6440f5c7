"""Pulls a bundle into a new folder: every file is compared with its digest, and the folder appears when all of them are there and whole."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.paths import MANIFEST
from mlpy.extensions.bundles.place import Place, copy, told, write
from mlpy.extensions.bundles.registry import Repository, mismatch
from mlpy.extensions.bundles.remote import Remote, opened

from mlpy.crew import Crew

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.extensions.bundles.artifact import Layer
    from mlpy.extensions.bundles.references import Reference

    from mlpy.progress import Progress


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull has brought."""

    bundle: Remote
    folder: str
    bytes_downloaded: int

    def record(self) -> dict[str, object]:
        bundle = self.bundle
        return {
            "reference": bundle.reference.text,
            "folder": self.folder,
            "digest": bundle.digest,
            "bundle_digest": bundle.manifest.digest,
            "files": len(bundle.manifest.files),
            "size": bundle.artifact.size,
            "bytes_downloaded": self.bytes_downloaded,
        }


def pull(reference: Reference, folder: str | None = None, *, parent: int | None = None, plain_http: bool = False, progress: Progress | None = None) -> Pulled:
    """Brings a bundle into a new folder, or an empty one.

    Args:
        reference: the bundle.
        folder: where it is to lie; by default the last part of its name, in the current folder.
        parent: the opened folder in which `folder` is a name, where the caller has one.
        plain_http: a registry that is not this machine may be asked without encryption.
        progress: hears how it goes; what its `refresh` raises ends the pull, and nothing stays of it.

    Raises:
        BundleError: `already_exists`, `blob_not_found`, `case_collision`, `digest_mismatch`, `disk_full`, `file_not_found`, `invalid_manifest`, `not_a_bundle`, `not_found`, `unsafe_path`, `unwritable`,
            or what is wrong with the registry.
    """
    wanted = folder or reference.name.rpartition("/")[2]
    crew = Crew(f"pull {reference.name}", progress)
    repository = Repository(reference, crew, plain_http=plain_http)
    with at(wanted, parent) as (above, name), Place(above, name) as place:
        bundle = crew.call(lambda: opened(repository))
        received = Pull(repository, place).perform(bundle)
        place.publish()
    return Pulled(bundle, wanted, received)


@contextmanager
def at(folder: str, parent: int | None) -> Iterator[tuple[int, str]]:
    """The opened folder that a place lies in, and its name there."""
    if parent is not None:
        yield parent, folder
        return
    above, name = os.path.split(os.path.abspath(folder))
    if not name:
        raise BundleError("already_exists", f"`{folder}` exists already", hint="a bundle is pulled into a new folder: name another")
    try:
        held = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise BundleError("file_not_found", f"the folder that `{folder}` is to lie in is not there") from None
    try:
        yield held, name
    finally:
        os.close(held)


class Pull:
    """One pull into one place."""

    def __init__(self, repository: Repository, place: Place) -> None:
        self.repository = repository
        self.place = place

    def perform(self, bundle: Remote) -> int:
        """Brings the files side by side, the largest first; gives the bytes that came over the network."""
        listing = bundle.manifest.text.encode()
        self.place.require_room(bundle.artifact.size + len(listing))
        with self.place.created(MANIFEST) as file:
            write(file, listing, MANIFEST)
        paths: dict[Layer, list[str]] = {}
        for path, layer in bundle.artifact.files.items():
            paths.setdefault(layer, []).append(path)
        self.repository.crew.work(sorted(paths.items(), key=lambda item: -item[0].size), lambda item: self.bring(*item))
        return sum(layer.size for layer in paths)

    def bring(self, layer: Layer, paths: list[str]) -> None:
        """Brings one content to all the paths that have it."""
        first, *others = paths
        with self.place.created(first) as file:
            self.download(layer, file, first)
            for path in others:
                with self.place.created(path) as another:
                    copy(file, another, path)

    def download(self, layer: Layer, file: int, path: str) -> None:
        """Brings one content into a new file, from where a connection broke off; raises `digest_mismatch` for another one."""
        task, digest, size = self.repository.crew.progress.task(path, layer.size), hashlib.sha256(), 0

        def receive() -> None:
            nonlocal size
            with self.repository.reading(layer.digest, size, layer.size) as (response, passed):
                for piece in self.repository.pieces(response):
                    fresh = piece[passed:]
                    passed = max(passed - len(piece), 0)
                    size += len(fresh)
                    if size > layer.size:
                        raise mismatch(self.repository.reference.registry, layer.digest, path)
                    digest.update(fresh)
                    write(file, fresh, path)
                    task.advance(len(fresh))

        if layer.size:
            self.repository.persist(receive, moved=lambda: size)
        if size != layer.size or f"sha256:{digest.hexdigest()}" != layer.digest:
            raise mismatch(self.repository.reference.registry, layer.digest, path)
        with told(path):
            os.fsync(file)
        task.end()
