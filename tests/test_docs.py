"""What the pages show is true: every code has a page, its first example gets that code, the fixed ones get no error."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mlpy import Engine, Limits, MLError
from mlpy.compiler import check_source
from mlpy.diagnostics import CODES
from mlpy.errors import FAULTS, LIMITS
from mlpy.sandbox import lockdown
from mlpy.source import Source

DOCS = Path(__file__).parent.parent / "docs"
PAGES = DOCS / "diagnostics"
BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TIMES = re.compile(r"\(\d+\.\d ms\)")
BUDGET = Limits(time=1.0, output=100_000, memory="200MB")


def blocks(path: Path, language: str = "ml") -> list[str]:
    return [text for kind, _, text in BLOCK.findall(path.read_text(encoding="utf-8")) if kind == language]


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


# What no text can show: it takes a byte that is no text, a second file, a host, or a limit of the command line.
WITHOUT_EXAMPLE = {"E0127", "E0130", "E0505", "E0610", "E0612", "E0699", "E0702", "E0703", "E0706", "E0707"}


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


def shown(command, folder: Path, text: str) -> str:
    """A block `console` as it really comes: each line `$ mlpy …` with all that it prints."""
    made = ""
    for line in text.splitlines():
        if line.startswith("$ mlpy "):
            done = command(*shlex.split(line.removeprefix("$ mlpy ")), cwd=folder)
            made += f"{line}\n{done.stdout}{done.stderr}"
    return made


def printed(environment, folder: Path, text: str) -> str:
    """What a block `python` prints."""
    (folder / "block.py").write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, "-X", "utf8", "block.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("page", [DOCS.parent / "README.md", DOCS / "authority.md", DOCS / "embedding.md", DOCS / "language.md", DOCS / "limits.md", DOCS / "modules.md", DOCS / "modules-for-authors.md", DOCS / "security.md"], ids=lambda page: page.stem)
def test_a_page_shows_what_really_happens(page, command, environment, golden, tmp_path):
    """Blocks with a name are files, `console` blocks runs of the command, a `text` block what the `python` block before it prints."""
    before = ""
    content = page.read_text(encoding="utf-8")
    if "mlpy.Sandbox(" in content and lockdown.status().level not in ("filtered", "locked"):
        pytest.skip("this machine has no sandbox: `mlpy sandbox status` tells why")
    folder = tmp_path / "here"
    folder.mkdir()

    def real(match: re.Match[str]) -> str:
        nonlocal before
        kind, name, text = match.groups()
        if name:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if kind == "console":
            text = shown(command, folder, text)
        if kind == "text" and before:
            text = printed(environment, folder, before)
        before = text if kind == "python" and not name else ""
        return f"```{kind}{' ' if name else ''}{name}\n{text}```"

    made = BLOCK.sub(real, content)
    if TIMES.sub("", made) != TIMES.sub("", content):
        golden(page, made)


NAMED = re.compile(r"\(((?:[A-Z]\d{1,2}, )*[A-Z]\d{1,2})\)")


def test_every_rule_that_code_names_is_on_its_page():
    rows = re.findall(r"^\| ([^|]*) \|", (DOCS / "design" / "rules.md").read_text(encoding="utf-8"), re.MULTILINE)
    known = {rule for row in rows for rule in row.split(", ")}
    sources = [path for folder in ("mlpy", "stdlib", "tests/security") for path in (DOCS.parent / folder).rglob("*.py")]
    named = {rule for path in sources for rules in NAMED.findall(path.read_text(encoding="utf-8")) for rule in rules.split(", ")}
    assert named - known == set()
