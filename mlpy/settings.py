"""What decides about a program beside itself: command line, environment, the project's file, the user's file, in this order.

The first that says something wins; grants and folders are joined in that order, and a denial counts wherever it stands. A
project's file that its user has not trusted can only take away (F29).
"""

from __future__ import annotations

import os
from stat import S_IWOTH

from mlpy import config
from mlpy.capabilities import KINDS, SHORT_KINDS, Grant, Grants, quoted_for_shell
from mlpy.project import KEYS_OF_USER, SettingsError, find, foreign, read, shown, standing
from mlpy.runtime.limits import DEFAULT_MEMORY, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Mapping
    from typing import NoReturn, Protocol, TypeAlias

    from mlpy.capabilities import Asker, Capability
    from mlpy.project import Document, Standing

    Written: TypeAlias = tuple[str, str]  # a grant as it is written, and the folder of its relative paths

    class Place(Protocol):
        """Where settings stand."""

        allow: tuple[str, ...]
        deny: tuple[str, ...]
        extension_paths: tuple[str, ...]
        module_paths: tuple[str, ...]
        limits: dict[str, str | float]
        audit: str | None
        folder: str

        def refuse(self, key: str, word: str, message: str, hint: str | None = None) -> NoReturn: ...


SEPARATOR = ";"  # between the grants in a variable: paths hold colons, commas and spaces


class Said:
    """What the command line or the environment says; `names` gives the flag or the variable of a key."""

    __slots__ = ("allow", "audit", "deny", "extension_paths", "folder", "limits", "module_paths", "names")

    def __init__(self, names: Mapping[str, str], lists: Mapping[str, Iterable[str]], limits: Mapping[str, str | None], audit: str | None) -> None:
        self.names = names
        self.folder = os.getcwd()
        self.allow = tuple(lists.get("allow", ()))
        self.deny = tuple(lists.get("deny", ()))
        self.extension_paths = tuple(os.path.abspath(path) for path in lists.get("extension_paths", ()))
        self.module_paths = tuple(os.path.abspath(path) for path in lists.get("module_paths", ()))
        self.limits: dict[str, str | float] = {name: value for name, value in limits.items() if value is not None}
        self.audit = audit

    def refuse(self, key: str, word: str, message: str, hint: str | None = None) -> NoReturn:  # noqa: ARG002  files tell by the word
        """Raises for a mistake in the value of a key."""
        raise SettingsError(f"`{self.names[key]}`: {message}", hint)


FLAGS = {"allow": "--allow", "deny": "--deny", "extension_paths": "-E", "module_paths": "-M", **{name: f"--{name}" for name in config.LIMITS}}
VARIABLES = {name.removeprefix("MLPY_").lower(): name for name in config.VARIABLES}


def of_environment() -> Said:
    """What the environment says; empty variables say nothing."""
    found = {key: os.environ.get(name, "").strip() for key, name in VARIABLES.items()}
    separators = {"allow": SEPARATOR, "deny": SEPARATOR, **dict.fromkeys(config.PATHS, os.pathsep)}
    lists = {key: [one.strip() for one in found[key].split(separator) if one.strip()] for key, separator in separators.items()}
    return Said(VARIABLES, lists, {name: found[name] or None for name in config.LIMITS}, found["audit"] or None)


class Settings:
    """What holds for a program: its grants, denials, limits, folders of modules, and the file of its audit.

    `document` is the project's file, None where there is none, and `standing` whether it is trusted; `offered` are the grants that
    it would give if it were. `notices` are what its user should know, a line each.
    """

    __slots__ = ("allow", "audit", "deny", "document", "extension_paths", "limits", "module_paths", "notices", "offered", "standing")

    def __init__(self) -> None:
        self.allow: list[Written] = []
        self.deny: list[Written] = []
        self.extension_paths: tuple[str, ...] = ()
        self.module_paths: tuple[str, ...] = ()
        self.limits = Limits(output=None)  # whoever runs a program can end it
        self.audit: str | None = None
        self.document: Document | None = None
        self.standing: Standing = "trusted"
        self.offered: list[Grant] = []
        self.notices: list[str] = []

    @property
    def root(self) -> str | None:
        """The folder of the project, None where no file says that there is one."""
        return None if self.document is None else self.document.folder

    def grants(self, ask: Asker | None = None, *, everything: bool = False) -> Grants:
        """The authority that this amounts to, with nothing counted yet."""
        allow, deny = [[grant_from(text, folder) for text, folder in each] for each in (self.allow, self.deny)]
        if everything:
            return Grants.everything(deny=deny)
        return Grants(allow, deny=deny, ask=ask, advice=self.advice if self.offered else None)

    def advice(self, capability: Capability) -> str | None:
        """What to do about a denial that comes of a project's file without trust."""
        if self.document is None or not any(grant.covers(capability) for grant in self.offered):
            return None
        return f"`{command(self.document.folder)}` accepts the grants of `{shown(self.document.path)}`, and this is among them"


def settings(folder: str, flags: Said | None = None, *, project: bool = True, sandbox: bool = False) -> Settings:
    """What holds for a program in a folder. Raises SettingsError.

    `project=False` leaves the project's file out: for editors, and where the user says so. In a `sandbox` it can only take away, trusted or not (F29),
    and memory is limited whoever says nothing.
    """
    made = Settings()
    if sandbox:
        made.limits = made.limits.replace(memory=DEFAULT_MEMORY)
    places: list[Place] = [*([flags] if flags is not None else ()), of_environment()]
    path = config.user_file()
    if path is not None and open_to_others(path):
        made.notices.append(f"`{shown(path)}` can be written by others and does not count")
        path = None
    user = read(path, KEYS_OF_USER) if path is not None else None
    passed: list[str] = []
    document = made.document = find(folder, passed) if project and config.projects() else None
    made.notices += [f"`{shown(path)}` belongs to another user and does not count; `{command(os.path.dirname(path))}` shows and accepts it" for path in passed]
    if document is not None:
        made.standing = "sandboxed" if sandbox and not document.foreign else standing(document)
        if made.standing == "trusted":
            places.append(document)
    decided = {name for place in places for name in place.limits}
    combine(made, [*places, *([user] if user is not None else ())])
    if document is not None and made.standing != "trusted":
        restrict(made, document, decided)
    return made


def open_to_others(path: str) -> bool:
    """Whether other users of the machine decide what stands in a file."""
    return foreign(path) or (os.name == "posix" and bool(os.stat(path).st_mode & S_IWOTH))


def combine(made: Settings, places: list[Place]) -> None:
    """Joins what each place says, the first first."""
    made.extension_paths = tuple(dict.fromkeys(path for place in places for path in place.extension_paths))
    made.module_paths = tuple(dict.fromkeys(path for place in places for path in place.module_paths))
    made.audit = next((place.audit for place in places if place.audit is not None), None)
    for key, found in (("allow", made.allow), ("deny", made.deny)):
        for place in places:
            for text in getattr(place, key):
                granted(place, key, text, made.extension_paths)
                found.append((text, place.folder))
    for name in config.LIMITS:
        said = [limited(place, name) for place in places if name in place.limits]
        if said:
            made.limits = made.limits.replace(**{name: said[0]})


def restrict(made: Settings, document: Document, decided: set[str]) -> None:
    """Takes from a file without trust what can only take away: denials, lower limits, modules that lie within the project.

    What belongs to another user of the machine makes no project. `decided` are the limits that this user has set.
    """
    path, how = shown(document.path), f"`{command(document.folder)}` shows and accepts it"
    if document.foreign:
        made.document = None
        made.notices.append(f"`{path}` belongs to another user and has changed since it was trusted; {how}")
        return
    made.offered = [grant for text in document.allow if (grant := offer(document, "allow", text)) is not None]
    made.deny += [(text, document.folder) for text in document.deny if offer(document, "deny", text) is not None]
    within = [path for path in document.module_paths if os.path.join(os.path.realpath(path), "").startswith(os.path.join(document.folder, ""))]
    made.module_paths = tuple(dict.fromkeys((*made.module_paths, *within)))
    for name in document.limits:
        lower = limited(document, name)
        present = getattr(made.limits, name)
        if name not in decided and (present is None or lower < present):
            made.limits = made.limits.replace(**{name: lower})
    asked = [
        word for word, there in (("grants", document.allow), ("extension paths", document.extension_paths), ("module paths", len(within) < len(document.module_paths))) if there
    ]
    if asked and made.standing == "sandboxed":
        made.offered.clear()
        made.notices.append(f"the {' and '.join(asked)} of `{path}` do not count in a sandbox: `--allow`, `-E` and `-M` give them")
    elif asked:
        why = f"`{path}` has changed since it was trusted" if made.standing == "changed" else f"the {' and '.join(asked)} of `{path}` do not count yet"
        made.notices.append(f"{why}; {how}")


def granted(place: Place, key: str, text: str, extension_paths: Iterable[str]) -> Grant:
    """A grant from its text; a kind that is unknown may be one that a module declares."""
    kind = kind_of(text)
    if kind == "*":
        place.refuse(key, text, "`*` is not a kind of capability", "`--allow-all` grants everything" if key == "allow" else None)
    if kind not in KINDS and kind not in SHORT_KINDS:
        from mlpy.registry import Registry  # noqa: PLC0415  only for kinds that mlpy does not have itself

        Registry(extension_paths).declare_kinds()
    try:
        grant = Grant(text, root=place.folder)
        if key == "deny":
            grant.must_be_plain()
    except ValueError as error:
        place.refuse(key, text, str(error))
    return grant


def grant_from(text: str, folder: str) -> Grant:
    """A grant written for a folder, which programs are shown as it reads from the present one."""
    grant = Grant(text, root=folder)
    here = os.getcwd()
    if folder != here and KINDS[grant.kind].syntax == "path" and not grant.everything:
        path = os.path.relpath(os.sep.join(grant.pattern), here)
        grant.text = f"{grant.kind}:{path if path.startswith(os.pardir) else os.path.join(os.curdir, path)}"
    return grant


def offer(document: Document, key: str, text: str) -> Grant | None:
    """A grant of a file without trust, None where it means nothing yet: its modules are not looked at."""
    if kind_of(text) not in KINDS and kind_of(text) not in SHORT_KINDS:
        return None
    return granted(document, key, text, ())


def kind_of(text: str) -> str:
    return text.partition(":")[0].partition(",")[0].strip()


def limited(place: Place, name: str) -> float:
    """A limit in base units."""
    try:
        value: float = getattr(Limits(**{name: place.limits[name]}), name)  # type: ignore[arg-type]  # a wrong one is a ValueError
    except ValueError as error:
        place.refuse(name, name, str(error))
    return value


def command(folder: str) -> str:
    """The command that shows and accepts the file of a folder."""
    return "mlpy trust" if folder == os.getcwd() else f"mlpy trust {quoted_for_shell(shown(folder))}"
