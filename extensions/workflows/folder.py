"""A folder of workflows: which one is meant, what is in it, and its records kept in step with its scripts.

What was read of a script is kept in the user's cache until the script or its record changes, so that a listing is one look at names and times. Nothing but `apply` writes, so a folder
that can only be read is listed as any other; nothing is run.
"""

from __future__ import annotations

import os
from functools import cached_property

from mlpy.extensions.workflows import header, records, scripts
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.header import Header
from mlpy.extensions.workflows.languages import LANGUAGES, named
from mlpy.extensions.workflows.records import Record
from mlpy.extensions.workflows.scripts import UNSETTLED, Script

from mlpy import cache, config, whole
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from mlpy.extensions.workflows.scripts import Candidate, Look, Problem

    # Of one candidate: the state of the script, that of its record (None where it has none), and what was found: a workflow as plain data, what is wrong, or None for no script.
    Known: TypeAlias = tuple[str, str | None, dict[str, Any] | str | None]

FORM = "2"  # of what the index keeps: another one where the reading changes
HERE = "workflows"  # the folder of a project
VARIABLE = "MLPY_WORKFLOWS"


class Workflow:
    """A script with its record. `name` is that of its file without the extension, `reference` what means this one alone: `name`, `name:language` or the name of its file."""

    def __init__(self, folder: Folder, script: Script, known: dict[str, Any]) -> None:
        self.folder = folder
        self.script = script
        self.name = script.name
        self.reference = script.name
        self._known = known

    @property
    def language(self) -> str:
        """The name of its language."""
        return self.script.language.name

    @property
    def path(self) -> str:
        """Where its file lies, or its folder."""
        return self.script.path

    @property
    def entry(self) -> str:
        """Where the file lies that is run."""
        return self.script.entry

    def source_hash(self) -> str:
        """The digest of the script as it is now, `sha256:…`.

        Raises:
            WorkflowError: `not_readable`.
        """
        try:
            return self.script.digest()
        except OSError:
            raise WorkflowError("not_readable", f"`{self.script.file}` cannot be read") from None

    @property
    def in_step(self) -> bool:
        """Whether the record beside it is that of the script as it is."""
        return bool(self._known["in_step"])

    @property
    def recorded(self) -> bool:
        """Whether there is anything where its record belongs."""
        return bool(self._known["recorded"])

    @cached_property
    def header(self) -> Header:
        """What it says about itself."""
        return Header.from_data(self._known["header"])

    @property
    def requires(self) -> list[str]:
        """What it requires: by its header, and by its block of PEP 723."""
        return list(self._known["record"]["metadata"]["requires"])

    @property
    def warnings(self) -> list[tuple[int, str]]:
        """Lines of its header with what is wrong there."""
        return self.header.warnings

    @cached_property
    def record(self) -> Record:
        """Its record as it must be, whether it was written or not.

        Raises:
            WorkflowError: `not_readable`, where the script has gone meanwhile.
        """
        return Record.from_data(self._known["record"], code_of(self.script))

    def summary(self) -> dict[str, object]:
        """The record without the text of the script, and under what it is found: `reference`, `path`, `in_step`, `warnings`."""
        warnings = [{"line": line, "message": message} for line, message in self.warnings]
        return {**self._known["record"], "reference": self.reference, "path": self.path, "in_step": self.in_step, "warnings": warnings}

    def is_called(self, text: str) -> bool:
        """Whether a text is its name, or that of its file."""
        return text in (self.name, self.script.file)

    def answers_to(self, text: str) -> bool:
        """Whether a text is one of its names."""
        return self.is_called(text) or text == (self.header.entry_point or None)

    def answered_to(self, text: str) -> bool:
        """Whether a text is the name that it had once."""
        return bool(text) and text == self.header.deprecated_entry_point

    def __repr__(self) -> str:
        return f"<Workflow {self.reference}>"


class Changes:
    """What a look at a folder finds to write, by the names of the scripts' files: `renamed` are pairs of the old and the new one, `problems` of a file and what is wrong with it.

    `failed` counts the problems of writing.
    """

    def __init__(self) -> None:
        self.created: list[str] = []
        self.updated: list[str] = []
        self.renamed: list[tuple[str, str]] = []
        self.removed: list[str] = []
        self.unchanged: list[str] = []
        self.problems: list[Problem] = []
        self.failed = 0

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.renamed or self.removed)

    def add(self, later: Changes) -> None:
        """Goes on with what came later."""
        self.created += later.created
        self.updated += later.updated
        self.renamed += later.renamed
        self.removed += later.removed
        self.failed += later.failed
        self.unchanged, self.problems = later.unchanged, later.problems

    def to_json(self) -> dict[str, object]:
        return {
            "created": self.created,
            "updated": self.updated,
            "renamed": [{"from": old, "to": new} for old, new in self.renamed],
            "removed": self.removed,
            "unchanged": self.unchanged,
            "problems": told(self.problems),
        }


class Folder:
    """A folder of workflows at a path, which need not be there: then nothing is in it. One object looks at what has changed since its last look."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.problems: list[Problem] = []
        self._known: dict[str, Known] | None = None

    @classmethod
    def locate(cls, option: str | None = None) -> Folder:
        """The folder that is meant: the one an option names, or `MLPY_WORKFLOWS`, or `workflows/` here or in the project, or else the user's own.

        Raises:
            WorkflowError: `folder_not_found`, where a folder is named that is not there.
        """
        given = option or os.environ.get(VARIABLE)
        if given:
            path = os.path.expanduser(given)
            if not os.path.isdir(path):
                raise WorkflowError("folder_not_found", f"there is no folder `{given}`", hint=f"`mkdir -p {given}` makes it" if not os.path.lexists(path) else None)
            return cls(path)
        here = os.getcwd()
        projects = map(os.path.dirname, config.project_files(here)) if config.projects() else ()
        for place in (here, *projects):
            if os.path.isdir(os.path.join(place, HERE)):
                return cls(os.path.join(place, HERE))
        return cls(os.path.join(config.config_root(), HERE))

    # ── reading ──

    def workflows(self) -> list[Workflow]:
        """All workflows in the order of their names; `problems` are then what is in the folder and cannot be one."""
        found, _ = self.look()
        return found

    def look(self) -> tuple[list[Workflow], Look]:
        """The workflows, and what the look has found beside them."""
        seen = scripts.look(self.path)
        self._known = self._examined(seen)
        found = []
        self.problems = [*seen.problems]
        for candidate in seen.candidates:
            data = self._known[candidate.file][2]
            if isinstance(data, str):
                self.problems.append((candidate.file, data))
            elif data is not None:
                found.append(Workflow(self, script_of(candidate, data), data))
        found.sort(key=lambda one: (one.name, one.script.file))
        refer(found)
        return found, seen

    def _examined(self, seen: Look) -> dict[str, Known]:
        """What is known of each candidate, of which only those are read that have changed."""
        key = cache.key(seen.root.encode("utf-8", "surrogateescape"), "workflows", FORM)
        kept = cache.load(key) if self._known is None else self._known
        before: dict[str, Known] = kept if isinstance(kept, dict) else {}
        found: dict[str, Known] = {}
        for candidate in seen.candidates:
            states = candidate.state, seen.records.get(candidate.file + records.SUFFIX)
            known = before.get(candidate.file)
            if known is None or known[:2] != states or UNSETTLED in states:
                known = (*states, examined(candidate, recorded=states[1] is not None))
            found[candidate.file] = known
        if found != before:
            cache.store(key, found)
        return found

    def find(self, text: str) -> Workflow:
        """The workflow that a text means: its reference, `name`, `name:language` (or `name:py`), the name of a file, or else a further name, or what it was called once.

        A reference means its workflow in any case, and nothing that a header says takes a name from a file.

        Raises:
            WorkflowError: `workflow_not_found`, with what was near as `matches`; `ambiguous_match`, with the references that it may mean.
        """
        found = self.workflows()
        name, _, language = text.rpartition(":")
        wanted = named(language)
        same = [one for one in found if wanted is not None and one.script.language is wanted]
        matches = (
            [one for one in found if one.reference == text]
            or [one for one in found if one.is_called(text)]
            or [one for one in same if one.is_called(name)]
            or [one for one in found if one.answers_to(text)]
            or [one for one in same if one.answers_to(name)]
            or [one for one in found if one.answered_to(text)]
        )
        if not matches:
            raise missing(text, found)
        if len(matches) > 1:
            references = [one.reference for one in matches]
            raise WorkflowError("ambiguous_match", f"`{text}` may mean {len(matches)} workflows", matches=references, hint=f"write `{references[0]}`")
        return matches[0]

    # ── writing ──

    def sync(self, only: str | None = None) -> Changes:
        """Makes every record (or `only` that of one file) that of its script as it is: writes, renames and removes; what cannot be written is a problem."""
        return self.apply(self.plan(only))

    def plan(self, only: str | None = None) -> Plan:
        """What a `sync` would do."""
        found, seen = self.look()
        return Plan(self, found, seen, only)

    def apply(self, plan: Plan) -> Changes:
        """Does what a plan says."""
        for record, taken in plan.writes:
            plan.attempt(record.source_file, lambda record=record, taken=taken: self._write(record, taken))
        for name in plan.removals:
            plan.attempt(name, lambda name=name: discard(self.record_path(name)))
        return plan.changes

    def _write(self, record: Record, taken: str | None) -> None:
        path = self.record_path(record.source_file)
        if os.path.islink(path) or not os.path.isfile(path):  # a link could lead anywhere
            discard(path)
        whole.replace(path, record.text().encode())
        if taken is not None:
            discard(self.record_path(taken))

    def record_path(self, file: str) -> str:
        """Where the record of a script lies, by the name of its file."""
        return records.beside(os.path.join(self.path, file))

    def __repr__(self) -> str:
        return f"<Folder {self.path}>"


class Plan:
    """What is to be written: `writes` are records, with the file whose record each takes over if any; `removals` names of files that are gone. `changes` tells it."""

    def __init__(self, folder: Folder, found: list[Workflow], seen: Look, only: str | None = None) -> None:
        self.writes: list[tuple[Record, str | None]] = []
        self.removals: list[str] = []
        self.changes = Changes()
        self.changes.problems = [*folder.problems]
        orphans = self.orphans(folder, seen, {one.script.file for one in found}) if only is None else {}
        for one in found:
            if only in (None, one.script.file):
                self.attempt(one.script.file, lambda one=one: self.take(one, orphans))
        self.removals = [*orphans]
        self.changes.removed = [*orphans]

    def take(self, workflow: Workflow, orphans: dict[str, Record]) -> None:
        """Decides about one workflow."""
        file = workflow.script.file
        if workflow.in_step:
            self.changes.unchanged.append(file)
            return
        record = workflow.record
        if workflow.recorded:
            self.changes.updated.append(file)
            self.writes.append((record, None))
            return
        old = next((name for name, orphan in orphans.items() if orphan.source_hash == record.source_hash and orphan.language == record.language), None)
        if old is None:
            self.changes.created.append(file)
            self.writes.append((record, None))
            return
        record.follows(orphans.pop(old), records.moment())
        self.changes.renamed.append((old, file))
        self.writes.append((record, old))

    def orphans(self, folder: Folder, seen: Look, present: set[str]) -> dict[str, Record]:
        """The records whose scripts are gone, by the names of these; one that was not made by mlpy stays, and is a problem."""
        found = {}
        troubled = {file.partition("/")[0] for file, _ in folder.problems}
        for name in seen.records:
            file = name.removesuffix(records.SUFFIX)
            if not file or file in present or file in troubled:
                continue
            try:
                record = records.read(os.path.join(seen.root, name))
            except WorkflowError:
                record = None
            if record is not None and record.metadata["auto_generated"] and record.source_file == file:
                found[file] = record
            elif os.path.lexists(os.path.join(seen.root, name)):
                self.changes.problems.append((name, "is no record of mlpy's, and belongs to no script"))
        return found

    def attempt(self, file: str, action: Any) -> None:  # noqa: ANN401  what it gives is of no interest
        """Does something about one file; what prevents it is a problem of that file, and no change."""
        try:
            action()
        except OSError as error:
            self.fail(file, f"its record cannot be kept in step: {(error.strerror or 'unknown error').lower()}")
        except WorkflowError as failure:
            self.fail(file, failure.message)

    def fail(self, file: str, message: str) -> None:
        changes = self.changes
        for names in (changes.created, changes.updated, changes.removed):
            if file in names:
                names.remove(file)
        changes.renamed = [pair for pair in changes.renamed if pair[1] != file]
        changes.problems.append((file, message))
        changes.failed += 1


# ── what is read of one script ──


def examined(candidate: Candidate, *, recorded: bool) -> dict[str, Any] | str | None:
    """What a candidate is: a workflow as plain data, what is wrong with it, or None for no script."""
    try:
        script = scripts.examine(candidate)
        if script is None:
            return None
        code = header.text_of(script.entry)
        status = os.stat(script.entry)
        said = header.read(code, script.language)
        record = Record.of(script, said, code, records.moment(status.st_mtime))
    except OSError:
        return "cannot be read"
    except ValueError as error:
        return str(error)
    in_step = recorded and follows(record, records.beside(candidate.path), status.st_mtime)
    brief = record.to_json()
    del brief["code"]
    return {
        "language": script.language.name,
        "entry_point": script.entry_point,
        "type": script.type,
        "header": said.to_data(),
        "record": brief,
        "recorded": recorded,
        "in_step": in_step,
    }


def follows(record: Record, path: str, modified: float) -> bool:
    """Whether the record at a path is this one, which then, or else where it is valid, takes over its times."""
    try:
        stored = records.read(path)
    except WorkflowError:
        return False
    return stored is not None and record.follows(stored, max(records.moment(modified), stored.updated_at))


def discard(path: str) -> None:
    """Removes a record, which somebody else may have done by now."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def script_of(candidate: Candidate, data: dict[str, Any]) -> Script:
    return Script(candidate.file, candidate.path, data["entry_point"], data["type"], LANGUAGES[data["language"]])


def code_of(script: Script) -> str:
    """The text of a script.

    Raises:
        WorkflowError: `not_readable`.
    """
    try:
        return header.text_of(script.entry)
    except OSError:
        raise WorkflowError("not_readable", f"`{script.entry_point}` cannot be read") from None
    except ValueError as error:
        raise WorkflowError("not_readable", f"`{script.entry_point}` {error}") from None


# ── names ──


def refer(found: Sequence[Workflow]) -> None:
    """Gives each workflow the shortest reference that no other has."""
    for same in shared(found):
        languages = [one.language for one in same]
        for one in same:
            one.reference = f"{one.name}:{one.language}" if languages.count(one.language) == 1 else one.script.file
    while same := next(shared(found), []):  # a name may look like what stands for another workflow
        for one in same:
            one.reference = one.script.file


def shared(found: Sequence[Workflow]) -> Iterator[list[Workflow]]:
    """Workflows with one reference."""
    by_reference: dict[str, list[Workflow]] = {}
    for one in found:
        by_reference.setdefault(one.reference, []).append(one)
    return (same for same in by_reference.values() if len(same) > 1)


def missing(text: str, found: list[Workflow]) -> WorkflowError:
    """What to say about a name that means nothing here."""
    close = nearest(text, (name for one in found for name in (one.reference, one.name, one.script.file)))
    if close:
        return WorkflowError("workflow_not_found", f"there is no workflow `{text}`", matches=[close], hint=f"did you mean `{close}`?")
    hint = "`mlpy workflow list` shows what is there" if found else "`mlpy workflow new NAME -l LANGUAGE` makes one"
    return WorkflowError("workflow_not_found", f"there is no workflow `{text}`", hint=hint)


def told(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems as records tell them."""
    return [{"file": file, "message": message} for file, message in problems]
