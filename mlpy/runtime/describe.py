"""What `help` says of a function, a module or any other value, from the one declaration that each of them has."""

from __future__ import annotations

from mlpy.runtime.members import METHODS
from mlpy.runtime.values import HOST_CLASSES, UNSET, ModuleHandle, display, function_name, quoted, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.index import MemberInfo, ModuleInfo
    from mlpy.registry import Registry
    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value

# What Python annotations of host modules are in the language.
WORDS = {"None": "null", "str": "string", "bool": "boolean", "list": "array", "dict": "object", "object": "any", "Value": "any"}
ML_ONLY = frozenset(("mlpy.runtime.builtins", "mlpy.runtime.members"))


def describe(x: Value, builtins: dict[str, Callable[..., Value]], registry: Registry | None, run: Run) -> str:
    """The text of `help(x)` in a run; a string is the name of a builtin or of a module, if there is one."""
    if type(x) is str and x in builtins:
        x = builtins[x]
    name = x if type(x) is str else x.name if type(x) is ModuleHandle else None
    info = None if registry is None or name is None else registry.info(name)
    if info is not None:
        return module_text(info)
    if type(x) is ModuleHandle:
        return "\n".join([display(x), *[f"  {signature(one) if callable(one) else member}" for member, one in x.table.items()]])
    if callable(x):
        declared = None if registry is None else registry.declaration(x, run)
        if declared is not None:
            return member_text(declared)
        doc = first_line(x)
        return f"{signature(x)}\n  {doc}" if doc else signature(x)
    return members_text(x)


def module_text(info: ModuleInfo) -> str:
    """A module's description and the signature and line of each member."""
    lines = [f"module {info.name} {info.version}", f"  {info.description}", ""]
    for one in info.members.values():
        lines += [f"  {line}" for line in member_text(one, "    ").split("\n")]
    return "\n".join(lines)


def member_text(member: MemberInfo, indent: str = "  ") -> str:
    """The signature of a module's member with what it demands, and its line."""
    text = member.signature + "".join([f"  [{need}]" for need in member.capabilities])
    return f"{text}\n{indent}{member.doc}" if member.doc else text


def members_text(value: Value) -> str:
    """A value's type with the methods that it has."""
    name = type_name(value)
    table = METHODS.get(type(value))
    if table is not None:
        return "\n".join([name, *(f"  {signature(method, 1)}\n      {first_line(method)}" for method in dict.fromkeys(table.values()))])
    info = HOST_CLASSES.get(type(value))
    if info is not None:
        return "\n".join([f"{name}: {info.doc}" if info.doc else name, *(f"  {member}  {doc}".rstrip() for member, doc in info.members.items())])
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


def parameter(function: Value, name: str, defaults: dict[str, Value]) -> str:
    """A parameter with its type and default; `?` stands for one that may be left out and has none that can be shown."""
    kind = type_words(function, name)
    shown = name.removesuffix("$")
    if name in defaults and (defaults[name] is UNSET or type(defaults[name]) is object):
        return f"{shown}?: {kind}" if kind else f"{shown}?"
    text = f"{shown}: {kind}" if kind else shown
    return f"{text} = {quoted(defaults[name])}" if name in defaults else text


def signature(function: Value, skipped: int = 0) -> str:
    """A function as a reader writes it: `round(x: number, digits: int | null = null): number`."""
    name = function_name(function) or "fn"
    code = getattr(function, "__code__", None)
    if code is None:
        return f"{name}(…)"
    count = code.co_argcount
    names = code.co_varnames[skipped:count]
    values = function.__defaults__ or ()
    defaults = {**dict(zip(names[len(names) - len(values) :], values, strict=True)), **(function.__kwdefaults__ or {})}
    parameters = [parameter(function, name, defaults) for name in names]
    if code.co_flags & 0x04:  # takes the rest as *parameter
        parameters.append("..." + code.co_varnames[count + code.co_kwonlyargcount])
    parameters += [parameter(function, name, defaults) for name in code.co_varnames[count : count + code.co_kwonlyargcount]]
    result = type_words(function, "return")
    return f"{name}({', '.join(parameters)})" + (f": {result}" if result else "")
