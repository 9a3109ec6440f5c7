"""Language models of this machine for programs: the module `models`, over the store and the runner that `mlpy models` uses.

Whoever imports this loads neither huggingface_hub nor mlx: what a function needs it imports when it is called. A capability is demanded for the full name of the model that
was found, so that neither a short name nor a part of one passes under a grant for another model.
"""

from __future__ import annotations

from mlpy.capabilities import in_use
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.runtime.values import MAX_TEXT, IteratorValue, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.models.calling import Desk, Messages, Pieces
    from mlpy.extensions.models.runner import Options

    from mlpy.sdk import Module

MAX_NAME = 512  # characters of a name with its revision
MAX_TEXTS = 10_000
MAX_MESSAGES = 10_000
MAX_STOPS = 64
ROLES = ("assistant", "developer", "system", "tool", "user")


@ml_module("models", version="1.0.0", concurrent=True)
class Models:
    """Language models of this machine: which there are, answers, vectors of texts, downloads.

    ```ml
    import models;
    chats = filter(fn(m) => m.model_type == "chat" && m.runtime_compatible, models.list());
    print("models that can chat here:", chats.length);
    for (model in chats) {
        print(model.name, models.generate(model.name, "Say hi", maxTokens: 20, seed: 7));
        for (piece in models.stream(model.name, [{role: "user", content: "Say hi"}], maxTokens: 20)) { print(piece); }
    }
    ```

    The models are those of the Hugging Face cache, which [`mlpy models`](../guide/models.md) lists, downloads and removes. Running one needs the extra `models`
    (`pip install 'mlpy[models]'`) and a model in the format of MLX.

    **Names.** `org/name`, or `name` for a model of `mlx-community`, or any part of a name that only one model has; `name@revision` for another than
    what `main` was when it was downloaded. What a short name means is found out first, and the full name is what has to be granted; without `model.list` it is looked for among
    the models that are granted. `pull` takes branches and tags, neither pull requests nor commits, which anybody may have offered.

    **Capabilities.** `list` and `show` demand `model.list`. `generate`, `stream` and `embed` demand `model.generate` for the model, `pull` demands `model.pull` and `remove`
    `model.remove`: `--allow 'model.generate:mlx-community/**'`. `count=` counts calls, `tokens=` the tokens that are generated and those of texts that are embedded, `bytes=` the bytes
    of prompts, answers and texts, and with `pull` those that come over the network. A budget that ends stops the answer at that token: the call fails with a `CapabilityError` whose `text` is what
    there is of it, and a stream gives its pieces up to there. Pulling asks the hub that mlpy's environment names, with the user's token, and needs no `net.connect`.

    **Answers.** A prompt is a text, or an array of messages such as `{role: "user", content: "Say hi"}` (roles: `assistant`, `developer`, `system`, `tool`, `user`). The chat template of the model is applied; a model without one goes on with the text. An answer has at most
    `maxTokens` tokens, by default as many as the model's context has room for. `temperature` 0 takes the likeliest token each time; the same `seed` gives the same answer; `topP` leaves out what is
    unlikely; `stop` is a text, or several, before which the answer ends; `system` is a message before all others. A `stream` is walked once, and makes no token that is not asked for. The last two models that
    a program has used stay in memory until its end.

    **Errors.** A wrong name or value, a prompt that does not fit the context, or messages that the template refuses are a `ValueError`; what is not here, cannot be run or does not come over the network is an `IOError`.
    Its `kind` tells more: `model_not_found`, `ambiguous_match` (with the names in `matches`), `prompt_too_long`, `not_runnable`, `network_error`, `gated` and the other types of
    [the command's errors](../guide/models.md).
    """

    ml: Module

    def __init__(self) -> None:
        self.desk: Desk | None = None

    # ── what is here ──

    @ml_function(capability="model.list")
    def list_(self) -> list[dict[str, object]]:
        """The models of the cache by name, as `mlpy models list --json` has them. Example: `models.list()[0].framework` → `"MLX"`."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  who only imports the module starts without it

        return calling.told(calling.listed)

    @ml_function(capability="model.list")
    def show(self, model: str) -> dict[str, object]:
        """What is known of a model: its record, metadata and files. Example: `models.show("tiny-llama").metadata.num_hidden_layers` → `2`."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  as above

        return calling.told(calling.described, name_of(model))

    # ── answers ──

    @ml_function(capability="model.generate:{model.resolved}")
    def generate(
        self,
        model: str,
        prompt: str | list[dict[str, str]],
        *,
        maxTokens: int | None = None,  # noqa: N803  the names in the language
        temperature: float = 0.7,
        topP: float = 1.0,  # noqa: N803  likewise
        seed: int | None = None,
        stop: str | list[str] | None = None,
        system: str | None = None,
    ) -> str:
        """The answer of a model. Example: `models.generate("tiny-llama", "Say hi", maxTokens: 5, seed: 7) == models.generate("tiny-llama", "Say hi", maxTokens: 5, seed: 7)` → `true`."""
        found: list[str] = []
        size = 0
        try:
            for piece in self.pieces(model, messages_of(prompt, system), options_of(maxTokens, temperature, topP, seed, stop)):
                found.append(piece)
                size += len(piece)
                if size > MAX_TEXT:
                    too_much_text()
        except MLError as error:
            error.fields = {**(error.fields or {}), "text": "".join(found)}
            raise
        return "".join(found)

    @ml_function(capability="model.generate:{model.resolved}")
    def stream(
        self,
        model: str,
        prompt: str | list[dict[str, str]],
        *,
        maxTokens: int | None = None,  # noqa: N803  the names in the language
        temperature: float = 0.7,
        topP: float = 1.0,  # noqa: N803  likewise
        seed: int | None = None,
        stop: str | list[str] | None = None,
        system: str | None = None,
    ) -> IteratorValue:
        """The answer of a model piece by piece, for `for` and `next`. Example: `models.generate("tiny-llama", "Say hi", maxTokens: 5, seed: 7) == [...models.stream("tiny-llama", "Say hi", maxTokens: 5, seed: 7)].join("")` → `true`."""
        return IteratorValue(self.pieces(model, messages_of(prompt, system), options_of(maxTokens, temperature, topP, seed, stop)))

    def pieces(self, model: str, prompt: Messages, options: Options) -> Pieces:
        """An answer to come."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  as above

        use = in_use.get()
        found = calling.told(calling.granted, use, "model.generate", name_of(model))
        run = current.get()
        runner = calling.told(self.at_hand().runner, run, found)
        return calling.Pieces(use, calling.Generation(run, runner, prompt, options))

    @ml_function(capability="model.generate:{model.resolved}")
    def embed(self, model: str, texts: str | list[str]) -> list[float] | list[list[float]]:
        """The vector of a text, or of each of several, of length 1. Example: `models.embed("tiny-embed", ["red", "green"]).length` → `2`."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  as above

        given = texts_of(texts)
        use, run = in_use.get(), current.get()
        found = calling.told(calling.granted, use, "model.generate", name_of(model))
        made = calling.told(calling.vectors, run, use, calling.told(self.at_hand().runner, run, found), given)
        return made[0] if type(texts) is str else made

    def at_hand(self) -> Desk:
        """The models that this run has loaded."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  as above

        if self.desk is None:
            self.desk = calling.Desk()
        return self.desk

    # ── the cache ──

    @ml_function(capability="model.pull:{model.resolved}")
    def pull(self, model: str, *, include: list[str] | None = None, force: bool = False) -> dict[str, object]:
        """Downloads a model, or what is missing of it, and tells what came. Example: `models.pull("tiny-llama").model` → `"mlx-community/tiny-llama"`."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  as above

        if type(force) is not bool:
            raise wrong_type(force, "force", "true or false")
        return calling.told(calling.pulled, current.get(), in_use.get(), name_of(model), strings(include or [], "include", MAX_TEXTS), force)

    @ml_function(capability="model.remove:{model.resolved}")
    def remove(self, model: str) -> dict[str, object]:
        """Deletes a model, or with `name@revision` one revision, and tells what was freed; the name has to be written in full or be one of `mlx-community`. Example: `models.remove("tiny-llama").action` → `"deleted"`."""
        from mlpy.extensions.models import calling  # noqa: PLC0415  as above

        return calling.told(calling.removed, in_use.get(), name_of(model))


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def name_of(model: object) -> str:
    """The value, or an error unless it could name a model."""
    if type(model) is not str:
        raise wrong_type(model, "model", "a string")
    if len(model) > MAX_NAME:
        raise MLError(f"`model` must have at most {MAX_NAME} characters", "ValueError")
    return model


def messages_of(prompt: object, system: object) -> Messages:
    """The prompt as it is, or messages of it."""
    if type(prompt) is not str and type(prompt) is not list:
        raise wrong_type(prompt, "prompt", "a string or an array of messages")
    if system is not None and type(system) is not str:
        raise wrong_type(system, "system", "a string")
    if type(prompt) is str:
        return prompt if system is None else [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
    if not 0 < len(prompt) <= MAX_MESSAGES:
        raise MLError(f"`prompt` must hold from 1 to {MAX_MESSAGES:,} messages", "ValueError")
    found = [message_of(one, at) for at, one in enumerate(prompt)]
    return found if system is None else [{"role": "system", "content": system}, *found]


def message_of(message: object, at: int) -> dict[str, str]:
    """A message with its role and content."""
    if type(message) is not dict:
        raise wrong_type(message, f"prompt[{at}]", 'a message such as `{role: "user", content: "…"}`')
    for name, value in message.items():
        if name not in {"role", "content"}:
            raise MLError(f"`prompt[{at}]` must have `role` and `content` and nothing else", "ValueError")
        if type(value) is not str:
            raise wrong_type(value, f"prompt[{at}].{name}", "a string")
    if len(message) != 2:
        raise MLError(f"`prompt[{at}]` has no `{'content' if 'role' in message else 'role'}`", "ValueError")
    if message["role"] not in ROLES:  # a role of the program's own is text that no budget counts
        raise MLError(f"`prompt[{at}].role` must be one of {', '.join(f'`{role}`' for role in ROLES)}", "ValueError")
    return {**message}


def options_of(most: object, temperature: object, top: object, seed: object, stop: object) -> Options:
    """How an answer is to be made."""
    from mlpy.extensions.models import calling  # noqa: PLC0415  as above

    whole(most, "maxTokens")
    whole(seed, "seed")
    for value, name in ((temperature, "temperature"), (top, "topP")):
        if type(value) is not float and type(value) is not int:
            raise wrong_type(value, name, "a number")
    stops = [stop] if type(stop) is str else strings(stop or [], "stop", MAX_STOPS)
    if "" in stops:
        raise MLError("`stop` must hold no empty text", "ValueError")
    return calling.told(calling.options, most, temperature, top, seed, tuple(stops))


def whole(value: object, name: str) -> None:
    """Raises a TypeError unless the value is a whole number or null."""
    if value is not None and type(value) is not int:
        raise wrong_type(value, name, "a whole number")


def texts_of(texts: object) -> list[str]:
    """A text or several, as several."""
    return [texts] if type(texts) is str else strings(texts, "texts", MAX_TEXTS)


def strings(values: object, name: str, most: int) -> list[str]:
    """The value as it is now, or an error unless it is an array of strings."""
    if type(values) is not list:
        raise wrong_type(values, name, "an array of strings")
    found = values[:]
    if len(found) > most:
        raise MLError(f"`{name}` must hold at most {most:,} strings", "ValueError")
    for at, value in enumerate(found):
        if type(value) is not str:
            raise wrong_type(value, f"{name}[{at}]", "a string")
    return found
