"""From the files of a snapshot to a network in memory."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from dataclasses import dataclass

from mlpy.extensions.models import markers, traits
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.health import ENCODERS
from mlpy.extensions.models.rendering import EndlessError
from mlpy.extensions.models.worker import work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import mlx.nn
    from mlpy.extensions.models.store import Model
    from mlx_lm.tokenizer_utils import TokenizerWrapper

DEFAULT_CONTEXT = 2048  # tokens, where a configuration tells no number


@dataclass(slots=True)
class Loaded:
    """What a runner works with; `size_bytes` is what the weights take, `context_length` what the configuration promises, `rows` how many tokens the network knows."""

    network: mlx.nn.Module
    tokenizer: TokenizerWrapper
    config: dict[str, object]
    markers: markers.Markers
    context_length: int
    rows: int
    size_bytes: int
    snapshot: Path

    @property
    def writes(self) -> bool:
        """Whether it makes text, and not vectors alone."""
        return self.config.get("model_type") not in ENCODERS


def read(model: Model) -> Loaded:
    """Loads the weights and the tokenizer of a model. Its template is asked on the thread of the caller: that of mlx works for all models.

    Raises:
        ModelError: `not_runnable` with the reason.
    """
    network, tokenizer, config, size = work(weighed, model)
    held = rows(network, config)
    if highest(tokenizer) >= held:
        raise unrunnable(model.name, model.config, ValueError("token"))
    try:
        found = markers.find(tokenizer)
    except EndlessError as error:
        raise unrunnable(model.name, model.config, error) from error
    return Loaded(network, tokenizer, config, found, traits.context_length(config) or DEFAULT_CONTEXT, held, size, model.snapshot)


def weighed(model: Model) -> tuple[mlx.nn.Module, TokenizerWrapper, dict[str, object], int]:
    """Network, tokenizer, configuration and the bytes of the weights. To be called on the thread of mlx."""
    with limits_kept():
        from mlx_lm import utils  # noqa: PLC0415  takes a second
    import mlx.core as mx  # noqa: PLC0415  of the extra
    from mlx.utils import tree_flatten  # noqa: PLC0415  of the extra
    from transformers.utils import logging  # noqa: PLC0415  of the extra

    logging.set_verbosity_error()  # it warns of long prompts, which are counted here
    try:
        network, config = utils.load_model(model.snapshot, **({"get_model_classes": encoder} if model.config.get("model_type") in ENCODERS else {}))
        tokenizer = utils.load_tokenizer(model.snapshot, {"local_files_only": True, "trust_remote_code": False}, eos_token_ids=config.get("eos_token_id"))
    except Exception as error:  # a checkpoint may be wrong in any way
        raise unrunnable(model.name, model.config, error) from error
    if mx.default_device() == mx.cpu and ("quantization" in config or "quantization_config" in config):
        widen(network)
    mx.eval(network)  # what stays lazy is bound to this thread: tables that are no parameters, too
    size = sum(array.nbytes for _, array in tree_flatten(network.parameters()))
    return network, tokenizer, config, size


def rows(network: mlx.nn.Module, config: Mapping[str, object]) -> int:
    """How many tokens a network knows: the rows of its embedding, and not of one for positions."""
    import mlx.nn as nn  # noqa: PLC0415, PLR0402  of the extra

    found = {module.weight.shape[0] for module in network.modules() if isinstance(module, nn.Embedding | nn.QuantizedEmbedding)}
    inner = config.get("text_config")
    declared = config.get("vocab_size") or (inner.get("vocab_size") if isinstance(inner, dict) else None)
    return declared if isinstance(declared, int) and declared in found else max(found, default=0)


def highest(tokenizer: TokenizerWrapper) -> int:
    """The last of the tokens that texts are made of; some models have added ones, as for pictures, that their network does not know."""
    added = tokenizer.added_tokens_decoder
    return max((number for number in tokenizer.get_vocab().values() if number not in added), default=-1)


def encoder(config: dict[str, object]) -> tuple[type[mlx.nn.Module], type]:  # noqa: ARG001  as mlx-lm asks for classes
    """The classes of the networks that are here, as mlx-lm has none that only read."""
    from mlpy.extensions.models import bert  # noqa: PLC0415  imports mlx

    return bert.Model, bert.ModelArgs


def widen(network: mlx.nn.Module) -> None:
    """Makes the scales of quantized weights 32-bit floats: with those of 16 bits a processor takes ten to thirty times as long."""
    import mlx.core as mx  # noqa: PLC0415  of the extra
    from mlx.utils import tree_map  # noqa: PLC0415  of the extra

    network.update(tree_map(lambda array: array.astype(mx.float32) if mx.issubdtype(array.dtype, mx.floating) else array, network.parameters()))


@contextmanager
def limits_kept() -> Iterator[None]:
    """mlx-lm sets the limit of open files when it is imported, for good if it lowers it and with an error where it may not: it is kept from that."""
    original = resource.setrlimit
    resource.setrlimit = lambda *_: None
    try:
        yield
    finally:
        resource.setrlimit = original


def unrunnable(name: str, config: Mapping[str, object], error: Exception) -> ModelError:
    """Why a model cannot be loaded, in words of ours: those of the libraries name paths and classes."""
    architecture = config.get("model_type")
    match error:
        case ValueError() if "not supported" in str(error):
            reason = f"mlx-lm does not know the architecture `{architecture}`"
        case ValueError() if "trust_remote_code" in str(error):
            reason = "it wants to run code of its own"
        case FileNotFoundError():
            reason = "files of it are missing"
        case EndlessError():
            reason = "its chat template does not come to an end"
        case MemoryError():
            reason = "there is not enough memory"
        case _:
            reason = "its files do not fit together"
    return ModelError("not_runnable", f"`{name}` cannot be loaded: {reason}", hint=f"`mlpy models health {name}` checks its files")
