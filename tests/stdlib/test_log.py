"""Messages: levels, forms, times, loggers, files; nothing in a message forges another, and a file that fails is not lost silently."""

from __future__ import annotations

import errno
import json
import logging
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib.log import Sink

import mlpy
from mlpy.capabilities import Grant, Grants
from mlpy.errors import MLError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)  # as long as a logger's may be
NOON = "2024-02-29T12:00:00.250Z"


def logged(code, *grants, root=None, **options):
    """What a program writes; hosts that give no sink for errors find them among the output."""
    return mlpy.Engine(frozen_clock=NOON).compile("import log;" + code).run(grants=Grants(grants, root=root), **options).output


# ── lines ──


def test_lines_of_text():
    assert logged('log.info("started"); log.error("no answer", {host: "a", tries: [1, 2]});') == f'{NOON} INFO started\n{NOON} ERROR no answer {{host: "a", tries: [1, 2]}}\n'
    assert logged('log.setTimestamp(false); log.createLogger("orders").warn(17);') == "WARN orders: 17\n"
    assert logged('log.warn("x", 0); log.warn("y", ""); log.warn(null);') == f'{NOON} WARN x 0\n{NOON} WARN y ""\n{NOON} WARN null\n'


def test_lines_of_json():
    lines = logged(
        'log.setFormat("json"); log.createLogger("o").info("é\\n", {a: [1, null], when: "x"}); log.setTimestamp(false); log.debug("no"); log.critical("b");'
    ).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"time": NOON, "level": "info", "logger": "o", "message": "é\n", "data": {"a": [1, None], "when": "x"}},
        {"level": "critical", "message": "b"},
    ]
    assert '"message": "é\\n"' in lines[0]


def test_data_without_json_form_stands_as_its_text():
    lines = logged(
        'log.setFormat("json"); log.info("a", 0.0 / 1 * float("nan")); log.info("b", {f: print}); import datetime; log.info("c", datetime.createDate(2024, 1, 2));'
    ).splitlines()
    assert [json.loads(line)["data"] for line in lines] == ["nan", "{f: <function print>}", "2024-01-02"]


def test_levels():
    every = 'for (name in ["debug", "info", "warn", "error", "critical"]) { getattr(log, name)(name); }'
    assert [line.split()[1] for line in logged(every).splitlines()] == ["INFO", "WARN", "ERROR", "CRITICAL"]
    for level, count in {"debug": 5, "info": 4, "warn": 3, "error": 2, "critical": 1, "off": 0}.items():
        assert len(logged(f'log.setLevel("{level}"); {every}').splitlines()) == count


def test_a_logger_has_a_level_of_its_own():
    code = 'a = log.createLogger("a"); b = log.createLogger("b"); log.setTimestamp(false); a.setLevel("debug"); a.debug(1); b.debug(2); log.setLevel("error"); a.debug(3); b.info(4); a.setLevel(null); a.debug(5); b.error(6);'
    assert logged(code) == "DEBUG a: 1\nDEBUG a: 3\nERROR b: 6\n"
    assert mlpy.run('import log; str(log.createLogger("a\\nb"))') == "<Logger a\\nb>"


def test_the_time_is_now_where_no_clock_stands():
    text = mlpy.compile('import log; log.info("x");').run().output.split()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert abs(time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - time.time()) < 5


@settings(deadline=None)
@given(NAMES, TEXTS, TEXTS)
def test_a_message_takes_one_line_whatever_it_holds(name, message, data):
    for form in ("text", "json"):
        code = f'import log; log.setFormat("{form}"); log.createLogger(name).info(message, {{k: data}}); log.info(message, data);'
        lines = mlpy.compile(code, inputs=["name", "message", "data"]).run(inputs={"name": name, "message": message, "data": data}).output
        assert lines.count("\n") == 2
        assert lines.replace("\n", "").isprintable()
        if form == "json":
            first, second = map(json.loads, lines.splitlines())
            assert (first["logger"], first["message"], first["data"], second["data"]) == (name, message, {"k": data}, data)


def test_a_message_cannot_forge_another():
    assert logged('log.info("a\\n2024 ERROR forged\\u001b[2J\\u2028\\u202e");') == f"{NOON} INFO a\\n2024 ERROR forged\\x1b[2J\\u2028\\u202e\n"


def test_the_output_limit_holds():
    with pytest.raises(MLError) as caught:
        logged('while (true) { log.info("x"); }', limits=mlpy.Limits(output=10_000))
    assert caught.value.limit == "output"


def test_the_logging_of_the_host_is_left_alone(caplog):
    with caplog.at_level(logging.DEBUG):
        logged('log.critical("x"); log.createLogger("root").error("y");')
    assert caplog.records == []


def test_runs_share_nothing():
    program = mlpy.compile('import log; log.info("x"); log.setLevel("off");')
    for _ in range(2):
        assert program.run().output.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('log.setLevel("loud")', "`level` must be one of debug, info, warn, error, critical, off"),
        ("log.setLevel(1)", "`level` must be a string, not a number"),
        ('log.setFormat("xml")', "`format` must be `text` or `json`"),
        ("log.setFormat(null)", "`format` must be a string, not null"),
        ("log.setTimestamp(1)", "`on` must be true or false, not a number"),
        ("log.createLogger(1)", "`name` must be a string, not a number"),
    ],
)
def test_arguments_that_mean_nothing(code, message):
    with pytest.raises(MLError) as caught:
        logged(code)
    assert caught.value.message == message


# ── files ──


def test_messages_go_to_files_at_once(tmp_path):
    code = """
        import file;
        log.setTimestamp(false);
        log.addFile("logs/all.log");
        orders = log.createLogger("orders");
        orders.addFile("orders.log");
        log.addFile("logs/all.log");
        log.info("one"); orders.info("two"); log.debug("three");
        [file.read("logs/all.log"), file.read("orders.log")]
    """
    result = mlpy.compile("import log;" + code).run(grants=Grants(["file.append:./**", "file.read:./**"], root=str(tmp_path)))
    assert result.value == ["INFO one\nINFO orders: two\n", "INFO orders: two\n"]
    logged('log.addFile("orders.log"); log.info("more");', "file.append:./orders.log", root=str(tmp_path))
    assert (tmp_path / "orders.log").read_text() == f"INFO orders: two\n{NOON} INFO more\n"


def test_files_demand_the_right_to_add_to_them(tmp_path):
    for code in ('log.addFile("a.log")', 'log.createLogger("x").addFile("a.log")'):
        with pytest.raises(MLError) as caught:
            logged(code, "file.append:./b.log", "file.write:./**", "file.read:./**", root=str(tmp_path))
        assert caught.value.message == "`file.append:a.log` is not granted"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(MLError, match="outside the enclosing"):
        logged('with capability("file.read:./**") { log.createLogger("x").addFile("a.log"); }', "file.append:./**", root=str(tmp_path))


def test_bytes_are_counted_and_a_file_without_any_left_is_left_out(tmp_path):
    code = 'import log; log.setTimestamp(false); log.addFile("a.log"); kinds = []; for (i in range(8)) { try { log.info("x".repeat(20)); } except (e) { kinds.append([i, e.type]); } } kinds'
    result = mlpy.compile(code).run(grants=Grants(["file.append:./**,bytes=100"], root=str(tmp_path)))
    assert result.value == [[3, "CapabilityError"]]
    assert (tmp_path / "a.log").read_text() == ("INFO " + "x" * 20 + "\n") * 3
    assert result.output.count("\n") == 8
    assert [(one.capability, one.decision, one.size) for one in result.audit] == [("file.append:a.log", "allowed", 78), ("file.append:a.log", "denied", 0)]


def test_a_grant_that_ends_ends_its_files(tmp_path):
    grant = Grant("file.append:./**", root=str(tmp_path), until=time.time() + 0.4)
    code = 'import log; import time; log.addFile("a.log"); log.info("one"); time.sleep(0.6); try { log.info("two"); } except (e) { kind = e.type; } log.info("three"); kind'
    assert mlpy.compile(code).run(grants=Grants([grant], root=str(tmp_path))).value == "CapabilityError"
    assert (tmp_path / "a.log").read_text().count("\n") == 1


def test_a_file_that_breaks_is_an_error_once(tmp_path, monkeypatch):
    """The message has gone to the error stream and to the other files by then."""
    plain = Sink.write
    full = []

    class Broken:
        def write(self, _):
            raise OSError(errno.ENOSPC, "full")

        def close(self):
            full.append("closed")

    def write(sink, line):
        if sink.path == "bad.log" and b"two" in line:
            sink.file.close()
            sink.file = Broken()
        plain(sink, line)

    monkeypatch.setattr(Sink, "write", write)
    code = 'log.setTimestamp(false); log.addFile("bad.log"); log.addFile("good.log"); for (m in ["one", "two", "three"]) { try { log.info(m); } except (e) { log.error(e.message, e.type); } }'
    assert logged(code, "file.append:./**", root=str(tmp_path)) == 'INFO one\nINFO two\nERROR no space is left for `bad.log` "IOError"\nINFO three\n'
    assert (tmp_path / "good.log").read_text() == 'INFO one\nINFO two\nERROR no space is left for `bad.log` "IOError"\nINFO three\n'
    assert (tmp_path / "bad.log").read_text() == "INFO one\n"
    assert full == ["closed"]


def test_what_is_no_file(tmp_path):
    (tmp_path / "inner").mkdir()
    with pytest.raises(MLError, match="`inner` is a folder"):
        logged('log.addFile("inner")', "file.append:./**", root=str(tmp_path))
