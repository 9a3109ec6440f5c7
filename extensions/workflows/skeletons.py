"""What `mlpy workflow new` writes: for each language a script that runs as it is, and whose header shows what can stand there."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.workflows.languages import Language

SHEBANGS = {name: f"#!/usr/bin/env {program}" for name, program in {"javascript": "node", "python": "python3", "typescript": "tsx"}.items()} | {
    "ml": "#!/usr/bin/env mlpy",
    "sh": "#!/bin/sh",
}
SHELL = 'echo "Hello, $MLPY_PARAM_NAME!"'
BODIES = {
    "bash": f"set -euo pipefail\n\n{SHELL}",
    "fish": SHELL,
    "javascript": "console.log(`Hello, ${process.env.MLPY_PARAM_NAME}!`);",
    "ml": 'print("Hello!");',
    "perl": 'use strict;\nuse warnings;\n\nprint "Hello, $ENV{MLPY_PARAM_NAME}!\\n";',
    "python": "import os\n\nprint(f\"Hello, {os.environ['MLPY_PARAM_NAME']}!\")",
    "ruby": 'puts "Hello, #{ENV["MLPY_PARAM_NAME"]}!"',
    "sh": f"set -eu\n\n{SHELL}",
    "typescript": "console.log(`Hello, ${process.env.MLPY_PARAM_NAME}!`);",
    "zsh": f"set -eu\n\n{SHELL}",
}


def skeleton(language: Language, description: str, group: str) -> str:
    """The text of a new script."""
    said = [f"@description: {description}", "@version: 0.1.0", *([f"@group: {group}"] if group else [])]
    if language.name == "notebook":
        return notebook([f"# {one}" for one in said])
    if language.name != "ml":
        said.append("@param name:str=world whom to greet")
    shebang = SHEBANGS.get(language.name, f"#!/usr/bin/env {language.shebangs[0]}")
    header = "\n".join(f"{language.comment} {one}" for one in said)
    return f"{shebang}\n{header}\n\n{BODIES[language.name]}\n"


def notebook(header: list[str]) -> str:
    """A notebook of one cell."""
    lines = [*header, "", 'print("Hello!")']
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "start",
        "metadata": {},
        "outputs": [],
        "source": [f"{line}\n" for line in lines[:-1]] + lines[-1:],
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {"cells": [cell], "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1) + "\n"
