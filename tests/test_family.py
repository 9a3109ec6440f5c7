"""What families of commands share: old names, words that are no command, children's output, an argument reader of a command's own. `tests/models` has the envelope."""

from __future__ import annotations

import io
import json
import sys

import pytest

from mlpy.cli import Mistake, main, verbs
from mlpy.cli.family import Family
from mlpy.failures import Failure

FILES = {
    "list": """
def define(parser):
    parser.add_argument("--long", action="store_true")
def perform(options):
    return {"long": options.long}
def show(data, options):
    return f"long: {data['long']}\\n"
""",
    "import_": """
def define(parser):
    parser.add_argument("FILE")
def perform(options):
    options.exit_code = 7
    return {"file": options.FILE}
def show(data, options):
    return ""
""",
    "run": """
import subprocess
from argparse import Namespace
from mlpy.failures import Failure
STREAMS = True
def define(parser):
    pass
def read(parser, words, behind):
    return "how to use it\\n" if "--help" in words else Namespace(words=words, behind=behind)
def perform(options):
    if options.words[0] != "known":
        raise Failure("tool_not_found", f"no tool is called `{options.words[0]}`", hint="`mlpy tools list` lists them")
    subprocess.run(["echo", "from a child"], check=True)
    return {"words": options.words, "behind": options.behind}
def show(data, options):
    return ""
""",
}


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """`mlpy tools …`, a family of three commands."""
    for name, text in FILES.items():
        path = tmp_path / "tools_of_a_test" / "commands" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MLPY_STATE_DIR", str(tmp_path / "state"))
    made = Family("tools", "tools_of_a_test", {"list": "list them", "import": "take one in", "run": "run one"}, Failure, {"ls": "list"}, ("run", "tool_not_found"))
    monkeypatch.setitem(verbs.FAMILIES, "tools", ("tools_of_a_test.command", "keep tools"))
    monkeypatch.setitem(verbs.ALL, "tools", "keep tools")
    monkeypatch.setattr(verbs, "family", lambda name: made)
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "tools_of_a_test"]:
        del sys.modules[name]


def test_an_old_name_works_and_tells_the_new_one_once(tools, capsys):
    for told in ("note: `mlpy tools ls` is now `mlpy tools list`\n", ""):
        assert main(["tools", "ls", "--long"]) == 0
        assert capsys.readouterr() == ("long: True\n", told)


def test_a_family_has_its_old_name_too(tools, monkeypatch, capsys):
    monkeypatch.setitem(verbs.RENAMED, "tool", "tools")
    for line, told in (("tool list", "note: `mlpy tool` is now `mlpy tools`\n"), ("tool list", ""), ("help tool list", "")):
        assert main(line.split()) == 0
        assert capsys.readouterr().err == told
    assert main("--json tool list".split()) == 0
    assert json.loads(capsys.readouterr().out)["data"] == {"long": False}


def test_where_nothing_can_be_kept_an_old_name_tells_each_time(tools, tmp_path, capsys):
    (tmp_path / "state").write_text("a file where the folder should be")
    for _ in range(2):
        assert main(["tools", "ls"]) == 0
        assert "is now" in capsys.readouterr().err


def test_a_command_with_the_name_of_a_keyword_and_an_exit_code_of_its_own(tools, capsys):
    assert main(["tools", "import", "x"]) == 7
    assert capsys.readouterr() == ("", "")
    assert main(["tools", "import", "x", "--json"]) == 7
    assert json.loads(capsys.readouterr().out)["command"] == "import"


def test_a_word_that_is_no_command_is_the_shortcuts(tools, capfd):
    assert main(["tools", "known", "--any", "thing", "--", "--json"]) == 0
    assert capfd.readouterr() == ("from a child\n", "")
    assert main(["tools", "known", "--help"]) == 0
    assert capfd.readouterr().out == "how to use it\n"
    for word, hint in (("lst", "did you mean `mlpy tools list`?"), ("else", "`mlpy tools list` lists them")):
        assert main(["tools", word]) == 1
        assert capfd.readouterr().err == f"error: no tool is called `{word}`\n  = hint: {hint}\n"


def test_under_json_standard_output_has_the_record_alone(tools, capfd):
    assert main(["tools", "run", "known", "--json", "--", "a"]) == 0
    out, err = capfd.readouterr()
    assert err == "from a child\n"
    assert json.loads(out) == {"status": "success", "command": "run", "data": {"words": ["known"], "behind": ["--", "a"]}, "error": None, "api_version": "1.0"}
    assert main(["tools", "else", "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["error"]["type"] == "tool_not_found"


@pytest.mark.parametrize(("encoding", "errors"), [("utf-8", "surrogateescape"), ("latin-1", "strict"), ("ascii", "strict")])
def test_a_record_is_json_whatever_a_name_holds(encoding, errors, tools, monkeypatch):
    for name in ("a\udcff", "größe…", "\U0001f600"):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding, errors=errors))
        assert main(["tools", "import", name, "--json"]) == 7
        sys.stdout.flush()
        assert json.loads(written.getvalue().decode(encoding))["data"] == {"file": name}


def test_a_failure_of_a_subclass_names_its_extra():
    class ToolError(Failure):
        CODES = Failure.CODES | {"too_blunt": 4}
        EXTRA = "tools"

    assert (ToolError("too_blunt", "x").code, ToolError("unheard_of", "x").code, ToolError("interrupted", "x").record()["retryable"]) == (4, 1, True)
    ToolError.need("json")
    with pytest.raises(ToolError) as caught:
        ToolError.need("json", "no_such_module_anywhere")
    assert caught.value.record() == {
        "type": "missing_extra",
        "message": "`no_such_module_anywhere` is not installed",
        "detail": {"module": "no_such_module_anywhere", "extra": "tools", "hint": "`pip install 'mlpy[tools]'` installs what tools need"},
    }


def test_an_unknown_command_of_a_family_without_a_shortcut(tools):
    tools.shortcut = None
    with pytest.raises(Mistake) as caught:
        tools.execute(["lst"])
    assert (caught.value.message, caught.value.hint) == ("unknown command `tools lst`", "did you mean `mlpy tools list`?")
