"""Workflows in ML run in a sandbox, with what the `@grant` lines of their headers ask for and nothing else, once their user has granted that.

The answer is kept in the user's state folder for the script's path and the digest of all ML files that it is made of, and of the folder that relative grants are for. When anything of that changes,
or the header asks for more, the user is asked again. `main` is the process of such a script: it runs only what has the digests that it is given.
"""

from __future__ import annotations

import os
import shlex
import sys
from argparse import ArgumentParser
from hashlib import sha256

from mlpy.extensions.workflows.failures import WorkflowError

import mlpy
from mlpy import cache, config
from mlpy.capabilities import KINDS, Grant, exact_grant
from mlpy.cli import DENIED, Mistake, files, prompt, settle, start, terminal
from mlpy.cli.authority import Authority, found_for
from mlpy.cli.run import Work
from mlpy.engine import Engine
from mlpy.errors import CheckFailed, MLError
from mlpy.modules import Finder, Unusable
from mlpy.sandbox.lockdown import LEVELS
from mlpy.settings import granted

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Sequence
    from typing import NoReturn

    from mlpy.extensions.workflows.folder import Workflow

    from mlpy.capabilities import Capability, Grants
    from mlpy.engine import Instance, Result
    from mlpy.settings import Settings
    from mlpy.source import Source

FOLDER = "grants"  # in the state folder of workflows
CHANGED = "changed since its grants were given"
AGAIN = "run it again: it will ask anew"
PARAMETERS = "env.read:MLPY_PARAM_*"
HOME = os.path.dirname(os.path.dirname(mlpy.__file__))
BOOT = "import sys; sys.path.append(sys.argv.pop(1)); from mlpy.extensions.workflows.confined import main; main()"  # without the present folder, where anybody's modules may be


# ── what is granted ──────────────────────────────────────────────────────────────────────────────────────────────


class Granted:
    """What a script may do: grants as they are written, and the digests of all files that may run under them; `level` is what its sandbox must have at least."""

    __slots__ = ("grants", "level", "seals")

    def __init__(self, grants: Sequence[str] = (), seals: Sequence[str] = (), level: str = LEVELS[1]) -> None:
        self.grants = tuple(grants)
        self.seals = tuple(seals)
        self.level = level

    def argv(self, entry: str, words: Sequence[str]) -> list[str]:
        """The command line of the process that runs a script under it."""
        given = [*(word for grant in self.grants for word in ("--allow", grant)), *(word for seal in self.seals for word in ("--seal", seal))]
        return [sys.executable, "-P", "-c", BOOT, HOME, "--level", self.level, *given, entry, "--", *words]


class Answer:
    """What a user granted to the script at a path: `digest` stands for all of its files, `folder` is where relative paths begin, or nothing if that does not matter."""

    __slots__ = ("digest", "folder", "grants", "path")

    def __init__(self, path: str, digest: str, folder: str, grants: Sequence[str]) -> None:
        self.path = path
        self.digest = digest
        self.folder = folder
        self.grants = tuple(grants)

    def covers(self, other: Answer) -> bool:
        """Whether what the other asks for was granted to the same files."""
        return (self.path, self.digest, self.folder) == (other.path, other.digest, other.folder) and set(other.grants) <= set(self.grants)

    def data(self) -> bytes:
        return "\n".join((self.path, self.digest, self.folder, *self.grants)).encode("utf-8", "surrogateescape")

    @property
    def name(self) -> str:
        """The name of its file: one for each script and folder."""
        return sha256(f"{self.path}\n{self.folder}".encode("utf-8", "surrogateescape")).hexdigest()[:32]


def agree(workflow: Workflow, folder: str, *, yes: bool = False, asking: bool = True, level: str = LEVELS[1]) -> Granted:
    """What a workflow may do that starts in a folder: what its header asks for, if its user grants that now or has before.

    Raises:
        WorkflowError: `grant_denied` where nobody grants it, `invalid_value` for a line that is no grant.
    """
    asked = wanted(workflow, folder)
    if not asked:
        return Granted(level=level)
    seals = sealed(workflow)
    answer = Answer(os.path.realpath(workflow.entry), sha256("\n".join(seals).encode()).hexdigest(), base(asked, folder), [grant.written for grant in asked])
    before = kept(answer)
    if before is None or not before.covers(answer):
        if not yes:
            confirm(workflow, answer, before, asking=asking)
        keep(answer)
    return Granted(answer.grants, seals, level)


def wanted(workflow: Workflow, folder: str) -> list[Grant]:
    """The grants that the header asks for."""
    place = Header(workflow, folder)
    return [granted(place, "allow", text, ()) for text in place.allow]


def base(grants: Iterable[Grant], folder: str) -> str:
    """The folder that matters to what grants mean: none, if no path among them is relative."""
    paths = (grant.written.partition(":")[2] for grant in grants if KINDS[grant.kind].syntax == "path" and not grant.everything)
    return os.path.realpath(folder) if any(not path.startswith(("/", "~")) for path in paths) else ""


def sealed(workflow: Workflow) -> list[str]:
    """The digests of all ML files that a script is made of; of a script with mistakes, which will not run, only its own."""
    try:
        source = files.read(workflow.entry)
        try:
            linked = Authority(found_for(workflow.entry, sandbox=True)).engine(cache=True).compile(source, inputs=()).linked()
        except CheckFailed:
            linked = None
    except (CheckFailed, Mistake):
        raise WorkflowError("not_readable", f"`{workflow.script.entry_point}` cannot be read") from None
    sources = [source] if linked is None else [file.source for file in linked.all()]
    return sorted({digest(one) for one in sources})


def digest(source: Source) -> str:
    return sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()


class Header:
    """The header of a workflow as a place where grants stand."""

    def __init__(self, workflow: Workflow, folder: str) -> None:
        self.workflow = workflow
        self.folder = folder
        self.allow = tuple(workflow.header.grants)
        self.deny: tuple[str, ...] = ()
        self.extension_paths: tuple[str, ...] = ()
        self.module_paths: tuple[str, ...] = ()
        self.limits: dict[str, str | float] = {}
        self.audit: str | None = None

    def refuse(self, key: str, word: str, message: str, hint: str | None = None) -> NoReturn:  # noqa: ARG002  the command line says more
        raise WorkflowError("invalid_value", f"`@grant {word}` of `{self.workflow.reference}`: {message}")


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────


def confirm(workflow: Workflow, answer: Answer, before: Answer | None, *, asking: bool) -> None:
    """Asks the person at the terminal; raises WorkflowError without a yes."""
    name = workflow.reference
    changed = before is not None and before.digest != answer.digest
    why = "has changed since it was granted what it asks for" if changed else "asks for more than it was granted" if before is not None else "asks for what nobody has granted it"
    detail: dict[str, object] = {"grants": list(answer.grants), "granted": list(before.grants) if before is not None else []}
    if not asking or not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        listed = ", ".join(f"`{grant}`" for grant in answer.grants)
        raise WorkflowError("grant_denied", f"`{name}` {why}: {listed}", detail=detail, hint=f"`mlpy workflow run {shlex.quote(name)} --grant-all` grants it")
    lines = [f"    {prompt.visible(grant)}{'' if before is None or grant in before.grants else '  (new)'}" for grant in answer.grants]
    where = f" in {prompt.visible(answer.folder)}" if answer.folder else ""
    if not prompt.confirmed(f"`{prompt.visible(name)}` {why}{where}\n" + "\n".join(lines) + "\n  grant it? [y]es, [n]o "):
        raise WorkflowError("grant_denied", f"`{name}` was not granted what it asks for", detail=detail)


def answers() -> str:
    """The folder of the answers."""
    return os.path.join(config.state_root(), "workflows", FOLDER)


def kept(answer: Answer) -> Answer | None:
    """What the user answered for the same script and folder; what anybody else could have written counts as nothing."""
    try:
        if not cache.is_ours(os.stat(answers())):
            return None
    except OSError:
        return None
    data = cache.read_owned(os.path.join(answers(), answer.name), private=True)
    path, _, rest = (data or b"").decode("utf-8", "surrogateescape").partition("\n")
    found, _, rest = rest.partition("\n")
    folder, _, grants = rest.partition("\n")
    return Answer(path, found, folder, grants.split("\n")) if data and (path, folder) == (answer.path, answer.folder) else None


def keep(answer: Answer) -> None:
    """Keeps an answer; where that cannot be, the next run asks again."""
    try:
        os.makedirs(answers(), mode=0o700, exist_ok=True)
    except OSError as error:
        terminal.note(f"the grants of this run cannot be kept: {terminal.reason(error)}")
        return
    if not cache.write_whole(answers(), answer.name, answer.data()):
        terminal.note("the grants of this run cannot be kept")


# ── the process ──────────────────────────────────────────────────────────────────────────────────────────────────


class Sealed(Finder):
    """Finds the files that a program imports, if they have one of the digests."""

    __slots__ = ("seals",)

    def __init__(self, main: Source, project_root: str | None, module_paths: Sequence[str], seals: frozenset[str]) -> None:
        super().__init__(main, project_root, module_paths)
        self.seals = seals

    def find(self, path: str, importer: Source) -> Source | Unusable | None:
        found = super().find(path, importer)
        if found is None or isinstance(found, Unusable) or digest(found) in self.seals:
            return found
        return Unusable(CHANGED, AGAIN)


class SealedEngine(Engine):
    """An engine for the files of one script."""

    __slots__ = ("seals",)

    def __init__(self, seals: frozenset[str], found: Settings) -> None:
        super().__init__(limits=found.limits, extension_paths=found.extension_paths, module_paths=found.module_paths, project_root=found.root)
        self.seals = seals

    def finder(self, source: Source) -> Finder:
        return Sealed(source, self.project_root, self.module_paths, self.seals) if self.seals else super().finder(source)


class HeaderAuthority(Authority):
    """What a script runs under: the grants of its header, the limits and denials of its user, and nobody who is asked for more."""

    __slots__ = ("seals",)

    def __init__(self, found: Settings, allow: Sequence[str], seals: frozenset[str]) -> None:
        super().__init__(found)
        self.seals = seals
        found.allow = [(grant, os.getcwd()) for grant in (*allow, PARAMETERS)]

    def grants(self) -> Grants:
        made = self.settings.grants()
        for layer in made.layers:
            layer.advice = way_to_grant
        return made

    def engine(self, *, cache: bool = False, text: bool = False) -> Engine:  # noqa: ARG002  a sandbox keeps no code, and this is no text
        return SealedEngine(self.seals, self.settings)


class SealedWork(Work):
    """A script that must be what was granted."""

    __slots__ = ("seals",)

    def __init__(self, path: str, words: Sequence[str], allow: Sequence[str], seals: frozenset[str], level: str) -> None:
        super().__init__(path, None, words, lambda: HeaderAuthority(found_for(path, sandbox=True), allow, seals))
        self.sandbox = level
        self.seals = seals

    def start(self, output: Callable[[str], object], errors: Callable[[str], object]) -> Instance | Result:
        try:
            return super().start(output, errors)
        except MLError as error:
            if error.limit == "memory":
                error.hint = "`MLPY_MEMORY=1GB` in the environment lets it have more"
            raise

    def source(self) -> Source:
        source = super().source()
        if self.seals and digest(source) not in self.seals:
            raise Mistake(f"`{self.path}` {CHANGED}", AGAIN, DENIED)
        return source


def way_to_grant(capability: Capability) -> str:
    """What to do about a denial."""
    return f"`@grant {exact_grant(capability) or capability}` in its header asks for it"


def main() -> None:
    """The process of a script: `--level LEVEL [--allow GRANT]… [--seal DIGEST]… FILE -- ARGUMENTS…`."""
    start(perform)


def perform(arguments: list[str]) -> int:
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--allow", "--seal"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--level")
    parser.add_argument("FILE")
    settle()
    at = arguments.index("--")
    options = parser.parse_args(arguments[:at])
    return SealedWork(options.FILE, arguments[at + 1 :], options.allow, frozenset(options.seal), options.level).run()
