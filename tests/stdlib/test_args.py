"""Module args: the program's own arguments, and the parser for them."""

from __future__ import annotations

import asyncio

import pytest

import mlpy
from mlpy.errors import MLError

PARSER = """
import args;
p = args.createParser("greet", "Greets people.");
p.addFlag("loud", short: "l", help: "in capitals");
p.addFlag("colour", default: true, help: "use colours");
p.addOption("maxSize", type: "int", default: 3, help: "how many at most");
p.addOption("rate", type: "number", short: "r");
p.addOption("format", choices: ["text", "json"], default: "text");
p.addOption("tag", short: "t", repeat: true, help: "a label");
p.addPositional("name", help: "who is greeted");
p.addPositional("files", repeat: true, required: false);
"""
DEFAULTS = {"loud": False, "colour": True, "maxSize": 3, "rate": None, "format": "text", "tag": [], "name": "ada", "files": []}


def parse(words: list[str], code: str = PARSER) -> object:
    return mlpy.compile(f"{code}\np.parse(words)").run(inputs={"words": words}).value


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ada"], {}),
        (["--loud", "ada"], {"loud": True}),
        (["ada", "-l"], {"loud": True}),
        (["-l", "--no-loud", "ada"], {"loud": False}),
        (["--no-colour", "ada"], {"colour": False}),
        (["--max-size", "9", "ada"], {"maxSize": 9}),
        (["--max-size=-9", "ada"], {"maxSize": -9}),
        (["--max-size", "-9", "ada"], {"maxSize": -9}),
        (["-r", "0.5", "ada"], {"rate": 0.5}),
        (["-r0.5", "ada"], {"rate": 0.5}),
        (["-r=2", "ada"], {"rate": 2}),
        (["-r", "1e3", "ada"], {"rate": 1000.0}),
        (["--format=json", "ada"], {"format": "json"}),
        (["-t", "a", "--tag=b", "-tc", "ada"], {"tag": ["a", "b", "c"]}),
        (["-lt", "a", "ada"], {"loud": True, "tag": ["a"]}),
        (["--tag=", "ada"], {"tag": [""]}),
        (["--tag=a=b", "ada"], {"tag": ["a=b"]}),
        (["ada", "x", "y"], {"files": ["x", "y"]}),
        (["ada", "-", "-5", "-.5"], {"files": ["-", "-5", "-.5"]}),
        (["ada", "--", "--loud", "-x", "--"], {"files": ["--loud", "-x", "--"]}),
        (["--", "--help"], {"name": "--help"}),
        (["é", "日本"], {"name": "é", "files": ["日本"]}),
    ],
)
def test_arguments_become_values(words, found):
    assert parse(words) == DEFAULTS | found


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ([], "`name` is missing", "`--help` shows how the program is used"),
        (["--lout", "ada"], "there is no option `--lout`", "did you mean `--loud`?"),
        (["--zzz", "ada"], "there is no option `--zzz`", "`--help` lists the options"),
        (["-z"], "there is no option `-z`", "`--help` lists the options"),
        (["-lz"], "there is no option `-z`", "`--help` lists the options"),
        (["--loud=1", "ada"], "`--loud` takes no value", None),
        (["--max-size"], "`--max-size` needs a value", None),
        (["--max-size", "--loud"], "`--max-size` needs a value", "a value that begins with `-` is written `--max-size=-…`"),
        (["--tag", "--", "ada"], "`--tag` needs a value", "a value that begins with `-` is written `--tag=-…`"),
        (["--max-size", "big", "ada"], '`--max-size` must be a whole number, not "big"', None),
        (["--max-size", "1.5", "ada"], '`--max-size` must be a whole number, not "1.5"', None),
        (["--max-size", "٣", "ada"], '`--max-size` must be a whole number, not "٣"', None),
        (["-r", "nan", "ada"], '`--rate` must be a number, not "nan"', None),
        (["-r", "1e999", "ada"], '`--rate` must be a number, not "1e999"', None),
        (["--format", "jsn", "ada"], '`--format` must be one of "text", "json", not "jsn"', "did you mean `json`?"),
        (["--max-size=1", "--max-size=2", "ada"], "`--max-size` is given twice", None),
    ],
)
def test_what_does_not_fit_is_named(words, message, hint):
    with pytest.raises(MLError) as caught:
        parse(words)
    assert (caught.value.type, caught.value.message, caught.value.hint) == ("ValueError", message, hint)


def test_one_argument_too_many_is_named():
    with pytest.raises(MLError, match='"y" is one argument too many'):
        parse(["x", "y"], 'import args;\np = args.createParser("x");\np.addPositional("a");')


def test_types_and_choices_of_positional_arguments():
    code = 'import args;\np = args.createParser("x");\np.addPositional("n", type: "int", choices: [1, 2]);\np.addPositional("m", type: "number", default: 0.5);'
    assert parse(["2"], code) == {"n": 2, "m": 0.5}
    assert parse(["2", "7"], code) == {"n": 2, "m": 7}
    with pytest.raises(MLError, match="`n` must be one of 1, 2, not 3"):
        parse(["3"], code)


def test_a_required_option_is_missed():
    code = 'import args;\np = args.createParser("x");\np.addOption("out", required: true);'
    assert parse(["--out=a"], code) == {"out": "a"}
    with pytest.raises(MLError, match="`--out` is missing"):
        parse([], code)


HELP = """\
usage: greet [OPTIONS] NAME [FILES...]

Greets people.

arguments:
  NAME                     who is greeted
  FILES...

options:
  -l, --loud               in capitals
      --colour             use colours (default: true)
      --max-size MAX-SIZE  how many at most (default: 3)
  -r, --rate RATE
      --format {text,json}  (default: text)
  -t, --tag TAG            a label (may be repeated)
  -h, --help               show this help
"""


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--nonsense", "ada", "--help"]])
def test_help_is_printed_and_gives_null(words):
    result = mlpy.compile(f"{PARSER}\np.parse(words)").run(inputs={"words": words})
    assert result.value is None
    assert result.output == mlpy.compile(f"{PARSER}\np.help()").run().value


def test_the_help_tells_all_that_was_declared():
    found = mlpy.compile(f"{PARSER}\np.help()").run().value
    assert [line.split() for line in found.splitlines()] == [line.split() for line in HELP.splitlines()]
    columns = {line.index(text) for line in found.splitlines() for text in ("who is greeted", "in capitals", "how many at most", "show this help") if text in line}
    assert len(columns) == 1


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ('p.addFlag("loud");', "ValueError", "`--loud` is declared twice"),
        ('p.addOption("no-loud");', "ValueError", "`--no-loud` is declared twice"),
        ('p.addOption("max_size");', "ValueError", "`--max-size` is declared twice"),
        ('p.addFlag("help");', "ValueError", "`--help` is there already"),
        ('p.addFlag("x", short: "l");', "ValueError", "`-l` is declared twice"),
        ('p.addFlag("x", short: "h");', "ValueError", "`-h` is declared twice"),
        ('p.addFlag("x", short: "ab");', "ValueError", '`short` must be one letter, not "ab"'),
        ('p.addFlag("x", short: "1");', "ValueError", '`short` must be one letter, not "1"'),
        ('p.addFlag("");', "ValueError", '"" cannot be the name of an argument'),
        ('p.addFlag("a b");', "ValueError", '"a b" cannot be the name of an argument'),
        ('p.addFlag("a=b");', "ValueError", '"a=b" cannot be the name of an argument'),
        ('p.addFlag("é");', "ValueError", '"é" cannot be the name of an argument'),
        ('p.addOption("x", type: "integer");', "ValueError", '`type` must be one of "string", "int", "number"'),
        ('p.addOption("x", choices: []);', "TypeError", "`choices` must hold strings or numbers"),
        ('p.addOption("x", choices: "ab");', "TypeError", "`choices` must be an array of strings or numbers, not a string"),
        ('p.addOption("x", required: 1);', "TypeError", "`required` must be true or false, not a number"),
        ("p.addOption(3);", "TypeError", "`name` must be a string, not a number"),
        ('p.addPositional("more");', "ValueError", "`more` cannot follow `files`, which takes all that are left"),
        ("p.parse([1]);", "TypeError", "`arguments` must hold strings, not a number"),
        ('p.parse("a");', "TypeError", "`arguments` must be an array of strings, not a string"),
        ('args.createParser("x").addPositional("a", "b");', "ArityError", None),
    ],
)
def test_a_declaration_that_cannot_be_is_an_error(code, kind, message):
    with pytest.raises(MLError) as caught:
        mlpy.run(PARSER + code)
    assert caught.value.type == kind
    assert message is None or caught.value.message == message


def test_a_required_argument_cannot_follow_an_optional_one():
    with pytest.raises(MLError, match="`b` is required and cannot follow `a`, which is not"):
        mlpy.run('import args;\np = args.createParser("x"); p.addPositional("a", default: "1"); p.addPositional("b");')


def test_a_positional_argument_is_declared_once():
    with pytest.raises(MLError, match="`a` is declared twice"):
        mlpy.run('import args;\np = args.createParser("x"); p.addFlag("a"); p.addPositional("a");')


def test_a_parser_shows_as_one():
    assert mlpy.run('import args;\np = args.createParser("x"); [typeof(p), str(p)]') == ["ArgumentParser", 'ArgumentParser("x")']


# ── the program's own arguments ──


def test_the_command_hands_over_what_follows_two_dashes(command, tmp_path):
    program = tmp_path / "tool.ml"
    program.write_text(
        'import args;\nprint(args.script(), args.rest(), args.all());\np = args.createParser(); p.addOption("size", type: "int"); p.addPositional("words", repeat: true);\nprint(p.parse());\n'
    )
    done = command("run", str(program), "--", "a", "--size=3", "--", "--b")
    assert (done.code, done.stdout) == (0, 'tool.ml ["a", "--size=3", "--", "--b"] ["tool.ml", "a", "--size=3", "--", "--b"]\n{size: 3, words: ["a", "--b"]}\n')


def test_help_of_a_program_is_named_after_its_file(command, tmp_path):
    program = tmp_path / "tool.ml"
    program.write_text('import args;\nif (args.createParser().parse() == null) { print("-"); }\n')
    done = command("run", str(program), "--", "--help")
    assert (done.code, done.stdout) == (0, "usage: tool [OPTIONS]\n\noptions:\n  -h, --help  show this help\n-\n")


def test_a_program_that_is_no_file_is_called_so_in_its_help():
    assert mlpy.run("import args;\nargs.createParser().help()").startswith("usage: program [OPTIONS]\n")


def test_a_program_of_a_host_has_no_arguments_unless_it_is_given_some():
    assert mlpy.run("import args;\n[args.rest(), args.all().length]") == [[], 1]


def test_a_host_gives_arguments_to_a_run():
    program = mlpy.compile('import args;\np = args.createParser("x"); p.addOption("n", type: "int"); p.addPositional("w", repeat: true);\np.parse()')
    assert program.run(arguments=["--n=3", "a"]).value == {"n": 3, "w": ["a"]}
    assert mlpy.Engine().run(program, arguments=("b",)).value == {"n": None, "w": ["b"]}
    assert asyncio.run(mlpy.Engine().run_async(program, arguments=["c", "d"])).value == {"n": None, "w": ["c", "d"]}
    assert mlpy.compile("import args; import parallel;\nparallel.map(fn(x) => args.rest(), [0])").run(arguments=["e"]).value == [["e"]]


@pytest.mark.parametrize("given", ["--verbose", [1], 3])
def test_arguments_that_are_none_are_the_host_s_mistake(given):
    with pytest.raises(TypeError):
        mlpy.compile("1").run(arguments=given)
