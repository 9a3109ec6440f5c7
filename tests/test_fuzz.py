"""Random and mutated programs: whatever the text, what leaves the engine is a value or an `MLError` in ML's words.

`MLPY_FUZZ` says how many programs are tried (20,000 by default, half of them random, half goldens with changed tokens). Each has
its own seed, which a failure names together with the smallest program found that fails alike:

    MLPY_FUZZ_SEED=17 pytest tests/test_fuzz.py       # another 20,000

Of two operands that both fail, the language does not say which is reported; about one in 5,000 programs of another seed shows it.
"""

from __future__ import annotations

import _ast as py
import importlib.util
import itertools
import os
import random
import re
from pathlib import Path

import pytest

import mlpy
from mlpy import capabilities, compiler, render
from mlpy.analysis import check
from mlpy.errors import CheckFailed, MLError
from mlpy.lower import emitter
from mlpy.lower import lower as lowering
from mlpy.lower.kinds import ANY, Kinds
from mlpy.lower.lower import Lowerer
from mlpy.lower.nodes import COMPARISONS, LOAD, OPERATORS, call, const, load
from mlpy.lower.verify import verify
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.members import METHOD_NAMES
from mlpy.runtime.namespace import HELPERS
from mlpy.source import Source
from mlpy.syntax.parser import parse
from mlpy.syntax.printer import print_module
from mlpy.syntax.tokens import tokenize

TESTS = Path(__file__).parent
SHARDS = 8
COUNT = int(os.environ.get("MLPY_FUZZ", "20000"))
SEED = os.environ.get("MLPY_FUZZ_SEED", "1")
GOLDENS = sorted([*(TESTS / "lang").rglob("*.ml"), *(TESTS.parent / "examples").glob("*.ml")])
LIMITS = mlpy.Limits(time=0.5, output=20_000)
LEAK = re.compile(r"0x[0-9a-f]{8,}|__\w+?__|NoneType|'(?:list|dict|str|int|float|tuple|function|method|builtin\w*)' object|<class|Traceback|\.py\b|\$\w|<lambda>|\bunset\b|MLError|positional argument")

_spec = importlib.util.spec_from_file_location("random_programs", TESTS / "random_programs.py")
assert _spec is not None
assert _spec.loader is not None
random_programs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(random_programs)


# ── one program, two ways ────────────────────────────────────────────────────────────────────────────────────────


class Unknowing(Kinds):
    """Knows nothing of any expression, and specialises no function."""

    def __init__(self, module, facts, *, session):
        super().__init__(module, facts, session=session)
        self.twins = set()

    def of(self, node):
        return ANY

    items = of


class Plain(Lowerer):
    """Leaves every operation to its helper: the meaning that all the guards and shortcuts must keep."""

    def arithmetic(self, op, left, right, one, other, p, right_node, *, left_node=None, in_place=False):
        return call("$iadd" if in_place and op == "+" else OPERATORS[op][1], [left, right], p)

    def float_operand(self, node, other, op):
        return self.expression(node)

    def comparison(self, node, p):
        return call(COMPARISONS[node.op][1], [self.expression(node.left), self.expression(node.right)], p)

    def lower_unary(self, node):
        made = super().lower_unary(node)
        return call("$neg", [made.operand], self.at(node)) if type(made) is py.UnaryOp and node.op == "-" else made

    def text(self, parts, p):
        return call("$concat", [const(part, p) if isinstance(part, str) else part for part, _ in parts], p)

    def walked(self, node):
        return call("$iterate" if len(node.targets) == 1 else "$pairs", [self.expression(node.iterable)], self.at(node.iterable))

    def store_item(self, place, value, p):
        value = self.settled(value, p)
        self.out.append(py.Expr(value=call("$set_item", [self.expression(place.object), self.expression(place.index), value], p), **p))

    def method_call(self, node, callee, p):
        owner = self.expression(callee.object)
        args, keywords = self.call_arguments(node.args)
        return py.Call(func=load("$call_member", p), args=[owner, const(callee.name, p), *args], keywords=keywords, **p)

    def spread(self, node):
        p = self.at(node)
        return py.Starred(value=call("$spread", [self.expression(node.value)], p), ctx=LOAD, **p)

    def get(self, owner, name, p):
        return call("$member", [owner, const(name, p)], p)

    def lower_index(self, node):
        chained = self.optional_chain(node)
        return call("$get_item", [self.expression(node.object), self.expression(node.index)], self.at(node)) if chained is None else chained

    def lower_slice(self, node):
        chained = self.optional_chain(node)
        return call("$slice", [self.expression(node.object), *self.slice_parts(node)], self.at(node)) if chained is None else chained


def rebound(table):
    """The visitors of a table, looked up on the lowerer by name, so that `Plain` has its say."""
    return {kind: (lambda lowerer, node, name=visit.__name__: getattr(lowerer, name)(node)) for kind, visit in table.items()}


EXPRESSIONS, REBOUND = lowering.EXPRESSIONS, rebound(lowering.EXPRESSIONS)
ENGINE = mlpy.Engine(limits=LIMITS)


def compiled(text: str) -> tuple[mlpy.Program, mlpy.Program] | CheckFailed:
    """The program as it is lowered, and without any knowledge or shortcut."""
    source = Source(text, "<fuzz>")
    made = []
    try:
        module = compiler.parse_module(source)
        for lowerer, kinds, table in ((Lowerer, Kinds, EXPRESSIONS), (Plain, Unknowing, REBOUND)):
            facts, diagnostics = check(module, source, builtins=BUILTINS, modules=compiler.Modules(ENGINE.registry, None, source), authority=capabilities, lints=False)
            if any(one.severity == "error" for one in diagnostics):
                return CheckFailed(compiler.located(diagnostics, source))
            emitter.Kinds, lowering.EXPRESSIONS = kinds, table
            tree = lowerer(module, source, facts, METHOD_NAMES, session=False, fuel=False, tests=False).module(module, ())
            verify(tree, (), {*HELPERS, *compiler.OF_A_FILE})
            code = compiler.compile_tree(tree, source)
            made.append(mlpy.Program(ENGINE, source, compiler.Compiled(code, (), None, (), (), (), {}, 0)))
    except CheckFailed as failed:
        return failed
    finally:
        emitter.Kinds, lowering.EXPRESSIONS = Kinds, EXPRESSIONS
    return made[0], made[1]


class Outcome:
    """What a run left, as text that can be compared."""

    def __init__(self, program: mlpy.Program) -> None:
        output: list[str] = []
        self.limit = None
        try:
            result = program.run(output=output)
            self.end = f"value {shown(result.value)}"
            self.exports = shown(result.exports)
        except MLError as error:
            self.end, self.exports, self.limit = f"{error.type}: {error.message}", "", error.limit
            self.complaints = complaints(error)
            self.error = error
        else:
            self.complaints, self.error = [], None
        self.output = "".join(output)
        # Which of two failing operands is looked at first may differ where one of them is a name without a value, or a factor
        # that is no number.
        said = "".join(output) + self.end + self.exports
        self.incomparable = self.limit is not None or "NameError" in said or "calculate with" in said


# The operators' own messages say a little more than what Python's leave to be told.
SAYS_MORE = [
    (re.compile(pattern), less)
    for pattern, less in (
        (r"(an index of an? \w+ is a whole number), not .*", r"\1"),
        (r"(an object's keys are strings), this one .*", r"\1"),
        (r"cannot set `\w+`(?:: `.*` is null| of)?", "cannot set an item of"),
        (r"(?:the )?index (?:.* )?is out of range.*", "out of range"),
        (r"cannot (?:calculate with|add|subtract|multiply|divide) .*", "cannot calculate"),
        (r"(?:the (?:start|end|step)|the bounds) of a slice .*", "bounds"),
        (r"(?:`.*`|the function) takes (an? [a-z ]+?)(?: as `\w+`)?, not (?:one with a fraction|.*)", r"takes \1"),
        (r"cannot take an item from an empty array", "out of range"),
        (r"an? (?:string|array|string or an array) is (repeated a whole number of times).*", r"\1"),
        (r"`.*` is null and has no items", "cannot take an item of null"),
        (r"(cannot read `\w+`): `.*` is null", r"\1 of null"),
    )
]


def comparable(message: str) -> str:
    for pattern, less in SAYS_MORE:
        message = pattern.sub(less, message)
    return message


def shown(value: object, depth: int = 0) -> str:
    """A value as a host sees it; fails on a type that may not leave."""
    match value:
        case list():
            return f"[{', '.join(shown(one, depth + 1) for one in value)}]"
        case dict():
            return f"{{{', '.join(f'{key!r}: {shown(one, depth + 1)}' for key, one in value.items())}}}"
        case str():
            assert type(value) is str
            return repr(comparable(value))
        case None | bool() | int() | float():
            assert type(value) in (type(None), bool, int, float)
            return repr(value)
    assert callable(value), f"a {type(value)} left the engine"
    return "function"


def complaints(error: MLError) -> list[str]:
    if isinstance(error, CheckFailed):
        return [text for one in error.diagnostics for text in (one.title, one.label, one.note, one.hint) if text]
    return [text for text in (error.message, error.hint, error.note) if text]


def leaks(texts: list[str], program: str) -> list[str]:
    """What of Python shows in messages, unless the program says it itself."""
    own = re.compile(r"__\w+?__") if "__" in program else None  # whatever a program makes of its strings
    return [text for text in texts for found in LEAK.finditer(text) if found.group() not in program and not (own and own.fullmatch(found.group()))]


def failure_of(text: str) -> str | None:
    """What is wrong with how a program is treated, in a word that stays the same when the program is made smaller."""
    try:
        made = compiled(text)
        if isinstance(made, CheckFailed):
            found = leaks(complaints(made), text)
            return f"leak in a diagnostic: {found[0]}" if found else None
        one, other = Outcome(made[0]), Outcome(made[1])
    except Exception as error:
        return f"{type(error).__name__} left the engine"
    if one.error is not None:
        render.error_text(one.error)
        if one.error.type == "InternalError":
            return "InternalError"
        if leaks(one.complaints, text):
            return "leak in an error"
    if leaks([one.output], text):
        return "leak in the output"
    if not one.incomparable and not other.incomparable:
        for part in ("output", "end", "exports"):
            if comparable(getattr(one, part)) != comparable(getattr(other, part)):
                return f"the {part} differs"
    return None


# ── random programs ──────────────────────────────────────────────────────────────────────────────────────────────


def reduced(text: str, wrong: str, tries: int = 400) -> str:
    """The smallest program found by taking out lines that is wrong in the same way."""
    lines = text.splitlines()
    size = max(1, len(lines) // 2)
    while size and tries > 0:
        at = 0
        while at < len(lines) and tries > 0:
            tries -= 1
            shorter = lines[:at] + lines[at + size :]
            if failure_of("\n".join(shorter)) == wrong:
                lines = shorter
            else:
                at += size
        size = size // 2 if size > 1 else 0
    return "\n".join(lines)


def report(seed: str, text: str, wrong: str) -> str:
    smallest = reduced(text, wrong)
    lines = [f"seed {seed}: {wrong}", "", smallest, ""]
    made = compiled(smallest)
    for program in () if isinstance(made, CheckFailed) else made:
        try:
            outcome = Outcome(program)
            lines.append(f"── {outcome.output}{outcome.end}")
        except Exception as error:
            lines.append(f"── {error!r}")
    return "\n".join(lines)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_programs_mean_the_same_with_and_without_shortcuts(shard):
    for index in range(shard, COUNT // 2, SHARDS):
        seed = f"{SEED}-{index}"
        text = random_programs.program(seed)
        wrong = failure_of(text)
        assert wrong is None, report(seed, text, wrong)


def test_random_programs_are_mostly_programs():
    """The generator writes what compiles and goes on to its end, else it tests little."""
    checked = [compiled(random_programs.program(f"share-{index}")) for index in range(60)]
    assert sum(isinstance(one, CheckFailed) for one in checked) < 15


# ── changed goldens ──────────────────────────────────────────────────────────────────────────────────────────────


def pieces(text: str) -> list[str]:
    """The tokens of a text with what stands before each."""
    tokens = tokenize(Source(text, "<golden>"))
    ends = [0, *(end for end in tokens.ends if end <= len(text))]
    return [text[before:after] for before, after in itertools.pairwise(ends)] + [text[ends[-1] :]]


def mutated(chance: random.Random, corpus: list[list[str]]) -> str:
    """A stretch of a golden with one to four tokens taken out, doubled, swapped, replaced, or a stretch of another put in."""
    tokens = list(chance.choice(corpus))
    if len(tokens) > 200:
        at = chance.randrange(len(tokens) - 150)
        tokens = tokens[at : at + 150]
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(tokens)) if tokens else 0
        match chance.randrange(6):
            case 0:
                del tokens[at : at + 1]
            case 1:
                tokens[at:at] = tokens[at : at + chance.randint(1, 8)]
            case 2:
                other = chance.randrange(len(tokens)) if tokens else 0
                tokens[at : at + 1], tokens[other : other + 1] = tokens[other : other + 1], tokens[at : at + 1]
            case 3:
                other_tokens = chance.choice(corpus)
                start = chance.randrange(len(other_tokens))
                tokens[at:at] = other_tokens[start : start + chance.randint(1, 12)]
            case 4:
                tokens[at : at + 1] = [chance.choice(chance.choice(corpus))]
            case 5:
                tokens[at:at] = [chance.choice(("\0", "\ud800", "\u202e", "`", '"', "/*", "${", "}", "\ufeff", "é", "\\", "0x", "1e", "__x__", "?.", "=>", "...", "\u200b"))]
    return "".join(tokens)


def treat(text: str) -> list[str]:
    """Takes a text through every stage; gives what people would read."""
    source = Source(text, "<fuzz>")
    diagnostics, _ = compiler.check_source(source, registry=ENGINE.registry)
    texts = [part for one in diagnostics for part in (one.title, one.label, one.note, one.hint) if part]
    for one in diagnostics:
        render.text(one, source)
    module, found = parse(source)
    if module is not None and not any(one.severity == "error" for one in found):
        printed = print_module(module, source)
        again, _ = parse(Source(printed, "<printed>"))
        assert again is not None, f"does not parse when printed:\n{printed}"
        assert print_module(again, Source(printed, "<printed>")) == printed, f"printing is not stable:\n{printed}"
    if not any(one.severity == "error" for one in diagnostics):
        failed: MLError | None = None
        try:
            ENGINE.run(text, limits=mlpy.Limits(time=0.2, output=20_000))
        except MLError as error:
            failed = error
        if failed is not None:
            assert failed.type != "InternalError", failed.message
            texts += complaints(failed)
            render.error_text(failed)
    return texts


@pytest.mark.parametrize("shard", range(SHARDS))
def test_changed_goldens_are_refused_or_run(shard):
    corpus = [pieces(path.read_bytes().decode("utf-8", "replace")) for path in GOLDENS]
    for index in range(shard, COUNT // 2, SHARDS):
        text = mutated(random.Random(f"{SEED}-{index}"), corpus)
        try:
            texts = treat(text)
        except Exception as error:  # the very thing that is looked for
            raise AssertionError(f"seed {SEED}-{index}: {error!r}\n{text}") from error
        assert not leaks(texts, text), f"seed {SEED}-{index}: {leaks(texts, text)}\n{text}"
