"""The arguments of the program itself, and a parser that makes named values of them.

An option is written `--name value`, `--name=value`, `-n value` or `-nvalue`, a flag `--name`, `--no-name` or `-n`; several short
flags may share a `-`; after `--` nothing is an option. What does not fit is a ValueError that names the argument.
"""

from __future__ import annotations

import os

from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.runtime.current import current
from mlpy.runtime.operators import short as shortened
from mlpy.runtime.values import a_type, display, quoted
from mlpy.sdk import handle, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable

HELP = "help"
MAX_DIGITS = 300
WIDEST = 40
CHOICES = frozenset((str, int, float))
NUMERIC = frozenset("0123456789+-.eE")
INFINITY = float("inf")


@ml_module("args", version="1.0.0", interruptible=True)
class Args:
    """The arguments of the program, and a parser for them.

    ```ml
    import args;
    parser = args.createParser("greet", "Greets people.");
    parser.addFlag("loud", short: "l", help: "in capitals");
    parser.addOption("times", type: "int", default: 1, help: "how often");
    parser.addPositional("name", help: "who is greeted");
    options = parser.parse(["--times=2", "-l", "Ada"]);
    print(options.name, options.times, options.loud);
    ```

    The arguments are what follows `--` on the command line, `mlpy run greet.ml -- --loud Ada`, or what a host gives; they demand no
    capability. `parser.parse()` reads them, `parser.parse([…])` others.

    An option is written `--times 2`, `--times=2`, `-t 2` or `-t2`; a flag `--loud`, `--no-loud` or `-l`, and several short flags may share
    a `-`. After `--` nothing is an option. A name is given as `maxSize` or `max-size`; it is written `--max-size`, and its value is
    `options.maxSize`. What was not written has its default, null without one, or an empty array where it may be repeated.

    With `--help` or `-h`, `parse` prints the help and gives null, so that a program ends with `if (options == null) { return; }` in its
    main function. What does not fit is a `ValueError` that names the argument, as is a declaration that contradicts another.
    """


@ml_function
def all_() -> list[str]:
    """The program's name and its arguments: the script first, then the rest. Example: `args.all().length - args.rest().length` → `1`."""
    return [script(), *rest()]


@ml_function
def script() -> str:
    """The file of the program as its errors name it, without its folders. Example: `typeof(args.script())` → `"string"`."""
    source = current.get().source
    return "" if source is None else os.path.basename(source.name)


@ml_function
def rest() -> list[str]:
    """The arguments without the program's name: what stands after `--` on the command line. Example: `args.rest()` → `[]`."""
    return [argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for argument in current.get().arguments]


@ml_function
def create_parser(name: str | None = None, description: str = "") -> Parser:
    """A parser for the arguments of a program of this name, by default its file's.

    Example: `p = args.createParser("greet"); p.addFlag("loud"); p.parse(["--loud"])` → `{loud: true}`.
    """
    if name is None:
        name = script().removesuffix(".ml")
        if name[:1] in ("", "<"):  # a program that is no file
            name = "program"
    return handle(Parser(text(name, "name"), text(description, "description")))


# ── the parser ──


class Argument:
    """A flag (of no type), an option or a positional argument."""

    __slots__ = ("choices", "default", "help", "key", "kind", "name", "positional", "repeat", "required", "short")

    def __init__(self, name: str, kind: str | None, help: str, *, positional: bool = False, default: object = None) -> None:  # noqa: A002  the name in the language
        if kind is not None and text(kind, "type") not in KINDS:
            raise MLError(f"`type` must be one of {', '.join(map(quoted, KINDS))}", "ValueError", hint=suggestion(kind, KINDS))
        self.name = dashed(text(name, "name"))
        self.key = camel(self.name)
        self.kind = kind or ""
        self.help = text(help, "help")
        self.positional = positional
        self.default = default
        self.choices: list[object] | None = None
        self.repeat = self.required = False
        self.short = ""

    @property
    def shown(self) -> str:
        """How errors name it."""
        return self.name if self.positional else f"--{self.name}"

    @property
    def place(self) -> str:
        """What stands for its value in a usage line."""
        return "{" + ",".join(display(one) for one in self.choices) + "}" if self.choices is not None else self.name.upper()

    @property
    def left(self) -> str:
        """How it is written, for the left column of the help."""
        if self.positional:
            return self.place + ("..." if self.repeat else "")
        short = f"-{self.short}, " if self.short else "    "
        return f"{short}--{self.name}" + (f" {self.place}" if self.kind else "")

    @property
    def right(self) -> str:
        """What is said about it."""
        notes = ["required"] if self.required and not self.positional else []
        if self.default is not None and self.default is not False:
            notes.append(f"default: {display(self.default)}")
        if self.repeat and not self.positional:
            notes.append("may be repeated")
        return f"{self.help} ({', '.join(notes)})".lstrip() if notes else self.help

    def read(self, written: str) -> object:
        """The value that is written; a ValueError where it is not of the type or not among the choices."""
        value, what = KINDS[self.kind](written)
        if value is None:
            raise MLError(f"`{self.shown}` must be {what}, not {shortened(written)}", "ValueError")
        if self.choices is not None and value not in self.choices:
            listed = ", ".join(map(quoted, self.choices))
            raise MLError(f"`{self.shown}` must be one of {listed}, not {shortened(value)}", "ValueError", hint=suggestion(written, map(display, self.choices)))
        return value


@ml_class("ArgumentParser")
class Parser:
    """Flags, options and positional arguments, and what to say about them."""

    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self.description = description
        self.arguments: dict[str, Argument] = {}
        self.long: dict[str, tuple[Argument, bool]] = {}
        self.short: dict[str, Argument] = {}

    def __str__(self) -> str:
        return f"ArgumentParser({quoted(self.name)})"

    @property
    def positionals(self) -> list[Argument]:
        """The positional arguments in order."""
        return [one for one in self.arguments.values() if one.positional]

    def keep(self, argument: Argument, names: dict[str, bool], short: str | None) -> None:
        """Takes in an argument; a ValueError where one of its names is taken."""
        if argument.key in self.arguments or not self.long.keys().isdisjoint(names):
            raise MLError(f"`{argument.shown}` is declared twice", "ValueError")
        if HELP in names:
            raise MLError("`--help` is there already", "ValueError", hint="give the parser a description, and the arguments a `help`")
        if short is not None:
            if len(text(short, "short")) != 1 or not short.isascii() or not short.isalpha():
                raise MLError(f"`short` must be one letter, not {shortened(short)}", "ValueError")
            if short in self.short or short == HELP[0]:
                raise MLError(f"`-{short}` is declared twice", "ValueError", hint="`-h` stands for `--help`" if short == HELP[0] else None)
            self.short[short] = argument
            argument.short = short
        self.arguments[argument.key] = argument
        self.long.update({name: (argument, value) for name, value in names.items()})

    # ── what there is ──

    @ml_function
    def add_flag(self, name: str, *, short: str | None = None, default: bool = False, help: str = "") -> None:  # noqa: A002  the name in the language
        """Declares a flag: true with `--name`, false with `--no-name`. Example: `p = args.createParser(); p.addFlag("loud", short: "l"); p.parse(["-l"])` → `{loud: true}`."""
        argument = Argument(name, None, help, default=boolean(default, "default"))
        self.keep(argument, {argument.name: True, f"no-{argument.name}": False}, short)

    @ml_function
    def add_option(
        self,
        name: str,
        *,
        type: str = "string",  # noqa: A002  the name in the language
        default: object = None,
        required: bool = False,
        choices: list[object] | None = None,
        repeat: bool = False,
        short: str | None = None,
        help: str = "",  # noqa: A002  as above
    ) -> None:
        """Declares an option with a value: `string`, `int` or `number`; with `repeat` it gives an array of all its values.

        Example: `p = args.createParser(); p.addOption("max-size", type: "int"); p.parse(["--max-size=3"])` → `{maxSize: 3}`.
        """
        argument = Argument(name, type, help, default=default)
        argument.choices = listed(choices)
        argument.required = boolean(required, "required")
        argument.repeat = boolean(repeat, "repeat")
        self.keep(argument, {argument.name: True}, short)

    @ml_function
    def add_positional(
        self,
        name: str,
        *,
        type: str = "string",  # noqa: A002  the name in the language
        default: object = None,
        required: bool = True,
        choices: list[object] | None = None,
        repeat: bool = False,
        help: str = "",  # noqa: A002  as above
    ) -> None:
        """Declares an argument that is known by its place; the last may take all that are left, with `repeat`. One with a default need not be there.

        Example: `p = args.createParser(); p.addPositional("files", repeat: true); p.parse(["a", "b"])` → `{files: ["a", "b"]}`.
        """
        argument = Argument(name, type, help, positional=True, default=default)
        argument.choices = listed(choices)
        argument.required = boolean(required, "required") and default is None
        argument.repeat = boolean(repeat, "repeat")
        before = self.positionals[-1:]
        if before and before[0].repeat:
            raise MLError(f"`{argument.name}` cannot follow `{before[0].name}`, which takes all that are left", "ValueError")
        if before and argument.required and not before[0].required:
            raise MLError(f"`{argument.name}` is required and cannot follow `{before[0].name}`, which is not", "ValueError")
        self.keep(argument, {}, None)

    # ── what comes of it ──

    @ml_function
    def parse(self, arguments: list[str] | None = None) -> dict[str, object] | None:
        """The values of the program's arguments, or of others, by name in camelCase; a ValueError for one that does not fit.

        With `--help` or `-h` it prints the help and gives null. Example: `p = args.createParser(); p.addPositional("name", default: "you"); p.parse([])` → `{name: "you"}`.
        """
        given = rest() if arguments is None else texts(arguments)
        options = given[: given.index("--")] if "--" in given else given
        if "--help" in options or "-h" in options:
            current.get().write(self.help_text())
            return None
        return Reading(self, given).values()

    @ml_function
    def help(self) -> str:
        """What `--help` prints. Example: `args.createParser("greet", "Says hello.").help().startsWith("usage: greet")` → `true`."""
        return self.help_text()

    def help_text(self) -> str:
        """Usage, description, arguments and options."""
        options = [one for one in self.arguments.values() if not one.positional]
        places = [one.left if one.required else f"[{one.left}]" for one in self.positionals]
        parts = [" ".join([f"usage: {self.name}", "[OPTIONS]", *[f"--{one.name} {one.place}" for one in options if one.required], *places])]
        if self.description:
            parts.append(self.description)
        width = max(len(one.left) for one in [*self.arguments.values(), HELPING])
        if places:
            parts.append("\n".join(["arguments:", *[line(one, width) for one in self.positionals]]))
        parts.append("\n".join(["options:", *[line(one, width) for one in [*options, HELPING]]]))
        return "\n\n".join(parts) + "\n"


class Reading:
    """One walk over some arguments."""

    __slots__ = ("at", "found", "given", "loose", "parser")

    def __init__(self, parser: Parser, given: list[str]) -> None:
        self.parser = parser
        self.given = given
        self.at = 0
        self.found: dict[str, object] = {}
        self.loose: list[str] = []  # those that are no option

    def values(self) -> dict[str, object]:
        """What was written, and the default of what was not."""
        while self.at < len(self.given):
            word = self.given[self.at]
            self.at += 1
            if word == "--":
                self.loose += self.given[self.at :]
                break
            if not looks_like_option(word):
                self.loose.append(word)
            elif word.startswith("--"):
                self.long(word)
            else:
                self.shorts(word)
        self.place()
        return {key: self.value(one) for key, one in self.parser.arguments.items()}

    def value(self, argument: Argument) -> object:
        if argument.key in self.found:
            return self.found[argument.key]
        if argument.required:
            raise MLError(f"`{argument.shown}` is missing", "ValueError", hint="`--help` shows how the program is used")
        return [] if argument.repeat and argument.default is None else argument.default

    def long(self, word: str) -> None:
        """`--name`, `--name value` or `--name=value`."""
        name, equals, written = word[2:].partition("=")
        known = self.parser.long.get(name)
        if known is None:
            close = nearest(name, self.parser.long)
            raise MLError(f"there is no option `--{shortened(name)[1:-1]}`", "ValueError", hint=f"did you mean `--{close}`?" if close else "`--help` lists the options")
        argument, value = known
        if argument.kind:
            self.put(argument, argument.read(written if equals else self.following(argument)))
        elif equals:
            raise MLError(f"`--{name}` takes no value", "ValueError")
        else:
            self.put(argument, value)

    def shorts(self, word: str) -> None:
        """`-n`, `-nvalue`, or several flags."""
        for at, letter in enumerate(word[1:], 2):
            argument = self.parser.short.get(letter)
            if argument is None:
                raise MLError(f"there is no option `-{shortened(letter)[1:-1]}`", "ValueError", hint="`--help` lists the options")
            if argument.kind:
                self.put(argument, argument.read(word[at:].removeprefix("=") or self.following(argument)))
                return
            self.put(argument, value=True)

    def following(self, argument: Argument) -> str:
        """The next word, as the value of an option."""
        if self.at == len(self.given) or looks_like_option(self.given[self.at]) or self.given[self.at] == "--":
            raise MLError(
                f"`{argument.shown}` needs a value", "ValueError", hint=f"a value that begins with `-` is written `{argument.shown}=-…`" if self.at < len(self.given) else None
            )
        self.at += 1
        return self.given[self.at - 1]

    def put(self, argument: Argument, value: object) -> None:
        if argument.repeat:
            values: list[object] = self.found.setdefault(argument.key, [])  # type: ignore[assignment]  # of this argument
            values.append(value)
        elif argument.kind and argument.key in self.found:
            raise MLError(f"`{argument.shown}` is given twice", "ValueError")
        else:
            self.found[argument.key] = value

    def place(self) -> None:
        """Gives the words that are no option to the positional arguments."""
        words = self.loose
        for argument in self.parser.positionals:
            taken, words = (words, []) if argument.repeat else (words[:1], words[1:])
            for word in taken:
                self.put(argument, argument.read(word))
        if words:
            raise MLError(f"{shortened(words[0])} is one argument too many", "ValueError", hint="`--help` shows how the program is used")


# ── the pieces ──


def looks_like_option(word: str) -> bool:
    """Whether a word is an option: `-` alone and negative numbers are none."""
    return len(word) > 1 and word[0] == "-" and word != "--" and not (word[1] in "0123456789." and number(word)[0] is not None)


def string(written: str) -> tuple[object, str]:
    """Any text."""
    return written, "a string"


def whole(written: str) -> tuple[object, str]:
    """A whole number in decimal digits."""
    digits = written.removeprefix("-")
    fits = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    return int(written) if fits else None, "a whole number"


def number(written: str) -> tuple[object, str]:
    """A finite number; one without point and exponent stays whole."""
    found = whole(written)[0]
    if found is None and set(written) <= NUMERIC and len(written) <= MAX_DIGITS:
        try:
            found = float(written)
        except ValueError:
            found = None
        found = None if found in (INFINITY, -INFINITY) else found
    return found, "a number"


KINDS: dict[str, Callable[[str], tuple[object, str]]] = {"string": string, "int": whole, "number": number}


def dashed(name: str) -> str:
    """The spelling on a command line: `maxSize` and `max_size` are `max-size`."""
    found = "".join([f"-{letter.lower()}" if letter.isupper() else letter for letter in name]).replace("_", "-").strip("-")
    if not found or not found.isascii() or not found.replace("-", "").isalnum() or not found[0].isalpha() or "--" in found:
        raise MLError(f"{shortened(name)} cannot be the name of an argument", "ValueError", hint="use letters, digits and `-`, without the `--`")
    return found


def camel(name: str) -> str:
    """The spelling in the language: `max-size` is `maxSize`."""
    head, *tail = name.split("-")
    return head + "".join([part[:1].upper() + part[1:] for part in tail])


def line(argument: Argument, width: int) -> str:
    """A line of the help."""
    return f"  {argument.left:{min(width, WIDEST)}}  {argument.right}".rstrip()


def suggestion(written: str, known: Iterable[str]) -> str | None:
    close = nearest(written, known)
    return f"did you mean `{close}`?" if close else None


# ── arguments ──


def text(value: object, name: str) -> str:
    """The value, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def boolean(value: object, name: str) -> bool:
    """The value, or a TypeError unless it is true or false."""
    if type(value) is not bool:
        raise wrong_type(value, name, "true or false")
    return value


def texts(value: object) -> list[str]:
    """A copy of an array of strings."""
    if type(value) is not list:
        raise wrong_type(value, "arguments", "an array of strings")
    for one in value:
        if type(one) is not str:
            raise MLError(f"`arguments` must hold strings, not {a_type(one)}", "TypeError")
    return value.copy()


def listed(choices: object) -> list[object] | None:
    """A copy of the choices."""
    if choices is None:
        return None
    if type(choices) is not list or not choices or not CHOICES.issuperset(map(type, choices)):
        raise wrong_type(choices, "choices", "an array of strings or numbers") if type(choices) is not list else MLError("`choices` must hold strings or numbers", "TypeError")
    return choices.copy()


HELPING = Argument(HELP, None, "show this help")
HELPING.short = HELP[0]
