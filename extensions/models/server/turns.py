"""One request for text, from its model to its last token: it holds the model, puts its answers into the batch, and takes them out if the client leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.server.batching import Job, Part
from mlpy.extensions.models.server.calls import Calls
from mlpy.extensions.models.server.replies import Choice, PlainReply, Reply, event
from mlpy.extensions.models.server.shapes import ChatRequest, failure, refused
from starlette.responses import StreamingResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence
    from typing import TypeVar

    from mlpy.extensions.models.runner import Options, Runner
    from mlpy.extensions.models.server.batching import Engine
    from mlpy.extensions.models.server.calls import Call
    from mlpy.extensions.models.server.guard import Said
    from mlpy.extensions.models.server.pool import Pool
    from mlpy.extensions.models.server.shapes import CompletionRequest
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    R = TypeVar("R")


class Gone(Exception):  # noqa: N818  no error: the client does not wait for the answer any more
    pass


class Turn:
    """A request for text whose answers are under way. `close` lets go of all; it may be called twice."""

    def __init__(self, pool: Pool, engine: Engine, asked: ChatRequest | CompletionRequest, prompts: Sequence[list[int]], said: Said) -> None:
        """Takes a lent model over and starts the answers, those of the first prompt first."""
        self.pool = pool
        self.engine: Engine | None = engine
        self.heard: asyncio.Queue[tuple[int, Part | ModelError]] = asyncio.Queue()
        chat = isinstance(asked, ChatRequest)
        tools = asked.wanted_tools() if isinstance(asked, ChatRequest) else []
        self.jobs = jobs(asked, engine, prompts, self.heard)
        self.choices = [Choice() for _ in self.jobs]
        self.calls = [Calls(engine.runner.loaded.tokenizer, tools) for _ in self.jobs] if tools else []
        read = sum(map(len, prompts))
        self.said = said
        said.model, said.prompt_tokens = engine.runner.name, read
        self.reply = (Reply if chat else PlainReply)(engine.runner.name, read, Speller(engine.runner).spell, usage_told=asked.usage_told)
        for job in self.jobs:
            engine.submit(job, chat=chat)

    async def parts(self) -> AsyncIterator[tuple[int, Part, list[Call]]]:
        """The parts of all answers as they come: which answer, the part, and the calls of tools in it.

        Raises:
            ModelError: `generation_failed`.
        """
        running = len(self.jobs)
        while running:
            index, part = await self.heard.get()
            if isinstance(part, ModelError):
                raise part
            part, calls = self.calls[index].add(part) if self.calls else (part, [])
            yield index, part, calls
            self.choices[index].add(part, calls)
            running -= part.finish_reason is not None

    async def whole(self) -> dict[str, object]:
        """The body of the answer, when all of it is there."""
        async for _ in self.parts():
            pass
        return self.reply.whole(self.choices)

    async def events(self) -> AsyncIterator[bytes]:
        """The answer as a stream of events. An error in its midst is the last of them."""
        for one in self.reply.opening(len(self.choices)):
            yield one
        try:
            async for index, part, calls in self.parts():
                for one in self.reply.events(index, part, calls, self.choices[index]):
                    yield one
        except ModelError as error:
            yield event(failure(error)[1])
            return
        for one in self.reply.closing(self.choices):
            yield one

    def close(self) -> None:
        """Ends what is under way and gives the model back."""
        for job in self.jobs:
            job.dropped = True
        self.said.generated = sum(choice.tokens for choice in self.choices)
        if self.engine is not None:
            self.engine.wake.set()
            self.pool.release(self.engine)
            self.engine = None


class Stream(StreamingResponse):
    """The answer of a turn as server-sent events. However it ends, the turn is closed."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn.events(), media_type="text/event-stream", headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self.turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.turn.close()


class Speller:
    """The texts of single tokens, each asked for once."""

    def __init__(self, runner: Runner) -> None:
        self.tokenizer = runner.loaded.tokenizer
        self.texts: dict[int, str] = {}

    def spell(self, token: int) -> str:
        """The text of a token."""
        if token not in self.texts:
            self.texts[token] = str(self.tokenizer.decode([token]))
        return self.texts[token]


async def begin(pool: Pool, asked: ChatRequest | CompletionRequest, said: Said) -> Turn:
    """Starts the answers of a request, once its model is there; `said` hears what the log tells of it.

    Raises:
        ModelError: as `Pool.acquire` and `Runner.encode` do; `invalid_value`.
    """
    engine = await pool.acquire(asked.model)
    try:
        async with engine.encoding:
            prompts = await asyncio.to_thread(encoded, engine.runner, asked)
        return Turn(pool, engine, asked, prompts, said)
    except BaseException:
        pool.release(engine)
        raise


def encoded(runner: Runner, asked: ChatRequest | CompletionRequest) -> list[list[int]]:
    """The tokens of each prompt of a request."""
    if not isinstance(asked, ChatRequest):
        return [runner.encode(prompt) if isinstance(prompt, str) else checked(runner, prompt) for prompt in asked.prompts()]
    tools = asked.wanted_tools()
    if tools and not runner.loaded.tokenizer.has_tool_calling:
        raise refused("tools", f"`{runner.name}` cannot call tools")
    return [runner.encode([message.plain() for message in asked.messages], tools=tools)]


def checked(runner: Runner, tokens: list[int]) -> list[int]:
    """A prompt of tokens, if it is one for this model."""
    runner.require_text()
    size = runner.loaded.rows
    if strange := next((token for token in tokens if not 0 <= token < size), None):
        raise refused("prompt", f"`{strange}` is no number of a token, of which the model has {size}")
    return runner.fitting(tokens)


def jobs(asked: ChatRequest | CompletionRequest, engine: Engine, prompts: Sequence[list[int]], heard: asyncio.Queue[tuple[int, Part | ModelError]]) -> list[Job]:
    """The answers of a request: `n` of each prompt, each with a seed of its own."""
    penalties = asked.penalties(engine.runner.loaded.rows)
    options = asked.options(asked.most)
    choices = asked.n or 1

    def job(index: int) -> Job:
        return Job(prompts[index // choices], seeded(options, index % choices), penalties, asked.top, lambda part: heard.put_nowait((index, part)))

    return [job(index) for index in range(len(prompts) * choices)]


def seeded(options: Options, choice: int) -> Options:
    """The options of one of several answers: with the same seed they would all be the same."""
    return options if options.seed is None else replace(options, seed=options.seed + choice)


async def unless_gone(request: Request, work: Awaitable[R]) -> R:
    """What somebody waits for; it ends when the client is gone.

    Raises:
        Gone: the client has left.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Gone
        return working.result()
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait((working,))


async def left(request: Request) -> None:
    """Returns when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
