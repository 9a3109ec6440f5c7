"""A bundle as an OCI artifact: an image manifest (OCI image specification 1.1) with `artifactType`, the empty configuration, `manifest.json` as its first layer and a layer for each file.

A layer is the file itself, its path is `org.opencontainers.image.title`, so any client that knows artifacts can pull the files. Nothing of time, place or registry is in it: one content has one digest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from mlpy.extensions.bundles.contents import Content
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import parse, safe
from mlpy.extensions.bundles.paths import MANIFEST as LISTED
from mlpy.extensions.bundles.references import DIGEST
from mlpy.extensions.bundles.registry import MANIFEST, digest_of
from mlpy.extensions.bundles.transport import LARGEST

from mlpy.project import visible

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import NoReturn

    from mlpy.extensions.bundles.manifest import Manifest

BUNDLE = "application/vnd.modelops.bundle.v1"
LISTING = "application/vnd.modelops.bundle.manifest.v1+json"
FILE = "application/vnd.modelops.bundle.file.v1"
EMPTY = "application/vnd.oci.empty.v1+json"
TITLE = "org.opencontainers.image.title"
NAMED = "vnd.modelops.bundle.digest"  # the annotation that holds the bundle's own digest
NOTHING = b"{}"
LARGEST_LISTING = 64 << 20  # bytes of a `manifest.json`
LARGEST_FILE = 1 << 50
SHOWN = 80  # characters of a type that a message quotes


@dataclass(frozen=True, slots=True)
class Layer:
    """A content of an artifact: its digest, and its size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a manifest in a registry says: its `manifest.json`, and its other files by path; none of it is checked against the other yet."""

    listing: Layer
    files: dict[str, Layer]
    annotations: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(layer.size for layer in self.files.values())


def compose(manifest: Manifest, root: str) -> tuple[bytes, list[Content]]:
    """The manifest for a registry of the bundle of a project, and what it refers to, each content once.

    Raises:
        BundleError: `too_large`, where a registry need not take the manifest.
    """
    listing = manifest.text.encode()
    contents = [Content(digest_of(NOTHING), len(NOTHING), "", NOTHING), Content(digest_of(listing), len(listing), LISTED, listing)]
    contents += [Content(file.digest, file.size, path, root=root) for path, file in manifest.files.items()]
    made = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE,
        "config": {"mediaType": EMPTY, "digest": contents[0].digest, "size": contents[0].size},
        "layers": [layer(content, LISTING if place == 0 else FILE) for place, content in enumerate(contents[1:])],
        "annotations": {NAMED: manifest.digest},
    }
    data = json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
    if len(data) > LARGEST:
        raise BundleError("too_large", f"the bundle has {len(manifest.files):,} files, more than a registry takes as one artifact", hint="pack what belongs together into one file")
    return data, list({content.digest: content for content in reversed(contents)}.values())[::-1]


def layer(content: Content, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": content.digest, "size": content.size, "annotations": {TITLE: content.path}}


# ── what strangers say ───────────────────────────────────────────────────────────────────────────────────────────


def read(data: bytes) -> Artifact:
    """What a manifest from a registry says.

    Raises:
        BundleError: `not_a_bundle`, `unsafe_path`, `case_collision`, `invalid_manifest`.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("artifactType") != BUNDLE or found.get("mediaType", MANIFEST) != MANIFEST:
        kind = next((str(found[key]) for key in ("artifactType", "mediaType") if key in found), "nothing known") if isinstance(found, dict) else "nothing known"
        raise BundleError("not_a_bundle", "what is there is no bundle", detail={"artifact_type": kind[:SHOWN]}, hint="`mlpy bundle push` makes bundles")
    layers = found.get("layers")
    if not isinstance(layers, list) or not layers:
        damaged("it has no layers")
    (first, listing), *files = [member(each, LISTING if place == 0 else FILE) for place, each in enumerate(layers)]
    if first != LISTED:
        damaged(f"its first file is not `{LISTED}`")
    paths = [path for path, _ in files]
    safe([LISTED, *paths])
    annotations = found.get("annotations")
    kept = {str(name): str(value) for name, value in annotations.items()} if isinstance(annotations, dict) else {}
    return Artifact(listing, dict(files), kept)


def member(given: object, media_type: str) -> tuple[str, Layer]:
    """Path and content of a layer. One that is no plain file (an archive, which may hold links and devices) is refused."""
    if not isinstance(given, dict):
        damaged("it has a layer that is none")
    if given.get("mediaType") != media_type:
        damaged(f"it has a layer of the type `{visible(str(given.get('mediaType'))[:SHOWN])}`, and a bundle has files alone")
    annotations, digest, size = given.get("annotations"), given.get("digest"), given.get("size")
    title = annotations.get(TITLE) if isinstance(annotations, dict) else None
    if not isinstance(title, str):
        damaged("it has a file without a path")
    if not isinstance(digest, str) or DIGEST.fullmatch(digest) is None or type(size) is not int or not 0 <= size <= LARGEST_FILE:
        damaged("it has a file without a digest, or without a size")
    return title, Layer(digest, size)


def agree(artifact: Artifact, data: bytes) -> Manifest:
    """The `manifest.json` of an artifact, if the two say the same of every file.

    Raises:
        BundleError: `invalid_manifest`, and what `manifest.parse` raises.
    """
    manifest = parse(data)
    if {path: (file.digest, file.size) for path, file in manifest.files.items()} != {path: (layer.digest, layer.size) for path, layer in artifact.files.items()}:
        damaged(f"its layers are not the files that its `{LISTED}` lists")
    if artifact.annotations.get(NAMED, manifest.digest) != manifest.digest:
        damaged("it names another digest than it has")
    return manifest


def damaged(reason: str) -> NoReturn:
    raise BundleError("invalid_manifest", f"what is there is a damaged bundle: {reason}")
