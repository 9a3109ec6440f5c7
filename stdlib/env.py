"""The environment variables of the process, with an overlay: what a program sets or deletes only this run sees.

Each name is a resource of its own. Values stand in no error and no audit record, as they may be secrets.
"""

from __future__ import annotations

import os

from mlpy.capabilities import in_use
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from typing import TypeVar

    from mlpy.capabilities import Capability, Grants
    from mlpy.sdk import Module

    T = TypeVar("T")

MAX_VALUE = 1 << 17  # bytes; no system takes a longer one
TRUE, FALSE = frozenset(("true", "1", "yes", "on")), frozenset(("false", "0", "no", "off", ""))


@ml_module("env", version="1.0.0")
class Env:
    """Environment variables, and changes of them that only this program sees.

    ```ml
    import env;
    env.set("STAGE", "test");
    print(env.get("STAGE"), env.getInt("RETRIES", 3), env.has("NO_SUCH_VARIABLE"));
    ```

    Each variable is a resource of its own: `--allow env.read:HOME`, or `env.read:APP_*` for all that begin so. A variable that is not
    granted is a `CapabilityError` whether it is set or not, and whatever the default. `all` leaves out what is not granted.

    What `set` and `delete` change is seen by this program alone, in all its files, and by the commands that it runs with
    [process](process.md). The variables of the host stay as they are.

    A variable that `require` does not find is a `KeyError`. One that is no number, or neither true nor false, is a `ValueError` that tells
    the name and never the value; no value is in the audit either. `getBool` takes `true 1 yes on` for true, and `false 0 no off` and the
    empty text for false, in letters of either size.
    """

    ml: Module

    def __init__(self) -> None:
        self.changes: dict[str, str | None] = {}

    def value(self, name: str) -> str | None:
        """What a variable is for this run, None where it is not set."""
        if name in self.changes:
            return self.changes[name]
        value = os.environ.get(checked(name))
        return None if value is None else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def converted(self, name: str, default: T | None, what: str, convert: Callable[[str], T]) -> T | None:
        """A variable as another type; the default where it is not set."""
        value = self.value(name)
        if value is None:
            return default
        try:
            return convert(value.strip())
        except ValueError:
            raise MLError(f"the environment variable `{name}` is not {what}", "ValueError") from None

    # ── reading ──

    @ml_function(capability="env.read:{name}")
    def get(self, name: str, default: object = None) -> object:
        """The value of a variable, or the default where it is not set. Example: `env.get("NO_SUCH_VARIABLE", "nothing")` → `"nothing"`."""
        value = self.value(name)
        return default if value is None else value

    @ml_function(capability="env.read:{name}")
    def has(self, name: str) -> bool:
        """Whether a variable is set. Example: `env.has("NO_SUCH_VARIABLE")` → `false`."""
        return self.value(name) is not None

    @ml_function(capability="env.read:{name}")
    def require(self, name: str) -> str:
        """The value of a variable; a KeyError where it is not set. Example: `env.set("STAGE", "test"); env.require("STAGE")` → `"test"`."""
        value = self.value(name)
        if value is None:
            raise MLError(f"the environment variable `{name}` is not set", "KeyError", hint=f'`env.get("{name}", …)` takes a default')
        return value

    @ml_function(capability="env.read:{name}")
    def get_int(self, name: str, default: int | None = None) -> int | None:
        """A variable as a whole number. Example: `env.set("PORT", "8080"); env.getInt("PORT")` → `8080`."""
        return self.converted(name, default, "a whole number", whole)

    @ml_function(capability="env.read:{name}")
    def get_bool(self, name: str, default: bool | None = None) -> bool | None:
        """A variable as true (`true 1 yes on`) or false (`false 0 no off` and the empty text). Example: `env.set("DEBUG", "on"); env.getBool("DEBUG")` → `true`."""
        return self.converted(name, default, "true or false", truth)

    @ml_function(capability="env.read:{name}")
    def get_float(self, name: str, default: float | None = None) -> float | None:
        """A variable as a number. Example: `env.set("RATE", "0.5"); env.getFloat("RATE")` → `0.5`."""
        return self.converted(name, default, "a number", number)

    @ml_function(capability=())
    def all(self) -> dict[str, str]:
        """The variables that the program may read, by name; those that it may not are left out. Example: `env.set("STAGE", "test"); env.all().STAGE` → `"test"`."""
        use = in_use.get()
        found: dict[str, str] = {}
        for name in sorted({*os.environ, *self.changes}):
            capability = readable(name, use.grants)
            if capability is None or not use.grants.allows(capability):
                continue
            value = self.value(name)
            if value is not None:
                use.extend(capability)
                found[name] = value
        return found

    # ── changing ──

    @ml_function(capability="env.write:{name}")
    def set(self, name: str, value: str) -> None:
        """Sets a variable for this program and the commands that it runs, never for the host. Example: `env.set("STAGE", "test"); env.get("STAGE")` → `"test"`."""
        if type(value) is not str:
            raise wrong_type(value, "value", "a string")
        if "\0" in value or len(value.encode()) > MAX_VALUE:
            raise MLError(f"`value` must have no NUL character and at most {MAX_VALUE:,} bytes", "ValueError")
        self.changes[checked(name)] = value

    @ml_function(capability="env.write:{name}")
    def delete(self, name: str) -> bool:
        """Unsets a variable for this program and the commands that it runs; false where it was not set. Example: `env.set("STAGE", "test"); env.delete("STAGE")` → `true`."""
        known = self.value(name) is not None
        self.changes[checked(name)] = None
        return known


def changes_of_run() -> dict[str, str | None]:
    """What the program of this run has set, and deleted (None)."""
    env = current.get().modules.get(Env.ml)
    return env.changes if type(env) is Env else {}


def readable(name: str, grants: Grants) -> Capability | None:
    """The capability to read a variable, None for a name that no grant could be written for."""
    try:
        return grants.capability(f"env.read:{name}")
    except ValueError:
        return None


def checked(name: str) -> str:
    """The name, or a ValueError unless a variable can have it."""
    if "=" in name:
        raise MLError("the name of an environment variable has no `=`", "ValueError")
    return name


def whole(text: str) -> int:
    """A whole number in decimal digits."""
    if not text.isascii() or len(text) > 100 or "_" in text:
        raise ValueError
    return int(text)


def number(text: str) -> float:
    """A finite number."""
    found = float(text) if text.isascii() and "_" not in text else float("nan")
    if found - found != 0:  # infinity, or no number
        raise ValueError
    return found


def truth(text: str) -> bool:
    """What the usual words for true and false mean."""
    word = text.lower()
    if word not in TRUE and word not in FALSE:
        raise ValueError
    return word in TRUE
