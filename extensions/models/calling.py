"""What the module `models` does for a program: models are found and demanded under their full names, loaded once for a run, and what takes long ends with the run.

What may take longer than a token works on a thread of its own while the program's thread waits and looks at its run: a limit or a cancellation raises at once, and what was under
way ends at its next step. Errors are `MLError`s whose `kind` is the type of the record that `mlpy models --json` prints.
"""

from __future__ import annotations

import atexit
import sys
from contextlib import suppress
from functools import cache
from threading import Lock
from weakref import WeakSet

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.store import Store

from mlpy.aside import Abandoned, Aside, Meter, Teller, begun, outcome
from mlpy.capabilities import Capability

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Generator, Sequence
    from concurrent.futures import Future
    from typing import Any, TypeVar

    from mlpy.extensions.models.runner import Options, Piece, Runner
    from mlpy.extensions.models.store import Model

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run

    Messages = str | list[dict[str, str]]
    T = TypeVar("T")

MOST_LOADED = 2  # models that a run keeps in memory, as one that talks and one that embeds
TOGETHER = 16  # texts that are embedded between two looks at the run
MISTAKES = frozenset(("ambiguous_match", "empty_prompt", "invalid_messages", "invalid_name", "invalid_value", "no_chat_template", "prompt_too_long"))
told = Teller(MISTAKES, "the model cannot be used", "`mlpy models health` tells what is wrong with a model")


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


def demand(use: Use, kind: str, name: str) -> None:
    """Has a model's full name granted; raises CapabilityDenied."""
    use.extend(Capability(kind, name))


def named(use: Use, kind: str, text: str) -> Wanted:
    """A name taken apart. Who is granted nothing of the kind hears that, and not what is wrong with the name.

    Raises:
        ModelError: `invalid_name`.
        CapabilityDenied: where no model at all is granted.
    """
    try:
        return Wanted(text)
    except ModelError:
        if not all(any(grant.kind == kind for grant in layer.grants) for layer in use.grants.layers):
            demand(use, kind, text)
        raise


def granted(use: Use, kind: str, text: str) -> Model:
    """The model that a name means, once it is granted under its full name. Only what is granted is said to be there or not, and only that can a short name mean.

    Raises:
        ModelError: as `Store.find` does.
        CapabilityDenied: for the model that was found, or that a bare name stands for where none was.
    """
    wanted = named(use, kind, text)
    if not wanted.bare:
        demand(use, kind, wanted.name)
    try:
        model = (Granted(use, kind) if wanted.bare and not use.grants.allows("model.list") else Store()).find(wanted)
    except ModelError as error:
        raise unfound(use, kind, wanted, error) from error
    if wanted.bare or model.name != wanted.name:
        demand(use, kind, model.name)
    return model


class Granted(Store):
    """The store as a program sees it that may not list it: the models that it may use."""

    def __init__(self, use: Use, kind: str) -> None:
        super().__init__()
        self.use = use
        self.kind = kind

    def names(self) -> list[str]:
        return [name for name in super().names() if self.use.grants.covers(Capability(self.kind, name))]


def unfound(use: Use, kind: str, wanted: Wanted, error: ModelError) -> ModelError:
    """What a program hears of a name that means no model, or several."""
    if error.type == "model_not_found" and wanted.bare:
        demand(use, kind, wanted.full)
    hint = error.hint if error.type != "model_not_found" or use.grants.allows("model.list") else f"`mlpy models pull {wanted.full}` downloads a model"
    return ModelError(error.type, error.message, matches=error.matches, hint=hint)


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────────


def listed() -> list[dict[str, object]]:
    """The records of all models by name."""
    from mlpy.extensions.models import records  # noqa: PLC0415  what only generates judges no files

    return [records.of_model(model) for model in Store().models()]


def described(text: str) -> dict[str, object]:
    """What is known of a model."""
    from mlpy.extensions.models import records  # noqa: PLC0415  as above

    return records.described(Store().find(text))


def removed(use: Use, text: str) -> dict[str, object]:
    """Removes a model or one revision of it; nobody can be asked whether a part of a name was meant so."""
    from mlpy.extensions.models.removal import Plan, remove  # noqa: PLC0415  most programs remove nothing

    wanted, store = named(use, "model.remove", text), Store()
    model = granted(use, "model.remove", text)
    if model.name not in (wanted.name, wanted.full):
        raise ModelError("confirmation_required", f"`{wanted.name}` is only a part of `{model.name}`", hint="write the full name")
    plan = Plan(store, model, None if wanted.revision is None or model.hash is None else [model.hash])
    use.charge(plan.bytes_freed)
    freed, cleaned = remove(store, model, plan.commits)
    return {"model": model.name, "action": "deleted", "revisions": plan.commits, "bytes_freed": freed, "lock_files_cleaned": cleaned}


# ── what takes long ──────────────────────────────────────────────────────────────────────────────────────────────


def size_of(text: str) -> int:
    """The bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class Generation:
    """An answer under way; `size` are the bytes of its prompt. No token is made that nobody asks for, and none once it is closed."""

    def __init__(self, run: Run, runner: Runner, prompt: Messages, options: Options) -> None:
        self.run = run
        self.size = sum(map(size_of, [prompt] if isinstance(prompt, str) else [message["content"] for message in prompt]))
        self.open = True
        self.read = False
        self.pieces: Generator[Piece] | None = None
        opened.add(self)
        at_exit()
        self.aside = Aside()
        self.started = self.aside.call(self.start, runner, prompt, options)

    def start(self, runner: Runner, prompt: Messages, options: Options) -> None:
        """Makes a prompt of it. What is given to a model that does not chat is text that it goes on with."""
        chats = isinstance(prompt, str) and runner.chats
        self.pieces = runner.generate([{"role": "user", "content": prompt}] if chats else prompt, options, progress=self.look)  # type: ignore[assignment]  # a generator, which can be closed

    def look(self, _done: int, _total: int) -> None:
        """Ends the reading of a prompt between two parts of it."""
        if self.run.dead or not self.open:
            raise Abandoned

    def begin(self) -> None:
        """Waits until the prompt is known to fit."""
        outcome(self.run, self.started)

    def next(self) -> Piece:
        """The next piece, which is empty while letters are still incomplete. Only the first takes long: it waits for the whole prompt to be read."""
        assert self.pieces is not None
        if self.read:
            self.run.poll()
            return next(self.pieces)
        piece: Piece = outcome(self.run, self.aside.call(next, self.pieces))
        self.read = True
        return piece

    def close(self) -> None:
        """Makes no more of it; what is under way ends with its step."""
        if self.open:
            self.open = False
            self.run.drop(self)
            if self.read:
                self.end()
            else:
                self.aside.tasks.put(self.end)
            self.aside.end()

    def end(self) -> None:
        """Lets the generator go. What it holds of mlx goes on the thread of mlx, also when the process ends."""
        if self.pieces is not None:
            with suppress(ValueError):  # somebody is in it, who finds out that the run has ended
                self.pieces.close()


opened: WeakSet[Generation] = WeakSet()


@cache
def at_exit() -> None:
    """Has answers closed before the thread of mlx ends, which began before and so ends after them."""
    atexit.register(close_all)


def close_all() -> None:
    for each in [*opened]:
        each.close()


def options(*values: object) -> Options:
    """How an answer is to be made, from values of the right types: most tokens, temperature, top-p, seed, texts to stop before."""
    from mlpy.extensions.models.runner import Options  # noqa: PLC0415  who only lists models needs none

    named: dict[str, Any] = dict(zip(("max_tokens", "temperature", "top_p", "seed", "stop"), values, strict=True))
    return Options(**named)


class Pieces:
    """The text of an answer, piece by piece as it is made. Each token is charged before it is made, and bytes before the program or the model has them.

    The answer ends with its last piece, when nothing refers to this any more, and with the run.
    """

    def __init__(self, use: Use, generation: Generation) -> None:
        self.use = use
        self.generation = generation
        generation.run.keep(generation)
        try:
            told(generation.begin)
            use.charge(generation.size)
        except BaseException:
            generation.close()
            raise

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> str:
        try:
            while self.generation.open:
                self.use.charge(tokens=1)
                piece = told(self.generation.next)
                self.use.charge(size_of(piece.text))
                if piece.finish_reason is not None:
                    self.generation.close()
                if piece.text:
                    return piece.text
        except BaseException:
            self.generation.close()
            raise
        raise StopIteration

    def __del__(self) -> None:
        self.generation.close()


def vectors(run: Run, use: Use, runner: Runner, texts: Sequence[str]) -> list[list[float]]:
    """A vector for each text, whose tokens and bytes are charged before."""
    tokens: int = outcome(run, begun(lambda: sum(len(runner.embeddable(text)) for text in texts)))
    use.charge(sum(map(size_of, texts)), tokens=tokens)
    found: list[list[float]] = []
    for at in range(0, len(texts), TOGETHER):
        found += outcome(run, begun(runner.embed, texts[at : at + TOGETHER]))
    return found


# ── models in memory ─────────────────────────────────────────────────────────────────────────────────────────────


class Desk:
    """The models that a run has loaded, the last two that it has used; freed with the run."""

    def __init__(self) -> None:
        self.loaded: dict[tuple[str, str | None], Future[Runner]] = {}  # what was used last stands last
        self.lock = Lock()

    def runner(self, run: Run, model: Model) -> Runner:
        """The model in memory."""
        from mlpy.extensions.models import health  # noqa: PLC0415  who only lists models loads none
        from mlpy.extensions.models.runner import load  # noqa: PLC0415  as above

        ModelError.need("mlx", "mlx_lm")
        key = model.name, model.hash
        with self.lock:
            future = self.loaded.pop(key, None)
            if future is None or (future.done() and future.exception() is not None):
                future = begun(lambda: load(health.required(model)))
            self.loaded[key] = future
            for other in [*self.loaded][:-MOST_LOADED]:
                self.loaded.pop(other).add_done_callback(unload)
        if self not in run.kept:  # it is dropped when the run is closed, which a later call of its functions outlives
            run.keep(self)
        return outcome(run, future)

    def close(self) -> None:
        """Frees the memory."""
        with self.lock:
            futures, self.loaded = [*self.loaded.values()], {}
        for future in futures:
            future.add_done_callback(unload)


def unload(future: Future[Runner]) -> None:
    """Frees a model. Nobody waits for that: a run may be collected anywhere, on the very thread that frees, or when the process ends."""
    if future.exception() is None and not sys.is_finalizing():
        begun(future.result().close)


# ── downloads ────────────────────────────────────────────────────────────────────────────────────────────────────


def pulled(run: Run, use: Use, text: str, include: list[str], force: bool) -> dict[str, object]:
    """Downloads a model, or what is missing of it."""
    from mlpy.extensions.models.pulling import pull  # noqa: PLC0415  most programs download nothing

    wanted = named(use, "model.pull", text)
    demand(use, "model.pull", wanted.full)
    if wanted.strange:  # anybody may open a pull request, and grants are for what the owner has made
        use.refuse(Capability("model.pull", f"{wanted.full}@{wanted.revision}"), f"`{wanted.revision}` may be of anybody: programs download branches and tags")
    return outcome(run, begun(lambda: pull(Store(), wanted, include=include, force=force, progress=Meter(run, use)))).record()
