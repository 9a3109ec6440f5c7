"""What the pages show is true: every code has a page, its first example gets that code, the fixed ones get no error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlpy import Engine, Limits, MLError
from mlpy.diagnostics import CODES
from mlpy.engine import check_source
from mlpy.errors import FAULTS, LIMITS
from mlpy.source import Source

DOCS = Path(__file__).parent.parent / "docs"
PAGES = DOCS / "diagnostics"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BUDGET = Limits(time=1.0, output=100_000, memory="200MB")


def blocks(path: Path, language: str = "ml") -> list[str]:
    return [text for kind, text in BLOCK.findall(path.read_text(encoding="utf-8")) if kind == language]


def codes_of(text: str) -> list[str]:
    """Every code that a program gets: from the check, or if it has no error, from a run."""
    engine = Engine(limits=BUDGET)
    source = Source(text, "<page>")
    diagnostics, _ = check_source(source, registry=engine.registry)
    found = [one.code for one in diagnostics]
    if not any(one.severity == "error" for one in diagnostics):
        try:
            engine.run(engine.compile(source, inputs=()))
        except MLError as error:
            found.append(error.code)
    return found


def test_every_code_has_a_page_and_every_page_a_code():
    pages = {path.stem for path in PAGES.glob("*.md")}
    assert {*CODES, *FAULTS.values(), *LIMITS.values()} == pages


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_title_is_the_one_of_the_list(code):
    assert (PAGES / f"{code}.md").read_text(encoding="utf-8").startswith(f"# {code}: {CODES[code]}\n")


# What no text can show: it takes a byte that is no text, a host, or a limit of the command line.
WITHOUT_EXAMPLE = {"E0127", "E0130", "E0610", "E0612", "E0699", "E0702", "E0703", "E0706", "E0707"}


@pytest.mark.parametrize("code", sorted(path.stem for path in PAGES.glob("*.md")))
def test_the_examples_do_what_the_page_says(code):
    examples = blocks(PAGES / f"{code}.md")
    if code in WITHOUT_EXAMPLE:
        wrong, fixed = None, examples
    else:
        assert examples, "a page shows what it is about"
        wrong, *fixed = examples
    if wrong is not None:
        assert code in codes_of(wrong)
    for text in fixed:
        assert [one for one in codes_of(text) if one[0] == "E" or one == code] == []


@pytest.mark.parametrize("page", [DOCS.parent / "README.md"], ids=["README"])
def test_programs_of_a_page_run(page, command, tmp_path):
    """A block `ml` is run; a block `text` right behind it is what it prints."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    for at, (kind, text) in enumerate(found):
        if kind != "ml":
            continue
        (tmp_path / "p.ml").write_text(text)
        done = command("run", "p.ml", cwd=tmp_path)
        shown = found[at + 1][1] if at + 1 < len(found) and found[at + 1][0] == "text" else None
        assert "Traceback" not in done.stderr
        assert shown is None or done.stdout + done.stderr == shown
