"""What a request may say, in OpenAI's shapes. What would be ignored otherwise is refused, with the field's name; so is a value that means nothing."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.runner import HOTTEST, Options
from mlpy.extensions.models.server.batching import Penalties
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CHOICES = 16  # answers that one request may ask for, of all its prompts together
TEXTS = 2048  # texts of one request for vectors
DEEPEST = 64  # levels of the schema of a tool
DIGITS = 12  # characters of a number of a token
COMPLETION_TOKENS = 16  # what OpenAI's completions have where nothing is said

Share = Annotated[float, Field(gt=0, le=1)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**64)]
Text = Annotated[str, Field(max_length=2**24)]  # a bound of any size has pydantic see that it is Unicode
Stop = Annotated[str, Field(min_length=1, max_length=1000)]


def writable(schema: dict[str, object]) -> dict[str, object]:
    """A value of any depth and content, if a template can write it: pydantic looks into no `object`.

    Raises:
        PydanticCustomError: it has text that is no Unicode, or lies too deep.
    """
    level: list[object] = [schema]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in within(one)]
        if not level:
            return schema
    raise PydanticCustomError("too_deep", "is nested deeper than {depth} levels", {"depth": DEEPEST})


def within(value: object) -> Iterable[object]:
    """What a value consists of."""
    if isinstance(value, str):
        if value != encodable(value):
            raise PydanticCustomError("string_unicode", "must be text in Unicode")
        return ()
    return (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()


Schema = Annotated[dict[str, object], AfterValidator(writable)]


class Shape(BaseModel):
    """Exact types, finite numbers and no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class StreamOptions(Shape):
    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class Function(Shape):
    name: Text
    arguments: Text


class ToolCall(Shape):
    id: Text
    type: Literal["function"]
    function: Function


class TextPart(Shape):
    type: Literal["text"]
    text: Text


class Message(Shape):
    """One message; `content` is text, or parts of text."""

    role: Literal["assistant", "developer", "system", "tool", "user"]
    content: Text | list[TextPart] | None = None
    name: Text | None = None
    tool_call_id: Text | None = None
    tool_calls: list[ToolCall] | None = None
    annotations: None = None  # what a client that sends an answer back may have in it
    audio: None = None
    function_call: None = None
    refusal: None = None

    def plain(self) -> dict[str, object]:
        """The message as chat templates take it: they know no developer, and want the arguments of a call as an object."""
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content or ())
        made: dict[str, object] = {"role": "system" if self.role == "developer" else self.role, "content": text}
        made |= {name: value for name in ("name", "tool_call_id") if (value := getattr(self, name)) is not None}
        if self.tool_calls:
            made["tool_calls"] = [{"id": call.id, "type": call.type, "function": {"name": call.function.name, "arguments": arguments(call)}} for call in self.tool_calls]
        return made


class Declared(Shape):
    name: Annotated[Text, Field(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")]
    description: Text | None = None
    parameters: Schema | None = None
    strict: Literal[False] | None = None


class Tool(Shape):
    type: Literal["function"]
    function: Declared


class ResponseFormat(Shape):
    type: Literal["text"]


class Asked(Shape):
    """What requests for text have in common. Fields that change no answer here are taken and not looked at."""

    model: Text
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    metadata: dict[str, Text] | None = None
    n: Annotated[int, Field(ge=1, le=CHOICES)] | None = None
    presence_penalty: Penalty | None = None
    seed: Seed | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=16)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=HOTTEST)] | None = None
    top_p: Share | None = None
    user: Text | None = None

    @property
    def usage_told(self) -> bool:
        """Whether the last event of a stream tells the tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def options(self, most: int | None) -> Options:
        """How the answer is made; each choice has a seed of its own, see `seeded`."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return Options(
            max_tokens=most, temperature=1.0 if self.temperature is None else self.temperature, top_p=1.0 if self.top_p is None else self.top_p, seed=self.seed, stop=stop
        )

    def penalties(self, vocabulary: int) -> Penalties:
        """What changes the logits.

        Raises:
            ModelError: `invalid_value` for a bias of what is no token.
        """
        bias = []
        for token, value in (self.logit_bias or {}).items():
            if not (token.isascii() and token.isdecimal() and len(token) <= DIGITS and int(token) < vocabulary):
                raise refused("logit_bias", f"`{token[:40]}` is no number of a token, of which the model has {vocabulary}")
            bias.append((int(token), value))
        return Penalties(tuple(bias), self.presence_penalty or 0.0, self.frequency_penalty or 0.0)


class ChatRequest(Asked):
    """The body of `/v1/chat/completions`."""

    messages: Annotated[list[Message], Field(min_length=1)]
    logprobs: bool | None = None
    max_completion_tokens: Count | None = None
    max_tokens: Count | None = None
    parallel_tool_calls: bool | None = None
    prompt_cache_key: Text | None = None
    response_format: ResponseFormat | None = None
    safety_identifier: Text | None = None
    service_tier: Literal["auto", "default"] | None = None
    store: Literal[False] | None = None
    tool_choice: Literal["auto", "none"] | None = None
    tools: list[Tool] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None

    @property
    def most(self) -> int | None:
        """The most tokens of an answer; None: what the context has room for."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def top(self) -> int | None:
        """How many likely tokens are told in each place; None: no chances at all.

        Raises:
            ModelError: `invalid_value` where `top_logprobs` stands alone.
        """
        if self.top_logprobs is not None and not self.logprobs:
            raise refused("top_logprobs", "it needs `logprobs: true`")
        return (self.top_logprobs or 0) if self.logprobs else None

    def wanted_tools(self) -> list[dict[str, object]]:
        """The tools that an answer may call."""
        return [] if self.tool_choice == "none" else [tool.model_dump(exclude_none=True) for tool in self.tools or ()]


class CompletionRequest(Asked):
    """The body of `/v1/completions`; a prompt is text or tokens, and there may be several."""

    prompt: Text | list[Text] | list[int] | list[list[int]]
    best_of: Literal[1] | None = None
    echo: Literal[False] | None = None
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    max_tokens: Count | None = None
    suffix: None = None

    @property
    def most(self) -> int:
        """The most tokens of an answer."""
        return COMPLETION_TOKENS if self.max_tokens is None else self.max_tokens

    @property
    def top(self) -> int | None:
        """How many likely tokens are told in each place; None: no chances at all."""
        return self.logprobs

    def prompts(self) -> Sequence[str | list[int]]:
        """All prompts.

        Raises:
            ModelError: `invalid_value` where there is none, or too many.
        """
        several: Sequence[str | list[int]] = [self.prompt] if isinstance(self.prompt, str) else divided(self.prompt)
        if not several:
            raise refused("prompt", "there is none")
        if len(several) * (self.n or 1) > CHOICES:
            raise refused("prompt", f"{len(several)} prompts with {self.n or 1} answers each are more than {CHOICES} answers")
        return several


class EmbeddingRequest(Shape):
    """The body of `/v1/embeddings`."""

    model: Text
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=TEXTS)]
    dimensions: Count | None = None
    encoding_format: Literal["base64", "float"] | None = None
    user: Text | None = None

    def texts(self) -> list[str]:
        """All texts."""
        return [self.input] if isinstance(self.input, str) else self.input


def divided(prompts: list[str] | list[int] | list[list[int]]) -> list[str | list[int]]:
    """The prompts of a list: texts and lists of numbers are prompts, numbers are one together."""
    numbers = [one for one in prompts if isinstance(one, int)]
    return [numbers] if numbers else [one for one in prompts if not isinstance(one, int)]


def arguments(call: ToolCall) -> object:
    """The arguments of a call as an object.

    Raises:
        ModelError: `invalid_value` where they are none.
    """
    try:
        found = json.loads(call.function.arguments or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise refused("messages", f"the arguments of the call `{call.id[:40]}` are no JSON object")
    return found


def refused(field: str, reason: str) -> ModelError:
    """A field whose value means nothing."""
    return ModelError("invalid_value", f"`{field}`: {reason}", detail={"option": field})


# ── errors ──

STATUS = {
    "ambiguous_match": 400,
    "empty_prompt": 400,
    "generation_failed": 500,
    "invalid_messages": 400,
    "invalid_name": 400,
    "invalid_value": 400,
    "makes_no_text": 400,
    "model_not_found": 404,
    "no_chat_template": 400,
    "not_loaded": 503,
    "not_runnable": 400,
    "overloaded": 503,
    "prompt_too_long": 400,
    "revision_not_found": 404,
    "too_large": 400,
}
CODES = {"prompt_too_long": "context_length_exceeded", "revision_not_found": "model_not_found"}
ABOUT_MODEL = frozenset({"ambiguous_match", "invalid_name", "makes_no_text", "model_not_found", "no_chat_template", "not_runnable", "revision_not_found", "too_large"})
# What pydantic finds, in our words; what is not listed says what it says, without its capital.
RULES = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "extra_forbidden": "is not supported",
    "finite_number": "must be finite",
    "float_type": "must be a number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "list_type": "must be an array",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_type": "must be an object",
    "none_required": "is not supported",
    "string_pattern_mismatch": "must match `{pattern}`",
    "string_too_long": "has more than {max_length} characters",
    "string_too_short": "is empty",
    "string_type": "must be a string",
    "string_unicode": "must be text in Unicode",
    "too_long": "has more than {max_length} items",
    "too_short": "is empty",
}


def failure(error: ModelError, prompt: str | None = None) -> tuple[int, dict[str, object]]:
    """The status and the body that tell of an error; `prompt` is what a request calls its prompt."""
    status = STATUS.get(error.type, 500)
    said = (error.detail or {}).get("option")
    param = str(said) if said else "model" if error.type in ABOUT_MODEL else prompt if status == 400 else None
    hint = error.hint if error.matches is None else "it may be " + ", ".join(f"`{name}`" for name in error.matches)
    return status, body(f"{error.message} ({hint})" if hint else error.message, status, param, CODES.get(error.type, error.type))


def body(message: str, status: int, param: str | None = None, code: str | None = None) -> dict[str, object]:
    """An error in OpenAI's shape."""
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": encodable(message), "type": kind, "param": None if param is None else encodable(param), "code": code}}


def encodable(text: str) -> str:
    """A text with escapes for halves of characters, which JSON may bring in and UTF-8 has not."""
    return text.encode("utf-8", "backslashreplace").decode()


def invalid(errors: Sequence[Mapping[str, object]], sent: object) -> dict[str, object]:
    """The body for a request that pydantic refuses: what is wrong at the first place, the innermost one where several shapes were tried."""
    found = [(place(error, sent), error) for error in errors]
    if not isinstance(sent, dict) or not found[0][0]:
        return body("the body is no JSON object of the content type `application/json`", 400, code="invalid_json")
    field = found[0][0][0]
    deepest = max((where for where, _ in found if where[0] == field), key=len)
    rules = list(dict.fromkeys(rule(error) for where, error in found if where == deepest))
    name = spelled(deepest)
    return body(f"`{name}` {', or '.join(rules)}", 400, name, "invalid_value")


def place(error: Mapping[str, object], sent: object) -> list[str | int]:
    """Where in a body something is wrong: the steps that lead into it, without the names of types that pydantic tried, and one that is missing there."""
    location = error["loc"]
    steps: list[str | int] = []
    here = sent
    parts = list(location)[1:] if isinstance(location, tuple) else []
    for index, part in enumerate(parts):
        if (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int) and part < len(here)):
            here = here[part]
        elif index < len(parts) - 1 or not isinstance(here, dict):
            continue
        steps.append(part)
    if error["type"] == "string_unicode" and isinstance(here, dict) and isinstance(name := error["input"], str) and name in here:
        steps.append(name)  # of a name that is no text pydantic tells what it stands in
    return steps


def rule(error: Mapping[str, object]) -> str:
    """What a value has to be, in our words."""
    context = error.get("ctx")
    said = RULES.get(str(error["type"]))
    if said is None:
        text = str(error["msg"])
        return text[:1].lower() + text[1:]
    return said.format(**context).replace("'", "`") if isinstance(context, dict) else said


def spelled(steps: Sequence[str | int]) -> str:
    """A place as OpenAI writes it: `messages[0].role`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step[:100]}" for step in steps).removeprefix(".")


def refusal(status: int, method: str, path: str) -> dict[str, object]:
    """The body for a request that meets no route, or whose body cannot be read."""
    told = {
        400: ("the body cannot be read as JSON", "invalid_json"),
        404: (f"there is no `{path[:100]}` here", "not_found"),
        405: (f"`{path[:100]}` takes no {method}", "method_not_allowed"),
        413: ("the body is too large", "body_too_large"),
    }
    message, code = told.get(status, ("the request cannot be answered", "refused"))
    return body(message, status, None, code)
