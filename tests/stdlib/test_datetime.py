"""Dates and times against Python's `datetime` and `zoneinfo`; what no calendar has is an error in ML's words."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zoneinfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlpy.stdlib import _dates as dates
from mlpy.stdlib import datetime as ours

import mlpy
from mlpy.errors import MLError
from mlpy.runtime.values import display

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "+05:45", "-03:30"]
MOMENTS = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31))
DATES = st.dates(dt.date(100, 1, 1), dt.date(9900, 1, 1))
SPANS = st.timedeltas(-dt.timedelta(days=400_000), dt.timedelta(days=400_000))
MODERN = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2037, 1, 1))


def run(code):
    return mlpy.run(f"import datetime;\n{code}")


def made(moment, zone="UTC"):
    """The instance of a DateTime."""
    return ours.create(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond, zone).host


def day(date):
    return ours.create_date(date.year, date.month, date.day)


def span(size):
    return ours.create_delta(size.days, 0, 0, size.seconds, 0, size.microseconds)


def aware(moment, zone):
    """Python's idea of the same wall time; a skipped time is moved on."""
    tz = dates.zone_named(zone)
    return moment.replace(tzinfo=tz).astimezone(dt.UTC).astimezone(tz)


def attempt(function):
    """What a function gives, or the ValueError that it raises; nothing else may come out."""
    try:
        return function()
    except MLError as error:
        if error.type != "ValueError":
            raise
        return error


# ── reading and showing ──


@given(MOMENTS, st.sampled_from(ZONES))
@settings(deadline=None)
def test_a_moment_is_shown_and_read_as_python_does(moment, zone):
    shown = str(made(moment, zone))
    expected = aware(moment, zone)
    assert dt.datetime.fromisoformat(shown) == expected
    assert shown.replace("Z", "+00:00") == expected.isoformat()
    assert ours.parse_iso(shown) == ours.handle(made(moment, zone))


@given(MOMENTS, st.sampled_from(["seconds", "minutes", "milliseconds", "microseconds"]), st.sampled_from([*"T t"]), st.sampled_from(["", "Z", "z", "+02:00", "-0930", "+14"]))
@settings(deadline=None)
def test_iso_texts_are_read_as_python_reads_them(moment, spec, sep, zone):
    text = moment.isoformat(sep=sep, timespec=spec) + zone
    expected = dt.datetime.fromisoformat(text.replace("t", "T").upper())
    assert ours.parse_iso(text).host.utc == (expected if zone else expected.replace(tzinfo=dt.UTC))


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\A\d{3,4}-\d\d?-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{0,8})?)?([+-]\d\d(:?\d\d)?|Z)?)?\Z")))
@settings(max_examples=500, deadline=None)
@example("2024-05-01T12:30:00+24:00")
@example("2024-05-01T٣٣:30")
@example("0001-01-01T00:00+01:00")
@example("9999-12-31T23:59-01:00")
@example("2024-02-30")
@example("2024-05-01T24:00")
@example("2024-05-01T12:30:15+02:0")
def test_any_other_text_is_an_error_of_ours(text):
    found = attempt(lambda: ours.parse_iso(text).host.utc)
    if not isinstance(found, MLError):
        moment = dt.datetime.fromisoformat(text.upper())
        assert found == (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))


@given(MOMENTS.filter(lambda moment: moment.year >= 1000), st.sampled_from(ZONES))
@settings(deadline=None)
def test_formats_show_what_python_shows(moment, zone):
    expected = aware(moment, zone)
    if expected.year < 1000:
        return
    for code in "YymBbdjAauwGVUWHMSfIp":
        assert made(moment, zone).format(f"<%{code}>") == expected.strftime(f"<%{code}>"), code
    offset = expected.utcoffset()
    if not offset.seconds % 60:
        assert made(moment, zone).format("%z") == expected.strftime("%z")
    assert made(moment, zone).format("%F %T.%L %e%%") == expected.strftime("%Y-%m-%d %H:%M:%S.") + f"{expected.microsecond // 1000:03} {expected.day}%"
    assert int(made(moment, zone).format("%s")) == (expected - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(seconds=1)


@given(st.text(st.sampled_from([*"%YmdHzZ:s$ {}\n\x00é"]), max_size=12))
@settings(deadline=None)
def test_no_format_crashes_or_leaks(text):
    for value in (made(dt.datetime(2024, 5, 1)), day(dt.date(2024, 5, 1)).host, ours.create_time(1).host):
        shown = attempt(lambda value=value: value.format(text))
        assert shown.hint if isinstance(shown, MLError) else len(shown) <= 20 * len(text)


def test_a_format_is_bounded_in_size():
    with pytest.raises(mlpy.MLError) as caught:
        run('datetime.utc().format("%B%Z%s".repeat(11000000));')
    assert caught.value.limit == "size"


@given(SPANS)
@settings(deadline=None)
def test_a_duration_has_python_s_totals_and_reads_back(size):
    host = span(size).host
    assert host.total_seconds() == size.total_seconds()
    assert host.total_days() == size / dt.timedelta(days=1)
    parts = dt.timedelta(days=host.days(), seconds=host.seconds(), microseconds=host.microseconds())
    assert parts == size
    assert {(part > 0) - (part < 0) for part in (host.days(), host.seconds(), host.microseconds())} <= {0, -1 if size < dt.timedelta() else 1}
    assert read_duration(str(host)) == size


def read_duration(text):
    """A reader of ISO durations of its own."""
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text)
    days, _, clock = body[1:].partition("T")
    total = dt.timedelta(days=int(days[:-1] or 0))
    number = ""
    for letter in clock:
        if letter in "HMS":
            whole, _, fraction = number.partition(".")
            unit = {"H": 3600, "M": 60, "S": 1}[letter]
            total += dt.timedelta(seconds=int(whole) * unit, microseconds=int(fraction.ljust(6, "0") or 0) if fraction else 0)
            number = ""
        else:
            number += letter
    return sign * total


# ── arithmetic ──


@given(MODERN, st.sampled_from(ZONES), st.integers(-5000, 5000))
@settings(deadline=None)
def test_days_are_steps_of_the_calendar(moment, zone, count):
    start = aware(moment, zone)
    expected = (start.replace(tzinfo=None) + dt.timedelta(days=count)).replace(tzinfo=start.tzinfo)
    if count:
        assert made(moment, zone).add_days(count).host.utc == expected.astimezone(dt.UTC)
    else:
        assert made(moment, zone).add_days(0).host.utc == start.astimezone(dt.UTC)


@given(MODERN, st.sampled_from(ZONES), st.timedeltas(-dt.timedelta(days=900), dt.timedelta(days=900)))
@settings(deadline=None)
def test_durations_are_time_that_passes(moment, zone, size):
    start = made(moment, zone)
    later = start.add(span(size)).host
    assert later.utc - start.utc == size
    assert later.diff(ours.handle(start)).host.value == size
    assert later.subtract(span(size)) == ours.handle(start)
    assert later.is_after(ours.handle(start)) == (size > dt.timedelta())


@given(DATES, st.integers(-1200, 1200))
@settings(deadline=None)
def test_months_end_where_the_month_ends(date, count):
    found = day(date).host.add_months(count).host.value
    assert (found.year * 12 + found.month) - (date.year * 12 + date.month) == count
    assert found.day == date.day or (found.day < date.day and (found + dt.timedelta(days=1)).day == 1)


@given(DATES, st.integers(-40, 40))
@settings(deadline=None)
def test_business_days_are_counted_as_steps(date, count):
    step = dt.timedelta(days=1 if count > 0 else -1)
    expected, left = date, abs(count)
    while left:
        expected += step
        left -= expected.weekday() < 5
    found = ours.add_business_days(day(date), count).host.value
    assert found == expected
    low, high = sorted((date, found))
    between = sum((low + dt.timedelta(days=at)).weekday() < 5 for at in range((high - low).days))
    assert ours.business_days_between(day(low), day(high)) == between
    assert ours.business_days_between(day(high), day(low)) == -between


@given(DATES)
@settings(deadline=None)
def test_the_fields_of_a_day_are_those_of_python(date):
    host = day(date).host
    found = (host.weekday(), host.iso_weekday(), host.day_of_year(), host.week_of_year(), host.quarter())
    assert found == (date.weekday(), date.isoweekday(), date.timetuple().tm_yday, date.isocalendar()[1], (date.month - 1) // 3 + 1)
    assert ours.is_weekend(day(date)) == (date.weekday() >= 5) == (not ours.is_weekday(day(date)))
    assert ours.is_leap_year(date.year) == (dt.date(date.year, 12, 31).timetuple().tm_yday == 366)
    assert host.end_of_month().host.value == dt.date(date.year, date.month, ours.days_in_month(date.year, date.month))


@given(MODERN, st.sampled_from(ZONES))
@settings(deadline=None)
def test_a_day_begins_and_ends_on_itself(moment, zone):
    host = made(moment, zone)
    first, last = host.start_of_day().host, host.end_of_day().host
    assert first.utc <= host.utc <= last.utc
    assert first.wall.date() == last.wall.date() == host.wall.date()
    assert (last.utc + dates.MICROSECOND).astimezone(host.zone_).date() != host.wall.date()
    assert host.start_of_month().host.wall.day == 1
    assert host.start_of_week().host.wall.weekday() == 0
    assert host.end_of_year().host.wall.date() == dt.date(host.wall.year, 12, 31)


@given(st.floats(-6e10, 2.5e11) | st.integers(-(6 * 10**10), 25 * 10**10))
@settings(deadline=None)
def test_timestamps_are_those_of_python(seconds):
    found = ours.from_timestamp(seconds).host
    assert found.utc == dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert found.timestamp() == found.utc.timestamp()


def test_clocks_that_change():
    skipped = ours.create(2024, 3, 31, 2, 30, zone="Europe/Berlin")
    assert display(skipped) == "2024-03-31T03:30:00+02:00"
    twice = ours.create(2024, 10, 27, 2, 30, zone="Europe/Berlin").host
    assert [str(twice), str(twice.add_hours(1).host)] == ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"]
    assert twice.add_hours(1).host.add_days(0).host.utc == twice.utc + dt.timedelta(hours=1)
    assert not twice.is_same(twice.add_hours(1))
    assert ours.create(2018, 11, 4, zone="America/Sao_Paulo").host.start_of_day().host.wall.hour == 1


def test_the_ends_of_time():
    assert run("datetime.create(9999, 12, 31).endOfDay().toISOString();") == "9999-12-31T23:59:59.999999Z"
    assert run("datetime.create(9999, 12, 31).endOfYear().toISOString();") == "9999-12-31T23:59:59.999999Z"
    for code in (
        "datetime.create(1, 1, 1).addDays(-1);", "datetime.create(9999, 12, 31).addHours(25);", "datetime.create(9999, 1).addMonths(12);", "datetime.create(2024).addYears(10 ** 30);",
        'datetime.create(1, 1, 1, zone: "+01:00");', 'datetime.create(9999, 12, 31, 23, zone: "America/New_York");', 'datetime.create(1, 1, 1).toZone("-01:00");', "datetime.create(2024).addDays(10 ** 400);",
        "datetime.fromTimestamp(1e300);", "datetime.fromTimestamp(10 ** 4000);", "datetime.createDate(1, 1, 2).addWeeks(-1);", "datetime.addBusinessDays(datetime.createDate(2024, 5, 1), 10 ** 20);",
        'datetime.createDate(1, 1, 1).at(datetime.createTime(0), "+05:00");',
    ):  # fmt: skip
        with pytest.raises(mlpy.MLError, match="outside of the years 1 to 9999"):
            run(code)
    for code in (
        "datetime.createDelta(10 ** 9);",
        "datetime.createDelta(999999999).multiply(2);",
        "datetime.createDelta(999999999).add(datetime.createDelta(1));",
        "datetime.createDelta(hours: 1e300);",
    ):
        with pytest.raises(mlpy.MLError, match="longer than 999,999,999 days"):
            run(code)


# ── zones ──


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "Europe/",
        "/etc/passwd",
        "../../etc/passwd",
        "Europe/../UTC",
        "Europe//Berlin",
        "localtime",
        "posix/UTC",
        "zone.tab",
        "A" * 10_000,
        "Europe/Berlin\x00",
        "Ä",
        "+25:00",
        "+1",
        "+1:00",
        "+01:0",
        "-",
        "utc.x",
        "+0:1:00",
    ],
)
def test_no_other_name_is_a_zone(name):
    with pytest.raises(MLError) as caught:
        ours.create_time_zone(name)
    assert caught.value.type == "ValueError"
    assert caught.value.hint


def test_a_misspelt_zone_is_guessed():
    with pytest.raises(MLError) as caught:
        ours.now("Europe/Berln")
    assert (caught.value.message, caught.value.hint) == ('there is no time zone "Europe/Berln"', "did you mean `Europe/Berlin`?")


def test_a_machine_without_zones_says_so():
    code = 'import mlpy\nprint(mlpy.run(\'import datetime; out = ""; try { datetime.now("Asia/Tokyo"); } catch (e) { out = e.message; } [out, str(datetime.create(2024, zone: "+02:00"))]\'))'
    code = code.replace("catch", "except")
    block = "import sys; sys.modules['tzdata'] = None\n"
    done = subprocess.run([sys.executable, "-c", block + code], env={"PYTHONTZPATH": "/nowhere", "PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=False)
    assert done.stdout == "['this machine has no data of time zones', '2024-01-01T00:00:00+02:00']\n", done.stderr


def test_zones_have_names_and_offsets():
    assert run('z = datetime.createTimeZone("Asia/Kolkata"); [z.name(), z.offset(datetime.create(2024)).totalHours(), z == datetime.create(2024, zone: z).zone()]') == [
        "Asia/Kolkata",
        5.5,
        True,
    ]
    assert [display(ours.create_time_zone(name)) for name in ("UTC", "Z", "+00:00", "-02", "+0530", "+01:02:03")] == ["UTC", "UTC", "UTC", "-02:00", "+05:30", "+01:02:03"]


# ── in programs ──


@pytest.mark.parametrize(
    ("code", "type_", "message"),
    [
        ("datetime.create(2024, 0)", "ValueError", "`month` must be from 1 to 12, not 0"),
        ("datetime.create(0)", "ValueError", "`year` must be from 1 to 9999, not 0"),
        ("datetime.createDate(2023, 2, 29)", "ValueError", "`day` must be from 1 to 28, not 29"),
        ("datetime.createTime(24)", "ValueError", "`hour` must be from 0 to 23, not 24"),
        ('datetime.create("2024")', "TypeError", "`create` takes a whole number as `year`, not"),
        ("datetime.create(2024, 1.5)", "TypeError", "`create` takes a whole number as `month`, not 1.5"),
        ("datetime.create(2024, zone: 3)", "TypeError", "`zone` must be a string or a TimeZone, not a number"),
        ("datetime.utc().add(3)", "TypeError", "`delta` must be a TimeDelta, not a number"),
        ('datetime.utc().isBefore("2024-05-01")', "TypeError", "`other` must be a DateTime, not a string"),
        ("datetime.utc().isBefore(datetime.today())", "TypeError", "`other` must be a DateTime, not a Date"),
        ("datetime.isWeekend(null)", "TypeError", "`date` must be a Date or a DateTime, not null"),
        ('datetime.createDelta("1")', "TypeError", "`days` must be a number, not a string"),
        ("datetime.fromTimestamp(0.0 * 1e999)", "ValueError", "`seconds` must be finite"),
        ('datetime.utc().format("%Q")', "ValueError", "`%Q` is no code in the format of a DateTime"),
        ('datetime.today().format("%H")', "ValueError", "`%H` is no code in the format of a Date"),
        ('datetime.utc().format("100%")', "ValueError", "the format ends with `%`"),
        ('datetime.utc().format("YYYY-MM-DD")', "ValueError", 'the format "YYYY-MM-DD" has no code'),
        ("datetime.utc().format(3)", "TypeError", "`pattern` must be a string, not a number"),
        ("datetime.parseISO(3)", "TypeError", "`text` must be a string, not a number"),
        ('datetime.parseISO("1 May 2024")', "ValueError", '"1 May 2024" is no date in ISO form'),
        ("datetime.utc() + 1", "TypeError", "DateTime"),
        ("datetime.utc() < datetime.utc()", "TypeError", "cannot compare a DateTime with a DateTime"),
    ],
)
def test_errors_are_in_words_of_the_language(code, type_, message):
    with pytest.raises(mlpy.MLError) as caught:
        run(f"{code};")
    assert caught.value.type == type_
    assert message in caught.value.message


def test_values_are_equal_by_what_they_stand_for():
    assert run(
        'import collections; a = datetime.create(2024, 5, 1, 12); b = datetime.parseISO("2024-05-01T14:00+02:00");'
        "[a == b, a != b, [a] == [b], a in [b], a == a.date(), a.date() == b.date(), datetime.createDelta(1) == datetime.createDelta(0, 24), a == null, collections.Set([a, b, a.addDays(1)]).size(),"
        " datetime.createTime(1) == datetime.createTime(2), datetime.createTimeZone('UTC') == datetime.createTimeZone('+00:00')]"
    ) == [True, False, True, True, False, True, True, False, 2, False, True]


def test_an_age_counts_birthdays():
    ages = [
        ours.calculate_age(day(dt.date(2000, 2, 29)), day(at))
        for at in (dt.date(2001, 2, 28), dt.date(2001, 3, 1), dt.date(2004, 2, 28), dt.date(2004, 2, 29), dt.date(1999, 3, 1))
    ]
    assert ages == [0, 1, 3, 4, -1]


# ── the clock ──


def test_the_clock_is_the_machine_s():
    before = dt.datetime.now(dt.UTC)
    shown = dt.datetime.fromisoformat(run("datetime.now().toISOString();"))
    assert before <= shown <= dt.datetime.now(dt.UTC)


def test_a_frozen_clock_stands():
    engine = mlpy.Engine(frozen_clock="2024-05-01T12:00:00.25+02:00")
    code = (
        "import datetime; [datetime.now().toISOString(), str(datetime.today('+14:00')), datetime.calculateAge(datetime.createDate(2000, 5, 1)), datetime.now() == datetime.utc()]"
    )
    assert engine.run(code).value == ["2024-05-01T10:00:00.250000Z", "2024-05-02", 24, True]
    session = engine.session()
    session.evaluate("import datetime;")
    assert session.evaluate("datetime.utc().timestamp()").value == 1714557600.25


@pytest.mark.parametrize("text", ["", "noon", "2024-13-01", "12:00"])
def test_a_clock_stands_at_a_time(text):
    with pytest.raises(ValueError, match=r"."):
        mlpy.Engine(frozen_clock=text)


def test_a_clock_stands_at_a_text():
    with pytest.raises(TypeError, match="`frozen_clock` is a time in ISO form, not"):
        mlpy.Engine(frozen_clock=dt.datetime(2024, 5, 1, tzinfo=dt.UTC))


def test_the_command_line_freezes_the_clock(tmp_path):
    program = tmp_path / "a.ml"
    program.write_text('import datetime;\nprint(datetime.now());\ntest "may" { assertEqual(datetime.today().month(), 5); }\n', encoding="utf-8")

    def command(*args):
        return subprocess.run([sys.executable, "-m", "mlpy", *args, str(program)], capture_output=True, text=True, check=False)

    done = command("run", "--frozen-clock", "2024-05-01T12:00:00Z")
    assert (done.returncode, done.stdout) == (0, "2024-05-01T12:00:00Z\n")
    assert command("test", "--frozen-clock", "2024-05-01").returncode == 0
    assert command("test", "--frozen-clock", "2024-06-01").returncode == 1
    refused = command("run", "--frozen-clock", "noon")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == 'error: `--frozen-clock`: "noon" is no date in ISO form: write it like `2024-05-01` or `2024-05-01T12:30:00Z`\n'
