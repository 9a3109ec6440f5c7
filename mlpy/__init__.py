"""ML: a small language that transpiles to Python and runs at its speed in a capability sandbox."""

import os.path as _path

if _path.isfile(_path.join(_path.dirname(_path.dirname(__file__)), "pyproject.toml")):
    from mlpy import _checkout as _checkout  # a source checkout: see that module

TYPE_CHECKING = False
if TYPE_CHECKING:  # the names below are imported when they are first used
    from mlpy.capabilities import Grants
    from mlpy.engine import Engine, Program, Session, compile, run  # noqa: A004  the names are fixed
    from mlpy.errors import CheckFailed, MLError
    from mlpy.runtime.limits import Limits
    from mlpy.sandbox.pool import Sandbox

__all__ = ["CheckFailed", "Engine", "Grants", "Limits", "MLError", "Program", "Sandbox", "Session", "compile", "run"]

_HOMES = {"CheckFailed": "mlpy.errors", "Grants": "mlpy.capabilities", "Limits": "mlpy.runtime.limits", "MLError": "mlpy.errors", "Sandbox": "mlpy.sandbox.pool"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module `mlpy` has no attribute `{name}`")
    home = __import__(_HOMES.get(name, "mlpy.engine"), fromlist=[name])
    value: object = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
