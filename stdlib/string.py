"""Text beyond the methods of strings: spellings of names, wrapping, templates, characters and their codes, edit distance."""

from __future__ import annotations

from mlpy.errors import MLError
from mlpy.runtime import builtins, members
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, display, too_many_items, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator


@ml_module("string", version="1.0.0", interruptible=True)
class String:
    """Text: spellings of names, wrapping, templates, characters, edit distance.

    ```ml
    import string;
    print(string.snakeCase("parseHTTPResponse"), string.truncate("a long story", 9));
    print(string.template("{who} is {age}", {who: "Ada", age: 36}));
    ```

    What strings can do by themselves (`upper`, `split`, `replace`, …) are methods of theirs. A template reaches the keys of the
    object that it is given and nothing else.
    """


@ml_function
def repeat(text: str, times: int) -> str:
    """The text, several times over. Example: `string.repeat("ab", 3)` → `"ababab"`."""
    return members.repeat(need_text(text, "text"), times)


@ml_function
def pad_start(text: str, width: int, fill: str = " ") -> str:
    """The text, filled up at its start to a width. Example: `string.padStart("7", 3, "0")` → `"007"`."""
    return members.pad_start(need_text(text, "text"), width, fill)


@ml_function
def pad_end(text: str, width: int, fill: str = " ") -> str:
    """The text, filled up at its end to a width. Example: `string.padEnd("ab", 4, ".")` → `"ab.."`."""
    return members.pad_end(need_text(text, "text"), width, fill)


@ml_function
def reverse(text: str) -> str:
    """The characters in reverse order. Example: `string.reverse("abc")` → `"cba"`."""
    return need_text(text, "text")[::-1]


@ml_function
def truncate(text: str, width: int, ending: str = "...") -> str:
    """The text if it fits into a width, else its start and an ending. Example: `string.truncate("a long story", 9)` → `"a long..."`."""
    room = need_width(width) - len(need_text(ending, "ending"))
    if len(need_text(text, "text")) <= width:
        return text
    return text[:room] + ending if room > 0 else ending[:width]


@ml_function
def wrap(text: str, width: int = 80) -> list[str]:
    """Lines of whole words, none longer than a width but for words that are. Example: `string.wrap("to be or not to be", 9)` → `["to be or", "not to be"]`."""
    need_width(width)
    lines: list[str] = []
    line: list[str] = []
    size = 0
    for word in members.split(need_text(text, "text")):
        if line and size + len(word) > width:
            lines.append(" ".join(line))
            line, size = [], 0
        line.append(word)
        size += len(word) + 1
    return [*lines, " ".join(line)] if line else lines


@ml_function
def template(text: str, values: dict[str, object]) -> str:
    """The text with each `{name}` replaced by the value under that key; `{{` and `}}` stand for braces.

    Example: `string.template("{who} is {age}", {who: "Ada", age: 36})` → `"Ada is 36"`.
    """
    if type(values) is not dict:
        raise wrong_type(values, "values", "an object")
    if need_text(text, "text").count("{") > MAX_ITEMS:
        too_many_items()
    parts: list[str] = []
    size = 0
    for part in filled(text, values):
        size += len(part)
        if size > MAX_TEXT:
            too_much_text()
        parts.append(part)
    return "".join(parts)


def filled(text: str, values: dict[str, object]) -> Iterator[str]:
    """The pieces of a template."""
    for at, half in enumerate(text.split("{{")):
        if at:
            yield "{"
        before, *places = half.split("{")
        yield literal(before)
        for place in places:
            name, brace, after = place.partition("}")
            if not brace:
                raise MLError(f"`{{{name}` in the template is not closed", "ValueError", hint="write `{{` for a brace")
            key = name.strip()
            if key not in values:
                raise MLError(f"the template needs `{key}`, which the values lack", "KeyError", hint="write `{{` for a brace")
            yield display(values[key])
            yield literal(after)


def literal(text: str) -> str:
    """Text outside of places, where braces come in twos."""
    plain = text.replace("}}", "")
    if "}" in plain:
        raise MLError("a `}` in the template closes nothing", "ValueError", hint="write `}}` for a brace")
    return text.replace("}}", "}")


# ── characters ──


@ml_function
def chars(text: str) -> list[str]:
    """The characters. Example: `string.chars("añb")` → `["a", "ñ", "b"]`."""
    return members.characters(need_text(text, "text"))


@ml_function
def code_points(text: str) -> list[int]:
    """The Unicode code of each character. Example: `string.codePoints("aA")` → `[97, 65]`."""
    return [ord(letter) for letter in members.characters(need_text(text, "text"))]


@ml_function
def from_code_points(codes: list[int]) -> str:
    """The text of Unicode codes. Example: `string.fromCodePoints([72, 105])` → `"Hi"`."""
    if type(codes) is not list:
        raise wrong_type(codes, "codes", "an array of whole numbers")
    return "".join([builtins.chr_(code) for code in codes])


# ── spellings ──


@ml_function
def camel_case(text: str) -> str:
    """The words as one name with capitals inside. Example: `string.camelCase("user_name id")` → `"userNameId"`."""
    first, *rest = words(text) or [""]
    return first.lower() + "".join([word.capitalize() for word in rest])


@ml_function
def snake_case(text: str) -> str:
    """The words in small letters, joined by underscores. Example: `string.snakeCase("parseHTTPResponse")` → `"parse_http_response"`."""
    return "_".join([word.lower() for word in words(text)])


@ml_function
def kebab_case(text: str) -> str:
    """The words in small letters, joined by hyphens. Example: `string.kebabCase("Hello World")` → `"hello-world"`."""
    return "-".join([word.lower() for word in words(text)])


def words(text: str) -> list[str]:
    """The words of a text or name: runs of letters and digits, cut before a capital that begins one."""
    found: list[str] = []
    word = ""
    need_text(text, "text")
    for at, letter in enumerate(text):
        begins = letter.isupper() and word and (not word[-1].isupper() or text[at + 1 : at + 2].islower())
        if word and (begins or not letter.isalnum()):
            found.append(word)
            word = ""
        if letter.isalnum():
            word += letter
    return [*found, word] if word else found


# ── distance ──


@ml_function
def levenshtein(a: str, b: str) -> int:
    """How many characters must be added, removed or changed to make one text the other. Example: `string.levenshtein("kitten", "sitting")` → `3`."""
    need_text(a, "a")
    if len(need_text(b, "b")) > MAX_ITEMS:
        too_many_items()
    before: list[int] = [*range(len(b) + 1)]
    for row, letter in enumerate(a, 1):
        cost = row
        now: list[int] = [row]
        for at, other in enumerate(b):
            cost = min(before[at] + (letter != other), before[at + 1] + 1, cost + 1)
            now.append(cost)
        before = now
    return before[-1]


def need_text(value: object, name: str) -> str:
    """The value, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def need_width(width: object) -> int:
    """The width, or an error unless it is a whole number above zero."""
    if type(width) is not int:
        raise wrong_type(width, "width", "a whole number")
    if width < 1:
        raise MLError("`width` must be at least 1", "ValueError")
    return width
