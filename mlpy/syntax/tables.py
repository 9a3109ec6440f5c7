"""The LALR(1) tables of ml.lark: made with lark once, then kept with marshal and loaded without it.

A wheel ships them as `ml.tables` beside the grammar; a checkout keeps them in the user's cache. Tables that are missing or
damaged, or that belong to another grammar, are made again.
"""

from __future__ import annotations

import marshal
import os
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import Any

    Rule = tuple[int, int, str, str | None, tuple[int, ...]]

FORMAT = b"mlpy tables 5"
DIGEST = 32
STARTS = ("module", "expression")
GRAMMAR = os.path.join(os.path.dirname(__file__), "ml.lark")
PACKAGED = os.path.join(os.path.dirname(__file__), "ml.tables")


class Tables:
    """What the parser is driven by.

    `actions[state][terminal]` is a state to shift to, or `~rule` to reduce by; `gotos[state][nonterminal]` is a state.
    A rule is (symbols, values, nonterminal, action or None, positions where an absent part is None). `ends` are
    the states where the input may end. `chains` remembers what `chain` found.
    """

    __slots__ = ("actions", "chains", "ends", "gotos", "rules", "starts")

    def __init__(
        self,
        actions: list[dict[str, int]],
        gotos: list[dict[str, int]],
        rules: list[Rule],
        starts: dict[str, int],
        ends: list[int],
    ) -> None:
        self.actions = actions
        self.gotos = gotos
        self.rules = rules
        self.starts = starts
        self.ends = ends
        self.chains: dict[tuple[int, str, str], int] = {}

    def chain(self, below: int, symbol: str, kind: str) -> int:
        """The state after a nonterminal on top of `below`, once all rules are reduced that a token of this kind makes hand on its value."""
        state = self.gotos[below][symbol]
        while True:
            action = self.actions[state].get(kind, 0)
            if action >= 0:
                break
            size, _, wider, name, _ = self.rules[~action]
            if size > 1 or name is not None:
                break
            state = self.gotos[below][wider]
        self.chains[below, symbol, kind] = state
        return state


def load() -> Tables:
    """The tables of the grammar as it is now; after the first call the same object again."""
    if not _loaded:
        _loaded.append(_load())
    return _loaded[0]


def build(grammar: str) -> Tables:
    """Makes the tables from a grammar; raises lark's GrammarError for one that is not LALR(1)."""
    from lark.common import ParserConf  # noqa: PLC0415  costs 50 ms, needed once for each version
    from lark.load_grammar import load_grammar  # noqa: PLC0415  the same
    from lark.parsers.lalr_analysis import LALR_Analyzer  # noqa: PLC0415  the same

    parsed, _ = load_grammar(grammar, "ml.lark", [], False)  # type: ignore[no-untyped-call]  # lark's
    terminals, compiled, _ = parsed.compile(list(STARTS), "*")
    rules = sorted(compiled, key=str)
    analyzer = LALR_Analyzer(ParserConf(rules, {}, list(STARTS)), strict=True)
    analyzer.compute_lalr()  # type: ignore[no-untyped-call]  # lark's
    kinds = {terminal.name: terminal.pattern.value for terminal in terminals}
    return _flatten(analyzer.parse_table, rules, kinds)


def write(path: str = PACKAGED) -> None:
    """Makes the tables and writes the file that a wheel ships."""
    grammar = _read(GRAMMAR)
    content = marshal.dumps(_fields(build(grammar.decode())), 4)
    with open(path, "wb") as file:
        file.write(_key(grammar) + blake2b(content, digest_size=DIGEST).digest() + content)


def _load() -> Tables:
    from mlpy import cache  # noqa: PLC0415  not needed by an installed mlpy

    grammar = _read(GRAMMAR)
    key = _key(grammar)
    packaged = _packaged(key)
    if packaged is not None:
        return packaged
    fields = cache.load(key)
    if isinstance(fields, tuple):
        return Tables(*fields)
    tables = build(grammar.decode())
    cache.store(key, _fields(tables))
    return tables


def _packaged(key: bytes) -> Tables | None:
    try:
        data = _read(PACKAGED)
    except OSError:
        return None
    content = data[2 * DIGEST :]
    if data[:DIGEST] != key or data[DIGEST : 2 * DIGEST] != blake2b(content, digest_size=DIGEST).digest():
        return None
    return Tables(*marshal.loads(content))  # noqa: S302  ships with the code and is as trusted


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _key(grammar: bytes) -> bytes:
    return blake2b(FORMAT + grammar, digest_size=DIGEST).digest()


def _fields(tables: Tables) -> tuple[Any, ...]:
    return tables.actions, tables.gotos, tables.rules, tables.starts, tables.ends


def _flatten(table: Any, rules: list[Any], kinds: dict[str, str]) -> Tables:  # noqa: ANN401  lark's internals have no public types
    """The tables of lark as lists and dicts of plain values.

    States are numbered in the order of their names, so that a grammar has one table. Equal rows are shared, which makes
    them smaller and faster to load.
    """
    from lark.parsers.lalr_analysis import Shift  # noqa: PLC0415  see build

    found = {rule: number for number, rule in enumerate(rules)}
    nonterminals = {rule.origin.name for rule in rules}
    order = [table.start_states[name] for name in STARTS]
    numbers = {state: number for number, state in enumerate(order)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    rows: dict[str, dict[str, int]] = {}
    for state in order:  # it grows
        action_row: dict[str, int] = {}
        goto_row: dict[str, int] = {}
        for name, (action, target) in sorted(table.states[state].items()):
            kind = kinds.get(name, name)
            if action is not Shift:
                action_row[kind] = ~found[target]
                continue
            if target not in numbers:
                numbers[target] = len(order)
                order.append(target)
            (goto_row if name in nonterminals else action_row)[kind] = numbers[target]
        actions.append(rows.setdefault(repr(action_row), action_row))
        gotos.append(rows.setdefault(repr(goto_row), goto_row))
    starts = {name: numbers[table.start_states[name]] for name in STARTS}
    return Tables(actions, gotos, [_rule(rule) for rule in rules], starts, [numbers[table.end_states[name]] for name in STARTS])


def _rule(rule: Any) -> Rule:  # noqa: ANN401  lark's internals have no public types
    kept = [not (symbol.is_term and symbol.filter_out) for symbol in rule.expansion]
    holes: list[int] = []
    at = value = 0
    for empty in rule.options.empty_indices:
        if empty:
            holes.append(at)
            at += 1
        else:
            at += kept[value]
            value += 1
    return len(kept), sum(kept), str(rule.origin.name), rule.alias and str(rule.alias), tuple(holes)


_loaded: list[Tables] = []
