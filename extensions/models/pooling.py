"""Vectors of texts: the last hidden states of a network, made into one vector a text as the model's `1_Pooling` says, of length 1."""

from __future__ import annotations

import json

import mlx.core as mx

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import mlx.nn
    from mlpy.extensions.models.loading import Loaded

BATCH = 32  # texts at a time
BODIES = ("model", "transformer", "backbone", "language_model")  # what mlx-lm's networks call the part below their head
SETTINGS = "1_Pooling/config.json"  # of sentence-transformers


def vectors(loaded: Loaded, tokens: Sequence[Sequence[int]]) -> list[list[float]]:
    """A vector for each text, in their order; texts of similar length are computed together."""
    order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
    way = pooling(loaded.snapshot)
    found: dict[int, list[float]] = {}
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        found.update(zip(batch, pooled(loaded, [tokens[index] for index in batch], way), strict=True))
    return [found[index] for index in range(len(tokens))]


def pooled(loaded: Loaded, tokens: Sequence[Sequence[int]], way: str) -> list[list[float]]:
    """The vectors of one batch. Texts are filled up behind their end, where a network that writes does not look, and one that only reads is told not to."""
    width = max(map(len, tokens))
    rows = mx.array([[*text, *[0] * (width - len(text))] for text in tokens])
    lengths = mx.array([len(text) for text in tokens])
    inside = mx.arange(width)[None] < lengths[:, None]
    states = (body(loaded.network)(rows) if loaded.writes else loaded.network(rows, inside)).astype(mx.float32)
    match way:
        case "last":
            made = states[mx.arange(len(tokens)), lengths - 1]
        case "first":
            made = states[:, 0]
        case _:
            made = (states * inside[..., None]).sum(axis=1) / lengths[:, None]
    made = made / mx.maximum(mx.linalg.norm(made, axis=-1, keepdims=True), 1e-12)
    found: list[list[float]] = made.tolist()
    return found


def body(network: mlx.nn.Module) -> mlx.nn.Module:
    """The part of a network that gives hidden states."""
    return next((getattr(network, name) for name in BODIES if hasattr(network, name)), network)


def pooling(snapshot: Path) -> str:
    """How a model makes one vector of many: `first`, `last` or `mean`."""
    try:
        said = json.loads((snapshot / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "mean"
    if not isinstance(said, dict):
        return "mean"
    return "first" if said.get("pooling_mode_cls_token") else "last" if said.get("pooling_mode_lasttoken") else "mean"
