"""Where mlpy keeps its own files, and what the environment says. Nothing here reads a project."""

from __future__ import annotations

import os

VERSION = "0.1.0"


def cache_root() -> str:
    """The folder of everything that can be made again: `$MLPY_CACHE_DIR`, else `mlpy` in the user's cache."""
    named = os.environ.get("MLPY_CACHE_DIR")
    return os.path.abspath(named) if named else _below_home("XDG_CACHE_HOME", ".cache")


def config_root() -> str:
    """The folder of what the user decided: `$MLPY_CONFIG_DIR`, else `mlpy` in the user's configuration."""
    named = os.environ.get("MLPY_CONFIG_DIR")
    return os.path.abspath(named) if named else _below_home("XDG_CONFIG_HOME", ".config")


def caching() -> bool:
    """Whether compiled code may be kept: everywhere but where `MLPY_CACHE=0` says no."""
    return os.environ.get("MLPY_CACHE", "1") not in ("0", "off", "no", "false")


def _below_home(variable: str, folder: str) -> str:
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):  # the specification of these variables says to ignore relative ones
        base = os.path.join(os.path.expanduser("~"), folder)
    return os.path.join(base, "mlpy")
