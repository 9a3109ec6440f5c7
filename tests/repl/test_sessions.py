"""Every session under `sessions`, piped into `mlpy repl`, against what it prints.

A folder of the same name has the files that it starts with; a first line `// mlpy: repl ARGUMENTS` gives another command line. New
expectations: write the `.txt`, run `pytest tests/repl/test_sessions.py --regold`, and read what came.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SESSIONS = Path(__file__).with_name("sessions")
CASES = sorted(SESSIONS.glob("*.txt"))
DIRECTIVE = "// mlpy: "
CONFINED = sys.platform == "linux"
TIMES = re.compile(r" *\d+(\.\d+)?(e[+-]\d+)? (µs|ms|s)\b")  # with the blanks that align them
CLOCKS = re.compile(r"\d\d:\d\d:\d\d")


def arguments(case: Path) -> list[str]:
    line = case.read_text(encoding="utf-8").partition("\n")[0]
    return line.removeprefix(DIRECTIVE).split() if line.startswith(DIRECTIVE) else ["repl"]


def outcome(case: Path, folder: Path, environment: dict[str, str]) -> str:
    """What a session shows, errors where they occur, and its exit code; times as dots."""
    if case.with_suffix("").is_dir():
        shutil.copytree(case.with_suffix(""), folder, dirs_exist_ok=True)
    line = [sys.executable, "-m", "mlpy", *arguments(case)]
    done = subprocess.run(line, cwd=folder, env=environment, input=case.read_bytes(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    text = done.stdout.decode("utf-8").replace(str(folder), "FOLDER")
    return CLOCKS.sub("00:00:00", TIMES.sub(" …", text)) + f"── exit code {done.returncode}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_session(case, environment, golden, tmp_path):
    if "--sandbox" in arguments(case) and not CONFINED:
        pytest.skip("a sandbox needs Linux")
    golden(case.with_suffix(".out"), outcome(case, tmp_path, environment))
    if (saved := tmp_path / "saved.ml").exists():
        done = subprocess.run(
            [sys.executable, "-m", "mlpy", "run", "-E", "modules", "-M", "modules", saved.name],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
