"""What is different in two manifests: files by their digests, models by their class and files."""

from __future__ import annotations

from dataclasses import dataclass

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import written
from mlpy.extensions.bundles.paths import MANIFEST
from mlpy.extensions.bundles.synced import last

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Mapping
    from typing import Literal

    from mlpy.extensions.bundles.manifest import Manifest
    from mlpy.extensions.bundles.project import Project

    Change = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One file or model that two bundles do not have in common: `old` and `new` are what it is there, as in `manifest.json`."""

    kind: str
    name: str
    old: dict[str, object] | None
    new: dict[str, object] | None

    @property
    def change(self) -> Change:
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    def record(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "change": self.change, "old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True)
class Base:
    """What a project is compared with: the bundle that was pushed or pulled last, or that `manifest.json` describes; `title` is what people call it."""

    title: str
    manifest: Manifest | None


def base_of(project: Project) -> Base:
    """What a project is compared with where nothing else is named."""
    synced = last(project.root)
    if synced is not None:
        return Base(synced.reference, synced.manifest)
    try:
        found = written(project)
    except BundleError:
        found = None
    return Base(MANIFEST if found is not None else "nothing", found)


def compare(old: Manifest | None, new: Manifest) -> list[Difference]:
    """What became of an older bundle: models first, then files, each by name."""
    before = old.content() if old is not None else {"models": {}, "files": {}}
    after = new.content()
    return [one for kind in ("model", "file") for one in of_kind(kind, table(before[f"{kind}s"]), table(after[f"{kind}s"]))]


def of_kind(kind: str, old: Mapping[str, dict[str, object]], new: Mapping[str, dict[str, object]]) -> list[Difference]:
    return [Difference(kind, name, old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)]


def table(value: object) -> Mapping[str, dict[str, object]]:
    assert isinstance(value, dict)
    return value
