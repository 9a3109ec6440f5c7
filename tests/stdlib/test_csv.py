"""Tables as Python's own module reads and writes them; the line of each mistake; files piece by piece."""

from __future__ import annotations

import csv as oracle
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlpy.stdlib import _rows, csv

import mlpy
from mlpy.capabilities import Grants
from mlpy.errors import MLError

LETTERS = st.sampled_from(list("abc ,;\"'\n\r\t=é😀"))
CELLS = st.text(LETTERS, max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6)
PIECES = st.integers(1, 9)


def rows(text, **options):
    return csv.read_string(text, header=False, **options)


def dribbled(text, size, delimiter=",", quote='"'):
    """The rows of a text that comes in small pieces."""
    pieces = iter([text[at : at + size] for at in range(0, len(text), size)])
    return [*_rows.Scanner(_rows.Dialect(delimiter, quote), lambda _: next(pieces, "")).rows()]


# ── against Python ──


@given(TABLES, st.sampled_from([("\n", oracle.QUOTE_ALL), ("\r", oracle.QUOTE_ALL), ("\r\n", oracle.QUOTE_ALL), ("\r\n", oracle.QUOTE_MINIMAL)]), PIECES)
def test_what_python_writes_is_read(table, style, size):
    end, quoting = style  # the old writer quotes of line ends only its own
    out = io.StringIO(newline="")
    oracle.writer(out, lineterminator=end, quoting=quoting).writerows(table)
    text = out.getvalue()
    assert rows(text) == dribbled(text, size) == table


@given(TABLES, st.sampled_from([",", ";", "\t", "é"]), st.sampled_from(['"', "'"]))
def test_what_is_written_python_reads(table, delimiter, quote):
    text = csv.write_string(table, delimiter, quote=quote)
    assert [*oracle.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True)] == table
    assert rows(text, delimiter=delimiter, quote=quote) == table


@given(st.text(LETTERS, max_size=40), PIECES)
def test_any_text_is_read_as_python_reads_it_or_refused(text, size):
    """Python takes what follows a closing quote into the cell and closes a quote at the end; its strict reader refuses both as we do."""
    try:
        expected = [row for row in oracle.reader(io.StringIO(text, newline=None if '"' not in text else ""), strict=True) if row]
    except oracle.Error:
        expected = None
    if "\r" in text.replace("\r\n", "") and '"' in text:
        expected = ...  # Python takes no lone CR for a line end in what it is given as one line
    try:
        found = rows(text)
    except MLError:
        found = None
    if expected is not ...:
        assert found == expected
    try:
        assert dribbled(text, size) == found
    except MLError:
        assert found is None


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b c": CELLS}), min_size=1, max_size=4))
def test_objects_come_back(table):
    text = csv.write_string(table)
    assert csv.read_string(text) == table == [*oracle.DictReader(io.StringIO(text, newline=""))]


# ── reading ──


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("\n\r\n\r", []),
        ("a", [["a"]]),
        ("a,", [["a", ""]]),
        (",", [["", ""]]),
        ('""', [[""]]),
        ('"",""\n', [["", ""]]),
        ("a\n\n\nb", [["a"], ["b"]]),
        ("a\rb\r\nc\n", [["a"], ["b"], ["c"]]),
        ('"a\r\nb",c', [["a\r\nb", "c"]]),
        ('"a""b"', [['a"b']]),
        ('a"b"c,d', [['a"b"c', "d"]]),
        (' "a"', [[' "a"']]),
        ("\ufeffa,b", [["a", "b"]]),
        ('\ufeff"a,b"', [["a,b"]]),
        ("a,\ufeffb", [["a", "\ufeffb"]]),
        ("  a , b ", [["  a ", " b "]]),
        ('a,"b"', [["a", "b"]]),
        ('"a",b,"c,d",e\nf', [["a", "b", "c,d", "e"], ["f"]]),
    ],
)
def test_rows_of_texts(text, found):
    assert rows(text) == found
    for size in (1, 2, 3):
        assert dribbled(text, size) == found


def test_another_delimiter_and_no_quotes():
    assert rows("a;'b;c'", delimiter=";", quote="'") == [["a", "b;c"]]
    assert rows('a|"b|c"', delimiter="|", quote="") == [["a", '"b', 'c"']]
    assert rows("a\tb", delimiter="\t") == [["a", "b"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\nc,"d', "line 2: a quote is opened and not closed"),
        ('a\n"b\nc"\n"d"e', "line 4: text follows a closing quote"),
        ('a\r\n"b\r\nc" \r\n', "line 3: text follows a closing quote"),
        ("a,b\n\n1,2\n1\n", "line 4: 1 cell, but the header has 2"),
        ('a,b\n1,"2\n3"\n1,2,3\n', "line 4: 3 cells, but the header has 2"),
        ("a,b,a\n", "line 1: the header has `a` twice"),
        ("\n\n,\n", "line 3: the header has `` twice"),
        ("a\0b", "the text has a NUL character, which no table has"),
    ],
)
def test_a_mistake_is_an_error_with_its_line(text, message):
    with pytest.raises(MLError) as caught:
        csv.read_string(text)
    assert (caught.value.message, caught.value.type) == (message, "ValueError")


def test_the_hint_for_ragged_rows_works():
    with pytest.raises(MLError) as caught:
        csv.read_string("a,b\n1\n")
    assert caught.value.hint == "`header: false` gives rows of any length, as arrays"
    assert rows("a,b\n1\n") == [["a", "b"], ["1"]]


def test_a_header_alone_has_no_rows():
    assert csv.read_string("a,b\n") == []
    assert csv.read_string("") == []


# ── writing ──


def test_values_become_texts():
    assert csv.write_string([[None, True, 1, 2.5, "x", ""]]) == ",true,1,2.5,x,\n"
    assert mlpy.run("import csv; import datetime; csv.writeString([[datetime.createDate(2024, 2, 29)]])") == "2024-02-29\n"


def test_columns_are_the_keys_in_order_of_appearance():
    assert csv.write_string([{"a": 1}, {"b": 2, "a": 3}]) == "a,b\n1,\n3,2\n"
    assert csv.write_string([{"a": 1, "b": 2}], columns=["b", "c"]) == "b,c\n2,\n"
    assert csv.write_string([[1, 2]], columns=["x", "y"]) == "x,y\n1,2\n"
    assert csv.write_string([{"a": 1}], header=False) == "1\n"
    assert csv.write_string([], columns=["x"]) == "x\n"
    assert csv.write_string([]) == ""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("csv.writeString(1)", "`rows` must be an array of objects or of arrays, not a number"),
        ("csv.writeString([1])", "row 1 is neither an object nor an array"),
        ("csv.writeString([[1], {a: 1}, 3])", "row 3 is neither an object nor an array"),
        ("csv.writeString([[]])", "row 1 has no cells"),
        ("csv.writeString([{}])", "row 1 has no cells"),
        ("csv.writeString([[[1]]])", "row 1: a cell cannot hold an array"),
        ("csv.writeString([[{}]])", "row 1: a cell cannot hold an object"),
        ("csv.writeString([[print]])", "row 1: a cell cannot hold a function"),
        ('csv.writeString([["\\x00"]])', "a cell has a NUL character, which no table has"),
        ('csv.writeString([["a,b"]], quote: "")', "a cell with a delimiter or a line end, or an empty one that stands alone, needs quotes"),
        ("csv.writeString([[1, 2]], columns: ['a'])", "row 1 has 2 cells, the table 1"),
        ("csv.writeString([], columns: ['a', 'a'])", "`columns` must name each column once"),
        ("csv.writeString([], columns: [1])", "`columns` must be an array of strings"),
        ("csv.writeString([], columns: 'a')", "`columns` must be an array of strings, not a string"),
        ('csv.readString("a", ",,")', "`delimiter` must be one character, and no line end"),
        ('csv.readString("a", "\\n")', "`delimiter` must be one character, and no line end"),
        ('csv.readString("a", quote: ",")', "`quote` must be one character other than the delimiter, or empty where nothing is quoted"),
        ("csv.readString(1)", "`text` must be a string, not a number"),
        ('csv.readString("a", header: 1)', "`header` must be true or false, not a number"),
    ],
)
def test_arguments_that_make_no_table(code, message):
    with pytest.raises(MLError) as caught:
        mlpy.run(f"import csv; {code};")
    assert caught.value.message == message


def test_formulas_are_escaped_where_that_is_asked_for():
    table = [["=1+1", "+x", "-2.5", "-cmd", "@a", "\tb", "a=b", -3, "+49 30", "-" + "1" * 50]]
    assert rows(csv.write_string(table)) == [["=1+1", "+x", "-2.5", "-cmd", "@a", "\tb", "a=b", "-3", "+49 30", "-" + "1" * 50]]
    assert rows(csv.write_string(table, escapeFormulas=True)) == [["'=1+1", "'+x", "-2.5", "'-cmd", "'@a", "'\tb", "a=b", "-3", "'+49 30", "'-" + "1" * 50]]
    assert csv.write_string([{"=a": 1}], escapeFormulas=True).startswith("'=a")


# ── files ──


@pytest.fixture
def folder(tmp_path):
    """Runs programs that may read and write in a folder, or what of it the test grants."""

    def run_there(code, *grants, **options):
        allowed = Grants(grants or ("file.read:./**", "file.write:./**"), root=str(tmp_path))
        return mlpy.compile("import csv;" + code).run(grants=allowed, **options).value

    run_there.path = tmp_path
    return run_there


def error_of(folder, code, *grants):
    with pytest.raises(MLError) as caught:
        folder(code, *grants)
    return caught.value


def test_tables_in_files(folder):
    folder('csv.write("a.csv", [{name: "Ada", note: "é,\\"\\n"}, {name: "Bob"}])')
    assert (folder.path / "a.csv").read_bytes() == 'name,note\nAda,"é,""\n"\nBob,\n'.encode()
    assert folder('csv.read("a.csv")') == [{"name": "Ada", "note": 'é,"\n'}, {"name": "Bob", "note": ""}]
    assert folder('[csv.countRows("a.csv"), csv.countRows("a.csv", header: false), csv.getHeaders("a.csv")]') == [2, 3, ["name", "note"]]
    assert folder('found = []; for (row in csv.rows("a.csv")) { found.append(row.name); } found') == ["Ada", "Bob"]
    assert folder('it = csv.rows("a.csv", header: false); [next(it), next(it)[0], next(it), next(it, null), next(it, null)]') == [["name", "note"], "Ada", ["Bob", ""], None, None]


def test_encodings_and_dialects(folder):
    folder('csv.write("a.csv", [[1, "é;"]], ";", quote: "\'", encoding: "utf-16")')
    assert (folder.path / "a.csv").read_bytes() == "1;'é;'\n".encode("utf-16")
    assert folder('csv.read("a.csv", ";", quote: "\'", header: false, encoding: "utf-16")') == [["1", "é;"]]
    assert error_of(folder, 'csv.read("a.csv")').message == "`a.csv` is no text in utf-8"
    folder('csv.write("b.csv", [[1, 2]], encoding: "utf-16-le")')
    error = error_of(folder, 'csv.read("b.csv")')
    assert error.message == "the text has a NUL character, which no table has"
    assert folder('csv.read("b.csv", header: false, encoding: "utf-16-le")') == [["1", "2"]]
    assert error_of(folder, 'csv.read("a.csv", encoding: "utf-7")').message == "`utf-7` is no encoding"
    folder('csv.write("c.csv", [{a: 1}], encoding: "utf-8-sig")')
    assert (folder.path / "c.csv").read_bytes() == b"\xef\xbb\xbfa\n1\n"
    assert folder('csv.read("c.csv")') == [{"a": "1"}]


def test_rows_are_added_under_their_columns(folder):
    folder('csv.append("new/a.csv", [{x: 1, y: 2}]); csv.append("new/a.csv", [{y: 3, x: 4}, {y: 5}]); csv.append("new/a.csv", [[6, 7]]); csv.append("new/a.csv", [])')
    assert (folder.path / "new" / "a.csv").read_text() == "x,y\n1,2\n4,3\n,5\n6,7\n"
    assert error_of(folder, 'csv.append("new/a.csv", [{x: 1, z: 2}])').message == "the table has no column `z`"
    assert error_of(folder, 'csv.append("new/a.csv", [[1]])').message == "row 1 has 1 cell, the table 2"
    (folder.path / "b.csv").write_bytes(b"\xef\xbb\xbfx\r\n1")
    folder('csv.append("b.csv", [{x: "=2"}], escapeFormulas: true)')
    assert (folder.path / "b.csv").read_bytes() == b"\xef\xbb\xbfx\r\n1\n'=2\n"
    folder('csv.append("c.csv", [[1, 2]], header: false); csv.append("c.csv", [[3]], header: false)')
    assert (folder.path / "c.csv").read_text() == "1,2\n3\n"
    (folder.path / "d.csv").write_bytes(b"\xff\n")
    assert error_of(folder, 'csv.append("d.csv", [{x: 1}])').message == "`d.csv` is no text in utf-8"
    assert error_of(folder, 'csv.append("new", [{x: 1}])').message == "`new` is a folder"


def test_a_mistake_in_a_file_closes_it(folder):
    (folder.path / "a.csv").write_text("a,b\n1,2\n1\n3,4\n")
    code = 'it = csv.rows("a.csv"); first = next(it); try { next(it); } except (e) { message = e.message; } [first, message, next(it, "end")]'
    assert folder(code) == [{"a": "1", "b": "2"}, "line 3: 1 cell, but the header has 2", "end"]


def test_rights(folder):
    folder('csv.write("a.csv", [[1]])')
    for call in ("csv.read", "csv.rows", "csv.countRows", "csv.getHeaders"):
        assert error_of(folder, f'{call}("a.csv")', "file.write:./**").message == "`file.read:a.csv` is not granted"
    assert error_of(folder, 'csv.write("a.csv", [])', "file.read:./**").message == "`file.write:a.csv` is not granted"
    assert error_of(folder, 'csv.append("a.csv", [])', "file.read:./**", "file.append:./**").message == "`file.write:a.csv` is not granted"
    (folder.path / "secret.csv").write_text("word,word")
    for call in ("[[1]]", "[{word: 1}]", "[[1]], header: false"):  # what it says of the columns that are there is read
        assert error_of(folder, f'csv.append("secret.csv", {call})', "file.write:./**").message == "`file.read:secret.csv` is not granted"
    folder('csv.append("a.csv", [[2]], header: false)', "file.read:./**", "file.write:./**")
    assert folder('csv.read("a.csv", header: false)', "file.read:./a.csv") == [["1"], ["2"]]
    assert error_of(folder, 'csv.read("b.csv")').message == "`b.csv` does not exist"


def test_bytes_are_counted(folder):
    folder('csv.write("a.csv", [["x".repeat(1000)]])')
    assert "is used up: `bytes=900`" in error_of(folder, 'csv.read("a.csv", header: false)', "file.read:./**,bytes=900").message
    for call in ("write", "append"):
        error = error_of(folder, f'csv.{call}("b.csv", [["x".repeat(1000)]])', "file.read:./**", "file.write:./**,bytes=900")
        assert "is used up: `bytes=900`" in error.message
    assert not (folder.path / "b.csv").exists() or not (folder.path / "b.csv").read_bytes()


def test_a_stream_holds_one_piece_at_a_time(folder):
    """Rows that are not asked for are not read: a grant of fewer bytes than the file has is enough for the first."""
    (folder.path / "a.csv").write_text("a,b\n" + "1,2\n" * 1_000_000)
    assert folder('it = csv.rows("a.csv"); [next(it), next(it)]', "file.read:./**,bytes=1000000") == [{"a": "1", "b": "2"}] * 2
    assert folder('csv.countRows("a.csv")') == 1_000_000


def test_a_large_file_is_for_rows(folder, monkeypatch):
    monkeypatch.setattr(csv, "MAX_TEXT", 1000)
    (folder.path / "a.csv").write_text("a\n" + "1\n" * 1_000)
    error = error_of(folder, 'csv.read("a.csv")')
    assert (error.message, error.hint) == ("`a.csv` has more than 1,000 characters", "walk over its rows: `for (row in csv.rows(path))`")
    assert folder('n = 0; for (row in csv.rows("a.csv")) { n += 1; } n') == 1000
