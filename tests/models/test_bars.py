"""The bars of a pull on a real terminal."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SIZE = 2_000_000
NAME = "org/model"
TERMINAL = Path(__file__).parent.parent / "repl" / "terminal.py"


@pytest.fixture(scope="module")
def terminals():
    """The module of terminals that the tests of the shell use."""
    pytest.importorskip("huggingface_hub", reason="needs the extra `models`")
    spec = importlib.util.spec_from_file_location("terminals_of_models", TERMINAL)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def pulling(terminals, environment, hub, cache, tmp_path):
    """Starts `mlpy models pull` on a terminal, with a hub that stops after half of the weights; gives the terminal and what holds the hub."""
    started = []
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": bytes(SIZE)})

    def start(**env: str):
        held = hub.hold("model.safetensors", SIZE // 2)
        own = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(cache), "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_TELEMETRY": "1"}
        started.append(terminals.Terminal("models", "pull", NAME, env=environment | own | env, cwd=tmp_path))
        return started[-1], held

    yield start
    for one in started:
        one.close()


def colors(terminal) -> set[str]:
    return {char.fg for row in terminal.screen.buffer.values() for char in row.values()} - {"default"}


def test_a_terminal_sees_how_it_goes_and_then_the_result(pulling):
    terminal, held = pulling()
    # The small file may be drawn, too, until it is there.
    terminal.wait(lambda one: one.lines[0].startswith("model.safetensors ") and one.lines[1].startswith("all 2 ") and "1.00 MB of 2.00 MB" in one.lines[1] and "/s" in one.lines[1])
    assert "━" in terminal.lines[0]
    assert " 50 % " in terminal.lines[0]
    assert colors(terminal) == {"green"}
    held.hold.set()
    assert terminal.end() == 0
    assert terminal.text.startswith(f"{NAME}@")
    assert terminal.text.count("\n") == 1  # no bar is left


def test_ctrl_c_takes_the_bars_away_and_says_how_to_go_on(pulling):
    terminal, held = pulling(NO_COLOR="1")
    terminal.wait("50 %")
    assert "━" in terminal.text
    assert colors(terminal) == set()
    terminal.press("ctrl-c")
    assert terminal.end() == 130
    held.hold.set()
    assert "error: the download of `org/model` was interrupted; what has come is kept" in " ".join(terminal.lines)
    assert f"hint: `mlpy models pull {NAME}` goes on where it stopped" in " ".join(terminal.lines)
    assert "━" not in terminal.text
