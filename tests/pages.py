"""Pages whose blocks are real: blocks with a name are files, lines `$ mlpy …` of a block `console` are runs of the command (`$ cd …` says where), a block `text` is what the program before it prints."""

from __future__ import annotations

import re
import shlex

BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def real(text: str, folder, run, printed=None) -> str:
    """A page as it comes when its files are written into a folder and its commands run there: `run(*words, cwd=…)` gives an outcome, `printed(program)` what a program prints."""
    before, here = "", folder

    def block(match: re.Match[str]) -> str:
        nonlocal before
        kind, name, content = match.groups()
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        elif kind == "console":
            content = "".join(session(line) for line in content.splitlines() if line.startswith(("$ cd ", "$ mlpy ")))
        elif kind == "text" and printed is not None:
            content = printed(before)
        before = content
        return f"```{kind}{' ' if name else ''}{name}\n{content}```"

    def session(line: str) -> str:
        nonlocal here
        command, *words = shlex.split(line)[1:]
        if command == "cd":
            here = here / words[0]
            return f"{line}\n"
        done = run(*words, cwd=here)
        return f"{line}\n{done.stdout}{done.stderr}"

    return BLOCK.sub(block, text)
