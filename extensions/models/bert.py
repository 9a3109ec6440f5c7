"""BERT, the encoder of most small models of embeddings (MiniLM, BGE, E5): mlx-lm has networks that write, and none that only read.

Devlin and others, arXiv:1810.04805; the names of the weights are those of transformers' `BertModel`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import mlx.core as mx
from mlx import nn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

LEFT_OUT = ("cls.", "embeddings.position_ids", "pooler.")  # what only training and classification need
PLACES = (
    ("attention.self.", "attention."),
    ("attention.output.dense", "attention.output"),
    ("attention.output.LayerNorm", "attention_norm"),
    ("intermediate.dense", "widen"),
    ("output.dense", "narrow"),
    ("output.LayerNorm", "norm"),
)


@dataclass(slots=True)
class ModelArgs:
    """What the configuration says."""

    hidden_size: int
    intermediate_size: int
    max_position_embeddings: int
    num_attention_heads: int
    num_hidden_layers: int
    vocab_size: int
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    type_vocab_size: int = 2

    @classmethod
    def from_dict(cls, config: dict[str, object]) -> Self:
        known = {field.name: config[field.name] for field in fields(cls) if field.name in config}
        return cls(**known)  # type: ignore[arg-type]  # a configuration that has other types cannot be loaded, and says so


class Embeddings(nn.Module):
    def __init__(self, args: ModelArgs) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(args.vocab_size, args.hidden_size)
        self.position_embeddings = nn.Embedding(args.max_position_embeddings, args.hidden_size)
        self.token_type_embeddings = nn.Embedding(args.type_vocab_size, args.hidden_size)
        self.norm = nn.LayerNorm(args.hidden_size, eps=args.layer_norm_eps)

    def __call__(self, tokens: mx.array) -> mx.array:
        places = self.position_embeddings(mx.arange(tokens.shape[1]))
        found: mx.array = self.norm(self.word_embeddings(tokens) + places + self.token_type_embeddings.weight[0])
        return found


class Attention(nn.Module):
    def __init__(self, args: ModelArgs) -> None:
        super().__init__()
        self.heads = args.num_attention_heads
        self.query, self.key, self.value, self.output = (nn.Linear(args.hidden_size, args.hidden_size) for _ in range(4))

    def __call__(self, states: mx.array, mask: mx.array) -> mx.array:
        count, length, width = states.shape

        def divided(array: mx.array) -> mx.array:
            return array.reshape(count, length, self.heads, -1).swapaxes(1, 2)

        queries, keys, values = divided(self.query(states)), divided(self.key(states)), divided(self.value(states))
        seen = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=(width // self.heads) ** -0.5, mask=mask)
        found: mx.array = self.output(seen.swapaxes(1, 2).reshape(count, length, width))
        return found


class Layer(nn.Module):
    def __init__(self, args: ModelArgs) -> None:
        super().__init__()
        self.attention = Attention(args)
        self.attention_norm = nn.LayerNorm(args.hidden_size, eps=args.layer_norm_eps)
        self.widen = nn.Linear(args.hidden_size, args.intermediate_size)
        self.narrow = nn.Linear(args.intermediate_size, args.hidden_size)
        self.norm = nn.LayerNorm(args.hidden_size, eps=args.layer_norm_eps)

    def __call__(self, states: mx.array, mask: mx.array) -> mx.array:
        seen = self.attention_norm(states + self.attention(states, mask))
        found: mx.array = self.norm(seen + self.narrow(nn.gelu(self.widen(seen))))
        return found


class Model(nn.Module):
    """Hidden states of texts: `network(tokens, inside)`, where `inside` is false for what only fills a row up."""

    def __init__(self, args: ModelArgs) -> None:
        super().__init__()
        if args.hidden_act != "gelu":
            raise ValueError(args.hidden_act)
        self.embeddings = Embeddings(args)
        self.layers = [Layer(args) for _ in range(args.num_hidden_layers)]

    def __call__(self, tokens: mx.array, inside: mx.array) -> mx.array:
        states, mask = self.embeddings(tokens), inside[:, None, None]
        for layer in self.layers:
            states = layer(states, mask)
        return states

    def sanitize(self, weights: dict[str, mx.array]) -> dict[str, mx.array]:
        """The weights under the names of this network."""
        bare = {name.removeprefix("bert."): array for name, array in weights.items()}
        return {renamed(name): array for name, array in bare.items() if not name.startswith(LEFT_OUT)}


def renamed(name: str) -> str:
    """A name of transformers' as it is here."""
    name = name.replace("embeddings.LayerNorm", "embeddings.norm").replace("encoder.layer.", "layers.")
    for theirs, ours in PLACES:
        if f".{theirs}" in name:
            return name.replace(f".{theirs}", f".{ours}", 1)
    return name
