"""A server from its first breath to its last: the socket, the signals, and the order in which all ends."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.server.app import build
from mlpy.extensions.models.server.guard import Guard
from mlpy.extensions.models.server.metrics import Counts
from mlpy.extensions.models.server.pool import Pool
from mlpy.extensions.models.server.processes import Running, address
from uvicorn.protocols.http.h11_impl import H11Protocol

from mlpy.cli import DONE, terminal
from mlpy.failures import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from mlpy.extensions.models.store import Store

GRACE = 1  # seconds that answers under way have left after a signal
HEAD = 30.0  # seconds until the head of a request has to be there
LAST = 3.0  # seconds that are left for the record, and for what mlx does, when serving has ended
ENDINGS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serve. `port` 0: any that is free; `idle` in seconds, 0: models stay; `memory` in bytes for models, `total` for them and their answers; `preload` are names."""

    host: str
    port: int
    key: str | None
    idle: float
    max_context: int | None
    memory: int
    total: int
    preload: Sequence[str]


class Server(uvicorn.Server):
    """Ends after a signal, and does not raise that again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in ENDINGS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


class Connection(H11Protocol):
    """A connection that does not stay open for the head of a request that does not come."""

    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self.expect()
        else:
            self.relax()

    def connection_lost(self, exc: Exception | None) -> None:
        self.relax()
        super().connection_lost(exc)

    def expect(self) -> None:
        """Gives a head its time, from its beginning on."""
        if self.deadline is None and not self.transport.is_closing():
            self.deadline = self.loop.call_later(HEAD, self.transport.close)

    def relax(self) -> None:
        """The head is there, or nobody waits for it."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None


def serve(store: Store, settings: Settings) -> dict[str, object]:
    """Serves until SIGTERM or Ctrl-C, and tells what was done.

    Raises:
        ModelError: `address_in_use`, `bad_address`, and what loading the models of `preload` raises.
    """
    listening = bound(settings.host, settings.port)
    port = listening.getsockname()[1]
    begun = time.monotonic()
    counts = Counts()
    running = Running(settings.host, port)
    try:
        run(work(store, settings, listening, counts, running))
        hurry(DONE)
    except KeyboardInterrupt:
        hurry(INTERRUPTED)
        raise
    finally:
        running.close()
        listening.close()
    return {
        "address": address(settings.host, port),
        "requests": sum(counts.requests.values()),
        "prompt_tokens": counts.prompt_tokens,
        "generated_tokens": counts.generated_tokens,
        "seconds": round(time.monotonic() - begun, 3),
    }


def run(main: Coroutine[object, object, None]) -> None:
    """Runs to the end, or to a signal. Unlike `asyncio.run` it does not wait for threads: one that loads a model may take long.

    Raises:
        KeyboardInterrupt: a signal came before the server was there.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(main)
    for number in ENDINGS:
        loop.add_signal_handler(number, task.cancel)
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        loop.close()


async def work(store: Store, settings: Settings, listening: socket.socket, counts: Counts, running: Running) -> None:
    """Serves on a socket."""
    pool = Pool(store, counts, budget=settings.memory, total=max(settings.memory, settings.total), idle=settings.idle, max_context=settings.max_context)
    pool.changed = lambda: running.tell([engine.runner.name for engine in pool.engines()])
    guard = Guard(build(pool), host=settings.host, key=settings.key, counts=counts, log=log)
    config = uvicorn.Config(
        guard, http=Connection, lifespan="off", log_config=None, log_level="critical", access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=GRACE, h11_max_incomplete_event_size=64 * 1024
    )
    managing = asyncio.create_task(pool.run())
    try:
        for name in settings.preload:
            pool.release(await pool.acquire(name))
        terminal.write_error(f"serving on {address(settings.host, listening.getsockname()[1])} (Ctrl-C stops)\n")
        await Server(config).serve(sockets=[listening])
    finally:
        managing.cancel()
        pool.close()
        with suppress(asyncio.CancelledError):
            await managing


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ModelError: `address_in_use`, `bad_address`.
    """
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, kind)
    except OSError:
        raise ModelError("bad_address", f"`{host}` is no address of this machine", hint="`--host 127.0.0.1` serves this machine only", code=2) from None
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(place)
        made.listen(2048)
    except PermissionError:
        made.close()
        raise ModelError("access_denied", f"port {port} is not for this user", hint="ports from 1024 on are") from None
    except OSError as error:
        made.close()
        raise in_use(host, port, error) from None
    return made


def in_use(host: str, port: int, error: OSError) -> ModelError:
    """Why a socket cannot listen."""
    if error.errno == errno.EADDRINUSE:
        return ModelError("address_in_use", f"`{address(host, port)}` is in use", hint="`--port 0` takes any port that is free, `mlpy models ps` lists the servers that run")
    return ModelError("bad_address", f"`{host}` is no address of this machine", hint="`--host 127.0.0.1` serves this machine only", code=2)


def log(line: str) -> None:
    """One line of the log; a reader that has gone stops no server."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def hurry(code: int) -> None:
    """Sees that the process ends soon: neither a step of mlx nor a thread that loads can be interrupted, and Python waits for both before it calls what `atexit` knows."""

    def end() -> None:
        time.sleep(LAST)
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)

    threading.Thread(target=end, daemon=True).start()
