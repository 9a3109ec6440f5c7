"""Messages about what a program does, with level, time and data, to the error stream and to files; never to the host's own logging."""

from __future__ import annotations

from time import gmtime, strftime, time_ns

from mlpy.stdlib import json

from mlpy import files
from mlpy.errors import MLError
from mlpy.runtime.builtins import run as current_run
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import display, escape, quoted
from mlpy.sdk import handle, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from io import FileIO

    from mlpy.runtime.run import Run

LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40, "critical": 50, "off": 60}
FORMATS = ("text", "json")
LONGEST = 200  # characters of a logger's name


@ml_module("log", version="1.0.0")
class Log:
    """Messages about what a program does, with level, time and data, to the error stream and to files.

    ```ml
    import log;
    orders = log.createLogger("orders");
    orders.info("received", {id: 17, total: 42.5});
    log.setFormat("json");
    log.warn("slow answer", {seconds: 3.2});
    ```

    A message goes to the error stream where its level is at least that of `setLevel`, which is `info` at first: `debug`, `info`, `warn`, `error`,
    `critical`, and `off` for none at all. It takes one line, whatever it holds: line ends and control characters stand as escapes, so that no message can
    forge another. In the form `json` each line is an object with `time`, `level`, `logger`, `message` and `data`, and data that JSON has no form for stands as
    its text. The time is UTC, and that of a frozen clock where there is one. What goes to the error stream counts against the output limit.

    `addFile` demands `file.append` and adds each line to a file as well, at once; bytes count against `bytes=` of the grant, and its `until=` holds for each
    line. A file that cannot be written any more is an `IOError` or `CapabilityError` of one message, and is then left out. Level, form and
    files belong to the program with all that it imports; what is set on a logger holds for that logger, whose messages go to the files of both.
    """

    def __init__(self) -> None:
        self.level = LEVELS["info"]
        self.form = "text"
        self.timed = True
        self.sinks: list[Sink] = []

    @ml_function
    def debug(self, message: object, data: object = None) -> None:
        """Tells a detail. Example: `log.debug("tried", {times: 2})` → `null`."""
        self.tell("debug", message, data)

    @ml_function
    def info(self, message: object, data: object = None) -> None:
        """Tells what happened. Example: `log.info("started")` → `null`."""
        self.tell("info", message, data)

    @ml_function
    def warn(self, message: object, data: object = None) -> None:
        """Tells what may become a problem. Example: `log.warn("slow", {seconds: 3})` → `null`."""
        self.tell("warn", message, data)

    @ml_function
    def error(self, message: object, data: object = None) -> None:
        """Tells what failed. Example: `log.error("no answer")` → `null`."""
        self.tell("error", message, data)

    @ml_function
    def critical(self, message: object, data: object = None) -> None:
        """Tells what stops the program's work. Example: `log.critical("no disk")` → `null`."""
        self.tell("critical", message, data)

    @ml_function
    def set_level(self, level: str) -> None:
        """Leaves out messages below a level. Example: `log.setLevel("debug")` → `null`."""
        self.level = level_of(level)

    @ml_function
    def set_format(self, format: str) -> None:  # noqa: A002  the name in the language
        """The form of each line: `text` or `json`. Example: `log.setFormat("json")` → `null`."""
        if type(format) is not str:
            raise wrong_type(format, "format", "a string")
        if format not in FORMATS:
            raise MLError("`format` must be `text` or `json`", "ValueError")
        self.form = format

    @ml_function
    def set_timestamp(self, on: bool) -> None:
        """Whether lines tell the time. Example: `log.setTimestamp(false)` → `null`."""
        if type(on) is not bool:
            raise wrong_type(on, "on", "true or false")
        self.timed = on

    @ml_function(capability="file.append:{path}")
    def add_file(self, path: str) -> None:
        """Adds all messages to a file, too. Example: `log.addFile("app.log"); log.addFile("app.log")` → `null`."""
        add(self.sinks, path)

    @ml_function
    def create_logger(self, name: str) -> Logger:
        """A logger whose messages bear a name of at most 200 characters. Example: `log.createLogger("orders").name()` → `"orders"`."""
        if type(name) is not str:
            raise wrong_type(name, "name", "a string")
        if len(name) > LONGEST:
            raise MLError(f"the name of a logger has at most {LONGEST} characters", "ValueError")
        return handle(Logger(self, name))

    def tell(self, level: str, message: object, data: object, logger: Logger | None = None) -> None:
        """Writes a message to the error stream and the files, if its level is high enough."""
        least = self.level if logger is None or logger.level is None else logger.level
        if LEVELS[level] < least:
            return
        run = current_run()
        parts = {"time": time_text(run)} if self.timed else {}
        line = (json_line if self.form == "json" else text_line)(parts, level, None if logger is None else logger.called, display(message), data)
        run.warn(line)
        spread(line.encode(), [self.sinks] if logger is None else [logger.sinks, self.sinks])


@ml_class("Logger")
class Logger:
    """What gives its messages a name; made with `createLogger`."""

    def __init__(self, log: Log, name: str) -> None:
        self.log = log
        self.called = name
        self.level: int | None = None
        self.sinks: list[Sink] = []

    def __str__(self) -> str:
        return f"<Logger {one_line(self.called)}>"

    @ml_function
    def name(self) -> str:
        """The name. Example: `log.createLogger("orders").name()` → `"orders"`."""
        return self.called

    @ml_function
    def debug(self, message: object, data: object = None) -> None:
        """Tells a detail. Example: `log.createLogger("db").debug("query", {rows: 3})` → `null`."""
        self.log.tell("debug", message, data, self)

    @ml_function
    def info(self, message: object, data: object = None) -> None:
        """Tells what happened. Example: `log.createLogger("db").info("opened")` → `null`."""
        self.log.tell("info", message, data, self)

    @ml_function
    def warn(self, message: object, data: object = None) -> None:
        """Tells what may become a problem. Example: `log.createLogger("db").warn("large result", {rows: 10000})` → `null`."""
        self.log.tell("warn", message, data, self)

    @ml_function
    def error(self, message: object, data: object = None) -> None:
        """Tells what failed. Example: `log.createLogger("db").error("locked")` → `null`."""
        self.log.tell("error", message, data, self)

    @ml_function
    def critical(self, message: object, data: object = None) -> None:
        """Tells what stops the program's work. Example: `log.createLogger("db").critical("damaged")` → `null`."""
        self.log.tell("critical", message, data, self)

    @ml_function
    def set_level(self, level: str | None) -> None:
        """Leaves out this logger's messages below a level; null takes that of all. Example: `log.createLogger("db").setLevel("debug")` → `null`."""
        self.level = None if level is None else level_of(level)

    @ml_function(capability="file.append:{path}")
    def add_file(self, path: str) -> None:
        """Adds this logger's messages to a file, too. Example: `log.createLogger("db").addFile("db.log")` → `null`."""
        add(self.sinks, path)


def level_of(level: object) -> int:
    """The rank of a level."""
    if type(level) is not str:
        raise wrong_type(level, "level", "a string")
    found = LEVELS.get(level)
    if found is None:
        raise MLError(f"`level` must be one of {', '.join(LEVELS)}", "ValueError")
    return found


# ── lines ──


def time_text(run: Run) -> str:
    """The time of the program's clock, to the millisecond."""
    milliseconds = (time_ns() if run.frozen_clock is None else run.frozen_clock * 1000) // 1_000_000
    seconds, rest = divmod(milliseconds, 1000)
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}.{rest:03d}Z"


def text_line(parts: dict[str, str], level: str, name: str | None, message: str, data: object) -> str:
    """A message for people."""
    words = [*parts.values(), level.upper(), message if name is None else f"{name}: {message}"]
    if data is not None:
        words.append(quoted(data))
    return one_line(" ".join(words)) + "\n"


def one_line(text: str) -> str:
    """A text with escapes for what would end the line or command a terminal."""
    return text if text.isprintable() else "".join([letter if letter.isprintable() else escape(letter) for letter in text])


def json_line(parts: dict[str, str], level: str, name: str | None, message: str, data: object) -> str:
    """A message for programs."""
    record: dict[str, object] = {**parts, "level": level, **({} if name is None else {"logger": name}), "message": message}
    if data is not None:
        record["data"] = data
    try:
        text = json.stringify(record)
    except MLError:
        text = json.stringify({**record, "data": display(data)})
    return (text if text.isprintable() else "".join([letter if letter.isprintable() else json_escape(letter) for letter in text])) + "\n"


def json_escape(letter: str) -> str:
    """A character as an escape of JSON, one of two halves where it has to be."""
    data = letter.encode("utf-16-be").hex()
    return "".join([f"\\u{data[at : at + 4]}" for at in range(0, len(data), 4)])


# ── files ──


class Sink:
    """A file that messages are added to; the run closes it."""

    __slots__ = ("file", "path", "run")

    def __init__(self, path: str, file: FileIO, run: Run) -> None:
        self.path = path
        self.file = file
        self.run = run

    def write(self, line: bytes) -> None:
        """Adds a line, at once; raises MLError."""
        view = memoryview(line)
        try:
            while view:
                view = view[self.file.write(view) or 0 :]
        except OSError as error:
            raise files.failure(self.path, error) from error
        except ValueError as error:
            raise MLError(f"`{files.shown(self.path)}` is closed", "IOError") from error

    def close(self) -> None:
        """Lets the file go."""
        self.file.close()
        self.run.drop(self)


def add(sinks: list[Sink], path: str) -> None:
    """Opens a file for messages, unless they go there already."""
    if any(sink.path == path for sink in sinks):
        return
    run = current_run()
    file: FileIO = files.appender(path).detach()  # type: ignore[attr-defined]  # each line goes out as a whole
    sink = Sink(path, file, run)
    run.keep(sink)
    sinks.append(sink)


def spread(line: bytes, lists: list[list[Sink]]) -> None:
    """Adds a line to files; one that fails is left out from then on, and raises when the others have the line."""
    failed: MLError | None = None
    for sinks in lists:
        for sink in [*sinks]:
            try:
                sink.write(line)
            except MLError as error:
                failed = failed or error
                sinks.remove(sink)
                sink.close()
    if failed is not None:
        raise failed


interruptible(text_line, one_line, json_line, json_escape)
