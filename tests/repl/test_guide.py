"""The sessions of docs/guide/repl.md, typed into a terminal in their order: what shows is what the page says."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mlpy.repl.shell import table

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "repl.md"
FENCE = re.compile(r"^```(terminal|ml) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROMPT = re.compile(r"ml:\d+> (.*)")
MORE = re.compile(r"\s+… (.*)")
QUESTION = re.compile(r"  \[o\]nce, .*\? (\w)$")
TIMES = re.compile(r"\b\d+(\.\d+)? (ms|s|µs)(?!\w)")
HOME = "/home/ada/shop"


def typed(block: str) -> list[str]:
    """What a person typed in a recorded session: lines, and the letters that answered questions."""
    return [found[1] for line in block.split("\n") if (found := PROMPT.match(line) or MORE.fullmatch(line) or QUESTION.match(line))]


def replay(terminal, block: str, folder: str) -> str:
    """Types a session and gives what the screen shows of it, down to the next prompt."""
    for line in typed(block):
        asked = "[n]o?" in terminal.lines[terminal.cursor[0]]
        row = terminal.cursor[0]
        terminal.enter(line.strip())
        terminal.wait(lambda one, row=row, asked=asked: one.cursor[0] > row and (one.bare or one.lines[one.cursor[0]].lstrip().startswith("…" if asked else ("…", "[o]nce"))))
        if line.startswith(".async"):
            terminal.wait("done after")
    terminal.wait(lambda one: one.bare)
    return "".join(f"{line}\n" for line in terminal.lines[: terminal.cursor[0]]).replace(folder, HOME)


def plain(text: str) -> str:
    return TIMES.sub("TIME", text)


def test_the_guide(on_terminal, tmp_path, request):
    """`--regold` writes into the page what shows."""
    text = GUIDE.read_text(encoding="utf-8")
    terminal = on_terminal(columns=150, rows=60)
    made, at = [], 0
    terminal.clear()
    shown = False
    for found in FENCE.finditer(text):
        kind, name, block = found.groups()
        made.append(text[at : found.start(3)])
        at = found.end(3)
        if kind == "ml":
            terminal.clear()
            again = (tmp_path / name).exists()
            (tmp_path / name).write_text(block, encoding="utf-8")
            if again:
                terminal.wait(lambda one: one.cursor[0] > 0 and one.bare)
                terminal.settle(0.5)
            shown = again
            made.append(block)
            continue
        if not shown:
            terminal.clear()
        shown = False
        made.append(replay(terminal, block, os.path.realpath(tmp_path)))
    made.append(text[at:])
    if request.config.getoption("--regold"):
        GUIDE.write_text("".join(made), encoding="utf-8")
    else:
        assert plain("".join(made)) == plain(text)
    terminal.press("ctrl-d")
    assert terminal.end() == 0


def test_the_guide_names_commands_that_there_are():
    text = GUIDE.read_text(encoding="utf-8")
    named = set(re.findall(r"`\.([a-z]+)\b", text))
    assert named <= set(table())
    assert len(named) > 25
