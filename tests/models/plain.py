"""Models made of bytes alone: what the store, its health and its removal look at needs no mlx to be written.

`Plain(cache).install("org/name")` lays files out as huggingface_hub does; `files()` are those of a small chat model.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 2048, "hidden_size": 8, "num_hidden_layers": 2, "vocab_size": 16}
TOKENIZER = {"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "fedcba9876543210fedcba9876543210fedcba98"


def safetensors(*names: str, count: int = 64, form: str | None = "mlx") -> bytes:
    """A file of weights: a tensor of `count` bytes for each name."""
    header = {name: {"dtype": "U8", "shape": [count], "data_offsets": [index * count, (index + 1) * count]} for index, name in enumerate(names)}
    text = json.dumps(({"__metadata__": {"format": form}} if form else {}) | header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(range(count)) * len(names)


def files(**changed: bytes | None) -> dict[str, bytes]:
    """The files of a chat model; `changed` replaces one (dots as `__`) or, with None, leaves it out."""
    made = {
        "README.md": b"# A model\n",
        "config.json": json.dumps(CONFIG).encode(),
        "model.safetensors": safetensors("a", "b"),
        "tokenizer.json": json.dumps(TOKENIZER).encode(),
        "tokenizer_config.json": json.dumps({"chat_template": TEMPLATE}).encode(),
    }
    made.update({name.replace("__", "."): content for name, content in changed.items()})
    return {name: content for name, content in made.items() if content is not None}


def shards(*, index: bool = True) -> dict[str, bytes]:
    """A model in two shards, with an index or without."""
    one, two = (f"model-{number:05}-of-00002.safetensors" for number in (1, 2))
    made = files(model__safetensors=None) | {one: safetensors("a"), two: safetensors("b")}
    return made | ({"model.safetensors.index.json": json.dumps({"weight_map": {"a": one, "b": two}}).encode()} if index else {})


def name_of(name: str, content: bytes) -> str:
    """The name of a content in the cache: SHA-256 for weights, Git's hash for other files."""
    return hashlib.sha256(content).hexdigest() if name.endswith(".safetensors") else hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def tree(contents: dict[str, bytes]) -> dict[str, object]:
    """What huggingface_hub records of a revision."""
    entries = {}
    for name, content in contents.items():
        entries[name] = {"size": len(content), "blob_id": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
        if name.endswith(".safetensors"):
            entries[name] |= {"lfs_sha256": hashlib.sha256(content).hexdigest(), "lfs_size": len(content)}
    return {"format_version": 1, "files": entries}


class Plain:
    """A cache to put models into, and what they are made of."""

    commit = COMMIT
    other = OTHER
    files = staticmethod(files)
    safetensors = staticmethod(safetensors)
    shards = staticmethod(shards)

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def repo(self, name: str) -> Path:
        return self.cache / f"models--{name.replace('/', '--')}"

    def install(
        self, name: str = "mlx-community/tiny", contents: dict[str, bytes] | None = None, *, commit: str = COMMIT, ref: str | None = "main", recorded: bool = False
    ) -> Path:
        """Puts a revision into the cache; gives its snapshot."""
        repo, contents = self.repo(name), files() if contents is None else contents
        snapshot = repo / "snapshots" / commit
        snapshot.mkdir(parents=True, exist_ok=True)
        (repo / "blobs").mkdir(exist_ok=True)
        for file, content in contents.items():
            blob, link = repo / "blobs" / name_of(file, content), snapshot / file
            blob.write_bytes(content)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
        if ref is not None:
            (repo / "refs" / ref).parent.mkdir(parents=True, exist_ok=True)
            (repo / "refs" / ref).write_text(commit)
        if recorded:
            (repo / "trees").mkdir(exist_ok=True)
            (repo / "trees" / f"{commit}.json").write_text(json.dumps(tree(contents)))
        return snapshot
