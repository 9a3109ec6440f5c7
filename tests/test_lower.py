"""What each construct becomes, as Python text: the guards, the twins, and what is left plain because its kinds are known.

Names that begin with `$` are the runtime's. The tables are the place to read what a change of the lowering changes.
"""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

import mlpy
from mlpy.compiler import lower_source
from mlpy.engine import default_engine
from mlpy.source import Source


def lowered(text: str, **options) -> ast.Module:
    return lower_source(Source(text, "<test>"), default_engine().registry, (), **options)[3]


def unparsed(statements: list[ast.stmt]) -> str:
    return "\n".join(ast.unparse(one).strip() for one in statements)


def inside(text: str) -> str:
    """The Python of statements in a function whose parameters `a`, `b` and `c` may be anything."""
    main = lowered(f"function f(a, b, c) {{ {text} }}").body[0]
    return unparsed(next(one for one in main.body if isinstance(one, ast.FunctionDef)).body)


def program(text: str, **options) -> str:
    """The Python of a program's body."""
    return unparsed(lowered(text, **options).body[0].body)


MEMBERS_AND_ITEMS = (
    ("return a.k;", "return a.get('k')"),
    ("return a.length;", "return $size(a) if $type(a) is $List or $type(a) is $Str else $member(a, 'length')"),
    ("return [1].length;", "return $size([1])"),
    ("a.k = 1;", "a['k'] = 1"),
    ("return a[0];", "return a[0]"),
    (
        "a[b] = c;",
        """
        if $type(b) is $Str or $type(a) is $List:
            a[b] = c
        else:
            $set_item(a, b, c)
        """,
    ),
    ('a["k"] = c;', "a['k'] = c"),
    ("return a[1:b];", "return a[1:b] if $type(a) is $List or $type(a) is $Str else $slice(a, 1, b, None)"),
    ("return a[b:c:2];", "return a[b:c:2] if $type(a) is $List or $type(a) is $Str else $slice(a, b, c, 2)"),
    ("a[1:2] = b;", "$set_slice(a, 1, 2, None, b)"),
)
OPERATORS = (
    ("return a + b;", "return a + b if $type(a) is $Int or $type(a) is $Float else $add(a, b)"),
    ("return a + 1;", "return a + 1"),
    ("return a - b;", "return a - b"),
    ("return a / b;", "return a / b"),
    ("return a * b;", "return a * b if $type(b) is $Float else a * b if $type(a) is $Int is $type(b) and -1073741823 < a < 1073741823 else $mul(a, b)"),
    ("return a * 2;", "return a * 2 if $type(a) is $Int or $type(a) is $Float else $mul(a, 2)"),
    ("return a % b;", "return a % b if $type(a) is $Int is $type(b) and -1073741823 < b < 1073741823 or $type(a) is $Float else $mod(a, b)"),
    ("return a % 2;", "return a % 2 if $type(a) is $Int or $type(a) is $Float else $mod(a, 2)"),
    ("return a ~/ b;", "return a // b if $type(a) is $Int is $type(b) and -1073741823 < b < 1073741823 or $type(a) is $Float else $floordiv(a, b)"),
    ("return a ** b;", "return $pow(a, b)"),
    ("return a ** 2;", "return a ** 2 if $type(a) is $Float and a > 0.0 else $pow(a, 2)"),
    ("return -a;", "return -a"),
    ("return !a;", "return not a"),
    ("return a == b;", "return a == b if $type(a) is $Str or $type(a) is $Int else $eq(a, b)"),
    ("return a == 1;", "return a == 1"),
    ("return a < b;", "return a < b if $type(a) is $Int or $type(a) is $Float or $type(a) is $Str else $lt(a, b)"),
    ('return a < "x";', "return a < 'x'"),
    ("return a in b;", "return a in b if ($type(a) is $Str or $type(a) is $Int) and ($type(b) is $Dict or $type(b) is $Str) else $contains(a, b)"),
    ('return "k" in a;', "return 'k' in a if $type(a) is $List or $type(a) is $Dict or $type(a) is $Str else $contains('k', a)"),
    ("return a && b || c;", "return a and b or c"),
    ("return a ?? b;", "return a if a is not None else b"),
    ("return a ? b : c;", "return b if a else c"),
)
TEXT = (
    ('return "n=" + a;', "return f'n={(a if $type(a) is $Str else $display(a))}'"),
    ("return `${a}: ${1}`;", "return f'{(a if $type(a) is $Str else $display(a))}: {1}'"),
    ("return `${a}${b}`;", "return $t1 if $size(($t1 := f'{(a if $type(a) is $Str else $display(a))}{(b if $type(b) is $Str else $display(b))}')) <= 67108864 else $concat($t1)"),
    ('return a + "" + b + c + a + b + c;', "return $concat(a, '', b, c, a, b, c)"),
)
METHODS = (
    ("a.append(b);", "a.append(b) if $type(a) is $List else $call_member(a, 'append', b)"),
    ("return a.upper();", "return a.upper() if $type(a) is $Str else $call_member(a, 'upper')"),
    ('return a.startswith("x");', "return a.startswith('x') if $type(a) is $Str else $call_member(a, 'startswith', 'x')"),
    ("return a.startswith(b);", "return $call_member(a, 'startswith', b)"),
    ("return a.sort();", "return $call_member(a, 'sort')"),
    ("return a.own(b);", "return a.get('own')(b)"),
    ('return a.replace("aa", "b");', "return a.replace('aa', 'b') if $type(a) is $Str else $call_member(a, 'replace', 'aa', 'b')"),
    ("return a.replace(b, c);", "return $call_member(a, 'replace', b, c)"),
)
CALLS = (
    ("return a(b, h: c);", "return a(b, h=c)"),
    ("return a(...b);", "return a(*(b if $type(b) is $List else $spread(b)))"),
    ("return a |> b(c);", "return b(a, c)"),
    ("return a |> b;", "return b(a)"),
    ("return len(a);", "return $size(a) if $type(a) is $List or $type(a) is $Str else $len(a)"),
    ('return len("x");', "return $size('x')"),
    ("return str(a);", "return $str(a)"),
    ("return str(1);", "return f'{1}'"),
    ("print(a);", "$print(a)"),
)
OPTIONAL_CHAINS = (
    ("return a?.b.c;", "return None if a is None else a.get('b').get('c')"),
    ("return a?.[b](c);", "return None if a is None else a[b](c)"),
    ("return a.b?.c;", "return None if ($t1 := a.get('b')) is None else $t1.get('c')"),
)
LITERALS = (
    ("return [a, ...b];", "return $list_([a, *(b if $type(b) is $List else $spread(b))])"),
    (
        "return [...a, ...b, ...c, ...a, ...b];",
        "return $list_(a if $type(a) is $List else $spread(a), b if $type(b) is $List else $spread(b), c if $type(c) is $List else $spread(c), a if $type(a) is $List else $spread(a), b if $type(b) is $List else $spread(b))",
    ),
    ("return {k: a, [b]: c, ...a};", "return {'k': a, b if $type(b) is $Str else $key(b): c, **(a if $type(a) is $Dict else $spread_object(a))}"),
)
STATEMENTS = (
    (
        "while (a) { b = 1; }",
        """
        while True:
            if not a:
                break
            b = 1
        """,
    ),
    (
        "while (true) { break; }",
        """
        while True:
            break
        """,
    ),
    (
        "for (x in a) { b = x; }",
        """
        for x in a if $type(a) is $List else $iterate(a):
            b = x
        """,
    ),
    (
        "for (i, x in a) { b = x; }",
        """
        for i, x in $enumerate_(a) if $type(a) is $List else $pairs(a):
            b = x
        """,
    ),
    (
        "for (i in range(a)) { b = i; }",
        """
        for i in $range_(a):
            b = i
        """,
    ),
    (
        "for ([x, y] in a) { b = x; }",
        """
        for $t1 in a if $type(a) is $List else $iterate(a):
            x, y = $t1 if $type($t1) is $List and $size($t1) == 2 else $unpack($t1, 2, 2)
            b = x
        """,
    ),
    (
        "if (a) { return 1; } elif (b) { return 2; } else { return 3; }",
        """
        if a:
            return 1
        elif b:
            return 2
        else:
            return 3
        """,
    ),
    ("throw a;", "raise $raise(a)"),
    (
        'assert a == b, "m";',
        """
        $t1 = a
        $t2 = b
        if not $eq($t1, $t2):
            raise $assertion_pair('==', $t1, $t2, 'm')
        """,
    ),
    (
        "assert a;",
        """
        if not a:
            raise $assertion(None)
        """,
    ),
    (
        "try { a(); } except (e) { b(e); } finally { c(); }",
        """
        try:
            a()
        except $Exception as $t1:
            e$1 = $caught($t1)
            b(e$1)
        finally:
            if $alive or $still():
                c()
        """,
    ),
    (
        "try { a(); } except { b(); }",
        """
        try:
            a()
        except $Exception as $t1:
            $passed($t1)
            b()
        """,
    ),
    (
        'with capability("file.read:./a") { a(); }',
        """
        with $narrow('file.read:./a'):
            a()
        """,
    ),
)
FUNCTIONS = (
    (
        "x = fn(y) => y * 2; return x;",
        """
        def x(y):
            return y * 2 if $type(y) is $Int or $type(y) is $Float else $mul(y, 2)
        return x
        """,
    ),
    (
        "return fn(y) => { return y; };",
        """
        def $fn1(y):
            return y
        return $fn1
        """,
    ),
    (
        "return fn(y, z = [1]) => z;",
        """
        def $fn1(y, z=$unset):
            if z is $unset:
                z = [1]
            return z
        return $fn1
        """,
    ),
    (
        "return fn(...r) => r;",
        """
        def $fn1(*r):
            r = [*r]
            return r
        return $fn1
        """,
    ),
)
DESTRUCTURING = (
    (
        "[x, y] = a; return x + y;",
        """
        x, y = a if $type(a) is $List and $size(a) == 2 else $unpack(a, 2, 2)
        return x + y if $type(x) is $Int or $type(x) is $Float else $add(x, y)
        """,
    ),
    (
        "[x, ...r] = a; return r;",
        """
        x, r = $unpack_rest(a, 1, 0, 1)
        return r
        """,
    ),
    (
        "[x, y = 1] = a; return y;",
        """
        x, $t1 = a if $type(a) is $List and $size(a) == 2 else $unpack(a, 2, 1)
        y = 1 if $t1 is $unset else $t1
        return y
        """,
    ),
    (
        "{k, j = 2} = a; return j;",
        """
        $t1, $t2 = $unpack_object(a, ('k', 'j'))
        k = None if $t1 is $unset else $t1
        j = 2 if $t2 is $unset else $t2
        return j
        """,
    ),
    (
        "{k, ...r} = a; return r;",
        """
        $t1, = $unpack_object(a, ('k',))
        k = None if $t1 is $unset else $t1
        r = $rest_object(a, ('k',))
        return r
        """,
    ),
    ("[a, b] = [b, a];", "a, b = (b, a)"),
    (
        "[a[0], a[1]] = [a[1], a[0]];",
        """
        $t1, $t2 = (a[1], a[0])
        if $type(a) is $List:
            a[0] = $t1
        else:
            $set_item(a, 0, $t1)
        if $type(a) is $List:
            a[1] = $t2
        else:
            $set_item(a, 1, $t2)
        """,
    ),
)
COMPOUND = (
    ("a += 1;", "a = a + 1"),
    ("a.k += 1;", "a['k'] += 1"),
    (
        "a[b] += c;",
        """
        $t1 = a[b]
        a[b] = $t1 + c if $type($t1) is $Int or $type($t1) is $Float else $iadd($t1, c)
        """,
    ),
    (
        "a ??= b;",
        """
        if a is None:
            a = b
        """,
    ),
    (
        's = ""; s += a;',
        """
        s = ''
        if $type(a) is $Str:
            s += a
            if $size(s) > 67108864:
                $concat(s)
        else:
            s = $add(s, a)
        """,
    ),
    (
        's = ""; s += "x"; s += a + "y"; return s;',
        """
        s = ''
        s += 'x'
        s += f'{(a if $type(a) is $Str else $display(a))}y'
        if $size(s) > 67108864:
            $concat(s)
        return s
        """,
    ),
    (
        "x = 0; x += 1; return x;",
        """
        x = 0
        x = x + 1
        return x
        """,
    ),
    (
        "xs = [1]; xs += a; return xs;",
        """
        xs = [1]
        xs = xs + a if $type(xs) is $Int or $type(xs) is $Float else $iadd(xs, a)
        return xs
        """,
    ),
)
MATCHES = (
    (
        'match (a) { 1 => b(), "x" => c(), _ => null };',
        """
        if $type(a) is not $Bool and a == 1:
            b()
        elif a == 'x':
            c()
        elif True:
            None
        """,
    ),
    (
        "return match (a) { [x, y] if x > y => x, {k, j: 0} => k, null | true => 1, [h, ...t] => t };",
        """
        $t1 = None
        if $type(a) is $List and $size(a) == 2 and ((x$1 := a[0]) is x$1) and ((y$2 := a[1]) is y$2) and (x$1 > y$2 if $type(x$1) is $Int or $type(x$1) is $Float or $type(x$1) is $Str else $gt(x$1, y$2)):
            $t1 = x$1
        elif $type(a) is $Dict and 'k' in a and ((k$3 := a['k']) is k$3) and ('j' in a) and (($t2 := a['j']) is $t2) and ($type($t2) is not $Bool) and ($t2 == 0):
            $t1 = k$3
        elif a is None or a is True:
            $t1 = 1
        elif $type(a) is $List and $size(a) >= 1 and ((h$4 := a[0]) is h$4) and ((t$5 := a[1:]) is t$5):
            $t1 = t$5
        return $t1
        """,
    ),
    ("return 1 + (match (a) { n => n });", "return 1 + (None if ($t1 := a) is $unset else n$1 if (n$1 := $t1) is n$1 else None)"),
)
NAMES = (
    (
        "None = 1; return None;",
        """
        None$ = 1
        return None$
        """,
    ),
)

TABLES = {name: table for name, table in vars().copy().items() if name.isupper() and isinstance(table, tuple)}


@pytest.mark.parametrize(("text", "python"), [pytest.param(*row, id=f"{name.lower()}: {row[0][:60]}") for name, table in TABLES.items() for row in table])
def test_construct(text, python):
    assert inside(text) == dedent(python).strip()


# ── what is known of values leaves guards out ────────────────────────────────────────────────────────────────────


def test_a_function_called_with_known_kinds_has_a_twin_without_guards():
    text = program("function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } fib(10);")
    assert "def fib$n(n):\n    return n if n < 2 else fib$n(n - 1) + fib$n(n - 2)" in text
    assert "$value = fib$n(10)" in text
    assert "$add" in text.partition("def fib$n")[0], "the function that leaves the program keeps its guards"


def test_a_twin_that_gets_several_kinds_keeps_its_guards():
    assert program('function twice(n) { return n + n; } twice(2); twice("a");').count("$add(n, n)") == 2
    assert mlpy.run('function twice(n) { return n + n; } [twice(2), twice("a"), twice([1])]') == [4, "aa", [1, 1]]


def test_a_function_that_is_held_as_a_value_is_the_one_with_guards():
    text = program("function half(n) { return n * n; } half(2); f = half; f([1]);")
    assert "f = half\n" in text
    assert "half$n(2)" in text
    assert "$mul" in text.partition("def half$n")[0]


def test_items_of_an_array_that_stays_inside_have_their_kinds():
    text = program("xs = []; for (i in range(10)) { xs.append(i); } total = 0; for (x in xs) { total = total + x; } total")
    assert "total = total + x\n" in text
    assert "xs.append(i)\n" in text


def test_items_of_an_array_that_is_seen_elsewhere_do_not():
    assert "$add(x, x)" in program("function f(v) { v.push([1]); } xs = [1]; f(xs); for (x in xs) { y = x + x; }")


def test_arrows_get_the_kinds_of_the_array_they_are_mapped_over():
    assert "lambda x: x * x" in program("map(fn(x) => x * x, [1.5, 2.5]);")


@pytest.mark.parametrize("text", ["x = 1.5; y = x * x;", "x = 2; y = x + x;", 'x = "a"; y = x == x;', "x = 7 / 2; y = x % 2;", "x = len([1]); y = x < 2;"])
def test_operators_on_known_scalars_are_plain(text):
    assert "$type" not in program(text)


@pytest.mark.parametrize("text", ["x = 3; while (true) { x = x * x; }", "x = [1]; while (true) { x = x + x; }", 'x = "a"; while (true) { x = x + x; }'])
def test_growth_is_always_checked(text):
    assert any(check in program(text) for check in ("$mul", "$add", "$iadd", "$size", "$concat"))


# ── programs, sessions, tests, step limits ───────────────────────────────────────────────────────────────────────


def test_the_last_expression_is_the_value_and_names_are_exported():
    assert program("x = 1; _y = 2; x + 1") == "$value = None\nx = 1\n_y = 2\n$value = x + 1\nreturn ($value, {'x': x})"


def test_names_that_may_be_unbound_are_exported_if_they_are_not():
    assert "try:\n    $exports['y'] = y\nexcept $NameError:\n    pass" in program("x = 1; if (x) { y = 2; }")


def test_a_variable_with_the_name_of_a_builtin_begins_as_it():
    assert program("max = max(1, 2);").startswith("max = $max\n")
    assert "(len if $callable_(len) else $len)([1])" in program("len = 3; len([1]);")


def test_names_that_only_functions_bind_are_local_to_the_program():
    assert program("function f() { nonlocal n; n = 1; } f();").startswith("n = None\ndel n\n")


def test_declarations():
    text = program('import math; capability R { resource "./a"; allow read; } with capability(R) { math.pi; }')
    assert "math = $import('math', True)" in text
    assert "R = $capability('R', (('read', None),), ('./a',))" in text
    assert "with $narrow(R):" in text


def test_doc_comments_become_docstrings_and_strings_do_not():
    assert '"""says hello"""' in program("/// says hello\nfunction f() { return 1; }")
    assert program('function f() { "no"; return 1; }').count("no") == 0


def test_tests_are_kept_only_where_they_are_asked_for():
    assert "$test" not in program('test "t" { assert true; }')
    assert "$tests.append(('t', $test1))" in program('test "t" { assert true; }', tests=True)


def test_a_session_keeps_its_names_in_the_namespace():
    tree = lowered("x = 1; function f() { nonlocal x; x = y; return x; } f()", session=("y",))
    assert unparsed(tree.body) == "def f():\n    global x\n    x = y\n    return x\nx = 1\n$value = f()"


def test_loops_and_functions_burn_fuel_under_a_step_limit():
    text = program("function f(n) { return g(n); } function g(n) { return n; } while (f(1)) { f(2); } for (x in [1]) { f(x); }", fuel=True)
    assert text.count("$exhausted()") >= 3
    assert "while" not in text
    assert "$fuel" not in program("while (true) { 1; }")


def test_every_node_has_the_position_of_its_source():
    text = "x = [1,\n  2];\nfunction f(a) {\n  return a.b + x[0];\n}\nf({b: 1})"
    tree = lowered(text)
    lines = text.split("\n")
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            assert 1 <= node.lineno <= node.end_lineno <= len(lines), ast.dump(node)
            assert 0 <= node.col_offset <= len(lines[node.lineno - 1])
    name = next(node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load))
    assert lines[name.lineno - 1][name.col_offset : name.end_col_offset] == "x[0]"


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_a_match_of_many_arms_is_cut_into_groups(count):
    arms = ", ".join(f"{number} => {number * 2}" for number in range(count))
    assert mlpy.run(f"x = {count - 1}; match (x) {{ {arms}, _ => -1 }}") == count * 2 - 2
    assert mlpy.run(f"x = {count}; 1 + (match (x) {{ {arms}, _ => -1 }})") == 0
    assert mlpy.run(f"x = {count}; y = match (x) {{ {arms} }}; y") is None
