"""Text for people: sizes, ages, columns."""

from __future__ import annotations

from mlpy.cli import tables


def test_sizes_and_ages_in_words():
    assert [tables.size(count) for count in (0, 999, 1000, 1234, 99_950, 999_499, 999_999, 1_250_000, 38_140_000_000, 2e12)] == [
        "0 B", "999 B", "1.00 kB", "1.23 kB", "100 kB", "999 kB", "1.00 MB", "1.25 MB", "38.1 GB", "2.00 TB",
    ]  # fmt: skip
    now = tables.datetime.fromisoformat("2026-03-01T00:00:00Z")
    assert [tables.age(moment, now) for moment in ("2026-03-01T00:00:00Z", "2026-02-28T23:58:59Z", "2026-02-27T00:00:00Z", "2025-01-01T00:00:00Z")] == [
        "just now",
        "1 minute ago",
        "2 days ago",
        "1 year ago",
    ]


def test_columns_are_as_wide_as_a_terminal_shows_them():
    text = tables.rendered(tables.table([["模型", tables.paint("ok", "green")], ["ab", "no"]], heads=("NAME", "STATE")), color=False)
    assert text == "NAME  STATE\n模型  ok\nab    no\n"
    assert tables.rendered(tables.paint("x\ufdd9", "red"), color=True) == "\x1b[31mx\\u{fdd9}\x1b[0m"
