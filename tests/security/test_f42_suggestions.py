"""F42: misspelt names cost bounded work, however many there are and however many names they might mean."""

from __future__ import annotations

import importlib
import time

from mlpy.analysis import check
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
