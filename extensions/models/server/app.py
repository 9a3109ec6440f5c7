"""The routes of the server."""

from __future__ import annotations

import array
import asyncio
import base64
import sys

import mlx.core as mx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from mlpy.extensions.models import health, records
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.server import metrics, shapes
from mlpy.extensions.models.server.turns import Gone, Stream, begin, unless_gone
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mlpy.config import VERSION
from mlpy.runtime.limits import resident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.extensions.models.health import Verdict
    from mlpy.extensions.models.runner import Runner
    from mlpy.extensions.models.server.guard import Said
    from mlpy.extensions.models.server.pool import Pool
    from mlpy.extensions.models.store import Model

TEXTS = 32  # texts that become vectors before it is somebody else's turn


def build(pool: Pool) -> FastAPI:
    """The application over a pool."""
    app = FastAPI(
        title="mlpy models", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )  # fmt: skip
    handle_errors(app)
    answer_questions(app, pool)
    answer_requests(app, pool)
    return app


def answer_questions(app: FastAPI, pool: Pool) -> None:
    """The routes that tell something."""

    @app.get("/health")
    async def alive() -> dict[str, object]:
        return {"status": "ok", "models": [engine.runner.name for engine in pool.engines()], "version": VERSION}

    @app.get("/metrics")
    async def measured() -> Response:
        return Response(metrics.text(pool.counts, pool, mx.get_active_memory(), resident()), media_type=metrics.TYPE)

    @app.get("/v1/models")
    async def models() -> dict[str, object]:
        return {"object": "list", "data": await asyncio.to_thread(listed, pool)}

    @app.get("/v1/models/{name:path}")
    async def model(name: str) -> dict[str, object]:
        return await asyncio.to_thread(found, pool, name)


def answer_requests(app: FastAPI, pool: Pool) -> None:
    """The routes that give work."""

    @app.post("/v1/chat/completions")
    async def chat(asked: shapes.ChatRequest, request: Request) -> Response:
        return await text(pool, asked, request)

    @app.post("/v1/completions")
    async def completions(asked: shapes.CompletionRequest, request: Request) -> Response:
        return await text(pool, asked, request)

    @app.post("/v1/embeddings")
    async def embeddings(asked: shapes.EmbeddingRequest, request: Request) -> Response:
        return JSONResponse(await unless_gone(request, embedded(pool, asked, request.scope["mlpy"])))


async def text(pool: Pool, asked: shapes.ChatRequest | shapes.CompletionRequest, request: Request) -> Response:
    """Answers a request for text, as a whole or as a stream."""
    said: Said = request.scope["mlpy"]
    turn = await unless_gone(request, begin(pool, asked, said))
    if asked.stream:
        return Stream(turn)
    try:
        return JSONResponse(await unless_gone(request, turn.whole()))
    finally:
        turn.close()


async def embedded(pool: Pool, asked: shapes.EmbeddingRequest, said: Said) -> dict[str, object]:
    """Answers a request for vectors."""
    engine = await pool.acquire(asked.model)
    try:
        runner = engine.runner
        texts, vectors, tokens = asked.texts(), list[list[float]](), 0
        for start in range(0, len(texts), TEXTS):
            async with engine.encoding:
                tokens += await asyncio.to_thread(counted, runner, texts[start : start + TEXTS])
                vectors += await asyncio.to_thread(runner.embed, texts[start : start + TEXTS])
    finally:
        pool.release(engine)
    said.model, said.prompt_tokens = runner.name, tokens
    pool.counts.prompt_tokens += tokens
    if asked.dimensions not in (None, len(vectors[0])):
        raise shapes.refused("dimensions", f"`{runner.name}` gives vectors of {len(vectors[0])} numbers")
    written = packed if asked.encoding_format == "base64" else list
    data = [{"object": "embedding", "index": index, "embedding": written(vector)} for index, vector in enumerate(vectors)]
    return {"object": "list", "model": runner.name, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def counted(runner: Runner, texts: list[str]) -> int:
    """The tokens of texts."""
    return sum(len(runner.embeddable(one)) for one in texts)


def packed(vector: list[float]) -> str:
    """A vector as OpenAI packs it: single precision, little-endian, base64."""
    numbers = array.array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def listed(pool: Pool) -> list[dict[str, object]]:
    """All models that can be asked."""
    judged = [(model, health.check(model)) for model in pool.store.models()]
    return [described(pool, model, verdict) for model, verdict in judged if verdict.runtime_compatible]


def found(pool: Pool, name: str) -> dict[str, object]:
    """One model that can be asked.

    Raises:
        ModelError: as `Store.find` does; `not_runnable`.
    """
    model = pool.store.find(name)
    verdict = health.check(model)
    if not verdict.runtime_compatible:
        raise ModelError("not_runnable", f"`{model.name}` cannot be run: {verdict.reason}")
    return described(pool, model, verdict)


def described(pool: Pool, model: Model, verdict: Verdict) -> dict[str, object]:
    """A model in OpenAI's shape, with what it can do."""
    record = records.of_model(model, verdict)
    bounds = [bound for bound in (record["context_length"], pool.max_context) if isinstance(bound, int)]
    return {
        "id": model.name,
        "object": "model",
        "created": int(model.modified),
        "owned_by": model.name.partition("/")[0],
        "context_length": min(bounds, default=None),
        "capabilities": record["capabilities"],
    }


def handle_errors(app: FastAPI) -> None:
    """Every error in OpenAI's shape."""

    @app.exception_handler(ModelError)
    async def failed(request: Request, error: ModelError) -> Response:
        status, body = shapes.failure(error, "messages" if "/chat/" in request.url.path else "input" if request.url.path.endswith("embeddings") else "prompt")
        return JSONResponse(body, status, {"Retry-After": "1"} if status == 503 else None)

    @app.exception_handler(RequestValidationError)
    async def unread(_: Request, error: RequestValidationError) -> Response:
        return JSONResponse(shapes.invalid(error.errors(), error.body), 400)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return JSONResponse(shapes.refusal(error.status_code, request.method, request.url.path), error.status_code)

    @app.exception_handler(Gone)
    async def left(_: Request, __: Gone) -> Response:
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def broken(_: Request, __: Exception) -> Response:
        return JSONResponse(shapes.body("the server failed: this is a bug in mlpy", 500, None, "internal_error"), 500)
