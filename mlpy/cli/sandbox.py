"""`mlpy sandbox status`: which layers of the sandbox this machine has, and how far they reach."""

from __future__ import annotations

from mlpy.cli import DONE, terminal
from mlpy.sandbox import lockdown

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.sandbox.lockdown import Status

DOES = {
    "rlimits": "memory, CPU time, files and processes are limited",
    "privileges": "no capabilities, nothing to gain by starting a program",
    "seccomp": "system calls are refused but for a short list",
    "landlock": "files, ports, and signals to others are refused once more",
    "user": "users and groups of its own",
    "mount": "an empty file system of its own",
    "net": "a network of its own, with nothing in it",
    "ipc": "shared memory and message queues of its own",
    "uts": "a host name of its own",
    "pid": "process numbers of its own: it sees no others",
}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("ACTION", choices=("status",), help="`status` tells which layers of the sandbox this machine has")
    parser.add_argument("--json", action="store_true", help="print one JSON record")


def execute(options: Namespace) -> int:
    found = lockdown.status()
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        records.write(record(found))
    else:
        terminal.write(described(found))
    return DONE


def described(found: Status) -> str:
    """The level, each layer in a line, and what could be done about those that are missing."""
    width = max(map(len, found.layers))
    lines = [f"level {found.level or 'none'}"]
    lines += [f"  {name:<{width}}  {DOES[name] if reason is None else f'missing: {reason}'}" for name, reason in found.layers.items()]
    hint = advice(found)
    return "\n".join([*lines, f"hint: {hint}"] if hint else lines) + "\n"


def advice(found: Status) -> str | None:
    missing = [name for name, reason in found.layers.items() if reason is not None]
    return lockdown.advice(missing) if missing else None


# ── as a record: docs/schemas/sandbox.json describes it ──────────────────────────────────────────────────────────


def record(found: Status) -> dict[str, object]:
    layers = [{"name": name, "present": reason is None, "reason": reason} for name, reason in found.layers.items()]
    return {"level": found.level or None, "layers": layers, "hint": advice(found)}
