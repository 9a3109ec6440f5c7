"""Finds the models of a project by reading its Python files, none of which is ever run.

A model is a class that has the methods `simulate` and `parameters`, its own or inherited from a class of the project. It has to be one that can be imported and made: classes inside of
functions do not count, nor do protocols, nor classes whose `simulate` or `parameters` is still abstract. What a file cannot tell is told as a problem of that file, and the rest goes on.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from mlpy.extensions.bundles.closure import closure
from mlpy.extensions.bundles.modules import Unread

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable

    from mlpy.extensions.bundles.modules import Modules
    from mlpy.extensions.bundles.skeletons import Class

ALTERNATIVES = 8  # of what a name may stand for, where that depends
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
ODD = re.compile(r"[^\w.-]+")  # what no id has


@dataclass(frozen=True, slots=True)
class Model:
    """A class that is a model: `id` is its name in the bundle, `class_` is `package.module:Outer.Class`, `files` are what it needs of the project; `path` and `line` say where it stands."""

    id: str
    class_: str
    path: str
    line: int
    files: tuple[str, ...]

    def record(self) -> dict[str, object]:
        return {"id": self.id, "class": self.class_, "file": self.path, "line": self.line, "files": [*self.files]}


@dataclass(frozen=True, slots=True)
class Found:
    """The models of a project by id, and the files that could not be read, by path."""

    models: tuple[Model, ...]
    problems: tuple[Unread, ...]


def discover(modules: Modules, ids: dict[str, str] | None = None) -> Found:
    """The models of a project; `ids` are names that classes have already, which they keep."""
    classes = [(path, name, one) for path in sorted(modules.names) for name, one in classes_of(modules, path)]
    every = [(path, name, one["line"]) for path, name, one in classes if is_model(modules, path, name)]
    found = [one for one in every if modules.importable(one[0])]
    lost = [Unread(path, line, f"`{name}` cannot be imported: a name on the way to it has a dot in it") for path, name, line in every if not modules.importable(path)]
    kept = ids or {}
    names = {class_name(modules, path, name): name for path, name, _ in found}
    made = {**named([one for one in names if one not in kept], taken={*kept.values()}), **kept}
    models = [Model(made[full], full, path, line, tuple(closure(modules, path))) for path, name, line in found for full in [class_name(modules, path, name)]]
    return Found(tuple(sorted(models, key=lambda one: one.id)), tuple(sorted([*modules.problems(), *lost], key=lambda one: (one.path, one.line))))


def classes_of(modules: Modules, path: str) -> Iterable[tuple[str, Class]]:
    skeleton = modules.skeleton(path)
    return skeleton["classes"].items() if skeleton and modules.paths[modules.names[path]] == path else ()


def class_name(modules: Modules, path: str, name: str) -> str:
    """A class as a manifest names it: `package.module:Outer.Class`."""
    return f"{modules.names[path]}:{name}"


def is_model(modules: Modules, path: str, name: str) -> bool:
    """Whether a class is a model, in any of the alternatives that the names leave open which it depends on."""
    modules.alternative, modules.choices = 0, 1
    while modules.alternative < min(modules.choices, ALTERNATIVES):
        order = modules.ancestry(path, name)
        if {kind_of(modules, order, method) for method in ("parameters", "simulate")} == {"method"}:
            return not is_protocol(modules, path, name)
        modules.alternative += 1
    return False


def kind_of(modules: Modules, order: list[tuple[str, str]], method: str) -> str | None:
    """What the first class of an order that says anything says of a method."""
    for path, name in order:
        skeleton = modules.skeleton(path)
        kind = skeleton["classes"][name]["methods"].get(method) if skeleton else None
        if kind is not None:
            return kind
    return None


def is_protocol(modules: Modules, path: str, name: str) -> bool:
    return any(one is not None and one[0] == "outside" and one[1].rpartition(".")[2] == "Protocol" for one in modules.bases(path, name))


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


def named(classes: list[str], taken: set[str]) -> dict[str, str]:
    """An id for each class: its name in small letters, and as much of where it stands as tells it from the others."""
    made: dict[str, str] = {}
    used = set(taken)
    for spell in (short, nested, in_file, whole):
        left = [one for one in classes if one not in made]
        counted = Counter(map(spell, left))
        made |= {one: spell(one) for one in left if spell is whole or (counted[spell(one)] == 1 and spell(one) not in used)}
        used = {*taken, *made.values()}
    return made


def short(name: str) -> str:
    return snake(name.rpartition(":")[2].rpartition(".")[2])


def nested(name: str) -> str:
    return snake(name.rpartition(":")[2].replace(".", "_"))


def in_file(name: str) -> str:
    module, _, inside = name.partition(":")
    return f"{snake(module.rpartition('.')[2])}.{nested(inside)}"


def whole(name: str) -> str:
    module, _, inside = name.partition(":")
    return f"{module}.{inside}"


def snake(name: str) -> str:
    """`SIRModel` → `sir_model`."""
    return ODD.sub("_", WORDS.sub("_", name).lower())
