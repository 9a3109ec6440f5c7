"""Which records somebody wants: of an operation, an instance, a run, since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mlpy.extensions.providers.failures import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a record has to be; empty ones are anything. `since` is a time in ISO 8601, in UTC and to the microsecond as in a record."""

    operation: str = ""
    instance: str = ""
    provider: str = ""
    run: str = ""
    since: str = ""

    def takes(self, said: Mapping[str, object]) -> bool:
        """Whether a record is wanted. An operation may be named with its provider: `openai/chat.complete`."""
        operation = str(said.get("operation"))
        return (
            self.operation in ("", operation, f"{said.get('provider')}/{operation}")
            and all(getattr(self, name) in ("", said.get(name)) for name in ("instance", "provider", "run"))
            and str(said.get("time")) >= self.since
        )


def add_options(parser: ArgumentParser) -> None:
    """The options that choose records."""
    parser.add_argument("--operation", metavar="NAME", default="", help="only of this operation: `chat.complete` or `openai/chat.complete`")
    parser.add_argument("--instance", metavar="NAME", default="", help="only of this instance")
    parser.add_argument("--provider", metavar="NAME", default="", help="only of this provider")
    parser.add_argument("--run", metavar="ID", default="", help="only of this run")
    parser.add_argument("--since", metavar="TIME", default="", help="only since then: `2030-01-31`, `2030-01-31T12:00`, or `7d`, `12h` ago; local time where no zone is written")


def of_options(options: Namespace) -> Selection:
    since = moment(options.since).isoformat(timespec="microseconds").replace("+00:00", "Z") if options.since else ""
    return Selection(options.operation, options.instance, options.provider, options.run, since)


def moment(text: str) -> datetime:
    """A moment as people write it, in UTC.

    Raises:
        ProviderError: `invalid_value`.
    """
    number, unit = text[:-1], text[-1:]
    try:
        if number.isdecimal() and unit in UNITS:
            return datetime.now(UTC) - timedelta(seconds=int(number) * UNITS[unit])
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ProviderError("invalid_value", f"`{text}` is not a moment", hint="write it like `2030-01-31`, or `7d` for a week ago") from None
