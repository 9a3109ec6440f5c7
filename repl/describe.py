"""What `name?` and `name??` show: the signature, what it does and demands, an example; the source.

The answer comes from the declarations that everything has; nothing is called, and no module is imported for it.
"""

from __future__ import annotations

import re
from inspect import getsource
from textwrap import dedent

from mlpy.repl import inference
from mlpy.repl.display import Code, Pages, Shape, Table, counted
from mlpy.repl.inference import Known
from mlpy.repl.lexer import QUESTION

from mlpy.cli import Mistake
from mlpy.cli.modules import near, place
from mlpy.modules import loaded_as
from mlpy.nearest import nearest
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.values import ModuleHandle, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.repl.display import Shown
    from mlpy.repl.inference import Declaration, Entry, Scope

    from mlpy.index import MemberInfo, ModuleInfo
    from mlpy.runtime.values import Value

EXAMPLE = re.compile(r"\s*Example: `(.+?)`(?: → `(.+?)`| prints `(.+?)`)?\.?\s*$", re.DOTALL)
SIZES = {"string": "character", "array": "item", "object": "member"}
SYNTAX = {
    "assert": 'assert total > 0, "message";',
    "break": "while (true) { break; }",
    "capability": 'capability Reports { resource "./out/**"; allow read, write; }',
    "continue": "for (x in xs) { if (x < 0) { continue; } }",
    "elif": "if (c) { … } elif (d) { … } else { … }",
    "else": "if (c) { … } elif (d) { … } else { … }",
    "except": "try { … } except (e) { … } finally { … }",
    "finally": "try { … } except (e) { … } finally { … }",
    "fn": "double = fn(x) => x * 2;    each = fn(x) => { y = x + 1; return y; };",
    "for": "for (x in xs) { … }    for (i, x in xs) { … }    for (k, v in object) { … }",
    "function": "function area(w, h = 1, ...rest) { return w * h; }",
    "if": "if (c) { … } elif (d) { … } else { … }",
    "import": "import math;    import data.loader as loader;",
    "in": '2 in [1, 2]    "k" in object    "a" in "abc"',
    "match": 'match (v) { 0 => "zero", [x, ...rest] => x, {type: "circle", r} if r > 0 => r, _ => "many" }',
    "nonlocal": "nonlocal count;",
    "return": "return v;",
    "test": 'test "adds" { assert add(1, 2) == 3; }',
    "throw": 'throw {message: "no such user", type: "NotFound"};',
    "try": "try { … } except (e) { … } finally { … }",
    "type": "type User = {name: string, age?: number};",
    "while": "while (c) { … }",
    "with": 'with capability("file.read:./data/**") { … }',
}


def answer(scope: Scope, text: str) -> Shown:
    """What `name?` or `name??` shows. Raises Mistake for a name that nothing is known of."""
    found = QUESTION.match(text)
    assert found is not None
    name = "".join(found[1].split())
    source = found[2] == "??"
    if name in SYNTAX and name not in scope.session.held():
        return Pages(f"`{name}` is a word of the language", Code(SYNTAX[name]))
    known = inference.look_up(scope, name) or registered(scope, name)
    if known is None:
        raise unknown(scope, name)
    return Pages(described(scope, name, known), *([code_of(scope, name, known)] if source else []))


def registered(scope: Scope, name: str) -> Known | None:
    """A module that is not imported yet, or a member of one."""
    head, dot, rest = name.partition(".")
    info = scope.engine.registry.info(head)
    if info is None:
        return None
    module = Known(ModuleHandle(head, {}), module=info)
    return inference.member_of(scope, module, rest) if dot else module


def unknown(scope: Scope, name: str) -> Mistake:
    """What to say about a name that stands for nothing."""
    owner, dot, last = name.rpartition(".")
    known = (inference.look_up(scope, owner) or registered(scope, owner)) if dot else None
    if known is not None:
        close = nearest(last, [one.name for one in inference.members(scope, known)])
        return Mistake(f"`{owner}` has no member `{last}`", f"did you mean `{owner}.{close}?`" if close else f"`{owner}?` shows what it has")
    close = nearest(name, [*scope.session.held(), *BUILTINS, *SYNTAX, *scope.engine.registry.names()])
    return Mistake(f"nothing is known of `{name}`", f"did you mean `{close}?`" if close else "ask for a name, a module or a member such as `math.sqrt?`")


# ── what it is ───────────────────────────────────────────────────────────────────────────────────────────────────


def described(scope: Scope, name: str, known: Known) -> Shown:
    """The short answer."""
    value = known.value
    if type(value) is ModuleHandle:
        return module_page(scope, name, known)
    if known.member is not None and known.member.kind == "function":
        return function_page(member_title(name, known.member), known.member.doc, known.member.capabilities, examples_of(known.member), origin(known.module))
    if known.member is not None:
        return function_page(f"{name}: {known.member.result}", known.member.doc, (), (), origin(known.module))
    if callable(value):
        return of_function(scope, name, known)
    if known.sample:  # one of its type stands for it
        return f"{name}: {type_name(value)}"
    entries = inference.members(scope, known)
    shown = Table((), [rows_of(one) for one in entries] if type(value) not in (dict, list, str) else (), wraps=True)
    return Pages(kind_line(name, value), Shape(value), shown)


def kind_line(name: str, value: Value) -> str:
    """What a name stands for, in a line."""
    size = SIZES.get(type_name(value))
    return f"{name}: {type_name(value)}" + (f" of {counted(len(value), size)}" if size else "")


def function_page(title: str, doc: str | None, needs: tuple[str, ...], examples: tuple[str, ...], where: str) -> Shown:
    """A signature, the documentation, and what belongs to it."""
    rows = [*(("needs", one) for one in needs), *(("example", one) for one in examples), *([("from", where)] if where else [])]
    said = "\n".join([f"  {line}" for line in (doc or "").strip().split("\n")]) if (doc or "").strip() else ""
    return Pages("\n".join(filter(None, [title, said])), Table((), [(("frame", f"  {label}"), one) for label, one in rows], wraps=True))


def member_title(name: str, member: MemberInfo) -> str:
    """The signature of a module's member under the name that was asked for."""
    return name.rpartition(".")[0] + "." * ("." in name) + member.signature


def examples_of(member: MemberInfo) -> tuple[str, ...]:
    """Its examples as lines: `math.sqrt(9) → 3.0`."""
    return tuple(one.strip("`").replace("` → `", " → ") for one in member.examples)


def origin(info: ModuleInfo | None) -> str:
    """Where a module's member is from."""
    return "" if info is None else f"module {info.name} {info.version}, {place(info)}".replace(" ,", ",")


def of_function(scope: Scope, name: str, known: Known) -> Shown:
    """A function of the session, a builtin, or a method."""
    function = known.value
    doc = function.__doc__ or ""
    example = EXAMPLE.search(doc)
    examples = () if example is None else (example[1] + (f" → {example[2]}" if example[2] else f" prints {example[3]}" if example[3] else ""),)
    plain = doc[: example.start()] if example is not None else doc
    declared = inference.declaration(scope, function)
    if declared is not None:
        line, _ = declared.source.position(declared.node.start)
        return function_page(declared.signature, plain, (), examples, f"{declared.source.name}:{line}")
    owner = name.rpartition(".")[0]
    title = inference.signature(scope, function, method=known.method)
    where = f"the methods of {owners(scope, owner)}" if known.method else "the builtins" if BUILTINS.get(name) is function else ""
    return function_page(title, dedent(plain), tuple(getattr(function, "capabilities", ())), examples, where)


def owners(scope: Scope, owner: str) -> str:
    """The values that a method is of: `arrays`."""
    known = inference.look_up(scope, owner)
    return f"{type_name(known.value)}s" if known is not None else "values"


def file_line(scope: Scope, name: str) -> str:
    """An imported file, in a line."""
    loaded = loaded_as(scope.session.run, name)
    return f"module {name}" + (f", from {loaded[0].file.source.name}" if loaded else "")


def rows_of(entry: Entry) -> tuple[str, str]:
    """A member in a list: its signature and its line of documentation."""
    return (entry.signature if entry.kind in ("function", "method", "constant") else f"{entry.name}: {entry.signature or entry.kind}"), entry.doc


def module_page(scope: Scope, name: str, known: Known) -> Shown:
    """A module: what it is for, and its members in a line each."""
    info = known.module
    entries = [rows_of(one) for one in inference.members(scope, known)]
    if info is None:
        return Pages(file_line(scope, name), Table((), entries, wraps=True))
    head = [f"module {info.name} {info.version}".rstrip() + f": {info.description}", f"  from {place(info)}"]
    if name not in scope.session.held():
        head.append(f"  not imported yet: `import {name};`")
    classes = [(f"class {title}", Table((), [rows_of(inference.entry_of_member(one)) for one in own.values()], wraps=True)) for title, own in info.classes.items()]
    return Pages("\n".join(head), Table((), entries, wraps=True), *classes)


# ── its source ───────────────────────────────────────────────────────────────────────────────────────────────────


def code_of(scope: Scope, name: str, known: Known) -> Shown:
    """The text that declares it. Raises Mistake where there is none."""
    if type(known.value) is ModuleHandle:
        return code_of_module(scope, name, known)
    if known.member is not None and known.module is not None:
        return Code(python_source(known.module.path, known.member.line), "python")
    declared = inference.declaration(scope, known.value)
    if declared is not None:
        return Code(text_of(declared))
    if callable(known.value):
        try:
            return Code(dedent(getsource(known.value)), "python")
        except (OSError, TypeError):
            raise Mistake(f"the source of `{name}` is not here", f"`{name}?` shows what is declared of it") from None
    return ""  # a value has no other text than what is shown of it


def code_of_module(scope: Scope, name: str, known: Known) -> Shown:
    """The whole file of a module."""
    if known.module is not None:
        return Code(read(known.module.path), "python")
    loaded = loaded_as(scope.session.run, name)
    if not loaded:
        raise Mistake(f"the source of `{name}` is not here", f"`{name}?` shows what it has")
    return Code(loaded[0].file.source.text.rstrip("\n"))


def text_of(declared: Declaration) -> str:
    """A declaration as it was written, with the doc comment above it."""
    text = declared.source.text
    start = text.rfind("\n", 0, declared.statement.start) + 1
    if text[start : declared.statement.start].strip():
        start = declared.statement.start
    above = text[:start].split("\n")[:-1]
    first = len(above)
    while first and above[first - 1].lstrip().startswith("///"):
        first -= 1
    return dedent("\n".join([*above[first:], text[start : declared.statement.end]]))


def python_source(path: str, line: int) -> str:
    """The definition in a Python file that holds a line, with its decorators."""
    import ast as python  # noqa: PLC0415  only for sources of modules

    text = read(path)
    found = [node for node in python.walk(python.parse(text)) if isinstance(node, python.FunctionDef | python.AsyncFunctionDef | python.Assign | python.AnnAssign)]
    holding = [node for node in found if first_of(node) <= line <= (node.end_lineno or line)]
    lines = text.split("\n")
    if not holding:
        return lines[line - 1].strip()
    node = min(holding, key=lambda one: (one.end_lineno or line) - first_of(one))
    return dedent("\n".join(lines[first_of(node) - 1 : node.end_lineno]))


def first_of(node: object) -> int:
    """The line that a definition begins on."""
    decorators = getattr(node, "decorator_list", None) or [node]
    return int(min(one.lineno for one in (*decorators, node)))


def read(path: str) -> str:
    """The text of a module's file. Raises Mistake where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:
        raise Mistake(f"`{near(path)}` cannot be read", "`.refresh` looks at the folders again") from None
