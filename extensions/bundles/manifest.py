"""The manifest of a bundle: which files it holds and which models, by digest.

`manifest.json` is `{schema_version, bundle_digest, models: {id: {class, digest, files}}, files: {path: {sha256, size}}}`. It is canonical: the same files and models give the same text, and so
the same digest, on every machine and day; no time, order or place of the machine is in it. It does not list itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass

from mlpy.extensions.bundles.closure import closure
from mlpy.extensions.bundles.contents import opened
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.ignoring import literal
from mlpy.extensions.bundles.paths import MANIFEST, collisions, unsafe
from mlpy.extensions.bundles.project import CLASS, ID, NO_FILE, UNREADABLE

from mlpy import whole
from mlpy.project import visible

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator
    from typing import Any, NoReturn

    from mlpy.extensions.bundles.project import Entry, Project

SCHEMA_VERSION = "1.0"
LARGEST = 64 * 1024 * 1024  # bytes of a manifest
BLOCK = 1024 * 1024
DIGEST = "sha256:"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a bundle: its digest in hexadecimal, and its size in bytes."""

    sha256: str
    size: int

    @property
    def digest(self) -> str:
        return DIGEST + self.sha256


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a bundle: `package.module:Class`, and the files that it needs."""

    class_: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle holds; both tables are sorted."""

    models: dict[str, Model]
    files: dict[str, File]

    @property
    def digest(self) -> str:
        """`sha256:…` of everything that the manifest says: the bundle's name for life."""
        return digest_of(self.content())

    @property
    def data(self) -> dict[str, object]:
        """What stands in `manifest.json`."""
        return {**self.content(), "bundle_digest": self.digest}

    @property
    def text(self) -> str:
        """`manifest.json`, canonical."""
        return json.dumps(self.data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size for one in self.files.values())

    def content(self) -> dict[str, object]:
        return {
            "schema_version": SCHEMA_VERSION,
            "models": {name: {"class": one.class_, "digest": self.digest_of_model(one), "files": [*one.files]} for name, one in self.models.items()},
            "files": {path: {"sha256": one.sha256, "size": one.size} for path, one in self.files.items()},
        }

    def digest_of_model(self, model: Model) -> str:
        """`sha256:…` of a model's class and files: equal in two bundles where the model is the same."""
        return digest_of({"class": model.class_, "files": {path: self.files[path].sha256 for path in model.files}})


def digest_of(value: object) -> str:
    """The digest of plain data, by its canonical JSON in UTF-8."""
    return DIGEST + hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Survey:
    """What a project's bundle would hold, and all that stands against it; `unlisted` are pairs of a model and a file that it imports, which the bundle would not hold."""

    manifest: Manifest
    problems: tuple[BundleError, ...]
    unlisted: tuple[tuple[str, str], ...]


def build(project: Project) -> Manifest:
    """The manifest of a project as it is now: its tracked files, and its models with theirs. Nothing is written.

    Raises:
        BundleError: The first problem that `survey` finds.
    """
    found = survey(project)
    if found.problems:
        raise found.problems[0]
    return found.manifest


def survey(project: Project) -> Survey:
    """The manifest of a project as far as it can be made, and what is wrong: files that are gone, ignored, or cannot stand in a bundle, and models that nothing defines."""
    problems: list[BundleError] = []
    wanted = {path for entry in project.entries for path in covered(project, entry, "is tracked", problems)}
    models: dict[str, Model] = {}
    for entry in sorted(project.models, key=lambda one: one.id):
        needed = {*files_of(project, entry, problems)}
        wanted |= needed
        models[entry.id] = Model(entry.class_, tuple(sorted(needed)))
    for first, second in collisions(wanted):
        problems.append(BundleError("case_collision", f"`{first}` and `{second}` cannot both lie in one folder everywhere", hint="rename one of them"))
    files = {path: made for path in sorted(wanted) for made in [hashed(project.root, path, problems)] if made is not None}
    kept = {name: Model(one.class_, tuple(path for path in one.files if path in files)) for name, one in models.items()}
    return Survey(Manifest(kept, files), tuple(problems), tuple(unlisted(project, wanted)))


def unlisted(project: Project, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """The files that models import by now, and that neither their `files` nor anything else puts into the bundle."""
    for entry in sorted(project.models, key=lambda one: one.id):
        path = project.modules.paths.get(entry.class_.partition(":")[0]) if entry.files is not None else None
        yield from ((entry.id, one) for one in (closure(project.modules, path) if path is not None else ()) if one not in wanted)


def unlisted_record(found: Survey) -> list[dict[str, object]]:
    """The same for people's records."""
    return [{"model": model, "path": path} for model, path in found.unlisted]


def covered(project: Project, entry: str, role: str, problems: list[BundleError]) -> list[str]:
    """The files that an entry of the settings means; `role` says what makes it matter."""
    odd = project.listing.odd_below(entry)
    if odd is not None:
        problems.append(unfit(odd, project.listing.odd[odd]))
    found = project.listing.below(entry)
    if not found and odd is None and not is_empty_folder(project, entry):
        problems.append(missing(project, entry, role))
    return found


def unfit(path: str, reason: str) -> BundleError:
    """What to say of something that no bundle can hold."""
    if reason in NO_FILE:
        return BundleError("not_a_file", f"`{path}` {reason}, and a bundle holds files", hint=f"a line `{literal(path)}` in `.modelopsignore` leaves it out")
    if reason == UNREADABLE:
        return BundleError("unreadable", f"`{path}` {reason}", hint=f"a line `{literal(path)}` in `.modelopsignore` leaves it out")
    return BundleError("unsafe_path", f"`{path}` {reason}", hint="rename it")


def is_empty_folder(project: Project, entry: str) -> bool:
    """Whether an entry is a folder without anything for a bundle in it, which is no mistake."""
    return os.path.isdir(os.path.join(project.root, entry)) and project.ignore.reason(entry.rstrip("/"), folder=True) is None


def missing(project: Project, entry: str, role: str) -> BundleError:
    """What to say of an entry that means no file."""
    path = os.path.join(project.root, entry)
    reason = project.ignore.reason(entry.rstrip("/"), folder=os.path.isdir(path)) if os.path.lexists(path) else None
    if reason is not None:
        return BundleError(
            "ignored", f"`{entry}` {role}, but is left out by {reason}", detail={"path": entry}, hint=project.ignore.way_back(entry.rstrip("/"), folder=os.path.isdir(path))
        )
    hint = f"`mlpy bundle remove {entry}` no longer tracks it" if role == "is tracked" else "`mlpy bundle discover --save` finds the files anew"
    return BundleError("file_not_found", f"`{entry}` {role}, but is not there", detail={"path": entry}, hint=hint)


def files_of(project: Project, entry: Entry, problems: list[BundleError]) -> Iterator[str]:
    """The files of a model: what the settings list, or what its module imports."""
    module, _, name = entry.class_.partition(":")
    path = project.modules.paths.get(module)
    skeleton = project.modules.skeleton(path) if path is not None else None
    if skeleton is None or name not in skeleton["classes"]:
        problems.append(
            BundleError("model_not_found", f"`{entry.class_}`, the class of the model `{entry.id}`, is not there", detail={"model": entry.id}, hint=undefined(project, path))
        )
    if entry.files is not None:
        for one in entry.files:
            yield from covered(project, one, f"belongs to the model `{entry.id}`", problems)
    elif path is not None:
        yield from closure(project.modules, path)


def undefined(project: Project, path: str | None) -> str:
    """What helps where a model's class was not found."""
    broken = next((one for one in project.modules.problems() if one.path == path), None)
    return f"mend `{broken.path}`, line {broken.line}: {broken.message}" if broken else "`mlpy bundle discover --save` writes which models are there"


def hashed(root: str, path: str, problems: list[BundleError]) -> File | None:
    """Digest and size of a file of the project."""
    digest, size = hashlib.sha256(), 0
    try:
        with opened(root, path) as file:
            while block := os.read(file, BLOCK):
                digest.update(block)
                size += len(block)
    except BundleError as failure:
        problems.append(failure)
        return None
    except OSError:
        problems.append(BundleError("unreadable", f"`{path}` cannot be read", detail={"path": path}))
        return None
    return File(digest.hexdigest(), size)


# ── manifest.json ────────────────────────────────────────────────────────────────────────────────────────────────


def is_written(project: Project, manifest: Manifest) -> bool:
    """Whether `manifest.json` is this manifest, byte for byte."""
    text = manifest.text.encode()
    return content(project, len(text) + 1) == text


def content(project: Project, most: int) -> bytes | None:
    """The first bytes of `manifest.json`, None where there is none; raises BundleError (`not_a_file`, `unreadable`), as no link is followed."""
    try:
        with opened(project.root, MANIFEST) as held, open(held, "rb", closefd=False) as file:
            return file.read(most)
    except BundleError as failure:
        if failure.type == "file_not_found":
            return None
        raise


def write(project: Project, manifest: Manifest) -> bool:
    """Puts a manifest into `manifest.json`; False where it stands there already.

    Raises:
        BundleError: As `require_place`.
        OSError: What the system says.
    """
    require_place(project)
    if is_written(project, manifest):
        return False
    whole.replace(os.path.join(project.root, MANIFEST), manifest.text.encode())
    return True


def require_place(project: Project) -> None:
    """Raises BundleError (`not_a_file`) where something stands in the place of `manifest.json` that is no file: a link may lead anywhere."""
    path = os.path.join(project.root, MANIFEST)
    if os.path.islink(path) or (os.path.exists(path) and not os.path.isfile(path)):
        raise BundleError("not_a_file", f"`{MANIFEST}` is {'a link' if os.path.islink(path) else 'no file'}", hint="remove it")


def written(project: Project) -> Manifest | None:
    """What `manifest.json` says; None where there is none.

    Raises:
        BundleError: As `parse`, and `not_a_file` or `unreadable`.
    """
    data = content(project, LARGEST + 1)
    return None if data is None else parse(data)


def parse(data: bytes) -> Manifest:
    """A manifest from anybody, checked in every part: shape, paths, digests, and that they fit each other.

    Raises:
        BundleError: `invalid_manifest`, `unsafe_path`, `case_collision`.
    """
    if len(data) > LARGEST:
        invalid(f"it is larger than {LARGEST:,} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        invalid("it is no JSON")
    if not isinstance(found, dict) or {*found} != {"bundle_digest", "files", "models", "schema_version"}:
        invalid("it has other fields than `schema_version`, `bundle_digest`, `models` and `files`")
    if found["schema_version"] != SCHEMA_VERSION:
        invalid("it is of another version than 1.0")
    if not isinstance(found["files"], dict) or not isinstance(found["models"], dict):
        invalid("`files` and `models` are tables")
    safe(found["files"])
    files = {path: file_of(path, one) for path, one in sorted(found["files"].items())}
    made = Manifest({name: model_of(name, one, files) for name, one in sorted(found["models"].items())}, files)
    if found != made.data:
        invalid("its digests do not fit what it lists")
    return made


def file_of(path: str, value: Any) -> File:  # noqa: ANN401  JSON of anybody's
    """One file of a manifest."""
    if not isinstance(value, dict) or {*value} != {"sha256", "size"}:
        invalid(f"the file `{path}` has other fields than `sha256` and `size`")
    digest, size = value["sha256"], value["size"]
    if not isinstance(digest, str) or len(digest) != 64 or not set(digest) <= set("0123456789abcdef") or type(size) is not int or size < 0:
        invalid(f"the file `{path}` has no digest, or no size")
    return File(digest, size)


def model_of(name: str, value: Any, files: dict[str, File]) -> Model:  # noqa: ANN401  likewise
    """One model of a manifest."""
    if not ID.fullmatch(name) or not isinstance(value, dict) or {*value} != {"class", "digest", "files"}:
        invalid(f"the model `{visible(name)}` has other fields than `class`, `digest` and `files`, or no name")
    listed, class_ = value["files"], value["class"]
    if not isinstance(class_, str) or not CLASS.fullmatch(class_) or not isinstance(listed, list) or not all(isinstance(one, str) and one in files for one in listed):
        invalid(f"the model `{name}` has no class, or files that the bundle does not hold")
    return Model(class_, tuple(listed))


def safe(paths: Iterable[str]) -> None:
    """Sees that paths can be written into one folder, and nowhere else."""
    for path in paths:
        reason = unsafe(path)
        if reason is not None:
            raise BundleError("unsafe_path", f"the path `{visible(path)}` in the bundle {reason}")
    pair = next(collisions(paths), None)
    if pair is not None:
        raise BundleError("case_collision", f"`{pair[0]}` and `{pair[1]}` in the bundle cannot both be written")


def invalid(reason: str) -> NoReturn:
    raise BundleError("invalid_manifest", f"`{MANIFEST}` is not valid: {reason}", hint="`mlpy bundle manifest` writes it anew")
