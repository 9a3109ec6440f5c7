"""Chat templates are programs of strangers: each is run on a thread of its own, and ended there when it takes too long."""

from __future__ import annotations

from concurrent.futures import Future
from functools import cache, partial
from itertools import pairwise
from threading import Thread

from mlpy.extensions.models.worker import settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlx_lm.tokenizer_utils import TokenizerWrapper

LONGEST = 10.0  # seconds; templates of models that are in use take milliseconds
STRIKES = 10
PATIENCE = 0.1  # seconds between two strikes


class EndlessError(Exception):
    """A template does not come to an end."""


class Struck(BaseException):
    """Ends a template from outside: no handler of the template engine takes it."""


def render(tokenizer: TokenizerWrapper, messages: Sequence[dict[str, object]], **options: object) -> str:
    """What the template of a tokenizer makes of messages.

    Raises:
        EndlessError: after ten seconds, and at once where a single step could take for ever. Whatever else the template raises.
    """
    if any(map(raises_powers, templates(tokenizer))):
        raise EndlessError
    text: Future[str] = Future()
    thread = Thread(target=attempt, args=(text, partial(tokenizer.apply_chat_template, messages, tokenize=False, **options)), name="mlpy-template", daemon=True)
    thread.start()
    try:
        return str(text.result(LONGEST))
    except TimeoutError:
        raise EndlessError from None
    finally:
        if not text.done():
            strike(thread)


def attempt(text: Future[str], task: partial[str]) -> None:
    try:
        settle(text, task)
    except Struck:  # between two steps of telling the result
        return


def strike(thread: Thread) -> None:
    """Ends what a thread does, at its next step."""
    import ctypes  # noqa: PLC0415  rare

    assert thread.ident is not None
    for _ in range(STRIKES):  # an exception is lost where it meets a finalizer
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Struck))
        thread.join(PATIENCE)
        if not thread.is_alive():
            return


def templates(tokenizer: TokenizerWrapper) -> Iterator[str]:
    """The sources of its templates: one, or several by name."""
    found = tokenizer.chat_template
    yield from (text for text in (found.values() if isinstance(found, dict) else (found,)) if isinstance(text, str))


@cache
def raises_powers(template: str) -> bool:
    """Whether a template computes powers: one like `9**9**9` is a single step, which no strike reaches and during which no other thread runs."""
    from jinja2 import Environment, TemplateSyntaxError  # noqa: PLC0415  of the extra

    try:
        words = [(kind, word) for _, kind, word in Environment(autoescape=True).lex(template) if kind != "whitespace"]
    except TemplateSyntaxError:  # which it will hear of when it is run
        return False
    return any(word == ("operator", "**") and before not in ("(", ",") for (_, before), word in pairwise(words))  # `f(**named)` is none
