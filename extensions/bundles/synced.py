"""What a folder last pushed to a registry or pulled from it, kept in its `.modelops-bundle/`, which git leaves out: what `status` and `diff` compare with, without any network."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from mlpy.extensions.bundles.contents import opened
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.manifest import Manifest, parse
from mlpy.extensions.bundles.paths import RESERVED

from mlpy import whole

NAME = "synced.json"
IGNORED = "*\n"


@dataclass(frozen=True, slots=True)
class Synced:
    """The bundle that was pushed or pulled last: `reference` as `host/name:tag`, `digest` of the manifest in the registry (`sha256:…`), and the bundle's own manifest."""

    reference: str
    digest: str
    manifest: Manifest


def folder(root: str) -> str:
    """The folder where a project keeps what it knows, made if need be.

    Raises:
        BundleError: `not_a_file`, where a link stands there.
        OSError: What the system says.
    """
    require_no_link(root)
    path = os.path.join(root, RESERVED)
    os.makedirs(path, exist_ok=True)
    ignored = os.path.join(path, ".gitignore")
    if not os.path.exists(ignored):
        whole.replace(ignored, IGNORED.encode())
    return path


def require_no_link(root: str) -> None:
    """Raises BundleError (`not_a_file`) where a link stands in the place of that folder."""
    if os.path.islink(os.path.join(root, RESERVED)):
        raise BundleError("not_a_file", f"`{RESERVED}` is a link, which may lead anywhere", hint="remove it")


def keep(root: str, synced: Synced) -> None:
    """Keeps what a folder has pushed or pulled."""
    record = {"reference": synced.reference, "digest": synced.digest, "manifest": synced.manifest.data}
    whole.replace(os.path.join(folder(root), NAME), (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())


def last(root: str) -> Synced | None:
    """What a folder has pushed or pulled last; None where nothing is known of that."""
    try:
        with opened(root, f"{RESERVED}/{NAME}") as held, open(held, "rb", closefd=False) as file:
            record = json.loads(file.read())
        reference, digest, manifest = record["reference"], record["digest"], parse(json.dumps(record["manifest"]).encode())
    except (OSError, ValueError, TypeError, KeyError, RecursionError, BundleError):
        return None
    return Synced(reference, digest, manifest) if isinstance(reference, str) and isinstance(digest, str) else None
