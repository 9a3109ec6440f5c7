"""What can be typed next: names, members, modules, arguments, dot commands and what they take, each with its signature and a line of doc.

`completions` is a function of the shell's state, the text and the cursor, and evaluates nothing. `InputCompleter` has prompt-toolkit ask it.
"""

from __future__ import annotations

import os
from asyncio import sleep
from dataclasses import dataclass

from mlpy.repl import inference
from mlpy.repl.display import cut, one_line
from mlpy.repl.inference import Entry, Known
from mlpy.repl.lexer import COMMAND, OPENERS, brackets, typed
from mlpy.repl.shell import table
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import Completer
from prompt_toolkit.completion import Completion as Choice
from prompt_toolkit.eventloop import run_in_executor_with_context

from mlpy.capabilities import KINDS
from mlpy.modules import listed
from mlpy.registry import learn_kinds
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.values import ModuleHandle
from mlpy.source import Source
from mlpy.syntax.tokens import ERROR, FALLBACK, Tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from mlpy.repl.shell import Shell
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

MOST = 300  # that are offered at once
PAUSE = 0.03  # seconds in which what was typed is painted before anything else is computed
META = 72  # columns of what stands beside a name
FOLDER_ENTRIES = 2_000
STATEMENTS = ("assert", "break", "continue", "for", "function", "if", "import", "nonlocal", "return", "throw", "try", "while", "with", "capability", "type", "test")
EXPRESSIONS = ("false", "fn", "in", "match", "null", "true")
FOLLOWERS = ("elif", "else", "except", "finally")
BEFORE_STATEMENT = frozenset((";", "{", "}", "=>"))
# What can stand before the `(` of a call or the dot of a member.
ENDS = frozenset(("NAME", "KEYWORD", "STRING", "NUMBER", "TEMPLATE", "TEMPLATE_TAIL", ")", "]", "}"))
VALUES = ENDS - {")", "}"}  # behind these no name can stand, but for a word between two
BACK = {"]": "[", ")": "(", "}": "{", "TEMPLATE_TAIL": "TEMPLATE_HEAD"}


@dataclass(frozen=True, slots=True)
class Completion:
    """A text to put in place of what stands between `start` and the cursor, and what to say of it."""

    text: str
    start: int
    kind: str
    signature: str = ""
    doc: str = ""

    @property
    def meta(self) -> str:
        """What stands beside it: the signature, unless that only repeats the name, and the line of doc."""
        said = "" if self.signature == self.text.rstrip(": ") else self.signature
        return cut(one_line(f"{said}  {self.doc}".strip()), META)


def completions(shell: Shell, text: str, cursor: int, *, asked: bool = True) -> list[Completion]:
    """What can stand at the cursor, best first. Unless it is `asked` for, nothing is offered where nothing was begun."""
    before = text[:cursor]
    command = COMMAND.match(before)
    if command is not None:
        return of_command(shell, before, command.end(), asked=asked)
    if before.strip() == ".":
        return of_command(shell, before, len(before), asked=asked)
    return of_program(shell, before, 0, asked=asked)


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Place:
    """Where the cursor stands in a text: the word that is begun there, and the token before it."""

    __slots__ = ("before", "begun", "index", "prefix", "start", "tokens")

    def __init__(self, before: str) -> None:
        self.before = before
        self.tokens: Tokens = typed.tokens(before)
        kinds = self.tokens.kinds
        self.index = len(kinds) - 2  # before the end
        self.prefix = ""
        self.start = len(before)
        if self.index >= 0 and self.tokens.ends[self.index] == len(before):
            word = self.tokens.text(self.index)
            if word.isidentifier() and word.isascii():
                self.prefix = word
                self.start = self.tokens.starts[self.index]
                self.index -= 1
        self.begun = bool(self.prefix)

    @property
    def kind(self) -> str:
        """The kind of the token before the word; empty at the begin."""
        return self.tokens.kinds[self.index] if self.index >= 0 else ""

    def inside_text(self) -> bool:
        """Whether the cursor stands in a string, in the text of a template or in a comment."""
        tokens = self.tokens
        if tokens.open is not None and (tokens.open != "template" or ERROR in tokens.kinds[-2:]):
            return True
        return any(one.end >= len(self.before) and one.text.startswith("//") for one in tokens.comments[-1:])


def of_program(shell: Shell, before: str, offset: int, *, asked: bool) -> list[Completion]:
    """What can stand at the end of a piece of program, which begins at an offset of the text."""
    place = Place(before)
    if place.inside_text():
        found = keys_in_brackets(shell, place)
    elif importing(place):
        found = modules_to_import(shell, place)
    elif place.kind in (".", "?."):
        found = entries(place, members_before(shell, place))
    elif place.begun or asked or opens_call(place):
        named = named_arguments(shell, place)
        found = [*entries(place, named), *(entries(place, names(shell, place)) if place.begun or asked else [])]
    else:
        found = []
    if len(found) == 1 and found[0].text == place.prefix:
        return []
    return [Completion(one.text, one.start + offset, one.kind, one.signature, one.doc) for one in found[:MOST]]


def entries(place: Place, found: Iterable[Entry]) -> list[Completion]:
    """Those that begin like the word, in the same case first."""
    prefix = place.prefix
    folded = prefix.lower()
    fitting = [one for one in found if one.name.lower().startswith(folded) and (not one.name.startswith("_") or prefix.startswith("_"))]
    fitting.sort(key=lambda one: not one.name.startswith(prefix))
    return [Completion(one.name, place.start, one.kind, one.signature, one.doc) for one in fitting]


def names(shell: Shell, place: Place) -> Iterator[Entry]:
    """Names in scope, then words of the text itself, builtins and keywords."""
    if place.kind in VALUES:
        yield from [Entry("in", "keyword")] if place.begun else ()
        return
    held = shell.session.held()
    folded = place.prefix.lower()
    fitting = sorted([name for name in held if name.lower().startswith(folded)], key=lambda name: (not name.startswith(place.prefix), name))
    seen = {*BUILTINS, *fitting}
    for name in [one for one in fitting if not one.startswith("_") or folded.startswith("_")][:MOST]:  # those that are not offered need no look at their values
        yield inference.entry_of_value(shell, name, held[name])
    elsewhere = inference.kinds_elsewhere(shell)
    yield from (Entry(name, kind, kind) for name, kind in sorted(elsewhere.items()))
    seen.update(elsewhere)
    for name in words(place):
        if name not in seen:
            seen.add(name)
            yield Entry(name, "name")
    for name, function in BUILTINS.items():
        if name not in held and name not in elsewhere and name.lower().startswith(folded):
            yield inference.entry_of_value(shell, name, function)
    at_start = place.kind in BEFORE_STATEMENT or not place.kind
    for word in (*(STATEMENTS if at_start or place.kind == ")" else ()), *EXPRESSIONS, *(FOLLOWERS if place.kind == "}" else ())):
        if place.begun:
            yield Entry(word, "keyword")


def words(place: Place) -> list[str]:
    """The names that the text itself mentions, but for members."""
    tokens = place.tokens
    kinds = tokens.kinds
    found = [tokens.text(at) for at, kind in enumerate(kinds[: place.index + 1]) if kind == "NAME" and (not at or kinds[at - 1] not in (".", "?."))]
    return [*dict.fromkeys(reversed(found))]


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────────


def members_before(shell: Shell, place: Place) -> list[Entry]:
    """The members of what stands before the dot."""
    known = known_before(shell, place, place.index - 1)
    return [] if known is None else inference.members(shell, known, place.prefix.lower())


def known_before(shell: Shell, place: Place, last: int) -> Known | None:
    """What is known of the expression that ends with a token."""
    tokens = place.tokens
    first = chain_start(tokens, last)
    if first is None:
        return None
    own = imported_here(shell, tokens, tokens.text(first)) if first == last else None
    return own or inference.look_up(shell, place.before[tokens.starts[first] : tokens.ends[last]])


def imported_here(shell: Shell, tokens: Tokens, name: str) -> Known | None:
    """A module that the text itself imports, before it is evaluated."""
    for at, kind in enumerate(tokens.kinds):
        if kind == "import" and name in (tokens.text(at + 1), tokens.text(min(at + 3, len(tokens.kinds) - 1))) and name not in shell.session.held():
            info = shell.engine.registry.info(tokens.text(at + 1))
            return None if info is None else Known(ModuleHandle(info.name, {}), module=info)
    return None


def chain_start(tokens: Tokens, last: int) -> int | None:
    """The token that the postfix expression begins with that ends with `last`: `a.b[0]("x")`."""
    kinds = tokens.kinds
    at = last
    while at >= 0 and kinds[at] in ENDS:
        kind = kinds[at]
        if kind in BACK:
            opening = counterpart(tokens, at)
            if opening is None:
                return None
            at = opening
            if kind == ")" and at > 0 and kinds[at - 1] in ENDS:
                at -= 1
                continue
            if kind == "]" and at > 0 and (kinds[at - 1] in ENDS or kinds[at - 1] == "?."):
                at -= 2 if kinds[at - 1] == "?." else 1
                continue
            return at
        if at > 0 and kinds[at - 1] in (".", "?."):
            at -= 2
            continue
        return at
    return None


def counterpart(tokens: Tokens, closing: int) -> int | None:
    """The token that opens the bracket that another one closes."""
    depth = 0
    for at in range(closing, -1, -1):
        kind = tokens.kinds[at]
        depth += (kind in BACK) - (kind in OPENERS)
        if not depth:
            return at
    return None


def keys_in_brackets(shell: Shell, place: Place) -> list[Completion]:
    """The keys of an object in a string that is begun behind `[`."""
    tokens = place.tokens
    last = len(tokens.kinds) - 2
    if tokens.open != "string" or last < 2 or tokens.kinds[last - 1] != "[":
        return []
    known = known_before(shell, place, last - 2)
    if known is None or type(known.value) is not dict or known.sample:
        return []
    start = tokens.starts[last] + 1
    typed, quote = place.before[start:], place.before[start - 1]
    keys = [key for key in known.value if type(key) is str and key.startswith(typed) and key.isprintable() and quote not in key and "\\" not in key]
    shown = [inference.entry_of_value(shell, key, known.value[key]) for key in keys[:MOST]]
    return [Completion(one.name, start, "key", one.signature, one.doc) for one in shown]


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def opens_call(place: Place) -> bool:
    """Whether the cursor stands right behind the `(` of a call."""
    return place.kind == "(" and place.index > 0 and place.tokens.kinds[place.index - 1] in ENDS


def named_arguments(shell: Shell, place: Place) -> list[Entry]:
    """The parameters that the call round the cursor has no argument for yet."""
    found = call_round(shell, place)
    if found is None or place.kind not in ("(", ","):
        return []
    known, opening = found
    given = arguments_given(place.tokens, opening, place.index)
    taken = {name for name in given if name}
    positional = sum(not name for name in given)
    return [Entry(f"{name}: ", "argument", said) for name, said in inference.parameters(shell, known)[positional:] if name not in taken]


def call_round(shell: Shell, place: Place) -> tuple[Known, int] | None:
    """The function that the innermost open bracket calls, and that bracket."""
    tokens = place.tokens
    opened = [at for at in brackets(tokens) if at <= place.index]
    if not opened or tokens.kinds[opened[-1]] != "(" or opened[-1] == 0 or tokens.kinds[opened[-1] - 1] not in ENDS:
        return None
    if opened[-1] > 1 and tokens.kinds[opened[-1] - 2] == "function":
        return None
    known = known_before(shell, place, opened[-1] - 1)
    return None if known is None else (known, opened[-1])


def arguments_given(tokens: Tokens, opening: int, last: int) -> list[str]:
    """The arguments between a bracket and a token: the name of each, empty for one without."""
    given: list[str] = []
    depth = 0
    begin = opening + 1
    for at in range(opening + 1, last + 1):
        kind = tokens.kinds[at]
        depth += (kind in OPENERS) - (kind in BACK)
        if kind == "," and not depth:
            given.append(tokens.text(begin) if tokens.kinds[begin + 1] == ":" else "")
            begin = at + 1
    return given


def signature_at(shell: Shell, text: str, cursor: int) -> str:
    """The signature of the function whose arguments are being typed; empty elsewhere."""
    place = Place(text[:cursor])
    found = None if place.inside_text() or COMMAND.match(text) else call_round(shell, place)
    if found is None:
        return ""
    known = found[0]
    if known.member is not None:
        return inference.entry_of_member(known.member).signature
    return inference.signature(shell, known.value, method=known.method) if callable(known.value) else ""


# ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────────


def importing(place: Place) -> bool:
    """Whether the cursor stands in the path of an import."""
    return import_of(place) is not None


def import_of(place: Place) -> int | None:
    """The token of the import in whose path the cursor stands."""
    kinds = place.tokens.kinds
    at = place.index
    while at > 0 and (kinds[at] == "." or (kinds[at] in ("NAME", *FALLBACK) and kinds[at - 1] == ".")):
        at -= 1
    if at >= 0 and kinds[at] == "NAME" and at > 0 and kinds[at - 1] == "import" and at < place.index:
        at -= 1
    return at if at >= 0 and kinds[at] == "import" else None


def modules_to_import(shell: Shell, place: Place) -> list[Completion]:
    """The modules and files that an import may name."""
    first = import_of(place)
    assert first is not None
    parts = [place.tokens.text(at) for at in range(first + 1, place.index + 1) if place.tokens.kinds[at] != "."]
    found = [] if parts else [of_module(shell, name) for name in shell.engine.registry.names()]
    return entries(place, [*found, *files_to_import(shell, parts)])


def of_module(shell: Shell, name: str) -> Entry:
    """A registered module with what it is for."""
    info = shell.engine.registry.info(name)
    return Entry(name, "module", "", inference.first_line(info.description) if info is not None else "")


def files_to_import(shell: Shell, parts: list[str]) -> list[Entry]:
    """ML files, and folders, below the roots of imports."""
    source = Source("", "<session>")
    roots = [root for root, _ in shell.engine.finder(source).roots(source)]
    found = dict(reversed([one for root in roots for one in listed(os.path.join(root, *parts))[:FOLDER_ENTRIES]]))  # the first root counts
    return [Entry(name, "file", "", "a file") if folder is None else Entry(name, "folder", "", "a folder") for name, folder in sorted(found.items())]


# ── dot commands ─────────────────────────────────────────────────────────────────────────────────────────────────


def of_command(shell: Shell, before: str, end: int, *, asked: bool) -> list[Completion]:
    """A command's name, or what it takes."""
    dot = before.index(".")
    name = before[dot + 1 : end]
    if end == len(before):
        return [
            Completion(f".{one.name}", dot, "command", one.line, one.doc.partition("\n")[0])
            for one in sorted(table().values(), key=lambda one: one.name)
            if one.name.startswith(name)
        ]
    command = table().get(name)
    if command is None or command.complete is None:
        return []
    if isinstance(command.complete, tuple):
        return of_words(before, [Entry(word, "word") for word in command.complete])
    if command.complete == "expression":
        return of_program(shell, before[end:], end, asked=asked)
    return ARGUMENTS[command.complete](shell, before)


def of_words(before: str, found: Iterable[Entry]) -> list[Completion]:
    """Those that begin like the last word of the line."""
    word = before[max(before.rfind(" "), before.rfind("\t")) + 1 :]
    start = len(before) - len(word)
    return [Completion(one.name, start, one.kind, one.signature, one.doc) for one in found if one.name.startswith(word) and one.name != word][:MOST]


def commands(_shell: Shell, before: str) -> list[Completion]:
    return of_words(before, [Entry(one.name, "command", one.line, one.doc.partition("\n")[0]) for one in sorted(table().values(), key=lambda one: one.name)])


def modules(shell: Shell, before: str) -> list[Completion]:
    """Modules that the session has imported, by the names that they have there, then all others."""
    held = [inference.entry_of_value(shell, name, value) for name, value in shell.session.held().items() if type(value) is ModuleHandle]
    names = {one.name for one in held}
    return of_words(before, [*held, *(of_module(shell, name) for name in shell.engine.registry.names() if name not in names)])


def held_names(shell: Shell, before: str) -> list[Completion]:
    return of_words(before, [inference.entry_of_value(shell, name, value) for name, value in sorted(shell.session.held().items()) if not name.startswith("_")])


def capabilities(shell: Shell, before: str) -> list[Completion]:
    """Kinds of capabilities, and paths behind those that take one; to revoke, what is granted."""
    if before.lstrip().startswith(".revoke"):
        return of_words(before, [Entry(pattern, "capability") for pattern in shell.session.run.grants.patterns()])
    learn_kinds()
    word = before[before.rfind(" ") + 1 :]
    kind, colon, path = word.partition(":")
    if not colon:
        return of_words(
            before, [Entry(f"{one.name}:" if one.syntax != "none" else one.name, "capability", "", one.doc or "") for one in sorted(KINDS.values(), key=lambda one: one.name)]
        )
    known = KINDS.get(kind)
    return paths_from(path, len(before), home=False) if known is not None and known.syntax == "path" else []


def paths(_shell: Shell, before: str) -> list[Completion]:
    command = COMMAND.match(before)
    typed = before[command.end() :].lstrip() if command is not None else before
    return paths_from(typed, len(before))


def paths_from(typed: str, end: int, *, home: bool = True) -> list[Completion]:
    """The files and folders that a path may go on with, in which `~` stands for the `home` folder or is a name like any other."""
    folder, _, begun = typed.rpartition("/")
    root = folder + "/" if "/" in typed else "."
    root = os.path.expanduser(root) if home else root
    try:
        with os.scandir(root) as listing:
            found = sorted([(not one.is_dir(), one.name) for one, _ in zip(listing, range(FOLDER_ENTRIES), strict=False)])
    except OSError:
        return []
    fitting = [(name if plain else f"{name}/", plain) for plain, name in found if name.startswith(begun) and (begun.startswith(".") or not name.startswith("."))]
    return [Completion(name, end - len(begun), "file" if plain else "folder") for name, plain in fitting if name.isprintable()][:MOST]


def modules_or_paths(shell: Shell, before: str) -> list[Completion]:
    return [*modules(shell, before), *paths(shell, before)][:MOST]


def settings(shell: Shell, before: str) -> list[Completion]:
    """The settings of the prompt with what they are now, then what one can be."""
    own = shell.settings
    words = before.split(" ")
    if len(words) > 2:
        return of_words(before, [Entry(word, "word") for word in SETTINGS.get(words[1], ("all",))])
    return of_words(before, [Entry(name, "setting", own.text(name), said) for name, said in own.DOCS.items()])


SETTINGS = {"keys": ("emacs", "vi"), **dict.fromkeys(("ascii", "color", "suggestions"), ("on", "off"))}
ARGUMENTS: dict[str, Callable[[Shell, str], list[Completion]]] = {
    "capability": capabilities,
    "command": commands,
    "module": modules,
    "module-or-path": modules_or_paths,
    "name": held_names,
    "path": paths,
    "setting": settings,
}


# ── prompt-toolkit ───────────────────────────────────────────────────────────────────────────────────────────────


class InputCompleter(Completer):
    """The completions of the prompt, as one types and on Tab."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    async def get_completions_async(self, document: Document, complete_event: CompleteEvent) -> AsyncGenerator[Choice, None]:
        """Choices for the menu, looked for on another thread: as one types in pauses alone, as a key that comes has them looked for anew."""
        await sleep(PAUSE)
        if get_app().current_buffer.document == document:
            for one in await run_in_executor_with_context(lambda: [*self.get_completions(document, complete_event)]):
                yield one

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Choice]:
        """The same at once; a session that another thread is changing has none for the moment."""
        try:
            found = completions(self.shell, document.text, document.cursor_position, asked=complete_event.completion_requested)
        except RuntimeError:
            return
        for one in found:
            yield Choice(one.text, one.start - document.cursor_position, display=one_line(one.text), display_meta=one.meta)
