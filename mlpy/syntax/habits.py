"""What people write who know other languages, and what it is called in ML.

Each habit looks at the tokens round the one that does not fit and gives a finding, or None. The reader believes a finding
only if its changes let the reading go on, so a habit may guess.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from mlpy.diagnostics import Edit
from mlpy.source import Span
from mlpy.syntax.tokens import RESERVED

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.syntax.recover import Change, Finding, Reader

    Habit = Callable[[Reader, int], Finding | None]

DECLARES = frozenset("let var const val local my auto static final mut dim".split())
DEFINES = frozenset("def func fun sub proc fnc defun method procedure".split())
PRINTS = frozenset("print echo puts println printf".split())
TYPES = frozenset("int float double string str bool boolean number char void object array any long".split())
KINDS = {"str": "string", "bool": "boolean", "double": "float", "long": "int", "char": "string", "void": "null"}
OPERATORS = {"and": "&&", "or": "||", "is": "==", "eq": "==", "ne": "!=", "mod": "%", "div": "~/", "xor": "!=", "isnt": "!="}
NOT_A_VALUE = "an assignment is not a value"
# Statements that exist in ML under another name: word → the word here and its kind.
RENAMED = {"raise": "throw", "elseif": "elif", "elsif": "elif", "elsf": "elif", "catch": "except", "rescue": "except", "global": "nonlocal"}
# Statements with a block that ML does not have: word → what to do.
MISSING_BLOCKS = {
    "switch": "write `match (value) { 1 => …, _ => … }`",
    "class": "use functions that return objects: `function point(x, y) { return {x: x, y: y}; }`",
    "interface": "name the shape with `type`: `type Shape = {area: number};`",
    "struct": "name the shape with `type`: `type Point = {x: number, y: number};`",
    "enum": 'use strings, or an object: `Color = {red: "red", green: "green"};`',
    "trait": "use functions and objects",
    "namespace": "put the code into a file of its own and import it",
    "module": "put the code into a file of its own and import it",
    "with": "call functions for it; `with capability(…) { … }` narrows what the block may do",
    "using": "call functions for it; `try { … } finally { … }` cleans up",
}
# Simple statements that ML does not have.
MISSING_SIMPLE = {
    "goto": "use a loop, `break` and `continue`, or a function",
    "yield": "return an array, or call a function for each value",
    "delete": "`{k, ...rest} = o;` makes an object without the key `k`, `xs.pop(i)` takes an element out",
    "del": "`{k, ...rest} = o;` makes an object without the key `k`, `xs.pop(i)` takes an element out",
    "use": "write `import name;`",
    "using": "write `import name;`",
    "package": "a file is a module, its name is the file's name",
    "require": "write `import name;`",
    "include": "write `import name;`",
}
PREFIXES = {
    "new": "call the function without `new`",
    "await": "call the function without `await`: calls wait by themselves",
    "async": "drop `async`: functions wait by themselves",
    "void": "drop `void`",
    "export": "drop `export`: every top-level name that does not begin with `_` is exported",
    "public": "drop `public`: every top-level name that does not begin with `_` is exported",
    "private": "drop `private` and let the name begin with `_`",
    "default": "drop `default`",
}
CHARACTERS = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "´": "'",
    "−": "-", "–": "-", "—": "-", "×": "*", "÷": "/", "·": "*", "≤": "<=", "≥": ">=", "≠": "!=", "…": "...", "→": "=>", "⇒": "=>", "¬": "!", "∧": "&&", "∨": "||",
    "∕": "/", "⁄": "/", "∗": "*", "≡": "==",
}  # fmt: skip
CLOSING_QUOTES = {"“": '”“"', "”": '”"', "„": '“”"', "«": "»", "»": "«", "‘": "’'", "’": "’'", "‚": "‘’'", "´": "´'"}
KIND_OF = {
    "-": "-",
    "*": "OPERATOR",
    "/": "OPERATOR",
    "<=": "OPERATOR",
    ">=": ">=",
    "!=": "OPERATOR",
    "...": "...",
    "=>": "=>",
    "!": "!",
    "&&": "OPERATOR",
    "||": "OPERATOR",
    "==": "OPERATOR",
}
LETTERS = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "þ": "th", "ð": "d", "Æ": "Ae", "Ø": "O", "ı": "i"}
NEEDS_GROUP = ("if", "elif", "while", "for", "except")


# ── characters ───────────────────────────────────────────────────────────────────────────────────────────────────────


def character(r: Reader, at: int) -> Finding:
    """An error token of one character."""
    char = r.text(at)
    if char == "#":
        return hash_comment(r, at)
    if char in CLOSING_QUOTES:
        return quotes(r, at, char)
    if char in "&^~" or (char == "\\" and r.breaks(at + 1)) or char in "@$\\":
        return sign(r, at, char)
    if char > "\x7f" and (char.isalpha() or char.isdigit()) and not normalize("NFKC", char).isascii():
        return foreign_name(r, at)
    plain = CHARACTERS.get(char) or normalize("NFKC", char)
    if plain.isascii() and plain != char and plain.strip() == "":
        return r.found("E0109", f"U+{ord(char):04X} is not a space of ML", r.span(at, at + 1), [change_text(r, at, at + 1, "", " ")], hint="write an ordinary space", sure=True)
    if plain in KIND_OF or plain in set("()[]{},;:=+<>.?"):
        kind = KIND_OF.get(plain) or ("OPERATOR" if plain == "+" else plain)
        return r.found("E0109", f"`{char}` is not a character of ML", r.span(at, at + 1), [change_text(r, at, at + 1, kind, plain)], hint=f"write `{plain}`", sure=True)
    if plain.isascii() and plain.isalnum():
        return foreign_name(r, at)
    shown = f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"
    return r.found("E0109", f"{shown} is not a character of ML", r.span(at, at + 1), [r.delete(at, at + 1)], hint="delete it, or put it into a string", sure=True)


def change_text(r: Reader, first: int, last: int, kinds: str, text: str) -> Change:
    return r.replace(first, last, kinds, text)


def hash_comment(r: Reader, at: int) -> Finding:
    start = r.tokens[at].start
    end = r.source.text.find("\n", start)
    end = len(r.source.text) if end < 0 else end
    include = r.source.text.startswith(("#include", "#define", "#import"), start)
    r.resume(at, [], end)
    edit = r.insert(at, "")
    edit.edit = Edit(Span(start, start + 1), "//")
    hint = "modules come in with `import name;`, comments begin with `//`" if include else "begin the comment with `//`"
    return r.found("E0109", "`#` does not begin a comment", Span(start, start + 1), [edit], hint=hint, fix=not include, sure=True)


def quotes(r: Reader, at: int, char: str) -> Finding:
    """A string in typographic quotes; up to its end on the same line, or up to the line's end."""
    text, start = r.source.text, r.tokens[at].start
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    end = next((index for index in range(start + 1, line_end) if text[index] in CLOSING_QUOTES[char]), -1)
    plain = CHARACTERS[char]
    if end < 0:
        return r.found(
            "E0109",
            f"`{char}` is not a quote of ML",
            r.span(at, at + 1),
            [change_text(r, at, at + 1, "", plain)],
            hint='write `"` at both ends of the string',
            sure=True,
            fix=False,
        )
    inner = text[start + 1 : end]
    mark = plain if plain not in inner else "'" if "'" not in inner else "`"
    change = r.take(at, "STRING", end + 1)
    found = r.found("E0109", f"`{char}` is not a quote of ML", Span(start, end + 1), [change], hint=f"write `{mark}`" if mark != "`" else "write straight quotes", sure=True)
    found.diagnostic.fix = (Edit(Span(start, start + 1), mark), Edit(Span(end, end + 1), mark))
    return found


def sign(r: Reader, at: int, char: str) -> Finding:
    span = r.span(at, at + 1)
    if char == "\\":
        note = "a statement goes on until its `;`, over as many lines as it takes" if r.breaks(at + 1) else None
        hint = "delete the `\\`" if r.breaks(at + 1) else "escapes such as `\\n` stand inside of quotes"
        return r.found("E0109", "`\\` outside of a string", span, [r.delete(at, at + 1)], note=note, hint=hint, fix=r.breaks(at + 1), sure=True)
    if char == "@":
        last = at + 2 if r.kind(at + 1) == "NAME" and r.touches(at + 1) else at + 1
        return r.found("E0109", "ML has no decorators", r.span(at, last), [r.delete(at, last)], hint="call a function with the other one: `f = wrap(f);`", fix=False, sure=True)
    if char == "$":
        return r.found("E0109", "names do not begin with `$`", span, [r.delete(at, at + 1)], hint="drop the `$`", sure=True)
    if r.kind(at + 1) == "=" and r.touches(at + 1):
        return r.found("E0107", f"ML has no operators on bits, such as `{char}=`", r.span(at, at + 2), [r.replace(at, at + 2, "AUGMENT")], hint=bit_hint(char), sure=True)
    change = r.replace(at, at + 1, "OPERATOR") if r.can(at, "OPERATOR") else r.delete(at, at + 1)
    return r.found("E0107", f"ML has no operators on bits, such as `{char}`", span, [change], hint=bit_hint(char), fix=False, sure=True)


def bit_hint(char: str) -> str:
    return {
        "&": "`&&` is the logical and; `x % 2 ** n` keeps the lowest n bits",
        "|": "`||` is the logical or",
        "^": "a power is written `**`",
        "~": "`!` is the logical not; `-x - 1` flips the bits of an int",
        "<<": "`x * 2 ** n` shifts to the left",
        ">>": "`x ~/ 2 ** n` shifts to the right",
    }[char]


def foreign_name(r: Reader, at: int) -> Finding:
    """A name with letters beyond ASCII: all the tokens it fell apart into."""
    first, last = at, at + 1
    while first > 0 and r.touches(first) and r.kind(first - 1) == "NAME":
        first -= 1
    while r.touches(last) and (r.kind(last) in {"NAME", "NUMBER"} or r.text(last).isalnum()) and last - first < 200:
        last += 1
    name = r.source.text[r.tokens[first].start : r.tokens[last - 1].end]
    plain = normalize("NFKD", "".join(LETTERS.get(char, char) for char in name))
    plain = "".join(char for char in plain if char.isascii() and (char.isalnum() or char == "_"))
    usable = len(plain) >= len(name) and plain[:1].isalpha()
    change = r.replace(first, last, "NAME", plain if usable else None)
    hint = f"call it `{plain}`" if usable else "write the name with the letters a to z"
    return r.found("E0109", f"`{name[:40]}` is not a name: names are ASCII", r.span(first, last), [change], hint=hint, sure=True)


# ── statements of other languages ────────────────────────────────────────────────────────────────────────────────────


def statement_word(r: Reader, at: int) -> Finding | None:
    """The statement begins with a word that means something elsewhere."""
    first = r.start(at)
    word = r.text(first)
    if r.kind(first) not in {"NAME", "with"} or first >= at or r.kind(first + 1) in {"=", ".", "AUGMENT", ",", ";"}:
        return None
    if word in DECLARES and (at == first + 1 or r.kind(first + 1) in "[{"):
        return declared(r, first, word)
    if word in DEFINES and at == first + 1:
        return r.found(
            "E0106", f"`{word}` is not a word of ML", r.span(first, first + 1), [r.replace(first, first + 1, "function", "function")], hint="functions are declared with `function`"
        )
    if word in RENAMED and r.kind(at - 1) != "fn":
        return renamed(r, first, word, at)
    if word in PRINTS and at == first + 1:
        return printed(r, first, word)
    if word in {"foreach", "unless", "until", "loop", "do", "repeat"}:
        return loop_word(r, first, word, at)
    if word in {"from", "export"} or (word == "use" and at == first + 1):
        return import_statement(r, at)
    if word in MISSING_BLOCKS and (r.kind(at) == "{" or at == first + 1):
        skipped = no_block(r, first, word)
        if skipped is not None:
            return skipped
    if word in MISSING_SIMPLE and at == first + 1:
        end = r.line_end(at)
        end += r.kind(end) == ";"
        return r.found("E0106", f"ML has no `{word}`", r.span(first, first + 1), [r.replace(first, end, ";")], hint=MISSING_SIMPLE[word], sure=True)
    if word in TYPES and at == first + 1 and r.kind(at) == "NAME" and r.kind(at + 1) in {"=", ";"}:
        return r.found(
            "E0128",
            f"variables carry no type: `{word}`",
            r.span(first, first + 1),
            [r.delete(first, first + 1), *no_value(r, at)],
            hint=f"drop `{word}`: an assignment makes the variable",
        )
    if word == "test" and r.kind(at) == "{":
        return unnamed_test(r, first, at)
    return None


def no_value(r: Reader, name: int) -> list[Change]:
    """Gives a declaration without a value one."""
    return [r.insert(name + 1, "= null", " = null")] if r.kind(name + 1) == ";" else []


def declared(r: Reader, first: int, word: str) -> Finding:
    name = first + 1
    changes = [r.delete(first, first + 1)]
    hint = f"drop `{word}`: an assignment makes the variable"
    if r.kind(name + 1) == ";":
        changes += no_value(r, name)
        hint = f"give it a value: `{r.text(name)} = null;`"
    elif r.kind(name + 1) == ":":
        end = r.finish(name + 1, "=")
        changes.append(r.delete(name + 1, end))
        edit = changes[-1].edit
        if edit is not None and r.kind(end) == "=":
            edit.text = " "
        changes += [r.insert(end, "= null", " = null")] if r.kind(end) == ";" else []
    return r.found("E0106", f"ML has no `{word}`", r.span(first, first + 1), changes, hint=hint, sure=True)


def renamed(r: Reader, first: int, word: str, at: int) -> Finding | None:
    here = RENAMED[word]
    if here in {"elif", "except"} and r.kind(at) != "{" and at != first + 1:
        return None
    return r.found("E0106", f"`{word}` is not a word of ML", r.span(first, first + 1), [r.replace(first, first + 1, here, here)], hint=f"write `{here}`")


def printed(r: Reader, first: int, word: str) -> Finding:
    end = r.line_end(first + 1)
    function = "print"
    changes = [r.replace(first, first + 1, "NAME", function), r.insert(first + 1, "(", "("), r.insert(end, ")", ")")]
    gap = Span(r.tokens[first].start, r.tokens[first + 1].start)
    changes[0].edit, changes[1].edit = None, Edit(gap, function + "(")
    return r.found(
        "E0106", f"`{word}` is a function" if word == "print" else f"ML has no `{word}`", r.span(first, first + 1), changes, hint="call it with parentheses: `print(…)`", sure=True
    )


def loop_word(r: Reader, first: int, word: str, at: int) -> Finding | None:
    span = r.span(first, first + 1)
    if word == "do" and r.kind(first + 1) == "{":
        return do_while(r, first)
    if word in {"loop", "repeat"} and r.kind(at) == "{" and at == first + 1:
        return r.found("E0106", f"ML has no `{word}`", span, [r.replace(first, first + 1, "while ( true )", "while (true)")], hint="write `while (true) { … }`")
    if r.kind(first + 1) != "(":
        return None
    close = r.close(first + 1)
    if close is None or r.kind(close + 1) != "{":
        return None
    if word in {"unless", "until"}:
        here = "if" if word == "unless" else "while"
        changes = [r.replace(first, first + 1, here, here), r.insert(first + 2, "! (", "!("), r.insert(close, ")", ")")]
        return r.found("E0106", f"ML has no `{word}`", span, changes, hint=f"write `{here} (!(…)) {{ … }}`")
    if word == "foreach":
        changes = [r.replace(first, first + 1, "for", "for")]
        if r.text(close - 2) == "as" and r.kind(close - 1) == "NAME":
            inner = r.source.text[r.tokens[first + 2].start : r.tokens[close - 3].end]
            changes.append(r.replace(first + 2, close, "NAME in NAME", f"{r.text(close - 1)} in {inner}"))
        return r.found("E0106", "ML has no `foreach`", span, changes, hint="write `for (x in xs) { … }`")
    return None


def do_while(r: Reader, first: int) -> Finding | None:
    close = r.close(first + 1)
    if close is None:
        return None
    changes = [r.replace(first, first + 1, "while ( true )")]
    end = close + 1
    if r.kind(end) == "while" and r.kind(end + 1) == "(":
        last = r.close(end + 1)
        if last is not None:
            end = last + 1 + (r.kind(last + 1) == ";")
            changes.append(r.replace(close + 1, end, ";"))
    return r.found("E0106", "ML has no `do`", r.span(first, first + 1), changes, hint="write `while (true) { …; if (!again) { break; } }`", sure=True)


def no_block(r: Reader, first: int, word: str) -> Finding | None:
    """A statement with a block that ML does not have: left out as a whole."""
    at = first
    while at < first + 200 and r.kind(at) not in {"{", ";", "$END"} and not (at > first and r.kind(at) == "}"):
        at = (r.close(at) or at) + 1 if r.kind(at) in "([" else at + 1
    if r.kind(at) != "{":
        return None
    close = r.close(at)
    end = len(r.tokens) - 1 if close is None else close + 1
    return r.found("E0106", f"ML has no `{word}`", r.span(first, first + 1), [r.replace(first, end, ";")], hint=MISSING_BLOCKS[word], sure=True)


def unnamed_test(r: Reader, first: int, at: int) -> Finding:
    if at == first + 1:
        return r.found("E0121", "a test without a name", r.span(first, at), [r.replace(first, at, "test STRING", 'test "it works"')], hint='name it: `test "adds numbers" { … }`')
    name = r.source.text[r.tokens[first + 1].start : r.tokens[at - 1].end]
    change = r.replace(first, at, "test STRING", f'test "{name}"')
    return r.found("E0121", "the name of a test is a string", r.span(first + 1, at), [change], hint=f'write `test "{name[:40]}" {{ … }}`', fix='"' not in name)


def test_name(r: Reader, at: int) -> Finding | None:
    if at and r.text(at - 1) == "test" and r.kind(at) == "NAME" and r.kind(at + 1) == "{":
        return unnamed_test(r, at - 1, at + 1)
    return None


def import_statement(r: Reader, at: int) -> Finding | None:
    """`import` in the ways of Python and JavaScript."""
    first = r.start(at)
    head = r.text(first)
    if head not in {"import", "from", "use", "export"} or at > first + 12:
        return None
    end = r.line_end(at) if r.kind(at) != ";" else at
    last = end + (r.kind(end) == ";")
    said = r.source.text[r.tokens[first].start : r.tokens[end - 1].end] if end > first else head
    if head == "export" and r.kind(first + 1) in {"function", "fn", "NAME"} and r.text(first + 1) != "default":
        return r.found("E0106", "ML has no `export`", r.span(first, first + 1), [r.delete(first, first + 1)], hint=PREFIXES["export"])
    path = import_path(said)
    if head == "import" and r.kind(at) == "," and path is None:
        return r.found("E0123", "one `import` for each module", r.span(at, at + 1), [r.replace(at, at + 1, "; import", "; import")], hint="write `import a; import b;`")
    hint = f"write `{path}`" if path else "write `import a.b;` or `import a.b as name;`"
    if head == "export":
        return r.found("E0106", "ML has no `export`", r.span(first, first + 1), [r.replace(first, max(last, at + 1), ";")], hint=PREFIXES["export"], fix=False, sure=True)
    text = path if path and r.kind(end) == ";" else None
    whole = r.replace(first, max(last, at + (r.kind(at) != "$END")), ";", text)
    return r.found("E0123", "malformed import", r.span(first, max(end, first + 1)), [whole], hint=hint, sure=True)


def import_path(said: str) -> str | None:
    """The ML import for an import of Python or JavaScript."""
    found = (
        re.fullmatch(r"""import\s+["']\.?/?([\w./]+?)(?:\.ml)?["']()""", said)
        or re.fullmatch(r"""import\s+\*\s+as\s+(?P<name>\w+)\s+from\s+["']\.?/?(?P<path>[\w./]+?)(?:\.\w+)?["']""", said)
        or re.fullmatch(r"""import\s+(?P<name>\w+)\s+from\s+["']\.?/?(?P<path>[\w./]+?)(?:\.ml|\.js)?["']""", said)
        or re.fullmatch(r"""import\s+\{[^}]*\}\s+from\s+["']\.?/?([\w./]+?)(?:\.ml|\.js)?["']()""", said)
        or re.fullmatch(r"from\s+([\w.]+)\s+import\s+[\w*,\s]+()", said)
        or re.fullmatch(r"import\s+([\w.]+)\.\*()", said)
        or re.fullmatch(r"use\s+([\w.:]+)()", said)
    )
    if not found:
        return None
    names = found.groupdict()
    path = (names.get("path") or found[1]).replace("::", ".").replace("/", ".").strip(".")
    if not all(part.isidentifier() for part in path.split(".")):
        return None
    name = names.get("name")
    return f"import {path};" if not name or name == path else f"import {path} as {name};"


def prefix_word(r: Reader, at: int) -> Finding | None:
    """`new Point(…)`, `await f()`, `not x`, `typeof x`: a word before a value."""
    if not at or r.kind(at - 1) != "NAME" or r.breaks(at) or not (r.begins_value(at) or r.kind(at) == "function"):
        return None
    word, span = r.text(at - 1), r.span(at - 1, at)
    if word in PREFIXES:
        return r.found("E0106", f"ML has no `{word}`", span, [r.delete(at - 1, at)], hint=PREFIXES[word])
    if word == "not":
        change = r.replace(at - 1, at, "!", "!")
        change.edit = Edit(Span(r.tokens[at - 1].start, r.tokens[at].start), "!")
        return r.found("E0107", "`not` is not an operator of ML", span, [change], hint="write `!`")
    if word == "typeof":
        end = operand_end(r, at)
        changes = [r.insert(at, "(", "("), r.insert(end, ")", ")")]
        changes[0].edit = Edit(Span(r.tokens[at - 1].end, r.tokens[at].start), "(")
        return r.found("E0107", "`typeof` is a function", span, changes, hint=f"write `typeof({r.source.text[r.tokens[at].start : r.tokens[end - 1].end][:40]})`")
    if word == "lambda":
        return python_lambda(r, at)
    if word == "case":
        return r.found("E0120", "arms of a `match` begin without `case`", span, [r.delete(at - 1, at)], hint="drop `case`")
    return None


def python_lambda(r: Reader, at: int) -> Finding | None:
    colon = next((index for index in range(at, min(at + 60, len(r.tokens))) if r.kind(index) == ":"), None)
    if colon is None:
        return None
    changes = [r.replace(at - 1, at, "fn (", None), r.replace(colon, colon + 1, ") =>", ") =>")]
    changes[0].edit = Edit(Span(r.tokens[at - 1].start, r.tokens[at].start), "fn(")
    return r.found("E0121", "functions without a name are written with `fn`", r.span(at - 1, at), changes, hint="write `fn(x) => x * 2`")


def operand_end(r: Reader, at: int) -> int:
    """The token after a value with its calls, members and indexes."""
    index = (r.close(at) or at) + 1 if r.kind(at) in {"(", "[", "{"} else at + 1
    while index < len(r.tokens) - 1:
        if r.kind(index) in {".", "?."}:
            index += 2
        elif r.kind(index) in {"(", "["}:
            index = (r.close(index) or index) + 1
        else:
            break
    return min(index, len(r.tokens) - 1)


def operand_start(r: Reader, at: int) -> int:
    """The first token of the value that ends before `at`."""
    index = at - 1
    while index > 0:
        if r.kind(index) in {")", "]", "}"}:
            opener = r.opener(index)
            if opener is None:
                return index
            index = opener
            if r.kind(index) == "{" or r.kind(index - 1) not in {"NAME", ")", "]"}:
                return index
            index -= 1
        elif r.kind(index - 1) in {".", "?."}:
            index -= 2
        else:
            return index
    return max(index, 0)


# ── operators of other languages ─────────────────────────────────────────────────────────────────────────────────────


def operator_word(r: Reader, at: int) -> Finding | None:
    """`and`, `or`, `is not`, `not in`, `instanceof` between two values."""
    word = r.text(at)
    if r.kind(at) != "NAME":
        return None
    if r.kind(at - 1) == "NUMBER" and word == "or" and r.can(at, "|", "NUMBER"):
        return r.found("E0120", "alternatives of a pattern are separated by `|`", r.span(at, at + 1), [r.replace(at, at + 1, "|", "|")], hint="write `|`")
    if word in {"when", "where"} and r.can(at, "if"):
        return r.found("E0120", f"`{word}` is not a word of ML", r.span(at, at + 1), [r.replace(at, at + 1, "if", "if")], hint="a condition of an arm is written `if`")
    if word in {"then", "do", "begin"} and r.kind(at + 1) == "{":
        return r.found("E0118", f"`{word}` is not a word of ML", r.span(at, at + 1), [r.delete(at, at + 1)], hint=f"drop `{word}`")
    if not r.can(at, "OPERATOR"):
        return None
    if word == "is" and r.text(at + 1) == "not":
        return r.found("E0107", "`is not` is not an operator of ML", r.span(at, at + 2), [r.replace(at, at + 2, "OPERATOR", "!=")], hint="write `!=`")
    if word == "not" and r.kind(at + 1) == "in":
        return not_in(r, at)
    if word in {"instanceof", "isa"}:
        return r.found(
            "E0107",
            f"`{word}` is not an operator of ML",
            r.span(at, at + 1),
            [r.replace(at, at + 1, "OPERATOR")],
            hint="compare `typeof(x)`, or `e.type` of an error, with a string",
        )
    if word in OPERATORS:
        sign = OPERATORS[word]
        return r.found("E0107", f"`{word}` is not an operator of ML", r.span(at, at + 1), [r.replace(at, at + 1, "OPERATOR", sign)], hint=f"write `{sign}`")
    return None


def not_in(r: Reader, at: int) -> Finding:
    first, end = operand_start(r, at), operand_end(r, at + 2)
    changes = [r.insert(first, "! (", "!(", before=True), r.replace(at, at + 2, "in", "in"), r.insert(end, ")", ")")]
    return r.found("E0107", "`not in` is not an operator of ML", r.span(at, at + 2), changes, hint="write `!(x in xs)`")


def operator_sign(r: Reader, at: int) -> Finding | None:
    """Operators of signs that fall apart into two tokens here: `===`, `<>`, `++`, `||=`, `<<`, `->`, `::`, `:=`."""
    return (sign_before(r, at) if at and r.touches(at) else None) or sign_here(r, at)


def no_operator(r: Reader, first: int, last: int, change: Change, hint: str, *, fix: bool = True) -> Finding:
    """The tokens are written together and mean something elsewhere."""
    sign = "".join(r.text(index) for index in range(first, last))
    return r.found("E0107", f"`{sign}` is not an operator of ML", r.span(first, last), [change], hint=hint, fix=fix)


def no_bits(r: Reader, first: int, last: int, sign: str) -> Finding:
    return r.found(
        "E0107", f"ML has no operators on bits, such as `{sign}`", r.span(first, last), [r.replace(first, last, "OPERATOR")], hint=bit_hint(sign), fix=False
    )


def sign_before(r: Reader, at: int) -> Finding | None:
    """Operators that the token before and this one make together."""
    first, last = at - 1, at + 1
    both = r.text(first) + r.text(at)
    if both in {"===", "!=="}:
        return no_operator(r, first, last, r.delete(at, last), f"write `{both[:2]}`: equality never converts")
    if both == "<>":
        return no_operator(r, first, last, r.replace(first, last, "OPERATOR", "!="), "write `!=`")
    if both in {"<<", ">>"}:
        return no_bits(r, first, last, both)
    if both in {"||=", "&&="}:
        return logical_assignment(r, at, both)
    if both == "::" or (both == "->" and r.kind(last) == "NAME" and r.can(first, ".")):
        return no_operator(r, first, last, r.replace(first, last, ".", "."), "write `.`")
    if both == "..":
        hint = "write one `.` before a member; `range(a, b)` makes the numbers from `a` to `b`"
        return r.found("E0105", "missing name between `.` and `.`", r.span(first, last), [r.delete(at, last)], hint=hint, fix=False)
    if both == "?:":
        return no_operator(r, first, last, r.replace(first, last, "OPERATOR", "??"), "write `??`")
    return None


def sign_here(r: Reader, at: int) -> Finding | None:
    """Operators that begin with this token, or end a value with it."""
    kind = r.kind(at)
    following = r.text(at + 1)
    following = following if following and r.touches(at + 1) else ""
    if kind == "(" and r.kind(at - 1) == "?.":
        called = r.source.text[r.tokens[operand_start(r, at - 1)].start : r.tokens[at - 1].start][:40]
        return no_operator(r, at - 1, at + 1, r.delete(at - 1, at), f"test it first: `{called} != null ? {called}(…) : null`", fix=False)
    if kind == ":" and following == ":" and r.can(at, "."):
        return no_operator(r, at, at + 2, r.replace(at, at + 2, ".", "."), "write `.`")
    if kind == ":" and following == "=":
        return walrus(r, at)
    if kind == "-" and following == ">":
        return thin_arrow(r, at)
    if kind == "|" and r.can(at, "OPERATOR"):
        return no_bits(r, at, at + 1, "|")
    if kind == "!" and r.can(at, "OPERATOR"):
        hint = "drop the `!`; `x ?? y` stands in where `x` is null"
        return r.found("E0107", "`!` behind a value is not an operator of ML", r.span(at, at + 1), [r.delete(at, at + 1)], hint=hint)
    return None


def thin_arrow(r: Reader, at: int) -> Finding | None:
    opener = r.opener(at - 1) if r.kind(at - 1) == ")" else None
    arrow = opener is not None and r.kind(opener - 1) == "fn"
    for sign, code, title in ((":", "E0128", "the type of a result comes after `:`"), ("=>", "E0121", "`->` is not an operator of ML")):
        if r.can(at, sign) and not (arrow and sign == ":"):
            if sign == "=>" and in_match(r, at):
                code, title = "E0120", "arms of a `match` are written with `=>`"
            gap = " " if sign == "=>" else ""
            change = r.replace(at, at + 2, sign, sign)
            if not gap:
                change.edit = Edit(Span(r.tokens[at - 1].end, r.tokens[at + 1].end), sign)
            return r.found(code, title, r.span(at, at + 2), [change], hint=f"write `{sign}`")
    return None


def logical_assignment(r: Reader, at: int, both: str) -> Finding:
    sign = both[:2]
    target = r.source.text[r.tokens[r.start(at)].start : r.tokens[at - 2].end]
    change = r.replace(at - 1, at + 1, "= NAME OPERATOR", f"= {target} {sign}")
    hint = f"write `{target[:40]} = {target[:40]} {sign} …`"
    return r.found("E0107", f"`{both}` is not an operator of ML", r.span(at - 1, at + 1), [change], hint=hint)


def walrus(r: Reader, at: int) -> Finding:
    if r.can(at, "="):
        return r.found("E0107", "`:=` is not an operator of ML", r.span(at, at + 2), [r.replace(at, at + 2, "=", "=")], hint="write `=`")
    return r.found("E0113", NOT_A_VALUE, r.span(at, at + 2), [r.replace(at, at + 2, "OPERATOR")], hint="assign in a statement of its own", fix=False)


def increment(r: Reader, at: int) -> Finding | None:
    """`i++`, `++i`, `i--`."""
    for first in (at - 2, at - 1, at):
        if first >= 0 and r.text(first) + r.text(first + 1) in {"++", "--"} and r.touches(first + 1):
            break
    else:
        return None
    sign = r.text(first)
    start = r.start(at)
    if start == first:  # ++i
        end = operand_end(r, first + 2)
        changes = [r.delete(first, first + 2), r.insert(end, "AUGMENT NUMBER", f" {sign}= 1")]
        target = r.source.text[r.tokens[first + 2].start : r.tokens[end - 1].end]
    else:
        target = r.source.text[r.tokens[start].start : r.tokens[first - 1].end]
        changes = [r.replace(first, first + 2, "AUGMENT NUMBER", f" {sign}= 1")]
    whole = (start == first or operand_start(r, first) == start) and (r.kind(at + 1) in {";", "}"} or r.kind(at) in {";", "}", "$END"} or r.breaks(at + 1) or start == first)
    title = f"`{sign}{sign}` is not an operator of ML"
    if whole:
        return r.found("E0107", title, r.span(first, first + 2), changes, hint=f"write `{target[:40]} {sign}= 1`")
    drop = [r.delete(first, first + 2)]
    return r.found("E0107", title, r.span(first, first + 2), drop, hint=f"write `x {sign}= 1;` as a statement of its own", fix=False)


def ternary(r: Reader, at: int) -> Finding | None:
    if r.kind(at) == "if" and not r.breaks(at) and r.can(at, "OPERATOR"):
        other = next((index for index in range(at, min(at + 60, len(r.tokens))) if r.kind(index) == "else"), None)
        if other is not None:
            changes = [r.replace(at, at + 1, "?"), r.replace(other, other + 1, ":")]
            value = r.source.text[r.tokens[operand_start(r, at)].start : r.tokens[at - 1].end]
            test = r.source.text[r.tokens[at + 1].start : r.tokens[other - 1].end]
            return r.found("E0107", "`… if … else …` is not an expression of ML", r.span(at, at + 1), changes, hint=f"write `{test[:40]} ? {value[:40]} : …`")
    if r.kind(at) in {";", ")", ",", "]", "}", "$END"} and r.can(at, ":") and not r.can(at, "OPERATOR", "NAME", ";") and r.kind(at - 1) != "?":
        question = next((index for index in range(at - 1, max(at - 60, -1), -1) if r.kind(index) == "?"), None)
        if question is not None:
            change = r.insert(at, ": null", " : null")
            return r.found("E0105", "`?` without its `:`", r.span(question, question + 1), [change], label="the condition ends here", hint="add the other value: `… : null`")
    if r.kind(at - 1) == "?" and r.kind(at) in {";", ")", ","}:
        return r.found("E0105", "`?` without its values", r.span(at - 1, at), [r.delete(at - 1, at)], hint="write `condition ? one : other`", fix=False)
    return None


# ── assignments where a value stands ─────────────────────────────────────────────────────────────────────────────────


def equals(r: Reader, at: int) -> Finding | None:
    """`=` in a condition, in an argument, behind another `=`."""
    if r.kind(at) not in {"=", "AUGMENT"} or not at:
        return None
    if r.kind(r.start(at)) == "nonlocal" and r.kind(at - 1) == "NAME":
        change = r.insert(at, "; NAME", f"; {r.text(at - 1)}")
        return r.found("E0113", "`nonlocal` names variables, it assigns nothing", r.span(at, at + 1), [change], hint=f"write `nonlocal {r.text(at - 1)}; {r.text(at - 1)} = …;`")
    opener = r.opener(at)
    head = r.kind(opener - 1) if opener else ""
    if r.kind(at) == "=" and head in {"if", "elif", "while", "assert", "match"}:
        return r.found("E0113", f"`=` in a condition of `{head}`", r.span(at, at + 1), [r.replace(at, at + 1, "OPERATOR", "==")], label="assigns", hint="write `==` to compare")
    bracket = r.kind(opener) if opener is not None else ""
    if bracket == "(" and r.can(at, ":") and r.kind(at) == "=" and r.kind(at - 1) == "NAME":
        change = r.replace(at, at + 1, ":", ": ")
        change.edit = Edit(Span(r.tokens[at - 1].end, r.tokens[at + 1].start), ": ")
        return r.found("E0113", NOT_A_VALUE, r.span(at, at + 1), [change], hint=f"write `{r.text(at - 1)}: …` for a named argument, or `==` to compare")
    return misplaced_assignment(r, at, inside=bracket in {"(", "["}) if r.can(at, "OPERATOR") else None


def misplaced_assignment(r: Reader, at: int, *, inside: bool) -> Finding:
    """`=` where an operator could stand: in brackets, behind what is no target, or behind another `=`."""
    first = r.start(at)
    operator = [r.replace(at, at + 1, "OPERATOR")]
    if inside:
        return r.found("E0113", NOT_A_VALUE, r.span(at, at + 1), operator, hint="assign in a statement of its own, or write `==` to compare", fix=False)
    if not any(r.kind(index) == "=" for index in range(first, at)):
        hint = "assign to a name, a member or an element, or write `==` to compare"
        return r.found("E0114", "this cannot be assigned to", r.span(first, at), operator, hint=hint, fix=False)
    target = r.source.text[r.tokens[operand_start(r, at)].start : r.tokens[at - 1].end]
    return r.found("E0113", NOT_A_VALUE, r.span(at, at + 1), operator, hint=f"write `{target[:40]} = …;` as a statement of its own", fix=False)


def comma(r: Reader, at: int) -> Finding | None:
    """Doubled commas, and commas between statements or targets."""
    if r.kind(at) != ",":
        return None
    if r.kind(at - 1) in {",", "(", "[", "{"}:
        title = "two commas" if r.kind(at - 1) == "," else f"`,` right behind `{r.kind(at - 1)}`"
        return r.found("E0104", title, r.span(at, at + 1), [r.delete(at, at + 1)], hint="delete one of them" if r.kind(at - 1) == "," else "delete it")
    if not r.can(at, ";"):
        return None
    first, end = r.start(at), r.finish(at + 1, "=")
    if r.kind(first) != "NAME":
        return None
    assigned = any(r.kind(index) == "=" for index in range(first, at))
    if assigned:
        return r.found("E0101", "statements end with `;`, not with `,`", r.span(at, at + 1), [r.replace(at, at + 1, ";", ";")], hint="write `;`")
    if r.kind(end) != "=":
        return None
    stop = r.line_end(end + 1)
    changes = [r.insert(first, "[", "[", before=True), r.insert(end, "]", "]")]
    if any(r.kind(index) == "," for index in range(end, stop)):
        changes += [r.insert(end + 1, "[", "[", before=True), r.insert(stop, "]", "]")]
    return r.found("E0113", "several targets stand in brackets", r.span(first, end), changes, hint="write `[a, b] = [b, a];`")


# ── parentheses, braces, clauses ─────────────────────────────────────────────────────────────────────────────────────


def group(r: Reader, at: int) -> Finding | None:
    """The header of `if`, `while`, `for`, `match` … without parentheses."""
    head = r.kind(at - 1) if at else ""
    word = r.text(at - 1)
    capability = head == "capability" and r.kind(at - 2) == "with"
    if (head not in NEEDS_GROUP and word != "match" and not capability) or r.kind(at) in {"(", "{", ";", "="}:
        return None
    end = next((index for index in range(at, min(at + 200, len(r.tokens))) if ends_header(r, index)), None)
    if end is None or end == at:
        return None
    changes = [r.insert(at, "(", "(", before=True), r.insert(end, ")", ")")]
    if word == "match" and head == "NAME":
        changes[0] = r.replace(at - 1, at, "match (", "match (")
        changes[0].edit = Edit(Span(r.tokens[at].start, r.tokens[at].start), "(")
    what = "names its error" if head == "except" else "stands"
    title = f"`except` {what} in parentheses" if head == "except" else f"missing parentheses behind `{word}`"
    if head == "except" and end > at + 1:
        name = r.text(end - 1) if r.kind(end - 1) == "NAME" else "e"
        change = r.replace(at, end, "( NAME )", f"({name})")
        return r.found("E0118", "`except` takes one name in parentheses", r.span(at, end), [change], hint=f"write `except ({name})` and look at `{name}.type`")
    found = r.found("E0118", title, r.span(at, end), changes, hint="put parentheses round it", sure=True)
    return found if r.reach(changes, 1) >= 0 else None


def ends_header(r: Reader, at: int) -> bool:
    return r.kind(at) in {"{", ";", "$END"} or (r.kind(at) == ":" and r.breaks(at + 1)) or r.text(at) in {"then", "do"}


def except_name(r: Reader, at: int) -> Finding | None:
    """`except (ValueError e)`, `except (e as x)`."""
    opener = r.opener(at)
    if opener is None or r.kind(opener - 1) != "except":
        return None
    close = r.close(opener)
    if close is None:
        return None
    name = r.text(close - 1) if r.kind(close - 1) == "NAME" else "e"
    change = r.replace(opener + 1, close, "NAME", name)
    return r.found("E0118", "`except` takes one name", r.span(opener + 1, close), [change], hint=f"write `except ({name})` and look at `{name}.type`", sure=True)


def header_goes_on(r: Reader, at: int) -> Finding | None:
    """`if (a) && (b) {`: the parentheses end too early."""
    if not r.can(at, "{") or r.kind(at - 1) != ")" or r.kind(at) not in {"OPERATOR", "-", "<", ">", ">=", "in", ".", "["}:
        return None
    opener = r.opener(at - 1)
    if opener is None or r.kind(opener - 1) not in {"if", "elif", "while"}:
        return None
    end = next((index for index in range(at, min(at + 200, len(r.tokens))) if ends_header(r, index)), None)
    if end is None:
        return None
    changes = [r.insert(opener, "(", "(", before=True), r.insert(end, ")", ")")]
    return r.found("E0118", "the parentheses end before the condition does", r.span(at, at + 1), changes, hint="put parentheses round the whole condition")


def body(r: Reader, at: int) -> Finding | None:
    """A statement, `:` and an indented block, or `;` where a block in braces belongs."""
    if at and r.kind(at - 1) == ":" and r.can(at - 1, "{") and (r.breaks(at) or r.kind(at) in {"return", "if", "for", "while"}):
        return indented(r, at - 1)
    if not at or not r.can(at, "{"):
        return None
    head = header(r, at)
    if r.kind(at) == ":" and head is not None:
        return indented(r, at)
    if head is None or r.kind(head) in {"function", "fn"}:
        return None
    word = r.text(head)
    if r.kind(at) == ";":
        change = r.replace(at, at + 1, "{ }", " {}")
        return r.found("E0118", f"`{word}` without a body", r.span(head, head + 1), [change], hint="write a block in braces, `{}` for an empty one")
    if r.kind(at) == "(" and r.kind(at - 1) == "else":
        return else_condition(r, at)
    if r.kind(at) in {"}", ")", "]", "=>", "OPERATOR", "$END"} or (r.text(at) in {"then", "do", "begin"} and r.kind(at) == "NAME"):
        return None
    end = r.finish(at)
    end += r.kind(end) == ";"
    changes = [r.insert(at, "{", "{ ", before=True), r.insert(end, "}", " }")]
    return r.found(
        "E0118", f"missing braces round the body of `{word}`", r.span(at, max(end, at + 1)), changes, hint="write `{ … }`, also round one statement", sure=r.can(at, "{")
    )


def header(r: Reader, at: int) -> int | None:
    """The keyword whose block should begin at a token."""
    if r.kind(at - 1) in {"else", "try", "finally", "except"}:
        return at - 1
    if r.kind(at - 1) != ")":
        return None
    opener = r.opener(at - 1)
    if opener is None:
        return None
    if r.kind(opener - 1) in {"if", "elif", "while", "for", "except", "capability"}:
        return opener - 1
    return None


def indented(r: Reader, colon: int) -> Finding | None:
    """A block as in Python: up to the line that is indented no more than the header."""
    depth, line = r.indent(colon), r.line(colon)
    if r.breaks(colon + 1):
        last = next((index for index in range(colon + 1, len(r.tokens)) if r.breaks(index) and r.indent(index) <= depth and r.line(index) > line), len(r.tokens) - 1)
    else:
        last = next((index for index in range(colon + 1, len(r.tokens)) if r.breaks(index)), len(r.tokens) - 1)
    if last == colon + 1 and r.kind(last) != "$END":
        return None
    missing = r.kind(last - 1) not in {";", "}"}
    text = ("; }" if missing else " }") if not r.breaks(colon + 1) else (";" if missing else "") + "\n" + " " * depth + "}"
    changes = [r.replace(colon, colon + 1, "{", " {"), r.insert(last, "; }" if missing else "}", text)]
    return r.found("E0118", "blocks stand in braces", r.span(colon, colon + 1), changes, label="`{` expected", hint="write `{` here and `}` after the block", sure=True)


def else_condition(r: Reader, at: int) -> Finding | None:
    close = r.close(at)
    if close is None or r.kind(close + 1) != "{":
        return None
    return r.found("E0119", "`else` takes no condition", r.span(at, close + 1), [r.insert(at, "if", " if")], hint="write `else if (…)`")


def clause(r: Reader, at: int) -> Finding | None:
    """`else`, `elif`, `except` or `finally` without what they belong to."""
    kind = r.kind(at)
    owner = {"else": "if", "elif": "if", "except": "try", "finally": "try"}.get(kind)
    if owner is None:
        return None
    if r.kind(at - 1) == ";" and r.kind(at - 2) == "}":
        change = r.delete(at - 1, at)
        change.edit = Edit(r.span(at - 1, at), "")
        return r.found("E0119", f"`;` between `}}` and `{kind}`", r.span(at - 1, at), [change], hint="delete the `;`")
    span = r.span(at, at + 1)
    if kind == "else" and r.kind(at + 1) == "if":
        return r.found("E0119", f"`{kind}` without `{owner}`", span, [r.delete(at, at + 1)], hint=f"put it right behind the `}}` of the `{owner}`", fix=False, sure=True)
    if kind == "elif":
        return r.found("E0119", f"`{kind}` without `{owner}`", span, [r.replace(at, at + 1, "if")], hint=f"put it right behind the `}}` of the `{owner}`", sure=True)
    last = at + 1
    if r.kind(last) == "(":
        last = (r.close(last) or last) + 1
    return r.found("E0119", f"`{kind}` without `{owner}`", span, [r.replace(at, last, "if ( true )")], hint=f"put it right behind the `}}` of the `{owner}`", sure=True)


# ── for ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def for_header(r: Reader, at: int) -> Finding | None:
    opener = r.opener(at + 1) if r.kind(at) == ")" else r.opener(at)
    if opener is None or r.kind(opener) != "(" or r.kind(opener - 1) != "for":
        return None
    close = r.close(opener)
    if close is None:
        return None
    span = r.span(opener + 1, close)
    said = r.source.text[r.tokens[opener].end : r.tokens[close].start].strip()
    if any(r.kind(index) == ";" for index in range(opener, close)):
        better = counting(said)
        change = r.replace(opener + 1, close, "NAME in NAME", better)
        return r.found("E0117", "`for` walks what it is given, it does not count", span, [change], hint=f"write `for ({better or 'i in range(0, 10)'})`", sure=True)
    first = opener + 1
    if r.text(first) in DECLARES and r.kind(first + 1) in {"NAME", "[", "{"}:
        return r.found("E0117", f"ML has no `{r.text(first)}`", r.span(first, first + 1), [r.delete(first, first + 1)], hint=f"drop `{r.text(first)}`")
    if r.text(at) in {"of", "from"} or (r.kind(at) in {":", "="} and r.can(at, "in")):
        change = r.replace(at, at + 1, "in", "in")
        return r.found("E0117", f"`{r.text(at)}` in the header of `for`", r.span(at, at + 1), [change], hint="write `in`")
    return r.found("E0117", "malformed header of `for`", span, [r.replace(first, close, "NAME in NAME")], hint="write `for (x in xs)` or `for (i, x in xs)`", sure=True)


def counting(said: str) -> str | None:
    """`i in range(…)` for the three parts of a counting loop."""
    parts = [part.strip() for part in said.split(";")]
    if len(parts) != 3:
        return None
    begin = re.fullmatch(r"(?:(?:let|var|const|int|auto|my)\s+)?(\w+)\s*=\s*([^=,]+)", parts[0])
    test = re.fullmatch(r"(\w+)\s*(<=|<|>=|>|!=)\s*([^=<>&|]+)", parts[1])
    step = re.fullmatch(r"(?:(\w+)\s*(\+\+|--)|(\+\+|--)\s*(\w+)|(\w+)\s*([+-])=\s*(\w+))", parts[2])
    if not begin or not test or not step or begin[1] != test[1] or begin[1] not in {step[1], step[4], step[5]}:
        return None
    down = "-" in (step[2] or step[3] or step[6])
    if down == (test[2] in {"<", "<="}):
        return None
    stop = test[3] + {"<=": " + 1", ">=": " - 1"}.get(test[2], "")
    width = step[7] or "1"
    name = begin[1]
    if down or width != "1":
        return f"{name} in range({begin[2]}, {stop}, {'-' if down else ''}{width})"
    return f"{name} in range({begin[2]}, {stop})" if begin[2] != "0" else f"{name} in range({stop})"


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def function_value(r: Reader, at: int) -> Finding | None:
    """`function` where a value stands, `function` without a name, `fn` with one, a missing `=>`."""
    if r.kind(at) == "function" and not r.can(at, "while"):
        return function_expression(r, at)
    if r.kind(at) == "(" and r.kind(at - 1) == "function":
        close = r.close(at)
        change = r.insert(at, "NAME", " name")
        used = close is not None and r.kind(close + 1) == "{"
        return r.found("E0121", "a function without a name", r.span(at - 1, at), [change], hint="name it: `function name(…) { … }`", fix=False, sure=used)
    if r.kind(at) == "NAME" and r.kind(at - 1) == "fn":
        if r.can(at - 1, "while"):
            return r.found(
                "E0121",
                "`fn` makes a function without a name",
                r.span(at - 1, at),
                [r.replace(at - 1, at, "function", "function")],
                hint="functions with a name are declared with `function`",
            )
        return r.found("E0121", "`fn` makes a function without a name", r.span(at, at + 1), [r.delete(at, at + 1)], hint="drop the name")
    if r.kind(at) == "=>":
        return bare_arrow(r, at)
    if r.can(at, "=>") and r.kind(at - 1) == ")" and (r.kind(at) == "{" or r.begins_value(at)) and not in_match(r, at):
        changes = [r.insert(at, "=>", " =>")]
        if r.kind(at) == "{" and r.kind(at + 1) == "}":
            changes.append(r.replace(at, at + 2, "{ ; }", "{;}"))
        return r.found("E0121", "missing `=>`", Span(r.tokens[at - 1].end, r.tokens[at - 1].end), changes, label="expected here", hint="write `fn(…) => …`")
    return None


def function_expression(r: Reader, at: int) -> Finding | None:
    paren = at + 1 if r.kind(at + 1) == "(" else at + 2
    close = r.close(paren) if r.kind(paren) == "(" else None
    if close is None:
        return None
    brace = close + 1
    while r.kind(brace) not in {"{", ";", ")", "$END"} and brace < close + 8:
        brace += 1
    if r.kind(brace) != "{":
        return None
    changes = [r.replace(at, paren, "fn", "fn"), r.insert(brace, "=>", " =>")]
    if r.kind(brace + 1) == "}":
        changes.append(r.replace(brace, brace + 2, "{ ; }", "{;}"))
    return r.found("E0121", "`function` declares, it is not a value", r.span(at, at + 1), changes, hint="write `fn(…) => { … }`", sure=True)


def bare_arrow(r: Reader, at: int) -> Finding | None:
    """`(x) => …`, `x => …`; also the `=>` of other languages in objects."""
    if r.kind(at - 1) == ")":
        opener = r.opener(at - 1)
        if opener is None:
            return None
        if r.kind(opener - 1) == "NAME" and r.kind(opener - 2) == "function":
            return arrow_function(r, at)
        return with_fn(r, opener)
    enclosing = r.opener(at)
    if enclosing is not None and r.kind(enclosing) == "{" and r.can(at, ":"):
        return r.found("E0122", "entries of an object are written with `:`", r.span(at, at + 1), [replace_tight(r, at, ":")], hint="write `:`")
    if r.kind(at - 1) == "NAME":
        changes = [r.insert(at - 1, "fn (", "fn(", before=True), r.insert(at, ")", ")")]
        return r.found("E0121", "a function without `fn`", r.span(at - 1, at + 1), changes, hint=f"write `fn({r.text(at - 1)}) => …`")
    return None


def replace_tight(r: Reader, at: int, text: str) -> Change:
    """Replaces a token together with the blanks before it."""
    change = r.replace(at, at + 1, text, text)
    change.edit = Edit(Span(r.tokens[at - 1].end, r.tokens[at].end), text)
    return change


def with_fn(r: Reader, opener: int) -> Finding | None:
    close = r.close(opener)
    if close is None or r.kind(close + 1) not in {"=>", ":"}:
        return None
    said = r.source.text[r.tokens[opener].start : r.tokens[close].end]
    shown = said if len(said) < 40 else "(…)"
    return r.found("E0121", "a function without `fn`", r.span(opener, close + 2), [r.insert(opener, "fn", "fn", before=True)], hint=f"write `fn{shown} => …`")


def arrow_parameters(r: Reader, at: int) -> Finding | None:
    """`(a, b) => …` and `() => …`, which stop within the parentheses."""
    opener = at - 1 if r.kind(at) == ")" and r.kind(at - 1) == "(" else r.opener(at)
    if opener is None or r.kind(opener) != "(":
        return None
    close = r.close(opener)
    if close is None or r.kind(close + 1) != "=>":
        return None
    return with_fn(r, opener)


def arrow_function(r: Reader, at: int) -> Finding | None:
    """`function f(x) => …;`."""
    end = r.finish(at + 1)
    if r.kind(at + 1) == "{":
        return r.found("E0121", "`function` takes a block without `=>`", r.span(at, at + 1), [r.delete(at, at + 1)], hint="drop the `=>`")
    closing = "}" if r.kind(end) == ";" else "; }"
    changes = [r.replace(at, at + 1, "{ return", "{ return"), r.insert(end + (r.kind(end) == ";"), closing, " " + closing if closing == "}" else closing)]
    return r.found("E0121", "`function` takes a block, not `=>`", r.span(at, at + 1), changes, hint="write `{ return …; }`")


def function_parts(r: Reader, at: int) -> Finding | None:
    """A declaration without parameters or without a body, and parameters with their type before them."""
    if r.kind(at) == "{" and r.kind(at - 2) == "function":
        return r.found("E0121", f"the function `{r.text(at - 1)}` has no parameter list", r.span(at - 1, at), [r.insert(at, "( )", "()")], hint="write `()` behind its name")
    first = r.start(at)
    if r.kind(first) == "function" and r.can(at, "{") and r.kind(at - 1) == ")" and r.opener(at) == r.opener(first):
        name = r.text(first + 1)
        if r.kind(at) == ";":
            change = replace_tight(r, at, "{ }")
            edit = change.edit
            if edit is not None:
                edit.text = " {}"
            return r.found("E0121", f"the function `{name}` has no body", r.span(first + 1, first + 2), [change], hint="write a block in braces")
        if r.kind(at) == "return":
            end = r.finish(at)
            end += r.kind(end) == ";"
            return r.found(
                "E0118", f"missing braces round the body of `{name}`", r.span(at, end), [r.insert(at, "{", "{ ", before=True), r.insert(end, "}", " }")], hint="write `{ … }`"
            )
    opener = r.opener(at)
    parameters = opener is not None and (r.kind(opener - 1) == "fn" or r.kind(opener - 2) == "function")
    if parameters and r.kind(at) == "NAME" and r.text(at - 1) in TYPES and r.kind(at - 2) in {"(", ","}:
        kind = KINDS.get(r.text(at - 1), r.text(at - 1))
        change = r.replace(at - 1, at + 1, "NAME : NAME", f"{r.text(at)}: {kind}")
        return r.found("E0128", "the type of a parameter comes behind its name", r.span(at - 1, at + 1), [change], hint=f"write `{r.text(at)}: {kind}`")
    return None


def nested_arrow(r: Reader, at: int) -> Finding | None:
    """An arrow as an operand."""
    if r.kind(at) != "fn" or not r.can(at, "NUMBER"):
        return None
    end = r.finish(at, ",", ":")
    changes = [r.insert(at, "(", "(", before=True), r.insert(end, ")", ")")]
    return r.found("E0121", "a function as an operand stands in parentheses", r.span(at, end), changes, hint="write `(fn(…) => …)`")


# ── objects, arrays, match ───────────────────────────────────────────────────────────────────────────────────────────


def entry(r: Reader, at: int) -> Finding | None:
    """Entries of objects in the ways of other languages."""
    opener = r.opener(at)
    if opener is None or r.kind(opener) != "{":
        return None
    kind = r.kind(at)
    if kind == ";" and r.can(at, ","):
        arms = in_match(r, at)
        what = "arms of a `match`" if arms else "entries of an object"
        return r.found("E0120" if arms else "E0122", f"{what} are separated by `,`", r.span(at, at + 1), [r.replace(at, at + 1, ",", ",")], hint="write `,`")
    if kind == ":" and r.kind(at - 1) == "NUMBER" and r.kind(at - 2) in {"{", ","} and not in_match(r, at):
        key = r.text(at - 1)
        return r.found("E0122", "the keys of an object are strings", r.span(at - 1, at), [r.replace(at - 1, at, "STRING", f'"{key}"')], hint=f'write `"{key}":`')
    if kind == "{" and r.kind(at - 1) == ")" and not in_match(r, at):
        paren = r.opener(at - 1)
        if paren is not None and r.kind(paren - 1) == "NAME" and r.kind(paren - 2) in {"{", ","}:
            changes = [r.insert(paren, ": fn", ": fn"), r.insert(at, "=>", " =>")]
            if r.kind(at + 1) == "}":
                changes.append(r.replace(at, at + 2, "{ ; }", "{;}"))
            return r.found("E0122", "objects have no methods, but functions under a key", r.span(paren - 1, paren), changes, hint=f"write `{r.text(paren - 1)}: fn(…) => {{ … }}`")
    return None


def arm(r: Reader, at: int) -> Finding | None:
    """Arms of a `match`."""
    if not in_match(r, at):
        return None
    span = r.span(at, at + 1)
    if r.kind(at) == ":" and r.can(at, "=>"):
        return r.found("E0120", "arms of a `match` are written with `=>`", span, [replace_tight_arrow(r, at)], hint="write `=>`")
    if r.kind(at) == "else" and r.kind(at + 1) in {"=>", ":", "-"}:
        return r.found("E0120", "the arm for everything else is `_`", span, [r.replace(at, at + 1, "NAME", "_")], hint="write `_`")
    if r.kind(at) == "OPERATOR" and r.text(at) == "&&" and r.can(at, "if"):
        return r.found("E0120", "a condition of an arm is written `if`", span, [r.replace(at, at + 1, "if", "if")], hint="write `if`")
    if r.kind(at) in {"OPERATOR", "<", ">", ">="} and r.kind(at - 1) in {",", "{"}:
        text = f"n if n {r.text(at)}"
        return r.found("E0120", "a pattern does not begin with an operator", span, [r.replace(at, at + 1, "NAME if NAME OPERATOR", text)], hint=f"write `{text} …`")
    if r.kind(at) in {",", "}"} and r.can(at, "=>"):
        change = r.insert(at, "=> null", " => null")
        return r.found("E0120", "an arm without `=>`", r.span(at - 1, at), [change], hint="write `pattern => result`")
    return None


def replace_tight_arrow(r: Reader, at: int) -> Change:
    change = r.replace(at, at + 1, "=>", " =>")
    change.edit = Edit(Span(r.tokens[at - 1].end, r.tokens[at].end), " =>")
    return change


def in_match(r: Reader, at: int) -> bool:
    """Whether the innermost brace is a match's."""
    opener = r.opener(at)
    if opener is None or r.kind(opener) != "{" or r.kind(opener - 1) != ")":
        return False
    paren = r.opener(opener - 1)
    return paren is not None and r.kind(paren - 1) == "match"


def comprehension(r: Reader, at: int) -> Finding | None:
    opener = r.opener(at)
    if r.kind(at) != "for" or opener is None or r.kind(opener) not in "([{":
        return None
    close = r.close(opener)
    if close is None or not any(r.kind(index) == "in" for index in range(at, close)):
        return None
    return r.found("E0106", "ML has no comprehensions", r.span(at, at + 1), [r.replace(at, close, "")], hint="write `xs.map(fn(x) => …)`, and `filter` to choose", fix=False)


def spread(r: Reader, at: int) -> Finding | None:
    if r.kind(at) != "...":
        return None
    end = operand_end(r, at + 1)
    change = [r.insert(at, "[", "[", before=True), r.insert(end, "]", "]")] if r.kind(at - 1) == "=" else [r.delete(at, at + 1)]
    return r.found(
        "E0125", "`...` outside of an array, an object and a call", r.span(at, at + 1), change, hint="write `[...xs]`, `{...o}` or `f(...xs)`", fix=r.kind(at - 1) == "="
    )


def regex(r: Reader, at: int) -> Finding | None:
    """A regular expression between slashes."""
    if r.text(at) not in {"/", "/="} or r.can(at, "OPERATOR"):
        return None
    start = r.tokens[at].start
    text = r.source.text
    line_end = text.find("\n", start)
    end = text.rfind("/", start + 1, len(text) if line_end < 0 else line_end)
    if end < 0:
        return None
    pattern = text[start + 1 : end]
    change = r.take(at, "STRING", end + 1)
    change.edit = Edit(Span(start, end + 1), f'r"{pattern}"') if '"' not in pattern else None
    return r.found("E0107", "ML has no literals for regular expressions", Span(start, end + 1), [change], hint='write the pattern as a raw string: `r"…"`', sure=True)


# ── names, strings, types, capabilities ──────────────────────────────────────────────────────────────────────────────


def reserved(r: Reader, at: int) -> Finding | None:
    """A reserved word as a name."""
    previous = r.kind(at - 1) if at else ""
    if previous in RESERVED and previous not in {"true", "false", "null"} and r.kind(at) in {"=", "AUGMENT"}:
        word = r.text(at - 1)
        return r.found("E0115", f"`{word}` is a reserved word", r.span(at - 1, at), [r.replace(at - 1, at, "NAME", word + "_")], hint=f"choose another name, such as `{word}_`")
    kind = r.kind(at)
    if kind in RESERVED and kind not in {"function", "fn"} and r.can(at, "NAME") and not r.breaks(at):
        word = r.text(at)
        return r.found("E0115", f"`{word}` is a reserved word", r.span(at, at + 1), [r.replace(at, at + 1, "NAME", word + "_")], hint=f"choose another name, such as `{word}_`")
    return None


def prefixed_string(r: Reader, at: int) -> Finding | None:
    """A string with a letter before it, or in three quotes."""
    if r.kind(at) != "STRING" or not r.touches(at):
        return None
    before, text = r.text(at - 1), r.text(at)
    if r.kind(at - 1) == "NAME" and before.lower() in {"f", "b", "u", "fr", "rf", "br", "rb"}:
        inner = text[1:-1]
        template = "f" in before.lower() and "`" not in inner
        new = "`" + re.sub(r"(?<!\$)\{", "${", inner) + "`" if template else text
        hint = "write a template string: `` `hello ${name}` ``" if template else f"drop the `{before}`"
        return r.found("E0107", f"ML has no strings with the prefix `{before}`", r.span(at - 1, at + 1), [r.replace(at - 1, at + 1, "STRING", new)], hint=hint)
    if r.kind(at - 1) == "STRING" and before in {'""', "''"} and r.text(at + 1)[:1] == before[0]:
        last = at + 2 if r.touches(at + 1) and r.kind(at + 1) == "STRING" else at + 1
        return r.found(
            "E0107", "three quotes do not begin a string", r.span(at - 1, last), [r.replace(at - 1, last, "STRING", text)], hint="write one quote: every string may span lines"
        )
    return None


def typed_variable(r: Reader, at: int) -> Finding | None:
    """`n: number = 1`, and the label of a loop."""
    if r.kind(at) != ":" or r.kind(at - 1) != "NAME" or not r.can(at - 1, "while"):
        return None
    name = r.text(at - 1)
    if r.kind(at + 1) in {"for", "while"}:
        return r.found(
            "E0106", f"ML has no labels, such as `{name}:`", r.span(at - 1, at + 1), [r.delete(at - 1, at + 1)], hint="put the loops into a function and `return`", fix=False
        )
    end = r.finish(at + 1, "=")
    if r.kind(end) == "=":
        change = r.delete(at, end)
        change.edit = Edit(Span(r.tokens[at - 1].end, r.tokens[end].start), " ")
        return r.found("E0128", "variables carry no type", r.span(at, end), [change], hint=f"drop the type: `{name} = …`")
    return None


def labelled_jump(r: Reader, at: int) -> Finding | None:
    if r.kind(at) == "NAME" and r.kind(at - 1) in {"break", "continue"} and not r.breaks(at):
        return r.found(
            "E0106",
            f"`{r.kind(at - 1)}` takes no label",
            r.span(at, at + 1),
            [r.delete(at, at + 1)],
            hint="it ends the innermost loop; `return` from a function ends several",
            fix=False,
        )
    return None


def lone_pass(r: Reader, at: int) -> Finding | None:
    if r.text(at - 1) in {"pass", "noop"} and r.can(at, ";") and r.kind(at - 2) in {"{", ";", "}"}:
        return r.found("E0106", f"ML has no `{r.text(at - 1)}`", r.span(at - 1, at), [r.delete(at - 1, at)], hint="leave the block empty: `{}`", sure=True)
    return None


def type_shape(r: Reader, at: int) -> Finding | None:
    """Types in the ways of other languages."""
    span = r.span(at, at + 1)
    if r.kind(at) == "[" and r.kind(at - 2) in {":", "<", "|", "="} and r.text(at - 1) in {"list", "List", "array", "Array"}:
        close = r.close(at)
        if close is not None:
            changes = [r.replace(at - 1, at + 1, "NAME <", "array<"), r.replace(close, close + 1, ">", ">")]
            return r.found("E0128", "the type of an array is `array<…>`", r.span(at - 1, close + 1), changes, hint="write `array<number>`")
    if r.kind(at) == "[" and r.kind(at + 1) == "]" and r.kind(at - 1) == "NAME" and r.kind(at - 2) in {":", "|"}:
        inner = r.text(at - 1)
        return r.found(
            "E0128", "the type of an array is `array<…>`", r.span(at - 1, at + 2), [r.replace(at - 1, at + 2, "NAME < NAME >", f"array<{inner}>")], hint=f"write `array<{inner}>`"
        )
    if r.kind(at) == "?" and r.kind(at - 1) in {":", "|", "<"} and r.kind(at + 1) == "NAME":
        name = r.text(at + 1)
        return r.found("E0128", "`?` before a type", span, [r.replace(at, at + 2, "NAME | null", f"{name} | null")], hint=f"write `{name} | null`")
    if r.kind(at) == "?" and r.kind(at - 1) == "NAME" and r.can(at, "|"):
        return r.found("E0128", "`?` behind a type", span, [r.replace(at, at + 1, "| null", " | null")], hint=f"write `{r.text(at - 1)} | null`")
    if r.kind(at) in {"{", ",", ")", "=", ";"} and r.can(at, ">") and r.can(at, "|") and not r.can(at, "OPERATOR"):
        return r.found("E0128", "missing `>`", Span(r.tokens[at - 1].end, r.tokens[at - 1].end), [r.insert(at, ">", ">")], label="expected here", hint="close the type with `>`")
    if r.kind(at) in {"{", "NAME"} and r.can(at, "=") and r.kind(at - 2) == "type":
        return r.found(
            "E0128", "missing `=`", Span(r.tokens[at - 1].end, r.tokens[at - 1].end), [r.insert(at, "=", " =")], label="expected here", hint=f"write `type {r.text(at - 1)} = …;`"
        )
    return None


def demand(r: Reader, at: int) -> Finding | None:
    """What stands in a capability block."""
    opener = r.opener(at)
    if opener is None or r.kind(opener) != "{" or r.kind(opener - 2) != "capability":
        return None
    if r.kind(at - 1) == "," and r.text(at) in {"allow", "resource"}:
        return r.found("E0129", "the demands of a capability end with `;`", r.span(at - 1, at), [r.replace(at - 1, at, ";", ";")], hint="write `;`")
    if r.kind(at) == "}" or r.can(at, ";"):
        return None
    first = at
    while first > opener + 1 and r.kind(first - 1) not in {";", "{"}:
        first -= 1
    end = r.finish(at)
    last = end + (r.kind(end) == ";")
    word = r.text(first)
    title = "`resource` takes a string" if word == "resource" else f"`{word}` does not belong into a capability block"
    hint = 'write `resource "./out/**";`' if word == "resource" else 'write `resource "pattern";` or `allow read, write;`'
    return r.found("E0129", title, r.span(first if word != "resource" else at, max(end, at + 1)), [r.replace(first, max(last, at + 1), "")], hint=hint, fix=False, sure=True)


def empty_hole(r: Reader, at: int) -> Finding | None:
    if r.kind(at) not in {"TEMPLATE_TAIL", "TEMPLATE_MIDDLE"} or r.kind(at - 1) not in {"TEMPLATE_HEAD", "TEMPLATE_MIDDLE"}:
        return None
    start = r.tokens[at - 1].end - 2
    return r.found("E0105", "`${}` without a value", Span(start, r.tokens[at].start + 1), [r.insert(at, "NAME")], hint="put an expression in, or write `\\${}` for the characters")


def jump_value(r: Reader, at: int) -> Finding | None:
    if r.kind(at - 1) == "throw" and r.kind(at) in {";", "}"}:
        return r.found("E0105", "`throw` without a value", r.span(at - 1, at), [r.insert(at, "NAME")], hint='write `throw "what went wrong";`, or `throw e;` to pass an error on')
    return None


def split_number(r: Reader, at: int) -> Finding | None:
    """`1.2.3`."""
    if r.kind(at) != "NUMBER" or r.kind(at - 1) != "NUMBER" or not r.touches(at):
        return None
    return r.found(
        "E0110",
        f"malformed number `{r.text(at - 1)}{r.text(at)}`",
        r.span(at - 1, at + 1),
        [r.delete(at, at + 1)],
        hint="a number has one `.`; put a version or a date into quotes",
        fix=False,
    )


def condition(r: Reader, at: int) -> Finding | None:
    """`if () {…}`, `xs[]`."""
    if r.kind(at) == "]" and r.kind(at - 1) == "[":
        return r.found("E0105", "`[]` without an index", r.span(at - 1, at + 1), [r.insert(at, "NUMBER")], hint="write `xs[0]`; `xs.append(x)` puts an element behind the last one")
    if r.kind(at) == ")" and r.kind(at - 1) == "(" and r.kind(at - 2) in {"if", "elif", "while", "for", "match"} and r.kind(at - 2) != "for":
        return r.found("E0105", f"`{r.kind(at - 2)}` without a condition", r.span(at - 1, at + 1), [r.insert(at, "true", "true")], hint="write the condition, or `true`")
    return None


HABITS: tuple[Habit, ...] = (
    prefixed_string,
    split_number,
    for_header,
    except_name,
    test_name,
    group,
    import_statement,
    statement_word,
    increment,
    operator_sign,
    operator_word,
    prefix_word,
    labelled_jump,
    arrow_parameters,
    demand,
    arm,
    condition,
    function_value,
    function_parts,
    nested_arrow,
    header_goes_on,
    body,
    clause,
    equals,
    comma,
    comprehension,
    entry,
    ternary,
    spread,
    regex,
    type_shape,
    typed_variable,
    lone_pass,
    empty_hole,
    jump_value,
    reserved,
)
