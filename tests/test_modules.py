"""Programs of several files: what an import finds, what it gives, what is said of mistakes, how files are cached and reloaded."""

from __future__ import annotations

import json
import os
import time

import pytest

from mlpy import CheckFailed, Engine, Limits, MLError, modules
from mlpy import cache as cache_module
from mlpy.render import error_text
from mlpy.source import Source


@pytest.fixture
def project(tmp_path, monkeypatch):
    """`project({name: text})` writes files and goes to their folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write(files):
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    write.folder = folder
    return write


def compiled(text, name="main.ml", **options):
    path = os.path.abspath(name)
    return Engine(**options).compile(Source(text, name, path), inputs=())


def value(text, **options):
    return compiled(text, **options).run().value


def failure(text, **options):
    with pytest.raises(MLError) as caught:
        compiled(text, **options).run()
    return caught.value


# ── what an import finds ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_beside_the_program_and_below_its_folder(project):
    project({"a.ml": "x = 1;", "b/c/d.ml": "import e; x = e.x;", "b/c/e.ml": "x = 2;"})
    assert value("import a; import b.c.d; [a.x, b.c.d.x]") == [1, 2]


def test_as_binds_the_leaf(project):
    project({"b/c.ml": "x = 2;"})
    assert value("import b.c as leaf; [leaf.x, typeof(leaf), str(leaf)]") == [2, "module", "<module b.c>"]


def test_imports_under_one_head_join(project):
    project({"a.ml": "x = 1; b = 'own';", "a/b.ml": "x = 2;", "a/b/c.ml": "x = 3;", "a/d.ml": "x = 4;"})
    assert value("import a.b.c; import a.d; import a.b; import a; [a.x, a.b.x, a.b.c.x, a.d.x]") == [1, 2, 3, 4]
    assert value("import a; [a.x, a.b]") == [1, "own"]
    assert value("import a; import a.d; [a.x, a.b, a.d.x, keys({x: a.nothing})]") == [1, "own", 4, ["x"]]
    assert value("import a.b.c; [a.b.c.x, a.b.x, a.x, typeof(a), typeof(a.b), str(a.b)]") == [3, None, None, "module", "module", "<module a.b>"]
    assert sorted(value("import a; import a.d; methods(a)")) == []


def test_what_one_file_imports_is_not_seen_through_another(project):
    project({"a/one.ml": "x = 1;", "a/two.ml": "x = 2;", "user.ml": "import a.two; y = a.two.x;"})
    assert value("import a.one; import user; [user.y, a.two]") == [2, None]


def test_module_paths_come_after_the_folder_of_the_importing_file(project, tmp_path):
    project({"here.ml": "x = 'project';", "../first/here.ml": "x = 'first';", "../first/there.ml": "import beside; x = beside.x;", "../first/beside.ml": "x = 'beside';"})
    project({"../second/there.ml": "x = 'second';", "../second/last.ml": "x = 'last';"})
    paths = [str(tmp_path / "first"), str(tmp_path / "second")]
    assert value("import here; import there; import last; [here.x, there.x, last.x]", module_paths=paths) == ["project", "beside", "last"]
    assert value("import there; there.x", module_paths=paths[::-1]) == "second"


def test_a_text_finds_files_in_the_project_folder_and_on_the_module_paths(project):
    project({"a.ml": "x = 1;", "lib/b.ml": "x = 2;"})
    engine = Engine(project_root=".", module_paths=["lib"])
    assert engine.run("import a; import b; [a.x, b.x]").value == [1, 2]
    with pytest.raises(CheckFailed):
        Engine().run("import a;")


def test_folders_are_taken_from_where_the_engine_was_made(project, monkeypatch):
    project({"a.ml": "x = 1;", "lib/b.ml": "x = 2;", "away/a.ml": "x = 9;"})
    engine = Engine(project_root=".", module_paths=["lib"])
    monkeypatch.chdir("away")
    assert engine.run("import a; import b; [a.x, b.x]").value == [1, 2]


def test_module_paths_are_a_list():
    with pytest.raises(TypeError, match="module paths are a list"):
        Engine(module_paths="lib")


def test_the_names_of_a_registered_module_stay_its_own(project):
    project({"math.ml": "pi = 3;", "math/own.ml": "pi = 4;"})
    assert value("import math.own; import math; import math.own as own; [math.pi > 3.1, math.own.pi, own.pi]") == [True, 4, 4]
    assert value("import math; import math.own; [math.sqrt(4), math.own.pi]") == [2, 4]


def test_registered_modules_may_have_dots_in_their_names(project, tmp_path):
    (tmp_path / "extensions").mkdir()
    text = """
from mlpy.sdk import ml_function, ml_module

@ml_module("acme.{name}")
class Acme:
    pass

@ml_function(capability="crypto.random")
def {name}() -> str:
    \"\"\"Its name. Example: `acme.{name}.{name}()` → `\"{name}\"`.\"\"\"
    return "{name}"
"""
    for name in ("pay", "ship"):
        (tmp_path / "extensions" / f"{name}.py").write_text(text.format(name=name))
    project({"acme/own.ml": "x = 1;"})
    options = {"extension_paths": [str(tmp_path / "extensions")]}
    program = compiled("import acme.pay; import acme.ship as ship; import acme.own; [acme.pay.pay(), ship.ship(), acme.own.x, acme.ship, str(acme)]", **options)
    assert program.needs == ("crypto.random",)
    assert program.run(grants=["crypto.random"]).value == ["pay", "ship", 1, None, "<module acme>"]
    assert compiled("import acme.pay; f = acme.pay.pay;", **options).needs == ("crypto.random",)
    assert compiled("import acme.pay; f = acme.ship;", **options).needs == ()


# ── what it gives ────────────────────────────────────────────────────────────────────────────────────────────────


def test_exports_are_the_top_level_names_without_those_that_are_private_and_imported(project):
    project({"a.ml": "import math; _own = 1; x = 2; function f() { y = 3; return y; } type T = number; for (i in [7]) { } if (false) { never = 1; } test 'x' { assert true; }"})
    result = compiled("import a; {math: a.math, own: a._own, x: a.x, f: a.f(), i: a.i, never: a.never, t: a.T, y: a.y, methods: methods(a)}").run()
    assert result.value == {"math": None, "own": None, "x": 2, "f": 3, "i": 7, "never": None, "t": None, "y": None, "methods": ["f"]}


def test_exports_are_read_only(project):
    project({"a.ml": "x = 1; xs = [1];"})
    for attempt in ("a.x = 2;", "a.y = 2;", 'a["x"] = 2;', "a.x += 1;"):
        assert failure(f"import a; function set(a) {{ {attempt} }} set(a);").type == "TypeError"
    assert value("import a; a.xs.append(2); import a as again; again.xs") == [1, 2]


def test_a_file_runs_once_in_a_run_and_again_in_the_next(project):
    project({"count.ml": "n = [0]; print('start'); function next() { n[0] += 1; return n[0]; }", "a.ml": "import count; x = count.next();", "b.ml": "import count; x = count.next();"})
    program = compiled("import a; import b; import count; [a.x, b.x, count.next()]")
    for _ in range(2):
        result = program.run()
        assert (result.value, result.output) == ([1, 2, 3], "start\n")


def test_functions_keep_the_names_of_their_file(project):
    project({"a.ml": "x = 'a'; function get() { return x; } function set(v) { nonlocal x; x = v; return get(); }"})
    assert value("x = 'main'; import a; [a.get(), a.set('b'), x, a.x]") == ["a", "b", "main", "a"]


def test_a_program_holds_its_files_as_they_were_when_it_was_compiled(project):
    folder = project({"a.ml": "x = 1;"})
    program = compiled("import a; a.x")
    (folder / "a.ml").write_text("x = 2;")
    assert program.run().value == 1
    assert program.run(limits=Limits(steps=1000)).value == 1
    (folder / "a.ml").unlink()
    assert program.run().value == 1


def test_the_hosts_names_are_the_programs_alone(project):
    project({"a.ml": "x = order;"})
    with pytest.raises(CheckFailed):
        Engine(functions={"order": lambda: 1}, project_root=".").run("import a; order()", inputs={"x": 1})


def test_functions_of_a_file_go_to_the_host(project):
    project({"a.ml": "/// Adds.\nfunction add(x, y = 2) { return x + y; } function fail() { throw 'no'; }"})
    got = value("import a; {add: a.add, fail: a.fail}")
    assert got["add"](1) == 3
    assert got["add"].__doc__ == "Adds."
    with pytest.raises(MLError, match="no") as caught:
        got["fail"]()
    assert caught.value.source.name == "a.ml"


def test_modules_lists_files(project):
    project({"lib/a.ml": "x = 1;"})
    assert value("import lib.a; import math; modules()") == ["lib.a", "math"]


def test_help_of_a_file(project):
    project({"a.ml": "x = 1; function f(y, z = 2) { }"})
    assert compiled("import a; help(a);").run().output == "<module a>\n  x\n  f(y, z = 2)\n"


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_circle_is_shown(project):
    project({"a.ml": "import b;", "b.ml": "import c.d;", "c/d.ml": "x = 1;\nimport a;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import a;")
    assert caught.value.code == "E0501"  # c/d looks beside itself and finds no a
    project({"c/d.ml": "x = 1;", "b.ml": "import c.d;\nimport a as back;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import c.d;\nimport a;")
    (found,) = caught.value.diagnostics
    assert (found.code, found.title, found.source.name) == ("E0505", "the imports run in a circle: `a → b → a`", "b.ml")
    assert found.source.text[found.span.start : found.span.end] == "import a as back;"
    assert found.note == "imported by `main.ml:2` → `a.ml:1`"


def test_a_program_that_imports_itself(project):
    project({"main.ml": "import main;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import main;")
    assert [(one.code, one.title, one.note) for one in caught.value.diagnostics] == [("E0505", "the imports run in a circle: `main → main`", None)]


def test_a_circle_through_the_program(project):
    project({"main.ml": "import a;", "a.ml": "import main;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import a;")
    assert [(one.code, one.title) for one in caught.value.diagnostics] == [("E0505", "the imports run in a circle: `main → a → main`")]


def test_every_broken_file_is_told_with_the_way_to_it(project):
    project({"a.ml": "import b;\nimport c;\nx = 1;", "b.ml": "y = ;", "c.ml": "\n\nz = unknown;", "d.ml": "import gone;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import a;\nimport d;")
    found = [(one.code, one.source.name, one.note.rpartition("\n")[2]) for one in caught.value.diagnostics]
    assert found == [
        ("E0105", "b.ml", "imported by `main.ml:1` → `a.ml:1`"),
        ("E0203", "c.ml", "imported by `main.ml:1` → `a.ml:2`"),
        ("E0501", "d.ml", "imported by `main.ml:2`"),
    ]
    assert "c.ml:3:5" in error_text(caught.value)


def test_a_missing_module_suggests_a_file(project):
    project({"helpers.ml": "x = 1;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import helper;")
    assert caught.value.diagnostics[0].hint == "did you mean `helpers`?"
    project({"shop/prices.ml": "x = 1;"})
    with pytest.raises(CheckFailed) as caught:
        compiled("import shop.price;")
    assert caught.value.diagnostics[0].hint == "did you mean `shop.prices`?"


def test_a_fault_in_a_file_has_its_place_and_the_stack_of_imports(project):
    project({"a.ml": "\nimport b;", "b.ml": "xs = [];\nx = xs[1];"})
    error = failure("import a;")
    assert (error.type, error.source.name, error.source.position(error.span.start)) == ("IndexError", "b.ml", (2, 5))
    assert [(one.file, one.line, one.function) for one in error.stack] == [("main.ml", 1, "main"), ("a.ml", 2, "main"), ("b.ml", 2, "main")]


def test_a_fault_in_a_file_can_be_caught_where_its_function_is_called(project):
    project({"a.ml": "function f() { return [][1]; }"})
    assert value("import a; try { a.f(); } except (e) { r = [e.type, e.file, e.line, e.stack.map(fn(s) => s.file)]; } r") == ["IndexError", "a.ml", 1, ["main.ml", "a.ml"]]


def test_a_file_that_is_no_text(project):
    (project.folder / "a.ml").write_bytes(b"\xef\xbb\xbfx = '\xe4\xb8\x80\xff';")
    with pytest.raises(CheckFailed) as caught:
        compiled("import a;")
    (found,) = caught.value.diagnostics
    assert (found.code, found.title, found.span.start, found.label) == ("E0130", "`a.ml` is not UTF-8", 6, "byte 0xff")


def test_a_file_that_is_too_large(project):
    project({"a.ml": "// " + "x" * 300_000, "b.ml": "//" + "é" * 3_000_000})
    with pytest.raises(CheckFailed) as caught:
        compiled("import a; import b;")
    assert [(one.code, one.source.name) for one in caught.value.diagnostics] == [("E0127", "a.ml"), ("E0127", "b.ml")]


def test_a_program_has_so_many_files_at_most(project, monkeypatch):
    monkeypatch.setattr(modules, "MAX_FILES", 3)
    project({f"m{n}.ml": f"import m{n + 1};" if n < 5 else "" for n in range(6)})
    with pytest.raises(CheckFailed) as caught:
        compiled("import m0;")
    assert (caught.value.code, caught.value.diagnostics[0].label) == ("E0501", "a program has at most 3 files")


def test_a_file_is_not_loaded_for_ever_more_authorities(project, monkeypatch):
    monkeypatch.setattr(modules, "MAX_LOADED", 200)
    for n in range(12):
        for side in "ab":
            project({f"{side}{n}.ml": f"capability C {{ resource '/{side}{n}'; allow read; }}\n" + (f"import a{n + 1}; import b{n + 1};" if n < 11 else "")})
    error = failure("import a0; import b0;")
    assert (error.type, error.message) == ("ImportError", "the program loads more than 200 modules")


def test_compiling_many_files_is_under_the_time_limit(project):
    project({f"m{n}.ml": "x = 1;" for n in range(5)})
    with pytest.raises(MLError) as caught:
        compiled("".join(f"import m{n};" for n in range(5)), limits=Limits(time=1e-9))
    assert caught.value.limit == "time"


def test_a_long_chain_of_imports_runs(project):
    project({f"m{n}.ml": f"import m{n + 1}; x = m{n + 1}.x + 1;" if n < 200 else "x = 0;" for n in range(201)})
    assert value("import m0; m0.x") == 200


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("limits", [Limits(time=0.2), Limits(steps=10_000)])
@pytest.mark.parametrize("text", ["while (true) { }", "try { while (true) { } } except { } finally { print('on'); }"])
def test_limits_hold_at_the_top_level_of_a_file_and_in_its_functions(project, limits, text):
    project({"top.ml": text, "inner.ml": f"function spin() {{ {text} }}"})
    for program in ("import top;", "import inner; inner.spin();"):
        printed = []
        began = time.monotonic()
        with pytest.raises(MLError) as caught:
            compiled(program).run(limits=limits, output=printed)
        assert caught.value.limit == ("time" if limits.time else "steps")
        assert printed == []
        assert time.monotonic() - began < 10


def test_output_of_files_counts(project):
    project({"a.ml": "function say() { for (i in range(1000)) { print('0123456789'); } }"})
    with pytest.raises(MLError) as caught:
        compiled("import a; a.say();").run(limits=Limits(output=500))
    assert caught.value.limit == "output"


# ── what a program needs ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_needs_of_a_program_are_those_of_all_its_files(project, tmp_path):
    project({"a.ml": "import crypto; x = crypto.uuid;", "b.ml": 'capability C { resource "./out/**"; allow write; }', "../lib/far.ml": "import crypto; x = crypto.uuid;"})
    assert compiled("import a; import b;").needs == ("crypto.random", "file.write:./out/**")
    assert compiled("import far;", module_paths=[str(tmp_path / "lib")]).needs == ()


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A cache of its own; gives the names of the files that were compiled since it was last asked."""
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MLPY_CACHE", "1")
    from mlpy import engine

    seen = []
    build = engine.build
    monkeypatch.setattr(engine, "build", lambda source, **options: seen.append(source.name) or build(source, **options))

    def since():
        names = [*seen]
        seen.clear()
        return names

    return since


def test_only_what_changed_is_compiled_again(project, kept):
    project({"a.ml": "import b; x = b.x;", "b.ml": "x = 1;"})
    assert value("import a; a.x", cache=True) == 1
    assert kept() == ["main.ml", "a.ml", "b.ml"]
    assert value("import a; a.x", cache=True) == 1
    assert kept() == []
    project({"b.ml": "x = 2;"})
    assert value("import a; a.x", cache=True) == 2
    assert kept() == ["b.ml"]
    assert value("import a; import b; a.x + b.x", cache=True) == 4
    assert kept() == ["main.ml"]
    project({"b.ml": "x = 1;"})
    assert value("import a; a.x", cache=True) == 1
    assert kept() == []


def test_a_file_that_has_gone_is_missed(project, kept):
    folder = project({"a.ml": "import b; x = b.x;", "b.ml": "x = 1;"})
    assert value("import a; a.x", cache=True) == 1
    (folder / "b.ml").unlink()
    with pytest.raises(CheckFailed) as caught:
        compiled("import a; a.x", cache=True)
    assert [(one.code, one.source.name, one.note) for one in caught.value.diagnostics] == [("E0501", "a.ml", "imported by `main.ml:1`")]
    project({"b.ml": "x = 3;"})
    assert value("import a; a.x", cache=True) == 3
    (folder / "a.ml").unlink()
    with pytest.raises(CheckFailed) as caught:
        compiled("import a; a.x", cache=True)
    assert [(one.code, one.source.name, one.note) for one in caught.value.diagnostics] == [("E0501", "main.ml", None)]


def test_a_nearer_file_counts_as_soon_as_it_is_there(project, kept, tmp_path):
    project({"../lib/a.ml": "x = 'far';"})
    paths = [str(tmp_path / "lib")]
    assert value("import a; a.x", cache=True, module_paths=paths) == "far"
    project({"a.ml": "x = 'near';"})
    assert value("import a; a.x", cache=True, module_paths=paths) == "near"


def test_a_registered_module_counts_as_soon_as_it_is_there(project, kept, tmp_path):
    project({"shop.ml": "x = 'file';", "via.ml": "import shop; x = shop.x;"})
    (tmp_path / "extensions").mkdir()
    paths = [str(tmp_path / "extensions")]
    for _ in range(2):
        assert value("import shop; import via; [shop.x, via.x]", cache=True, extension_paths=paths) == ["file", "file"]
    (tmp_path / "extensions" / "shop.py").write_text('from mlpy.sdk import ml_module\n\n@ml_module("shop")\nclass Shop:\n    x = "module"\n')
    for _ in range(2):
        assert value("import shop; import via; [shop.x, via.x]", cache=True, extension_paths=paths) == ["module", "module"]


def test_step_limits_have_a_code_of_their_own(project, kept):
    project({"a.ml": "function spin() { while (true) { } }"})
    for _ in range(2):
        with pytest.raises(MLError) as caught:
            compiled("import a; a.spin();", cache=True).run(limits=Limits(steps=100))
        assert caught.value.limit == "steps"
    assert sorted(kept()) == ["a.ml", "a.ml", "main.ml", "main.ml"]


def test_without_a_cache_nothing_is_kept(project, kept, tmp_path):
    project({"a.ml": "x = 1;"})
    value("import a; a.x")
    value("import a; a.x")
    assert kept() == ["main.ml", "a.ml"] * 2


def test_a_spoilt_entry_is_only_slow(project, kept, tmp_path):
    project({"a.ml": "x = 1;"})
    assert value("import a; a.x", cache=True) == 1
    for entry in (tmp_path / "cache").glob("*.code"):
        entry.write_bytes(entry.read_bytes()[:-1] + b"?")
    kept()
    assert value("import a; a.x", cache=True) == 1
    assert kept() == ["main.ml", "a.ml"]
    assert cache_module.cache_dir() == str(tmp_path / "cache")


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_imports_from_its_folder(project):
    project({"a.ml": "x = 1; f = fn() => x;", "lib/b.ml": "x = 2;"})
    session = Engine(project_root=".", module_paths=["lib"]).session()
    session.evaluate("import a;")
    session.evaluate("import b; import lib.b as other;")
    assert session.evaluate("[a.x, a.f(), b.x, other.x]").value == [1, 1, 2, 2]
    with pytest.raises(CheckFailed):
        session.evaluate("import nothing;")
    assert session.evaluate("a.x").value == 1


def test_names_below_one_head_join_over_cells(project):
    project({"a/b.ml": "x = 1;", "a/c.ml": "x = 2;"})
    session = Engine(project_root=".").session()
    session.evaluate("import a.b; held = a;")
    session.evaluate("import a.c;")
    assert session.evaluate("[a.b.x, a.c.x, held.c.x]").value == [1, 2, 2]


def test_a_session_keeps_a_file_until_it_is_reloaded(project):
    project({"a.ml": "x = 1; function f() { return x; }"})
    session = Engine(project_root=".").session()
    session.evaluate("import a; held = {module: a}; old = a.f;")
    project({"a.ml": "x = 2; function f() { return x; } function g() { return 'new'; }"})
    assert session.evaluate("import a; a.x").value == 1
    session.reload("a")
    assert session.evaluate("[a.x, held.module.f(), a.g(), old()]").value == [2, 2, "new", 1]


@pytest.mark.parametrize(("text", "words"), [("x = ;", "a value"), ("x = [][1];", "IndexError"), ("x = nope;", "nope"), ("import gone;", "gone"), ("while (true) { }", "longer")])
def test_a_reload_that_fails_leaves_the_old_one(project, text, words):
    project({"a.ml": "x = 1; function f() { return x; }"})
    session = Engine(project_root=".", limits=Limits(time=0.5)).session()
    session.evaluate("import a;")
    project({"a.ml": text})
    with pytest.raises(MLError) as caught:
        session.reload("a")
    assert words in error_text(caught.value)
    assert session.evaluate("[a.x, a.f()]").value == [1, 1]


def test_a_reload_reaches_files_that_import_it(project):
    project({"a.ml": "import b; function get() { return b.x; }", "b.ml": "x = 1;"})
    session = Engine(project_root=".").session()
    session.evaluate("import a;")
    project({"b.ml": "x = 2;"})
    session.reload("b")
    assert session.evaluate("a.get()").value == 2


def test_a_reload_goes_by_every_name_of_a_file(project):
    project({"shop/orders.ml": "import prices; function get() { return prices.x; }", "shop/prices.ml": "x = 1;"})
    session = Engine(project_root=".").session()
    session.evaluate("import shop.orders; import shop.prices; import shop.prices as p;")
    assert session.evaluate("[str(shop.prices), str(p), shop.orders.get()]").value == ["<module shop.prices>", "<module shop.prices>", 1]
    for name, x in (("shop.prices", 2), ("prices", 3)):
        project({"shop/prices.ml": f"x = {x};"})
        session.reload(name)
        assert session.evaluate("[shop.prices.x, p.x, shop.orders.get()]").value == [x, x, x]


def test_a_reload_takes_in_new_imports(project):
    project({"a.ml": "x = 1;", "b.ml": "x = 5;"})
    session = Engine(project_root=".").session()
    session.evaluate("import a;")
    project({"a.ml": "import b; x = b.x;"})
    session.reload("a")
    assert session.evaluate("a.x").value == 5
    project({"b.ml": "import a; x = a.x;"})
    with pytest.raises(CheckFailed) as caught:
        session.reload("a")
    assert caught.value.code == "E0505"


def test_what_a_file_costs_is_told_apart_from_what_it_imports(project):
    project({"a.ml": "import b; function twice(n) { return b.sum(n) + b.sum(n); }", "b.ml": "function sum(n, class = 0) { t = class; for (i in range(n)) { t += i; } return t; }"})
    session = Engine(project_root=".").session()
    assert session.metrics() == {}
    session.evaluate("import a; import b;")
    session.measure()
    assert session.evaluate("[a.twice(10_000), b.sum(3, class: 4)]").value == [99_990_000, 7]
    taken = session.metrics()
    assert {name: one.calls for name, one in taken.items()} == {"a": {"twice": 1}, "b": {"sum": 3}}
    assert taken["b"].time > taken["a"].time
    assert taken["a"].functions["twice"].total > taken["b"].functions["sum"].p95 > 0
    assert all(one.discovery > 0 and one.load_time > 0 for one in taken.values())
    seen = session.evaluate("import parallel; help(a.twice); parallel.map(a.twice, [5, 6])")
    assert (seen.output, seen.value) == ("twice(n)\n", [20, 30])
    project({"b.ml": "function sum(n) { return 1; }"})
    session.reload("b")
    assert session.evaluate("a.twice(3)").value == 2
    assert session.metrics()["b"].calls == {"sum": 5}
    session.stop_measuring()
    session.evaluate("b.sum(3)")
    session.measure()
    assert session.metrics()["b"].calls == {}


def test_what_was_never_imported_cannot_be_reloaded(project):
    session = Engine(project_root=".").session()
    with pytest.raises(MLError, match="no module `nothing`"):
        session.reload("nothing")


def test_a_file_that_is_gone_cannot_be_reloaded(project):
    folder = project({"a.ml": "x = 1;"})
    session = Engine(project_root=".").session()
    session.evaluate("import a;")
    (folder / "a.ml").unlink()
    with pytest.raises(MLError, match=r"`a\.ml` is gone"):
        session.reload("a")
    assert session.evaluate("a.x").value == 1


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_check_follows_imports_and_tells_each_mistake_once(project, command):
    folder = project({"a.ml": "import b;", "b.ml": "x = nope;", "c.ml": "import b;", "d.ml": "import helper; helper.go(1, 2); helper.gone;", "helper.ml": "function go(x) { }\nunused = fn(y) => 1;"})
    done = command("check", "a.ml", "c.ml", cwd=folder)
    assert (done.code, done.stderr.count("unknown name `nope`")) == (1, 1)
    assert "imported by `a.ml:1`" in done.stderr
    done = command("check", ".", cwd=folder)
    assert done.stderr.count("unknown name `nope`") == 1
    assert "imported by" not in done.stderr
    record = json.loads(command("check", "--json", "c.ml", cwd=folder).stdout)
    assert [(one["file"], one["code"]) for one in record["files"][0]["diagnostics"] if one["severity"] == "error"] == [("b.ml", "E0203")]
    record = json.loads(command("check", "--json", "d.ml", cwd=folder).stdout)
    assert [one["code"] for one in record["files"][0]["diagnostics"] if one["severity"] == "error"] == ["E0403", "E0404"]


def test_check_mends_only_the_file_that_it_was_given(project, command):
    folder = project({"a.ml": "import b;\nprnt(b.x);\n", "b.ml": "x = lenn([]);\n"})
    command("check", "--fix", "a.ml", cwd=folder)
    assert (folder / "a.ml").read_text() == "import b;\nprint(b.x);\n"
    assert (folder / "b.ml").read_text() == "x = lenn([]);\n"


def test_run_of_a_text_imports_from_the_present_folder(project, command):
    folder = project({"a.ml": "x = 1;"})
    assert command("run", "-c", "import a; print(a.x);", cwd=folder).stdout == "1\n"
    assert command("run", "-", cwd=folder, input=b"import a; print(a.x);").stdout == "1\n"
    assert command("check", "-", cwd=folder, input=b"import a; print(a.x);").code == 0


def test_run_names_files_as_the_program_is_named(project, command):
    project({"sub/main.ml": "import lib.a;", "sub/lib/a.ml": "x = [][0];", "../far/b.ml": "x = [][0];", "sub/b.ml": ""})
    assert "sub/lib/a.ml:1:5" in command("run", "sub/main.ml", cwd=project.folder).stderr
    assert "\n  ┌─ lib/a.ml:1:5" in command("run", "main.ml", cwd=project.folder / "sub").stderr
    project({"main.ml": "import b;"})
    assert "\n  ┌─ ../far/b.ml:1:5" in command("run", "-M", "../far", "main.ml", cwd=project.folder).stderr


def test_tests_of_a_program_use_its_files_and_leave_out_theirs(project, command):
    folder = project({"main.ml": "import a;\ntest 'own' { assert a.two() == 2; }\n", "a.ml": "function two() { return 2; }\ntest 'theirs' { assert false; }\n"})
    done = command("test", "--coverage", "main.ml", cwd=folder)
    assert (done.code, "1 passed" in done.stdout) == (0, True)


def test_emit_of_a_program_that_imports(project, command):
    folder = project({"main.ml": "import a;\nprint(a.x);\n", "a.ml": "x = 1;"})
    assert command("emit", "py", "main.ml", cwd=folder).code == 0


def test_caps_tells_what_all_files_need(project, command, tmp_path):
    folder = project({
        "main.ml": "import rules;\nimport far;\nimport crypto;\ncrypto.randomHex(4);\n",
        "rules.ml": 'import deep.down;\ncapability C { resource "./out/**"; allow write; }\nwith capability(C) { }\n',
        "deep/down.ml": "import crypto;\nfunction id() { return crypto.uuid(); }\n",
        "../lib/far.ml": "import crypto;\nfunction id() { return crypto.uuid(); }\n",
    })
    done = command("caps", "-M", "../lib", "main.ml", cwd=folder)
    assert done.stdout == (
        "main.ml\n"
        "├─ crypto.random\n"
        "├─ rules.ml\n"
        "│  ├─ file.write:./out/**\n"
        "│  └─ deep/down.ml\n"
        "│     └─ crypto.random\n"
        "└─ ../lib/far.ml\n"
        "   └─ outside of the project and without a `capability` block: every use is refused\n"
        "\n"
        "mlpy run -M ../lib --allow crypto.random --allow 'file.write:./out/**' main.ml\n"
    )
    record = json.loads(command("caps", "--json", "-M", "../lib", "main.ml", cwd=folder).stdout)
    assert (record["needs"], record["flags"]) == (["crypto.random", "file.write:./out/**"], ["--allow crypto.random", "--allow 'file.write:./out/**'"])
    assert [(one["file"], one["imported_by"], one["outside"], one["needs"], one["denied"]) for one in record["files"]] == [
        ("main.ml", [], False, ["crypto.random"], []),
        ("rules.ml", ["main.ml"], False, ["file.write:./out/**"], []),
        ("deep/down.ml", ["main.ml", "rules.ml"], False, ["crypto.random"], []),
        ("../lib/far.ml", ["main.ml"], True, [], ["crypto.random"]),
    ]
    assert command("caps", "deep/down.ml", cwd=folder).stdout == "deep/down.ml\n└─ crypto.random\n\nmlpy run --allow crypto.random deep/down.ml\n"


def test_caps_of_what_only_a_run_can_tell(project, command):
    folder = project({"main.ml": 'import a;\nimport file;\nfile.write("out.txt", a.load("x"));\n', "a.ml": 'import file;\nfunction load(path) { return file.read("fixed.txt") + file.read(path); }\n'})
    record = json.loads(command("caps", "--json", "main.ml", cwd=folder).stdout)
    assert [(one["file"], one["needs"]) for one in record["files"]] == [("main.ml", ["file.write:out.txt"]), ("a.ml", ["file.read:fixed.txt", "file.read:*"])]
    assert record["needs"] == ["file.write:out.txt", "file.read:*"]
    (folder / "x").write_text("x")
    (folder / "fixed.txt").write_text("y")
    flags = [word.strip("'") for flag in record["flags"] for word in flag.split(" ", 1)]
    assert command("run", *flags, "main.ml", cwd=folder).code == 0
    assert (folder / "out.txt").read_text() == "yx"


def test_caps_names_addresses_that_no_star_grants(project, command):
    folder = project({"main.ml": 'import http;\nfunction get(url) { return http.get(url); }\nhttp.get("http://127.0.0.1:81/");\nhttp.get("http://example.com/");\n'})
    assert json.loads(command("caps", "--json", "main.ml", cwd=folder).stdout)["needs"] == ["net.connect:*", "net.connect:127.0.0.1:81"]


def test_caps_of_a_program_that_needs_nothing_and_of_a_broken_one(project, command):
    folder = project({"main.ml": "print(1);", "broken.ml": "import a;", "a.ml": "x = nope;"})
    assert command("caps", "main.ml", cwd=folder).stdout == "main.ml\n\nnothing needs to be granted\n"
    done = command("caps", "broken.ml", cwd=folder)
    assert (done.code, done.stdout, "unknown name `nope`" in done.stderr) == (1, "", True)
    done = command("caps", "--json", "broken.ml", cwd=folder)
    record = json.loads(done.stdout)
    assert (done.code, done.stderr, record["ok"], record["exit_code"], record["error"]["message"]) == (1, "", False, 1, "unknown name `nope`")


def test_watched_files_are_those_that_were_imported(project):
    from mlpy.cli.run import Work

    folder = project({"main.ml": "import a;", "a.ml": "import b;", "b.ml": "x = 1;"})
    work = Work("main.ml", None, ())
    work.run()
    assert sorted(os.path.basename(path) for path in work.files()) == ["a.ml", "b.ml", "main.ml"]
    (folder / "b.ml").write_text("x = nope;")
    work.run()
    assert [os.path.basename(path) for path in work.files()] == ["b.ml"]
