"""Twelve steps: a diamond whose four sides run at once, one of them flaky, a branch that breaks, and an end that needs all."""

from __future__ import annotations

NEEDS = {
    "source": "",
    "left": "source",
    "middle": "source",
    "right": "source",
    "flaky": "source",
    "join": "left, middle, right, flaky",
    "other": "",
    "center": "join, other",
    "broken": "center",
    "after": "broken",
    "report": "center",
    "final": "report, after",
}
SIDES = ("left", "middle", "right", "flaky")
# Each side waits for the others: with fewer than four at once it fails.
TOGETHER = """: > here-$MLPY_STEP
for turn in $(seq 600); do [ -e here-left ] && [ -e here-middle ] && [ -e here-right ] && [ -e here-flaky ] && break; sleep 0.05; done
[ $turn -lt 600 ] || exit 9
"""
FLAKY = '[ "$MLPY_ATTEMPT" -gt 2 ] || exit 5\n'
ENDED = {**dict.fromkeys(NEEDS, "done"), "broken": "failed", "after": "blocked", "final": "blocked"}


def text(body: str, **header: str) -> str:
    """A step, which writes its name into `ran` when it runs."""
    lines = [f"# @{key}: {value}" for key, value in header.items() if value]
    return "\n".join(["#!/bin/sh", *lines, 'echo "$MLPY_STEP" >> ran', body, ""])


def steps(*, broken: bool = True, before: dict[str, str] | None = None) -> dict[str, str]:
    """The scripts by their names; each makes a file of the files of its needs. `before` are lines that some begin with."""
    made = {}
    for name, needs in NEEDS.items():
        inputs = [f"{need}.out" for need in needs.split(", ")] if needs else [f"{name}.txt"]
        body = f"cat {' '.join(inputs)} > {name}.out; echo {name} >> {name}.out"
        if name == "broken" and broken:
            body = "echo it breaks >&2; exit 7"
        lead = (before or {}).get(name, "") + (TOGETHER if name in SIDES else "") + (FLAKY if name == "flaky" else "")
        made[name] = text(lead + body, needs=needs, inputs=", ".join(inputs), outputs=f"{name}.out", retries="2" if name == "flaky" else "")
    return made
