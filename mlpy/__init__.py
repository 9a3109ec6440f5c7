"""ML: a small language that transpiles to Python and runs at its speed in a capability sandbox."""

import os.path as _path

if _path.isfile(_path.join(_path.dirname(_path.dirname(__file__)), "pyproject.toml")):
    from mlpy import _checkout as _checkout  # a source checkout: see that module

from mlpy.capabilities import Grants
from mlpy.engine import Engine, Program, Session, compile, run  # noqa: A004  the names are fixed
from mlpy.errors import CheckFailed, MLError
from mlpy.runtime.limits import Limits

__all__ = ["CheckFailed", "Engine", "Grants", "Limits", "MLError", "Program", "Session", "compile", "run"]
