"""Where mlpy keeps its own files, and where settings may stand. Every start looks here, and reads nothing more where nothing is said."""

from __future__ import annotations

import os

VERSION = "0.1.0"
PROJECT_FILES = ("mlpy.toml", "mlpy.json", "mlpy.yaml", "pyproject.toml")
LIMITS = ("time", "steps", "memory", "output")
PATHS = ("extension_paths", "module_paths")
VARIABLES = ("MLPY_ALLOW", "MLPY_DENY", "MLPY_EXTENSION_PATHS", "MLPY_MODULE_PATHS", "MLPY_TIME", "MLPY_STEPS", "MLPY_MEMORY", "MLPY_OUTPUT", "MLPY_AUDIT")
OFF = ("0", "off", "no", "false")  # what switches something off in the environment
MENTION = 1 << 20  # bytes of a `pyproject.toml` that are searched for the name


def cache_root() -> str:
    """The folder of everything that can be made again: `$MLPY_CACHE_DIR`, else `mlpy` in the user's cache."""
    named = os.environ.get("MLPY_CACHE_DIR")
    return os.path.abspath(named) if named else _below_home("XDG_CACHE_HOME", ".cache")


def config_root() -> str:
    """The folder of what the user decided: `$MLPY_CONFIG_DIR`, else `mlpy` in the user's configuration."""
    named = os.environ.get("MLPY_CONFIG_DIR")
    return os.path.abspath(named) if named else _below_home("XDG_CONFIG_HOME", ".config")


def state_root() -> str:
    """The folder of what lasts from one use to the next, such as the history of the shell: `$MLPY_STATE_DIR`, else `mlpy` in the user's state."""
    named = os.environ.get("MLPY_STATE_DIR")
    return os.path.abspath(named) if named else _below_home("XDG_STATE_HOME", ".local/state")


def caching() -> bool:
    """Whether compiled code may be kept: everywhere but where `MLPY_CACHE=0` says no."""
    return _on("MLPY_CACHE")


def _on(variable: str) -> bool:
    return os.environ.get(variable, "1") not in OFF


def _below_home(variable: str, folder: str) -> str:
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):  # the specification of these variables says to ignore relative ones
        base = os.path.join(os.path.expanduser("~"), folder)
    return os.path.join(base, "mlpy")


def user_file() -> str | None:
    """The user's own settings, where there are any."""
    path = os.path.join(config_root(), "config.toml")
    return path if os.access(path, os.F_OK) else None


def project_files(folder: str) -> list[str]:
    """The files above a folder that may hold a project's settings, nearest first.

    The search ends with a folder that holds `.git`, and before the home folder and the root of the file system.
    """
    found: list[str] = []
    home = os.path.abspath(os.path.expanduser("~"))
    here = os.path.abspath(folder)
    while here != home and (above := os.path.dirname(here)) != here:
        for name in PROJECT_FILES:
            path = f"{here}{os.sep}{name}"
            if os.access(path, os.F_OK) and (name != "pyproject.toml" or _mentions_mlpy(path)):
                found.append(path)
        if os.access(f"{here}{os.sep}.git", os.F_OK):
            break
        here = above
    return found


def unset(folder: str) -> bool:
    """Whether nothing but the command line decides about a program in a folder."""
    return not (any(name in os.environ for name in VARIABLES) or user_file() or (projects() and project_files(folder)))


def projects() -> bool:
    """Whether project files are looked for: everywhere but where `MLPY_PROJECT=0` says no."""
    return _on("MLPY_PROJECT")


def _mentions_mlpy(path: str) -> bool:
    """Whether a `pyproject.toml` may have a table for mlpy; most have none, and are not worth a parser."""
    try:
        with open(path, "rb") as stream:
            return b"mlpy" in stream.read(MENTION)
    except OSError:
        return False
