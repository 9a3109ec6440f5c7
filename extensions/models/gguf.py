"""GGUF files as models that mlx-lm runs: the same weights under other names, still quantized, with a configuration and a tokenizer made of the file's own notes.

Of the architecture `llama` with a tokenizer of bytes (`gpt2`). llama.cpp orders the rows of queries and keys for rotations of neighbours, which mlx calls
traditional. Scales are kept as 32-bit floats, with which a processor is ten times as fast as with those of 16 bits. Format: ggml's docs/gguf.md.
"""

from __future__ import annotations

import json
import mmap
import struct
from math import isfinite, prod

import mlx.core as mx
from mlpy.extensions.models.failures import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tokenizers.pre_tokenizers import PreTokenizer

GROUP = 32  # weights that share a scale, in every quantization that mlx reads
BITS = 4
CONTROL, USER_DEFINED = 3, 4  # types of tokens
MAGIC = b"GGUF"
VERSIONS = (2, 3)  # those whose lengths have 64 bits
ALIGNMENT = 32  # bytes, where a file tells no other
LARGEST_ALIGNMENT = 1 << 16
MOST_DIMENSIONS = 4
LONGEST = (1 << 31) - 1  # dimension of an array of mlx
UINT32, STRING, ARRAY = 4, 8, 9  # types of notes that are more than a number
NUMBERS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # type of note → bytes
BLOCKS = {  # type of tensor → weights and bytes of a block: the types that mlx reads
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 8: (32, 34), 10: (256, 84), 12: (256, 144), 14: (256, 210), 24: (1, 1), 25: (1, 2), 26: (1, 4), 30: (1, 2),
}  # fmt: skip
LAYER = {
    "attn_k": "self_attn.k_proj",
    "attn_norm": "input_layernorm",
    "attn_output": "self_attn.o_proj",
    "attn_q": "self_attn.q_proj",
    "attn_v": "self_attn.v_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_up": "mlp.up_proj",
}
OUTER = {"output": "lm_head", "output_norm": "model.norm", "token_embd": "model.embed_tokens"}


class Notes:
    """What a file tells of itself, by name."""

    def __init__(self, notes: dict[str, object]) -> None:
        self.notes = notes

    def number(self, name: str) -> float | None:
        found = self.notes.get(name)
        value = found.item() if isinstance(found, mx.array) and found.size == 1 else None
        return value if isinstance(value, (int, float)) and isfinite(value) else None

    def whole(self, name: str) -> int:
        found = self.number(name)
        if found is None:
            raise unreadable(f"it does not tell `{name}`")
        return int(found)

    def text(self, name: str) -> str | None:
        found = self.notes.get(name)
        return found if isinstance(found, str) else None

    def texts(self, name: str) -> list[str]:
        found = self.notes.get(name)
        return list(found) if isinstance(found, list) else []

    def numbers(self, name: str) -> list[int]:
        found = self.notes.get(name)
        values = found.tolist() if isinstance(found, mx.array) else []
        return [one for one in values if isinstance(one, int)] if isinstance(values, list) else []


def unreadable(reason: str) -> ModelError:
    return ModelError("not_runnable", f"the GGUF file cannot be used: {reason}", hint="`mlpy models pull` has models for MLX")


def unpack(path: Path, folder: Path) -> None:
    """Writes the files of a model, `model.safetensors` and all, into a folder.

    Raises:
        ModelError: `not_runnable` with the reason.
    """
    try:
        check(path)
        weights, found = mx.load(str(path), format="gguf", return_metadata=True)
    except (OSError, RuntimeError, ValueError, struct.error) as error:
        raise unreadable("it is damaged, or of a kind that mlx does not read") from error
    assert isinstance(weights, dict)
    assert isinstance(found, dict)
    notes = Notes(found)
    if (architecture := notes.text("general.architecture")) != "llama":
        raise unreadable(f"its architecture is `{architecture}`, and only `llama` is read")
    named = {renamed(name): array.astype(mx.float32) if mx.issubdtype(array.dtype, mx.floating) else array for name, array in weights.items() if name != "rope_freqs.weight"}
    rows, tokens = named.get("model.embed_tokens.weight"), notes.texts("tokenizer.ggml.tokens")
    if rows is None or rows.shape[0] < len(tokens):
        raise unreadable(f"it has {len(tokens):,} tokens, and rows for {0 if rows is None else rows.shape[0]:,}")
    folder.mkdir(parents=True, exist_ok=True)
    mx.save_safetensors(str(folder / "model.safetensors"), named, metadata={"format": "mlx"})
    write(folder / "config.json", configuration(notes, named))
    write_tokenizer(folder, notes)


def write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def renamed(name: str) -> str:
    """A tensor's name as mlx-lm has it."""
    part, _, kind = name.rpartition(".")
    if part in OUTER:
        return f"{OUTER[part]}.{kind}"
    _, _, rest = part.partition(".")
    layer, _, inner = rest.partition(".")
    if not part.startswith("blk.") or inner not in LAYER:
        raise unreadable(f"it has a tensor `{name[:80]}` that a llama has not")
    return f"model.layers.{layer}.{LAYER[inner]}.{kind}"


def configuration(notes: Notes, weights: dict[str, mx.array]) -> dict[str, object]:
    heads = notes.whole("llama.attention.head_count")
    quantized = any(name.endswith(".scales") for name in weights)
    return {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": notes.number("tokenizer.ggml.bos_token_id"),
        "eos_token_id": notes.number("tokenizer.ggml.eos_token_id"),
        "hidden_size": notes.whole("llama.embedding_length"),
        "intermediate_size": notes.whole("llama.feed_forward_length"),
        "max_position_embeddings": notes.whole("llama.context_length"),
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": notes.whole("llama.block_count"),
        "num_key_value_heads": int(notes.number("llama.attention.head_count_kv") or heads),
        "rms_norm_eps": notes.number("llama.attention.layer_norm_rms_epsilon") or 1e-5,
        "rope_theta": notes.number("llama.rope.freq_base") or 10_000.0,
        "rope_traditional": True,
        "tie_word_embeddings": "lm_head.weight" not in weights,
        "torch_dtype": "float32",
        "vocab_size": len(notes.texts("tokenizer.ggml.tokens")),
        **({"quantization": {"bits": BITS, "group_size": GROUP}} if quantized else {}),
    }


# ── the header ──


class Header:
    """Walks the header of a file, never beyond its `end`: mlx reads it where it is mapped, believes every length, and leaves the process by a signal where one is wrong."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.end = len(data)
        self.at = 0
        self.alignment = ALIGNMENT

    def walk(self) -> None:
        """Raises `ValueError` or `struct.error` where anything lies outside of the file."""
        magic, version, tensors, notes = self.take("<4sIQQ")
        if magic != MAGIC or version not in VERSIONS:
            raise ValueError("no GGUF file")
        for _ in range(notes):
            self.note(self.text())
        ends = [self.tensor() for _ in range(tensors)]
        start = -(-self.at // self.alignment) * self.alignment
        if start + max(ends, default=0) > self.end:
            raise ValueError("a tensor ends beyond the file")

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return found

    def skip(self, count: int) -> None:
        if count > self.end - self.at:
            raise ValueError("a length reaches beyond the file")
        self.at += count

    def text(self) -> bytes:
        (length,) = self.take("<Q")
        self.skip(length)
        return self.data[self.at - length : self.at]

    def note(self, name: bytes) -> None:
        (kind,) = self.take("<I")
        if name == b"general.alignment":
            self.align(kind)
        elif kind == STRING:
            self.text()
        elif kind == ARRAY:
            self.array(*self.take("<IQ"))
        else:
            self.skip(NUMBERS.get(kind, self.end))

    def align(self, kind: int) -> None:
        (alignment,) = self.take("<I")
        if kind != UINT32 or alignment.bit_count() != 1 or alignment > LARGEST_ALIGNMENT:
            raise ValueError("an alignment that is none")
        self.alignment = alignment

    def array(self, kind: int, count: int) -> None:
        if kind != STRING:
            self.skip(count * NUMBERS.get(kind, self.end))
            return
        for _ in range(count):
            self.text()

    def tensor(self) -> int:
        """Where the data of the next tensor end, counted from where data begin."""
        self.text()
        (dimensions,) = self.take("<I")
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise ValueError("a tensor of no shape")
        *shape, kind, offset = self.take(f"<{dimensions}QIQ")
        if kind not in BLOCKS or not all(1 <= length <= LONGEST for length in shape) or shape[0] % BLOCKS[kind][0]:
            raise ValueError("a tensor of another kind")
        weights, size = BLOCKS[kind]
        return int(offset + prod(shape) // weights * size)


def check(path: Path) -> None:
    """Raises `ValueError` or `struct.error` where a file is none that mlx can be given."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        Header(data).walk()


# ── the tokenizer ──


def write_tokenizer(folder: Path, notes: Notes) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models  # noqa: PLC0415  of the extra

    if (kind := notes.text("tokenizer.ggml.model")) != "gpt2":
        raise unreadable(f"its tokenizer is of the kind `{kind}`, and only `gpt2` is read")
    tokens, merges = notes.texts("tokenizer.ggml.tokens"), [(one, other) for one, _, other in (pair.partition(" ") for pair in notes.texts("tokenizer.ggml.merges"))]
    try:
        made = Tokenizer(models.BPE(vocab={text: number for number, text in enumerate(tokens)}, merges=merges))
    except Exception as error:  # it raises nothing more precise
        raise unreadable("its tokenizer puts together what are no tokens of it") from error
    made.pre_tokenizer = pieces(notes.text("tokenizer.ggml.pre") or "default")
    made.decoder = decoders.ByteLevel()
    for text, kind_of in zip(tokens, notes.numbers("tokenizer.ggml.token_type"), strict=False):
        if kind_of in (CONTROL, USER_DEFINED):
            made.add_tokens([AddedToken(text, special=kind_of == CONTROL, normalized=False)])
    made.save(str(folder / "tokenizer.json"))
    numbers = {name: notes.number(f"tokenizer.ggml.{LONG.get(name, name)}_token_id") for name in ("bos", "eos", "pad", "unk")}
    wrong = next((name for name, number in numbers.items() if number is not None and number not in range(len(tokens))), None)
    if wrong is not None:
        raise unreadable(f"its token `{wrong}` is none of its {len(tokens):,} tokens")
    settings: dict[str, object] = {f"{name}_token": tokens[int(number)] for name, number in numbers.items() if number is not None}
    if template := notes.text("tokenizer.chat_template"):
        settings["chat_template"] = template
    limit = {"clean_up_tokenization_spaces": False, "model_max_length": notes.whole("llama.context_length"), "tokenizer_class": "PreTrainedTokenizerFast"}
    write(folder / "tokenizer_config.json", {**settings, **limit})


LONG = {"pad": "padding", "unk": "unknown"}
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"  # of Llama 3


def pieces(name: str) -> PreTokenizer:
    """How a text is cut before bytes are put together, by llama.cpp's name for it."""
    from tokenizers import Regex, pre_tokenizers  # noqa: PLC0415  of the extra

    match name:
        case "default" | "gpt-2":
            return pre_tokenizers.ByteLevel(add_prefix_space=False)
        case "smollm":
            return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        case "llama-bpe" | "llama3":
            words = pre_tokenizers.Split(Regex(WORDS), behavior="isolated")
            return pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        case _:
            raise unreadable(f"its tokenizer cuts texts as `{name[:40]}` does, which is not known here")
