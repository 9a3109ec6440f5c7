"""Dates, times and durations: a DateTime is a moment as the clocks of a zone show it, Date and Time are what a calendar and a clock show.

Days, weeks, months and years are steps of the calendar, hours and smaller units are time that passes; they differ where a zone's
clocks change. `_dates.py` holds the calendar, the zones, ISO 8601 and the codes of formats.
"""

from __future__ import annotations

from time import time_ns

from mlpy.stdlib import _dates as dates

from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.runtime.members import check_whole
from mlpy.runtime.values import NUMBERS, a_type
from mlpy.sdk import handle, hosted, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    import datetime as dt
    from collections.abc import Callable
    from typing import TypeVar

    H = TypeVar("H")
else:
    import _datetime as dt  # `datetime` without its twin in Python, which takes longer to load than all else here


@ml_module("datetime", version="1.0.0", interruptible=True)
class DateTimes:
    """Dates, times, durations and time zones.

    ```ml
    import datetime;
    start = datetime.create(2024, 10, 26, 9, 30, zone: "Europe/Berlin");
    print(start, start.addDays(1), start.addHours(24));
    print(start.format("%A, %e %B %Y at %H:%M %Z"));
    print(datetime.parseISO("2024-12-24").diff(start).totalDays() > 58, start.isBefore(datetime.now()));
    ```

    A DateTime is a moment, to the microsecond, as the clocks of its zone show it; a Date is a day, a Time is a time of day, a TimeDelta is a
    duration. None of them changes: each method gives a new value. They display in ISO form, and `==` compares what they stand for, so two
    DateTimes are equal when they are the same moment, whatever their zones. `<` does not compare them: write `isBefore`, or
    `sorted(moments, fn(m) => m.timestamp())`.

    A zone is a TimeZone, an IANA name such as `Europe/Berlin` or an offset such as `+02:00`; without one it is UTC, whatever the zone of the
    machine. The rules of the names come from the machine or from the Python package `tzdata`; where neither has any, names are a
    `ValueError` and offsets go on working. Days, weeks, months and years are steps of the calendar that keep the time of day, hours and
    smaller units are time that passes, and so are a TimeDelta that is added and what `diff` gives. Where a zone's clocks skip a time, it is
    moved on by what they skip; where they show a time twice, the first is meant.

    `parseISO` reads `2024-05-01`, `2024-05-01T12:30`, `2024-05-01T12:30:15` and fractions of a second, with `Z` or an offset at the end. Years go from 1
    to 9999; what does not exist is a `ValueError`, an argument of another type is a `TypeError`.

    No capability is needed. With `mlpy run --frozen-clock 2024-05-01T12:00:00Z`, or `Engine(frozen_clock=…)`, it is that time for the program
    throughout. Limits go on counting real time.

    ## Formats

    A format is a text in which codes stand for parts. The names of days and months are English everywhere.

    | codes | stand for |
    |---|---|
    | `%Y` `%y` `%m` `%B` `%b` | the year in four digits and in two, the month in two digits, its name, and three letters of that |
    | `%d` `%e` `%j` | the day of the month in two digits and as it is, the day of the year in three |
    | `%A` `%a` `%u` `%w` | the day of the week, three letters of it, its number from Monday 1, and from Sunday 0 |
    | `%G` `%V` `%U` `%W` | the year and the week as ISO 8601 counts, the week from the first Sunday, and from the first Monday |
    | `%H` `%I` `%p` `%M` `%S` | the hour of 24 and of 12, `AM` or `PM`, the minute, the second |
    | `%f` `%L` | the microseconds in six digits, the milliseconds in three |
    | `%z` `%:z` `%Z` `%s` | the offset as `+0200` and as `+02:00`, the zone's abbreviation, whole seconds since 1970 |
    | `%F` `%T` `%%` | `%Y-%m-%d`, `%H:%M:%S`, a percent sign |

    A Date has those of the day only, a Time those of the time; any other code is a `ValueError`.
    """


@ml_class("TimeZone")
class TimeZone:
    """A time zone: a place's rules, or a fixed offset."""

    def __init__(self, zone: dt.tzinfo) -> None:
        self.zone = zone

    def __str__(self) -> str:
        return dates.zone_name(self.zone)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimeZone) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @ml_function
    def name(self) -> str:
        """The IANA name, or the offset. Example: `datetime.createTimeZone("+02:00").name()` → `"+02:00"`."""
        return str(self)

    @ml_function
    def offset(self, at: DateTime) -> TimeDelta:
        """How far the zone's clocks are ahead of UTC at a moment. Example: `datetime.createTimeZone("+05:30").offset(datetime.utc()).totalMinutes()` → `330.0`."""
        return span(dates.in_zone(need_moment(at, "at").utc, self.zone).utcoffset() or dt.timedelta())


@ml_class("DateTime")
class DateTime:
    """A moment, to the microsecond, as the clocks of a zone show it."""

    def __init__(self, utc: dt.datetime, zone: dt.tzinfo) -> None:
        self.utc = utc
        self.wall = dates.in_zone(utc, zone)
        self.zone_ = zone

    def __str__(self) -> str:
        return dates.iso_text(self.wall)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateTime) and self.utc == other.utc

    def __hash__(self) -> int:
        return hash(str(self.utc))

    def on(self, day: dt.date, time: dt.time | None = None) -> DateTime:
        """The moment when this one's zone shows a day, and a time if not the same."""
        if time is None:
            time = self.wall.time().replace(fold=self.wall.fold if day == self.wall.date() else 0)
        return moment(day, time, self.zone_)

    def after(self, size: dt.timedelta) -> DateTime:
        """The moment when so much time has passed."""
        try:
            return handle(DateTime(self.utc + size, self.zone_))
        except OverflowError:
            raise dates.out_of_reach() from None

    def until(self, last: dt.date) -> DateTime:
        """The last microsecond of a day in this one's zone."""
        if last == dt.date.max:
            return self.on(last, dt.time.max)
        following = dates.settled(dt.datetime.combine(dates.plus_days(last, 1), dates.MIDNIGHT, self.zone_))
        return handle(DateTime(following - dates.MICROSECOND, self.zone_))

    @ml_function
    def year(self) -> int:
        """The year. Example: `datetime.create(2024, 5, 1, 12, 30).year()` → `2024`."""
        return self.wall.year

    @ml_function
    def month(self) -> int:
        """The month, from 1. Example: `datetime.create(2024, 5, 1, 12, 30).month()` → `5`."""
        return self.wall.month

    @ml_function
    def day(self) -> int:
        """The day of the month, from 1. Example: `datetime.create(2024, 5, 1, 12, 30).day()` → `1`."""
        return self.wall.day

    @ml_function
    def weekday(self) -> int:
        """The day of the week, Monday 0 to Sunday 6. Example: `datetime.create(2024, 5, 1, 12, 30).weekday()` → `2`."""
        return self.wall.weekday()

    @ml_function
    def iso_weekday(self) -> int:
        """The day of the week, Monday 1 to Sunday 7. Example: `datetime.create(2024, 5, 1, 12, 30).isoWeekday()` → `3`."""
        return self.wall.isoweekday()

    @ml_function
    def day_of_year(self) -> int:
        """The day of the year, from 1. Example: `datetime.create(2024, 5, 1, 12, 30).dayOfYear()` → `122`."""
        return self.wall.timetuple().tm_yday

    @ml_function
    def week_of_year(self) -> int:
        """The week of the year as ISO 8601 counts: week 1 holds the first Thursday. Example: `datetime.create(2024, 5, 1, 12, 30).weekOfYear()` → `18`."""
        return self.wall.isocalendar()[1]

    @ml_function
    def quarter(self) -> int:
        """The quarter of the year, 1 to 4. Example: `datetime.create(2024, 5, 1, 12, 30).quarter()` → `2`."""
        return (self.wall.month + 2) // 3

    @ml_function
    def hour(self) -> int:
        """The hour, 0 to 23. Example: `datetime.create(2024, 5, 1, 12, 30, 15, 250000).hour()` → `12`."""
        return self.wall.hour

    @ml_function
    def minute(self) -> int:
        """The minute. Example: `datetime.create(2024, 5, 1, 12, 30, 15, 250000).minute()` → `30`."""
        return self.wall.minute

    @ml_function
    def second(self) -> int:
        """The second. Example: `datetime.create(2024, 5, 1, 12, 30, 15, 250000).second()` → `15`."""
        return self.wall.second

    @ml_function
    def millisecond(self) -> int:
        """The whole milliseconds of the second. Example: `datetime.create(2024, 5, 1, 12, 30, 15, 250000).millisecond()` → `250`."""
        return self.wall.microsecond // 1000

    @ml_function
    def microsecond(self) -> int:
        """The microseconds of the second. Example: `datetime.create(2024, 5, 1, 12, 30, 15, 250000).microsecond()` → `250000`."""
        return self.wall.microsecond

    @ml_function
    def zone(self) -> TimeZone:
        """The zone. Example: `datetime.utc().zone()` → `UTC`."""
        return handle(TimeZone(self.zone_))

    @ml_function
    def offset(self) -> TimeDelta:
        """How far the zone's clocks are ahead of UTC. Example: `datetime.parseISO("2024-05-01T12:30+02:00").offset().totalHours()` → `2.0`."""
        return span(self.wall.utcoffset() or dt.timedelta())

    @ml_function
    def to_zone(self, zone: str | TimeZone) -> DateTime:
        """The same moment as the clocks of another zone show it. Example: `datetime.create(2024, 5, 1, 12, 30).toZone("+02:00")` → `2024-05-01T14:30:00+02:00`."""
        return handle(DateTime(self.utc, zone_of(zone)))

    @ml_function
    def timestamp(self) -> float:
        """Seconds since 1970 in UTC. Example: `datetime.create(2024, 5, 1, 12, 30).timestamp()` → `1714566600.0`."""
        return (self.utc - dates.EPOCH).total_seconds()

    @ml_function
    def date(self) -> Date:
        """The day. Example: `datetime.create(2024, 5, 1, 12, 30).date()` → `2024-05-01`."""
        return handle(Date(self.wall.date()))

    @ml_function
    def time(self) -> Time:
        """The time of day. Example: `datetime.create(2024, 5, 1, 12, 30).time()` → `12:30:00`."""
        return handle(Time(self.wall.time()))

    @ml_function
    def add_years(self, count: int) -> DateTime:
        """The same date so many years later, February 28 where there is no 29. Example: `datetime.create(2024, 5, 1, 12, 30).addYears(1)` → `2025-05-01T12:30:00Z`."""
        check_whole("addYears", "count", count)
        return self.on(dates.plus_months(self.wall.date(), count * 12))

    @ml_function
    def add_months(self, count: int) -> DateTime:
        """The same day so many months later, or the month's last where it is shorter. Example: `datetime.create(2024, 5, 1, 12, 30).addMonths(1)` → `2024-06-01T12:30:00Z`."""
        check_whole("addMonths", "count", count)
        return self.on(dates.plus_months(self.wall.date(), count))

    @ml_function
    def add_weeks(self, count: int) -> DateTime:
        """The same time of day so many weeks later. Example: `datetime.create(2024, 5, 1, 12, 30).addWeeks(-1)` → `2024-04-24T12:30:00Z`."""
        check_whole("addWeeks", "count", count)
        return self.on(dates.plus_days(self.wall.date(), count * 7))

    @ml_function
    def add_days(self, count: int) -> DateTime:
        """The same time of day so many days later; negative counts go back. Example: `datetime.create(2024, 5, 1, 12, 30).addDays(1)` → `2024-05-02T12:30:00Z`."""
        check_whole("addDays", "count", count)
        return self.on(dates.plus_days(self.wall.date(), count))

    @ml_function
    def add_hours(self, count: float) -> DateTime:
        """The moment when so many hours have passed. Example: `datetime.create(2024, 5, 1, 12, 30).addHours(12)` → `2024-05-02T00:30:00Z`."""
        return self.after(duration(hours=number(count, "count")))

    @ml_function
    def add_minutes(self, count: float) -> DateTime:
        """The moment when so many minutes have passed. Example: `datetime.create(2024, 5, 1, 12, 30).addMinutes(45)` → `2024-05-01T13:15:00Z`."""
        return self.after(duration(minutes=number(count, "count")))

    @ml_function
    def add_seconds(self, count: float) -> DateTime:
        """The moment when so many seconds have passed. Example: `datetime.create(2024, 5, 1, 12, 30).addSeconds(1.5)` → `2024-05-01T12:30:01.500000Z`."""
        return self.after(duration(seconds=number(count, "count")))

    @ml_function
    def add_milliseconds(self, count: float) -> DateTime:
        """The moment when so many milliseconds have passed. Example: `datetime.create(2024, 5, 1, 12, 30).addMilliseconds(250)` → `2024-05-01T12:30:00.250000Z`."""
        return self.after(duration(milliseconds=number(count, "count")))

    @ml_function
    def add(self, delta: TimeDelta) -> DateTime:
        """The moment when a duration has passed. Example: `datetime.create(2024, 5, 1, 12, 30).add(datetime.createDelta(1, 2))` → `2024-05-02T14:30:00Z`."""
        return self.after(need_span(delta, "delta"))

    @ml_function
    def subtract(self, delta: TimeDelta) -> DateTime:
        """The moment that lies a duration before. Example: `datetime.create(2024, 5, 1, 12, 30).subtract(datetime.createDelta(1))` → `2024-04-30T12:30:00Z`."""
        return self.after(-need_span(delta, "delta"))

    @ml_function
    def diff(self, other: DateTime) -> TimeDelta:
        """The time from another moment to this one. Example: `datetime.create(2024, 5, 1, 12, 30).diff(datetime.create(2024, 4, 30)).totalHours()` → `36.5`."""
        return span(self.utc - need_moment(other, "other").utc)

    @ml_function
    def start_of_day(self) -> DateTime:
        """The first moment of the day. Example: `datetime.create(2024, 5, 1, 12, 30).startOfDay()` → `2024-05-01T00:00:00Z`."""
        return self.on(self.wall.date(), dates.MIDNIGHT)

    @ml_function
    def start_of_week(self) -> DateTime:
        """The first moment of the week's Monday. Example: `datetime.create(2024, 5, 1, 12, 30).startOfWeek()` → `2024-04-29T00:00:00Z`."""
        return self.on(dates.plus_days(self.wall.date(), -self.wall.weekday()), dates.MIDNIGHT)

    @ml_function
    def start_of_month(self) -> DateTime:
        """The first moment of the month. Example: `datetime.create(2024, 5, 1, 12, 30).startOfMonth()` → `2024-05-01T00:00:00Z`."""
        return self.on(self.wall.date().replace(day=1), dates.MIDNIGHT)

    @ml_function
    def start_of_year(self) -> DateTime:
        """The first moment of the year. Example: `datetime.create(2024, 5, 1, 12, 30).startOfYear()` → `2024-01-01T00:00:00Z`."""
        return self.on(dt.date(self.wall.year, 1, 1), dates.MIDNIGHT)

    @ml_function
    def end_of_day(self) -> DateTime:
        """The last microsecond of the day. Example: `datetime.create(2024, 5, 1, 12, 30).endOfDay()` → `2024-05-01T23:59:59.999999Z`."""
        return self.until(self.wall.date())

    @ml_function
    def end_of_month(self) -> DateTime:
        """The last microsecond of the month. Example: `datetime.create(2024, 5, 1, 12, 30).endOfMonth()` → `2024-05-31T23:59:59.999999Z`."""
        return self.until(month_end(self.wall.date()))

    @ml_function
    def end_of_year(self) -> DateTime:
        """The last microsecond of the year. Example: `datetime.create(2024, 5, 1, 12, 30).endOfYear()` → `2024-12-31T23:59:59.999999Z`."""
        return self.until(dt.date(self.wall.year, 12, 31))

    @ml_function
    def is_before(self, other: DateTime) -> bool:
        """Whether this moment comes before another. Example: `datetime.create(2024, 5, 1, 12, 30).isBefore(datetime.create(2024, 6, 1))` → `true`."""
        return self.utc < need_moment(other, "other").utc

    @ml_function
    def is_after(self, other: DateTime) -> bool:
        """Whether this moment comes after another. Example: `datetime.create(2024, 5, 1, 12, 30).isAfter(datetime.create(2024, 6, 1))` → `false`."""
        return self.utc > need_moment(other, "other").utc

    @ml_function
    def is_same(self, other: DateTime) -> bool:
        """Whether two moments are one, whatever their zones; `==` says the same.

        Example: `datetime.create(2024, 5, 1, 12, 30).isSame(datetime.parseISO("2024-05-01T14:30+02:00"))` → `true`.
        """
        return self.utc == need_moment(other, "other").utc

    @ml_function
    def is_same_day(self, other: DateTime) -> bool:
        """Whether another moment lies on the same day in this one's zone. Example: `datetime.create(2024, 5, 1, 12, 30).isSameDay(datetime.create(2024, 5, 1))` → `true`."""
        return self.wall.date() == dates.in_zone(need_moment(other, "other").utc, self.zone_).date()

    @ml_function
    def format(self, pattern: str) -> str:
        """The moment as a format shows it. Example: `datetime.create(2024, 5, 1, 12, 30).format("%d %B %Y, %H:%M")` → `"01 May 2024, 12:30"`."""
        return dates.formatted(self.wall, need_text(pattern, "pattern"), dates.MOMENT_CODES, "a DateTime")

    @ml_function(name="toISOString")
    def to_iso_string(self) -> str:
        """The moment in ISO form. Example: `datetime.create(2024, 5, 1, 12, 30).toISOString()` → `"2024-05-01T12:30:00Z"`."""
        return str(self)


@ml_class("Date")
class Date:
    """A day of the calendar."""

    def __init__(self, day: dt.date) -> None:
        self.value = day

    def __str__(self) -> str:
        return self.value.isoformat()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Date) and self.value == other.value

    def __hash__(self) -> int:
        return hash(str(self))

    @ml_function
    def year(self) -> int:
        """The year. Example: `datetime.createDate(2024, 5, 1).year()` → `2024`."""
        return self.value.year

    @ml_function
    def month(self) -> int:
        """The month, from 1. Example: `datetime.createDate(2024, 5, 1).month()` → `5`."""
        return self.value.month

    @ml_function
    def day(self) -> int:
        """The day of the month, from 1. Example: `datetime.createDate(2024, 5, 1).day()` → `1`."""
        return self.value.day

    @ml_function
    def weekday(self) -> int:
        """The day of the week, Monday 0 to Sunday 6. Example: `datetime.createDate(2024, 5, 1).weekday()` → `2`."""
        return self.value.weekday()

    @ml_function
    def iso_weekday(self) -> int:
        """The day of the week, Monday 1 to Sunday 7. Example: `datetime.createDate(2024, 5, 1).isoWeekday()` → `3`."""
        return self.value.isoweekday()

    @ml_function
    def day_of_year(self) -> int:
        """The day of the year, from 1. Example: `datetime.createDate(2024, 5, 1).dayOfYear()` → `122`."""
        return self.value.timetuple().tm_yday

    @ml_function
    def week_of_year(self) -> int:
        """The week of the year as ISO 8601 counts: week 1 holds the first Thursday. Example: `datetime.createDate(2024, 5, 1).weekOfYear()` → `18`."""
        return self.value.isocalendar()[1]

    @ml_function
    def quarter(self) -> int:
        """The quarter of the year, 1 to 4. Example: `datetime.createDate(2024, 5, 1).quarter()` → `2`."""
        return (self.value.month + 2) // 3

    @ml_function
    def add_years(self, count: int) -> Date:
        """The same date so many years later, February 28 where there is no 29. Example: `datetime.createDate(2024, 5, 1).addYears(1)` → `2025-05-01`."""
        check_whole("addYears", "count", count)
        return handle(Date(dates.plus_months(self.value, count * 12)))

    @ml_function
    def add_months(self, count: int) -> Date:
        """The same day so many months later, or the month's last where it is shorter. Example: `datetime.createDate(2024, 5, 1).addMonths(1)` → `2024-06-01`."""
        check_whole("addMonths", "count", count)
        return handle(Date(dates.plus_months(self.value, count)))

    @ml_function
    def add_weeks(self, count: int) -> Date:
        """The day so many weeks later. Example: `datetime.createDate(2024, 5, 1).addWeeks(-1)` → `2024-04-24`."""
        check_whole("addWeeks", "count", count)
        return handle(Date(dates.plus_days(self.value, count * 7)))

    @ml_function
    def add_days(self, count: int) -> Date:
        """The day so many days later; negative counts go back. Example: `datetime.createDate(2024, 5, 1).addDays(31)` → `2024-06-01`."""
        check_whole("addDays", "count", count)
        return handle(Date(dates.plus_days(self.value, count)))

    @ml_function
    def diff(self, other: Date) -> TimeDelta:
        """The time from another day to this one. Example: `datetime.createDate(2024, 5, 1).diff(datetime.createDate(2024, 4, 1)).days()` → `30`."""
        return span(self.value - need(other, Date, "other", "a Date").value)

    @ml_function
    def start_of_month(self) -> Date:
        """The first day of the month. Example: `datetime.createDate(2024, 5, 1).startOfMonth()` → `2024-05-01`."""
        return handle(Date(self.value.replace(day=1)))

    @ml_function
    def end_of_month(self) -> Date:
        """The last day of the month. Example: `datetime.createDate(2024, 5, 1).endOfMonth()` → `2024-05-31`."""
        return handle(Date(month_end(self.value)))

    @ml_function
    def at(self, time: Time, zone: str | TimeZone = "UTC") -> DateTime:
        """The moment when a zone's clocks show a time on this day. Example: `datetime.createDate(2024, 5, 1).at(datetime.createTime(12, 30))` → `2024-05-01T12:30:00Z`."""
        return moment(self.value, need(time, Time, "time", "a Time").value, zone_of(zone))

    @ml_function
    def is_before(self, other: Date) -> bool:
        """Whether this day comes before another. Example: `datetime.createDate(2024, 5, 1).isBefore(datetime.createDate(2024, 6, 1))` → `true`."""
        return self.value < need(other, Date, "other", "a Date").value

    @ml_function
    def is_after(self, other: Date) -> bool:
        """Whether this day comes after another. Example: `datetime.createDate(2024, 5, 1).isAfter(datetime.createDate(2024, 6, 1))` → `false`."""
        return self.value > need(other, Date, "other", "a Date").value

    @ml_function
    def is_same(self, other: Date) -> bool:
        """Whether two days are one; `==` says the same. Example: `datetime.createDate(2024, 5, 1).isSame(datetime.create(2024, 5, 1, 9).date())` → `true`."""
        return self.value == need(other, Date, "other", "a Date").value

    @ml_function
    def format(self, pattern: str) -> str:
        """The day as a format shows it. Example: `datetime.createDate(2024, 5, 1).format("%a %e %b %Y")` → `"Wed 1 May 2024"`."""
        return dates.formatted(self.value, need_text(pattern, "pattern"), dates.DATE_CODES, "a Date")

    @ml_function(name="toISOString")
    def to_iso_string(self) -> str:
        """The day in ISO form. Example: `datetime.createDate(2024, 5, 1).toISOString()` → `"2024-05-01"`."""
        return str(self)


@ml_class("Time")
class Time:
    """A time of day, to the microsecond."""

    def __init__(self, time: dt.time) -> None:
        self.value = time

    def __str__(self) -> str:
        return self.value.isoformat()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self.value == other.value

    def __hash__(self) -> int:
        return hash(str(self))

    def after(self, size: dt.timedelta) -> Time:
        """The time that a clock shows later; it goes round at midnight."""
        return handle(Time((dt.datetime.combine(dt.date(2000, 1, 1), self.value) + size % dt.timedelta(days=1)).time()))

    def since(self, other: Time) -> dt.timedelta:
        """The time from another one of the same day."""
        return dt.datetime.combine(dt.date.min, self.value) - dt.datetime.combine(dt.date.min, other.value)

    @ml_function
    def hour(self) -> int:
        """The hour, 0 to 23. Example: `datetime.createTime(12, 30, 15, 250000).hour()` → `12`."""
        return self.value.hour

    @ml_function
    def minute(self) -> int:
        """The minute. Example: `datetime.createTime(12, 30, 15, 250000).minute()` → `30`."""
        return self.value.minute

    @ml_function
    def second(self) -> int:
        """The second. Example: `datetime.createTime(12, 30, 15, 250000).second()` → `15`."""
        return self.value.second

    @ml_function
    def millisecond(self) -> int:
        """The whole milliseconds of the second. Example: `datetime.createTime(12, 30, 15, 250000).millisecond()` → `250`."""
        return self.value.microsecond // 1000

    @ml_function
    def microsecond(self) -> int:
        """The microseconds of the second. Example: `datetime.createTime(12, 30, 15, 250000).microsecond()` → `250000`."""
        return self.value.microsecond

    @ml_function
    def add(self, delta: TimeDelta) -> Time:
        """The time when a duration has passed; it goes round at midnight. Example: `datetime.createTime(12, 30).add(datetime.createDelta(0, 12))` → `00:30:00`."""
        return self.after(need_span(delta, "delta"))

    @ml_function
    def subtract(self, delta: TimeDelta) -> Time:
        """The time that lies a duration before; it goes round at midnight. Example: `datetime.createTime(12, 30).subtract(datetime.createDelta(0, 13))` → `23:30:00`."""
        return self.after(-need_span(delta, "delta"))

    @ml_function
    def diff(self, other: Time) -> TimeDelta:
        """The time from another time of the same day to this one. Example: `datetime.createTime(12, 30).diff(datetime.createTime(9)).totalHours()` → `3.5`."""
        return span(self.since(need(other, Time, "other", "a Time")))

    @ml_function
    def is_before(self, other: Time) -> bool:
        """Whether this time comes before another. Example: `datetime.createTime(12, 30).isBefore(datetime.createTime(13))` → `true`."""
        return self.value < need(other, Time, "other", "a Time").value

    @ml_function
    def is_after(self, other: Time) -> bool:
        """Whether this time comes after another. Example: `datetime.createTime(12, 30).isAfter(datetime.createTime(13))` → `false`."""
        return self.value > need(other, Time, "other", "a Time").value

    @ml_function
    def is_same(self, other: Time) -> bool:
        """Whether two times are one; `==` says the same. Example: `datetime.createTime(12, 30).isSame(datetime.createTime(12, 30, 0))` → `true`."""
        return self.value == need(other, Time, "other", "a Time").value

    @ml_function
    def format(self, pattern: str) -> str:
        """The time as a format shows it. Example: `datetime.createTime(12, 30).format("%I:%M %p")` → `"12:30 PM"`."""
        return dates.formatted(self.value, need_text(pattern, "pattern"), dates.TIME_CODES, "a Time")

    @ml_function(name="toISOString")
    def to_iso_string(self) -> str:
        """The time in ISO form. Example: `datetime.createTime(12, 30).toISOString()` → `"12:30:00"`."""
        return str(self)


@ml_class("TimeDelta")
class TimeDelta:
    """A duration, to the microsecond; it may be negative."""

    def __init__(self, size: dt.timedelta) -> None:
        self.value = size

    def __str__(self) -> str:
        return dates.duration_text(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TimeDelta) and self.value == other.value

    def __hash__(self) -> int:
        return hash(str(self))

    def signed(self, part: int) -> int:
        """A part of the size with the duration's sign."""
        return -part if self.value.days < 0 else part

    @ml_function
    def days(self) -> int:
        """The whole days. Example: `datetime.createDelta(1, 2, 3, 4.5).days()` → `1`."""
        return self.signed(abs(self.value).days)

    @ml_function
    def seconds(self) -> int:
        """The whole seconds beyond the days. Example: `datetime.createDelta(1, 2, 3, 4.5).seconds()` → `7384`."""
        return self.signed(abs(self.value).seconds)

    @ml_function
    def microseconds(self) -> int:
        """The microseconds beyond the seconds. Example: `datetime.createDelta(1, 2, 3, 4.5).microseconds()` → `500000`."""
        return self.signed(abs(self.value).microseconds)

    @ml_function
    def total_days(self) -> float:
        """The whole duration in days. Example: `datetime.createDelta(1, 12).totalDays()` → `1.5`."""
        return self.value / dt.timedelta(days=1)

    @ml_function
    def total_hours(self) -> float:
        """The whole duration in hours. Example: `datetime.createDelta(1, 12).totalHours()` → `36.0`."""
        return self.value / dt.timedelta(hours=1)

    @ml_function
    def total_minutes(self) -> float:
        """The whole duration in minutes. Example: `datetime.createDelta(1, 12).totalMinutes()` → `2160.0`."""
        return self.value / dt.timedelta(minutes=1)

    @ml_function
    def total_seconds(self) -> float:
        """The whole duration in seconds. Example: `datetime.createDelta(1, 12).totalSeconds()` → `129600.0`."""
        return self.value.total_seconds()

    @ml_function
    def total_milliseconds(self) -> float:
        """The whole duration in milliseconds. Example: `datetime.createDelta(1, 12).totalMilliseconds()` → `129600000.0`."""
        return self.value / dt.timedelta(milliseconds=1)

    @ml_function
    def add(self, other: TimeDelta) -> TimeDelta:
        """The sum. Example: `datetime.createDelta(1, 12).add(datetime.createDelta(0, 12))` → `P2D`."""
        return span(bounded(lambda: self.value + need_span(other, "other")))

    @ml_function
    def subtract(self, other: TimeDelta) -> TimeDelta:
        """The difference. Example: `datetime.createDelta(1, 12).subtract(datetime.createDelta(2))` → `-PT12H`."""
        return span(bounded(lambda: self.value - need_span(other, "other")))

    @ml_function
    def multiply(self, factor: float) -> TimeDelta:
        """The duration times a number. Example: `datetime.createDelta(1, 12).multiply(2)` → `P3D`."""
        factor = number(factor, "factor")
        return span(bounded(lambda: self.value * factor))

    @ml_function
    def negate(self) -> TimeDelta:
        """The duration with the other sign. Example: `datetime.createDelta(1, 12).negate()` → `-P1DT12H`."""
        return span(bounded(lambda: -self.value))

    @ml_function
    def is_negative(self) -> bool:
        """Whether it is below zero. Example: `datetime.createDelta(1, 12).isNegative()` → `false`."""
        return self.value.days < 0

    @ml_function
    def abs_(self) -> TimeDelta:
        """The size, without a sign. Example: `datetime.createDelta(-1).abs()` → `P1D`."""
        return span(bounded(lambda: abs(self.value)))

    @ml_function
    def is_same(self, other: TimeDelta) -> bool:
        """Whether two durations are equal; `==` says the same. Example: `datetime.createDelta(1).isSame(datetime.createDelta(0, 24))` → `true`."""
        return self.value == need_span(other, "other")

    @ml_function(name="toISOString")
    def to_iso_string(self) -> str:
        """The duration in ISO form. Example: `datetime.createDelta(1, 12).toISOString()` → `"P1DT12H"`."""
        return str(self)


# ── now ──


@ml_function
def now(zone: str | TimeZone = "UTC") -> DateTime:
    """This moment, in a zone. Example: `datetime.now("+02:00").zone()` → `+02:00`."""
    return handle(DateTime(this_moment(), zone_of(zone)))


@ml_function
def utc() -> DateTime:
    """This moment, in UTC. Example: `datetime.utc().isAfter(datetime.create(2024))` → `true`."""
    return handle(DateTime(this_moment(), dates.UTC))


@ml_function
def today(zone: str | TimeZone = "UTC") -> Date:
    """The day that it is in a zone. Example: `datetime.today().isAfter(datetime.createDate(2024, 1, 1))` → `true`."""
    return handle(Date(dates.in_zone(this_moment(), zone_of(zone)).date()))


# ── making ──


@ml_function
def create(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0, zone: str | TimeZone = "UTC") -> DateTime:
    """The moment when a zone's clocks show so. Example: `datetime.create(2024, 5, 1, 12, 30, zone: "+02:00")` → `2024-05-01T12:30:00+02:00`."""
    date = dates.date_of(*wholes("create", year=year, month=month, day=day))
    return moment(date, dates.time_of(*wholes("create", hour=hour, minute=minute, second=second, microsecond=microsecond)), zone_of(zone))


@ml_function
def create_date(year: int, month: int, day: int) -> Date:
    """A day of the calendar. Example: `datetime.createDate(2024, 2, 29)` → `2024-02-29`."""
    return handle(Date(dates.date_of(*wholes("createDate", year=year, month=month, day=day))))


@ml_function
def create_time(hour: int, minute: int = 0, second: int = 0, microsecond: int = 0) -> Time:
    """A time of day. Example: `datetime.createTime(9, 5)` → `09:05:00`."""
    return handle(Time(dates.time_of(*wholes("createTime", hour=hour, minute=minute, second=second, microsecond=microsecond))))


@ml_function
def create_delta(days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, milliseconds: float = 0, microseconds: float = 0, weeks: float = 0) -> TimeDelta:
    """A duration. Example: `datetime.createDelta(hours: 36)` → `P1DT12H`."""
    given = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds, "milliseconds": milliseconds, "microseconds": microseconds, "weeks": weeks}
    return span(duration(**{name: number(value, name) for name, value in given.items()}))


@ml_function
def from_timestamp(seconds: float, zone: str | TimeZone = "UTC") -> DateTime:
    """The moment so many seconds after 1970 began in UTC. Example: `datetime.fromTimestamp(1714566600)` → `2024-05-01T12:30:00Z`."""
    try:
        at = dates.EPOCH + dt.timedelta(seconds=number(seconds, "seconds"))
    except OverflowError:
        raise dates.out_of_reach() from None
    return handle(DateTime(at, zone_of(zone)))


@ml_function(name="parseISO")
def parse_iso(text: str, zone: str | TimeZone = "UTC") -> DateTime:
    """The moment in a text in ISO form; the zone counts where the text has none.

    Example: `datetime.parseISO("2024-05-01T12:30+02:00").toZone("UTC")` → `2024-05-01T10:30:00Z`.
    """
    day, time, own = dates.read_iso(need_text(text, "text"))
    return moment(day, time, own or zone_of(zone))


@ml_function
def create_time_zone(name: str) -> TimeZone:
    """A zone by its IANA name or its offset. Example: `datetime.createTimeZone("+05:30")` → `+05:30`."""
    return handle(TimeZone(dates.zone_named(need_text(name, "name"))))


# ── the calendar ──


@ml_function
def is_leap_year(year: int) -> bool:
    """Whether a year has 366 days. Example: `datetime.isLeapYear(2024)` → `true`."""
    return dates.is_leap(*wholes("isLeapYear", year=year))


@ml_function
def days_in_month(year: int, month: int) -> int:
    """How many days a month has. Example: `datetime.daysInMonth(2024, 2)` → `29`."""
    return dates.days_in(*wholes("daysInMonth", year=year, month=month))


@ml_function
def calculate_age(birth: DateTime | Date, at: DateTime | Date | None = None) -> int:
    """Whole years from a birth to a day, today if none is given. Example: `datetime.calculateAge(datetime.createDate(1990, 6, 2), datetime.createDate(2024, 6, 1))` → `33`."""
    until = dates.in_zone(this_moment(), dates.UTC).date() if at is None else day_of(at, "at")
    return dates.years_between(day_of(birth, "birth"), until)


@ml_function
def is_weekend(date: DateTime | Date) -> bool:
    """Whether a day is a Saturday or Sunday. Example: `datetime.isWeekend(datetime.createDate(2024, 5, 4))` → `true`."""
    return day_of(date, "date").weekday() > dates.FRIDAY


@ml_function
def is_weekday(date: DateTime | Date) -> bool:
    """Whether a day is none of the weekend. Example: `datetime.isWeekday(datetime.createDate(2024, 5, 4))` → `false`."""
    return day_of(date, "date").weekday() <= dates.FRIDAY


@ml_function
def add_business_days(date: DateTime | Date, count: int) -> DateTime | Date:
    """The date so many days from Monday to Friday later. Example: `datetime.addBusinessDays(datetime.createDate(2024, 5, 3), 1)` → `2024-05-06`."""
    check_whole("addBusinessDays", "count", count)
    day = dates.plus_business_days(day_of(date, "date"), count)
    found = hosted(date, DateTime)
    return handle(Date(day)) if found is None else found.on(day)


@ml_function
def business_days_between(start: DateTime | Date, end: DateTime | Date) -> int:
    """How many days from Monday to Friday there are from a start up to, but not, an end; negative where the end comes first.

    Example: `datetime.businessDaysBetween(datetime.createDate(2024, 5, 1), datetime.createDate(2024, 5, 8))` → `5`.
    """
    return dates.business_days(day_of(start, "start"), day_of(end, "end"))


# ── how ──


def this_moment() -> dt.datetime:
    """Now by the clock of the run, which may stand still, in UTC."""
    run = current.get(None)
    stands = None if run is None else run.frozen_clock
    return dates.EPOCH + dt.timedelta(microseconds=time_ns() // 1000 if stands is None else stands)


def moment(day: dt.date, time: dt.time, zone: dt.tzinfo) -> DateTime:
    """The DateTime at which a zone's clocks show a day and a time."""
    return handle(DateTime(dates.settled(dt.datetime.combine(day, time, zone)), zone))


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month."""
    return day.replace(day=dates.days_in(day.year, day.month))


def span(size: dt.timedelta) -> TimeDelta:
    """The value of a duration."""
    return handle(TimeDelta(size))


def duration(**parts: float) -> dt.timedelta:
    """A duration from its parts, given by name."""
    return bounded(lambda: dt.timedelta(**parts))


def bounded(make: Callable[[], dt.timedelta]) -> dt.timedelta:
    """What a calculation gives, or a ValueError where that would be too long for a duration."""
    try:
        return make()
    except OverflowError:
        raise MLError("the duration would be longer than 999,999,999 days", "ValueError") from None


# ── what is asked of arguments ──


def need(value: object, kind: type[H], name: str, expected: str) -> H:
    """The instance behind a value, or a TypeError unless it is one of that class."""
    found = hosted(value, kind)
    if found is None:
        hint = "make a DateTime with `datetime.parseISO(…)`" if type(value) is str and kind in (DateTime, Date) else None
        raise MLError(f"`{name}` must be {expected}, not {a_type(value)}", "TypeError", hint=hint)
    return found


def need_moment(value: object, name: str) -> DateTime:
    """The DateTime, or a TypeError."""
    return need(value, DateTime, name, "a DateTime")


def need_span(value: object, name: str) -> dt.timedelta:
    """The duration, or a TypeError."""
    if type(value) in NUMBERS:
        raise MLError(f"`{name}` must be a TimeDelta, not {a_type(value)}", "TypeError", hint="make one like `datetime.createDelta(days: 1)`")
    return need(value, TimeDelta, name, "a TimeDelta").value


def need_text(value: object, name: str) -> str:
    """The text, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def day_of(value: object, name: str) -> dt.date:
    """The day of a Date or DateTime."""
    found = hosted(value, DateTime)
    return found.wall.date() if found is not None else need(value, Date, name, "a Date or a DateTime").value


def zone_of(zone: object) -> dt.tzinfo:
    """The zone that an argument gives by its name or as a TimeZone."""
    if type(zone) is str:
        return dates.zone_named(zone)
    found = hosted(zone, TimeZone)
    if found is None:
        raise wrong_type(zone, "zone", "a string or a TimeZone")
    return found.zone


def wholes(function: str, **given: object) -> list[int]:
    """The arguments of a function, each checked to be a whole number."""
    for name, value in given.items():
        check_whole(function, name, value)
    return [int(value) for value in given.values()]  # type: ignore[call-overload]  # just checked


def number(value: object, name: str) -> float:
    """The number, or an error unless it is one and finite."""
    if type(value) is not int and type(value) is not float:
        raise wrong_type(value, name, "a number")
    if value - value != 0:
        raise MLError(f"`{name}` must be finite", "ValueError")
    return value
