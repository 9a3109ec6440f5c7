import datetime;
start = datetime.create(2024, 2, 29, 9, 30, 15, 250000);
print(start, start.date(), start.time(), start.zone(), typeof(start), [start]);
print(start.year(), start.month(), start.day(), start.hour(), start.minute(), start.second(), start.millisecond(), start.weekday(), start.dayOfYear(), start.quarter());
print(start.addDays(1), start.addMonths(12), start.addYears(4), start.addHours(-10), start.add_minutes(31));
print(start.startOfDay(), start.startOfMonth(), start.endOfMonth(), start.startOfWeek());
berlin = datetime.parseISO("2024-03-30T12:00", "Europe/Berlin");
print(berlin, berlin.addDays(1), berlin.addHours(24), berlin.toZone("America/New_York"), berlin.addDays(1).diff(berlin), berlin.offset());
print(berlin.format("%A, %e %B %Y, %I:%M %p %Z (%:z), week %V"));
delta = datetime.createDelta(1, 2, seconds: 0.5);
print(delta, delta.negate(), delta.totalSeconds(), delta.multiply(2), delta.subtract(datetime.createDelta(3)), delta.isNegative());
print(datetime.isLeapYear(2100), datetime.daysInMonth(2023, 2), datetime.calculateAge(datetime.createDate(1815, 12, 10), datetime.createDate(1852, 11, 27)));
friday = datetime.createDate(2024, 5, 3);
print(datetime.addBusinessDays(friday, 3), datetime.businessDaysBetween(friday, friday.addDays(10)), datetime.isWeekend(friday.addDays(1)), datetime.isWeekday(friday));
days = ["2024-05-03", "2023-01-01", "2024-05-01"].map(fn(text) => datetime.parseISO(text));
print(sorted(days, fn(d) => d.timestamp()).map(fn(d) => d.date().toISOString()), days[0] == datetime.create(2024, 5, 3), days[0].isSameDay(start));
print(datetime.createTime(23, 30).add(datetime.createDelta(hours: 1)), datetime.fromTimestamp(0, "+01:00"), friday.at(datetime.createTime(8), "-05:00"));
for (bad in [fn() => datetime.createDate(2023, 2, 29), fn() => start.format("%Q"), fn() => datetime.parseISO("May"), fn() => datetime.now("Mars/Base"), fn() => start.add(1)]) {
  try { bad(); } except (e) { print(e.type, e.message); }
}
