"""The options that say what a program may do and use, and what comes of them and of all else that decides (`settings`)."""

from __future__ import annotations

import os

from mlpy.cli import Mistake, terminal
from mlpy.cli.run import asker, understood
from mlpy.engine import Engine
from mlpy.project import SettingsError
from mlpy.runtime.limits import DEFAULT_OUTPUT
from mlpy.settings import FLAGS, Said, settings

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.capabilities import Grants
    from mlpy.cli.audit import Log
    from mlpy.cli.witnessed import WitnessedRun
    from mlpy.runtime.limits import Limits
    from mlpy.runtime.run import Run
    from mlpy.settings import Settings

_noted: set[str] = set()


def define(parser: ArgumentParser) -> None:
    """The options of verbs that run programs."""
    parser.add_argument("--allow", metavar="KIND:RESOURCE", action="append", default=[], help="grant a capability, such as file.read:./data/**")
    parser.add_argument("--allow-all", action="store_true", help="grant every capability")
    parser.add_argument("--deny", metavar="KIND:RESOURCE", action="append", default=[], help="refuse a capability whatever is granted")
    parser.add_argument("--time", metavar="TIME", help="end the program after this time, such as 2s or 500ms")
    parser.add_argument("--memory", metavar="SIZE", help="end the program when it takes more memory, such as 256MB")
    parser.add_argument("--steps", metavar="COUNT", help="end the program after this many passes through loops and calls")
    parser.add_argument("--output", metavar="SIZE", help="end the program when it prints more, such as 1MB")
    parser.add_argument("--frozen-clock", metavar="TIME", help="the time that it is for the program, such as 2024-05-01T12:00:00Z")
    parser.add_argument("--audit", metavar="FILE", help="append what the program uses and is refused to this file, as lines of JSON")
    define_folders(parser)


def define_folders(parser: ArgumentParser) -> None:
    """The options of all verbs that look for modules."""
    parser.add_argument("-E", metavar="DIR", dest="extension_paths", action="append", default=[], help="a folder of modules written in Python")
    parser.add_argument("-M", metavar="DIR", dest="module_paths", action="append", default=[], help="a folder of modules written in ML")
    parser.add_argument("--no-project", action="store_true", help="leave out what the file of the project says")


class Unrecorded:
    """A run without an audit file; contextlib would cost a start with a project's file three milliseconds."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class Both:
    """An audit file and the witness at once."""

    def __init__(self, first: WitnessedRun, second: Log) -> None:
        self.first = first
        self.second = second

    def __enter__(self) -> None:
        self.first.__enter__()
        self.second.__enter__()

    def __exit__(self, *_: object) -> None:
        try:
            self.second.__exit__()
        finally:
            self.first.__exit__()


class Authority:
    """What a program runs under: from the options, the environment, and the files of the project and the user."""

    __slots__ = ("clock", "everything", "settings", "witness")

    def __init__(self, found: Settings, *, everything: bool = False, clock: str | None = None, witness: bool = False) -> None:
        self.settings = found
        self.everything = everything
        self.clock = clock
        self.witness = witness

    @property
    def limits(self) -> Limits:
        return self.settings.limits

    def grants(self) -> Grants:
        """What is granted; a person at the terminal may be asked for more."""
        return self.settings.grants(None if self.everything else asker(), everything=self.everything)

    def engine(self, *, cache: bool = False, text: bool = False) -> Engine:
        """An engine that finds the modules which there are for the program; a `text` stands for a file in the present folder."""
        found, root, paths = self.settings, self.settings.root, self.settings.module_paths
        if text:
            root, paths = root or os.getcwd(), (os.getcwd(), *paths)
        return Engine(cache=cache, frozen_clock=self.clock, limits=found.limits, extension_paths=found.extension_paths, module_paths=paths, project_root=root)

    def recorded(self, run: Run) -> Unrecorded | Log | WitnessedRun | Both:
        """The time in which what a run uses is written to the audit, and witnessed; raises Mistake where that cannot be."""
        path = self.settings.audit
        if path is None and not self.witness:
            return Unrecorded()
        from mlpy.cli.audit import Log  # noqa: PLC0415  brings json

        if path is None or not self.witness:
            return self.witnessed(run) if path is None else Log(path, run)
        return Both(self.witnessed(run), Log(path, run))

    @staticmethod
    def witnessed(run: Run) -> WitnessedRun:
        """The same in the log of the witness."""
        from mlpy.cli.witnessed import WitnessedRun  # noqa: PLC0415  only for --witness

        return WitnessedRun(run)


def of_options(options: Namespace, path: str | None) -> Authority:
    """What the program at a path runs under; what does not count of the settings is said once."""
    lists = {name: getattr(options, name, []) for name in ("allow", "deny", "extension_paths", "module_paths")}
    for key in ("extension_paths", "module_paths"):
        for folder in lists[key]:
            if not os.path.isdir(folder):
                raise Mistake(f"`{FLAGS[key]}`: no such folder: `{folder}`")
    clock = getattr(options, "frozen_clock", None)
    understood("--frozen-clock", lambda: Engine(frozen_clock=clock))
    flags = Said(FLAGS, lists, {name: getattr(options, name, None) for name in ("time", "steps", "memory", "output")}, getattr(options, "audit", None))
    confined = level_of(options) is not None
    found = found_for(path, flags, project=not options.no_project, sandbox=confined)
    if confined and options.json and found.limits.output is None:  # a record holds all that was printed
        found.limits = found.limits.replace(output=DEFAULT_OUTPUT)
    return Authority(found, everything=getattr(options, "allow_all", False), clock=clock, witness=getattr(options, "witness", False))


def level_of(options: Namespace) -> str | None:
    """The level of the sandbox that is asked for, None without one."""
    level: str | None = getattr(options, "sandbox_level", None)
    return level or ("filtered" if getattr(options, "sandbox", False) else None)


def found_for(path: str | None, flags: Said | None = None, *, project: bool = True, sandbox: bool = False) -> Settings:
    """The settings of the program at a path, or of text in the present folder."""
    folder = os.getcwd() if path in (None, "-") else os.path.dirname(os.path.abspath(path))
    try:
        found = settings(folder, flags, project=project, sandbox=sandbox)
    except SettingsError as error:
        raise Mistake(error.message, error.hint) from None
    for notice in found.notices:
        if notice not in _noted:
            _noted.add(notice)
            terminal.note(notice)
    return found
