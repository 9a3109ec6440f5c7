"""The models in memory: loaded when a request names one, the one that was used longest ago unloaded where the budget is short.

A model that has to go takes no more requests and leaves when its last answer is done, so answers under way are finished and nobody waits for ever;
requests for models that stay are let through meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.runner import load
from mlpy.extensions.models.server.batching import Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.extensions.models.server.metrics import Counts
    from mlpy.extensions.models.store import Model, Store

MOST = 512  # requests that hold or wait for a model; further ones are turned away


class Ask:
    """A request that waits for its model."""

    __slots__ = ("key", "model", "result")

    def __init__(self, model: Model) -> None:
        self.key = identity(model)
        self.model = model
        self.result: asyncio.Future[Engine] = asyncio.get_running_loop().create_future()


class Pool:
    """Loaded models within `budget` bytes, which with their answers may take `total`; one that nobody has used for `idle` seconds (0: ever) is unloaded.

    `changed` is called when another set of models is loaded.
    """

    def __init__(self, store: Store, counts: Counts, *, budget: int, total: int, idle: float = 0, max_context: int | None = None, changed: Callable[[], None] = lambda: None) -> None:
        self.store = store
        self.counts = counts
        self.budget = budget
        self.total = total
        self.idle = idle
        self.max_context = max_context
        self.changed = changed
        self.loaded: dict[str, Engine] = {}  # the one used longest ago first
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.waiting: list[Ask] = []
        self.wake = asyncio.Event()

    def engines(self) -> list[Engine]:
        """The models in memory, the one used longest ago first."""
        return list(self.loaded.values())

    async def acquire(self, name: str) -> Engine:
        """The model of a name, loaded; `release` gives it back.

        Raises:
            ModelError: as `Store.find` and `load` do; `overloaded`, `too_large`.
        """
        if len(self.waiting) + sum(engine.users for engine in self.loaded.values()) >= MOST:
            raise ModelError("overloaded", f"{MOST} requests are under way", hint="try again a little later", retryable=True)
        ask = Ask(await asyncio.to_thread(self.store.find, name))
        engine = self.loaded.get(ask.key)
        if engine is not None and not engine.leaving:
            return self.lend(engine)
        self.waiting.append(ask)
        self.wake.set()
        try:
            return await ask.result
        except asyncio.CancelledError:
            if ask.result.done() and not ask.result.cancelled() and ask.result.exception() is None:
                self.release(ask.result.result())  # it came in the moment in which nobody wanted it any more
            raise

    def lend(self, engine: Engine) -> Engine:
        """Counts a request in; the model is the last to go from now on."""
        engine.users += 1
        self.loaded[engine.key] = self.loaded.pop(engine.key)
        return engine

    def release(self, engine: Engine) -> None:
        """Counts a request out."""
        engine.users -= 1
        engine.used = time.monotonic()
        if not engine.users:
            engine.free.set()
            self.wake.set()

    async def run(self) -> None:
        """Loads and unloads, one after another, until the task is cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), self.patience())
            self.wake.clear()
            while tired := self.tired():
                await self.unload(tired[0])
            while ask := self.next():
                await self.serve(ask)

    def next(self) -> Ask | None:
        """Who has waited longest of those who still wait."""
        self.waiting = [ask for ask in self.waiting if not ask.result.done()]
        return self.waiting[0] if self.waiting else None

    async def serve(self, ask: Ask) -> None:
        """Brings a model for all who wait for it."""
        try:
            engine = await self.bring(ask)
        except Exception as error:  # noqa: BLE001  a bug of ours must not keep all later requests waiting
            told = error if isinstance(error, ModelError) else ModelError("load_failed", f"`{ask.model.name}` could not be loaded")
            for same in self.same(ask):
                same.result.set_exception(told)
        else:
            if engine is not None:
                for same in self.same(ask):
                    same.result.set_result(self.lend(engine))

    def same(self, ask: Ask) -> list[Ask]:
        """Those who wait for the same model."""
        return [one for one in self.waiting if one.key == ask.key and not one.result.done()]

    async def bring(self, ask: Ask) -> Engine | None:
        """A model from memory or from the disk; None where nobody waits for it any more."""
        if (engine := self.loaded.get(ask.key)) is not None:
            return engine
        if (size := ask.model.size_bytes) > self.budget:
            raise ModelError("too_large", f"`{ask.model.name}` takes {size} bytes, and the server may use {self.budget}", hint="start the server with a larger `--memory`")
        while self.taken() + size > self.budget:
            if not await self.vacate(ask):
                return None
        return await self.load(ask)

    def taken(self) -> int:
        """The bytes of the models in memory."""
        return sum(engine.runner.size_bytes for engine in self.loaded.values())

    def spare(self) -> int:
        """The bytes that are left for further answers."""
        return self.total - self.taken() - sum(engine.held for engine in self.loaded.values())

    async def vacate(self, ask: Ask) -> bool:
        """Unloads one model, one that rests if there is one; False where nobody waits any more for what needs its room."""
        engine = min(self.loaded.values(), key=lambda one: one.users > 0)
        engine.leaving = True
        engine.free.clear()
        while engine.users and self.same(ask):
            with suppress(TimeoutError):
                await asyncio.wait_for(engine.free.wait(), 0.5)
        if engine.users:
            engine.leaving = False
            return False
        await self.unload(engine)
        return True

    async def load(self, ask: Ask) -> Engine:
        """Puts a model into memory."""
        runner = await asyncio.to_thread(load, ask.model, max_context=self.max_context)
        engine = self.loaded[ask.key] = Engine(ask.key, runner, self.counts, self.spare)
        engine.used = time.monotonic()
        self.tasks[ask.key] = asyncio.create_task(engine.run())
        self.counts.loads += 1
        self.changed()
        return engine

    async def unload(self, engine: Engine) -> None:
        """Takes a model out of memory."""
        engine.leaving = True
        await engine.quiet.wait()
        self.tasks.pop(engine.key).cancel()
        engine.generator = None
        await asyncio.to_thread(engine.runner.close)
        del self.loaded[engine.key]
        self.counts.unloads += 1
        self.changed()

    def tired(self) -> list[Engine]:
        """The models that nobody has used for long enough."""
        now = time.monotonic()
        return [engine for engine in self.loaded.values() if self.idle and not engine.users and now - engine.used >= self.idle]

    def patience(self) -> float | None:
        """The seconds until a model may be tired; None where none will be."""
        if not self.idle:
            return None
        rests = [engine.used + self.idle - time.monotonic() for engine in self.loaded.values() if not engine.users]
        return max(0.05, min(rests)) if rests else None

    def close(self) -> None:
        """Ends all tasks; what is under way is left to the end of the process."""
        for task in self.tasks.values():
            task.cancel()


def identity(model: Model) -> str:
    """A model at one revision."""
    return f"{model.name}@{model.hash}"
