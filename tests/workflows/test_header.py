"""Headers: what the first comments of a script say, in every language, and that no text makes reading fail."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlpy.extensions.workflows import entries, header
from mlpy.extensions.workflows.languages import LANGUAGES, language_of, shebang

SAID = ["@description: Ships it", "@version 1.2", "@group: ops", "@tags: a, b", "@param env:choice(dev|prod)=dev where to", "@needs: build, test:py"]


def read(text: str, language: str = "python"):
    return header.read(text, LANGUAGES[language])


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"notebook"}))
def test_every_language_says_the_same_in_its_comments(language):
    comment = LANGUAGES[language].comment
    found = read("#!/usr/bin/env x\n\n" + "".join(f"{comment} {line}\n" for line in SAID) + f"code()\n{comment} @author: too late\n", language)
    assert (found.description, found.version, found.group, found.tags, found.needs, found.author) == ("Ships it", "1.2", "ops", ["a", "b"], ["build", "test:py"], "")
    assert [one.to_json() for one in found.params] == [{"name": "env", "type": "choice(dev|prod)", "default": "dev", "help": "where to", "required": False}]
    assert [line for line, _ in found.warnings] == [1]


@pytest.mark.parametrize("language", ["javascript", "ml", "typescript"])
def test_comments_of_several_lines(language):
    found = read("/*\n * @description: one\n * @version: 2 */\n/** @author: me */\n// @group: g\nrun();\n/* @tags: late */\n", language)
    assert (found.description, found.version, found.author, found.group, found.tags) == ("one", "2", "me", "g", [])
    assert read("/* @version: 1 */ run();\n// @author: late\n", language).author == ""


def test_comments_nest_in_ml_alone():
    text = "/* /* inner */\n@author: me */\n// @version: 1\n"
    assert (read(text, "ml").author, read(text, "ml").version) == ("me", "1")
    assert (read(text, "javascript").author, read(text, "javascript").version) == ("", "")


def test_docstrings_and_what_follows_code_are_no_header():
    found = read('"""\n@description: no\n"""\n# @version: 3\n')
    assert (found.description, found.version) == ("", "")
    assert read("\ufeff# @version: 3\r\n# @author: me\r\n").author == "me"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", ("name", "str", None, "", True)),
        ("name:int", ("name", "int", None, "", True)),
        ("name:bool", ("name", "bool", False, "", False)),
        ("name:bool=yes is it", ("name", "bool", True, "is it", False)),
        ("name:int=-3 how many", ("name", "int", -3, "how many", False)),
        ("name:float=1e3", ("name", "float", 1000.0, "", False)),
        ('name="two words" said', ("name", "str", "two words", "said", False)),
        ("name= help only", ("name", "str", "", "help only", False)),
        (r'name:path="C \"x\"/y" a path', ("name", "path", 'C "x"/y', "a path", False)),
        ("dry-run:choice( a | b c )=a", ("dry-run", "choice(a|b c)", "a", "", False)),
    ],
)
def test_parameters(text, expected):
    found = entries.parameter(text)
    assert (found.name, found.type, found.default, found.help, found.required) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("@param 1x", "`@param`: `1x` is no parameter: write `name:type=default help`"),
        ("@param n:number", "`@param`: unknown type `number`: it is one of `str`, `int`, `float`, `bool`, `path`, `choice(a|b)`"),
        ("@param n:itn", "`@param`: unknown type `itn`: did you mean `int`?"),
        ("@param n:int=x", "`@param`: the default of `n` must be a whole number"),
        ("@param n:float=nan", "`@param`: the default of `n` must be a number"),
        ("@param n:choice(a|b)=c", "`@param`: the default of `n` must be one of `a`, `b`"),
        ("@param n:choice(a|a)", "`@param`: the choices of `n` must be words that differ"),
        ("@retries many", "`@retries`: `many` is no number from 0 to 100"),
        ("@timeout soon", "`@timeout`: `soon` is no duration such as `90s`, `5m` or `1h30m`"),
        ("@requires-file ../../etc/passwd", "`@requires-file`: `../../etc/passwd` is no file in the folder"),
        ("@requires_file: /etc/passwd", "`@requires_file`: `/etc/passwd` is no file in the folder"),
        ("@deprecated-entry-point ../x", "`@deprecated-entry-point`: `../x` is no name of a command"),
        ("@descripton: x", "unknown entry `@descripton`: did you mean `@description`?"),
        ("@version:", "`@version` says nothing"),
        ("@version: " + "1" * 1001, "`@version` says more than 1000 characters"),
        ("@group one\n# @group two", "`@group` stands in line 2, too: that one counts"),
        ("@param a-b\n# @param A_B", "`@param`: there is a parameter `a-b` already"),
    ],
)
def test_a_line_that_says_nothing_sensible_is_a_warning(line, message):
    found = read(f"# x\n# {line}\n# @author: me\n")
    assert found.warnings == [(2 + line.count("\n"), message)]
    assert found.author == "me"


def test_what_other_tools_write_is_no_mistake():
    assert read("# @flow\n# @license MIT\n# mail me@here.org, @someone\n").warnings == []
    assert read("/**\n * @param {string} name - of the thing\n * @returns {number}\n */\nfunction f() {}\n", "javascript").warnings == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("requests", ["requests"]),
        ("requests>=2,<3, rich", ["requests>=2,<3", "rich"]),
        ("requests[socks,security] >= 2 rich", ["requests[socks,security] >= 2", "rich"]),
        ("a; python_version < '3.12', b", ["a; python_version < '3.12'", "b"]),
        ("a @ https://example.org/a.whl", ["a @ https://example.org/a.whl"]),
        ("rich rich, rich", ["rich"]),
    ],
)
def test_requirements_are_taken_apart(text, expected):
    assert read(f"# @requires: {text}\n").requires == expected


@pytest.mark.parametrize(("text", "expected"), [("90", 90.0), ("500ms", 0.5), ("5m", 300.0), ("1h30m", 5400.0), ("1.5 h", 5400.0), ("2d", 172_800.0)])
def test_durations(text, expected):
    assert read(f"# @timeout: {text}\n").timeout == expected


@pytest.mark.parametrize("text", ["0", "-1", "5 5", "5m5", "1e5", "m", "9" * 400, "367d", "99999999999d"])
def test_what_is_no_duration(text):
    assert read(f"# @timeout: {text}\n").timeout is None


def test_globs_grants_and_the_rest():
    found = read('# @inputs: data/*.csv "my file", b\n# @outputs out/**\n# @grant file.read:./a b/**\n# @grant net\n# @retries: 3\n# @install-hint: pip it\n# @category c\n')
    assert (found.inputs, found.outputs) == (["data/*.csv", "my file", "b"], ["out/**"])
    assert (found.grants, found.retries, found.install_hint, found.category, found.warnings) == (["file.read:./a b/**", "net"], 3, "pip it", "c", [])


BLOCK = '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "rich>=13",\n#   "requests",\n# ]\n# made = 2020-01-01\n# ///\n'


@pytest.mark.parametrize("before", ["", "#!/usr/bin/env -S uv run --script\n", '"""A docstring."""\n', "# @version: 1\n"])
def test_a_block_of_pep_723_counts_wherever_it_stands(before):
    found = read(before + BLOCK + "# @author: me\nprint()\n")
    assert found.script == {"requires-python": ">=3.11", "dependencies": ["rich>=13", "requests"], "made": "2020-01-01"}
    assert found.warnings == []
    assert found.author == ("" if '"""' in before else "me")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# /// script\n# dependencies = [\n# ///\n", 1, "the block `# /// script` is no TOML"),
        ("x\n# /// script\n# a = 1\n", 2, "the block `# /// script` has no end `# ///`"),
        (f"{BLOCK}\n{BLOCK}", 10, "the block `# /// script` stands in line 1, too: there may be one"),
        ("# /// script\n# dependencies = [1]\n# ///\n", 1, "`dependencies` of the block `# /// script` must be a list of at most 1000 strings of at most 1000 characters"),
    ],
)
def test_a_block_that_is_wrong_is_a_warning(text, line, message):
    found = read(text)
    assert (found.script, found.warnings) == (None, [(line, message)])


PATTERN = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")  # as PEP 723 has it


@given(st.lists(st.sampled_from(["# /// script", "# /// other", "# ///", "#", "# a = 1", "#x", "", "code", "# /// script ", "  # ///"]), max_size=12))
def test_blocks_are_found_as_the_pattern_of_pep_723_finds_them(lines):
    expected = [(one["type"], one["content"].rstrip("\n").split("\n")) for one in PATTERN.finditer("\n".join(lines) + "\n")]
    assert [(kind, content) for _, kind, content in entries.blocks(lines)] == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("# /// script\n# x = 1\n" * 200_000, "python"),
        ("# /// a\n" * 500_000 + "# /// script", "python"),
        ("/*" * 2_000_000, "ml"),
        ("/* */" * 1_000_000, "ml"),
        ("# @tags: " + "a b " * 200_000, "python"),
        ("".join(f"# @tags: {' '.join(f't{number}x{word}' for word in range(150))}\n" for number in range(2000)), "python"),
        ("# @parm x\n" * 200_000, "python"),
        ("# @param x:int=y\n" * 100_000, "python"),
        ('{"cells": [' + '{"cell_type": "code", "source": "# @tags: a"},' * 100_000 + "{}]}", "notebook"),
    ],
)
def test_a_header_that_is_made_to_take_long_takes_none(text, language):
    found = read(text, language)
    assert len(found.warnings) <= header.MOST_WARNINGS
    assert max(map(len, (found.tags, found.params, found.requires))) <= entries.MOST


def notebook(*cells: tuple[str, object], **metadata: object) -> str:
    return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells], "metadata": metadata, "nbformat": 4})


def test_notebooks_say_it_in_their_first_cell_and_their_metadata():
    found = read(notebook(("code", ["# @description: counts\n", "# @param n:int=3\n", "print()\n", "# @version: late"]), ("code", "# @author: later")), "notebook")
    assert (found.description, found.version, found.author, found.params[0].default) == ("counts", "", "", 3)
    assert read(notebook(("markdown", "# Title\n@group: g\n")), "notebook").group == "g"
    found = read(notebook(title="T", authors=[{"name": "A"}, {"name": "B"}, 3], workflow={"tags": ["x", "y"], "retries": 2, "param": ["a", "b:int"]}), "notebook")
    assert (found.description, found.author, found.tags, found.retries, [one.name for one in found.params]) == ("T", "A, B", ["x", "y"], 2, ["a", "b"])
    assert read(notebook(("code", "// @version: 1\n"), kernelspec={"language": "JavaScript"}), "notebook").version == "1"
    assert read(notebook(("code", BLOCK)), "notebook").script is not None


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"cells": 3}', '{"cells": [3]}', '{"cells": [{"cell_type": "code", "source": 3}], "metadata": 3}', "[" * 100_000])
def test_what_is_no_notebook_is_a_warning_at_most(text):
    assert len(read(text, "notebook").warnings) <= 1


PIECES = [
    "# ",
    "// ",
    "/*",
    "*/",
    "\n",
    "\r\n",
    "#!",
    "@param ",
    "@requires: ",
    "@timeout ",
    "x:int=",
    "choice(",
    "|",
    ")",
    '"',
    "\\",
    "# /// script\n",
    "# ///\n",
    "\0",
    "\x1b[2J",
    "é",
    "\u2028",
    ",",
]


@given(text=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join), language=st.sampled_from(sorted(LANGUAGES)))
def test_no_text_makes_reading_fail_and_headers_survive_the_index(text, language):
    found = read(text, language)
    data = json.loads(json.dumps(found.to_data()))
    again = header.Header.from_data(data)
    assert again.to_data() | {"warnings": None} == found.to_data() | {"warnings": None}
    assert all(1 <= line <= text.count("\n") + 1 for line, _ in found.warnings)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("#!/bin/sh", ["/bin/sh"]),
        ("#! /usr/bin/env python3", ["python3"]),
        ("#!/usr/bin/env -S A=1 uv run --script", ["uv", "run", "--script"]),
        ("#!/usr/bin/env -Spython3 -u", ["python3", "-u"]),
        ("#!", []),
        ("# !/bin/sh", []),
    ],
)
def test_shebangs(line, words):
    assert shebang(line) == words


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a.py", "print()", "python"),
        ("a.py", "#!/bin/bash\n", "bash"),
        ("a.sh", "#!/usr/bin/env bash\n", "bash"),
        ("a.sh", "#!/usr/bin/env -S deno run\n", "typescript"),
        ("a.js", "#!/usr/bin/env -S deno run\n", "javascript"),
        ("a.rb", "#!/usr/bin/ruby3.1\n", "ruby"),
        ("a.pl", "#!/usr/bin/awk -f\n", "perl"),
        ("a", "#!/usr/bin/env python3.12\n", "python"),
        ("a", "#!/usr/bin/env mlpy\n", "ml"),
        ("a", "print()", None),
        ("a.txt", "#!/bin/sh\n", None),
        ("a.ipynb", "#!/bin/sh\n", "notebook"),
    ],
)
def test_the_shebang_beats_the_extension(tmp_path, name, text, language):
    (tmp_path / name).write_text(text)
    found = language_of(str(tmp_path / name))
    assert (found.name if found else None) == language
