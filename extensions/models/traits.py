"""What a model is, by its files: the framework that it is for, what can be asked of it, how large a context it has."""

from __future__ import annotations

from pathlib import Path

from mlpy.extensions.models.names import HOME
from mlpy.extensions.models.weights import header

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Mapping

    from mlpy.extensions.models.store import File, Model

# Where configurations say how many tokens a model can attend to; the first that is there counts.
CONTEXTS = ("max_position_embeddings", "max_seq_len", "max_sequence_length", "model_max_length", "n_positions", "n_ctx", "seq_length")
NESTED = ("text_config", "language_config", "llm_config")  # where those of several kinds of input keep what is about text
EMBEDDERS = ("modules.json", "config_sentence_transformers.json", "1_Pooling/config.json")  # files of sentence-transformers
EMBEDDING_TYPES = frozenset({"bert", "distilbert", "e5", "modernbert", "mpnet", "nomic_bert", "roberta", "xlm-roberta"})
AUDIO_TYPES = frozenset({"encodec", "hubert", "moonshine", "musicgen", "parakeet", "seamless_m4t", "speecht5", "wav2vec2", "whisper"})
WEIGHTS = (".bin", ".pt", ".pth", ".safetensors")


def framework(model: Model) -> str:
    """`MLX`, `GGUF`, `PyTorch` or `Unknown`: by what is written in the weights, else by the configuration and where it is from."""
    names = [file.name for file in model.files]
    if weights := [file for file in model.files if file.name.endswith(".safetensors")]:
        return "MLX" if is_mlx(model, weights[0]) else "PyTorch"
    if any(name.endswith(".npz") for name in names):
        return "MLX"
    if any(name.endswith(".gguf") for name in names):
        return "GGUF"
    return "PyTorch" if any(name.endswith(WEIGHTS) for name in names) else "Unknown"


def is_mlx(model: Model, weights: File) -> bool:
    """Whether weights were written by mlx, which marks them; conversions of old have no mark."""
    written = header(weights)
    mark = written.metadata.get("format") if written else None
    if mark is not None:
        return mark == "mlx"
    return model.name.startswith(f"{HOME}/") or has_mlx_quantization(model.config)


def has_mlx_quantization(config: Mapping[str, object]) -> bool:
    found = config.get("quantization")
    return isinstance(found, dict) and "group_size" in found


def model_type(model: Model) -> str:
    """`chat`, `embedding`, `base`, `audio`, `vision` or `unknown`."""
    config = model.config
    named = str(config.get("model_type"))
    if any(model.has(name) for name in EMBEDDERS) or named in EMBEDDING_TYPES:
        return "embedding"
    if named in AUDIO_TYPES or "audio_config" in config:
        return "audio"
    if "vision_config" in config or "image_token_id" in config or "image_token_index" in config:
        return "vision"
    if chat_template(model):
        return "chat"
    return "base" if any("CausalLM" in name or "LMHead" in name for name in architectures_of(config)) else "unknown"


def capabilities(model: Model) -> list[str]:
    """What can be asked of it: `audio`, `chat`, `embeddings`, `text-generation`, `tools`, `vision`."""
    what = model_type(model)
    if what == "embedding":
        return ["embeddings"]
    found = {what} & {"audio", "vision"}
    template = chat_template(model)
    if what in ("base", "chat") or template:
        found.add("text-generation")
    if template:
        found |= {"chat", "tools"} if "tools" in template else {"chat"}
    return sorted(found)


def chat_template(model: Model) -> str:
    """The template that makes a prompt of messages, as text; empty where there is none."""
    if model.has("chat_template.jinja"):
        try:
            return Path(model.snapshot / "chat_template.jinja").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = (model.document(name) or {}).get("chat_template")
        if isinstance(found, list):  # several, each under a name
            found = next((one.get("template") for one in found if isinstance(one, dict)), None)
        if isinstance(found, str) and found:
            return found
    return ""


def quantization(config: Mapping[str, object]) -> dict[str, object] | None:
    """How its weights are quantized: `bits`, `group_size` and `method`, or None where they are not."""
    for name in ("quantization", "quantization_config"):
        found = config.get(name)
        if isinstance(found, dict):
            method = found.get("quant_method") or found.get("mode") or "affine"
            return {"bits": number(found, "bits"), "group_size": number(found, "group_size"), "method": str(method)}
    return None


def context_length(config: Mapping[str, object]) -> int | None:
    """How many tokens it attends to, as its configuration tells."""
    whole = flat(config)
    return next((found for name in CONTEXTS if (found := number(whole, name)) is not None and found > 0), None)


def flat(config: Mapping[str, object]) -> dict[str, object]:
    """A configuration with what is about text at its top."""
    nested = (config.get(name) for name in NESTED)
    return {**next((one for one in nested if isinstance(one, dict)), {}), **config}


def architectures_of(config: Mapping[str, object]) -> list[str]:
    found = config.get("architectures")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def number(values: Mapping[str, object], name: str) -> int | None:
    """A whole number under a name, if it is none below zero."""
    found = values.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def kind(name: str) -> str:
    """What a file is for, by its name."""
    base = name.rpartition("/")[2].lower()
    if base.endswith((".gguf", ".npz", *WEIGHTS)):
        return "weights"
    if base.endswith(".index.json"):
        return "index"
    if base.startswith(("tokenizer", "vocab", "merges", "special_tokens", "added_tokens", "spiece", "sentencepiece", "chat_template")):
        return "tokenizer"
    if base.endswith((".json", ".yaml")):
        return "config"
    return "documentation" if base.endswith((".md", ".txt")) or base in ("license", "notice") else "other"
