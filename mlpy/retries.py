"""Tries of what may pass, with waits between: a server that is busy, a connection that broke off. What an extension asks over a network goes through `persist`."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from random import uniform
from time import time
from typing import TypeVar

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.failures import Failure

T = TypeVar("T")

TRIES = 6  # of one request, with nothing got in between
FIRST_WAIT = 0.5  # seconds before the second try; each further one waits twice as long
LONGEST_WAIT = 8.0  # seconds, where the server names no time
PATIENCE = 120.0  # seconds that a server may ask to wait
LONGEST_ASKED = 31_536_000  # seconds: what is longer counts as a year
AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
TOO_MANY = 429


class Trouble(Exception):  # noqa: N818  it may pass
    """What may pass: `wait` is how many seconds the server asks for, None where it names none; `failure` what is raised when it does not pass."""

    def __init__(self, failure: Failure, wait: float | None = None) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.wait = wait


def persist(attempt: Callable[[], T], wait: Callable[[float], None], *, moved: Callable[[], int] = lambda: 0) -> T:
    """Makes an attempt until it succeeds, with waits between; `moved` tells how much has come so far, and tries count anew when it grew.

    Raises:
        Failure: what does not pass, after `TRIES` tries without anything got, or where the server asks for more than `PATIENCE` seconds.
    """
    tries, before = 0, moved()
    while True:
        try:
            return attempt()
        except Trouble as trouble:
            tries, before = (0 if moved() > before else tries) + 1, max(before, moved())
            if tries >= TRIES:
                raise trouble.failure from None
            if trouble.wait is not None and trouble.wait > PATIENCE:
                failure = trouble.failure
                detail = {**(failure.detail or {}), "retry_after": int(trouble.wait)}
                raise type(failure)(failure.type, f"{failure.message} and asks to wait {trouble.wait:.0f} seconds", detail=detail, retryable=True, code=failure.code) from None
            pause = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT) * uniform(0.5, 1.0)  # noqa: S311  spreads those who wait for the same server
            wait(pause if trouble.wait is None else trouble.wait)


def asked_wait(text: str) -> float | None:
    """The seconds that a header `Retry-After` (RFC 9110, 10.2.3: a number or a date) names."""
    text = text.strip()
    try:
        if text.isdecimal():
            return min(float(text), LONGEST_ASKED)
        return min(max(parsedate_to_datetime(text).timestamp() - time(), 0.0), LONGEST_ASKED) if text else None
    except (ValueError, OverflowError):  # of a number with thousands of digits, too
        return None
