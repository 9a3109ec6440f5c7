"""What module authors import: `@ml_module`, `@ml_function`, `@ml_class`, `handle` and `wrong_type`.

A file declares one module: a class under `@ml_module` that holds its constants and, in methods with `self`, what each run has
for itself; functions under `@ml_function` at the file's top level belong to it too and see no state. A name in snake_case is
spelt in camelCase in ML (`is_nan` is `isNan`, the written form works as well) and one trailing underscore is dropped
(`min_` is `min`). Types are Python annotations, the documentation is the docstring with `Example:` lines.
"""

from __future__ import annotations

from types import FunctionType, ModuleType

from mlpy.errors import MLError
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import HOST_CLASSES, ClassInfo, Handle, a_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Mapping
    from typing import TypeVar, overload

    F = TypeVar("F", bound=Callable[..., object])
    C = TypeVar("C", bound=type)
    H = TypeVar("H")

CONSTANTS = frozenset((type(None), bool, int, float, str, list, dict))
VARARGS, VARKEYWORDS = 0x04, 0x08  # flags of a code object


class DeclarationError(Exception):
    """A module declares something that a program could not use; `file` and `line` say where."""

    def __init__(self, message: str, file: str, line: int) -> None:
        super().__init__(f"{message} ({file}:{line})")
        self.message = message
        self.file = file
        self.line = line


class Function:
    """The declaration of one function: its ML name, the capabilities it demands, and the C function that stands for it."""

    __slots__ = ("bare", "capabilities", "function", "make", "name")

    def __init__(self, function: FunctionType, name: str, capabilities: tuple[str, ...], bare: Callable[..., object] | None) -> None:
        self.function = function
        self.name = name
        self.capabilities = capabilities
        self.bare = bare
        self.make: Callable[[FunctionType, object], FunctionType] | None = None

    @property
    def takes_self(self) -> bool:
        """Whether the function works on an instance."""
        code = self.function.__code__
        return code.co_argcount > 0 and code.co_varnames[0] == "self"

    def bind(self, owner: object) -> FunctionType:
        """A plain function with exactly the parameters that follow `self`, closed over the instance."""
        if self.make is None:
            self.make = compile_binder(self.function)
        bound = self.make(self.function, owner)
        bound.__name__ = bound.__qualname__ = self.name
        bound.__defaults__ = self.function.__defaults__
        bound.__kwdefaults__ = self.function.__kwdefaults__
        return bound


class Module:
    """The declaration of a module, which its class carries under `ml`."""

    __slots__ = ("declared", "description", "interruptible", "name", "version")

    def __init__(self, name: str, description: str, version: str, declared: type, *, interruptible: bool) -> None:
        self.name = name
        self.description = description
        self.version = version
        self.interruptible = interruptible
        self.declared = declared


# ── the decorators ───────────────────────────────────────────────────────────────────────────────────────────────


def ml_module(name: str, *, description: str = "", version: str = "0.0.0", interruptible: bool = False) -> Callable[[C], C]:
    """Declares the module of a file. `name` is what programs import, with dots for a nested one.

    `interruptible` promises that no function of the file holds a lock or changes what other runs can see, so that a time limit
    may end one anywhere; without it a limit waits until the function has returned.
    """

    def declare(declared: C) -> C:
        declared.ml = Module(name, description, version, declared, interruptible=interruptible)  # type: ignore[attr-defined]  # the mark of a declaration
        return declared

    return declare


if TYPE_CHECKING:

    @overload
    def ml_function(function: F, /) -> F: ...
    @overload
    def ml_function(*, capability: str | tuple[str, ...] | None = None, name: str | None = None, bare: Callable[..., object] | None = None) -> Callable[[F], F]: ...


def ml_function(
    function: F | None = None, /, *, capability: str | tuple[str, ...] | None = None, name: str | None = None, bare: Callable[..., object] | None = None
) -> F | Callable[[F], F]:
    """Declares a function of a module or a method of a host class.

    `capability` is `kind:resource`, checked before the body runs; `{account}` in it stands for the argument of that name. A tuple
    demands all of several: `("file.read:{source}", "file.write:{target}")`. `bare` is a C function that is handed out instead
    of the body: one that is positional-only, calls nothing back and makes O(1) output.
    """
    needs = (capability,) if isinstance(capability, str) else tuple(capability or ())

    def declare(function: F) -> F:
        made: FunctionType = function  # type: ignore[assignment]  # a `def` always is
        made.ml = Function(made, name or ml_name(made.__name__), needs, bare)  # type: ignore[attr-defined]  # the mark of a declaration
        return function

    return declare(function) if function is not None else declare


def ml_class(name: str) -> Callable[[C], C]:
    """Registers a class whose instances programs may hold, through `handle`; its `@ml_function` methods are all that they see.

    Where the class defines `__iter__`, `__len__` or `__str__`, that is what `for` walks, what `len` gives and what is displayed;
    one that defines `__eq__` and `__hash__` has values that are equal as it says, any other equals itself only.
    """

    def declare(declared: C) -> C:
        register_class(name, declared)
        return declared

    return declare


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ml_name(written: str) -> str:
    """The ML spelling of a Python name: `is_nan` → `isNan`, `min_` → `min`."""
    if "_" not in written:
        return written
    head, *rest = written.rstrip("_").split("_")
    return head + "".join([part[:1].upper() + part[1:] for part in rest])


def spellings(written: str, name: str) -> tuple[str, ...]:
    """The names that a member is found under: its own and its snake_case forms."""
    if name.islower() or not name[:1].islower():
        return (name,)
    snake = "".join([f"_{letter.lower()}" if letter.isupper() else letter for letter in name])
    return (name, snake, written.rstrip("_"))


# ── what a file declares ─────────────────────────────────────────────────────────────────────────────────────────


def declared_module(namespace: Mapping[str, object]) -> Module | None:
    """The module that a file declares, None where it declares none."""
    for value in namespace.values():
        if type(value) is type:
            module = value.__dict__.get("ml")
            if type(module) is Module:
                return module
    return None


def declared_functions(namespace: Mapping[str, object]) -> list[tuple[str, Function]]:
    """(name as written, declaration) of each function that a file or a class declares."""
    return [(written, value.__dict__["ml"]) for written, value in namespace.items() if type(value) is FunctionType and "ml" in value.__dict__]


def constants(module: Module) -> dict[str, object]:
    """The public attributes of a module's class that are ML values."""
    return {name: value for name, value in vars(module.declared).items() if name[0] != "_" and type(value) in CONSTANTS}


def own_functions(namespace: Mapping[str, object]) -> list[FunctionType]:
    """Every function that a file defines, methods included, and those of the modules of its package that it imports whole."""
    title = str(namespace["__name__"])
    package = title.rpartition(".")[0] + "."
    files = [namespace, *[vars(one) for one in namespace.values() if type(one) is ModuleType and one.__name__.startswith(package)]]
    spaces = [*files, *[vars(one) for file in files for one in file.values() if type(one) is type and one.__module__ == file["__name__"]]]
    return [one for space in spaces for one in space.values() if type(one) is FunctionType and one.__module__.startswith(package)]


def wrong_type(value: object, parameter: str, expected: str) -> MLError:
    """The error to raise for an argument of the wrong type: `wrong_type(3, "text", "a string")`."""
    return MLError(f"`{parameter}` must be {expected}, not {a_type(value)}", "TypeError")


# ── host objects ─────────────────────────────────────────────────────────────────────────────────────────────────


class HostTable(dict[str, FunctionType]):
    """The members of one host object, bound to it when they are first read; a name that it lacks reads as null."""

    __slots__ = ("functions", "host")

    def __init__(self, functions: dict[str, Function], host: object) -> None:
        self.functions = functions
        self.host = host

    def __missing__(self, name: str) -> FunctionType | None:
        function = self.functions.get(name)
        if function is None:
            return None
        bound = self[name] = function.bind(self.host)
        return bound


class HostHandle(Handle):
    """How a program holds an instance of a registered class: `get` reads its table, nothing else of it can be named."""

    __slots__ = ("host",)

    functions: dict[str, Function]

    def __init__(self, host: object) -> None:
        self.host = host
        self.get = HostTable(self.functions, host).__getitem__  # unlike `dict.get` it asks `__missing__`


class EqualHandle(HostHandle):
    """The handle of a class that says when its instances are equal."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self.host == other.host)

    def __hash__(self) -> int:
        return hash(self.host)


interruptible(EqualHandle.__eq__, EqualHandle.__hash__)
HANDLES: dict[type, type[HostHandle]] = {}


def handle(host: H) -> H:
    """The value by which programs hold an instance of a class under `@ml_class`: what a function returns in its place.

    To a type checker it passes as the instance, so that a function can be annotated with what its caller gets in ML.
    """
    return HANDLES[type(host)](host)  # type: ignore[return-value]  # see above


def hosted(value: object, kind: type[H]) -> H | None:
    """The instance of a class that a value holds, None for any other value."""
    if isinstance(value, HostHandle) and type(value.host) is kind:
        return value.host
    return None


def register_class(name: str, declared: type) -> None:
    """Gives a class a sealed handle class of its own and lists it among the types of values."""
    functions: dict[str, Function] = {}
    for written, function in declared_functions(vars(declared)):
        functions.update(dict.fromkeys(spellings(written, function.name), function))
    own = vars(declared)
    made = HANDLES[declared] = type(name, (EqualHandle if "__eq__" in own else HostHandle,), {"__slots__": (), "functions": functions})
    HOST_CLASSES[made] = ClassInfo(
        name,
        {function.name: first_line(function.function.__doc__) for function in functions.values()},
        doc=first_line(declared.__doc__),
        items=(lambda value: list(value.host)) if "__iter__" in own else None,
        length=(lambda value: len(value.host)) if "__len__" in own else None,
        display=(lambda value: str(value.host)) if "__str__" in own else None,
    )


def first_line(doc: str | None) -> str:
    """The first line of a docstring without the example that may follow on it."""
    return (doc or "").strip().split("\n", 1)[0].split(" Example:", 1)[0]


def compile_binder(function: FunctionType) -> Callable[[FunctionType, object], FunctionType]:
    """`make(method, owner)`, which gives a closure whose parameters are the method's without `self`.

    The names that the closure captures begin with an underscore, which no declared parameter does.
    """
    code = function.__code__
    names = list(code.co_varnames[1 : code.co_argcount])
    named_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    rest = ["*" + code.co_varnames[code.co_argcount + code.co_kwonlyargcount]] if code.co_flags & VARARGS else []
    bar = max(code.co_posonlyargcount - 1, 0)
    parameters = names[:bar] + ["/"] * bool(bar) + names[bar:] + (rest or ["*"] * bool(named_only)) + [*named_only]
    arguments = ["_owner", *names, *rest, *[f"{name}={name}" for name in named_only]]
    text = f"def make(_method, _owner):\n def bound({', '.join(parameters)}): return _method({', '.join(arguments)})\n return bound"
    namespace: dict[str, Callable[[FunctionType, object], FunctionType]] = {}
    exec(text, namespace)  # noqa: S102  made of names that Python has compiled already
    return namespace["make"]


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def verify(namespace: Mapping[str, object], module: Module) -> None:
    """Raises DeclarationError for the first declaration that programs could not use as it is meant."""
    seen: dict[str, Function] = {}
    of_class = declared_functions(vars(module.declared))
    for written, function in [*of_class, *declared_functions(namespace)]:
        verify_function(function)
        for name in spellings(written, function.name):
            if seen.setdefault(name, function) is not function:
                raise complaint(function, f"`{name}` is declared twice")
    for _, function in of_class:
        if not function.takes_self:
            raise complaint(function, f"the first parameter of the method `{function.name}` must be `self`")


def verify_function(function: Function) -> None:
    """Raises DeclarationError unless a program can name every parameter and spell the function."""
    code = function.function.__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & VARARGS)
    if code.co_flags & VARKEYWORDS:
        raise complaint(function, f"`{function.name}` takes any named argument: declare each parameter")
    if not spellable(function.name):
        raise complaint(function, f"`{function.name}` is not a name in ML")
    for name in code.co_varnames[:count]:
        if not spellable(name):
            raise complaint(function, f"the parameter `{name}` of `{function.name}` is not a name in ML")
    known = set(code.co_varnames[:count])
    for need in function.capabilities:
        for name in placeholders(need):
            if name not in known:
                raise complaint(function, f"the capability of `{function.name}` names `{name}`, which is not a parameter")


def placeholders(template: str) -> list[str]:
    """The names in braces of a capability template."""
    return [part.split("}", 1)[0] for part in template.split("{")[1:]]


def spellable(name: str) -> bool:
    """Whether a declaration may use a name: ASCII, and no underscore at its start."""
    return name.isascii() and name.isidentifier() and name[0] != "_"


def complaint(function: Function, message: str) -> DeclarationError:
    """A DeclarationError at a function."""
    code = function.function.__code__
    return DeclarationError(message, code.co_filename, code.co_firstlineno)
