"""Models in memory: messages or a prompt go in, pieces of an answer come out, one for each token.

The work is done on a thread of its own (`worker.py`), so a runner may be used from any, several answers may be under way at once, and each can be
dropped between two tokens.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from threading import Event

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.memory import Memory
from mlpy.extensions.models.rendering import EndlessError, render
from mlpy.extensions.models.worker import drop, work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    import mlx.core as mx
    from mlpy.extensions.models.answer import Answer
    from mlpy.extensions.models.loading import Loaded
    from mlpy.extensions.models.store import Model

    Message = Mapping[str, object]

PREFILL = 512  # tokens of a prompt at a time; between two an answer can be dropped
HOTTEST = 2.0
NARROWEST = 1e-9  # as good as 0, of which mlx-lm looks for a threshold behind the last token
COLDEST = 1e-6  # from here on down only the likeliest token is left, and the division by less would overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an answer is made. `max_tokens` None: as many as the context has room for; `temperature` 0: always the likeliest token; `seed` None: a new one each time."""

    max_tokens: int | None = None
    temperature: float = 0.7
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            ModelError: `invalid_value`, with the option's name in `detail`.
        """
        if self.max_tokens is not None and self.max_tokens < 1:
            refuse("max_tokens", "is at least 1", self.max_tokens)
        if not 0 <= self.temperature <= HOTTEST:
            refuse("temperature", f"is between 0 and {HOTTEST:g}", self.temperature)
        if not 0 < self.top_p <= 1:
            refuse("top_p", "is above 0 and at most 1", self.top_p)


def refuse(option: str, rule: str, value: float) -> None:
    raise ModelError("invalid_value", f"`{option}` {rule}, not {value:g}", detail={"option": option, "value": value}, code=2)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer: its text, the tokens of the answer so far, and why it ended if it has: `stop` or `length`."""

    text: str
    tokens: int
    finish_reason: str | None = None


class Runner:
    """A loaded model. `context_length` counts tokens, prompt and answer together; `size_bytes` is what its weights take in memory."""

    def __init__(self, model: Model, loaded: Loaded, context_length: int) -> None:
        self.name = model.name
        self.context_length = context_length
        self.size_bytes = loaded.size_bytes
        self.chats = loaded.tokenizer.has_chat_template
        self._loaded: Loaded | None = loaded

    @property
    def loaded(self) -> Loaded:
        """The network, its tokenizer, configuration and markers.

        Raises:
            ModelError: `not_loaded` after `close`.
        """
        if self._loaded is None:
            raise ModelError("not_loaded", f"`{self.name}` was unloaded", retryable=True)
        return self._loaded

    def encode(self, prompt: str | Sequence[Message], *, tools: Sequence[Mapping[str, object]] | None = None) -> list[int]:
        """The tokens of a prompt as it stands, or of messages as the chat template writes them with the beginning of an answer.

        Raises:
            ModelError: `prompt_too_long` where no token of an answer would fit behind it, `invalid_messages` where the template refuses them, `empty_prompt`,
                `makes_no_text` of a model that only reads.
        """
        self.require_text()
        return self.fitting(self._plain(prompt) if isinstance(prompt, str) else self._templated(prompt, tools))

    def require_text(self) -> None:
        """Sees that it makes text.

        Raises:
            ModelError: `makes_no_text`.
        """
        if not self.loaded.writes:
            raise ModelError("makes_no_text", f"`{self.name}` makes vectors of texts, and no text", hint=f"`mlpy models embed {self.name} 'a text'`")

    def fitting(self, tokens: list[int]) -> list[int]:
        """The tokens of a prompt, if an answer fits behind them.

        Raises:
            ModelError: `prompt_too_long`, `empty_prompt`, `not_runnable` for a token that the network does not have.
        """
        if not tokens:
            raise ModelError("empty_prompt", "the prompt is empty", code=2)
        self.require_rows(tokens)
        if len(tokens) >= self.context_length:
            raise ModelError(
                "prompt_too_long",
                f"the prompt has {len(tokens)} tokens, and `{self.name}` has room for {self.context_length} with its answer",
                detail={"prompt_tokens": len(tokens), "context_length": self.context_length},
            )
        return tokens

    def require_rows(self, tokens: list[int]) -> None:
        """Sees that the network has all of some tokens: mlx looks the row of any other up beyond its memory.

        Raises:
            ModelError: `not_runnable`.
        """
        if not 0 <= min(tokens) <= max(tokens) < self.loaded.rows:
            raise ModelError("not_runnable", f"the tokenizer of `{self.name}` makes tokens of this text that its weights do not have", hint="another revision of it may be whole")

    def _plain(self, text: str) -> list[int]:
        tokenizer = self.loaded.tokenizer
        begun = tokenizer.bos_token is not None and text.startswith(tokenizer.bos_token)
        return list(tokenizer.encode(text, add_special_tokens=not begun))

    def _templated(self, messages: Sequence[Message], tools: Sequence[Mapping[str, object]] | None) -> list[int]:
        from jinja2 import TemplateError  # noqa: PLC0415  of the extra

        if not self.chats:
            raise ModelError("no_chat_template", f"`{self.name}` has no chat template: it continues a prompt and does not chat", hint="give it a prompt instead of messages")
        options = {"tools": list(tools)} if tools else {}
        try:
            text = render(self.loaded.tokenizer, [dict(message) for message in messages], add_generation_prompt=True, **options)
            return list(self.loaded.tokenizer.encode(text, add_special_tokens=False))
        except TemplateError as error:  # what a template says by `raise_exception`, as that roles have to alternate
            said = f": {error}" if type(error) is TemplateError else ""
            raise ModelError("invalid_messages", f"the chat template of `{self.name}` does not take these messages{said}", code=2) from error
        except EndlessError as error:
            raise ModelError("invalid_messages", f"the chat template of `{self.name}` does not come to an end with these messages", code=2) from error
        except Exception as error:  # a template is a program of the model's author, which may fail in any way
            raise ModelError("invalid_messages", f"the chat template of `{self.name}` does not take these messages", code=2) from error

    def count(self, text: str) -> int:
        """The tokens of a text, without those that a prompt gets round it."""
        return len(self.loaded.tokenizer.encode(text, add_special_tokens=False))

    def answer(self, options: Options, *, chat: bool) -> Answer:
        """What makes text of the tokens of an answer."""
        from mlpy.extensions.models.answer import Answer  # noqa: PLC0415  with a model only

        return Answer(self.loaded.tokenizer, self.loaded.markers, stop=options.stop, trim=chat)

    def room(self, tokens: Sequence[int], options: Options) -> int:
        """The most tokens that an answer to a prompt may have."""
        left = self.context_length - len(tokens)
        return left if options.max_tokens is None else min(left, options.max_tokens)

    def generate(
        self,
        prompt: str | Sequence[Message],
        options: Options | None = None,
        *,
        tools: Sequence[Mapping[str, object]] | None = None,
        progress: Callable[[int, int], None] | None = None,
        memory: Memory | None = None,
    ) -> Iterator[Piece]:
        """The answer to a prompt or to messages; closing the iterator ends the work on it.

        `progress` hears how many tokens of the prompt are done; with a `memory` of the same conversation those that it knows are left out.

        Raises:
            ModelError: as `encode` does, at once and not with the first piece.
        """
        return self.pieces(self.encode(prompt, tools=tools), options or Options(), chat=not isinstance(prompt, str), progress=progress, memory=memory)

    def pieces(self, tokens: Sequence[int], options: Options, *, chat: bool, progress: Callable[[int, int], None] | None = None, memory: Memory | None = None) -> Iterator[Piece]:
        """The answer to a prompt of tokens."""
        answer, room, dropped = self.answer(options, chat=chat), self.room(tokens, options), Event()

        def prefilled(done: int, total: int) -> None:
            if dropped.is_set():
                raise Dropped
            if progress is not None:
                progress(done, total)

        steps = work(self.steps, tokens, room, options, prefilled, memory or Memory())
        try:
            for made in range(1, room + 1):
                text = answer.add(self.next_of(steps))
                if answer.done:
                    yield Piece(text, answer.tokens, "stop")
                    return
                if made == room:
                    yield Piece(text + answer.rest(), answer.tokens, "length")
                    return
                yield Piece(text, answer.tokens)
        finally:
            dropped.set()
            drop(steps)

    def next_of(self, steps: Generator[int]) -> int:
        """The next token."""
        try:
            return work(next, steps)
        except (MemoryError, RuntimeError) as error:  # mlx says both of memory that is too small
            raise ModelError("generation_failed", f"`{self.name}` could not go on: there may not be enough memory", retryable=True) from error

    def steps(self, tokens: Sequence[int], room: int, options: Options, prefilled: Callable[[int, int], None], memory: Memory) -> Generator[int]:
        """The tokens of an answer. To be called, and walked through, on the thread of mlx."""
        import mlx.core as mx  # noqa: PLC0415  of the extra
        from mlx_lm.generate import generate_step  # noqa: PLC0415  takes a second

        network = self.loaded.network
        new = mx.array(memory.recall(network, tokens))
        return memory.keep(
            generate_step(new, network, max_tokens=room, sampler=sampler(options), prompt_cache=memory.cache, prefill_step_size=PREFILL, prompt_progress_callback=prefilled)
        )

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each text, as the model's pooling says.

        Raises:
            ModelError: `prompt_too_long`, `empty_prompt`.
        """
        from mlpy.extensions.models.pooling import vectors  # noqa: PLC0415  imports mlx

        return work(vectors, self.loaded, [self.embeddable(text) for text in texts])

    def embeddable(self, text: str) -> list[int]:
        """The tokens of a text to embed."""
        tokens = self._plain(text)
        if not tokens:
            raise ModelError("empty_prompt", "there is no vector for an empty text", code=2)
        self.require_rows(tokens)
        if len(tokens) > self.context_length:
            raise ModelError(
                "prompt_too_long",
                f"the text has {len(tokens)} tokens, and `{self.name}` takes {self.context_length}",
                detail={"prompt_tokens": len(tokens), "context_length": self.context_length},
            )
        return tokens

    def close(self) -> None:
        """Frees the memory, once the answers that are under way have ended. New ones end with `not_loaded`."""
        self._loaded = None
        work(released)


class Dropped(Exception):  # noqa: N818  no error: nobody waits for the answer any more
    pass


def load(model: Model, *, max_context: int | None = None) -> Runner:
    """Loads a model of the store.

    Raises:
        ModelError: `missing_extra`, `not_runnable` with the reason.
    """
    ModelError.need("mlx", "mlx_lm")
    from mlpy.extensions.models.loading import read  # noqa: PLC0415  imports mlx

    loaded = read(model)
    bounds = [bound for bound in (loaded.context_length, max_context) if bound]
    return Runner(model, loaded, min(bounds))


def sampler(options: Options) -> Callable[[mx.array], mx.array]:
    """How the next token is taken from the logarithms of the probabilities. With a key of its own, so that what else is being generated does not change what a seed gives."""
    import mlx.core as mx  # noqa: PLC0415  of the extra
    from mlx_lm.sample_utils import apply_top_p, greedy_sampler  # noqa: PLC0415  of the extra

    if options.temperature < COLDEST:
        greedy: Callable[[mx.array], mx.array] = greedy_sampler
        return greedy
    key = mx.random.key(secrets.randbits(64) if options.seed is None else options.seed % 2**64)

    def sample(logarithms: mx.array) -> mx.array:
        nonlocal key
        key, now = mx.random.split(key)
        likely = apply_top_p(logarithms, max(options.top_p, NARROWEST)) if options.top_p < 1 else logarithms
        return mx.random.categorical(likely * (1 / options.temperature), key=now)

    return sample


def released() -> None:
    import gc  # noqa: PLC0415  rare

    import mlx.core as mx  # noqa: PLC0415  of the extra

    gc.collect()
    mx.clear_cache()
