"""Answers in OpenAI's shapes: whole ones, and the events of a stream."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlpy.extensions.models.server.batching import Chance, Part
    from mlpy.extensions.models.server.calls import Call

    Record = dict[str, object]

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Choice:
    """One answer as far as it has come."""

    text: str = ""
    tokens: int = 0
    finish_reason: str | None = None
    chances: list[Chance] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def add(self, part: Part, calls: Sequence[Call] = ()) -> None:
        """Takes the next part in."""
        self.text += part.text
        self.tokens = part.tokens
        self.finish_reason = part.finish_reason
        self.chances += part.chances
        self.calls += calls


class Reply:
    """The shape of `/v1/chat/completions`."""

    kind = "chat.completion"
    chunk_kind = "chat.completion.chunk"
    prefix = "chatcmpl-"

    def __init__(self, model: str, prompt_tokens: int, spell: Callable[[int], str], *, usage_told: bool) -> None:
        """Begins a reply; `spell` gives the text of a token, `usage_told` is whether the last event of a stream tells the tokens."""
        self.head: Record = {"id": self.prefix + secrets.token_hex(12), "created": int(time.time()), "model": model}
        self.prompt_tokens = prompt_tokens
        self.spell = spell
        self.usage_told = usage_told

    def whole(self, choices: Sequence[Choice]) -> Record:
        """The body of an answer that is not streamed."""
        made = [{"index": index, **self.choice(choice), "finish_reason": choice.finish_reason} for index, choice in enumerate(choices)]
        return {**self.head, "object": self.kind, "choices": made, "usage": self.usage(choices)}

    def usage(self, choices: Sequence[Choice]) -> Record:
        """The tokens of a request."""
        made = sum(choice.tokens for choice in choices)
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": made, "total_tokens": self.prompt_tokens + made}

    def opening(self, choices: int) -> Iterator[bytes]:
        """The events before the first token."""
        for index in range(choices):
            yield self.event([{"index": index, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}])

    def events(self, index: int, part: Part, calls: Sequence[Call], before: Choice) -> Iterator[bytes]:
        """The events of a part of one answer; `before` is that answer up to here."""
        if part.text or part.chances or calls:
            delta = self.piece(part, calls, before)
            yield self.event([{"index": index, **delta, "finish_reason": None}])
        if part.finish_reason:
            yield self.event([{"index": index, **self.last(), "finish_reason": part.finish_reason}])

    def closing(self, choices: Sequence[Choice]) -> Iterator[bytes]:
        """The events after the last token."""
        if self.usage_told:
            yield event({**self.head, "object": self.chunk_kind, "choices": [], "usage": self.usage(choices)})
        yield DONE

    def event(self, choices: list[Record]) -> bytes:
        return event({**self.head, "object": self.chunk_kind, "choices": choices, **({"usage": None} if self.usage_told else {})})

    def choice(self, choice: Choice) -> Record:
        message: Record = {"role": "assistant", "content": None if choice.calls and not choice.text else choice.text, "refusal": None}
        if choice.calls:
            message["tool_calls"] = [call.record() for call in choice.calls]
        return {"message": message, "logprobs": self.chances(choice.chances)}

    def piece(self, part: Part, calls: Sequence[Call], before: Choice) -> Record:
        delta: Record = {"content": part.text} if part.text or not calls else {}
        if calls:
            delta["tool_calls"] = [{"index": len(before.calls) + number, **call.record()} for number, call in enumerate(calls)]
        return {"delta": delta, "logprobs": self.chances(part.chances)}

    def last(self) -> Record:
        return {"delta": {}, "logprobs": None}

    def chances(self, chances: Sequence[Chance]) -> Record | None:
        """How likely tokens were."""
        if not chances:
            return None
        return {"content": [{**self.likely(one.token, one.value), "top_logprobs": [self.likely(*other) for other in one.top]} for one in chances], "refusal": None}

    def likely(self, token: int, value: float) -> Record:
        text = self.spell(token)
        return {"token": text, "logprob": value, "bytes": None if "\ufffd" in text else list(text.encode())}


class PlainReply(Reply):
    """The shape of `/v1/completions`."""

    kind = chunk_kind = "text_completion"
    prefix = "cmpl-"

    def opening(self, choices: int) -> Iterator[bytes]:  # noqa: ARG002  nothing is said before the text
        return iter(())

    def choice(self, choice: Choice) -> Record:
        return {"text": choice.text, "logprobs": self.placed(choice.chances, 0)}

    def piece(self, part: Part, calls: Sequence[Call], before: Choice) -> Record:  # noqa: ARG002  a completion calls no tools
        return {"text": part.text, "logprobs": self.placed(part.chances, len(before.text))}

    def last(self) -> Record:
        return {"text": "", "logprobs": None}

    def placed(self, chances: Sequence[Chance], offset: int) -> Record | None:
        """How likely tokens were, with where their texts begin."""
        if not chances:
            return None
        texts = [self.spell(one.token) for one in chances]
        return {
            "tokens": texts,
            "token_logprobs": [one.value for one in chances],
            "top_logprobs": [{self.spell(token): value for token, value in one.top} for one in chances],
            "text_offset": [offset + sum(map(len, texts[:index])) for index in range(len(texts))],
        }


def event(record: Record) -> bytes:
    """A record as an event of a stream."""
    return b"data: " + json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n\n"
