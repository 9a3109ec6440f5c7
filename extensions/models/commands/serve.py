"""`mlpy models serve`: OpenAI's protocol over the models that are here."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.store import Store

from mlpy.cli import Mistake
from mlpy.runtime.limits import parse_count, parse_size, parse_time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

PORT = 8080
IDLE = "10m"
KEY = "MLPY_MODELS_API_KEY"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--model", metavar="MODEL", action="append", default=[], help="load this model at once; may be given more than once (others are loaded when they are asked for)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen on (default 127.0.0.1: this machine only)")
    parser.add_argument("--port", type=port, default=PORT, metavar="PORT", help=f"the port to listen on, 0 for any that is free (default {PORT})")
    parser.add_argument("--api-key", metavar="KEY", help=f"what clients have to show; `${KEY}` says it without telling who lists processes")
    parser.add_argument("--idle-unload", type=duration, default=parse_time(IDLE), metavar="TIME", help=f"unload a model that nobody has used for so long, 0 for never (default {IDLE})")
    parser.add_argument("--max-context", type=count, metavar="TOKENS", help="the longest prompt with its answer, where a model would take more")
    parser.add_argument("--memory", type=size, metavar="SIZE", help="the memory for models, as in `8GB`; beyond it the one used longest ago is unloaded (default: three quarters of the machine's)")


def perform(options: Namespace) -> dict[str, object]:
    key = options.api_key if options.api_key is not None else os.environ.get(KEY)
    if key is not None and not (key and key.isascii() and key.isprintable() and " " not in key):
        raise Mistake("an API key has at least one character, no blanks, and only ASCII", "`openssl rand -hex 32` makes a good one")
    if key is None and not is_loopback(options.host):
        raise Mistake(f"`--host {options.host}` lets other machines ask: that needs `--api-key`", f"`--api-key KEY`, or `{KEY}=KEY` in the environment")
    ModelError.need("mlx", "mlx_lm", "fastapi", "uvicorn")
    from mlpy.extensions.models.server.serving import Settings, serve  # noqa: PLC0415  imports mlx and fastapi

    most = machine() * 3 // 4
    return serve(
        Store(),
        Settings(
            host=options.host, port=options.port, key=key, idle=options.idle_unload, max_context=options.max_context,
            memory=options.memory or most, total=most, preload=options.model,
        ),
    )  # fmt: skip


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    return f"served {data['requests']} requests in {data['seconds']} s, {data['generated_tokens']} tokens generated\n"


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask a server at an address."""
    from ipaddress import ip_address  # noqa: PLC0415  one command needs it

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def machine() -> int:
    """The bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def port(text: str) -> int:
    """A port, 0 to 65535."""
    if not text.isdecimal() or int(text[:6]) > 65535:
        raise ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """A number above zero."""
    try:
        return parse_count(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def duration(text: str) -> float:
    """Seconds of a time such as `10m`, or 0."""
    try:
        return 0.0 if text == "0" else parse_time(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def size(text: str) -> int:
    """Bytes of a size such as `8GB`."""
    try:
        return parse_size(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
