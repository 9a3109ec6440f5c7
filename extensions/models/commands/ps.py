"""`mlpy models ps`: the servers that run on this machine."""

from __future__ import annotations

from mlpy.cli.tables import age, size, table

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    """It takes no options of its own."""


def perform(options: Namespace) -> dict[str, object]:  # noqa: ARG001  as every command's
    from mlpy.extensions.models.server.processes import running  # noqa: PLC0415  `--help` needs none of it

    servers = running()
    return {"servers": servers, "count": len(servers)}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    servers = data["servers"]
    if not isinstance(servers, list) or not servers:
        return "no server runs; `mlpy models serve` starts one\n"
    rows = [
        [str(one["pid"]), one["address"], ", ".join(one["models"]) or "none", "" if one["memory_bytes"] is None else size(one["memory_bytes"]), age(one["since"])]
        for one in servers
    ]  # fmt: skip
    return table(rows, heads=("PID", "ADDRESS", "MODELS", "MEMORY", "SINCE"), right="PID MEMORY")
