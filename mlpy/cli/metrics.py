"""What `mlpy run --metrics` says at the end of each module that the program used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Mapping

    from mlpy.metrics import Metrics
    from mlpy.runtime.run import Run


def of_run(run: Run) -> dict[str, Metrics]:
    """What the modules and files cost that a run has imported."""
    from mlpy.modules import costs  # noqa: PLC0415  only for what imports files

    return {} if run.registry is None else {**run.registry.metrics(), **costs(run)}


def text(taken: Mapping[str, Metrics]) -> str:
    """A table: the module, milliseconds of loading, bytes that it left where those were counted, calls, their time, and the functions called most."""
    if not taken:
        return "no module was imported\n"
    memory = any(one.memory is not None for one in taken.values())
    rows = [("module", "load", *(["memory"] if memory else []), "calls", "time", "")]
    for name, one in taken.items():
        most = sorted(one.calls.items(), key=lambda each: (-each[1], each[0]))[:3]
        load = "" if one.load_time is None else f"{one.load_time * 1000:.1f} ms"
        kept = [] if not memory else [f"{one.memory / 1024:,.0f} kB" if one.memory is not None else ""]
        rows.append((name, load, *kept, f"{one.total:,}", f"{one.time * 1000:.1f} ms" if one.total else "", ", ".join(f"{function} {count:,}" for function, count in most)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    return "".join(
        ("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=False)), row[-1]])).rstrip() + "\n" for row in rows
    )


def record(taken: Mapping[str, Metrics]) -> dict[str, object]:
    """The same for `--json`."""
    return {name: one.record() for name, one in taken.items()}
