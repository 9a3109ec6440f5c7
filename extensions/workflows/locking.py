"""Locks: what a workflow was when it was locked, and the packages it gets, each pinned to its version and to the hashes of its files.

A lock lies beside its script as `NAME.lock`: comments with the digests of the script and what it required, then the pins in the format of `requirements.txt`. It names no index
and no path, so it counts on every machine. It may be a stranger's: what is read of it are pins of the one form that is written here, and nothing of the file itself reaches uv.

What a workflow requires is what its header, the file that the header names and a PEP 723 block say together. A requirement names a package, its versions, or an `https` address;
options of `requirements.txt`, paths and variables are refused, as they would let a header read this machine's files and secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass

from mlpy.extensions.workflows import packages
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.records import requirements

from mlpy import whole

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.workflows.folder import Workflow

SUFFIX = ".lock"
TITLE = "# lock of a workflow, made by `mlpy workflow lock`: format 1"
MOST = 16 << 20  # bytes of a lock
MOST_REQUIRED = 1 << 20  # bytes of a file of requirements
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
PIN = re.compile(
    rf"{NAME}(?:\[[A-Za-z0-9._, -]*\])? ?(?:==[0-9A-Za-z.+!_-]+|@ https://[^\s$#\\]+(?:#[\w.=&%-]+)?)(?: ?; [\w\s.'\"<>=!~()*+,-]+)?(?: --hash=sha(?:256|384|512):[0-9a-f]{{64,128}})+"
)
HEAD = re.compile(r"# (source|requires|python|builds): (.*)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a workflow requires now: requirements in order, and the demand on Python's version (empty where there is none)."""

    requires: tuple[str, ...]
    python: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock: `source` is the digest of the script as it was locked, `builds` whether packages may be built from source code, `pins` are lines with version and hashes."""

    source: str
    requires: tuple[str, ...]
    python: str
    builds: bool
    pins: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What an environment is named by: equal for equal packages, whichever script they are for."""
        return "sha256:" + hashlib.sha256(json.dumps([self.builds, sorted(self.pins)]).encode()).hexdigest()

    @property
    def text(self) -> str:
        """The lock as a file."""
        head = {"source": self.source, "requires": json.dumps(list(self.requires)), "python": json.dumps(self.python), "builds": json.dumps(self.builds)}
        lines = [TITLE, *(f"# {name}: {value}" for name, value in head.items())]
        return "\n".join(lines + [pin.replace(" --hash=", " \\\n    --hash=") for pin in self.pins]) + "\n"

    @property
    def names(self) -> list[str]:
        """The packages with their versions."""
        return [pin.partition(" --hash=")[0] for pin in self.pins]


# ── what is required ─────────────────────────────────────────────────────────────────────────────────────────────


def needs(workflow: Workflow) -> Needs:
    """What a workflow requires, by its header alone.

    Raises:
        WorkflowError: `invalid_value`, `file_not_found`, `unsafe_path` or `too_large` for a file of requirements that cannot be used.
    """
    python = (workflow.header.script or {}).get("requires-python", "")
    found = [*requirements(workflow.header), *listed(workflow)]
    return Needs(tuple(sorted({" ".join(one.split()) for one in found})), python if isinstance(python, str) else "")


def listed(workflow: Workflow) -> list[str]:
    """The requirements of the file that the header names, which lies beside the script or below."""
    name = workflow.header.requires_file
    if not name:
        return []
    lines = read_required(workflow, name).splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text.startswith("-") or text.endswith("\\"):
            what = "an option" if text.startswith("-") else "a line that goes on"
            raise WorkflowError("invalid_value", f"line {number} of `{name}` is {what}", hint="it may hold requirements only, one a line")
        if text:
            found.append(text)
    return found


def read_required(workflow: Workflow, name: str) -> str:
    """The text of a file of requirements."""
    base = workflow.path if os.path.isdir(workflow.path) else os.path.dirname(workflow.path)
    path = os.path.join(base, name)
    if os.path.isabs(name) or not os.path.realpath(path).startswith(os.path.realpath(base) + os.sep):
        raise WorkflowError("unsafe_path", f"`{name}`, which `{workflow.reference}` names, is not beside it", hint="a file of requirements lies in the folder of its script")
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            data = stream.read(MOST_REQUIRED + 1)
    except OSError as error:
        said = (error.strerror or "unknown error").lower()
        raise WorkflowError("file_not_found", f"`{name}`, which `{workflow.reference}` names, cannot be read: {said}") from None
    if len(data) > MOST_REQUIRED:
        raise WorkflowError("too_large", f"`{name}` is larger than {MOST_REQUIRED >> 20} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WorkflowError("invalid_value", f"`{name}` is no text in UTF-8") from None


def checked(requirement: str) -> str:
    """A requirement in its one spelling.

    Raises:
        WorkflowError: `invalid_value` for anything but a package with versions or an `https` address.
    """
    WorkflowError.need("packaging")
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  only locking needs it

    hint = "write it like `requests>=2.31` or `name @ https://host/name-1.0-py3-none-any.whl`"
    try:
        read = Requirement(requirement)
    except InvalidRequirement:
        raise WorkflowError("invalid_value", f"`{requirement}` is no requirement", hint=hint) from None
    if read.url and (not read.url.startswith("https://") or set(read.url) & set("$\\{}")):
        raise WorkflowError("invalid_value", f"`{requirement}` is from an address that cannot be locked", hint=hint)
    return str(read)


# ── reading and writing ──────────────────────────────────────────────────────────────────────────────────────────


def path_of(workflow: Workflow) -> str:
    """Where the lock of a workflow lies."""
    return workflow.path + SUFFIX


def read(workflow: Workflow) -> Lock | None:
    """The lock of a workflow, None where there is none.

    Raises:
        WorkflowError: `invalid_lock`.
    """
    path = path_of(workflow)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
            data = stream.read(MOST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise broken(workflow.reference, f"cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    return parse(data, workflow.reference)


def parse(data: bytes, name: str) -> Lock:
    """The lock that a file holds; `name` is the workflow's, for messages."""
    if len(data) > MOST:
        raise broken(name, f"is larger than {MOST >> 20} MB")
    lines = data.decode("utf-8", "replace").replace("\\\n", " ").splitlines()
    if not lines or lines[0] != TITLE:
        raise broken(name, "is none of mlpy's")
    head = {found[1]: found[2] for line in lines[1:] if (found := HEAD.fullmatch(line))}
    pins = tuple(" ".join(line.split()) for line in lines[1:] if line.strip() and not line.startswith("#"))
    wrong = next((pin for pin in pins if not PIN.fullmatch(pin)), None)
    if wrong is not None:
        raise broken(name, f"has a line that pins nothing: `{wrong[:80]}`")
    try:
        requires, python, builds = (json.loads(head[part]) for part in ("requires", "python", "builds"))
        source = head["source"]
    except (KeyError, ValueError, RecursionError):
        raise broken(name, "has an incomplete head") from None
    if not (isinstance(requires, list) and all(isinstance(one, str) for one in requires) and isinstance(python, str) and isinstance(builds, bool) and DIGEST.fullmatch(source)):
        raise broken(name, "has an incomplete head")
    return Lock(source, tuple(requires), python, builds, pins)


def broken(name: str, why: str) -> WorkflowError:
    return WorkflowError("invalid_lock", f"the lock of `{name}` {why}", hint=f"`mlpy workflow lock {name} --force` writes it anew")


def write(workflow: Workflow, lock: Lock) -> None:
    """Puts a lock beside its script, whole or not at all.

    Raises:
        WorkflowError: `not_writable`.
    """
    path = path_of(workflow)
    if os.path.islink(path):
        raise WorkflowError("not_writable", f"the lock of `{workflow.reference}` is a link")
    try:
        whole.replace(path, lock.text.encode())
    except OSError as error:
        said = (error.strerror or "unknown error").lower()
        raise WorkflowError("not_writable", f"the lock of `{workflow.reference}` cannot be written: {said}") from None


# ── what has changed ─────────────────────────────────────────────────────────────────────────────────────────────


def fits(lock: Lock, wanted: Needs) -> bool:
    """Whether a lock is for these requirements; the script itself may be another one by now."""
    return lock.requires == wanted.requires and (not wanted.python or lock.python == wanted.python)


def drift(workflow: Workflow, lock: Lock) -> list[str]:
    """What has changed since a lock was made: `source`, `requires`, both or nothing."""
    return [what for what, same in (("source", lock.source == workflow.source_hash()), ("requires", fits(lock, needs(workflow)))) if not same]


def required(workflow: Workflow) -> Lock:
    """The lock of a workflow that has not changed since it was locked.

    Raises:
        WorkflowError: `lock_missing`, `lock_stale` or `invalid_lock`.
    """
    name = workflow.reference
    lock = read(workflow)
    hint = f"`mlpy workflow lock {name}` locks it as it is now"
    if lock is None:
        raise WorkflowError("lock_missing", f"`{name}` has no lock", hint=hint)
    changed = drift(workflow, lock)
    if changed:
        what = " and ".join({"source": "its script", "requires": "what it requires"}[one] for one in changed)
        raise WorkflowError("lock_stale", f"`{name}` is not what was locked: {what} changed", detail={"changed": changed}, hint=hint)
    return lock


# ── locking ──────────────────────────────────────────────────────────────────────────────────────────────────────


def resolve(workflow: Workflow, *, before: Lock | None = None, upgrade: bool = False, offline: bool = False, builds: bool = False) -> Lock:
    """A lock of a workflow as it is now. Versions of the lock `before` stay where they may, unless `upgrade`; where nothing else is required, nobody is asked.

    Packages come as wheels; `builds` lets them be built from source code, which runs that code.

    Raises:
        WorkflowError: `invalid_value`, `lock_failed`, `offline`, `network_error`, `interpreter_not_found` or `missing_extra`.
    """
    wanted, source = needs(workflow), workflow.source_hash()
    if not wanted.requires:
        return Lock(source, (), wanted.python, False, ())
    if before is not None and not upgrade and fits(before, wanted) and before.builds == builds:
        return Lock(source, wanted.requires, before.python, builds, before.pins)
    python = wanted.python or f">={sys.version_info[0]}.{sys.version_info[1]}"
    lines = [checked(one) for one in wanted.requires]
    program = packages.interpreter(python)
    options = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-strip-extras", "--quiet", "--python-version", lowest(python), "--python", program]
    with packages.workplace() as folder:
        asked, answer = os.path.join(folder, "requirements.in"), os.path.join(folder, "requirements.txt")
        with open(asked, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
        with open(answer, "w", encoding="utf-8") as stream:
            stream.write("\n".join(before.pins if before and not upgrade else ()) + "\n")
        try:
            packages.ask("pip", "compile", *options, *([] if builds else ["--no-build"]), "--output-file", answer, asked, folder=folder, offline=offline)
        except packages.Said as said:
            raise unresolved(workflow.reference, said, offline=offline) from None
        with open(answer, encoding="utf-8") as stream:
            text = stream.read()
    made = Lock(source, wanted.requires, python, builds, tuple(" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line.strip()))
    return parse(made.text.encode(), workflow.reference)


def lowest(python: str) -> str:
    """The oldest minor version of Python 3 that meets a demand."""
    return next((f"3.{minor}" for minor in range(8, 64) if packages.admits(python, (3, minor)) or packages.admits(python, (3, minor, 99))), "3.11")


def unresolved(name: str, said: packages.Said, *, offline: bool) -> WorkflowError:
    """What a failure to resolve means."""
    message = f"what `{name}` requires cannot be resolved: {said.line}"
    if offline:
        return WorkflowError("offline", message, hint="without `--offline` the network is asked")
    if said.needs_builds:
        return WorkflowError("lock_failed", message, hint=f"`mlpy workflow lock {name} --build` lets packages be built from their source code, which runs that code")
    return WorkflowError("network_error" if said.unreached else "lock_failed", message)
