"""A bundle as an OCI artifact: an image manifest (OCI image specification 1.1) with `artifactType`, the empty configuration, a layer for each file, and the models as an annotation.

A layer is the file itself, its path is `org.opencontainers.image.title`, so any client that knows artifacts can pull the files. Nothing of time, place or registry is in it: one content has one digest.
The layers list the files already: `manifest.json` follows from them and the models, and is no content of its own that every change would upload anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from mlpy.extensions.bundles.contents import Content
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import SCHEMA_VERSION, parse, safe
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
FILE = "application/vnd.modelops.bundle.file.v1"
EMPTY = "application/vnd.oci.empty.v1+json"
TITLE = "org.opencontainers.image.title"
NAMED = "vnd.modelops.bundle.digest"  # the annotation that holds the bundle's own digest
MODELS = "vnd.modelops.bundle.models"  # and the one with its models, as `manifest.json` has them
NOTHING = b"{}"
LARGEST_FILE = 1 << 50
SHOWN = 80  # characters of a type that a message quotes


@dataclass(frozen=True, slots=True)
class Layer:
    """A content of an artifact: its digest, and its size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a manifest in a registry says: its files by path, and its annotations; none of it is checked against the other yet."""

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
    contents = [Content(digest_of(NOTHING), len(NOTHING), "", NOTHING), *[Content(file.digest, file.size, path, root=root) for path, file in manifest.files.items()]]
    made = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE,
        "config": {"mediaType": EMPTY, "digest": contents[0].digest, "size": contents[0].size},
        "layers": [layer(content) for content in contents[1:]],
        "annotations": {NAMED: manifest.digest, MODELS: json.dumps(manifest.data["models"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)},
    }
    data = json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
    if len(data) > LARGEST:
        message = f"the bundle has {len(manifest.files):,} files and {len(manifest.models):,} models, more than a registry takes as one artifact"
        raise BundleError("too_large", message, hint="pack what belongs together into one file")
    return data, list({content.digest: content for content in reversed(contents)}.values())[::-1]


def layer(content: Content) -> dict[str, object]:
    return {"mediaType": FILE, "digest": content.digest, "size": content.size, "annotations": {TITLE: content.path}}


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
    files = [member(each) for each in layers]
    paths = [path for path, _ in files]
    safe([LISTED, *paths])
    annotations = found.get("annotations")
    kept = {str(name): str(value) for name, value in annotations.items()} if isinstance(annotations, dict) else {}
    return Artifact(dict(files), kept)


def member(given: object) -> tuple[str, Layer]:
    """Path and content of a layer. One that is no plain file (an archive, which may hold links and devices) is refused."""
    if not isinstance(given, dict):
        damaged("it has a layer that is none")
    if given.get("mediaType") != FILE:
        damaged(f"it has a layer of the type `{visible(str(given.get('mediaType'))[:SHOWN])}`, and a bundle has files alone")
    annotations, digest, size = given.get("annotations"), given.get("digest"), given.get("size")
    title = annotations.get(TITLE) if isinstance(annotations, dict) else None
    if not isinstance(title, str):
        damaged("it has a file without a path")
    if not isinstance(digest, str) or DIGEST.fullmatch(digest) is None or type(size) is not int or not 0 <= size <= LARGEST_FILE:
        damaged("it has a file without a digest, or without a size")
    return title, Layer(digest, size)


def agree(artifact: Artifact) -> Manifest:
    """The manifest of an artifact, if its files and models have the digests that it names.

    Raises:
        BundleError: `invalid_manifest`, and what `manifest.parse` raises.
    """
    try:
        models = json.loads(artifact.annotations[MODELS])
    except (KeyError, ValueError, RecursionError):
        damaged("it does not tell its models")
    files = {path: {"sha256": layer.digest.partition(":")[2], "size": layer.size} for path, layer in artifact.files.items()}
    return parse(json.dumps({"schema_version": SCHEMA_VERSION, "bundle_digest": artifact.annotations.get(NAMED), "models": models, "files": files}).encode())


def damaged(reason: str) -> NoReturn:
    raise BundleError("invalid_manifest", f"what is there is a damaged bundle: {reason}")
