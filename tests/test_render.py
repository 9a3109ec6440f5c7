"""How diagnostics and errors look."""

from __future__ import annotations

import json

import pytest

from mlpy.diagnostics import Diagnostic, Edit
from mlpy.errors import CheckFailed, MLError, StackFrame
from mlpy.fixes import apply
from mlpy.render import error_record, error_text, lsp, printable, record, text
from mlpy.source import Source, Span


def drawn(code, needle, *, label="", name="hello.ml", **options):
    """The diagnostic on the first place where `needle` stands."""
    shown = {key: options.pop(key) for key in ("color", "ascii", "width") if key in options}
    start = code.index(needle)
    return text(Diagnostic("E0203", "unknown name `pritn`", Span(start, start + len(needle)), label=label, **options), Source(code, name), **shown)


def test_the_example_of_the_style_guide():
    code = 'x = 1;\ny = 2;\n    pritn("hi")\n'
    assert drawn(code, "pritn", label="not found in this scope", hint="did you mean `print`?") == (
        'error[E0203]: unknown name `pritn`\n  ┌─ hello.ml:3:5\n3 │     pritn("hi")\n  │     ^^^^^ not found in this scope\n  = hint: did you mean `print`?'
    )


def test_the_gutter_is_as_wide_as_the_longest_number():
    assert drawn("\n" * 99 + "pritn", "pritn").splitlines()[1:] == ["    ┌─ hello.ml:100:1", "100 │ pritn", "    │ ^^^^^"]


def test_a_span_over_lines_marks_both_ends_and_leaves_the_middle_out():
    assert drawn("x = f(\n  1,\n  2,\n  3,\n  4);\n", "f(\n  1,\n  2,\n  3,\n  4)", label="here").splitlines()[2:] == [
        "1 │ x = f(",
        "  │     ^^",
        "…",
        "5 │   4);",
        "  │   ^^ here",
    ]


def test_a_single_line_between_marks_is_shown():
    assert "2 │   1,\n" in drawn("x = f(\n  1,\n  2)", "f(\n  1,\n  2)")


def test_a_span_with_the_line_end_stays_on_its_line():
    assert drawn("ab\ncd\n", "ab\n").splitlines()[2:] == ["1 │ ab", "  │ ^^"]


def test_secondary_labels_have_dashes():
    code = "if (x {\n  y;\n\n\n\nz"
    lines = drawn(code, "z", label="expected here", labels=((Span(3, 4), "opened here"),)).splitlines()
    assert lines[1:] == ["  ┌─ hello.ml:6:1", "1 │ if (x {", "  │    - opened here", "…", "6 │ z", "  │ ^ expected here"]


def test_a_note_comes_before_the_hint_and_its_lines_are_aligned():
    assert drawn("pritn", "pritn", hint="h", note="one\ntwo").splitlines()[-3:] == ["  = note: one", "          two", "  = hint: h"]


@pytest.mark.parametrize(
    ("code", "carets"),
    [
        ("\tx + pritn", "        ^^^^^"),
        ("漢字 + pritn", "       ^^^^^"),
        ("e\u0301 + pritn", "    ^^^^^"),
        ("\x1b + pritn", "       ^^^^^"),
        ("\u202e + pritn", "           ^^^^^"),
    ],
)
def test_carets_stand_below_what_they_mark(code, carets):
    assert drawn(code, "pritn").splitlines()[3] == f"  │ {carets}"


def test_long_lines_are_cut_round_the_span():
    lines = drawn("a" * 500 + "pritn" + "b" * 500, "pritn", width=40).splitlines()
    assert lines[2] == "1 │ …" + "a" * 13 + "pritn" + "b" * 22 + "…"
    assert lines[3] == "  │ " + " " * 14 + "^^^^^"


def test_an_empty_span_has_one_caret_also_at_the_end():
    assert text(Diagnostic("E0101", "missing `;`", Span(5, 5)), Source("x = 1")).splitlines()[2:] == ["1 │ x = 1", "  │      ^"]


def test_a_span_beyond_the_text_is_clamped():
    assert "1 │ x" in text(Diagnostic("E0101", "missing `;`", Span(90, 99)), Source("x"))


def test_ascii_uses_ascii_only():
    shown = drawn("é = pritn", "pritn", ascii=True, label="…", note="größe", hint="“x”", name="ü.ml")
    assert shown.isascii()
    assert "--> \\xfc.ml:1:5" in shown
    assert shown.splitlines()[2:4] == ["1 | \\xe9 = pritn", "  |        ^^^^^ ..."]


def test_color_only_adds_escapes():
    plain, colored = drawn("pritn", "pritn", hint="h"), drawn("pritn", "pritn", hint="h", color=True)
    assert colored.startswith("\x1b[1;31merror[E0203]\x1b[0m")
    stripped = colored
    for code in ("1;31", "1;33", "1;34", "34", "1", "36", "2", "0"):
        stripped = stripped.replace(f"\x1b[{code}m", "")
    assert stripped == plain


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\r\nb", "a\\x0d\nb"),
        ("\u202ex", "\\u{202e}x"),
        ("\u200bx", "\\u{200b}x"),
        ("é 漢\t\n", "é 漢\t\n"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\ud800", "\\u{d800}"),
    ],
)
def test_f34_control_characters_are_neutralised(dirty, clean):
    assert printable(dirty) == clean


def test_f34_nothing_a_program_chooses_reaches_the_terminal_raw():
    error = MLError("\x1b]0;title\x07", "Evil\x1b", hint="\x1b", note="\x1b")
    error.source, error.span = Source("\x1b[2J = 1", "\x1b.ml"), Span(0, 1)
    error.stack = [StackFrame("\x1b", "\x1b.ml", 1, 1, 1, 2)] * 2
    assert "\x1b" not in error_text(error)
    assert "\x07" not in error_text(error)


def test_an_error_has_its_type_place_and_hint():
    error = MLError("division by zero", "ZeroDivisionError", hint="check the divisor")
    error.source, error.span = Source("x = 1 / 0;", "a.ml"), Span(4, 9)
    assert error_text(error).splitlines() == [
        "error[E0605]: ZeroDivisionError: division by zero",
        "  ┌─ a.ml:1:5",
        "1 │ x = 1 / 0;",
        "  │     ^^^^^",
        "  = hint: check the divisor",
    ]


def test_an_error_of_the_programs_own_type():
    assert error_text(MLError("no such user", "NotFound")) == "error[E0600]: NotFound: no such user"
    assert error_text(MLError("no such user")) == "error[E0600]: no such user"
    assert error_text(MLError("")) == "error[E0600]: error"


def test_a_stack_shows_its_source_lines():
    error = MLError("no", "ValueError")
    error.source, error.span = Source("function f() {\n\tg(1);\n}\nf();\n", "a.ml"), Span(16, 20)
    error.stack = [StackFrame("main", "a.ml", 4, 1, 4, 4), StackFrame("f", "a.ml", 2, 2, 2, 6), StackFrame("g", "b.ml", 7, 1, 7, 2)]
    assert error_text(error, sources={"b.ml": Source("\n" * 6 + "throw 1;", "b.ml")}).splitlines()[4:] == [
        "stack, innermost last:",
        "  a.ml:4:1 in main",
        "    f();",
        "    ^^^",
        "  a.ml:2:2 in f",
        "    g(1);",
        "    ^^^^",
        "  b.ml:7:1 in g",
        "    throw 1;",
        "    ^",
    ]


def frames(names):
    return [StackFrame(name, "a.ml", 1 + "mfgh".index(name), 1, 9, 2) for name in names]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("m" + "f" * 900, ["a.ml:1:1 in m", "a.ml:2:1 in f", "… the line above 899 more times"]),
        ("m" + "fg" * 900, ["a.ml:1:1 in m", "a.ml:2:1 in f", "a.ml:3:1 in g", "… the 2 lines above 899 more times"]),
        ("mffh", ["a.ml:1:1 in m", "a.ml:2:1 in f", "a.ml:2:1 in f", "a.ml:4:1 in h"]),
    ],
)
def test_recursion_is_folded(names, shown):
    error = MLError("too deep", "RecursionError")
    error.stack = frames(names)
    assert [line.strip() for line in error_text(error).splitlines()[2:]] == shown


def test_a_stack_without_pattern_is_cut():
    error = MLError("too deep", "RecursionError")
    error.stack = [StackFrame(f"f{n}", "a.ml", n, 1, n, 2) for n in range(1, 200)]
    assert len(error_text(error).splitlines()) == 2 + 41
    assert "… 159 more" in error_text(error)


def test_a_failed_check_shows_every_diagnostic():
    source = Source("a b", "x.ml")
    error = CheckFailed([Diagnostic("E0203", "unknown name `a`", Span(0, 1), source=source), Diagnostic("W0801", "unused `b`", Span(2, 3), source=source)])
    assert error_text(error).splitlines()[0] == "error[E0203]: unknown name `a`"
    assert "\n\nwarning[W0801]: unused `b`\n" in error_text(error)
    assert [one["code"] for one in error_record(error)["diagnostics"]] == ["E0203", "W0801"]


def test_a_record_is_json_and_counts_characters():
    source = Source("😀 = 1;\nlet y;\n", "x.ml")
    made = record(Diagnostic("E0106", "`let`", Span(7, 10), hint="drop it", fix=(Edit(Span(7, 11), ""),)), source)
    assert json.loads(json.dumps(made)) == made
    assert (made["file"], made["line"], made["column"], made["end_line"], made["end_column"], made["severity"]) == ("x.ml", 2, 1, 2, 4, "error")
    assert made["fixes"] == [{"text": "", "start": 7, "end": 11, "line": 2, "column": 1, "end_line": 2, "end_column": 5}]


def test_an_error_record_is_json():
    error = MLError("no", "ValueError", hint="h")
    error.source, error.span, error.stack = Source("f();", "x.ml"), Span(0, 3), [StackFrame("main", "x.ml", 1, 1, 1, 4)]
    made = error_record(error)
    assert json.loads(json.dumps(made)) == made
    assert (made["code"], made["type"], made["line"], made["end_column"], made["hint"]) == ("E0602", "ValueError", 1, 4, "h")


def test_lsp_counts_utf16_from_zero():
    source = Source("😀😀 + pritn", "x.ml", "/a b/x.ml")
    made = lsp(Diagnostic("E0203", "t", Span(5, 10), label="l", hint="h", labels=((Span(0, 1), "o"),), fix=(Edit(Span(5, 10), "print"),)), source)
    assert made["range"] == {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 12}}
    assert made["message"] == "t: l\nh"
    assert made["relatedInformation"][0]["location"]["uri"] == "file:///a%20b/x.ml"
    assert made["data"]["edits"][0]["newText"] == "print"


def fixed(code, *fixes):
    made, applied = apply(code, [Diagnostic("E0100", "t", Span(0, 0), fix=tuple(Edit(Span(a, b), new) for a, b, new in fix)) for fix in fixes])
    return made, len(applied)


def test_fixes_go_in_together():
    assert fixed("let x = a and b", [(0, 4, "")], [(10, 13, "&&")], [(15, 15, ";")]) == ("x = a && b;", 3)


def test_a_fix_that_overlaps_waits():
    assert fixed("abcd", [(0, 2, "x")], [(1, 3, "y"), (3, 4, "z")], [(2, 3, "w")]) == ("xwd", 2)
    assert fixed("ab", [(1, 1, ";")], [(1, 1, "}")]) == ("a;b", 1)
    assert fixed("ab", [(0, 9, ";")], [(0, 1, "x"), (0, 2, "y")]) == ("ab", 0)
