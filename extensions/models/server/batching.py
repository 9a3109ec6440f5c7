"""Answers of one model, made together: each step of the network gives every answer under way its next token.

The event loop asks for steps one after another; they run on the runner's thread, in turn with the steps of other models, with embeddings and with loading.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections import deque
from dataclasses import dataclass

import mlx.core as mx
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.runner import PREFILL, sampler
from mlpy.extensions.models.worker import submit
from mlx_lm.generate import BatchGenerator
from mlx_lm.sample_utils import make_logits_processors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlpy.extensions.models.answer import Answer
    from mlpy.extensions.models.runner import Options, Runner
    from mlpy.extensions.models.server.metrics import Counts

TOGETHER = 32  # answers of one model under way; further ones wait for a place
BEGINNING = 8  # prompts that are read together


@dataclass(frozen=True, slots=True)
class Chance:
    """A token with the logarithm of its probability, and the likeliest tokens of its place with theirs."""

    token: int
    value: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a step adds to an answer: text, the tokens so far, the end's reason (`stop` or `length`) and the chances of its tokens where they were asked for."""

    text: str
    tokens: int
    finish_reason: str | None = None
    chances: tuple[Chance, ...] = ()


@dataclass(frozen=True, slots=True)
class Penalties:
    """What changes the logits before a token is taken."""

    bias: tuple[tuple[int, float], ...] = ()
    presence: float = 0.0
    frequency: float = 0.0

    def processors(self, context: int) -> list[Callable[[mx.array, mx.array], mx.array]]:
        """These as mlx-lm applies them, counted over a whole context."""
        made: list[Callable[[mx.array, mx.array], mx.array]] = make_logits_processors(
            logit_bias=dict(self.bias),
            presence_penalty=self.presence,
            presence_context_size=context,
            frequency_penalty=self.frequency,
            frequency_context_size=context,
        )
        return made


class Job:
    """One answer that is asked for. Its parts go to `heard` on the event loop; `dropped` ends it before the next step."""

    __slots__ = ("answer", "dropped", "heard", "made", "options", "penalties", "prompt", "room", "top")

    def __init__(self, prompt: Sequence[int], options: Options, penalties: Penalties, top: int | None, heard: Callable[[Part | ModelError], None]) -> None:
        """Takes the tokens of a prompt; `top` is how many of the likeliest tokens are told with each, None where no chances are."""
        self.prompt = list(prompt)
        self.options = options
        self.penalties = penalties
        self.top = top
        self.heard = heard
        self.dropped = False
        self.made = 0
        self.room = 0
        self.answer: Answer

    def take(self, token: int, logarithms: mx.array) -> Part:
        """The part that a token makes."""
        self.made += 1
        text = self.answer.add(token)
        chances = (chance(token, logarithms, self.top),) if self.top is not None and not self.answer.done else ()
        if self.answer.done:
            return Part(text, self.answer.tokens, "stop", chances)
        if self.made == self.room:
            return Part(text + self.answer.rest(), self.answer.tokens, "length", chances)
        return Part(text, self.answer.tokens, None, chances)


class Engine:
    """A loaded model at work. `users` counts the requests that hold it, `used` is when the last one let go, `leaving` whether it takes no more of them."""

    def __init__(self, key: str, runner: Runner, counts: Counts, spare: Callable[[], int]) -> None:
        """Takes a runner over; `run` has to be awaited by a task for as long as it is in use. `spare` tells how many bytes further answers may take."""
        self.key = key
        self.runner = runner
        self.counts = counts
        self.spare = spare
        self.held = 0  # bytes of what the answers under way have read and written
        self.users = 0
        self.used = 0.0
        self.leaving = False
        self.encoding = asyncio.Lock()  # a tokenizer is set up by each use of it
        self.free = asyncio.Event()
        self.wake = asyncio.Event()
        self.quiet = asyncio.Event()  # no answer is under way, nor one that was dropped
        self.quiet.set()
        self.arrived: deque[Job] = deque()
        self.live: dict[int, Job] = {}
        self.generator: BatchGenerator | None = None

    def submit(self, job: Job, *, chat: bool) -> None:
        """Puts an answer behind those that were asked for before."""
        job.answer = self.runner.answer(job.options, chat=chat)
        job.room = self.runner.room(job.prompt, job.options)
        self.arrived.append(job)
        self.quiet.clear()
        self.wake.set()

    async def run(self) -> None:
        """Makes answers until the task is cancelled."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.arrived or self.live:
                try:
                    parts = await asyncio.wrap_future(submit(self.step, self.spare()))
                except Exception as error:  # noqa: BLE001  whatever mlx meets: the server goes on
                    self.fail(error)
                else:
                    for job, part in parts:
                        job.heard(part)
            self.quiet.set()

    def step(self, spare: int) -> list[tuple[Job, Part]]:
        """One token for each answer under way, and a portion of the prompts that wait."""
        generator = self.generator = self.generator or begun(self.runner)
        self.forget(generator)
        while self.arrived and (not self.live or (spare > 0 and len(self.live) < TOGETHER)):
            self.admit(generator, self.arrived.popleft())
        if not self.live:
            self.held = 0
            mx.clear_cache()
            return []
        tokens = made(generator)
        self.held = generator.prompt_cache_nbytes
        self.counts.steps += bool(tokens)
        return [(job, self.take(generator, job, uid, token, logarithms)) for uid, token, logarithms in tokens if (job := self.live.get(uid)) is not None]

    def forget(self, generator: BatchGenerator) -> None:
        """Takes out what nobody waits for any more."""
        gone = [uid for uid, job in self.live.items() if job.dropped]
        for uid in gone:
            del self.live[uid]
        if gone:
            generator.remove(gone)
        self.counts.dropped += len(gone)

    def admit(self, generator: BatchGenerator, job: Job) -> None:
        """Lets an answer begin."""
        if job.dropped:
            self.counts.dropped += 1
            return
        self.counts.prompt_tokens += len(job.prompt)
        [uid] = generator.insert(
            [job.prompt],
            [job.room],
            samplers=[sampler(job.options)],
            logits_processors=[job.penalties.processors(self.runner.context_length)],
        )
        self.live[uid] = job

    def take(self, generator: BatchGenerator, job: Job, uid: int, token: int, logarithms: mx.array) -> Part:
        """The part that a token adds to an answer; one that has ended leaves the batch."""
        part = job.take(token, logarithms)
        self.counts.generated_tokens += 1
        if part.finish_reason is not None:
            del self.live[uid]
            generator.remove([uid])
        return part

    def fail(self, error: Exception) -> None:
        """Ends every answer under way with an error, and begins afresh with the next one."""
        if os.environ.get("MLPY_DEBUG"):
            traceback.print_exception(error)
        short = isinstance(error, MemoryError) or "allocate" in str(error)
        told = ModelError("generation_failed", "there is not enough memory for this answer" if short else "the model could not go on", detail={"model": self.runner.name}, retryable=True)
        jobs = [*self.live.values(), *self.arrived]
        self.live.clear()
        self.arrived.clear()
        self.generator = None
        self.counts.failed += len(jobs)
        for job in jobs:
            job.heard(told)


def begun(runner: Runner) -> BatchGenerator:
    """A batch without answers; what ends one is decided by its text, so the generator knows no end tokens."""
    return BatchGenerator(runner.loaded.network, completion_batch_size=TOGETHER, prefill_batch_size=BEGINNING, prefill_step_size=PREFILL)


def made(generator: BatchGenerator) -> list[tuple[int, int, mx.array]]:
    """What the next step gives: the number of each answer, its token and the logarithms of all tokens' probabilities."""
    return [(response.uid, response.token, response.logprobs) for response in generator.next()[1]]


def chance(token: int, logarithms: mx.array, top: int) -> Chance:
    """How likely a token was, and the `top` likeliest in its place, likeliest first."""
    if not top:
        return Chance(token, number(logarithms[token]))
    likeliest = mx.argpartition(-logarithms, kth=top - 1)[:top]
    pairs = [(int(number(one)), number(logarithms[one])) for one in likeliest]
    return Chance(token, number(logarithms[token]), tuple(sorted(pairs, key=lambda pair: -pair[1])))


def number(array: mx.array) -> float:
    """The one number of an array."""
    value = array.item()
    assert not isinstance(value, complex)
    return value
