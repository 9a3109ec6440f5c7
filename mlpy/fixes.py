"""Carries out the edits that diagnostics propose: what `mlpy check --fix` writes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable

    from mlpy.diagnostics import Diagnostic, Edit


def apply(text: str, diagnostics: Iterable[Diagnostic]) -> tuple[str, list[Diagnostic]]:
    """The text with the fixes made, and the diagnostics whose fixes went in.

    The fix of a diagnostic goes in as a whole or not at all: one that overlaps with an earlier one waits for the next check.
    """
    taken: list[Edit] = []
    applied: list[Diagnostic] = []
    for diagnostic in diagnostics:
        if diagnostic.fix and all(fits(edit, text, taken) for edit in diagnostic.fix) and not clash(diagnostic.fix):
            taken += diagnostic.fix
            applied.append(diagnostic)
    for edit in sorted(taken, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text, applied


def fits(edit: Edit, text: str, taken: Iterable[Edit]) -> bool:
    """Whether an edit lies in the text and touches none of the others."""
    return 0 <= edit.span.start <= edit.span.end <= len(text) and not any(overlap(edit, other) for other in taken)


def clash(edits: tuple[Edit, ...]) -> bool:
    """Whether edits of one fix contradict each other."""
    return any(overlap(one, other) for at, one in enumerate(edits) for other in edits[:at])


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits replace common text, or insert at one place (whose order would be a guess)."""
    a, b = one.span, other.span
    return (a.start < b.end and b.start < a.end) or a.start == b.start
