"""What a folder of workflows costs: a start of `mlpy workflow list` with a hundred scripts, at first and once they were looked at.

    python benchmarks/workflows.py [--json] [--smoke]

Each line has the bound that the project has set itself beside it. Times are CPU times and medians. The scripts are in four languages, with headers of ten lines and a hundred lines of
code. `--smoke` only checks, with a few scripts, that they are listed and none is run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import COMMAND, PACKAGE_PARENT, Figure, clock, interleaved, report

SCRIPTS = 100
LANGUAGES = ((".sh", "#"), (".py", "#"), (".js", "//"), (".ml", "//"))
HEADER = """\
@description: what script {number} does
@version: 1.{number}
@author: Ada Lovelace
@group: group-{group}
@tags: nightly, report
@requires: requests>=2,<3, rich
@param input:path=data.csv where the data are
@param format:choice(csv|json|parquet)=csv what comes out
@param limit:int=100 how many rows
@inputs: data/*.csv
"""


def fill(folder: Path, count: int) -> None:
    """Puts scripts into a folder, with their records; each would leave a mark if it was run."""
    from mlpy.extensions.workflows.folder import Folder

    folder.mkdir()
    for number in range(count):
        extension, comment = LANGUAGES[number % len(LANGUAGES)]
        header = "".join(f"{comment} {line}\n" for line in HEADER.format(number=number, group=number % 7).splitlines())
        path = folder / f"script-{number:03}{extension}"
        path.write_text(header + f"touch {folder}/mark\n" * 100, encoding="utf-8")
        os.utime(path, (1_600_000_000, 1_600_000_000))
    Folder(str(folder)).sync()


def starts(count: int, times: int) -> list[Figure]:
    """Starts of the command with so many scripts."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "workflows")
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_CACHE_DIR": os.path.join(place, "cache"), "MLPY_WORKFLOWS": str(folder)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["MLPY_CACHE_DIR"] = os.path.join(place, "own")
        fill(folder, count)
        command = [*([str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "mlpy"]), "workflow", "list", "--json"]
        clock([*command, "--help"], environment)  # Python's own files are compiled once
        first = clock(command, environment)
        found = json.loads(subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE).stdout)["data"]
        if [one["in_step"] for one in found["workflows"]] != [True] * count or (folder / "mark").exists():
            sys.exit("not all scripts are listed")
        warm, python = interleaved([lambda: clock(command, environment), lambda: clock([sys.executable, "-c", "pass"], environment)], times)
    return [
        Figure(f"mlpy workflow list with {count} scripts", warm * 1000, 100, "ms"),
        Figure("the same without Python's own start", (warm - python) * 1000, None, "ms"),
        Figure(f"the same when all {count} are new", first * 1000, None, "ms"),
    ]


def main() -> None:
    report("Measures what a folder of workflows costs", "scripts are listed, and none is run", lambda smoke: starts(4, 1) if smoke else starts(SCRIPTS, 15))


if __name__ == "__main__":
    main()
