"""Environments: the packages of a lock, installed once for all workflows with an equal lock and the same Python.

An environment lies in the user's cache under the digest of its lock. Who makes it holds a lock on a file beside it, and so does the uv that installs for him; only when all is
there a mark says so, and a folder without the mark is made anew. So an interrupted installation is never used, and two runs at once make one environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import sys
from contextlib import contextmanager

from mlpy.extensions.workflows import locking, packages
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import prompt, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Mapping

    from mlpy.extensions.workflows.folder import Workflow
    from mlpy.extensions.workflows.locking import Lock

FORMAT = "1"
READY = ".ready"
SHOWN = 8  # requirements that a question names


class Environment:
    """Where the packages of a lock are, or will be."""

    def __init__(self, lock: Lock) -> None:
        machine = os.uname()
        python = f"{sys.implementation.cache_tag} {sys.base_prefix}" if packages.admits(lock.python, sys.version_info[:3]) else lock.python
        parts = (FORMAT, lock.digest, python, machine.sysname, machine.machine)
        self.lock = lock
        self.key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
        self.folder = os.path.join(packages.root(), "environments", self.key)

    @property
    def python(self) -> str:
        """Its interpreter."""
        return os.path.join(self.folder, "bin", "python")

    @property
    def is_ready(self) -> bool:
        """Whether it is whole, and its Python still there."""
        return os.path.exists(os.path.join(self.folder, READY)) and os.access(self.python, os.X_OK)

    def variables(self, before: Mapping[str, str]) -> dict[str, str]:
        """The variables of a process that is to find its interpreter and its commands first."""
        path = os.path.join(self.folder, "bin") + os.pathsep + before.get("PATH", os.defpath)
        return {**{name: value for name, value in before.items() if name not in ("PYTHONHOME", "PYTHONPATH")}, "PATH": path, "VIRTUAL_ENV": self.folder}

    def make(self, name: str, *, offline: bool = False) -> None:
        """Installs what the lock pins, unless it is there; `name` is the workflow's, for messages.

        Raises:
            WorkflowError: `install_failed`, `offline`, `network_error`, `interpreter_not_found`, `missing_extra` or `not_writable`.
        """
        if self.is_ready:
            return
        with self.held(name) as held:
            if not self.is_ready:
                shutil.rmtree(self.folder, ignore_errors=True)
                try:
                    self.install(held, offline=offline)
                except packages.Said as said:
                    shutil.rmtree(self.folder, ignore_errors=True)
                    raise uninstalled(name, said, offline=offline) from None
                with open(os.path.join(self.folder, READY), "w", encoding="ascii") as mark:
                    mark.write(self.lock.digest + "\n")

    def install(self, held: int, *, offline: bool) -> None:
        """Has uv make the folder."""
        with packages.workplace() as folder:
            pins = os.path.join(folder, "requirements.txt")
            with open(pins, "w", encoding="utf-8") as stream:
                stream.write("\n".join(self.lock.pins) + "\n")
            program = packages.interpreter(self.lock.python)
            packages.ask("venv", "--quiet", "--no-project", "--python", program, self.folder, folder=folder, held=(held,))
            if not self.lock.pins:
                return
            options = ["--quiet", "--require-hashes", "--no-deps", *([] if self.lock.builds else ["--no-build"])]
            packages.ask("pip", "install", *options, "--python", self.python, "--requirement", pins, folder=folder, offline=offline, held=(held,))

    @contextmanager
    def held(self, name: str) -> Iterator[int]:
        """The right to make it, which lasts as long as this process or a uv of it lives; gives the descriptor."""
        os.makedirs(os.path.dirname(self.folder), mode=0o700, exist_ok=True)
        file = os.open(f"{self.folder}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                terminal.note(f"another process installs what `{name}` requires: waiting for it")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def uninstalled(name: str, said: packages.Said, *, offline: bool) -> WorkflowError:
    """What a failure to install means."""
    message = f"what `{name}` requires cannot be installed: {said.line}"
    if offline:
        return WorkflowError("offline", message, hint="without `--offline` what is missing is downloaded")
    return WorkflowError("network_error" if said.unreached else "install_failed", message)


def planned(workflow: Workflow, *, locked: bool = False) -> Environment | None:
    """The environment that a run as things are now would use, there or not; None where nothing is required, or no lock says what it gets. Installs and asks nothing.

    Who requires nothing but another Python than this one gets an environment without packages, which needs no lock.

    Raises:
        WorkflowError: with `locked`, `lock_missing` or `lock_stale`; else `invalid_lock` and what `locking.needs` raises.
    """
    lock = locking.required(workflow) if locked else usable(workflow)
    if workflow.language == "ml":  # whatever its lock says: nothing may happen outside of its sandbox
        return None
    return Environment(lock) if lock is not None and (lock.requires or not packages.admits(lock.python, sys.version_info[:3])) else None


def usable(workflow: Workflow) -> Lock | None:
    """The lock of a workflow, if it is for what it requires now."""
    wanted = locking.needs(workflow)
    if not wanted.requires:
        return locking.Lock(workflow.source_hash(), (), wanted.python, builds=False, pins=()) if wanted.python else None
    lock = locking.read(workflow)
    return lock if lock is not None and locking.fits(lock, wanted) else None


def prepared(workflow: Workflow, *, locked: bool = False, offline: bool = False, yes: bool = False, asking: bool = True) -> Environment | None:
    """The environment of a workflow, with everything installed; None where it requires nothing.

    What no lock pins is locked and installed only with `yes`, or when the person at the terminal says so (`asking`). With `locked` the workflow must be what was locked; with
    `offline` only what is on this machine counts.

    Raises:
        WorkflowError: `confirmation_required`, and what `planned`, `locking.resolve` and `Environment.make` raise.
    """
    made = planned(workflow, locked=locked)
    if made is None and not locked and locking.needs(workflow).requires:
        if not yes:
            confirm(workflow, asking=asking)
        lock = locking.resolve(workflow, before=locking.read(workflow), offline=offline)
        locking.write(workflow, lock)
        made = Environment(lock)
    if made is not None:
        made.make(workflow.reference, offline=offline)
    return made


def confirm(workflow: Workflow, *, asking: bool) -> None:
    """Asks whether the packages that nothing pins may be locked and installed."""
    name, wanted = workflow.reference, locking.needs(workflow).requires
    why = "has no lock" if locking.read(workflow) is None else "has a lock for other requirements"
    listed = ", ".join(wanted[:SHOWN]) + (f" and {len(wanted) - SHOWN} more" if len(wanted) > SHOWN else "")
    message = f"`{name}` requires {listed}, and {why}"
    if not asking or not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        hint = f"`mlpy workflow lock {shlex.quote(name)}` pins what it gets; `--yes` does that and runs it"
        raise WorkflowError("confirmation_required", message, detail={"requires": list(wanted)}, hint=hint)
    if not prompt.confirmed(f"`{prompt.visible(name)}` requires {prompt.visible(listed)}\n  lock and install that? [y]es, [n]o "):
        raise WorkflowError("confirmation_required", f"nothing was installed for `{name}`")
