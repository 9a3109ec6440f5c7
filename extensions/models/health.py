"""Whether the files of a model are what they should be, and whether mlx-lm can run them.

Offline: what they should be is told by the files themselves and by what the download has recorded of the Hub's (`trees/`). The first failure is the reason.
"""

from __future__ import annotations

import ast
import json
import os
import re
from functools import cache
from importlib.util import find_spec

from mlpy.extensions.models import traits
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.findings import known
from mlpy.extensions.models.store import UNFINISHED
from mlpy.extensions.models.weights import header

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator

    from mlpy.extensions.models.store import File, Model

POINTER = b"version https://git-lfs.github.com/spec/"
LARGEST_POINTER = 1024  # bytes: the format's own limit
ENCODERS = frozenset({"bert"})  # architectures that `bert.py` has, and mlx-lm has not
INDEX = "model.safetensors.index.json"
SHARD = re.compile(r"(.+)-(\d{5,})-of-(\d{5,})\.(bin|safetensors)")
PARTIAL = (UNFINISHED, ".download", ".part", ".partial", ".tmp")
NEEDED = frozenset({"config", "index", "tokenizer", "weights"})
VOCABULARIES = (".bpe", ".model", ".spm", ".tiktoken")  # ends of files that tokenizers have their words in
BLOCK = 1024 * 1024  # bytes that are hashed at once


class Verdict:
    """What was found: `healthy`, and `runtime_compatible`, which is so of healthy models only; `reason` says what is wrong with the first of the two that is not so.

    `verified` counts files that were hashed.
    """

    __slots__ = ("healthy", "reason", "runtime_compatible", "verified")

    def __init__(self, reason: str | None, obstacle: str | None, verified: int = 0) -> None:
        self.healthy = reason is None
        self.runtime_compatible = reason is None and obstacle is None
        self.reason = reason or obstacle
        self.verified = verified


def check(model: Model, *, deep: bool = False, progress: Callable[[int], object] | None = None) -> Verdict:
    """Judges a model; `deep` hashes every file whose hash is known, and tells `progress` how many bytes it has read since it did so last."""
    reason = next(failures(model), None)
    verified = 0
    if reason is None and deep:
        reason, verified = hashed(model, progress or (lambda _: None))
    return Verdict(reason, obstacle(model) if reason is None else None, verified)


def failures(model: Model) -> Iterator[str]:
    """All that is wrong with a model, the most telling first."""
    if not model.present:
        yield f"the snapshot `{model.hash[:12]}` is missing" if model.hash else absent(model)
        return
    config = next((file for file in model.files if file.name == "config.json"), None)
    gguf = traits.framework(model) == "GGUF"
    if config is None and not gguf:
        yield "`config.json` is missing"
    for file in sorted(model.files, key=lambda file: (file is not config, file.name)):
        yield from of_file(model, file)
    yield from of_download(model)
    yield from of_weights(model)
    if not gguf:
        yield from of_tokenizer(model)


def absent(model: Model) -> str:
    """Why a model has no revision to judge."""
    return "nothing names its `main` revision" if model.revisions else "its download has not finished"


def of_file(model: Model, file: File) -> Iterator[str]:
    """What is wrong with one file by itself."""
    name, kind = file.name, traits.kind(file.name)
    if file.size is None:
        yield f"the content of `{name}` is missing"
        return
    promised = model.tree.get(name, {}).get("size")
    if name.endswith(PARTIAL):
        yield f"`{name}` is part of a download that has not finished"
    elif is_pointer(file):
        yield f"`{name}` is a pointer of Git LFS instead of the file"
    elif file.size == 0 and promised != 0 and kind in NEEDED:
        yield f"`{name}` is empty"
    elif isinstance(promised, int) and promised != file.size:
        yield f"`{name}` has {file.size} bytes instead of {promised}"
    elif name.endswith(".safetensors"):
        yield from of_safetensors(file)
    elif name.endswith(".json") and kind in NEEDED and "/" not in name and not is_json(file):
        yield f"`{name}` is not valid JSON"
    elif name.endswith(".gguf") and begin(file, 4) != b"GGUF":
        yield f"`{name}` is no GGUF file"
    if name == "config.json" and file.size and not model.config:
        yield "`config.json` is no JSON object with anything in it"


def of_safetensors(file: File) -> Iterator[str]:
    """Whether a file of weights has the bytes that its header promises."""
    promise = header(file)
    if promise is None:
        yield f"`{file.name}` has no valid header"
    elif promise.size != file.size:
        yield f"`{file.name}` has {file.size} bytes, and its header promises {promise.size}"


def of_download(model: Model) -> Iterator[str]:
    """What the Hub has of this revision, and a model needs, and is not here."""
    here = {file.name for file in model.files}
    indexed = INDEX in here
    for name in sorted(model.tree):
        kind = traits.kind(name)
        if name not in here and "/" not in name and (kind in ("config", "tokenizer", "index") or (kind == "weights" and not indexed and name.endswith(".safetensors"))):
            yield f"`{name}` was not downloaded"
    if not model.tree and any(half_done(model)):
        yield "a download of it has not finished"


def half_done(model: Model) -> Iterator[str]:
    """Downloads that have begun and whose file is not there."""
    try:
        names = os.listdir(model.repo / "blobs")
    except OSError:
        return
    yield from (name for name in names if name.endswith(UNFINISHED) and name.partition(".")[0] not in names)


def of_weights(model: Model) -> Iterator[str]:
    """Whether all weights are there."""
    names = [file.name for file in model.files]
    index = next((name for name in (INDEX, "pytorch_model.bin.index.json") if name in names), None)
    if index is not None:
        yield from of_index(model, index)
    elif shard := next((found for name in names if (found := SHARD.fullmatch(name)) is not None), None):
        stem, _, _, suffix = shard.groups()
        yield f"the weights are in shards and `{stem}.{suffix}.index.json` is missing"
    if not any(traits.kind(name) == "weights" for name in names):
        yield "it has no weights"


def of_index(model: Model, index: str) -> Iterator[str]:
    """Whether every shard that an index names is there."""
    shards = (model.document(index) or {}).get("weight_map")
    if not isinstance(shards, dict) or not shards or not all(isinstance(name, str) for name in shards.values()):
        yield f"`{index}` names no shards"
        return
    for name in sorted(set(shards.values())):
        if not model.has(name):
            yield f"`{name}` is missing, which `{index}` names"


def of_tokenizer(model: Model) -> Iterator[str]:
    """Whether the tokenizer is there, where the model has one."""
    speaks = any("CausalLM" in name or "LMHead" in name for name in traits.architectures_of(model.config))
    if (speaks or model.has("tokenizer_config.json")) and not any(file.size is not None and is_vocabulary(file.name) for file in model.files):
        yield "its tokenizer is missing"


def is_vocabulary(name: str) -> bool:
    """Whether a file is what a tokenizer has its words in."""
    return name in ("tekken.json", "tokenizer.json") or name.endswith(VOCABULARIES) or name.startswith("tokenizer.model") or "vocab" in name


def is_pointer(file: File) -> bool:
    """Whether a file is what Git keeps in place of a large one."""
    return file.size is not None and file.size < LARGEST_POINTER and begin(file, len(POINTER)) == POINTER


def begin(file: File, count: int) -> bytes:
    """The first bytes of a file."""
    try:
        with open(file.path, "rb") as opened:
            return opened.read(count)
    except OSError:
        return b""


def is_json(file: File) -> bool:
    """Whether a file holds valid JSON."""
    return known(file, "json", lambda: parses(file.path)) is True


def parses(path: str) -> bool:
    try:
        with open(path, "rb") as opened:
            json.loads(opened.read())
    except (OSError, RecursionError, ValueError):
        return False
    return True


# ── hashes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def hashed(model: Model, progress: Callable[[int], object]) -> tuple[str | None, int]:
    """What is wrong with the first file that has another content than was recorded, and how many files were compared."""
    verified = 0
    for file in model.files:
        expected = expectation(model, file)
        if expected is not None:
            if digest(file, expected, progress) != expected:
                return f"the content of `{file.name}` is not what its hash promises", verified
            verified += 1
    return None, verified


def expectation(model: Model, file: File) -> str | None:
    """The hash that a file must have: SHA-256 in 64 digits or Git's SHA-1 in 40; as recorded, else as the cache names its content."""
    entry = model.tree.get(file.name, {})
    recorded = entry.get("lfs_sha256") or entry.get("blob_id")
    try:
        name = recorded if isinstance(recorded, str) else os.path.basename(os.readlink(file.path))
    except OSError:
        return None
    return name if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", name) else None


def digest(file: File, like: str, progress: Callable[[int], object]) -> str | None:
    """The hash of a file, of the kind of another."""
    from hashlib import sha1, sha256  # noqa: PLC0415  only a deep check hashes

    found = sha256() if len(like) == 64 else sha1(b"blob %d\0" % (file.size or 0), usedforsecurity=False)
    try:
        with open(file.path, "rb") as opened:
            while block := opened.read(BLOCK):
                found.update(block)
                progress(len(block))
    except OSError:
        return None
    return found.hexdigest()


def required(model: Model) -> Model:
    """The model, if it is whole and mlx-lm can run it.

    Raises:
        ModelError: `unhealthy` or `not_runnable`, with the reason.
    """
    verdict = check(model)
    if not verdict.healthy:
        raise ModelError("unhealthy", f"`{model.name}` is not whole: {verdict.reason}", hint=f"`mlpy models pull {model.name}` downloads what is missing")
    if not verdict.runtime_compatible:
        raise ModelError("not_runnable", f"`{model.name}` cannot be run: {verdict.reason}", hint="`mlpy models list --verbose` tells which models can")
    return model


# ── what runs it ─────────────────────────────────────────────────────────────────────────────────────────────────


def obstacle(model: Model) -> str | None:
    """Why mlx-lm cannot run a healthy model, or None."""
    config = model.config
    kind = config.get("model_type")
    framework = traits.framework(model)
    if framework == "GGUF":
        return "mlx-lm runs no GGUF files; `mlpy models convert` makes a model of one"
    if not any(file.name.startswith("model") and file.name.endswith(".safetensors") for file in model.files):
        return "mlx-lm runs weights in `model*.safetensors` only"
    if "model_file" in config:
        return "it brings a program of its own, which is not run"
    if not isinstance(kind, str):
        return "its configuration names no `model_type`"
    return unknown_architecture(kind)


@cache
def unknown_architecture(kind: str) -> str | None:
    """Why mlx-lm cannot run an architecture: found without importing it, which takes seconds."""
    found = find_spec("mlx_lm")
    if found is None or not found.submodule_search_locations:
        return f"mlx-lm is not installed; `pip install 'mlpy[{ModelError.EXTRA}]'` does it"
    folder = found.submodule_search_locations[0]
    kind = other_names(folder).get(kind, kind)
    known = kind in ENCODERS or (re.fullmatch(r"\w+", kind, re.ASCII) is not None and os.path.exists(os.path.join(folder, "models", f"{kind}.py")))
    return None if known else f"mlx-lm does not know the architecture `{kind[:64]}`"


@cache
def other_names(folder: str) -> dict[str, str]:
    """Architectures that mlx-lm runs as others: its table `MODEL_REMAPPING`."""
    try:
        with open(os.path.join(folder, "utils.py"), encoding="utf-8") as file:
            _, found, rest = file.read().partition("\nMODEL_REMAPPING = ")
        table = ast.literal_eval(rest[: rest.index("\n}") + 2]) if found else {}
    except (OSError, SyntaxError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}
