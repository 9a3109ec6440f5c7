"""A project with a bundle in it: the folder whose `pyproject.toml` has the table `tool.modelops-bundle`, what that says, and the files below.

The table has `name` and `registry` (`host/name`, without a tag), `files`, what `mlpy bundle add` has taken up (files, or folders with all that is in them), and `models`, what `discover --save`
has found. Links are followed nowhere: a bundle holds files.
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_left
from dataclasses import dataclass, field

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.ignoring import NEVER, Ignore
from mlpy.extensions.bundles.modules import Modules
from mlpy.extensions.bundles.paths import unsafe

from mlpy import project as settings

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable
    from typing import NoReturn

FILE = "pyproject.toml"
TABLE = "tool.modelops-bundle"
KEYS = ("files", "models", "name", "registry")
KEYS_OF_MODEL = ("class", "files", "id")
ID = re.compile(r"\w[\w.-]{0,127}")
ODD = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"  # what no text has that is shown, or written in UTF-8
CLASS = re.compile(rf"[^:\s.{ODD}](?:[^:{ODD}]*[^:\s{ODD}])?:\w+(?:\.\w+)*")
NAME = re.compile(r"\w[\w .-]{0,127}")
EVERYTHING = "."
NO_FILE = ("is a link", "is no file")
UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that the settings list; `files` is None where they say nothing, which means its import closure."""

    id: str
    class_: str
    files: tuple[str, ...] | None = None


@dataclass(slots=True)
class Listing:
    """What lies below a folder and is not ignored: `files`, sorted; `odd`, what no bundle can hold, with the reason in words that follow its name."""

    files: list[str] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)

    def below(self, entry: str) -> list[str]:
        """The files that an entry of `files` means: itself, or all in a folder."""
        if entry == EVERYTHING:
            return self.files
        at = bisect_left(self.files, entry)
        if at < len(self.files) and self.files[at] == entry:
            return [entry]
        prefix = entry.rstrip("/") + "/"
        at = bisect_left(self.files, prefix)
        end = at
        while end < len(self.files) and self.files[end].startswith(prefix):
            end += 1
        return self.files[at:end]

    def odd_below(self, entry: str) -> str | None:
        """Something that an entry means and no bundle can hold."""
        prefix = entry.rstrip("/") + "/"
        return next((path for path in sorted(self.odd) if entry in {EVERYTHING, path} or path.startswith(prefix)), None)


class Project:
    """A project and its settings.

    Raises:
        BundleError: `no_bundle` where a folder has none, `invalid_settings` where its table makes no sense.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        table, project = tables(os.path.join(self.root, FILE))
        if table is None:
            raise BundleError("no_bundle", "there is no bundle here", hint="`mlpy bundle init` makes one")
        for key in table:
            if key not in KEYS:
                wrong(f"`{TABLE}` has no key `{settings.visible(key)}`", f"it has {', '.join(f'`{one}`' for one in KEYS)}")
        named = project.get("name")
        self.name = text_of(table, "name", NAME) or (named if isinstance(named, str) and NAME.fullmatch(named) else os.path.basename(self.root))
        self.registry = text_of(table, "registry")
        self.entries = paths_of(table.get("files", []), "files")
        self.models = models_of(table.get("models", []))
        self.ignore = Ignore(self.root)
        self._listing: Listing | None = None
        self._modules: Modules | None = None

    @classmethod
    def find(cls, folder: str | None = None) -> Project:
        """The project that a folder (by default the current one) belongs to: the nearest above that has a bundle.

        Raises:
            BundleError: `no_bundle`, `invalid_settings`.
        """
        place = os.path.realpath(folder or os.getcwd())
        while True:
            path = os.path.join(place, FILE)
            if os.path.isfile(path) and tables(path)[0] is not None:
                return cls(place)
            above = os.path.dirname(place)
            if above == place:
                raise BundleError("no_bundle", "there is no bundle here, nor in a folder above", hint="`mlpy bundle init` makes one")
            place = above

    @property
    def listing(self) -> Listing:
        """What lies in the project and is not ignored, as it was when it was first asked for."""
        if self._listing is None:
            self._listing = Listing()
            self.walk("", self._listing)
            self._listing.files.sort()
        return self._listing

    @property
    def modules(self) -> Modules:
        """The Python modules among those files."""
        if self._modules is None:
            self._modules = Modules(self.root, self.listing.files)
        return self._modules

    def files(self) -> list[str]:
        """The files that are tracked, those of models not among them unless they are tracked, too; sorted paths with `/`."""
        return sorted({path for entry in self.entries for path in self.listing.below(entry)})

    def walk(self, folder: str, found: Listing) -> None:
        """Takes up what a folder holds."""
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                inside = [*entries]
        except OSError:
            found.odd[folder] = UNREADABLE
            return
        if folder and any(entry.name == "pyvenv.cfg" for entry in inside):  # an environment, whatever its name is
            return
        for entry in inside:
            self.take(entry, f"{folder}/{entry.name}" if folder else entry.name, found)

    def take(self, entry: os.DirEntry[str], path: str, found: Listing) -> None:
        """Takes up one thing that a folder holds."""
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name in NEVER:
            return
        reason = unsafe(path)
        if reason is not None:
            found.odd[settings.visible(path.encode("utf-8", "backslashreplace").decode())] = reason
        elif self.ignore.of_entry(path, folder=is_folder) is not None:
            return
        elif is_folder:
            self.walk(path, found)
        elif entry.is_file(follow_symlinks=False):
            found.files.append(path)
        else:
            found.odd[path] = NO_FILE[0] if entry.is_symlink() else NO_FILE[1]

    def inside(self, path: str) -> str:
        """A path of the machine, or one from the current folder, as one of the project; `.` for its folder.

        Raises:
            BundleError: `outside`, `file_not_found`, `not_a_file`.
        """
        whole = os.path.abspath(path)
        real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole)) if whole != "/" else whole
        relative = os.path.relpath(real, self.root)
        if relative.split(os.sep)[0] == os.pardir:
            raise BundleError("outside", f"`{path}` lies outside of the project")
        try:
            state = os.lstat(real)
        except OSError:
            raise BundleError("file_not_found", f"there is no `{path}`") from None
        if not stat.S_ISREG(state.st_mode) and not stat.S_ISDIR(state.st_mode):
            raise BundleError("not_a_file", f"`{path}` is {'a link' if stat.S_ISLNK(state.st_mode) else 'no file'}, and a bundle holds files")
        return relative


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def tables(path: str) -> tuple[dict[str, object] | None, dict[str, object]]:
    """The bundle's table of a `pyproject.toml`, None where it has none, and the table `project`.

    Raises:
        BundleError: `invalid_settings`, also where the file is no TOML.
    """
    try:
        text = settings.content(path).decode("utf-8").removeprefix("\ufeff")
        document = settings.of_toml(text, FILE)
    except settings.SettingsError as error:
        raise BundleError("invalid_settings", error.message, hint=error.hint) from None
    except RecursionError:
        wrong(f"`{FILE}` is nested too deeply")
    assert isinstance(document, dict)
    tools, project = document.get("tool"), document.get("project")
    table = tools.get("modelops-bundle") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        wrong(f"`{TABLE}` must be a table")
    return table, project if isinstance(project, dict) else {}


def text_of(table: dict[str, object], key: str, rule: re.Pattern[str] | None = None) -> str | None:
    """A text in the settings; None where there is none."""
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value or not value.isprintable() or (rule and not rule.fullmatch(value)):
        wrong(f"`{key}` of `{TABLE}` must be a {'name' if rule else 'text'}")
    return value


def paths_of(value: object, place: str) -> tuple[str, ...]:
    """A list of paths in the settings."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        wrong(f"`{place}` of `{TABLE}` must be a list of paths")
    for one in value:
        reason = None if one == EVERYTHING else unsafe(one.removesuffix("/"))
        if reason:
            wrong(f"`{settings.visible(one)}` in `{place}` of `{TABLE}` {reason}", "paths are relative to the project, as in `data/cases.csv`")
    return tuple(value)


def models_of(value: object) -> tuple[Entry, ...]:
    """The models in the settings."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        wrong(f"`models` of `{TABLE}` must be a list of tables", "`mlpy bundle discover --save` writes them")
    found = [model_of(one, f"models[{at}]") for at, one in enumerate(value)]
    twice = next((one.id for at, one in enumerate(found) if one.id in {other.id for other in found[:at]}), None)
    if twice is not None:
        wrong(f"`models` of `{TABLE}` has `{twice}` twice", "each model has an `id` of its own")
    return tuple(found)


def model_of(table: dict[str, object], place: str) -> Entry:
    """One model in the settings."""
    for key in table:
        if key not in KEYS_OF_MODEL:
            wrong(f"`{place}` of `{TABLE}` has no key `{settings.visible(key)}`", f"it has {', '.join(f'`{one}`' for one in KEYS_OF_MODEL)}")
    name, class_ = table.get("id"), table.get("class")
    if not isinstance(name, str) or not ID.fullmatch(name):
        wrong(f"`id` in `{place}` of `{TABLE}` must be a name of letters, digits, `.`, `_` and `-`")
    if not isinstance(class_, str) or not CLASS.fullmatch(class_):
        wrong(f"`class` in `{place}` of `{TABLE}` must be written as `package.module:Class`")
    return Entry(name, class_, paths_of(table["files"], f"{place}.files") if "files" in table else None)


def wrong(message: str, hint: str | None = None) -> NoReturn:
    raise BundleError("invalid_settings", message, hint=hint)


def merged(entries: Iterable[str]) -> list[str]:
    """Entries of `files` in their order, without those that others mean already."""
    given = [*dict.fromkeys(entries)]
    folders = tuple(one for one in given if one.endswith("/"))
    return [EVERYTHING] if EVERYTHING in given else [one for one in given if not any(one != folder and one.startswith(folder) for folder in folders)]
