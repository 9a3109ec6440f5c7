"""Pushes the bundle of a project: what the registry lacks goes there side by side, and the manifest last, so that nobody sees half of a bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from mlpy.extensions.bundles.artifact import compose
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import build
from mlpy.extensions.bundles.references import LATEST, Reference, checked_name
from mlpy.extensions.bundles.registry import Repository, digest_of
from mlpy.extensions.bundles.uploads import MOUNTED, UPLOADED, Upload

from mlpy.crew import Crew

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable

    from mlpy.extensions.bundles.contents import Content
    from mlpy.extensions.bundles.manifest import Manifest
    from mlpy.extensions.bundles.project import Project

    from mlpy.progress import Progress

PRESENT = "present"


@dataclass(slots=True)
class Pushed:
    """What a push has done, or would do: contents by what became of them, and bytes that went over the network."""

    reference: Reference
    tags: list[str]
    digest: str
    manifest: Manifest
    dry_run: bool
    blobs: dict[str, int] = field(default_factory=lambda: dict.fromkeys((UPLOADED, MOUNTED, PRESENT), 0))
    bytes_uploaded: int = 0

    def record(self) -> dict[str, object]:
        return {
            "reference": self.reference.pinned(self.digest).text,
            "repository": self.reference.repository,
            "tags": self.tags,
            "digest": self.digest,
            "bundle_digest": self.manifest.digest,
            "files": len(self.manifest.files),
            "size": self.manifest.size,
            "blobs": self.blobs,
            "bytes_uploaded": self.bytes_uploaded,
            "dry_run": self.dry_run,
        }


def destination(project: Project, text: str | None) -> Reference:
    """Where a project is pushed to: what is written, else what its settings name.

    Raises:
        BundleError: `no_registry`, `bad_reference`.
    """
    named = text or project.registry
    if not named:
        raise BundleError("no_registry", "no registry is named, neither here nor in the settings of the bundle", hint="`mlpy bundle push host/name` names one")
    return Reference.parse(named)


def push(
    project: Project,
    reference: Reference,
    *,
    tags: Iterable[str] = (),
    mount: str | None = None,
    dry_run: bool = False,
    plain_http: bool = False,
    progress: Progress | None = None,
) -> Pushed:
    """Brings the bundle of a project into a registry, as the project is now.

    Args:
        project: whose bundle.
        reference: where to; its tag is one of those that the bundle gets.
        tags: further tags; `latest`, where there is none at all.
        mount: another repository of the registry, whose contents are taken over instead of uploaded where it has them.
        dry_run: only asks what the registry lacks.
        plain_http: a registry that is not this machine may be asked without encryption.
        progress: hears how it goes; what its `refresh` raises ends the push. What the registry has got, it keeps.

    Raises:
        BundleError: what `manifest.build` finds, `bad_reference` for a digest, `digest_mismatch`, `file_changed`, `too_large`, `unauthorized`, or what is wrong with the registry.
    """
    if reference.digest:
        raise BundleError("bad_reference", "a bundle is pushed to a tag, its digest follows from what it holds", hint=f"write `{reference.repository}:1.0`")
    names = sorted({each.tag or LATEST for each in [*([reference] if reference.tag else []), *map(reference.tagged, tags)]}) or [LATEST]
    if mount is not None:
        checked_name(mount, mount)
    manifest = build(project)
    data, contents = compose(manifest, project.root)
    done = Pushed(reference, names, digest_of(data), manifest, dry_run)
    crew = Crew(f"push {reference.name}", progress)
    repository = Repository(reference, crew, push=not dry_run, mount=mount, plain_http=plain_http)
    Push(repository, done, mount).perform(contents, data)
    return done


class Push:
    """One push: `done` counts what becomes of each content."""

    def __init__(self, repository: Repository, done: Pushed, mount: str | None) -> None:
        self.repository = repository
        self.done = done
        self.mount = mount
        self.guard = Lock()

    def perform(self, contents: list[Content], manifest: bytes) -> None:
        """Brings contents side by side, the largest first, and then the manifest under each tag."""
        crew = self.repository.crew
        first, *rest = sorted(contents, key=lambda content: content.size)
        crew.call(lambda: self.bring(first))  # one thread finds out what the registry wants to know
        crew.work(rest[::-1], self.bring)
        if not self.done.dry_run:
            crew.work(self.done.tags, lambda tag: self.repository.put_manifest(tag, manifest))

    def bring(self, content: Content) -> None:
        """Sees that the registry has a content."""
        task = self.repository.crew.progress.task(content.path or "configuration", content.size)
        sent, fate = 0, PRESENT
        if self.repository.holds(content.digest):
            task.restart(content.size)
        elif self.done.dry_run:
            sent, fate = content.size, UPLOADED
        else:
            upload = Upload(self.repository, content, task)
            fate = upload.run(self.mount)
            sent = upload.sent
        task.end()
        with self.guard:
            self.done.blobs[fate] += 1
            self.done.bytes_uploaded += sent
