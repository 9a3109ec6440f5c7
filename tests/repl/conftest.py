"""Terminals for the tests of the REPL, and what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mlpy.repl.shell import Shell

from mlpy import Engine
from mlpy.config import VERSION


@pytest.fixture(scope="session")
def terminals(beside):
    """The module `terminal.py` beside this file."""
    return beside("repl/terminal.py")


@pytest.fixture
def shell():
    """A shell that keeps what programs print."""
    made = Shell(Engine())
    made.records = True
    yield made
    made.end()


@pytest.fixture
def on_terminal(terminals, environment, tmp_path):
    """`on_terminal("--allow", "file.read", columns=…)` starts `mlpy repl` on a terminal, in a folder of its own, and waits for its prompt."""
    started = []

    def start(*arguments: str, env: dict[str, str] | None = None, prompt: bool = True, **options):
        own = environment | {"MLPY_HISTORY": str(tmp_path / "history.jsonl")} | (env or {})
        made = terminals.Terminal("repl", *arguments, env=own, cwd=tmp_path, **options)
        started.append(made)
        if prompt:
            made.prompt(1)
        return made

    yield start
    for one in started:
        one.close()


class Album:
    """The screens of one test: a file of sections, each a title and what the screen then shows."""

    def __init__(self, path: Path, *, rewrite: bool) -> None:
        self.path = path
        self.rewrite = rewrite
        self.seen: dict[str, str] = {}
        self.expected = sections(path.read_text(encoding="utf-8")) if path.exists() and not rewrite else {}

    def see(self, terminal, title: str, mask=str) -> None:
        """Waits until the screen shows what the section says, with what a mask replaces; under `--regold` the section becomes what it shows."""
        assert title not in self.seen, f"two screens are called `{title}`"
        if self.rewrite:
            terminal.settle(1.0)
            self.seen[title] = mask(plain(terminal))
            return
        assert title in self.expected, f"{self.path.name} has no screen `{title}`; `pytest --regold` writes it"
        self.seen[title] = self.expected[title]
        try:
            terminal.wait(lambda one: mask(plain(one)) == self.expected[title])
        except AssertionError:
            assert mask(plain(terminal)) == self.expected[title], f"`{title}` of {self.path.name} differs; `pytest --regold` rewrites it"

    def close(self) -> None:
        if self.rewrite:
            self.path.write_text("".join(f"════ {title}\n{text}" for title, text in self.seen.items()), encoding="utf-8")
        assert self.rewrite or self.seen.keys() == self.expected.keys(), f"{self.path.name} has screens that the test does not see"


def sections(text: str) -> dict[str, str]:
    return {title: shown for title, _, shown in (part.partition("\n") for part in text.split("════ ")[1:])}


def plain(terminal) -> str:
    """The screen without what differs between versions and machines, a blank line for each gap."""
    text = re.sub(r"\b\d+(\.\d+)? (ms|s|µs)(?!\w)", "TIME", terminal.text.replace(f"mlpy {VERSION}", "mlpy VERSION"))
    return re.sub(r"\n{3,}", "\n\n", text)


@pytest.fixture
def album(request):
    """`album.see(terminal, title, mask)` compares the screen with a section of `screens/<test>.txt`."""
    name = re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_")
    path = Path(__file__).with_name("screens") / f"{name}.txt"
    made = Album(path, rewrite=request.config.getoption("--regold"))
    yield made
    if request.node.rep_call.passed:
        made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.rep_call = report
    return report
