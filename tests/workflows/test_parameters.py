"""What a command line gives a script: plain words, typed parameters, defaults; as arguments and as variables."""

from __future__ import annotations

import pytest
from mlpy.extensions.workflows import parameters
from mlpy.extensions.workflows.failures import WorkflowError

HEADER = """\
# @description: takes much
# @param target:str where to
# @param count:int=3 how often
# @param ratio:float=0.5 how much
# @param log-file:path what is written
# @param mode:choice(fast|slow)=fast how
# @param loud:bool tell more
# @param color:bool=true in colour
"""
DEFAULTS = {"count": "3", "ratio": "0.5", "mode": "fast", "loud": "false", "color": "true"}


@pytest.fixture
def take(scripts):
    scripts.write("much.sh", HEADER.replace("log-file:path", "log-file:path=''") + "echo\n")
    found = scripts.folder.find("much")

    def take(*words: str, pairs=(), behind=()):
        plain, named = parameters.split("much", found.header.params, words, pairs)
        return parameters.given(found, plain, named, behind)

    return take


@pytest.mark.parametrize(
    ("words", "expected", "values"),
    [
        (["x"], ["x"], {"target": "x"}),
        (["x", "y", "-", "-5", ""], ["x", "y", "-", "-5", ""], {"target": "x"}),
        (["--target", "x"], ["--target", "x"], {"target": "x"}),
        (["--target=x", "y"], ["y", "--target", "x"], {"target": "x"}),
        (["--target", "--count", "--count", "2"], ["--target", "--count", "--count", "2"], {"target": "--count", "count": "2"}),
        (["x", "--count", "-2"], ["x", "--count", "-2"], {"target": "x", "count": "-2"}),
        (["x", "--log_file", "a b"], ["x", "--log-file", "a b"], {"target": "x", "log-file": "a b"}),
        (["x", "--loud", "--no-color"], ["x", "--loud", "--no-color"], {"target": "x", "loud": "true", "color": "false"}),
        (["x", "--loud=no", "--color=yes"], ["x", "--color"], {"target": "x", "loud": "false", "color": "true"}),
        (["x", "--ratio", "1e3", "--mode", "slow"], ["x", "--ratio", "1000.0", "--mode", "slow"], {"target": "x", "ratio": "1000.0", "mode": "slow"}),
        (["x", "--count", "1", "--count", "2"], ["x", "--count", "2"], {"target": "x", "count": "2"}),
    ],
)
def test_words_and_options(take, words, expected, values):
    given = take(*words)
    assert given.words == expected
    assert given.parameters == {"target": "x", "log-file": ""} | DEFAULTS | values
    assert given.variables["MLPY_PARAM_LOG_FILE"] == given.parameters["log-file"]


def test_pairs_and_what_is_behind(take):
    given = take("w", pairs=["count=7", "log_file=a=b"], behind=["--count", "x"])
    assert given.words == ["w", "--count", "7", "--log-file", "a=b", "--count", "x"]
    assert (given.parameters["count"], given.parameters["target"]) == ("7", "w")


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        ([], "invalid_parameter", "`much` needs `target`"),
        (["x", "--count", "many"], "invalid_parameter", "`count` must be a whole number, not `many`"),
        (["x", "--ratio", "nan"], "invalid_parameter", "`ratio` must be a number, not `nan`"),
        (["x", "--mode", "odd"], "invalid_parameter", "`mode` must be one of `fast`, `slow`, not `odd`"),
        (["x", "--loud=perhaps"], "invalid_parameter", "`loud` must be `true` or `false`, not `perhaps`"),
        (["x", "--no-count"], "usage", "`much` has no option `--no-count`"),
        (["x", "-v"], "usage", "`much` has no option `-v`"),
        (["x", "--count"], "usage", "`--count` needs a value"),
    ],
)
def test_mistakes(take, words, kind, message):
    with pytest.raises(WorkflowError) as wrong:
        take(*words)
    assert (wrong.value.type, wrong.value.message) == (kind, message)


def test_what_others_in_a_graph_declare_is_not_for_this_one(scripts):
    scripts.write("one.sh", "# @description: one\n# @param a:int=1\necho\n")
    found = scripts.folder.find("one")
    assert parameters.given(found, [], {"a": "2", "b": "3"}).words == ["--a", "2"]


def test_what_a_script_cannot_tell_apart_is_equal(take):
    assert take("x", "--count", "3").whole() != take("x").whole()  # one has it among its arguments
    assert take("x").whole() == take("x").whole()
