"""F42: misspelt names cost bounded work, however many there are and however many names they might mean."""

from __future__ import annotations

import importlib
import time

import pytest

import mlpy
from mlpy.analysis import check
from mlpy.errors import CheckFailed
from mlpy.modules import Finder
from mlpy.nearest import nearest
from mlpy.source import Source
from mlpy.syntax.parser import parse

RESOLVE = importlib.import_module("mlpy.analysis.resolve")  # the package exports the pass under this name


def test_f42_thousands_of_unknown_names_among_thousands_of_known_ones(monkeypatch):
    asked = []
    monkeypatch.setattr(RESOLVE, "nearest", lambda name, known: asked.append(name) or nearest(name, known))
    text = "".join(f"known{at} = 1;" for at in range(5000)) + "".join(f"print(knwon{at});" for at in range(5000))
    module, _ = parse(source := Source(text))
    started = time.process_time()
    _, diagnostics = check(module, source, builtins={"print": print})
    assert len(diagnostics) == 100
    assert {one.code for one in diagnostics} == {"E0203"}
    assert len(asked) == RESOLVE.SUGGESTIONS
    assert sum("did you mean" in (one.hint or "") for one in diagnostics) == RESOLVE.SUGGESTIONS
    assert time.process_time() - started < 10


def test_f42_the_folder_is_listed_for_no_more_imports_than_get_a_suggestion(tmp_path, monkeypatch):
    asked = []
    neighbours = Finder.neighbours
    monkeypatch.setattr(Finder, "neighbours", lambda finder, importer: asked.append(importer) or neighbours(finder, importer))
    with pytest.raises(CheckFailed):
        mlpy.Engine(project_root=str(tmp_path)).run("".join(f"import nowhere{at};" for at in range(1000)))
    assert 0 < len(asked) <= RESOLVE.SUGGESTIONS
