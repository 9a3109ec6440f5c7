"""F34: what CPython would warn about in the source of a file that happens to have the program's name never reaches it."""

from __future__ import annotations

import warnings

import pytest

import mlpy

CALLS = ["1(2)", "1.5(2)", '"a"(1)', "`a${1}`(1)", "null(1)", "true()", "[1](2)", "{a: 1}(2)", "1[0]", "null[0]", "true[1:2]", '"a"["b"]', '[1]["b"]', "(fn() => 1)[0]", "((1))(2)"]


@pytest.mark.parametrize("text", CALLS)
def test_f34_calls_and_subscripts_of_literals_are_refused(text, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(mlpy.CheckFailed) as failed:
            mlpy.run(f"x = {text};")
    assert [one.code for one in failed.value.diagnostics if one.code == "E0204"] == ["E0204"]
    assert capfd.readouterr() == ("", "")
