"""The record of a workflow: what lies beside its script as `NAME.workflow.json`, made of the script and never edited by hand.

A record is checked against `schema.json` whenever it is read: it may come from anybody. `created_at` stays as it is for as long as there is a record.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.header import Parameter
from mlpy.extensions.workflows.shape import violations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from typing import Any

    from mlpy.extensions.workflows.header import Header
    from mlpy.extensions.workflows.scripts import Script

SUFFIX = ".workflow.json"
LARGEST = 64 * 1024 * 1024  # bytes of a record, which holds the text of its script
FIELDS = ("name", "group", "description", "language", "version", "code", "type", "entry_point", "created_at", "updated_at")
METADATA = ("source_file", "source_hash", "author", "requires", "requires_file", "tags", "category", "entry_point", "deprecated_entry_point", "install_hint", "auto_generated")


class Record:
    """A workflow as data. `entry_point` is the file that is run, relative to the folder of workflows; `metadata` has the fields of `schema.json`, `params` are `Parameter`s."""

    __slots__ = ("code", "created_at", "description", "entry_point", "group", "language", "metadata", "name", "params", "type", "updated_at", "version")

    def __init__(
        self,
        *,
        name: str,
        language: str,
        entry_point: str,
        metadata: dict[str, object],
        created_at: str,
        updated_at: str,
        type: str = "single",  # noqa: A002  the field's name
        code: str = "",
        group: str = "",
        description: str = "",
        version: str = "",
        params: list[Parameter] | None = None,
    ) -> None:
        self.name = name
        self.group = group
        self.description = description
        self.language = language
        self.version = version
        self.code = code
        self.type = type
        self.entry_point = entry_point
        self.params = params or []
        self.metadata = metadata
        self.created_at = created_at
        self.updated_at = updated_at

    @property
    def source_file(self) -> str:
        """The name of the script's file or folder."""
        return str(self.metadata["source_file"])

    @property
    def source_hash(self) -> str:
        """The digest of the script, `sha256:…`."""
        return str(self.metadata["source_hash"])

    @classmethod
    def from_json(cls, data: object) -> Record:
        """A record of what JSON gave.

        Raises:
            WorkflowError: `invalid_record`, with the first thing that is not as the schema says, and all of them as `detail.violations`.
        """
        check(data)
        assert isinstance(data, dict)
        return cls(**{**data, "params": [Parameter(**one) for one in data["params"]]})

    @classmethod
    def from_data(cls, data: dict[str, Any], code: str) -> Record:
        """A record of what was kept of it, without the text of its script."""
        return cls(**{**data, "code": code, "params": [Parameter(**one) for one in data["params"]]})

    @classmethod
    def of(cls, script: Script, header: Header, code: str, moment: str) -> Record:
        """The record of a script as it is now."""
        metadata: dict[str, object] = {
            "source_file": script.file,
            "source_hash": script.digest(),
            "author": header.author,
            "requires": requirements(header),
            "requires_file": header.requires_file,
            "tags": header.tags,
            "category": header.category,
            "entry_point": header.entry_point,
            "deprecated_entry_point": header.deprecated_entry_point,
            "install_hint": header.install_hint,
            "auto_generated": True,
        }
        return cls(
            name=script.name,
            group=header.group,
            description=header.description,
            language=script.language.name,
            version=header.version,
            code=code,
            type=script.type,
            entry_point=script.entry_point,
            params=header.params,
            metadata=metadata,
            created_at=moment,
            updated_at=moment,
        )

    def to_json(self) -> dict[str, object]:
        """The record as JSON has it, in the order of the schema."""
        return {
            "name": self.name,
            "group": self.group,
            "description": self.description,
            "language": self.language,
            "version": self.version,
            "code": self.code,
            "type": self.type,
            "entry_point": self.entry_point,
            "params": [one.to_json() for one in self.params],
            "metadata": self.metadata,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }

    def text(self) -> str:
        """The content of its file."""
        return json.dumps(self.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def follows(self, stored: Record, moment: str) -> bool:
        """Takes over when a stored record of this workflow was made, and when it was changed if nothing else has: then it is no other one. `moment` is when it changed if it did."""
        self.created_at, self.updated_at = stored.created_at, stored.updated_at
        if self.to_json() == stored.to_json():
            return True
        self.updated_at = max(moment, stored.created_at)
        return False

    def __repr__(self) -> str:
        return f"<Record {self.name}:{self.language}>"


def requirements(header: Header) -> list[str]:
    """What a script requires: by its header, and by its block of PEP 723."""
    listed = (header.script or {}).get("dependencies", [])
    assert isinstance(listed, list)  # as `header.py` sees to
    return list(dict.fromkeys([*header.requires, *(one for one in map(str, listed) if one)]))


def beside(path: str) -> str:
    """Where the record of the script at a path lies."""
    return path + SUFFIX


def read(path: str) -> Record | None:
    """The record in a file; None where there is no file.

    Raises:
        WorkflowError: `invalid_record` where the file holds none, `not_readable` where it cannot be read.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError:
        raise WorkflowError("not_readable", f"`{os.path.basename(path)}` cannot be read") from None
    return Record.from_json(parsed(data, os.path.basename(path)))


def parsed(data: bytes, name: str) -> object:
    """The JSON in a record's bytes, held against what a record may measure.

    Raises:
        WorkflowError: `invalid_record`, `too_large`.
    """
    if len(data) > LARGEST:
        raise WorkflowError("too_large", f"`{name}` is larger than {LARGEST // 1024 // 1024} MB")
    try:
        return json.loads(data, parse_constant=unknown_number)
    except (ValueError, RecursionError):
        raise WorkflowError("invalid_record", f"`{name}` is no JSON") from None


def unknown_number(text: str) -> object:
    raise ValueError(text)


def check(data: object) -> None:
    """Holds data against the schema.

    Raises:
        WorkflowError: `invalid_record`.
    """
    found = list(problems(data))
    if found:
        place, message = found[0]
        listed = [{"place": place, "message": message} for place, message in found[:100]]
        raise WorkflowError("invalid_record", f"the record is not valid: `{place}` {message}" if place else f"the record is not valid: it {message}", detail={"violations": listed})


def problems(data: object) -> Iterator[tuple[str, str]]:
    """Where data is not as the schema says, and what must be there."""
    yield from violations(data, schema(), schema())
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # JSON may escape halves of characters
        yield "", "has text that UTF-8 cannot hold"


def schema() -> dict[str, Any]:
    """The JSON Schema of a record, which ships with mlpy."""
    if not _schema:
        with open(os.path.join(os.path.dirname(__file__), "schema.json"), encoding="utf-8") as stream:
            _schema.update(json.load(stream))
    return _schema


def moment(seconds: float | None = None) -> str:
    """A time in seconds since 1970, or now, as records have it: in ISO 8601, UTC, to the second."""
    try:
        found = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError, ValueError):  # a file may claim any time
        found = datetime.now(UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found.year > 999 else "1970-01-01T00:00:00Z"


_schema: dict[str, Any] = {}
