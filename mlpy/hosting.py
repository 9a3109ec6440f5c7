"""Functions on their way between a host and a program.

`hosted` makes of a host's function one that a program may call: exact parameters, arguments and result checked, errors in
ML's words, its capability demanded. `callback` makes of an ML function one that the host may call: the same signature,
arguments checked, `MLError` for whatever goes wrong, the program's authority as it was where the function was made.
"""

from __future__ import annotations

from types import FunctionType

from mlpy.capabilities import narrowing
from mlpy.crossing import SCALARS, Crossing, is_ml_function, is_plain
from mlpy.errors import MLError, Stop
from mlpy.runtime.current import current
from mlpy.runtime.run import cramped, execute
from mlpy.runtime.traceback import explain
from mlpy.runtime.values import Function, function_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextvars import Token
    from typing import Any, NoReturn

    from mlpy.capabilities import Grants
    from mlpy.runtime.limits import Limits
    from mlpy.runtime.run import Run
    from mlpy.signatures import Signature

EXACT = SCALARS | {str}
VARARGS, VARKEYWORDS = 0x04, 0x08  # flags of a code object


def failure(error: BaseException, run: Run) -> BaseException:
    """What a host gets for an exception that left a program: an `MLError`, or the exception itself if it is not the program's."""
    if isinstance(error, Stop):
        if error.run is not run and error.run is not None:
            return error
        return explain(error, run)
    if not isinstance(error, Exception):
        return error
    explained = explain(error, run)
    if explained.fields:
        explained.fields = crossed(explained.fields, lambda value: left(value, run))
    return explained


def crossed(fields: Mapping[str, object], cross: Callable[[object], object]) -> dict[str, object]:
    """The fields of an error on the other side; what cannot cross stays behind."""
    made: dict[str, object] = {}
    for name, value in fields.items():
        try:
            made[name] = cross(value)
        except MLError:
            continue
    return made


def raise_failure(error: BaseException, run: Run) -> NoReturn:
    """Raises what `failure` says, with the Python exception behind it as the cause, and from the same place."""
    found = failure(error, run)
    if found is error:
        raise error
    raise found.with_traceback(error.__traceback__) from error


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────


def entered(value: object, place: str, *, copy: bool = False) -> object:
    """A host's value as a program may hold it; raises MLError."""
    if type(value) in SCALARS or (not copy and is_plain(value)):
        return value
    return Crossing(refuse_callable, copy=copy).value(value, place)


def refuse_callable(value: object, place: str) -> object:
    if type(value) is Function:
        made: object = value.__dict__.get("ml_function")
        if made is not None:
            return made  # a callback that comes home
        if is_ml_function(value):
            return value
    raise MLError(f"{place} is a Python function", "TypeError", hint="give it to the program with `functions={…}`")


def left(value: object, run: Run, place: str = "the result") -> object:
    """A program's value as a host may have it: its functions become callbacks; raises MLError."""
    if type(value) in EXACT or is_plain(value):
        return value
    return Crossing(lambda function, _place: callback(function, run) if is_ml_function(function) else native_callback(function, run)).value(value, place)


# ── a host's function in a program ───────────────────────────────────────────────────────────────────────────────


def hosted(name: str, function: Callable[..., object], run: Run, grants: Grants, module: str = "host") -> FunctionType:
    """A plain function with the parameters of the host's, for a program of this run.

    Where the host's function carries a declaration (`@ml_function(capability=…)`), each call demands that capability; `module`
    is what the audit names.
    """
    made = _maker(name, function)(lambda args, named: call_host(name, function, args, named, run))
    declaration = getattr(function, "ml", None)
    if isinstance(declared := getattr(declaration, "function", None), FunctionType):  # what `help` shows
        made.__doc__, made.__annotations__ = declared.__doc__, declared.__annotations__
    if getattr(declaration, "gated", False):
        from mlpy.gates import gate  # noqa: PLC0415  most host functions demand nothing

        needs: tuple[str, ...] = declaration.capabilities  # type: ignore[union-attr]  # tested
        made = gate(made, needs, grants=grants, run=run, module=module)
        show_defaults(made, function, {part.partition("}")[0].partition(".")[0] for need in needs for part in need.split("{")[1:]})  # type: ignore[arg-type]  # a plain function
    return made


def show_defaults(made: FunctionType, function: FunctionType, names: set[str]) -> None:
    """Gives parameters the host's own defaults, where a gate has to know what is meant by leaving them out."""
    own, kept = function.__defaults__ or (), made.__defaults__ or ()
    code = function.__code__
    spelt = code.co_varnames[code.co_argcount - len(own) : code.co_argcount]
    made.__defaults__ = tuple([real if name in names else other for name, real, other in zip(spelt, own, kept, strict=True)])
    named = function.__kwdefaults__ or {}
    made.__kwdefaults__ = {name: named[name] if name in names else other for name, other in (made.__kwdefaults__ or {}).items()}


def call_host(name: str, function: Callable[..., object], args: tuple[object, ...], named: dict[str, object], run: Run) -> object:
    """Calls a host's function with checked arguments; what it raises becomes an error without the host's words (E1)."""
    run.poll()
    values = [left(one, run, f"an argument of `{name}`") for one in args]
    names = {key: left(one, run, f"the argument `{key}` of `{name}`") for key, one in named.items()}
    try:
        value = function(*values, **names)
    except MLError as error:
        if error.fields:
            error.fields = crossed(error.fields, lambda one: entered(one, "a field"))
        raise
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise host_failure(name, error) from error
    run.poll()
    return entered(value, f"the result of `{name}`")


def host_failure(name: str, error: Exception) -> MLError:
    """What a program is told of an exception that a function of the host has raised: none of the host's words (E1)."""
    return MLError(f"`{name}` failed", next((kind for base, kind in HOST_ERRORS if isinstance(error, base)), "Error"))


HOST_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (OSError, "IOError"),
    (KeyError, "KeyError"),
    (IndexError, "IndexError"),
    (ValueError, "ValueError"),
    (TypeError, "TypeError"),
)


MAX_MADE = 1_000
_made: dict[tuple[object, ...], Callable[[Callable[..., object]], FunctionType]] = {}


def _maker(name: str, function: Callable[..., object]) -> Callable[[Callable[..., object]], FunctionType]:
    """What makes functions with the parameters of a host's; kept for plain functions, whose code says it all."""
    if type(function) is not Function or not function.__dict__.keys() <= {"ml"}:
        return compiled(name, _parameters(function))
    named = function.__kwdefaults__ or {}
    key = (name, function.__code__, len(function.__defaults__ or ()), *named)
    make = _made.get(key)
    if make is None:
        if len(_made) >= MAX_MADE:  # a host that makes its functions on the fly
            _made.clear()
        make = _made[key] = compiled(name, parameters_of(function))  # type: ignore[arg-type]  # a plain function
    return make


def parameters_of(function: FunctionType) -> list[tuple[str, str, object]]:
    """`_parameters` of a plain function, by its code: `inspect` costs 10 ms."""
    code = function.__code__
    names, count = code.co_varnames, code.co_argcount
    required = count - len(function.__defaults__ or ())
    found = [("/" if at < code.co_posonlyargcount else "", name, ABSENT if at < required else None) for at, name in enumerate(names[:count])]
    rest = count + code.co_kwonlyargcount
    if code.co_flags & VARARGS:
        found.append(("*", names[rest], ABSENT))
    named = function.__kwdefaults__ or {}
    found += [("k", name, None if name in named else ABSENT) for name in names[count:rest]]
    if code.co_flags & VARKEYWORDS:
        found.append(("**", names[rest + bool(code.co_flags & VARARGS)], ABSENT))
    return found


def _parameters(function: Callable[..., object]) -> list[tuple[str, str, object]]:
    """(kind, name, default) of each parameter: kind `` ` ` `` plain, `/` positional-only, `*` rest, `k` named only, `**` any name."""
    import inspect  # noqa: PLC0415  10 ms, once, for hosts that give functions

    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return [("*", "args", inspect.Parameter.empty)]
    kinds = {0: "/", 1: "", 2: "*", 3: "k", 4: "**"}
    return [(kinds[one.kind.value], one.name, ABSENT if one.default is one.empty else one.default) for one in found]


ABSENT = object()
OMITTED = object()


def compiled(name: str, parameters: list[tuple[str, str, object]]) -> Callable[[Callable[..., object]], FunctionType]:
    """`make(call)`: a function of these parameters that hands its arguments on; omitted ones stay omitted."""
    signature: list[str] = []
    positional: list[str] = []
    named: list[str] = []
    namespace: dict[str, Any] = {"__builtins__": {}, "øomitted": OMITTED}
    seen_star = False
    rest = next((parameter for kind, parameter, _ in parameters if kind == "*"), None)
    for kind, parameter, default in parameters:
        if kind == "k" and not seen_star:
            signature.append("*")
            seen_star = True
        tail = "" if default is ABSENT else "=øomitted"
        if kind == "**":
            named.append(f"**{parameter}")
            signature.append(f"**{parameter}")
            continue
        signature.append(f"*{parameter}" if kind == "*" else parameter + tail)
        if kind == "*":
            positional.append(f"*{parameter}")
            seen_star = True
        elif default is ABSENT:
            (named if kind == "k" else positional).append(f"{parameter!r}: {parameter}" if kind == "k" else parameter)
        elif kind == "/":  # cannot be named, so that none behind an omitted one was given
            positional.append(f"*(() if {parameter} is øomitted else ({parameter},))")
        else:
            given = f"{rest} or {parameter} is øomitted" if rest and kind != "k" else f"{parameter} is øomitted"
            named.append(f"**({{}} if {given} else {{{parameter!r}: {parameter}}})")
            if rest and kind != "k":  # what stands before further arguments has been given, and goes by position
                positional.append(f"*(({parameter},) if {rest} else ())")
    if any(kind == "/" for kind, _, _ in parameters):
        signature.insert(sum(kind == "/" for kind, _, _ in parameters), "/")
    body = f"øcall(({''.join(f'{one}, ' for one in positional)}), {{{', '.join(named)}}})"
    exec(f"def make(øcall):\n def hosted({', '.join(signature)}): return {body}\n return hosted", namespace)  # noqa: S102  names of a Python signature
    make = namespace["make"]

    def named_make(call: Callable[..., object]) -> FunctionType:
        made: FunctionType = make(call)
        made.__name__ = made.__qualname__ = name
        return made

    return named_make


# ── an ML function at the host's ─────────────────────────────────────────────────────────────────────────────────


def callback(function: object, run: Run, *, limits: Limits | None = None, signature: Signature | None = None, validate: bool = False) -> Callable[..., object]:
    """A Python function that calls an ML function on the caller's thread, or under `limits` on a thread of the engine.

    Without `limits` those of its run hold for each call from outside of it. It has the ML function's name, parameters and documentation. Raises MLError for whatever goes wrong inside.
    """
    ml: FunctionType = function  # type: ignore[assignment]  # is_ml_function
    types = dict(signature[0]) if signature is not None else {}
    checks = {name: kind for name, kind in types.items() if kind is not None} if validate else {}
    home = Callback(ml, run, limits, checks)
    code = ml.__code__
    count = code.co_argcount
    safe = spelt([name.rstrip("$") for name in code.co_varnames[: count + bool(code.co_flags & VARARGS)]])
    names, rest = safe[:count], "".join(safe[count:])
    namespace: dict[str, Any] = {}
    lines = _direct_body(names, rest, bounded=bounded(run)) if limits is None and not checks else [f"return øhome.limited(({''.join(f'{one}, ' for one in names)}{f'*{rest}' if rest else ''}))"]
    if home.within is not None:
        lines = ["øwas = øhome.narrow()", "try:", *[f" {line}" for line in lines], "finally:", " øhome.widen(øwas)"]
    head = ", ".join([*names, *([f"*{rest}"] if rest else [])])
    text_ = f"def make({CAPTURED}):\n def called({head}):\n" + "".join(f"  {line}\n" for line in lines) + " return called"
    exec(text_, namespace)  # noqa: S102  parameter names of a compiled function, and names that no program can spell
    made: FunctionType = namespace["make"](ml, home, type, BaseException, SCALARS, EXACT, str, current.get, current.reset, run, cramped)
    made.__name__ = made.__qualname__ = ml.__name__.partition("$")[0] or "function"
    made.__doc__ = ml.__doc__
    made.__defaults__ = ml.__defaults__
    made.__module__ = ml.__code__.co_filename
    from mlpy.signatures import text  # noqa: PLC0415  only a function that a host gets shows its types

    made.__annotations__ = {name: text(kind) for name, kind in types.items() if kind is not None}
    if signature is not None and signature[1] is not None:
        made.__annotations__["return"] = text(signature[1])
    made.ml_function = ml  # type: ignore[attr-defined]  # how it is known again when it comes home
    return made


def native_callback(function: object, run: Run) -> Callable[..., object]:
    """A builtin or a module's function for the host: it may call functions of the program, and fails in ML's words."""
    native: Callable[..., object] = function  # type: ignore[assignment]  # nothing else of a program can be called
    within = narrowing.get(None)
    own_name = function_name(native) or "function"  # a function that held itself would keep its worker until garbage is collected

    def called(*args: object, **named: object) -> object:
        values = [entered(one, f"an argument of `{own_name}`") for one in args]
        names = {name: entered(one, f"the argument `{name}`") for name, one in named.items()}
        limited = bounded(run) and outside(run)
        if (run.dead or limited) and not run.executions:
            run.renew()
        token, narrowed = current.set(run), narrow(within)
        try:
            value = execute(run, lambda: native(*values, **names)) if limited or cramped() else native(*values, **names)
        except BaseException as error:  # noqa: BLE001  handed on as what it means
            raise_failure(error, run)
        finally:
            widen(narrowed)
            current.reset(token)
        return left(value, run)

    called.__name__ = called.__qualname__ = own_name
    called.__doc__ = native.__doc__
    called.ml_function = native  # type: ignore[attr-defined]  # how it is known again when it comes home
    called.__wrapped__ = native  # type: ignore[attr-defined]  # whose parameters `inspect` shows
    return called


# What the body of a callback captures; no name of a program, which are ASCII, can stand for it.
CAPTURED = "øfunction, øhome, øtype, øanything, øscalars, øexact, østr, øget, øreset, ørun, øcramped"


def spelt(names: list[str]) -> list[str]:
    """Names of parameters as Python takes them: what is a word of Python has an underscore behind it."""
    from keyword import iskeyword  # noqa: PLC0415  few programs hand functions to a host

    taken = set(names)
    found = []
    for name in names:
        one = name
        while iskeyword(one) or (one != name and one in taken):
            one += "_"
        taken.add(one)
        found.append(one)
    return found


def bounded(run: Run) -> bool:
    """Whether a run has limits that need an execution of their own."""
    limits = run.limits
    return not (limits.time is limits.steps is limits.memory is None)


def narrow(within: Grants | None) -> Token[Grants] | None:
    """Enters the block that a function was handed over in, where that is not in force."""
    before = narrowing.get(None)
    if within is None or before is within:
        return None
    return narrowing.set(within if before is None else before.intersect(within))


def widen(token: Token[Grants] | None) -> None:
    """Leaves it again."""
    if token is not None:
        narrowing.reset(token)


def outside(run: Run) -> bool:
    """Whether a call comes from a host, not from inside of the run."""
    return current.get(None) is not run or not run.executions


def _direct_body(names: list[str], rest: str, *, bounded: bool) -> list[str]:
    """The body of a callback without limits: one call between two checks of types."""
    checks = [f"if øtype({one}) not in øscalars and (øtype({one}) is not østr or not {one}.isascii()): {one} = øhome.enter({one}, {one!r})" for one in names]
    arguments = ", ".join([*names, *([f"*øhome.enter({rest}, {rest!r})"] if rest else [])])
    limited = f"return øhome.limited(({arguments + ',' if arguments else ''}))"
    return [
        *([f"if øhome.outside(): {limited}"] if bounded else ()),
        *checks,
        "if ørun.dead: øhome.renew()",
        "øtoken = None",
        "if øget(None) is not ørun:",
        f" if øcramped(): {limited}",
        " øtoken = øhome.enter_run()",
        "try:",
        f" øvalue = øfunction({arguments})",
        "except øanything as øerror:",
        " øhome.fail(øerror)",
        "finally:",
        " if øtoken is not None: øreset(øtoken)",
        "return øvalue if øtype(øvalue) in øexact else øhome.leave(øvalue)",
    ]


class Callback:
    """What a callback does off its hot path."""

    __slots__ = ("checks", "function", "limits", "run", "within")

    def __init__(self, function: FunctionType, run: Run, limits: Limits | None, checks: dict[str, Any]) -> None:
        self.within = narrowing.get(None)  # the block in which a program hands it over, on whatever thread it is called
        self.function = function
        self.run = run
        self.limits = limits
        self.checks = checks

    def enter_run(self) -> Token[Run] | None:
        """Makes the run the current one. In a context that had none it stays so, which saves the next call most of its cost, unless it holds files open."""
        before = current.get(None)
        token = current.set(self.run)
        return None if before is None and not self.run.kept else token

    def narrow(self) -> Token[Grants] | None:
        return narrow(self.within)

    def widen(self, token: Token[Grants] | None) -> None:
        widen(token)

    def outside(self) -> bool:
        return outside(self.run)

    def enter(self, value: object, name: str) -> object:
        if value is self.function.__globals__["$unset"]:
            return value
        return entered(value, f"the argument `{name}`")

    def leave(self, value: object) -> object:
        return left(value, self.run)

    def fail(self, error: BaseException) -> NoReturn:
        raise_failure(error, self.run)

    def renew(self) -> None:
        """Full budgets for this call, unless another one is under way."""
        if not self.run.executions:
            self.run.renew()

    def validate(self, arguments: Iterable[tuple[str, object]]) -> None:
        """Raises MLError for an argument that is not of its declared type."""
        from mlpy.signatures import mismatch  # noqa: PLC0415  only where a host asks for the check

        for name, value in arguments:
            wrong = mismatch(value, self.checks[name], f"the argument `{name}`") if name in self.checks else None
            if wrong is not None:
                raise MLError(wrong, "TypeError")

    def limited(self, args: tuple[object, ...]) -> object:
        """Calls under the limits; declared types are checked first where that was asked for."""
        code = self.function.__code__
        values = [self.enter(one, code.co_varnames[min(index, code.co_argcount)]) for index, one in enumerate(args)]
        if self.checks:
            self.validate(zip(code.co_varnames, values, strict=False))
        run = self.run
        if not run.executions:
            if self.limits is not None:
                run.limits = self.limits
            run.renew()
        try:
            return self.leave(execute(run, self.function, *values, thread="caller" if self.limits is None and not bounded(run) and not cramped() else "own"))
        except BaseException as error:  # noqa: BLE001  handed on as what it means
            raise_failure(error, run)
