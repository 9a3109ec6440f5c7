"""What has to run for some workflows, and in which order: from the `@needs` of their headers to a `Plan`. Reads headers only, runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from mlpy.extensions.workflows.failures import WorkflowError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Mapping

    from mlpy.extensions.workflows.folder import Folder, Workflow


@dataclass(frozen=True, slots=True)
class Step:
    """A workflow in a plan; `name` is its reference, which the run, its journal and its picture call it by; `needs` are names of steps."""

    name: str
    workflow: Workflow
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps by name, each behind all that it needs; `targets` are those that were asked for."""

    targets: tuple[str, ...]
    steps: dict[str, Step]

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Pairs of names: what is needed, and what needs it."""
        return [(need, step.name) for step in self.steps.values() for need in step.needs]

    def cone(self, names: Iterable[str]) -> set[str]:
        """Some steps, and all that depend on them."""
        found = set(names)
        for step in self.steps.values():
            if not found.isdisjoint(step.needs):
                found.add(step.name)
        return found

    def foundation(self, names: Iterable[str]) -> set[str]:
        """Some steps, and all that they depend on."""
        found = set(names)
        for step in reversed(self.steps.values()):
            if step.name in found:
                found.update(step.needs)
        return found


def plan(folder: Folder, targets: Iterable[Workflow]) -> Plan:
    """What the workflows need, and what that needs.

    Raises:
        WorkflowError: `workflow_not_found` or `ambiguous_match` for a need, `needs_cycle` where workflows need each other, with the way round as `detail.path`.
    """
    known = {workflow.reference: workflow for workflow in folder.workflows()}
    asked = [*targets]
    found: dict[str, Step] = {}
    pending = asked[::-1]
    while pending:
        workflow = pending.pop()
        name = workflow.reference
        if name not in found:
            needed = [known.get(need) or needed_by(folder, name, need) for need in workflow.header.needs]
            found[name] = Step(name, workflow, tuple(dict.fromkeys(one.reference for one in needed)))
            pending += reversed(needed)
    return Plan(tuple(dict.fromkeys(workflow.reference for workflow in asked)), {name: found[name] for name in ordered(found)})


def ordered(steps: Mapping[str, Step]) -> list[str]:
    """The names, each behind what it needs."""
    try:
        return list(TopologicalSorter({name: step.needs for name, step in steps.items()}).static_order())
    except CycleError as error:
        path = list(reversed(error.args[1]))
    shown = " → ".join(f"`{name}`" for name in path)
    message = f"`{path[0]}` needs itself" if len(path) == 2 else f"workflows need each other: {shown}"
    raise WorkflowError("needs_cycle", message, detail={"path": path}, hint=f"take a name out of `@needs` of `{path[0]}`")


def needed_by(folder: Folder, name: str, need: str) -> Workflow:
    """The workflow that a header asks for."""
    try:
        return folder.find(need)
    except WorkflowError as error:
        raise WorkflowError(
            error.type, f"`{name}` needs `{need}`: {error.message}", detail={**(error.detail or {}), "needed_by": name}, matches=error.matches, hint=error.hint
        ) from None

