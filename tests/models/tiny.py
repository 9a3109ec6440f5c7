"""Models small enough for a test, in real Hugging Face format: a Llama of random weights (hidden 64, 2 layers, 512 tokens of context) with a byte-level
tokenizer trained here and a chat template, about 400 kB, made in a second; also in shards, in 4 bits and as a model of embeddings.

`make(folder, kind)` writes the files, `install(cache, name, folder)` puts files into a cache as `huggingface_hub` lays it out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("base", "bert", "chat", "embedding", "quantized", "sharded")
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>")
CONTEXT = 512
BIAS = 24.0  # of the first coordinate, which is the same for all tokens and so carries a bias of each

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "bos_token_id": 1,
    "eos_token_id": 2,
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 64,
    "intermediate_size": 128,
    "max_position_embeddings": CONTEXT,
    "model_type": "llama",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 3,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
}

TEMPLATE = """{%- if tools %}<|im_start|>tools
{{ tools | tojson }}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role not in ["system", "user", "assistant", "tool"] %}{{ raise_exception("there is no role " + message.role) }}{% endif -%}
<|im_start|>{{ message.role }}
{{ message.content or "" }}
{%- for tool_call in message.tool_calls or [] %}
{%- if tool_call.function %}{% set tool_call = tool_call.function %}{% endif -%}
<tool_call>
{"name": "{{ tool_call.name }}", "arguments": {{ tool_call.arguments | tojson }}}
</tool_call>
{%- endfor -%}
<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

TEXT = """The quick brown fox jumps over the lazy dog. A model that is this small knows nothing at all, and says it at length.
Where is the answer? What was the question? There is no answer here, only the words that come after each other, one by one.
When the rain is over, the children of the town go down to the river and look for stones that are round and white and smooth.
"""


def make(folder: Path, kind: str = "chat") -> Path:
    """Writes the files of a model: chat, base (without template), sharded, quantized embedding (a Llama that is pooled) or bert."""
    assert kind in KINDS
    folder.mkdir(parents=True)
    if kind == "bert":
        write_bert(folder)
        return folder
    vocabulary = write_tokenizer(folder, template=kind not in {"base", "embedding"})
    write_llama(folder, vocabulary, kind)
    if kind == "embedding":
        write(folder / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True, "word_embedding_dimension": 64})
        write(folder / "modules.json", [{"idx": 0, "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "path": "1_Pooling"}])
    return folder


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_tokenizer(folder: Path, *, template: bool) -> list[str]:
    """Trains the tokenizer; the vocabulary, by number."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=448, special_tokens=list(SPECIALS), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"bos_token": None, "clean_up_tokenization_spaces": False, "eos_token": SPECIALS[2], "model_max_length": CONTEXT, "pad_token": SPECIALS[3]}
    chat = {"chat_template": TEMPLATE} if template else {}
    write(folder / "tokenizer_config.json", {**settings, **chat, "tokenizer_class": "PreTrainedTokenizerFast"})
    words = tokenizer.get_vocab()
    return sorted(words, key=words.__getitem__)


def write_llama(folder: Path, vocabulary: list[str], kind: str) -> None:
    import mlx.core as mx
    from mlx.utils import tree_flatten
    from mlx_lm.models import llama
    from mlx_lm.utils import quantize_model

    config = {**CONFIG, "vocab_size": len(vocabulary)}
    network = llama.Model(llama.ModelArgs.from_dict(config))
    keys = iter(mx.random.split(mx.random.key(20), 64))
    for name, array in tree_flatten(network.parameters()):
        if not name.endswith("norm.weight"):
            network.load_weights([(name, mx.random.normal(array.shape, key=next(keys)) * scale(name))], strict=False)
    if kind != "embedding":
        lift(network, vocabulary)
    if kind == "quantized":
        network, config = quantize_model(network, config, 32, 4)
    weights = dict(tree_flatten(network.parameters()))
    if kind == "sharded":
        write_shards(folder, weights)
    else:
        mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    write(folder / "config.json", config)
    write(folder / "generation_config.json", {"eos_token_id": [2], "max_length": CONTEXT})


def write_bert(folder: Path) -> None:
    """A model of embeddings as sentence-transformers has them: words in pieces, weights in PyTorch's names."""
    import mlx.core as mx
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator([TEXT], vocab_size=256, min_frequency=1, show_progress=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    size, inner = 32, 64
    write(folder / "tokenizer_config.json", {"cls_token": "[CLS]", "model_max_length": 128, "pad_token": "[PAD]", "sep_token": "[SEP]", "tokenizer_class": "BertTokenizer"})
    numbers = {"hidden_size": size, "intermediate_size": inner, "max_position_embeddings": 128, "num_attention_heads": 4, "num_hidden_layers": 2, "type_vocab_size": 2}
    config = {"architectures": ["BertModel"], "hidden_act": "gelu", "layer_norm_eps": 1e-12, "model_type": "bert", "vocab_size": tokenizer.get_vocab_size(), **numbers}
    write(folder / "config.json", config)
    write(folder / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True, "word_embedding_dimension": size})
    shapes = {
        "embeddings.word_embeddings.weight": (tokenizer.get_vocab_size(), size),
        "embeddings.position_embeddings.weight": (128, size),
        "embeddings.token_type_embeddings.weight": (2, size),
        **{f"embeddings.LayerNorm.{part}": (size,) for part in ("bias", "weight")},
        **{f"pooler.dense.{part}": shape for part, shape in (("bias", (size,)), ("weight", (size, size)))},
    }
    for layer in range(2):
        dense = {"attention.self.query": (size, size), "attention.self.key": (size, size), "attention.self.value": (size, size), "attention.output.dense": (size, size)}
        dense |= {"intermediate.dense": (inner, size), "output.dense": (size, inner)}
        for name, shape in dense.items():
            shapes |= {f"encoder.layer.{layer}.{name}.weight": shape, f"encoder.layer.{layer}.{name}.bias": shape[:1]}
        shapes |= {f"encoder.layer.{layer}.{name}.LayerNorm.{part}": (size,) for name in ("attention.output", "output") for part in ("bias", "weight")}
    keys = iter(mx.random.split(mx.random.key(5), len(shapes)))
    weights = {name: mx.random.normal(shape, key=next(keys)) * 0.3 + (1 if name.endswith("LayerNorm.weight") else 0) for name, shape in shapes.items()}
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "pt"})


def scale(name: str) -> float:
    return 1.0 if "embed_tokens" in name else 0.6 if "lm_head" in name else 0.2


def lift(network, vocabulary: list[str]) -> None:
    """Makes answers readable: bytes that are no letters are unlikely, and so is an end."""
    import mlx.core as mx

    table, head = network.model.embed_tokens.weight, network.lm_head.weight
    table[:, 0] = BIAS
    head[:, 0] = mx.array([bias(text) for text in vocabulary])
    for layer in network.layers:  # which nothing else reads or writes
        for part in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj, layer.mlp.gate_proj, layer.mlp.up_proj):
            part.weight[:, 0] = 0
        for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
            part.weight[0] = 0


def bias(text: str) -> float:
    if text in SPECIALS:
        return -4.0
    word = text.removeprefix("Ġ")
    return 0.0 if (word.isascii() and word.isalpha()) or word in {".", ",", "?"} else -2.0


def write_shards(folder: Path, weights: dict[str, object]) -> None:
    import mlx.core as mx

    names = sorted(weights)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    files = [f"model-{number:05}-of-{len(halves):05}.safetensors" for number in range(1, len(halves) + 1)]
    for file, half in zip(files, halves, strict=True):
        mx.save_safetensors(str(folder / file), {name: weights[name] for name in half}, metadata={"format": "mlx"})
    where = {name: file for file, half in zip(files, halves, strict=True) for name in half}
    total = sum(array.nbytes for array in weights.values())
    write(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": where})


# ── the cache ──


def install(cache: Path, name: str, folder: Path, *, commit: str | None = None, branch: str = "main", share: bool = False) -> Path:
    """Puts the files of a folder into a cache as one revision, with blobs under their hashes; gives the snapshot. `share` links blobs instead of copying them."""
    home = cache / f"models--{name.replace('/', '--')}"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    commit = commit or hashlib.sha1(b"".join(digest(path).encode() for path in files)).hexdigest()
    snapshot = home / "snapshots" / commit
    (home / "blobs").mkdir(parents=True, exist_ok=True)
    for path in files:
        blob = home / "blobs" / digest(path)
        if not blob.exists():
            (os.link if share else shutil.copyfile)(path, blob)
        link = snapshot / path.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (home / "refs").mkdir(exist_ok=True)
    (home / "refs" / branch).write_text(commit)
    return snapshot


def digest(path: Path) -> str:
    """What the Hub names a blob by: SHA-256 for weights, git's hash for other files."""
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest() if path.suffix == ".safetensors" else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
