"""Dates and times as Python holds them: zones, reading and writing of ISO texts, formats, and the calendar.

What enters are strings and numbers of a program, what leaves are Python's `date`, `time`, `datetime` and `timedelta`; whatever cannot
be is an MLError. No text of a program reaches `strftime`, whose codes differ between platforms, nor a file name unchecked.
"""

from __future__ import annotations

from io import BytesIO

from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.runtime.operators import short
from mlpy.runtime.values import MAX_TEXT, escape, too_much_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    import datetime as dt
    from collections.abc import Callable, Mapping
    from typing import Any

    Codes = Mapping[str, Callable[[Any], str]]
else:
    import _datetime as dt  # `datetime` without its twin in Python, which takes longer to load than all else here

UTC = dt.UTC
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
MIDNIGHT = dt.time()
MICROSECOND = dt.timedelta(microseconds=1)
DIGITS = frozenset("0123456789")
LONGEST = 64  # no ISO text and no name of a zone has more characters
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
FRIDAY, WORKING_DAYS, WEEK = 4, 5, 7
loaded: dict[str, bytes] = {}  # the files of the zones by name, in a process that can open none any more
made: dict[str, dt.tzinfo] = {}


# ── parts ──


def out_of_reach() -> MLError:
    """The error of a date that Python cannot hold."""
    return MLError("the date would lie outside of the years 1 to 9999", "ValueError")


def check_part(name: str, value: int, low: int, high: int) -> None:
    """A ValueError unless a part of a date or time is within its bounds."""
    if not low <= value <= high:
        raise MLError(f"`{name}` must be from {low} to {high}, not {short(value)}", "ValueError", hint="months and days count from 1" if value == 0 else None)


def date_of(year: int, month: int, day: int) -> dt.date:
    """A day of the calendar."""
    check_part("day", day, 1, days_in(year, month))
    return dt.date(year, month, day)


def time_of(hour: int, minute: int, second: int, microsecond: int) -> dt.time:
    """A time of day."""
    check_part("hour", hour, 0, 23)
    check_part("minute", minute, 0, 59)
    check_part("second", second, 0, 59)
    check_part("microsecond", microsecond, 0, 999_999)
    return dt.time(hour, minute, second, microsecond)


# ── the calendar ──


def is_leap(year: int) -> bool:
    """Whether a year of the Gregorian calendar has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(year: int, month: int) -> int:
    """How many days a month has."""
    check_part("year", year, 1, 9999)
    check_part("month", month, 1, 12)
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def plus_days(day: dt.date, count: int) -> dt.date:
    """The day so many days later."""
    try:
        return day + dt.timedelta(days=count)
    except OverflowError:
        raise out_of_reach() from None


def plus_months(day: dt.date, count: int) -> dt.date:
    """The same day so many months later, or the month's last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not 1 <= year <= 9999:
        raise out_of_reach()
    return dt.date(year, month + 1, min(day.day, days_in(year, month + 1)))


def plus_business_days(day: dt.date, count: int) -> dt.date:
    """The day that is reached after stepping over so many days from Monday to Friday."""
    weekday = day.weekday()
    if not count:
        return day
    if weekday > FRIDAY:  # steps forward count from the Friday before, steps back from the Monday after
        day = plus_days(day, FRIDAY - weekday if count > 0 else WEEK - weekday)
        weekday = day.weekday()
    weeks, place = divmod(weekday + count, WORKING_DAYS)
    return plus_days(day, weeks * WEEK + place - weekday)


def business_days(start: dt.date, end: dt.date) -> int:
    """How many days from Monday to Friday there are from a start up to, but not, an end; negative where the end comes first."""
    return business_ordinal(end) - business_ordinal(start)


def business_ordinal(day: dt.date) -> int:
    """How many days from Monday to Friday lie before a day: the first day of the calendar is a Monday."""
    weeks, place = divmod(day.toordinal() - 1, WEEK)
    return weeks * WORKING_DAYS + min(place, WORKING_DAYS)


def years_between(start: dt.date, end: dt.date) -> int:
    """Whole years; who was born on February 29 has the birthday on March 1 of other years."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


# ── zones ──


def zone_named(name: str) -> dt.tzinfo:
    """A zone by its IANA name (`Europe/Berlin`) or its offset (`+02:00`)."""
    if name in ("UTC", "Z"):
        return UTC
    if name[:1] in ("+", "-"):
        offset = offset_of(name)
        if offset is None:
            raise MLError(f"{short(name)} is no offset of a time zone", "ValueError", hint="write it like `+02:00`, at most 23:59")
        return offset
    if not is_zone_name(name):
        raise no_zone(name)
    zone = zone_of(name)
    if zone is not None:
        return zone
    from mlpy.stdlib import _zones  # noqa: PLC0415  as in `zone_of`

    known = loaded or _zones.every(is_zone_name)
    if not known:
        raise MLError("this machine has no data of time zones", "ValueError", hint="install the Python package `tzdata`, or give an offset such as `+02:00`")
    raise no_zone(name, nearest(name, sorted(known, key=lambda one: (abs(len(one) - len(name)), one))))


def zone_of(name: str) -> dt.tzinfo | None:
    """A zone out of its file, always the same object, as Python reckons by the clock between two times of one zone; None where no file of that name can be read."""
    if name in made:
        return made[name]
    from zoneinfo import ZoneInfo  # noqa: PLC0415  5 ms, and only for programs that name a zone

    from mlpy.stdlib import _zones  # noqa: PLC0415  as above

    data = loaded.get(name) if loaded else _zones.read(name)
    if data is None:
        return None
    try:
        return made.setdefault(name, ZoneInfo.from_file(BytesIO(data), key=name))
    except ValueError:  # a damaged file
        return None


def is_zone_name(name: str) -> bool:
    """Whether a text is shaped like an IANA name; those of files that describe the machine begin with small letters."""
    plain = name.translate({ord(mark): None for mark in "/_+-"})
    return len(name) <= LONGEST and name.isascii() and name[:1].isupper() and plain.isalnum() and all(name.split("/"))


def no_zone(name: str, close: str | None = None) -> MLError:
    """The error of a name that no zone has."""
    hint = f"did you mean `{close}`?" if close else "give a name such as `Europe/Berlin`, or an offset such as `+02:00`"
    return MLError(f"there is no time zone {short(name)}", "ValueError", hint=hint)


def zone_name(zone: dt.tzinfo) -> str:
    """The name by which `zone_named` finds a zone."""
    if zone is UTC:
        return "UTC"
    return getattr(zone, "key", None) or offset_text(zone.utcoffset(None))


def offset_of(text: str) -> dt.timezone | None:
    """The zone of an offset such as `+02:00`, `+0200` or `+02`; None for any other text."""
    digits = text[1:].replace(":", "")
    if text[1:] not in (digits, ":".join([digits[at : at + 2] for at in range(0, min(len(digits), 6), 2)])):
        return None
    if len(digits) not in (2, 4, 6) or not DIGITS.issuperset(digits) or text[:1] not in "+-":
        return None
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    offset = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return dt.timezone(-offset if text[0] == "-" else offset) if offset else UTC


def offset_text(offset: dt.timedelta | None, colon: str = ":") -> str:
    """An offset as `+02:00`, with seconds where it has any."""
    seconds = (offset or dt.timedelta()) // dt.timedelta(seconds=1)
    minutes, second = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{colon}{minutes % 60:02}"
    return f"{text}{colon}{second:02}" if second else text


def settled(wall: dt.datetime) -> dt.datetime:
    """The moment in UTC that a zone's clocks show so; a time that they skip is moved on by what they skip."""
    try:
        return wall.astimezone(UTC)
    except (OverflowError, ValueError):
        raise out_of_reach() from None


def in_zone(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """What the clocks of a zone show at a moment."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        raise out_of_reach() from None


# ── ISO 8601 ──


def read_iso(text: str) -> tuple[dt.date, dt.time, dt.tzinfo | None]:
    """The parts of a text such as `2024-05-01T12:30:00.5+02:00`; the time may be missing, the zone too."""
    if len(text) > LONGEST or not text.isascii():
        raise unreadable(text)
    if (text[4:5], text[7:8]) != ("-", "-"):
        raise unreadable(text)
    day = date_of(*[number(part, width, text) for part, width in ((text[:4], 4), (text[5:7], 2), (text[8:10], 2))])
    if len(text) == 10:
        return day, MIDNIGHT, None
    if text[10] not in "Tt ":
        raise unreadable(text)
    rest = text[11:]
    end = next((at for at, letter in enumerate(rest) if letter in "Zz+-"), len(rest))
    return day, read_time(rest[:end], text), read_zone(rest[end:], text)


def microseconds_at(text: str) -> int:
    """Microseconds since 1970 at the moment in a text, in UTC where it names no zone."""
    day, time, zone = read_iso(text)
    return (settled(dt.datetime.combine(day, time, zone or UTC)) - EPOCH) // MICROSECOND


def read_time(part: str, text: str) -> dt.time:
    """The time of day in a text: `12:30`, `12:30:15` or `12:30:15.25`."""
    clock, dot, fraction = part.replace(",", ".", 1).partition(".")
    pieces = clock.split(":")
    if len(pieces) not in (2, 3) or (dot and (len(pieces) != 3 or not fraction or not DIGITS.issuperset(fraction))):
        raise unreadable(text)
    hour, minute, second = [*[number(piece, 2, text) for piece in pieces], 0][:3]
    return time_of(hour, minute, second, int(fraction[:6].ljust(6, "0")))


def read_zone(part: str, text: str) -> dt.tzinfo | None:
    """The zone at the end of a text, None where there is none."""
    if part in ("", "Z", "z"):
        return UTC if part else None
    zone = offset_of(part)
    if zone is None:
        raise unreadable(text)
    return zone


def number(part: str, width: int, text: str) -> int:
    """Digits of an ISO text."""
    if len(part) != width or not DIGITS.issuperset(part):
        raise unreadable(text)
    return int(part)


def unreadable(text: str) -> MLError:
    """The error of a text that is no date and time."""
    return MLError(f"{short(text)} is no date in ISO form", "ValueError", hint="write it like `2024-05-01` or `2024-05-01T12:30:00Z`")


def iso_text(moment: dt.datetime) -> str:
    """A moment in ISO form, with `Z` for UTC."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if moment.tzinfo is UTC else text


def duration_text(span: dt.timedelta) -> str:
    """A duration in ISO form: `P1DT2H`, `-PT0.5S`."""
    size = abs(span)
    minutes, seconds = divmod(size.seconds, 60)
    fraction = f".{size.microseconds:06}".rstrip("0").rstrip(".")
    parts = ((minutes // 60, "", "H"), (minutes % 60, "", "M"), (seconds, fraction, "S"))
    clock = "".join([f"{value}{rest}{unit}" for value, rest, unit in parts if value or rest])
    text = (f"{size.days}D" if size.days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if span < dt.timedelta() else ''}P{text or 'T0S'}"


# ── formats ──


def week_of_year(day: dt.date, first: int) -> str:
    """The week of the year whose weeks begin on a weekday; the days before the first such day are in week 0."""
    return f"{(day.timetuple().tm_yday + 6 - (day.weekday() - first) % 7) // 7:02}"


DATE_CODES: Codes = {
    "Y": lambda day: f"{day.year:04}",
    "y": lambda day: f"{day.year % 100:02}",
    "m": lambda day: f"{day.month:02}",
    "B": lambda day: MONTHS[day.month - 1],
    "b": lambda day: MONTHS[day.month - 1][:3],
    "d": lambda day: f"{day.day:02}",
    "e": lambda day: f"{day.day}",
    "j": lambda day: f"{day.timetuple().tm_yday:03}",
    "A": lambda day: DAYS[day.weekday()],
    "a": lambda day: DAYS[day.weekday()][:3],
    "u": lambda day: f"{day.isoweekday()}",
    "w": lambda day: f"{day.isoweekday() % 7}",
    "G": lambda day: f"{day.isocalendar()[0]:04}",
    "V": lambda day: f"{day.isocalendar()[1]:02}",
    "U": lambda day: week_of_year(day, 6),
    "W": lambda day: week_of_year(day, 0),
    "F": lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}",
}
TIME_CODES: Codes = {
    "H": lambda time: f"{time.hour:02}",
    "I": lambda time: f"{time.hour % 12 or 12:02}",
    "M": lambda time: f"{time.minute:02}",
    "S": lambda time: f"{time.second:02}",
    "f": lambda time: f"{time.microsecond:06}",
    "L": lambda time: f"{time.microsecond // 1000:03}",
    "p": lambda time: "AM" if time.hour < 12 else "PM",
    "T": lambda time: f"{time.hour:02}:{time.minute:02}:{time.second:02}",
}
ZONE_CODES: Codes = {
    "z": lambda moment: offset_text(moment.utcoffset(), ""),
    ":z": lambda moment: offset_text(moment.utcoffset()),
    "Z": lambda moment: moment.tzname() or "",
    "s": lambda moment: f"{(moment - EPOCH) // dt.timedelta(seconds=1)}",
}
MOMENT_CODES: Codes = {**DATE_CODES, **TIME_CODES, **ZONE_CODES}


def formatted(value: dt.date | dt.time, text: str, codes: Codes, what: str) -> str:
    """A text with each `%` code replaced; `what` names the value in errors."""
    if "%" not in text and "yyyy" in text.lower():
        raise MLError(f"the format {short(text)} has no code", "ValueError", hint="write it like `%Y-%m-%d`")
    parts: list[str] = []
    made: dict[str, str] = {"%": "%"}
    at = size = 0
    while (found := text.find("%", at)) >= 0:
        code = text[found + 1 : found + (3 if text[found + 1 : found + 2] == ":" else 2)]
        if code not in made:
            if code not in codes:
                raise unknown_code(code, codes, what)
            made[code] = codes[code](value)
        parts += (text[at:found], made[code])
        at = found + 1 + len(code)
        size += len(made[code])
        if size > MAX_TEXT:
            too_much_text()
    return "".join([*parts, text[at:]])


def unknown_code(code: str, codes: Codes, what: str) -> MLError:
    """The error of a code that a format may not have."""
    if not code:
        return MLError("the format ends with `%`", "ValueError", hint="write `%%` for a percent sign")
    shown = code if code.isprintable() else "".join(map(escape, code))
    return MLError(f"`%{shown}` is no code in the format of {what}", "ValueError", hint=f"its codes are {' '.join([f'`%{one}`' for one in codes])} and `%%`")
