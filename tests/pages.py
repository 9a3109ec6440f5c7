"""Pages whose blocks are real: blocks with a name are files, lines `$ mlpy …` of a block `console` are runs of the command, a block `text` is what the program before it prints."""

from __future__ import annotations

import re
import shlex

BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def real(text: str, folder, run, printed=None) -> str:
    """A page as it comes when its files are written into a folder and its commands run there: `run(*words)` gives an outcome, `printed(program)` what a program prints."""
    before = ""

    def block(match: re.Match[str]) -> str:
        nonlocal before
        kind, name, content = match.groups()
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        elif kind == "console":
            content = "".join(session(line) for line in content.splitlines() if line.startswith("$ mlpy "))
        elif kind == "text" and printed is not None:
            content = printed(before)
        before = content
        return f"```{kind}{' ' if name else ''}{name}\n{content}```"

    def session(line: str) -> str:
        done = run(*shlex.split(line)[2:])
        return f"{line}\n{done.stdout}{done.stderr}"

    return BLOCK.sub(block, text)
