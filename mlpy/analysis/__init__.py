"""From a syntax tree to what is known about it: names, flow, types, capability needs, and every mistake that shows without running.

`check` runs `PASSES` in order; each reads and adds to `Facts` and reports diagnostics. Running a program needs names, flow
and needs only; types and lints are for `mlpy check` and editors.
"""

from __future__ import annotations

from mlpy.analysis.capabilities import capabilities
from mlpy.analysis.facts import Check
from mlpy.analysis.flow import flow
from mlpy.analysis.lint import lint
from mlpy.analysis.resolve import resolve
from mlpy.analysis.types import types

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Collection, Mapping

    from mlpy.analysis.facts import Authority, Facts, Modules
    from mlpy.ast import Module
    from mlpy.diagnostics import Diagnostic
    from mlpy.source import Source

PASSES = (resolve, flow, types, capabilities, lint)


def check(
    module: Module,
    source: Source,
    *,
    builtins: Mapping[str, object],
    methods: Mapping[str, Mapping[str, object]] | None = None,
    modules: Modules | None = None,
    authority: Authority | None = None,
    inputs: Collection[str] = (),
    session: Collection[str] | None = None,
    lints: bool = True,
) -> tuple[Facts, list[Diagnostic]]:
    """The facts of a program and its diagnostics in source order.

    `builtins` are Python functions by name, `methods` those of `array` and `string`: their signatures are read. `authority` is the module
    `mlpy.capabilities`. Nothing is said of methods, modules or capabilities without these. `session` holds the names that earlier
    cells of a session left; None means a whole program.
    """
    state = Check(module, source, builtins=builtins, methods=methods or {}, modules=modules, authority=authority, inputs=inputs, session=session, lints=lints)
    for step in PASSES:
        step(state)
    state.diagnostics.sort(key=lambda one: one.span)
    return state.facts, state.diagnostics
