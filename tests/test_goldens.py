"""Every program under tests/lang and examples, against the files beside it.

`case.out` is what `mlpy run case.ml` prints, `case.err` what it complains about. A case with only `case.err` is about
diagnostics: `mlpy check case.ml` if that has something to say, else `mlpy run case.ml`. A first line `// mlpy: ARGUMENTS`
gives another command line (the file's name is added), `case.in` is standard input. New expectations: write the `.ml`, run
`pytest tests/test_goldens.py --regold` and read what came (`.err` if the program is complained about, else `.out`; for both,
create the empty second file first).
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LANG = TESTS / "lang"
EXAMPLES = TESTS.parent / "examples"
CASES = sorted(LANG.rglob("*.ml"))
PROGRAMS = sorted(EXAMPLES.glob("*.ml"))
ELSEWHERE = {"bundles", "models", "workflows"}  # which take a registry, models or scripts: the tests of each run it
DIRECTIVE = "// mlpy: "


def expected(case: Path) -> list[Path]:
    return [path for path in (case.with_suffix(".out"), case.with_suffix(".err")) if path.exists()]


def is_module(case: Path) -> bool:
    """A file that other cases import says so in its first line."""
    return first_line(case).startswith("// module")


def first_line(case: Path) -> str:
    return case.read_bytes().decode("utf-8", "replace").partition("\n")[0].rstrip("\r")


def arguments(case: Path) -> list[str]:
    """The command line that a case asks for, or nothing."""
    line = first_line(case)
    if not line.startswith(DIRECTIVE):
        return []
    before, dashes, after = line.removeprefix(DIRECTIVE).partition(" -- ")
    return [*before.split(), case.name, *(["--", *after.split()] if dashes else [])]


def outcome(case: Path, command):
    stdin = case.with_suffix(".in")
    options = {"cwd": case.parent, "input": stdin.read_bytes() if stdin.exists() else b""}
    if line := arguments(case):
        return command(*line, **options)
    if not case.with_suffix(".out").exists():
        checked = command("check", case.name, **options)
        if checked.stderr:
            return checked
    return command("run", case.name, **options)


@pytest.mark.parametrize("case", [case for case in CASES if not is_module(case)], ids=lambda case: str(case.relative_to(LANG))[:-3])
def test_case(case, command, golden, request):
    done = outcome(case, command)
    assert "Traceback (most recent call last)" not in done.stderr
    files = expected(case)
    if not files and request.config.getoption("--regold"):
        files = [case.with_suffix(".err" if done.stderr else ".out")]
    assert files, f"nothing is expected of {case.name}: run with --regold\n{done}"
    for path in files:
        golden(path, done.stdout if path.suffix == ".out" else done.stderr)
    if case.with_suffix(".err") not in files:
        assert (done.code, done.stderr) == (0, "")


def test_nothing_is_expected_of_a_missing_program():
    programs = {case.with_suffix("") for case in (*CASES, *PROGRAMS)}
    assert [path for folder in (LANG, EXAMPLES) for path in folder.rglob("*") if path.suffix in {".out", ".err", ".in"} and path.with_suffix("") not in programs] == []


@pytest.mark.parametrize("program", [program for program in PROGRAMS if program.stem not in ELSEWHERE], ids=lambda path: path.stem)
def test_example(program, command, golden):
    done = command("run", program.name, cwd=program.parent)
    golden(program.with_suffix(".out"), done.stdout)
    logged = program.with_suffix(".err")
    if logged.exists():
        golden(logged, done.stderr)
    assert (done.code, done.stderr if not logged.exists() else "") == (0, "")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_example_is_clean(program, command):
    """Examples are what people copy: no diagnostic, their tests pass, their layout is canonical."""
    checked = command("check", program.name, cwd=program.parent)
    assert (checked.code, checked.stderr) == (0, ""), checked
    if "\ntest " in program.read_text(encoding="utf-8"):
        tested = command("test", program.name, cwd=program.parent)
        assert tested.code == 0, tested
