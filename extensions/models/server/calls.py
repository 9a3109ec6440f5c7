"""Calls of tools in the text of an answer, as the model's own format writes them; mlx-lm knows the formats."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace

from mlx_lm.generate import TextStateMachine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpy.extensions.models.server.batching import Part
    from mlx_lm.tokenizer_utils import TokenizerWrapper

TEXT, TOOL = "normal", "tool"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that an answer makes; `arguments` is JSON."""

    id: str
    name: str
    arguments: str

    def record(self) -> dict[str, object]:
        """The call as OpenAI writes it."""
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}


class Calls:
    """Takes the parts of one answer in and tells text from calls. A call that cannot be read stays text."""

    def __init__(self, tokenizer: TokenizerWrapper, tools: Sequence[dict[str, object]]) -> None:
        """Takes a tokenizer whose model can call tools, and the tools."""
        self.tokenizer = tokenizer
        self.tools = list(tools)
        end = tokenizer.tool_call_end
        machine = TextStateMachine({TEXT: [(tokenizer.tool_call_start, TOOL)], TOOL: [(end, TEXT)] if end else []})
        self.state = machine.make_state(TEXT)
        self.inside: str | None = None
        self.called = False

    def add(self, part: Part) -> tuple[Part, list[Call]]:
        """The part without calls, and the calls that it completes."""
        text, calls = "", list[Call]()
        self.state, segments = TextStateMachine.split(self.state, part.text)
        closed = len(segments)  # behind those a call ends because the answer does
        if part.finish_reason is not None:
            self.state, rest, where = TextStateMachine.flush(self.state)
            segments = [*segments, (where, rest), (TEXT, "")]
        for number, (where, piece) in enumerate(segments):
            if where == TOOL:
                self.inside = (self.inside or "") + piece
                continue
            if self.inside is not None:
                found = self.read(self.inside)
                text += "" if found else self.written(self.inside, ended=number < closed)
                calls += found
                self.inside = None
            text += piece
        self.called = self.called or bool(calls)
        reason = "tool_calls" if part.finish_reason == "stop" and self.called else part.finish_reason
        return replace(part, text=text, finish_reason=reason), calls

    def read(self, text: str) -> list[Call]:
        """The calls in what stands between the markers; none where they cannot be read."""
        try:
            found = self.tokenizer.tool_parser(text, self.tools)
            several = found if isinstance(found, list) else [found]
            return [Call(f"call_{secrets.token_hex(12)}", str(one["name"]), json.dumps(one["arguments"], ensure_ascii=False)) for one in several]
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError, SyntaxError):  # what a model writes may be anything
            return []

    def written(self, text: str, *, ended: bool) -> str:
        """What a model wrote that was no call."""
        return f"{self.tokenizer.tool_call_start}{text}{self.tokenizer.tool_call_end if ended else ''}"
