"""What commands and programs ask of bundles in a registry: one opened by its reference, and its tags."""

from __future__ import annotations

from dataclasses import dataclass

from mlpy.extensions.bundles.artifact import agree, read
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.registry import Repository, digest_of

from mlpy.crew import Crew

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.bundles.artifact import Artifact
    from mlpy.extensions.bundles.manifest import Manifest
    from mlpy.extensions.bundles.references import Reference

    from mlpy.progress import Progress


@dataclass(frozen=True, slots=True)
class Remote:
    """A bundle in a registry, all that is said of it checked: `digest` is that of its manifest there."""

    reference: Reference
    digest: str
    artifact: Artifact
    manifest: Manifest

    def record(self) -> dict[str, object]:
        """All about it, as the command and the module give it."""
        return {
            "reference": self.reference.text,
            "digest": self.digest,
            "bundle_digest": self.manifest.digest,
            "size": self.artifact.size,
            "files": [{"path": path, "size": file.size, "digest": file.digest} for path, file in self.manifest.files.items()],
            "models": [{"id": name, "class": model.class_, "files": list(model.files)} for name, model in self.manifest.models.items()],
        }


def opened(repository: Repository) -> Remote:
    """The bundle under a repository's reference; on a thread of its crew.

    Raises:
        BundleError: `not_found`, `not_a_bundle`, `invalid_manifest`, `unsafe_path`, `case_collision`, `digest_mismatch`, or what is wrong with the registry.
    """
    reference = repository.reference
    data = repository.manifest(reference.version)
    if data is None:
        raise absent(reference)
    artifact = read(data)
    return Remote(reference, digest_of(data), artifact, agree(artifact))


def inspect(reference: Reference, *, plain_http: bool = False, progress: Progress | None = None) -> Remote:
    """The bundle under a reference, without its files; raises as `opened`."""
    crew = Crew("inspect", progress)
    return crew.call(lambda: opened(Repository(reference, crew, plain_http=plain_http)))


def tags(reference: Reference, *, plain_http: bool = False, progress: Progress | None = None) -> list[str]:
    """All tags of the repository that a reference names, in order.

    Raises:
        BundleError: `not_found`, or what is wrong with the registry.
    """
    crew = Crew("tags", progress)
    found = crew.call(lambda: Repository(reference, crew, plain_http=plain_http).tags())
    if found is None:
        raise BundleError("not_found", f"the registry `{reference.registry}` has no `{reference.name}`, or hides it", hint="`mlpy bundle push` makes it")
    return found


def absent(reference: Reference) -> BundleError:
    return BundleError("not_found", f"there is no `{reference.text}`, or the registry hides it", hint=f"`mlpy bundle tags {reference.repository}` lists what is there")
