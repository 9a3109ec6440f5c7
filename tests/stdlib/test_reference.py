"""The pages under docs/reference are what the declarations say: `make reference` or `pytest --regold` writes them anew."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlpy
from mlpy import reference
from mlpy.capabilities import KINDS, Grants
from mlpy.registry import Registry

FOLDER = Path(__file__).parent.parent.parent / "docs" / "reference"
REGISTRY = Registry()
PAGES = reference.pages(REGISTRY)
SHIPPED = [name for name in REGISTRY.names() if REGISTRY.info(name).origin in {"stdlib", "extension"}]
ELSEWHERE = {"bundles", "workflows"}  # which take a registry or scripts: the tests of each run its program
BLOCK = re.compile(r"^```ml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_current(name, golden):
    golden(FOLDER / name, PAGES[name])


def test_there_is_no_other_page():
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_page_has_all_that_is_declared(name):
    info = REGISTRY.info(name)
    page = PAGES[f"{name}.md"]
    assert page.startswith(f"# {name}\n\n{info.description}.\n\n```ml\nimport {name};")
    for owner, members in ((f"{name}.", info.members), *(("", own) for own in info.classes.values())):
        for one in members.values():
            assert f"### `{owner}{one.signature}`\n\n{one.doc}" in page
            assert all(f"`{need}`" in page for need in one.capabilities)
    assert all(f"\n## {title}\n" in page for title in info.classes)
    assert f"[{name}]({name}.md)" in PAGES["README.md"]


@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in ELSEWHERE])
def test_the_program_of_a_guide_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))  # no models, and none of whoever runs the tests
    code = BLOCK.search(PAGES[f"{name}.md"]).group(1)
    assert mlpy.compile(code).run(grants=Grants.everything()).output


def test_every_kind_is_explained():
    assert all(f"| `{name}` |" in PAGES["README.md"] for name, kind in KINDS.items() if kind.doc)


def test_the_command_writes_and_checks(tmp_path, environment):
    def run(*arguments):
        return subprocess.run([sys.executable, "-m", "mlpy.reference", *arguments], env=environment, capture_output=True, text=True, check=False)

    folder = str(tmp_path / "pages")
    assert run(folder).returncode == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()} == PAGES
    assert run(folder, "--check").returncode == 0
    (tmp_path / "pages" / "old.md").write_text("# old\n", encoding="utf-8")
    (tmp_path / "pages" / "math.md").write_text("# math\n", encoding="utf-8")
    checked = run(folder, "--check")
    assert checked.returncode == 1
    assert [line.split(" is ")[0] for line in checked.stderr.splitlines()] == [f"{folder}/math.md", f"{folder}/old.md"]
    assert run(folder).returncode == 0
    assert run(folder, "--check").returncode == 0
    assert run("--check").returncode == 2
