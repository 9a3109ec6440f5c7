"""What module authors import: `@ml_module`, `@ml_function`, `@ml_class`, `handle` and `wrong_type`.

A file declares one module: a class under `@ml_module` that holds its constants and, in methods with `self`, what each run has
for itself; functions under `@ml_function` at the file's top level belong to it too and see no state. A name in snake_case is
spelt in camelCase in ML (`is_nan` is `isNan`, the written form works as well) and one trailing underscore is dropped
(`min_` is `min`). Types are Python annotations, the documentation is the docstring with `Example:` lines.
"""

from __future__ import annotations

import gc
from _contextvars import ContextVar
from _weakref import ref
from sys import _getframe
from types import CodeType, FunctionType, ModuleType

from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.runtime.current import current
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import HOST_CLASSES, HOST_HANDLES, ClassInfo, Handle, a_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar, overload

    from mlpy.capabilities import Grants
    from mlpy.registry import Registry
    from mlpy.runtime.run import Run

    F = TypeVar("F", bound=Callable[..., object])
    C = TypeVar("C", bound=type)
    H = TypeVar("H")

CONSTANTS = frozenset((type(None), bool, int, float, str, list, dict))
DEFAULTS = CONSTANTS | {tuple}  # which the body gets, the program never
VARARGS, VARKEYWORDS, LAZY = 0x04, 0x08, 0x20 | 0x80 | 0x200  # flags of a code object; the last of generators and coroutines


class DeclarationError(Exception):
    """A module declares something that a program could not use; `file` and `line` say where."""

    def __init__(self, message: str, file: str, line: int) -> None:
        super().__init__(f"{message} ({file}:{line})")
        self.message = message
        self.file = file
        self.line = line


class Function:
    """The declaration of one function: its ML name, the capabilities it demands, and the C function that stands for it.

    One that is `gated` sees in `capabilities.in_use` what its caller may do, also where it demands nothing of every call.
    """

    __slots__ = ("bare", "capabilities", "function", "gated", "make", "name")

    def __init__(self, function: FunctionType, name: str, capabilities: tuple[str, ...] | None, bare: Callable[..., object] | None) -> None:
        self.function = function
        self.name = name
        self.capabilities = capabilities or ()
        self.gated = capabilities is not None
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
    """The declaration of a module, which its class carries under `ml`; `place` is (file, line)."""

    __slots__ = ("concurrent", "declared", "description", "interruptible", "name", "place", "version")

    def __init__(self, name: str, description: str, version: str, declared: type, place: tuple[str, int], *, interruptible: bool, concurrent: bool) -> None:
        self.name = name
        self.description = description
        self.version = version
        self.interruptible = interruptible
        self.concurrent = concurrent
        self.declared = declared
        self.place = place


# ── the decorators ───────────────────────────────────────────────────────────────────────────────────────────────


def ml_module(name: str, *, description: str = "", version: str = "0.0.0", interruptible: bool = False, concurrent: bool = False) -> Callable[[C], C]:
    """Declares the module of a file. `name` is what programs import, with dots for a nested one.

    The docstring of the class is the module's guide, in Markdown; its first line is the description, unless one is given.

    `interruptible` promises that no function of the file holds a lock or changes what other runs can see, so that a time limit
    may end one anywhere; without it a limit waits until the function has returned. `concurrent` promises that several threads may be
    in its functions at once, as when the workers of `parallel.map` wait for what they ask for; without it they take turns.
    """
    place = caller(2)
    if not isinstance(name, str):  # `@ml_module` without a call
        raise DeclarationError('`@ml_module` needs a name: `@ml_module("payments")`', *place)

    def declare(declared: C) -> C:
        declared.ml = Module(name, description or first_line(declared.__doc__).removesuffix("."), version, declared, place, interruptible=interruptible, concurrent=concurrent)  # type: ignore[attr-defined]  # the mark of a declaration
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
    demands all of several: `("file.read:{source}", "file.write:{target}")`; an empty one leaves it to the body, by `in_use.get().extend`. `bare` is a C function that is handed out instead
    of the body: one that is positional-only, calls nothing back and makes O(1) output.
    """
    needs = None if capability is None else (capability,) if isinstance(capability, str) else tuple(capability)

    def declare(function: F) -> F:
        made: FunctionType = function  # type: ignore[assignment]  # a `def` always is
        made.ml = Function(made, name or ml_name(made.__name__), needs, bare)  # type: ignore[attr-defined]  # the mark of a declaration
        return function

    return declare(function) if function is not None else declare


def ml_class(name: str, *, fields: Sequence[str] = ()) -> Callable[[C], C]:
    """Registers a class whose instances programs may hold, through `handle`; its `@ml_function` methods and `fields` are all that they see.

    A field is an attribute or a property that the class annotates; programs read it, as it is at that moment, and cannot write it.
    A method under a capability demands it of the authority of the file that imported the module. Where the class defines `__iter__`, `__len__` or `__str__`, that is what `for` walks, what `len` gives and what is displayed;
    one that defines `__eq__` and `__hash__` has values that are equal as it says, any other equals itself only.
    """
    if not isinstance(name, str):  # `@ml_class` without a call
        raise DeclarationError('`@ml_class` needs a name: `@ml_class("Receipt")`', *caller(2))

    def declare(declared: C) -> C:
        register_class(name, declared, fields)
        return declared

    return declare


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ml_name(written: str) -> str:
    """The ML spelling of a Python name: `is_nan` → `isNan`, `min_` → `min`."""
    if "_" not in written or written[0] == "_":
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


class Binding:
    """What the functions of a module are bound to in a run; host objects that they make are bound to the same."""

    __slots__ = ("grants", "module", "run")

    def __init__(self, run: Run, grants: Grants, module: str) -> None:
        self.run = run
        self.grants = grants
        self.module = module


binding: ContextVar[Binding] = ContextVar("mlpy.binding")


class HostTable(dict[str, FunctionType]):
    """The members of one host object, bound to it when they are first read; a name that it lacks reads as null."""

    __slots__ = ("functions", "host")

    def __init__(self, functions: dict[str, Function], host: object) -> None:
        self.functions = functions
        self.host = host

    def __missing__(self, name: str) -> object:
        function = self.functions.get(name)
        if function is None:
            return None
        bound = function.bind(self.host)
        bound = self[name] = observed(self.host, function, bound) if observers else bound
        return bound


class BoundTable(HostTable):
    """The members of a host object that has fields, demands capabilities, or did not come with mlpy; what its methods make is bound as it is."""

    __slots__ = ("bound", "kind")

    def __init__(self, kind: type[BoundHandle], host: object) -> None:
        super().__init__(kind.functions, host)
        self.kind = kind
        self.bound = binding.get(None)

    def __missing__(self, name: str) -> object:
        field = self.kind.fields.get(name)
        if field is not None:
            return read_field(self.host, field, name, checked=self.kind.checked)
        function = self.functions.get(name)
        if function is None:
            return None
        bound = self.exposed(function)
        bound = self[name] = observed(self.host, function, bound) if observers else bound
        return bound

    def exposed(self, function: Function) -> FunctionType:
        """A method as a program may call it: what it demands is checked against the authority that the object was made under."""
        value = function.bind(self.host)
        if not self.kind.binds:
            return value
        bound = self.bound
        if bound is None:
            run = current.get(None)
            if run is None:  # the host's own use of the object
                return value
            bound = self.bound = Binding(run, run.grants, self.kind.__name__)
        return exposed(function, value, bound, checked=self.kind.checked, binds=True)


observers: list[ref[Registry]] = []  # the registries that take down calls


def observed(host: object, function: Function, value: FunctionType) -> FunctionType:
    """A method of a host object as a program gets it while somebody takes down calls."""
    for registry in [found for each in observers if (found := each()) is not None]:
        value = registry.observed(host, function, value)
    return value


def observe(registry: Registry, *, on: bool) -> None:
    """Has a registry asked for methods of host objects, or no more; those that were bound before are bound anew when they are next read."""
    observers[:] = [each for each in observers if each() not in (None, registry)] + ([ref(registry)] if on else [])
    for one in gc.get_objects():
        if type(one) is HostTable or type(one) is BoundTable:
            one.clear()


def exposed(function: Function, value: FunctionType, bound: Binding, *, checked: bool, binds: bool) -> FunctionType:
    """A declared function for programs that hold an authority, behind the gate of what it demands.

    `checked`: its arguments and result are checked, and what it raises is put in ML's words. `binds`: it may make host objects,
    which are bound to the authority too.
    """
    if binds:
        value = within(value, bound)
    if checked:
        from mlpy.hosting import hosted as checked_function  # noqa: PLC0415  only modules that did not come with mlpy

        if value is not function.function:
            value.ml = function  # type: ignore[attr-defined]  # the mark of a declaration
        return checked_function(function.name, value, bound.run, bound.grants, bound.module)
    if not function.gated:
        return value
    from mlpy.gates import gate  # noqa: PLC0415  only modules that touch the outside

    made = gate(value, function.capabilities, grants=bound.grants, run=bound.run, module=bound.module)
    if value is function.function and not binds:  # it sees no state, so that several threads may call it
        made.__dict__["concurrent"] = True
    return made


def within(function: FunctionType, bound: Binding) -> FunctionType:
    """A function with the same parameters, during which host objects are bound to an authority."""
    code = function.__code__
    make = _within.get(code)
    if make is None:
        if len(_within) >= MAX_WITHIN:  # a module that is reloaded again and again
            _within.clear()
        make = _within[code] = compile_within(code)
    made = make(function, bound, binding.set, binding.reset)
    made.__name__ = made.__qualname__ = function.__name__
    made.__doc__ = function.__doc__
    made.__defaults__ = function.__defaults__
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__["binds"] = True
    return made


MAX_WITHIN = 500
_within: dict[CodeType, Callable[..., FunctionType]] = {}


def read_field(host: object, attribute: str, name: str, *, checked: bool) -> object:
    """The value of a field, null where the object has none."""
    run = current.get(None)
    if not checked or run is None:
        return getattr(host, attribute, None)
    from mlpy.hosting import call_host  # noqa: PLC0415  only modules that did not come with mlpy

    return call_host(name, lambda: getattr(host, attribute, None), (), {}, run)


class HostHandle(Handle):
    """How a program holds an instance of a registered class: `get` reads its table, nothing else of it can be named."""

    __slots__ = ("host",)

    functions: dict[str, Function]

    def __init__(self, host: object) -> None:
        self.host = host
        self.get = HostTable(self.functions, host).__getitem__  # unlike `dict.get` it asks `__missing__`


class BoundHandle(HostHandle):
    """The handle of a class with fields or demands, or from elsewhere."""

    __slots__ = ()

    fields: dict[str, str]
    checked: bool  # it did not come with mlpy
    binds: bool

    def __init__(self, host: object) -> None:
        self.host = host
        self.get = BoundTable(type(self), host).__getitem__


def equal_hosts(self: HostHandle, other: object) -> bool:
    """The `==` of a class that says when its instances are equal."""
    return type(other) is type(self) and bool(self.host == other.host)


def hash_of_host(self: HostHandle) -> int:
    """The hash that goes with `equal_hosts`."""
    return hash(self.host)


def equal_checked(self: HostHandle, other: object) -> bool:
    """The same of a class that did not come with mlpy."""
    return type(other) is type(self) and bool(ask_checked(self, lambda host: bool(host == other.host)))


def hash_checked(self: HostHandle) -> int:
    """The hash that goes with `equal_checked`."""
    return ask_checked(self, hash)  # type: ignore[return-value]  # as Python demands


interruptible(equal_hosts, hash_of_host)


def handle(host: H) -> H:
    """The value by which programs hold an instance of a class under `@ml_class`: what a function returns in its place.

    To a type checker it passes as the instance, so that a function can be annotated with what its caller gets in ML.
    """
    return HOST_HANDLES[type(host)](host)  # type: ignore[no-any-return]  # see above


def hosted(value: object, kind: type[H]) -> H | None:
    """The instance of a class that a value holds, None for any other value."""
    if isinstance(value, HostHandle) and type(value.host) is kind:
        return value.host
    return None


def register_class(name: str, declared: type, fields: Sequence[str] = ()) -> None:
    """Gives a class a sealed handle class of its own and lists it among the types of values."""
    functions: dict[str, Function] = {}
    for written, function in declared_functions(vars(declared)):
        functions.update(dict.fromkeys(spellings(written, function.name), function))
    own = vars(declared)
    checked = not declared.__module__.startswith(("mlpy.stdlib.", "mlpy.extensions."))
    binds = checked or any(function.gated for function in functions.values())
    parts: dict[str, object] = {"__slots__": (), "functions": functions}
    base: type = HostHandle
    if binds or fields:
        base = BoundHandle
        parts |= {"fields": {spelling: field for field in fields for spelling in spellings(field, ml_name(field))}, "checked": checked, "binds": binds}
    if "__eq__" in own:
        parts |= {"__eq__": equal_checked, "__hash__": hash_checked} if checked else {"__eq__": equal_hosts, "__hash__": hash_of_host}
    made = HOST_HANDLES[declared] = type(name, (base,), parts)
    asked: Callable[[HostHandle, Callable[[object], object]], Any] = ask_checked if checked else ask
    HOST_CLASSES[made] = ClassInfo(
        name,
        {**{ml_name(field): "" for field in fields}, **{function.name: first_line(function.function.__doc__) for function in functions.values()}},
        doc=first_line(declared.__doc__),
        items=(lambda value: asked(value, items_of)) if "__iter__" in own else None,
        length=(lambda value: asked(value, len)) if "__len__" in own else None,  # type: ignore[arg-type]  # it has a length
        display=(lambda value: asked(value, str)) if "__str__" in own else None,
        fields=[spelling for field in fields for spelling in spellings(field, ml_name(field))],
    )


def items_of(host: object) -> object:
    """The items of a host object; whether its length is known does not matter."""
    return list(iter(host))  # type: ignore[call-overload]  # it can be walked


def ask(value: HostHandle, question: Callable[[object], object]) -> object:
    """What a host object answers to `list`, `len`, `str` and the like."""
    return question(value.host)


def ask_checked(value: HostHandle, question: Callable[[object], object]) -> object:
    """The same of an object whose class did not come with mlpy."""
    from mlpy.hosting import call_host  # noqa: PLC0415  only modules that did not come with mlpy

    run = current.get(None)
    return question(value.host) if run is None else call_host(HOST_CLASSES[type(value)].name, lambda: question(value.host), (), {}, run)


def first_line(doc: str | None) -> str:
    """The first line of a docstring without the example that may follow on it."""
    return (doc or "").strip().split("\n", 1)[0].split(" Example:", 1)[0]


def spelt(code: CodeType, skip: int = 0) -> tuple[str, str]:
    """The parameters of a function behind the first few as a `def` lists them, and the arguments that hand them on."""
    names = list(code.co_varnames[skip : code.co_argcount])
    named_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    rest = ["*" + code.co_varnames[code.co_argcount + code.co_kwonlyargcount]] if code.co_flags & VARARGS else []
    bar = max(code.co_posonlyargcount - skip, 0)
    parameters = names[:bar] + ["/"] * bool(bar) + names[bar:] + (rest or ["*"] * bool(named_only)) + [*named_only]
    return ", ".join(parameters), ", ".join([*names, *rest, *[f"{name}={name}" for name in named_only]])


def compile_binder(function: FunctionType) -> Callable[[FunctionType, object], FunctionType]:
    """`make(method, owner)`, which gives a closure whose parameters are the method's without `self`.

    The names that the closure captures begin with an underscore, which no declared parameter does.
    """
    parameters, arguments = spelt(function.__code__, 1)
    return compiled(f"def make(_method, _owner):\n def bound({parameters}): return _method(_owner, {arguments})\n return bound")


def compile_within(code: CodeType) -> Callable[..., FunctionType]:
    """`make(function, binding, set, reset)`, which gives a function with the same parameters that calls it within the binding."""
    parameters, arguments = spelt(code)
    call = f"  _token = _set(_binding)\n  try: return _function({arguments})\n  finally: _reset(_token)\n"
    return compiled(f"def make(_function, _binding, _set, _reset):\n def bound({parameters}):\n{call} return bound")


def compiled(text: str) -> Callable[..., FunctionType]:
    """The `make` that a text defines."""
    namespace: dict[str, Callable[..., FunctionType]] = {}
    exec(text, namespace)  # noqa: S102  made of names that Python has compiled already
    return namespace["make"]


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def verify(namespace: Mapping[str, object], module: Module) -> None:
    """Raises DeclarationError for the first declaration that programs could not use as it is meant."""
    verify_constants(module)
    hosts = [value for value in namespace.values() if type(value) is type and value in HOST_HANDLES]
    for owner in (namespace, *map(vars, (module.declared, *hosts))):
        for written, value in owner.items():
            inner = getattr(value, "__func__", value)
            function = inner.__dict__.get("ml") if type(inner) is FunctionType else None
            if type(function) is Function:
                if value is not function.function:
                    raise complaint(function, f"`{written}` stands in another decorator: put `@ml_function` on top of it")
                if function.takes_self is (owner is namespace):
                    raise complaint(
                        function,
                        f"`{function.name}` takes `self` but stands outside of a class"
                        if function.takes_self
                        else f"the first parameter of the method `{function.name}` must be `self`",
                    )
                verify_function(function)
    verify_names([*declared_functions(vars(module.declared)), *declared_functions(namespace)], constants(module))
    for host in hosts:
        verify_names(declared_functions(vars(host)), ())


def verify_constants(module: Module) -> None:
    """Raises DeclarationError for a public attribute that no program can hold."""
    from mlpy.hosting import entered  # noqa: PLC0415  only modules that did not come with mlpy

    for name, value in vars(module.declared).items():
        if name[0] != "_" and type(value) is not Module and not callable(value) and not isinstance(value, WRAPPERS):
            if type(value) not in CONSTANTS:
                raise DeclarationError(f"the constant `{name}` is a Python {type(value).__name__}, which a program cannot hold: begin its name with `_`", *module.place)
            try:
                entered(value, f"the constant `{name}`", copy=True)
            except MLError as error:
                raise DeclarationError(f"{error.message}: begin its name with `_`", *module.place) from error


def verify_names(functions: Iterable[tuple[str, Function]], taken: Iterable[str]) -> None:
    """Raises DeclarationError where two members of one owner are found under one name."""
    seen: dict[str, Function | None] = dict.fromkeys(taken)
    for written, function in functions:
        for name in spellings(written, function.name):
            if seen.setdefault(name, function) is not function:
                raise complaint(function, f"`{name}` is declared twice")


WRAPPERS = (property, staticmethod, classmethod)


def caller(depth: int) -> tuple[str, int]:
    """The file and line that a decorator is called from."""
    frame = _getframe(depth)
    return frame.f_code.co_filename, frame.f_lineno


def verify_function(function: Function) -> None:
    """Raises DeclarationError unless a program can name every parameter and spell the function."""
    made = function.function
    code = made.__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & VARARGS)
    parameters = [*code.co_varnames[function.takes_self : count]]
    if code.co_flags & VARKEYWORDS:
        raise complaint(function, f"`{function.name}` takes any named argument: declare each parameter")
    if code.co_flags & LAZY:
        raise complaint(function, f"`{function.name}` is a generator or `async`, which no program can hold: return a list")
    if not spellable(function.name):
        raise complaint(function, f"`{function.name}` is not a name in ML")
    for default in [*(made.__defaults__ or ()), *(made.__kwdefaults__ or {}).values()]:
        if type(default) not in DEFAULTS:
            raise complaint(function, f"a default of `{function.name}` is a Python {type(default).__name__}, which nobody can write in ML: use `None`")
    flaw = flaw_of_parameters(function.name, parameters)
    for need in function.capabilities:
        flaw = flaw or flaw_of_capability(function.name, need, parameters, rest=parameters[-1] if code.co_flags & VARARGS else None)
    if flaw:
        raise complaint(function, flaw)


def flaw_of_parameters(name: str, parameters: Sequence[str]) -> str | None:
    """What is wrong with the names of a function's parameters."""
    for one in parameters:
        if not spellable(one):
            return f"the parameter `{one}` of `{name}` is not a name in ML"
    return None


def flaw_of_capability(name: str, capability: str, parameters: Sequence[str], rest: str | None = None) -> str | None:
    """What is wrong with a capability that a function demands; `rest` is the parameter that takes any number of arguments."""
    from mlpy.capabilities import KINDS, SHORT_KINDS, is_kind  # noqa: PLC0415  only modules that touch the outside
    from mlpy.gates import PARTS  # noqa: PLC0415  as above

    kind, colon, resource = capability.partition(":")
    family = kind.partition(".")[0]
    if kind in SHORT_KINDS or not is_kind(kind):
        return f"the capability of `{name}` has no kind: write it like `{SHORT_KINDS.get(kind, 'payment.charge')}:{{{parameters[0] if parameters else 'account'}}}`"
    if kind not in KINDS and family in FAMILIES:
        close = nearest(kind, KINDS)
        return f"`{kind}` is not a kind of capability" + (f": did you mean `{close}`" if close else f": those of `{family}` are mlpy's own")
    syntax = KINDS[kind].syntax if kind in KINDS else "name"
    if syntax == "none" and resource:
        return f"the capability of `{name}` names a resource, and `{kind}` has none"
    if syntax in {"path", "address"} and not resource:
        return f"the capability of `{name}` names no resource: write it like `{kind}:{{{parameters[0] if parameters else 'name'}}}`"
    if colon and not resource:
        return f"the capability of `{name}` names no resource behind the `:`"
    if resource.count("{") != resource.count("}") or not all(one.isidentifier() for one in placeholders(resource)):
        return f"the capability of `{name}` has an open place: a place for an argument is written `{{{parameters[0] if parameters else 'account'}}}`"
    for one in placeholders(resource):
        if one not in parameters:
            close = nearest(one, parameters)
            return f"the capability of `{name}` names `{one}`, which is not a parameter" + (f": did you mean `{close}`" if close else "")
        if one == rest:
            return f"the capability of `{name}` names `{one}`, which takes any number of arguments: declare one that takes a single name"
    for part in [inner.split("}", 1)[0].partition(".")[2] for inner in resource.split("{")[1:]]:
        if part and part not in PARTS:
            return f"the capability of `{name}` takes `.{part}` of an argument: there is `.{'`, `.'.join(PARTS)}`"
    return None


FAMILIES = frozenset(("bundle", "code", "console", "crypto", "env", "file", "model", "net", "process", "workflow"))


def placeholders(template: str) -> list[str]:
    """The names in braces of a capability template, without the part that is taken of them."""
    return [part.split("}", 1)[0].split(".", 1)[0] for part in template.split("{")[1:]]


def spellable(name: str) -> bool:
    """Whether a declaration may use a name: ASCII, and no underscore at its start."""
    return name.isascii() and name.isidentifier() and name[0] != "_"


def complaint(function: Function, message: str) -> DeclarationError:
    """A DeclarationError at a function."""
    code = function.function.__code__
    return DeclarationError(message, code.co_filename, code.co_firstlineno)
