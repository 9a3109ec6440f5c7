"""Begins a bundle: in a new folder with a model to start from, or in a project that is there already, of which nothing is overwritten."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field

from mlpy.extensions.bundles import synced
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.ignoring import DEFAULT
from mlpy.extensions.bundles.ignoring import NAME as IGNORE
from mlpy.extensions.bundles.paths import RESERVED
from mlpy.extensions.bundles.project import FILE, NAME, TABLE, Project, tables

from mlpy import whole

PROJECT = """\
[project]
name = {name}
version = "0.1.0"
requires-python = ">=3.11"
"""
BUNDLE = """\
[tool.modelops-bundle]
{registry}
# what belongs to the bundle beside the files of its models: `mlpy bundle add`
files = [
{files}]
# `mlpy bundle discover --save` writes these
models = []
"""
README = """\
# {name}

A bundle of models: `models/example.py` is one to begin with.

```sh
mlpy bundle discover --save    # list the models that are here in pyproject.toml
mlpy bundle manifest           # write down what the bundle holds
mlpy bundle status             # see what has changed
mlpy bundle push               # bring it to the registry
```
"""
EXAMPLE = '''\
"""A model to begin with: an epidemic among people who all meet each other."""


class Example:
    """Susceptible, infected and recovered people, a step a day."""

    def parameters(self):
        """What can be set, with what it is unless something else is said."""
        return {"people": 1000, "infected": 1, "contacts": 0.4, "recovery": 0.1, "days": 100}

    def simulate(self, **given):
        """How many people are infected, day by day."""
        values = self.parameters() | given
        infected = float(values["infected"])
        susceptible = values["people"] - infected
        course = [infected]
        for _ in range(values["days"]):
            new = values["contacts"] * infected * susceptible / values["people"]
            susceptible -= new
            infected += new - values["recovery"] * infected
            course.append(infected)
        return course
'''
GITIGNORE = """\
.modelops-bundle/
.venv/
__pycache__/
"""
NEVER_NAMED = re.compile(r"[^a-z0-9._-]+")


@dataclass(slots=True)
class Begun:
    """What was made: `created` and `changed` are paths in the folder."""

    folder: str
    name: str
    registry: str | None
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def record(self) -> dict[str, object]:
        return {"name": self.name, "folder": self.folder, "registry": self.registry, "created": sorted(self.created), "changed": self.changed}


def begin(folder: str, registry: str | None = None) -> Begun:
    """Makes a folder a project with a bundle; a new or empty one gets files to begin with, another keeps what it has.

    Raises:
        BundleError: `already_exists` where it has a bundle, or is no folder; `invalid_name` where its name could not be a project's; `not_a_file` and `invalid_settings` for a
            `pyproject.toml` that cannot take one.
        OSError: What the system says.
    """
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise BundleError("already_exists", f"`{folder}` is no folder")
    path = os.path.join(folder, FILE)
    if os.path.islink(path):
        raise BundleError("not_a_file", f"`{FILE}` is a link, which may lead anywhere", hint="put the file itself in its place")
    has_project = os.path.isfile(path)
    if has_project and tables(path)[0] is not None:
        raise BundleError("already_exists", "there is a bundle already", hint=f"its settings are the table `{TABLE}` of `{FILE}`")
    named = os.path.basename(os.path.abspath(folder))
    if NAME.fullmatch(named) is None:
        if not named:
            raise BundleError("invalid_name", "`/` is no folder for a bundle", hint="name a folder")
        raise BundleError("invalid_name", f"`{named}` is no name for a bundle", hint="letters, digits, `.`, `_` and `-` are")
    made = Begun(folder, named, registry)
    fresh = not os.path.isdir(folder) or not os.listdir(folder)
    os.makedirs(folder, exist_ok=True)
    if fresh:
        for place, text in (("README.md", README.format(name=named)), ("models/example.py", EXAMPLE), (".gitignore", GITIGNORE)):
            put(made, place, text)
    if not os.path.lexists(os.path.join(folder, IGNORE)):
        put(made, IGNORE, DEFAULT)
    settle(made, path, has_project=has_project)
    synced.folder(folder)
    made.created.append(f"{RESERVED}/")
    made.name = Project(folder).name
    return made


def put(made: Begun, place: str, text: str) -> None:
    """Writes a file of a folder, and the folders on the way."""
    path = os.path.join(made.folder, place)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whole.replace(path, text.encode())
    made.created.append(place)


def settle(made: Begun, path: str, *, has_project: bool) -> None:
    """Writes the settings of the bundle at the end of the file for them."""
    tracked = [one for one in (".gitignore", IGNORE, "README.md", FILE) if one == FILE or os.path.isfile(os.path.join(made.folder, one))]
    line = f"registry = {json.dumps(made.registry)}" if made.registry else '# where `mlpy bundle push` brings it: registry = "host/name"'
    table = BUNDLE.format(registry=line, files="".join(f"    {json.dumps(one)},\n" for one in tracked))
    if not has_project:
        whole.replace(path, (PROJECT.format(name=json.dumps(project_name(made.name))) + "\n" + table).encode())
        made.created.append(FILE)
        return
    with open(path, "rb") as file:
        before = file.read()
    whole.replace(path, before.rstrip() + b"\n\n" + table.encode())
    try:
        Project(made.folder)
    except BundleError:
        whole.replace(path, before)
        raise BundleError("invalid_settings", f"`{FILE}` is written in a way that takes no further table", hint=f"write `[{TABLE}]` into it") from None
    made.changed.append(FILE)


def project_name(name: str) -> str:
    """A name as Python's packages have them: small ASCII letters, digits, and `-`, `_` or `.` between them."""
    return NEVER_NAMED.sub("-", name.lower()).strip("-_.") or "bundle"
