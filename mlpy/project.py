"""A file of settings: what it says, and whether its user trusts it.

`mlpy.toml`, `mlpy.json`, `mlpy.yaml` or the table `tool.mlpy` of a `pyproject.toml`. A project may come from somebody else, so
its grants and its folders of Python modules count only once its user has accepted them (F29). What was accepted
is kept in the user's folder under the path and the digest of the file: when the file changes, it has to be accepted again.
"""

from __future__ import annotations

import os
from _blake2 import blake2b
from stat import S_ISREG
from time import time

from mlpy import cache, config
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Sequence
    from typing import Any, Literal, NoReturn, Protocol, TypeAlias

    class Mark(Protocol):
        """A place in YAML."""

        line: int

    class Node(Protocol):
        """A node of YAML: a scalar has a text, a list nodes, a mapping pairs of them."""

        value: Any
        start_mark: Mark | None

    Table: TypeAlias = dict[str, object]
    Standing: TypeAlias = Literal["sandboxed", "trusted", "changed", "unknown"]

LARGEST = 256 * 1024  # bytes
DEEPEST = 20
KEYS = ("extension_paths", "grants", "limits", "module_paths")
KEYS_OF_USER = (*KEYS, "audit", "rates")  # the last is read by whoever wants to know what an operation costs
KEYS_OF_GRANTS = ("allow", "deny")


class SettingsError(Exception):
    """Something in the settings that their author can mend: one message, at most one hint."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = visible(message)
        self.hint = None if hint is None else visible(hint)


class Document:
    """What a file of settings says, its paths absolute; `digest` changes with whatever counts in it.

    `foreign` says that the file belongs to another user of the machine.
    """

    __slots__ = ("allow", "audit", "deny", "digest", "extension_paths", "folder", "foreign", "limits", "lines", "module_paths", "path")

    def __init__(self, path: str, digest: str, lines: list[str], *, foreign: bool) -> None:
        self.path = path
        self.folder = os.path.dirname(path)
        self.digest = digest
        self.lines = lines
        self.foreign = foreign
        self.allow: tuple[str, ...] = ()
        self.deny: tuple[str, ...] = ()
        self.extension_paths: tuple[str, ...] = ()
        self.module_paths: tuple[str, ...] = ()
        self.limits: dict[str, str | float] = {}
        self.audit: str | None = None

    def refuse(self, key: str, word: str, message: str, hint: str | None = None) -> NoReturn:  # noqa: ARG002  other places tell by the key
        """Raises for a mistake under a key of this file, with the first line that holds a word."""
        line = next((number for number, text in enumerate(self.lines, 1) if word in text), None)
        raise SettingsError(f"{shown(self.path)}{f':{line}' if line else ''}: {message}", hint)

    def fill(self, table: Table, keys: Sequence[str]) -> None:
        """Takes over a table; raises SettingsError for what it cannot mean."""
        self._known(table, keys, "")
        self.extension_paths = self._paths(table, "extension_paths")
        self.module_paths = self._paths(table, "module_paths")
        if "audit" in table:
            self.audit = self._path(table["audit"], "audit")
        grants = self._table(table, "grants", KEYS_OF_GRANTS)
        self.allow, self.deny = self._texts(grants, "allow", "grants."), self._texts(grants, "deny", "grants.")
        for name, value in self._table(table, "limits", config.LIMITS).items():
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                self.refuse("limits", name, f"`limits.{name}` must be a number or a string")
            self.limits[name] = value

    def _known(self, table: Table, keys: Sequence[str], prefix: str) -> None:
        for name in map(str, table):  # YAML has keys of other types
            if name not in keys:
                close = nearest(name, keys)
                self.refuse(
                    name, name, f"unknown key `{prefix}{name}`", f"did you mean `{prefix}{close}`?" if close else f"it is one of {', '.join(f'`{prefix}{one}`' for one in keys)}"
                )

    def _table(self, table: Table, name: str, keys: Sequence[str]) -> Table:
        found = table.get(name, {})
        if not isinstance(found, dict):
            self.refuse(name, name, f"`{name}` must be a table", f"its keys are {', '.join(f'`{one}`' for one in keys)}")
        self._known(found, keys, f"{name}.")
        return found

    def _texts(self, table: Table, name: str, prefix: str = "") -> tuple[str, ...]:
        found = table.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self.refuse(name, name, f"`{prefix}{name}` must be a list of strings")
        return tuple(found)

    def _paths(self, table: Table, name: str) -> tuple[str, ...]:
        return tuple(self._path(one, name) for one in self._texts(table, name))

    def _path(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not value or not value.isprintable():
            self.refuse(name, name, f"`{name}` must name a path")
        return os.path.normpath(os.path.join(self.folder, value))


def visible(text: str) -> str:
    """Text of somebody else's file on one line, every character of it visible."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def shown(path: str) -> str:
    """A path as people read it: from here, if it lies below."""
    return path.removeprefix(os.path.join(os.getcwd(), ""))


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def find(folder: str, passed: list[str] | None = None) -> Document | None:
    """The settings of the project that a folder belongs to: the nearest file that says something. Raises SettingsError.

    With a list for what was `passed` over, files of other users are not even read, unless they were trusted before: whoever can
    write in a folder above could keep every program below from running.
    """
    files = []
    for path in config.project_files(folder):
        if passed is not None and foreign(path) and record_at(record_path(located(path))) is None:
            passed.append(path)
        else:
            files.append(path)
    for at, path in enumerate(files):
        document = read(path)
        if document is not None:
            other = next((one for one in files[at + 1 :] if os.path.dirname(one) == os.path.dirname(path) and read(one) is not None), None)
            if other is not None:
                raise SettingsError(f"both `{shown(path)}` and `{shown(other)}` hold settings", "keep one of them")
            return document
    return None


def foreign(path: str) -> bool:
    """Whether a file, or a link that stands for it, belongs to another user of the machine."""
    if os.name != "posix":
        return False
    mine = (os.geteuid(), 0)
    try:
        return os.lstat(path).st_uid not in mine or os.stat(path).st_uid not in mine
    except OSError:
        return False


def read(path: str, keys: Sequence[str] = KEYS) -> Document | None:
    """What a file says; None for a `pyproject.toml` without a table for mlpy. Raises SettingsError."""
    data = content(path)
    name = os.path.basename(path)
    key = cache.key(data, "settings", name)
    kept = cache.load(key)
    if isinstance(kept, tuple):
        table: Table | None = kept[0]
    else:
        table = parsed(path, data)
        cache.store(key, (table,))
    if table is None:
        return None
    counts = canonical(table).encode("utf-8", "surrogatepass") if name == "pyproject.toml" else data  # whose other tables change all the time
    document = Document(located(path), blake2b(counts, digest_size=32).hexdigest(), data.decode("utf-8").split("\n"), foreign=foreign(path))
    document.fill(table, keys)
    return document


def located(path: str) -> str:
    """A file's place without links on the way. The file itself may be one: what it says holds for the folder in which it is found."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def content(path: str) -> bytes:
    """The bytes of a file, which are text."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)), "rb") as stream:
            state = os.fstat(stream.fileno())
            data = stream.read(LARGEST + 1) if S_ISREG(state.st_mode) else b""
    except OSError as error:
        raise SettingsError(f"`{shown(path)}` cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    if not S_ISREG(state.st_mode):
        raise SettingsError(f"`{shown(path)}` is no file")
    if len(data) > LARGEST:
        raise SettingsError(f"`{shown(path)}` is larger than {LARGEST // 1024} kB")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"`{shown(path)}` is not UTF-8") from None
    return data


def parsed(path: str, data: bytes) -> Table | None:
    """The table that a file holds, by its name."""
    name = os.path.basename(path)
    text = data.decode("utf-8").removeprefix("\ufeff")
    parse = of_json if name.endswith(".json") else of_yaml if name.endswith(".yaml") else of_toml
    try:
        found: object = parse(text, shown(path))
        if name == "pyproject.toml":
            tools = found.get("tool") if isinstance(found, dict) else None
            found = tools.get("mlpy") if isinstance(tools, dict) else None
            if found is None:
                return None
        canonical(found)
    except RecursionError:
        raise SettingsError(f"`{shown(path)}` is nested too deeply") from None
    if not isinstance(found, dict):
        raise SettingsError(f"{shown(path)}: settings are a table, such as `limits`")
    return found


def of_toml(text: str, path: str) -> object:
    import tomllib  # noqa: PLC0415  10 ms, once for each change of a file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise malformed(path, str(error)) from None
    except ValueError:  # a number of thousands of digits
        raise SettingsError(f"{path}: a number is too long") from None


def of_json(text: str, path: str) -> object:
    import json  # noqa: PLC0415  as above

    def table(pairs: list[tuple[str, object]]) -> Table:
        made = dict(pairs)
        if len(made) < len(pairs):
            twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
            raise SettingsError(f"{path}: the key `{twice}` stands there twice")
        return made

    try:
        return json.loads(text, object_pairs_hook=table)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}:{error.lineno}: {lowered(error.msg)}") from None
    except ValueError:  # a number of thousands of digits
        raise SettingsError(f"{path}: a number is too long") from None


def of_yaml(text: str, path: str) -> object:
    try:
        import yaml  # noqa: PLC0415  optional
    except ImportError:
        raise SettingsError(f"`{path}` needs a YAML parser", "install it with `pip install 'mlpy[yaml]'`, or write `mlpy.toml`") from None
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:  # the time that it takes grows with the square of the depth
                raise RecursionError
            if isinstance(event, yaml.AliasEvent):  # a few lines of them stand for gigabytes
                raise SettingsError(f"{path}{line_of(event.start_mark)}: settings have no aliases")
        doubled = twice_in(yaml.compose(text, Loader=yaml.SafeLoader))
        if doubled is not None:
            raise SettingsError(f"{path}{line_of(doubled.start_mark)}: the key `{doubled.value}` stands there twice")
        found: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        raise SettingsError(f"{path}{line_of(error.problem_mark)}: {error.problem or 'no YAML'}") from None
    except yaml.YAMLError:
        raise SettingsError(f"{path}: characters that YAML does not allow") from None
    except ValueError as error:  # such as a date that is none
        raise SettingsError(f"{path}: {lowered(str(error))}") from None
    return {} if found is None else found


def line_of(mark: Mark | None) -> str:
    """What stands behind a path for a place in YAML."""
    return "" if mark is None else f":{mark.line + 1}"


def twice_in(node: Node | None) -> Node | None:
    """A key that stands twice in a mapping of a tree of YAML."""
    pending = [] if node is None else [node]
    while pending:
        value = pending.pop().value
        pairs: list[tuple[Node, Node]] = [each for each in value if isinstance(each, tuple)] if isinstance(value, list) else []
        seen: set[str] = set()
        for key, _ in pairs:
            if isinstance(key.value, str):
                if key.value in seen:
                    return key
                seen.add(key.value)
        pending += [each for pair in pairs for each in pair] if pairs else value if isinstance(value, list) else []
    return None


def malformed(path: str, message: str) -> SettingsError:
    """From tomllib's words, which end in `(at line 3, column 7)`."""
    said, _, place = message.partition(" (at ")
    line = place.partition(",")[0].removeprefix("line ")
    return SettingsError(f"{path}{f':{line}' if line.isdigit() else ''}: {lowered(said)}")


def lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def canonical(value: object, depth: int = 0) -> str:
    """One text for equal tables, whatever the order and layout of their file."""
    if depth > DEEPEST:
        raise RecursionError
    match value:
        case dict():
            return f"{{{','.join(f'{name!r}:{canonical(value[name], depth + 1)}' for name in sorted(value, key=repr))}}}"
        case list():
            return f"[{','.join(canonical(one, depth + 1) for one in value)}]"
        case _:
            return repr(value)


# ── trust ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Trusted:
    """A file that was accepted: its path, its digest then, and when (seconds since 1970)."""

    __slots__ = ("digest", "path", "since")

    def __init__(self, path: str, digest: str, since: float) -> None:
        self.path = path
        self.digest = digest
        self.since = since


def standing(document: Document) -> Standing:
    """Whether a file is trusted as it is."""
    record = record_at(record_path(document.path))
    if record is None or record.path != document.path:
        return "unknown"
    return "trusted" if record.digest == document.digest else "changed"


def trust(document: Document) -> None:
    """Accepts a file as it is; raises SettingsError where that cannot be kept."""
    folder = trust_folder()
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"`{folder}` cannot be made: {(error.strerror or 'unknown error').lower()}") from None
    name = os.path.basename(record_path(document.path))
    if not cache.is_ours(os.stat(folder)):
        raise SettingsError(f"`{folder}` can be written by others", "`chmod go-w` it")
    if not cache.write_whole(folder, name, f"{document.digest}\n{int(time())}\n{document.path}".encode("utf-8", "surrogateescape")):
        raise SettingsError(f"`{folder}` cannot be written")


def distrust(path: str) -> bool:
    """Forgets that a file was accepted; False where it was not."""
    try:
        os.unlink(record_path(path))
    except OSError:
        return False
    return True


def all_trusted() -> Iterator[Trusted]:
    """Every file that was accepted, by path."""
    folder = trust_folder()
    try:
        names = os.listdir(folder)
    except OSError:
        return
    found = (record_at(os.path.join(folder, name)) for name in names)
    yield from sorted((one for one in found if one is not None), key=lambda one: one.path)


def trust_folder() -> str:
    return os.path.join(config.config_root(), "trust")


def record_path(path: str) -> str:
    """Where it is kept that a file was accepted."""
    return os.path.join(trust_folder(), blake2b(path.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest())


def record_at(path: str) -> Trusted | None:
    """What is kept there; what anybody else could have written counts as nothing."""
    try:
        if not cache.is_ours(os.stat(os.path.dirname(path))):
            return None
    except OSError:
        return None
    data = cache.read_owned(path, private=True)
    digest, _, rest = (data or b"").decode("utf-8", "surrogateescape").partition("\n")
    since, _, named = rest.partition("\n")
    return Trusted(named, digest, float(since)) if since.isdigit() and record_path(named) == path else None
