"""The declarations in a file's syntax tree, and what they must be: the first mistake of an author is an error with its line.

What only shows when the file is imported (values of defaults and constants, decorators round a declared function) `sdk.verify`
looks at.
"""

from __future__ import annotations

import builtins
from _ast import (
    AST,
    AnnAssign,
    Assign,
    AsyncFunctionDef,
    Attribute,
    BinOp,
    Call,
    ClassDef,
    Constant,
    Dict,
    Expr,
    Expression,
    FunctionDef,
    Import,
    ImportFrom,
    JoinedStr,
    Lambda,
    List,
    Module,
    Name,
    PyCF_ONLY_AST,
    Set,
    Subscript,
    Tuple,
)

from mlpy import sdk
from mlpy.nearest import nearest
from mlpy.runtime.values import with_article
from mlpy.sdk import DeclarationError, flaw_of_capability, flaw_of_parameters, ml_name, spellable, spellings

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from _ast import expr
    from collections.abc import Iterable, Iterator

    Declared = FunctionDef | AsyncFunctionDef
    Mistake = tuple[int, str]

EXAMPLES = {"ml_module": '`@ml_module("payments")`', "ml_class": '`@ml_class("Receipt")`', "ml_function": '`@ml_function` or `@ml_function(capability="payment.charge:{account}")`'}
ABSTRACT = ("Callable", "Iterable", "Mapping", "Sequence")  # types that have to be imported
WRAPPERS = ("staticmethod", "classmethod", "property")
NO_VALUES = ((Tuple, "a tuple", "an array in brackets"), (Set, "a set", "an array in brackets"), (Lambda, "a function", "a function under `@ml_function`"))

# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


def owner_of(tree: Module, path: str) -> ClassDef | None:
    """The one class that declares a module, None where there is none; raises DeclarationError."""
    declared = [one for one in tree.body if isinstance(one, ClassDef) and decorator(one, "ml_module")]
    if len(declared) > 1:
        raise DeclarationError("a file declares one module", path, declared[1].lineno)
    return declared[0] if declared else None


def declared_name(owner: ClassDef) -> str | None:
    """What a module is called, where that is written out."""
    arguments = literals(decorator(owner, "ml_module"))
    return arguments.get("0", arguments.get("name"))


def decorator(node: ClassDef | FunctionDef | AsyncFunctionDef, name: str) -> expr | None:
    """The decorator of a name on a declaration: `@name`, `@name(…)` or `@sdk.name(…)`."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, Call) else one
        if (called.id if isinstance(called, Name) else called.attr if isinstance(called, Attribute) else "") == name:
            return one
    return None


def literals(mark: expr | None) -> dict[str, str]:
    """The string arguments of a decorator, those without a name under their position."""
    if not isinstance(mark, Call):
        return {}
    given = [*((str(at), value) for at, value in enumerate(mark.args)), *((one.arg or "", one.value) for one in mark.keywords)]
    return {name: value.value for name, value in given if isinstance(value, Constant) and isinstance(value.value, str)}


def needs(mark: expr) -> tuple[str, ...]:
    """The capabilities that an `@ml_function` demands."""
    given = next((one.value for one in mark.keywords if one.arg == "capability"), None) if isinstance(mark, Call) else None
    each = given.elts if isinstance(given, Tuple | List) else [given]
    return tuple([one.value for one in each if isinstance(one, Constant) and isinstance(one.value, str)])


def class_title(node: ClassDef) -> str | None:
    """The ML name of a host class."""
    mark = decorator(node, "ml_class")
    return None if mark is None else literals(mark).get("0") or literals(mark).get("name")


def field_names(owner: ClassDef) -> list[str]:
    """What `@ml_class(fields=…)` lists, as far as it is written out."""
    mark = decorator(owner, "ml_class")
    given = next((one.value for one in mark.keywords if one.arg == "fields"), None) if isinstance(mark, Call) else None
    return [one.value for one in given.elts if isinstance(one, Constant) and isinstance(one.value, str)] if isinstance(given, Tuple | List) else []


def attributes(owner: ClassDef) -> Iterator[tuple[str, Assign | AnnAssign, str]]:
    """(name, statement, the string below it) of each attribute that a class's body sets or annotates."""
    for one, following in zip(owner.body, [*owner.body[1:], None], strict=True):
        if isinstance(one, Assign | AnnAssign):
            said = following.value.value if isinstance(following, Expr) and isinstance(following.value, Constant) else ""
            for target in one.targets if isinstance(one, Assign) else [one.target]:
                for each in target.elts if isinstance(target, Tuple | List) else [target]:
                    if isinstance(each, Name):
                        yield each.id, one, unindented(said) if isinstance(said, str) else ""


def docstring(node: ClassDef | FunctionDef) -> str:
    """The docstring of a class or function."""
    first = node.body[0]
    if isinstance(first, Expr) and isinstance(first.value, Constant) and isinstance(first.value.value, str):
        return unindented(first.value.value)
    return ""


def unindented(text: str) -> str:
    """A docstring without the margin that its lines have in the file."""
    first, *lines = text.strip().expandtabs().split("\n")
    margin = min((len(one) - len(one.lstrip()) for one in lines if one.strip()), default=0)
    return "\n".join([first, *[one[margin:].rstrip() for one in lines]])


def written(annotation: str) -> expr | None:
    """The node of an annotation that is given as a string; None for what is no expression."""
    try:
        tree: Expression = compile(annotation, "<annotation>", "eval", PyCF_ONLY_AST, dont_inherit=True)  # type: ignore[assignment]  # the root of an expression
    except (SyntaxError, ValueError):
        return None
    return tree.body


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────


def check(tree: Module, owner: ClassDef, path: str) -> None:
    """Raises DeclarationError for the first declaration that programs could not use as it is meant."""
    for line, message in mistakes(tree, owner):
        raise DeclarationError(message, path, line)


def mistakes(tree: Module, owner: ClassDef) -> Iterator[Mistake]:
    """What is wrong with a file's declarations: (line, message)."""
    yield from mistakes_of_mark(owner, "ml_module")
    name = declared_name(owner)
    if name is None:
        yield owner.lineno, f"the module's name must be written out as a string: {EXAMPLES['ml_module']}"
    elif not all(map(spellable, name.split("."))):
        yield owner.lineno, f"`{name}` is not a name that a program can import"
    hosts = [one for one in tree.body if isinstance(one, ClassDef) and decorator(one, "ml_class")]
    known = names_bound(tree.body) | set(dir(builtins))
    yield from mistakes_of_members(owner, [*own_functions(owner), *own_functions(tree)], known)
    titles: set[str] = set()
    for host in hosts:
        yield from mistakes_of_class(host, known)
        title = class_title(host) or ""
        if title in titles:
            yield host.lineno, f"two classes are called `{title}`"
        titles.add(title)
    for one in tree.body:
        if isinstance(one, ClassDef) and one is not owner and one not in hosts:
            for function in own_functions(one):
                yield function.lineno, f"`{function.name}` belongs to `{one.name}`, which is neither the module nor a class under `@ml_class`"


def mistakes_of_class(host: ClassDef, known: set[str]) -> Iterator[Mistake]:
    """Of a class under `@ml_class`."""
    yield from mistakes_of_mark(host, "ml_class")
    title = class_title(host)
    if title is None:
        yield host.lineno, f"the name of the class `{host.name}` must be written out as a string: {EXAMPLES['ml_class']}"
    elif not spellable(title):
        yield host.lineno, f"`{title}` is not a name in ML"
    yield from mistakes_of_fields(host, known)
    yield from mistakes_of_members(host, own_functions(host), known)


def mistakes_of_fields(host: ClassDef, known: set[str]) -> Iterator[Mistake]:
    mark = decorator(host, "ml_class")
    given = next((one.value for one in mark.keywords if one.arg == "fields"), None) if isinstance(mark, Call) else None
    names = field_names(host)
    if given is not None and (not isinstance(given, Tuple | List) or len(names) != len(given.elts)):
        yield host.lineno, f'the fields of `{host.name}` must be written out: `fields=("total", "number")`'
    annotated = {name: node.annotation for name, node, _ in attributes(host) if isinstance(node, AnnAssign)}
    annotated.update({one.name: one.returns for one in host.body if isinstance(one, FunctionDef) and decorator(one, "property")})  # type: ignore[misc]  # None is no annotation
    methods = {spelling for one in own_functions(host) for spelling in spellings_of(one)}
    for name in names:
        if not spellable(name):
            yield host.lineno, f"the field `{name}` of `{host.name}` is not a name in ML"
        elif name not in annotated:
            close = nearest(name, annotated)
            yield host.lineno, f"the field `{name}` is neither annotated in `{host.name}` nor a property of it" + (f": did you mean `{close}`" if close else "")
        elif names.count(name) > 1 or not methods.isdisjoint(spellings(name, ml_name(name))):
            yield host.lineno, f"`{name}` is declared twice"
        else:
            yield from mistakes_of_type(annotated[name], known, f"the field `{name}`")


def mistakes_of_mark(node: ClassDef | Declared, name: str) -> Iterator[Mistake]:
    """Of how a decorator is called."""
    mark = decorator(node, name)
    code = getattr(sdk, name).__code__
    by_position = code.co_varnames[code.co_posonlyargcount : code.co_argcount]
    by_name = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    if not isinstance(mark, Call):
        if by_position:
            yield node.lineno, f"`@{name}` needs a name: {EXAMPLES[name]}"
        return
    if len(mark.args) > len(by_position):
        yield mark.lineno, f"`@{name}` takes its arguments by name: {EXAMPLES[name]}"
    for one in mark.keywords:
        if one.arg is None:
            yield mark.lineno, f"the arguments of `@{name}` must be written out"
        elif one.arg not in by_name:
            close = nearest(one.arg, by_name)
            yield mark.lineno, f"`@{name}` has no argument `{one.arg}`" + (f": did you mean `{close}`" if close else "")
        elif one.arg in {"name", "description", "version"} and not (isinstance(one.value, Constant) and isinstance(one.value.value, str)):
            yield mark.lineno, f"`{one.arg}` of `@{name}` must be written out as a string"


def mistakes_of_members(owner: ClassDef, functions: list[Declared], known: set[str]) -> Iterator[Mistake]:
    """Of the functions and constants of a module, or the methods of a class."""
    taken: dict[str, object] = {}
    if decorator(owner, "ml_module"):
        for name, node, _ in attributes(owner):
            if name[0] != "_" and node.value is not None:
                yield from mistakes_of_constant(name, node, known)
                taken[name] = node
    for function in functions:
        yield from mistakes_of_function(function, known, method=function in owner.body)
        for name in spellings_of(function):
            if taken.setdefault(name, function) is not function:
                yield function.lineno, f"`{name}` is declared twice"


def mistakes_of_constant(name: str, node: Assign | AnnAssign, known: set[str]) -> Iterator[Mistake]:
    if not spellable(name):
        yield node.lineno, f"the constant `{name}` is not a name in ML"
    for kind, called, instead in NO_VALUES:
        if isinstance(node.value, kind):
            yield node.lineno, f"the constant `{name}` is {called}, which a program cannot hold: give {instead}, or begin its name with `_`"
    if isinstance(node.value, Constant) and not isinstance(node.value.value, bool | int | float | str | None):
        yield node.lineno, f"the constant `{name}` is {with_article(type(node.value.value).__name__)}, which a program cannot hold: begin its name with `_`"
    if isinstance(node, AnnAssign):
        yield from mistakes_of_type(node.annotation, known, f"the constant `{name}`")


def mistakes_of_function(node: Declared, known: set[str], *, method: bool) -> Iterator[Mistake]:
    """Of a function under `@ml_function`."""
    yield from mistakes_of_mark(node, "ml_function")
    name = ml_of(node)
    if isinstance(node, AsyncFunctionDef):
        yield node.lineno, f"`{name}` is `async`, and nobody would wait for it: declare a plain function"
    for wrapper in WRAPPERS:
        if decorator(node, wrapper):
            yield node.lineno, f"`{name}` is a {wrapper}: declare a plain function" + (", or list the property among the `fields` of its class" if wrapper == "property" else "")
    if not spellable(name):
        yield node.lineno, f"`{name}` is not a name in ML"
    given = node.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *([given.vararg] if given.vararg else []), *given.kwonlyargs)]
    if method != (names[:1] == ["self"]):
        yield node.lineno, f"the first parameter of the method `{name}` must be `self`" if method else f"`{name}` takes `self` but stands outside of a class"
    own = names[1:] if method else names
    if given.kwarg is not None:
        yield node.lineno, f"`{name}` takes any named argument: declare each parameter"
    flaw = flaw_of_parameters(name, own)
    if flaw:
        yield node.lineno, flaw
    yield from mistakes_of_capability(node, name, own, given.vararg.arg if given.vararg else None)
    for one in (*given.posonlyargs, *given.args, *([given.vararg] if given.vararg else []), *given.kwonlyargs):
        yield from mistakes_of_type(one.annotation, known, f"the parameter `{one.arg}` of `{name}`")
    yield from mistakes_of_type(node.returns, known, f"the result of `{name}`")


def mistakes_of_capability(node: Declared, name: str, parameters: list[str], rest: str | None) -> Iterator[Mistake]:
    mark = decorator(node, "ml_function")
    given = next((one.value for one in mark.keywords if one.arg == "capability"), None) if isinstance(mark, Call) else None
    if given is None or mark is None or (isinstance(given, Constant) and given.value is None):
        return
    found = needs(mark)
    if isinstance(given, JoinedStr):
        yield mark.lineno, f"the capability of `{name}` is an f-string: write it without the `f`, and mlpy puts the arguments in"
    elif len(found) != (len(given.elts) if isinstance(given, Tuple | List) else 1):
        yield mark.lineno, f"the capability of `{name}` must be written out as a string, or as a tuple of strings"
    for need in found:
        flaw = flaw_of_capability(name, need, parameters, rest)
        if flaw:
            yield mark.lineno, flaw


def mistakes_of_type(node: expr | None, known: set[str], of: str) -> Iterator[Mistake]:
    """Names in an annotation that nothing in the file binds: without them the type would be taken for `any`."""
    if isinstance(node, Constant) and isinstance(node.value, str):
        inner = written(node.value)
        if inner is None:
            yield node.lineno, f"the type of {of} is no expression: `{node.value}`"
        for _, message in mistakes_of_type(inner, known, of):
            yield node.lineno, message
    elif isinstance(node, Name) and node.id not in known:
        close = None if node.id in ABSTRACT else nearest(node.id, known)
        advice = f"did you mean `{close}`" if close else "import it from `collections.abc`" if node.id in ABSTRACT else "import or define it"
        yield node.lineno, f"the type `{node.id}` of {of} is not known: {advice}"
    elif isinstance(node, Constant) and node.value is not None and node.value is not Ellipsis:
        yield node.lineno, f"the type of {of} is a value: annotate it with a type such as `str`"
    elif isinstance(node, BinOp):
        yield from mistakes_of_type(node.left, known, of)
        yield from mistakes_of_type(node.right, known, of)
    elif isinstance(node, Subscript):
        yield from mistakes_of_type(node.value, known, of)
        if not (isinstance(node.value, Name | Attribute) and getattr(node.value, "id", getattr(node.value, "attr", "")) in {"Literal", "Annotated"}):
            yield from mistakes_of_type(node.slice, known, of)
    elif isinstance(node, Tuple | List):
        for one in node.elts:
            yield from mistakes_of_type(one, known, of)
    elif isinstance(node, Dict | Call):
        yield node.lineno, f"the type of {of} is a value: annotate it with a type such as `dict[str, int]`"


def names_bound(body: Iterable[AST]) -> set[str]:
    """The names that a file binds at its top level, in branches too."""
    found: set[str] = set()
    pending: list[object] = [*body]
    while pending:
        one = pending.pop()
        if isinstance(one, Import | ImportFrom):
            found.update([alias.asname or alias.name.partition(".")[0] for alias in one.names])
        elif isinstance(one, ClassDef | FunctionDef | AsyncFunctionDef):
            found.add(one.name)
        elif isinstance(one, Name):
            found.add(one.id)
        elif isinstance(one, Assign):
            pending += one.targets
        elif isinstance(one, AnnAssign):
            pending.append(one.target)
        elif isinstance(one, Tuple | List):
            pending += one.elts
        elif isinstance(one, AST) and not isinstance(one, Expr):
            pending += [each for name in ("body", "orelse", "handlers", "finalbody", "target", "optional_vars", "items", "name") for each in listed(getattr(one, name, None))]
    return found


def listed(value: object) -> list[object]:
    """A field of a node as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def own_functions(owner: ClassDef | Module) -> list[Declared]:
    """The functions under `@ml_function` in a body."""
    return [one for one in owner.body if isinstance(one, FunctionDef | AsyncFunctionDef) and decorator(one, "ml_function")]


def ml_of(node: Declared) -> str:
    """What a function is called in ML."""
    return literals(decorator(node, "ml_function")).get("name", ml_name(node.name))


def spellings_of(node: Declared) -> tuple[str, ...]:
    """The names that a function is found under."""
    return spellings(node.name, ml_of(node))
