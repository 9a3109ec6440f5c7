"""What the project half of bundles costs: finding the models of a project with 2,000 Python files, and its manifest.

    python benchmarks/bundles.py [--json] [--smoke]

Each line has the bound that the project has set itself beside it. Times are CPU times and medians. The files have about 70 lines in packages of twenty, every fourth class is a model, and most
of these inherit what makes them one from another file. `--smoke` only checks, in a small project, that all models are found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import COMMAND, PACKAGE_PARENT, Figure, clock, interleaved, report

FILES = 2_000
PACKAGE = 20  # files
SETTINGS = '[project]\nname = "many"\n\n[tool.modelops-bundle]\nfiles = ["."]\nmodels = []\n'
BASE = '''
class Base:
    """What all models of the package share."""

    def parameters(self):
        return {"rate": 0.3, "days": 100}

    def simulate(self, seed=0):
        raise NotImplementedError
'''
CLASS = '''"""Part {number} of package {package}."""

from __future__ import annotations

import math
from dataclasses import dataclass

from package_{package}.base import Base
from package_{other} import part_{neighbour} as neighbour

RATES = {{"low": 0.1, "middle": 0.3, "high": 0.9}}


@dataclass(frozen=True)
class Settings{number}:
    """What can be set."""

    rate: float = 0.3
    days: int = 100
    name: str = "part {number}"

    def checked(self):
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a rate of {{self.rate}} is none")
        return self


class Model{number}({base}):
    """What happens day by day."""

    def simulate(self, seed=0):
        infected, course = 1.0, []
        for day in range(self.parameters()["days"]):
            new = infected * RATES["middle"] * math.exp(-day / 50)
            infected = max(0.0, infected + new - infected * RATES["low"])
            course.append((day, infected, new))
        return course

    def peak(self, seed=0):
        return max(self.simulate(seed), key=lambda row: row[1])


def table(rows, heads=("day", "infected", "new")):
    """Rows under their heads."""
    widths = [max(len(str(row[at])) for row in [heads, *rows]) for at in range(len(heads))]
    lines = []
    for row in [heads, *rows]:
        lines.append("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths)))
    return "\\n".join(lines)


def summary(model):
    """A few words about a model."""
    day, infected, new = model.peak()
    if infected > 1000:
        return f"many: {{infected:.0f}} on day {{day}}"
    elif new > 10:
        return f"fast: {{new:.0f}} on day {{day}}"
    return f"few, {{neighbour.__name__}}"
'''


def fill(folder: Path, count: int) -> int:
    """Makes a project of so many Python files; gives how many models it has."""
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    packages, models = max(1, count // PACKAGE), 0
    for package in range(packages):
        place = folder / f"package_{package}"
        place.mkdir()
        (place / "__init__.py").write_text("", encoding="utf-8")
        (place / "base.py").write_text(BASE, encoding="utf-8")
        models += 1
        for number in range(PACKAGE - 2):
            is_model = number % 4 == 0
            models += is_model
            text = CLASS.format(number=number, package=package, other=(package + 1) % packages, neighbour=(number + 1) % (PACKAGE - 2), base="Base" if is_model else "dict")
            (place / f"part_{number}.py").write_text(text, encoding="utf-8")
    return models


def measure(smoke: bool) -> list[Figure]:
    """Whole runs of the command."""
    count = 2 * PACKAGE if smoke else FILES
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        root.mkdir()
        models = fill(root, count)
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_CACHE_DIR": os.path.join(folder, "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        start = [*([str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "mlpy"]), "bundle"]
        os.chdir(root)
        found = json.loads(subprocess.run([*start, "discover", "--json"], check=True, env=environment, stdout=subprocess.PIPE).stdout)["data"]
        if (found["count"], found["problems"]) != (models, []):
            sys.exit(f"{found['count']} of {models} models are found")
        discover, manifest = interleaved([lambda: clock([*start, "discover"], environment), lambda: clock([*start, "manifest"], environment)], 1 if smoke else 5)
        os.chdir("/")
    return [
        Figure(f"mlpy bundle discover in {count:,} files with {models} models", discover, 3, "s"),
        Figure(f"mlpy bundle manifest of {count:,} files", manifest, None, "s"),
    ]


if __name__ == "__main__":
    report("Measures what the project half of bundles costs", "all models are found", measure)
