"""`--trace-capabilities`: what a run used and what it was refused, written as the grants of exactly that.

Nothing is granted by it: what is missing shows as refused, and `--allow-all` beside it finds everything in one run.
"""

from __future__ import annotations

import json
import os

from mlpy.capabilities import KINDS, Capability, exact_grant, quoted_for_shell
from mlpy.project import shown

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.runtime.run import Run


class Trace:
    """The capabilities of a run, each once: `used`, `refused` for want of a grant, and `barred`, which no grant would change.

    `patterns` are those that cannot be granted exactly, since a grant takes their characters for a pattern.
    """

    __slots__ = ("barred", "dropped", "folder", "patterns", "refused", "used")

    def __init__(self, run: Run, folder: str | None) -> None:
        self.folder = folder or os.getcwd()
        self.dropped = run.audit.dropped
        self.used: list[Capability] = []
        self.refused: list[Capability] = []
        self.barred: list[Capability] = []
        self.patterns: list[Capability] = []
        for record in run.audit.records():
            capability = Capability(record.capability.partition(":")[0], record.resource)
            if exact_grant(capability) is None:
                put(self.patterns, capability)
            elif record.decision == "allowed":
                put(self.used, capability)
            else:
                put(self.refused if grantable(run, capability) else self.barred, capability)
        self.refused = [one for one in self.refused if one not in self.used]

    def settings(self) -> str:
        """What was used, as text for a project's file."""
        lines = "".join(f"    {json.dumps(written(one, self.folder), ensure_ascii=False)},\n" for one in sorted(self.used, key=str))
        return f"[grants]\nallow = [\n{lines}]\n" if lines else "[grants]\nallow = []\n"


def put(found: list[Capability], capability: Capability) -> None:
    if capability not in found:
        found.append(capability)


def grantable(run: Run, capability: Capability) -> bool:
    """Whether a grant of the host would have helped."""
    grants = run.grants
    return not any(grant.covers(capability) for grant in grants.denied) and all(layer.matching(capability) for layer in grants.layers if layer.origin != "grant")


def written(capability: Capability, folder: str) -> str:
    """A capability as a grant, with a path below the folder written from there."""
    if KINDS[capability.kind].syntax != "path":
        return str(capability)
    path, base = capability.resource, os.path.join(folder, "")
    return f"{capability.kind}:{'./' + path.removeprefix(base) if path.startswith(base) else path}"


def flags(found: list[Capability]) -> str:
    here = os.getcwd()
    return "".join(f"  --allow {quoted_for_shell(written(one, here))}\n" for one in sorted(found, key=str))


def text(run: Run, folder: str | None = None) -> str:
    """A trace as people read it, with flags and settings to copy."""
    trace = Trace(run, folder)
    parts = []
    if trace.used:
        parts.append(f"the program used\n{flags(trace.used)}")
    if trace.refused:
        parts.append(f"the program was refused, for want of\n{flags(trace.refused)}")
    if trace.barred:
        parts.append("the program was refused, whatever is granted\n" + "".join(f"  {one}\n" for one in trace.barred))
    if trace.patterns:
        parts.append("a grant would take these for patterns\n" + "".join(f"  {one}\n" for one in trace.patterns))
    if trace.dropped:
        parts.append(f"{trace.dropped:,} more uses found no room in the trace\n")
    if trace.used:
        parts.append(f"what it used, for `{shown(os.path.join(trace.folder, 'mlpy.toml'))}`\n{trace.settings()}")
    return "\n".join(parts) or "the program used no capability\n"


def record(run: Run, folder: str | None = None) -> dict[str, object]:
    """A trace for programs."""
    trace = Trace(run, folder)
    here = os.getcwd()
    lists = {name: [written(one, here) for one in getattr(trace, name)] for name in ("used", "refused", "barred", "patterns")}
    return {**lists, "unrecorded": trace.dropped, "settings": trace.settings()}
