"""The commands of somebody who writes modules: taking in new versions, by hand and whenever a file is saved, and development mode."""

from __future__ import annotations

import os
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOBase
from shutil import rmtree
from time import perf_counter

from mlpy.repl import display
from mlpy.repl.commands import command, required
from mlpy.repl.display import Pages, Table
from mlpy.repl.shell import bug, mistaken

from mlpy.cli import FAILED, Mistake
from mlpy.cli import modules as listing
from mlpy.cli.bench import shown
from mlpy.errors import MLError
from mlpy.modules import files_of
from mlpy.nearest import nearest
from mlpy.runtime.limits import Limits
from mlpy.runtime.values import ModuleHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.repl.display import Shown
    from mlpy.repl.shell import Shell
    from mlpy.repl.watcher import Watcher

    from mlpy.memory import Memory
    from mlpy.registry import Registry
    from mlpy.runtime.run import Run

LONGEST = 5.0  # seconds that taking in what was saved may take


class Development:
    """What a shell watches and measures. `automatic` is development mode: whatever is imported is measured, and taken in again when it is saved."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.automatic = False
        self.reloading: tuple[str, Run] | None = None  # what the watcher takes in, and what ends that
        self.memory: Memory | None = None
        self.recording: Recording | None = None
        self._known: set[str] = set()
        self._watcher: Watcher | None = None

    @property
    def run(self) -> Run:
        """The run of the session."""
        return self.shell.session.run

    @property
    def registry(self) -> Registry:
        """The modules of the shell."""
        return self.shell.engine.registry

    @property
    def watcher(self) -> Watcher:
        """Made when something is to be watched."""
        if self._watcher is None:
            from mlpy.repl.watcher import Watcher  # noqa: PLC0415  most sessions watch nothing

            self._watcher = Watcher(self.saved, self.failed)
        return self._watcher

    @property
    def watched(self) -> list[str]:
        """The files and folders that are watched."""
        return [] if self._watcher is None else self._watcher.watched

    def status(self) -> list[str]:
        """What the status bar says of it."""
        return [*(["devmode"] if self.automatic else []), *([f"watching {len(self.watched)}"] if self.watched else [])]

    def settle(self) -> None:
        """After an evaluation: in development mode what it has imported is watched."""
        if self.automatic:
            for name, path in self.places().items():
                if name not in self._known:
                    self._known.add(name)
                    self.follow(path)

    def follow(self, path: str) -> None:
        """Watches what may be watched."""
        try:
            self.watcher.watch(path)
        except OSError:  # it is gone: the session goes on with what it has
            return

    def watch(self, path: str) -> None:
        """Watches a file or folder; raises Mistake."""
        try:
            self.watcher.watch(path)
        except OSError:
            raise Mistake(f"`{listing.near(path)}` cannot be watched", "it takes a file or folder that can be read") from None

    def begin(self) -> None:
        """Development mode."""
        self.automatic = True
        if self.registry.measures is None:
            self.shell.session.measure()
        self.settle()

    def end(self) -> None:
        """The end of development mode, and of all watching."""
        self.automatic = False
        self.interrupt()
        self.shell.session.stop_measuring()
        self._known.clear()
        for path in self.watched:
            self.watcher.unwatch(path)

    def close(self) -> None:
        """Ends every thread and recording."""
        self.interrupt()
        if self._watcher is not None:
            self._watcher.close()
        if self.memory is not None:
            self.memory.stop()
        self.discard()

    def discard(self) -> None:
        """Ends a recording that nobody wants to see."""
        if self.recording is not None:
            self.recording.end()
            self.recording.forget()
            self.recording = None

    # ── modules and files ──

    def places(self) -> dict[str, str]:
        """What the session has imported that did not come with mlpy, with the file or, of a package, the folder of each."""
        own = {name: place(path) for name, (path, shipped) in self.registry.files().items() if not shipped}
        return {**own, **{name: source.path for name, source in files_of(self.run).items() if source.path is not None}}

    def place_of(self, text: str) -> str:
        """The file or folder that is meant by the name of a module or by a path; raises Mistake."""
        name = self.name_of(text)
        found = self.places().get(name)
        if found is not None:
            return found
        path = os.path.abspath(os.path.expanduser(text))
        if os.path.exists(path):
            return path
        info = self.registry.info(name)
        if info is not None:
            return place(info.path)
        close = nearest(text, [*self.places(), *self.registry.names()])
        raise Mistake(f"no module and no file `{text}`", f"did you mean `{close}`?" if close else "`.modules` lists the modules")

    def name_of(self, text: str) -> str:
        """The name of a module, also where the session calls it otherwise."""
        held = self.shell.session.held().get(text)
        return held.name if isinstance(held, ModuleHandle) else text

    def take_in(self, name: str, under: Run | None = None) -> str:
        """Reloads a module or file; gives the line that says so. Raises MLError."""
        began = perf_counter()
        with Above(self.shell) as above, redirect_stdout(above), redirect_stderr(above):
            self.shell.session.reload(name, under)
        return f"`{name}` reloaded in {shown(perf_counter() - began)}"

    # ── what was saved: on the thread of the watcher ──

    def saved(self, paths: list[str]) -> None:
        """Takes in what the saved files belong to, and says what came of it above the line that is being typed."""
        for path in paths:
            names = self.concerned(path)
            for name in names:
                self.shell.out(self.attempt(name) + "\n")
            if not names and path.endswith(".py"):
                self.look_for(path)

    def failed(self, error: BaseException) -> None:
        """Tells of a bug of ours in taking something in."""
        self.shell.out(f"{mistaken(bug(error), self.shell.style)}\n")

    def attempt(self, name: str) -> str:
        """Takes in a module, for as long as that may take; what is wrong with it is a text, too."""
        under = self.shell.engine.new_run(None, grants=self.run.grants, limits=Limits(time=LONGEST), output=self.shell.print)
        under.files = self.run.files
        self.reloading = name, under
        try:
            return self.take_in(name, under)
        except MLError as error:
            text = display.error_text(error, self.shell.style, self.run.files)
            return text if error.hint == "the old version stays in use" else f"{text}\n`{name}` stays as it was"
        except RuntimeError:
            return f"`{name}` was not reloaded, as the session is evaluating: `.reload {name}` does it then"
        finally:
            self.reloading = None

    def interrupt(self) -> None:
        """Ends what the watcher is taking in; one that waits for an evaluation goes on waiting."""
        reloading = self.reloading
        if reloading is not None and reloading[1].executions:
            reloading[1].cancel("the reload was cancelled")

    def concerned(self, path: str) -> list[str]:
        """The modules and files that a saved file belongs to."""
        from mlpy.repl.watcher import resolved  # noqa: PLC0415  it is there

        places = {name: resolved(one) for name, one in self.places().items()}
        return [name for name, one in places.items() if path == one or path.startswith(one + os.sep)]

    def look_for(self, path: str) -> None:
        """Says which module a file in a folder of modules has become."""
        from mlpy.repl.watcher import resolved  # noqa: PLC0415  as above

        before = self.registry.names()
        self.registry.refresh()
        for name in self.registry.names():
            info = self.registry.info(name)
            if name not in before and info is not None and resolved(info.path) == path:
                self.shell.out(f"found module `{name}`\n")
        for problem in self.registry.problems():
            if resolved(problem.path) == path:
                self.shell.out(display.text(f"{complaint(problem.name, problem.message, problem.path, problem.line)}\n", self.shell.style))


class Above(TextIOBase):
    """Where a module prints that is reloaded: above the line that is being typed, in whole lines."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.line = ""

    def write(self, text: str) -> int:
        """Shows what is complete, as what programs print is shown."""
        whole, end, self.line = (self.line + text).rpartition("\n")
        if end:
            self.shell.print(whole + end)
        return len(text)

    def close(self) -> None:
        """Shows what was left."""
        if self.line:
            self.write("\n")
        super().close()


class Recording:
    """What `memray` records of the memory of this process, until its flame graph is written."""

    def __init__(self, path: str, tracker: object) -> None:
        self.path = path
        self.tracker = tracker

    def end(self) -> str:
        """Ends it; gives the path of what was recorded."""
        self.tracker.__exit__(None, None, None)  # type: ignore[attr-defined]  # a context manager
        return self.path

    def forget(self) -> None:
        """Removes what was recorded, after its end."""
        rmtree(os.path.dirname(self.path), ignore_errors=True)


def place(path: str) -> str:
    """The file of a module, or the folder of a package."""
    return os.path.dirname(path) if os.path.basename(path) == "__init__.py" else path


def complaint(name: str, message: str, path: str, line: int) -> str:
    return f"module `{name}`: {message} ({listing.near(path)}:{line})"


def development(shell: Shell, what: str) -> Development:
    """That of a shell; raises Mistake in a sandbox, whose worker has what could be looked at."""
    shell.need_values(what)
    if shell.development is None:
        shell.development = Development(shell)
    return shell.development


# ── new versions ─────────────────────────────────────────────────────────────────────────────────────────────────

LOADED_THERE = "modules are loaded in its worker"


@command("reload", "MODULE", doc="take in the new version of a module or of an imported file\nWhere that does not load, the old one stays.", complete="module")
def reload(shell: Shell, arguments: str) -> Shown:
    own = development(shell, LOADED_THERE)
    return own.take_in(own.name_of(required(arguments, "reload")))


@command("reloadall", doc="take in the new versions of all modules and files that are imported and did not come with mlpy")
def reload_all(shell: Shell, _arguments: str) -> Shown:
    own = development(shell, LOADED_THERE)
    lines = []
    for name in own.places():
        try:
            lines.append(own.take_in(name))
        except MLError as error:
            shell.code = FAILED
            lines.append(display.error_text(error, shell.style, own.run.files))
    return "\n".join(lines) if lines else "nothing is imported that did not come with mlpy"


@command("refresh", doc="look again for modules in all folders; those that are imported stay as they are")
def refresh(shell: Shell, _arguments: str) -> Shown:
    registry = shell.engine.registry
    before = set(registry.names())
    registry.refresh()
    now = set(registry.names())
    lines = [*(f"found `{name}`" for name in sorted(now - before)), *(f"gone: `{name}`" for name in sorted(before - now))]
    lines += [complaint(one.name, one.message, one.path, one.line) for one in registry.problems()]
    return "\n".join([*lines, f"{len(now)} modules, found in {shown(registry.index.took)}"])


# ── on each save ─────────────────────────────────────────────────────────────────────────────────────────────────


@command("watch", "[MODULE | PATH]", doc="reload a module, or whatever is imported from a folder, each time it is saved; alone it lists what is watched", complete="module")
def watch(shell: Shell, arguments: str) -> Shown:
    own = development(shell, LOADED_THERE)
    if arguments:
        path = own.place_of(arguments)
        own.watch(path)
        return f"watching `{listing.near(path)}`"
    return Table((), [(listing.near(path),) for path in own.watched]) if own.watched else "nothing is watched"


@command("unwatch", "[MODULE | PATH]", doc="watch it no more; alone it ends all watching", complete="module")
def unwatch(shell: Shell, arguments: str) -> Shown:
    own = development(shell, LOADED_THERE)
    own.interrupt()
    if not arguments:
        count = len(own.watched)
        for path in own.watched:
            own.watcher.unwatch(path)
        return "nothing is watched any more" if count else "nothing is watched"
    path = own.place_of(arguments)
    if not (own.watched and own.watcher.unwatch(path)):
        raise Mistake(f"`{arguments}` is not watched", "`.watch` lists what is")
    return f"`{listing.near(path)}` is watched no more"


@command(
    "devmode",
    "[on | off]",
    doc="measure what modules cost, and reload whatever is imported each time it is saved\n`.perfmon` shows the costs. Off, nothing is measured or watched.",
    complete=("on", "off"),
)
def devmode(shell: Shell, arguments: str) -> Shown:
    own = development(shell, LOADED_THERE)
    if arguments not in ("", "on", "off"):
        raise Mistake(f"no mode `{arguments}`", "write `.devmode on` or `.devmode off`")
    if arguments == "on":
        own.begin()
    elif arguments == "off":
        own.end()
    said = f"development mode is {'on' if own.automatic else 'off'}"
    return Pages(said, Table((), [("watching", listing.near(path)) for path in own.watched])) if own.automatic and own.watched else said
