"""Makes another model of one: quantized, or of a GGUF file or of weights in PyTorch's format one for MLX. The result is written beside its place and moved there when it is whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager, redirect_stdout
from errno import ENOSPC
from io import StringIO
from pathlib import Path

from mlpy.extensions.models import traits
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.loading import limits_kept, unrunnable
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.store import read_object
from mlpy.extensions.models.worker import work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpy.extensions.models.store import Model, Store

BITS = (2, 3, 4, 5, 6, 8)
GROUPS = (32, 64, 128)


def is_folder(target: str) -> bool:
    """Whether a target is a folder and not a name in the store."""
    return target.startswith((".", "/", "~"))


def convert(store: Store, source: Model | Path, target: str, *, bits: int | None, group_size: int) -> Path:
    """Writes the new model and gives where its files are: a folder for a target that begins with `.`, `/` or `~`, else a model of the store under that name.

    Raises:
        ModelError: `already_exists`, `already_quantized`, `invalid_name`, `not_runnable`, `disk_full`.
    """
    place = Path(os.path.abspath(os.path.expanduser(target))) if is_folder(target) else store.repo_folder(Wanted(target).full)
    if os.path.lexists(place):
        hint = "choose another folder" if is_folder(target) else f"`mlpy models rm {Wanted(target).full}` removes it"
        raise ModelError("already_exists", f"`{target}` is there already", hint=hint)
    with beside(place) as folder:
        work(build, source, folder / "files", bits, group_size)
        if is_folder(target):
            os.rename(folder / "files", place)
            return place
        commit = lay_out(folder / "files", folder / "repo")
        os.rename(folder / "repo", place)
        return place / "snapshots" / commit


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """A folder on the disk of a place, which is gone afterwards."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".converting-", dir=place.parent))
    except OSError as error:
        raise ModelError("os_error", f"nothing can be written beside `{place.name}`", hint="choose another folder") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(source: Model | Path, folder: Path, bits: int | None, group_size: int) -> None:
    """Writes the files of the new model. What the libraries print meanwhile is no result."""
    with redirect_stdout(StringIO()):
        try:
            if not isinstance(source, Path):
                rewrite(source.snapshot, source.name, folder, bits, group_size)
                return
            from mlpy.extensions.models.gguf import unpack  # noqa: PLC0415  imports mlx

            unpacked = folder if bits is None else folder.with_name("unpacked")
            unpack(source, unpacked)
            if bits is not None:
                rewrite(unpacked, source.name, folder, bits, group_size)
        except OSError as error:
            full = error.errno == ENOSPC
            raise ModelError(
                "disk_full" if full else "os_error", "the disk is full" if full else "the new model cannot be written", hint="`df -h` shows where there is room"
            ) from error


def rewrite(snapshot: Path, name: str, folder: Path, bits: int | None, group_size: int) -> None:
    """Loads a model and writes it anew, in so many bits if they are given; all files but those of weights are copied."""
    with limits_kept():
        from mlx_lm import utils  # noqa: PLC0415  takes a second

    try:
        network, config = utils.load_model(snapshot, lazy=True)
    except Exception as error:  # a checkpoint may be wrong in any way
        raise unrunnable(name, read_object(snapshot / "config.json") or {}, error) from error
    if bits is not None and ("quantization" in config or "quantization_config" in config):
        raise ModelError("already_quantized", f"`{name}` is quantized already", hint="quantize the model that it was made of")
    if bits is not None:
        network, config = utils.quantize_model(network, config, group_size, bits)
    folder.mkdir(parents=True, exist_ok=True)
    utils.save_model(folder, network, donate_model=True)
    utils.save_config(config, folder / "config.json")
    for path in snapshot.rglob("*"):
        inner = path.relative_to(snapshot)
        if path.is_file() and str(inner) != "config.json" and traits.kind(str(inner)) not in {"index", "weights"}:
            (folder / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / inner)


# ── into the store ──


def lay_out(files: Path, repo: Path) -> str:
    """Puts files into the layout of the cache, each under its SHA-256, as `main`; gives the hash that stands for a commit."""
    named = {str(path.relative_to(files)): path for path in sorted(files.rglob("*")) if path.is_file()}
    hashes = {name: digest(path) for name, path in named.items()}
    commit = hashlib.sha1("".join(f"{name} {found}\n" for name, found in hashes.items()).encode(), usedforsecurity=False).hexdigest()
    (repo / "blobs").mkdir(parents=True)
    for name, path in named.items():
        blob, link = repo / "blobs" / hashes[name], repo / "snapshots" / commit / name
        os.replace(path, blob)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(commit, encoding="ascii")
    return commit


def digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
