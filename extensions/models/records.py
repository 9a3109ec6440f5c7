"""A model as the record that scripts, programs and the server get. All of it comes from the files of the snapshot: nothing is loaded, nobody is asked."""

from __future__ import annotations

from datetime import UTC, datetime

from mlpy.extensions.models import health
from mlpy.extensions.models.traits import capabilities, context_length, flat, framework, kind, model_type, number, quantization

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.models.health import Verdict
    from mlpy.extensions.models.store import Model

METADATA = (
    "model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
    "tie_word_embeddings", "torch_dtype", "dtype",
)  # fmt: skip


def of_model(model: Model, verdict: Verdict | None = None) -> dict[str, object]:
    """The record of a model; `verdict` where its health was judged already."""
    verdict = verdict or health.check(model)
    return {
        "name": model.name,
        "hash": model.hash,
        "size_bytes": model.size_bytes,
        "last_modified": moment(model.modified),
        "framework": framework(model),
        "model_type": model_type(model),
        "capabilities": capabilities(model),
        "health": "healthy" if verdict.healthy else "unhealthy",
        "runtime_compatible": verdict.runtime_compatible,
        "reason": verdict.reason,
        "context_length": context_length(model.config),
        "quantization": quantization(model.config),
        "cached": model.present,
    }


def described(model: Model) -> dict[str, object]:
    """All that is known of a model."""
    revisions = [{"hash": commit, "refs": refs, "current": commit == model.hash} for commit, refs in sorted(model.revisions.items())]
    return {"model": of_model(model), "metadata": metadata(model), "files": files(model), "config": model.config or None, "revisions": revisions}


def metadata(model: Model) -> dict[str, object]:
    """What its configuration tells of the network."""
    config = flat(model.config)
    architectures = config.get("architectures")
    architecture = architectures[0] if isinstance(architectures, list) and architectures else None
    found = {name: value for name in METADATA if isinstance(value := config.get(name), bool | int | str)}
    sizes = {name: number(config, name) for name in ("vocab_size", "hidden_size", "num_hidden_layers")}
    return {"architecture": architecture if isinstance(architecture, str) else None, "context_length": context_length(config), **found, **sizes}


def files(model: Model) -> list[dict[str, object]]:
    """Its files by name; `size_bytes` is null where the content is missing."""
    return [{"name": file.name, "size_bytes": file.size, "type": kind(file.name)} for file in model.files]


def moment(seconds: float) -> str:
    """A time in seconds since 1970 in ISO 8601, UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
