"""What `help` says of a function, a module or any other value, from the one declaration that each of them has."""

from __future__ import annotations

from mlpy.runtime.members import METHODS
from mlpy.runtime.values import HOST_CLASSES, UNSET, ModuleHandle, display, function_name, quoted, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.index import ModuleInfo
    from mlpy.registry import Registry
    from mlpy.runtime.values import Value

# What Python annotations of host modules are in the language.
WORDS = {"None": "null", "str": "string", "bool": "boolean", "list": "array", "dict": "object", "object": "any", "Value": "any"}
ML_ONLY = frozenset(("mlpy.runtime.builtins", "mlpy.runtime.members"))


def describe(x: Value, builtins: dict[str, Callable[..., Value]], registry: Registry | None) -> str:
    """The text of `help(x)`; a string is the name of a builtin or of a module, if there is one."""
    if type(x) is str and x in builtins:
        x = builtins[x]
    name = x if type(x) is str else x.name if type(x) is ModuleHandle else None
    info = None if registry is None or name is None else registry.info(name)
    if info is not None:
        return module_text(info)
    if type(x) is ModuleHandle:
        return "\n".join([display(x), *[f"  {signature(one) if callable(one) else member}" for member, one in x.table.items()]])
    if callable(x):
        doc = first_line(x)
        return f"{signature(x)}\n  {doc}" if doc else signature(x)
    return members_text(x)


def module_text(info: ModuleInfo) -> str:
    """A module's description and the signature and line of each member."""
    lines = [f"module {info.name} {info.version}", f"  {info.description}", ""]
    for one in info.members.values():
        lines.append(f"  {one.signature}" + "".join([f"  [{need}]" for need in one.capabilities]))
        if one.doc:
            lines.append(f"      {one.doc}")
    return "\n".join(lines)


def members_text(value: Value) -> str:
    """A value's type with the methods that it has."""
    name = type_name(value)
    table = METHODS.get(type(value))
    if table is not None:
        return "\n".join([name, *(f"  {signature(method, 1)}\n      {first_line(method)}" for method in dict.fromkeys(table.values()))])
    info = HOST_CLASSES.get(type(value))
    if info is not None:
        return "\n".join([f"{name}: {info.doc}" if info.doc else name, *(f"  {member}  {doc}" for member, doc in info.members.items())])
    return name


def first_line(function: Value) -> str:
    """The first line of a function's documentation, without its example."""
    return (function.__doc__ or "").strip().partition("\n")[0].partition(" Example:")[0]


def type_words(function: Value, name: str) -> str:
    """A parameter's or the result's type in the language's words; empty where it is not annotated or can be anything."""
    annotation = function.__annotations__.get(name, "") if hasattr(function, "__annotations__") else ""
    text = annotation if type(annotation) is str else getattr(annotation, "__name__", "")
    if function.__module__ not in ML_ONLY:
        text = " | ".join([WORDS.get(word, word) for word in text.split(" | ")])
    return "" if text == "any" else text


def signature(function: Value, skipped: int = 0) -> str:
    """A function as a reader writes it: `round(x: number, digits: int | null = null): number`."""
    name = function_name(function) or "fn"
    code = getattr(function, "__code__", None)
    if code is None:
        return f"{name}(…)"
    names = code.co_varnames[skipped : code.co_argcount]
    defaults = function.__defaults__ or ()
    parameters = []
    for at, parameter in enumerate([one.removesuffix("$") for one in names]):
        kind = type_words(function, names[at])
        text = f"{parameter}: {kind}" if kind else parameter
        place = at - (len(names) - len(defaults))
        if place >= 0:
            text += "?" if defaults[place] is UNSET else f" = {quoted(defaults[place])}"
        parameters.append(text)
    if code.co_flags & 0x04:  # takes the rest as *parameter
        parameters.append("..." + code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
    result = type_words(function, "return")
    return f"{name}({', '.join(parameters)})" + (f": {result}" if result else "")
