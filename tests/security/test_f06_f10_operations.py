"""No single operation outlasts the limit: comparisons, slices as keys, whole numbers, strings, patterns (F6 to F10)."""

from __future__ import annotations

import time

import pytest

import mlpy
from mlpy.errors import MLError

LIMIT = 0.3
SOON = 3.0  # seconds; a busy machine gets ten times the limit, the attacks took up to a minute


def outcome(text: str, limit: float = LIMIT) -> object:
    """The value or the error of a program under a time limit, after a check that it ended soon."""
    program = mlpy.compile(text)
    began = time.monotonic()
    try:
        found: object = program.run(limits=mlpy.Limits(time=limit)).value
    except MLError as error:
        found = error
    assert time.monotonic() - began < SOON, text
    return found


def bounded(text: str) -> None:
    """The program ends soon, by a limit or by a fault of its own, never by another exception."""
    found = outcome(text)
    assert not isinstance(found, MLError) or found.limit in ("time", "size") or found.type == "ValueError", found


TWINS = "a = [1]; b = [1]; for (i in range(60)) { a = [a, a]; b = [b, b]; } "
OBJECTS = "a = {k: 1}; b = {k: 1}; for (i in range(60)) { a = {l: a, r: a}; b = {l: b, r: b}; } "
COMPARISONS = [
    "a == b", "a != b", "a < b", "a >= b", "a in [b]", "[b].index(a)", "[b].indexOf(a)", "[b].count(a)", "[b].includes(a)", "xs = [b]; xs.remove(a)",
    "xs = [[a, 1], [b, 0]]; xs.sort()", "sorted([a, b])", "sorted([1, 2], fn(i) => i == 1 ? a : b)", "min(a, b)", "max([a, b])", "match ([a]) { [x] if x == b => 1, _ => 2 }",
    "assertEqual(a, b)", "assert a == b;", "import collections; collections.Set([a, b]).size()", "import collections; collections.unique([a, b])",
    "import collections; collections.Heap([a, b]).pop()", "import functional; functional.memoize(fn(x) => 1)(a)", "import functional; functional.unique([a, b])",
    "import json; json.stringify(a)", "str(a).length", "a.flat(100)",
]  # fmt: skip


@pytest.mark.parametrize("text", COMPARISONS)
def test_f06_deep_operations_on_data_that_doubles_are_counted(text: str) -> None:
    bounded(TWINS + text)


@pytest.mark.parametrize("text", ["a == b", "a in [b]", "[b].index(a)", "assertEqual(a, b)", "{...a} == {...b}", "repr(a).length", "import json; json.stringify(a)"])
def test_f06_deep_operations_on_objects_that_double_are_counted(text: str) -> None:
    bounded(OBJECTS + text)


def test_f06_a_result_that_doubles_is_refused() -> None:
    found = outcome("a = [1]; for (i in range(60)) { a = [a, a]; } a", limit=120)
    assert isinstance(found, MLError)
    assert found.type == "ValueError"


LARGE = "x = 2 ** 99990; xs = [x + 1] * 10000000; "
NUMBERS = [
    "x in xs", "function f(x, xs) { return x in xs; } f(x, xs)", 's = "a" * 1000000 + "b"; ("a" * 1000000 + "c") in [s] * 10000000', 's = "a" * 1000000 + "b"; function g(c) { return s + "" in c; } g(["a" * 1000000 + "c"] * 10000000)',
    "xs.index(x)", "xs.indexOf(x)", "xs.includes(x)", "xs.count(x)", "sum(xs)", "sum([...xs[1:], 1.5])", "min(xs + [x])", "max(xs)", "xs.remove(x)", "xs == xs.copy()",
    "ys = [x, x + 1] * 400000; ys.sort()", "sorted([x, x + 1] * 400000)", "import collections; collections.contains(xs, x)", "import math; math.max(xs)",
]  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_f06_arrays_of_large_numbers_are_not_walked_in_one_step(text: str) -> None:
    bounded(LARGE + text)


def test_f06_sums_and_extremes_of_long_arrays_are_pythons() -> None:
    text = "xs = map(fn(i) => (i * 7919 % 10007) / 8, range(20000)); ys = map(fn(i) => i * 7919 % 10007, range(20000)); [sum(xs), sum(ys), sum(ys + xs), min(xs), max(ys + [1.5]), sorted(ys)[0:2]]"
    xs, ys = [i * 7919 % 10007 / 8 for i in range(20000)], [i * 7919 % 10007 for i in range(20000)]
    assert outcome(text, limit=120) == [sum(xs), sum(ys), sum(ys + xs), min(xs), max([*ys, 1.5]), sorted(ys)[:2]]


SLICES = ["o[1:2] = 3;", "k = 1; o[k:k] = 1;", "o[k:null] = 1;", "o[::2] = 1;", "x = o[1:2];", "x = o[k:k];", "o[1:2] += 1;", "x = o?.[1:2];", "[o[1:2]] = [1];", "o[1:2] ??= 1;"]


@pytest.mark.parametrize("text", SLICES)
def test_f07_a_slice_is_never_a_key(text: str) -> None:
    found = outcome(f"k = 1; o = {{a: 1}}; seen = null; try {{ {text} }} except (e) {{ seen = e.type; }} [seen, keys(o)]", limit=120)
    assert found == ["TypeError", ["a"]]


KEYS = ["1", "null", "true", "1.5", "[1]", "{a: 1}", "fn() => 1", "print", "range(3)", "2 ** 61 - 1"]


@pytest.mark.parametrize("key", KEYS)
def test_f25_keys_are_strings(key: str) -> None:
    for text in ("o[k] = 1;", "x = {[k]: 1};", "o[k] += 1;", "o[k] ??= 1;", "[o[k]] = [1];", "x = o[k];", "for (o[k] in [1]) {}"):
        if text.startswith("for"):
            with pytest.raises(mlpy.CheckFailed):
                mlpy.compile(f"k = 1; o = {{}}; {text}")
            continue
        found = outcome(f"k = {key}; o = {{}}; seen = null; try {{ {text} }} except (e) {{ seen = e.type; }} [seen, keys(o)]", limit=120)
        assert found == ["TypeError", []], text


@pytest.mark.parametrize("collision", ["collections.Set(xs).size()", "s = collections.Set(); for (x in xs) { s.add(x); }", "collections.unique(xs).length", "map(functional.memoize(fn(x) => x, null), xs)"])
def test_f25_numbers_with_one_hash_do_not_collide(collision: str) -> None:
    assert not isinstance(outcome(f"import collections; import functional; k = 2 ** 61 - 1; xs = map(fn(i) => i * k, range(30000)); {collision}", limit=2), MLError)


def test_f25_equal_numbers_are_one_item_of_a_set_whatever_their_size() -> None:
    text = "import collections; big = 2 ** 70; collections.Set([1, 1.0, true, big, big + 0.0, -big, 2 ** 61 - 1, 2.0 ** 61, 2 ** 61, [big], [big + 0.0]]).values().length"
    assert outcome(text, limit=120) == 6


WHOLE = [
    "x = 3; while (true) { x = x * x; }", "x = 3; while (true) { x *= x; }", "x = 3; while (true) { x = x ** 2; }", "x = 3; while (true) { x **= 2; }", "10 ** 10 ** 8", "2 ** 2 ** 40",
    "x = 10; x ** 10000000", "round(1, -3000000)", "round(2 ** 99990, -400)", "import math; math.round(1, 3000000)", "import math; math.factorial(200000)", "import math; math.comb(400000, 200000)",
    "import math; math.perm(400000)", "import math; math.lcm(2 ** 99999 - 1, 2 ** 99998 - 1, 2 ** 99997 - 1)", "import math; math.gcd(2 ** 99999 - 1, 3 ** 63000)",
    "a = 3 ** 63000; b = 7 ** 17000; for (i in range(1000)) { x = a ~/ b; y = a % b; }", "str(3 ** 63000).length", "int('9' * 1000000)", "int('f' * 10000000, 16)", "float('1' * 60000000)",
    "`${3 ** 63000}`.length", "hex(3 ** 63000).length", "format(3 ** 63000, ',')", "format(1, '1000000000')", "format(1.5, '.1000000000f')", "range(10 ** 15)", "import functional; functional.range(10 ** 15)",
    "'x' * 10 ** 12", "[1] * 10 ** 12", "'x'.ljust(10 ** 12)", "'x'.padStart(10 ** 12)", "'x'.repeat(10 ** 12)", "'x'.zfill(10 ** 12)", "'x'.center(10 ** 12)", "import string; string.repeat('x', 10 ** 12)",
    "import functional; functional.repeat(1, 10 ** 12)", "import functional; functional.times(fn(i) => i, 10 ** 12)", "import json; json.stringify([2 ** 14000] * 100000)",
    "import json; json.stringify({a: [2 ** 14000, [1]] * 100000})", "import json; json.parse('1' * 10000000)", "'a'.replace('', 'b' * 60000000).replace('b', 'c' * 1000)",
]  # fmt: skip


@pytest.mark.parametrize("text", WHOLE)
def test_f08_sizes_are_known_before_results_are_made(text: str) -> None:
    bounded(text)


@pytest.mark.parametrize("digits", ["0x" + "f" * 300_000, "9" * 300_000, "0b" + "1" * 500_000])
def test_f08_a_literal_has_a_limit(digits: str) -> None:
    with pytest.raises(mlpy.CheckFailed):
        mlpy.compile(digits)


@pytest.mark.parametrize("text", ["xs.push(...xs);", "xs = [...xs, ...xs];", "xs += xs;", "xs.extend(xs);", "xs = xs.concat(xs);", "xs[0:0] = xs;", "xs = [xs, xs].flat();"])
def test_f12_arrays_that_double_end_by_size(text: str) -> None:
    found = outcome(f"xs = [1]; while (true) {{ try {{ {text} }} except (e) {{}} }}", limit=120)
    assert isinstance(found, MLError)
    assert found.limit == "size"


TEXT = 's = "x" * 2 ** 26; '


@pytest.mark.parametrize("text", ["[...s]", "sorted(s)", "reversed(s)", "s.split('')", "min(...s)", "', '.join(s)", "map(ord, s)", "zip(...[...s])", "import string; string.chars(s)"])
def test_f12_the_characters_of_a_long_string_are_too_many(text: str) -> None:
    found = outcome(TEXT + text, limit=120)
    assert isinstance(found, MLError)
    assert found.limit == "size"


@pytest.mark.parametrize("text", ["[xs, xs, xs, xs].join()", "`${xs}${xs}${xs}${xs}`", "'' + xs + xs + xs + xs", "print(xs, xs, xs, xs)", "import console; console.log(xs, xs, xs, xs)", "str([xs, xs, xs])"])
def test_f12_text_is_sized_while_it_is_made(text: str) -> None:
    found = outcome(f'xs = ["{"x" * 1000}"] * 30000; {text}', limit=120)
    assert isinstance(found, MLError)
    assert found.limit == "size"


STRINGS = [
    's = "a" * 1000000; s.rfind("ab" + "a" * 500000)', 's = "a" * 1000000; try { s.rindex("ab" + "a" * 500000); } except (e) {}', 's = "a" * 1000000; s.rsplit("ab" + "a" * 500000).length',
    's = "a" * 1000000; s.strip("b" * 1000000 + "a")', 's = "a" * 1000000; s.lstrip("b" * 1000000 + "a")', 's = "a" * 1000000; s.rstrip("b" * 1000000 + "a")',
    's = "ab" * 500000; s.find("b" * 250000 + "a")', 's = "ab" * 500000; s.count("ba" * 250000 + "b")', 's = "a" * 1000000; s.replace("a" * 500000 + "b", "c")',
    's = "a" * 1000000; ("b" * 500000) in s', 's = "a" * 1000000; s.split("a" * 500000 + "b").length', 's = "a" * 1000000; s.startswith(["b" * 500000] * 1000)',
    "import string; string.levenshtein('a' * 100000, 'b' * 100000)", "import string; string.wrap('a ' * 1000000, 5).length", "import string; string.template('{a}' * 1000000, {a: 'b' * 1000})",
    "'\\u{10ffff}' * 1000000 |> repr |> len", "s = 'a' * 5000000; x = s.upper().lower().title().swapcase().capitalize(); x.length",
]  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_f09_the_worst_cases_of_string_searches_end_soon(text: str) -> None:
    bounded(text)


def test_f09_searches_through_reversed_copies_find_the_same() -> None:
    text = 's = "ab" * 2000000; part = "ba" * 100; [s.rfind(part), s.rindex(part), s.rsplit(part, 1).length, s.rfind(part + "x")]'
    assert outcome(text, limit=120) == [3_999_799, 3_999_799, 2, -1]


PATTERNS = [r"(a+)+$", r"(a+)+\1b", r"(a|aa)+$", r"(a|a)*b", r"(.*)*x", r"(a?){30}a{30}", r"(?:a+b?)+c", r"(x+x+)+y", r"((a{0,5}){0,5}){0,5}b", r"(?=a*)a*b", r"a{1000}{1000}", r"(?i:(k+)+)x"]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("subject", ['"a" * 40 + "!"', '"a" * 100000 + "!"'])
def test_f10_no_pattern_backtracks(pattern: str, subject: str) -> None:
    found = outcome(f'import regex; s = {subject}; for (f in [regex.search, regex.findall, regex.split, regex.match]) {{ f(r"{pattern}", s); }}')
    assert not isinstance(found, MLError) or found.limit == "time" or found.type == "ValueError", found
