"""What `mlpy bundle discover --save` would write: the models that were found beside those that the settings list.

Python files of a model are written anew from its imports; what else its `files` list, data for instance, stays. A listed model that was not found is dropped, unless its file cannot be read
or it inherits from what lies outside of the project, of which nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlpy.extensions.bundles.discovery import discover
from mlpy.extensions.bundles.project import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.bundles.discovery import Found, Model
    from mlpy.extensions.bundles.project import Project

PLAIN = ("abc.", "builtins.", "enum.", "typing.")  # no base from there has the methods of a model


@dataclass(frozen=True, slots=True)
class Proposal:
    """A model that was found (`model`) or that is listed, what to write of it, and how that stands to the settings: `new`, `saved`, `changed`, `kept` or `gone`."""

    entry: Entry
    status: str
    model: Model | None = None


def look(project: Project) -> tuple[list[Proposal], Found]:
    """Finds the models of a project, and compares them with those in its settings; by id."""
    listed = {one.class_: one for one in project.models}
    found = discover(project.modules, {name: one.id for name, one in listed.items()})
    made = [proposed(one, listed.get(one.class_)) for one in found.models]
    known = {one.class_ for one in found.models}
    made += [Proposal(one, "kept" if may_be(project, one) else "gone") for one in project.models if one.class_ not in known]
    return sorted(made, key=lambda one: one.entry.id), found


def proposed(model: Model, listed: Entry | None) -> Proposal:
    """A model that was found."""
    if listed is None:
        return Proposal(Entry(model.id, model.class_, model.files), "new", model)
    if listed.files is None:
        return Proposal(listed, "saved", model)
    files = {*model.files, *(one for one in listed.files if not one.endswith(".py"))}
    if files == set(listed.files):
        return Proposal(listed, "saved", model)
    return Proposal(Entry(listed.id, listed.class_, tuple(sorted(files))), "changed", model)


def may_be(project: Project, entry: Entry) -> bool:
    """Whether a listed class may be a model for reasons that cannot be read."""
    modules = project.modules
    module, _, name = entry.class_.partition(":")
    path = modules.paths.get(module)
    if path is None:
        return False
    skeleton = modules.skeleton(path)
    if skeleton is None:
        return True
    if name not in skeleton["classes"]:
        return False
    return any(base is None or (base[0] == "outside" and not base[1].startswith(PLAIN)) for one in modules.ancestry(path, name) for base in modules.bases(*one))
