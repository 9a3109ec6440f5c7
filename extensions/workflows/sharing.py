"""Workflows that come from elsewhere and go there: a record, a script, a folder of files, or the address of one of the first two.

What comes in is a stranger's. It is read with a bound on its size, put into a folder of its own that nobody looks at, and judged there by what `scripts.py` and `header.py` make of
it, as if it were in place. Nothing of it is run, and it comes into the folder of workflows by one rename, or not at all. A record brings the text of its script and is held against
it; the record that is kept is made anew, as the script is what counts.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from errno import EXDEV
from stat import S_ISDIR, S_ISREG
from tempfile import mkdtemp

from mlpy.extensions.workflows import header, locking, packages, records, scripts
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.languages import BY_EXTENSION
from mlpy.extensions.workflows.records import Record

from mlpy import whole

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from tempfile import TemporaryDirectory

    from mlpy.extensions.workflows.folder import Folder, Workflow
    from mlpy.extensions.workflows.header import Header
    from mlpy.extensions.workflows.scripts import Script

MOST = 32 << 20  # bytes of what is taken as one file: a script has at most half of it, and a record writes some characters as several
MOST_OFFERS = 1000
LONGEST_NAME = 200  # bytes
PRIVATE = (".", "_")  # begin the names of what is no workflow
CLAIMS = ("author", "description", "group", "params", "requires", "tags", "version")  # of a record, which its script may not know of
NEITHER = "a script ends in `.py`, `.sh` and the like or has a shebang, a record ends in `.json`"


@dataclass
class Offer:
    """A workflow that somebody offers, staged at `script.path`: `lock` is what came along to pin its packages, `born` when its record says that it was made, `warnings` what to know."""

    script: Script
    header: Header
    digest: str
    size: int
    files: int
    lock: bytes | None = None
    born: str | None = None
    warnings: list[str] = field(default_factory=list)

    def asks(self) -> dict[str, object]:
        """What whoever takes it should know."""
        said = self.header
        return {
            "name": self.script.name,
            "file": self.script.file,
            "language": self.script.language.name,
            "type": self.script.type,
            "called": [name for name in (said.entry_point, said.deprecated_entry_point) if name],
            "description": said.description,
            "author": said.author,
            "version": said.version,
            "files": self.files,
            "bytes": self.size,
            "source_hash": self.digest,
            "sandboxed": self.script.language.name == "ml",
            "grants": said.grants,
            "requires": records.requirements(said),
            "requires_file": said.requires_file,
            "locked": self.lock is not None,
            "needs": said.needs,
            "params": [one.to_json() for one in said.params],
            "warnings": [*self.warnings, *(f"line {line} of the header: {message}" for line, message in said.warnings)],
        }


# ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────


def stage() -> TemporaryDirectory[str]:
    """The folder where what comes in is judged."""
    return packages.workplace()


def offers(source: str, folder: str) -> list[Offer]:
    """What a path or an address offers, staged in a folder.

    Raises:
        WorkflowError: `file_not_found`, `bad_address`, `network_error`, `bad_answer`, `too_large`, `unsafe_path`, `invalid_record`, `invalid_value` or `not_readable`: why it is refused.
    """
    found = [*offered(source, folder)]
    names = [one.script.file for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise WorkflowError("invalid_record", f"two workflows are called `{twice}` there")
    return found


def offered(source: str, folder: str) -> list[Offer]:
    """What a path or an address offers, each workflow staged below a folder."""
    if "://" in source:
        from mlpy.extensions.workflows.fetching import fetch  # noqa: PLC0415  what lies here needs no network

        name, data = fetch(source, MOST)
        return [of_bytes(name, data, folder)]
    try:
        mode = os.stat(source).st_mode
    except OSError as error:
        raise WorkflowError("file_not_found", f"`{source}` cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    if S_ISDIR(mode):
        return of_folder(os.path.abspath(source), folder)
    if not S_ISREG(mode):
        raise WorkflowError("unsafe_path", f"`{source}` is no regular file")
    return [of_file(source, folder)]


def of_file(path: str, folder: str) -> Offer:
    """What a file offers, with the lock that lies beside it."""
    offer = of_bytes(os.path.basename(path), read(path, MOST), folder)
    bring_lock(offer, path)
    return offer


def of_folder(path: str, folder: str) -> list[Offer]:
    """What a folder offers: itself, if it has an entry, else each workflow in it."""
    if scripts.entry_in(path) is not None:
        return [of_tree(path, folder)]
    seen = scripts.look(path)
    if seen.problems:
        name, reason = seen.problems[0]
        raise WorkflowError("unsafe_path", f"`{name}` {reason}", detail={"problems": [{"file": file, "message": message} for file, message in seen.problems]})
    found = [(one.file, one.path, one.names is not None) for one in seen.candidates if scripts.examine(one) is not None]
    present = {file for file, _, _ in found}
    found += [(name, os.path.join(path, name), False) for name in seen.records if name.removesuffix(records.SUFFIX) not in present]
    if not found:
        raise WorkflowError("file_not_found", f"there is no workflow in `{os.path.basename(path)}`", hint=NEITHER)
    if len(found) > MOST_OFFERS:
        raise WorkflowError("too_large", f"`{os.path.basename(path)}` has more than {MOST_OFFERS} workflows")
    chosen: list[Offer] = []
    for _, place, is_folder in found:
        chosen.append(of_tree(place, folder) if is_folder else of_file(place, folder))
        if sum(one.size for one in chosen) > scripts.MOST_BYTES:
            raise too_large(os.path.basename(path), scripts.MOST_BYTES)
    return chosen


def of_tree(path: str, folder: str) -> Offer:
    """What a folder with an entry offers."""
    name = proper(os.path.basename(path))
    place, size = mkdtemp(dir=folder), 0
    for count, (relative, file, reason) in enumerate(scripts.walk(path), 1):
        if reason:
            raise WorkflowError("unsafe_path", f"`{name}/{relative}` {reason}")
        data = read(file, scripts.MOST_BYTES)
        size += len(data)
        if size > scripts.MOST_BYTES:
            raise too_large(name, scripts.MOST_BYTES)
        if count > scripts.MOST_FILES:
            raise WorkflowError("too_large", f"`{name}` has more than {scripts.MOST_FILES} files")
        put(os.path.join(place, name, *relative.split("/")), data, executable=os.access(file, os.X_OK))
    offer = judged(name, place)
    bring_lock(offer, path)
    return offer


def of_bytes(name: str, data: bytes, folder: str) -> Offer:
    """What the content of a file offers: a script or a record, by its name."""
    if name.endswith(".json") or (os.path.splitext(name)[1] not in BY_EXTENSION and data.lstrip()[:1] == b"{"):
        return of_record(name, data, folder)
    return staged(name, data, folder)


def staged(name: str, data: bytes, folder: str) -> Offer:
    """A script of one file as an offer."""
    place = mkdtemp(dir=folder)
    put(os.path.join(place, proper(name)), data, executable=data.startswith(b"#!"))
    return judged(name, place)


def of_record(name: str, data: bytes, folder: str) -> Offer:
    """What a record offers, which is held against the script that it brings."""
    record = Record.from_json(records.parsed(data, name))
    if record.type == "multi-file":
        raise WorkflowError("invalid_record", f"`{record.name}` has more files than its record brings", hint="import the folder of its files")
    file = proper(record.source_file)
    if record.entry_point != file:
        raise WorkflowError("unsafe_path", f"`entry_point` of the record is not its script, `{file}`")
    offer = staged(file, record.code.encode(), folder)
    if offer.digest != record.source_hash:
        raise WorkflowError("invalid_record", "`code` of the record is not what its `source_hash` says")
    if (offer.script.name, offer.script.language.name) != (record.name, record.language):
        raise WorkflowError("invalid_record", f"the record says `{record.name}:{record.language}`, and its script is `{offer.script.name}:{offer.script.language.name}`")
    offer.born = record.created_at if is_moment(record.created_at) else None
    own = flat(Record.of(offer.script, offer.header, record.code, record.created_at))
    claimed = flat(record)
    offer.warnings += [f"`{key}` of the record is not what the header of its script says, which counts" for key in CLAIMS if claimed[key] != own[key]]
    return offer


def is_moment(text: str) -> bool:
    """Whether a text in the form of a time is one."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def flat(record: Record) -> dict[str, object]:
    """A record and its metadata as one table."""
    return {**record.metadata, **record.to_json()}


def judged(file: str, folder: str) -> Offer:
    """What was staged under a name, as the folder of workflows would see it."""
    seen = scripts.look(folder)
    reason = next((reason for name, reason in seen.problems if name.partition("/")[0] == file), None)
    if reason is not None:
        raise WorkflowError("unsafe_path", f"`{file}` {reason}")
    candidate = next((one for one in seen.candidates if one.file == file), None)
    script = scripts.examine(candidate) if candidate is not None else None
    if candidate is None or script is None:
        raise WorkflowError("invalid_value", f"`{file}` is neither a script nor a record of one", hint=NEITHER)
    try:
        said = header.read_file(script.entry, script.language)
    except ValueError as error:
        raise WorkflowError("too_large" if "larger" in str(error) else "invalid_value", f"`{script.entry_point}` {error}") from None
    paths = [script.path] if candidate.names is None else [os.path.join(script.path, *name.split("/")) for name in candidate.names]
    offer = Offer(script, said, script.digest(), sum(os.stat(path).st_size for path in paths), len(paths))
    if said.requires_file and candidate.names is None:
        offer.warnings.append(f"`{said.requires_file}`, which lists what it requires, does not come along")
    return offer


def bring_lock(offer: Offer, path: str) -> None:
    """Takes the lock that lies beside what was offered, if it is a lock of that."""
    place = path + locking.SUFFIX
    if not os.path.isfile(place) or os.path.islink(place):
        return
    try:
        data = read(place, locking.MOST)
        lock = locking.parse(data, offer.script.name)
    except WorkflowError as failure:
        offer.warnings.append(f"{failure.message}: it stays behind")
        return
    if lock.source == offer.digest:
        offer.lock = data
    else:
        offer.warnings.append("its lock is of another version of it: it stays behind")


def proper(name: str) -> str:
    """The name of a script's file or folder, if it may be one.

    Raises:
        WorkflowError: `unsafe_path`.
    """
    if not name or "/" in name or "\\" in name or name.startswith(PRIVATE) or not name.isprintable():
        shown = name if name.isprintable() else ascii(name)[1:-1]
        raise WorkflowError("unsafe_path", f"a workflow cannot be called `{shown}`", hint="its name is that of one file, and does not begin with `.` or `_`")
    if len(name.encode()) > LONGEST_NAME:
        raise WorkflowError("unsafe_path", f"the name `{name[:40]}…` has more than {LONGEST_NAME} bytes")
    return name


def read(path: str, most: int) -> bytes:
    """The content of a regular file, held against a bound."""
    name = os.path.basename(path)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            if not S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise WorkflowError("unsafe_path", f"`{name}` is no regular file")
            data = stream.read(most + 1)
    except OSError as error:
        raise WorkflowError("not_readable", f"`{name}` cannot be read: {(error.strerror or 'unknown error').lower()}") from None
    if len(data) > most:
        raise too_large(name, most)
    return data


def too_large(name: str, most: int) -> WorkflowError:
    return WorkflowError("too_large", f"`{name}` is larger than {most >> 20} MB")


def put(path: str, data: bytes, *, executable: bool) -> None:
    """Writes a file where nothing is yet."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o777 if executable else 0o666), "wb") as stream:
        stream.write(data)


# ── into the folder ──────────────────────────────────────────────────────────────────────────────────────────────


def taken(folder: Folder, offer: Offer) -> bool:
    """Whether something lies where an offer would go."""
    return os.path.lexists(os.path.join(folder.path, offer.script.file))


def refuse_taken(folder: Folder, chosen: list[Offer], *, force: bool) -> None:
    """Raises `already_exists` where something is there that only `force` may replace."""
    there = next((one.script.file for one in chosen if taken(folder, one)), None)
    if there is not None and not force:
        raise WorkflowError("already_exists", f"there is a workflow `{there}` already", hint="`--force` replaces it")


def take(folder: Folder, chosen: list[Offer], *, force: bool) -> None:
    """Puts offers into the folder, each as a whole, and makes their records; `force` replaces what is there.

    Raises:
        WorkflowError: `already_exists`, before anything is written; `not_writable`.
    """
    refuse_taken(folder, chosen, force=force)
    files = [one.script.file for one in chosen]
    try:
        os.makedirs(folder.path, exist_ok=True)
        for one in chosen:
            place_in(folder.path, one)
    except OSError as error:
        raise WorkflowError("not_writable", f"the folder of workflows cannot be written: {(error.strerror or 'unknown error').lower()}") from None
    plan = folder.plan()
    plan.writes = [(record, old) for record, old in plan.writes if record.source_file in files]
    plan.removals = []
    births = {one.script.file: one.born for one in chosen}
    for record, _ in plan.writes:
        record.created_at = min(record.created_at, births[record.source_file] or record.created_at)
    folder.apply(plan)


def place_in(folder: str, offer: Offer) -> None:
    """Brings one offer into its place by a rename; what was there before goes only when the new is whole."""
    place = os.path.join(folder, offer.script.file)
    try:
        swap(offer.script.path, place)
    except OSError as error:
        if error.errno != EXDEV:
            raise
        from_elsewhere(offer.script.path, place)
    lock = place + locking.SUFFIX
    if offer.lock is None or os.path.islink(lock):
        remove(lock)  # of what was replaced
    if offer.lock is not None:
        whole.replace(lock, offer.lock)


def from_elsewhere(staged: str, place: str) -> None:
    """Brings something into its place that lies on another file system: it is copied beside it first."""
    fresh = hidden(place, "new")
    try:
        (shutil.copytree if os.path.isdir(staged) else shutil.copy)(staged, fresh)
        swap(fresh, place)
    finally:
        remove(fresh)


def swap(fresh: str, place: str) -> None:
    """Gives something its place; a file replaces a file in one step, a folder what is there in two, of which the first is undone if the second fails."""
    if not os.path.lexists(place) or not (os.path.isdir(fresh) or (os.path.isdir(place) and not os.path.islink(place))):
        os.rename(fresh, place)
        return
    old = hidden(place, "old")
    os.rename(place, old)
    try:
        os.rename(fresh, place)
    except OSError:
        os.rename(old, place)
        raise
    remove(old)


def hidden(place: str, what: str) -> str:
    """A name beside a place that is nobody's workflow."""
    return os.path.join(os.path.dirname(place), f".{os.path.basename(place)}.{os.urandom(4).hex()}.{what}")


def remove(path: str) -> None:
    """Removes a file or a folder, if there is one."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(FileNotFoundError):
        os.unlink(path)


# ── out of the folder ────────────────────────────────────────────────────────────────────────────────────────────


def export_record(workflow: Workflow) -> str:
    """A workflow as one text that `import` takes.

    Raises:
        WorkflowError: `invalid_value` for one of several files; `not_readable`.
    """
    if workflow.script.type == "multi-file":
        raise WorkflowError("invalid_value", f"`{workflow.reference}` has several files, and a record brings one", hint=f"`mlpy workflow export {workflow.reference} -o FOLDER/` copies them")
    return workflow.record.text()


def export_files(workflow: Workflow, target: str, *, force: bool) -> list[str]:
    """Copies a workflow with its lock into a folder; gives the names of what is there now.

    Raises:
        WorkflowError: `already_exists`, `unsafe_path` for a link among its files, `not_writable`.
    """
    file = workflow.script.file
    if os.path.lexists(os.path.join(target, file)) and not force:
        raise WorkflowError("already_exists", f"there is a `{file}` in `{target}` already", hint="`--force` replaces it")
    with stage() as folder:
        offer = of_tree(workflow.path, folder) if workflow.script.type == "multi-file" else of_file(workflow.path, folder)
        try:
            os.makedirs(target, exist_ok=True)
            place_in(target, offer)
        except OSError as error:
            raise WorkflowError("not_writable", f"`{target}` cannot be written: {(error.strerror or 'unknown error').lower()}") from None
    return [file, *([file + locking.SUFFIX] if offer.lock is not None else [])]


def export_file(text: str, target: str, *, force: bool) -> None:
    """Writes a record into a file, whole or not at all.

    Raises:
        WorkflowError: `already_exists`, `not_writable`.
    """
    if os.path.lexists(target) and not force:
        raise WorkflowError("already_exists", f"there is a `{target}` already", hint="`--force` replaces it")
    try:
        whole.replace(target, text.encode())
    except OSError as error:
        raise WorkflowError("not_writable", f"`{target}` cannot be written: {(error.strerror or 'unknown error').lower()}") from None
