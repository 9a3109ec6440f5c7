"""Verifies the log of the witness: that every record is as it was written, follows the one before and is signed by the key whose turn it was, and that nothing is missing at the end.

What is wrong is told by the first record that shows it. The end of the log is compared with its head and with signed checkpoints, which lie apart from the database or come from somebody else.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import dataclass

from mlpy.extensions.providers import canonical, checkpoints, merkle
from mlpy.extensions.providers.failures import ProviderError, reason
from mlpy.extensions.providers.keys import Keys
from mlpy.extensions.providers.signatures import Signatures
from mlpy.extensions.providers.witness import ALGORITHM, OWN, ROTATED, ROW, SCHEMA, Record, record_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlpy.extensions.providers.checkpoints import Checkpoint
    from mlpy.extensions.providers.witness import Head, Witness

CHECKPOINT, END, HEAD = "checkpoint", "end", "head"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong: a stable `kind` in snake case, the first sequence that shows it, and why in words."""

    kind: str
    sequence: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: how many records there are, how many checkpoints were compared, and the flaws, the first record's first; none means that all is well."""

    records: int
    checkpoints: int
    flaws: tuple[Flaw, ...]

    @property
    def verified(self) -> bool:
        return not self.flaws


class Broken(Exception):  # noqa: N818  it is what was looked for
    """A record that is not as it was."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


class Chain:
    """What the next record has to follow: the hash of the last, and the key whose turn it is. `public` are the public keys of the user by their ids."""

    def __init__(self, public: Mapping[str, bytes]) -> None:
        self.public = public
        self.log = ""
        self.key = next(iter(public), "")
        self.hashes: list[bytes] = []
        self.open: dict[str, int] = {}  # operations whose outcome has not come yet, and their intents

    def add(self, record: Record) -> bytes:
        """Takes the next record, and gives the public key that must have signed it.

        Raises:
            Broken: where it is none.
        """
        expected = len(self.hashes) + 1
        if record.sequence != expected:
            raise Broken("missing", f"record {expected} is missing: record {record.sequence} follows {expected - 1}")
        said = self.read(record)
        if said["sequence"] != expected:
            raise Broken("out_of_place", f"what stands here was written as record {said['sequence']}")
        if not self.hashes:
            self.log = str(said["previous"])
        elif said["previous"] != self.hashes[-1].hex():
            raise Broken("not_linked", f"it does not follow record {expected - 1}: the hash before it is another one")
        key = str(said["key"])
        if key not in self.public:
            raise Broken("unknown_key", f"it is signed with `{key}`, which is no key of this user")
        if key != self.key:
            raise Broken("wrong_key", f"it is signed with `{key}`, and `{self.key}` was the key then")
        self.pair(said)
        self.hashes.append(record.hash)
        public = self.public[key]
        if said["kind"] == "key":
            self.key = self.successor(said)
        return public

    @staticmethod
    def read(record: Record) -> dict[str, object]:
        """What a record says, where its columns and its spelling are right."""
        if hashlib.sha256(record.body).digest() != record.hash:
            try:
                canonical.decode(record.body)
            except ProviderError as error:
                raise Broken("duplicate_key" if "a key twice" in error.message else "not_canonical", f"it is not as it was written: {error.message}") from None
            raise Broken("changed", "it is not as it was written: its hash is another one")
        try:
            said = record.data
        except ProviderError as error:
            if error.type == "witness_unusable":
                raise Broken("not_a_record", error.message) from None
            raise Broken("duplicate_key" if "a key twice" in error.message else "not_canonical", error.message) from None
        if said.get("schema") != SCHEMA or said.get("algorithm") != ALGORITHM:
            raise Broken("not_a_record", "it is not a record of this log")
        redacted = said.get("redacted")
        salt = redacted.get("salt") if isinstance(redacted, dict) else None
        if said.get("operation_id") != record.operation_id or (hashlib.sha256(record.salt).hexdigest() if record.salt is not None else None) != salt:
            raise Broken("changed", "what the database says beside it is not what it says itself")
        return said

    def pair(self, said: Mapping[str, object]) -> None:
        """Sees that an outcome has an intent before it, and is the only one."""
        operation, sequence = str(said.get("operation_id")), len(self.hashes) + 1
        if said["kind"] == "intent":
            if operation in self.open:
                raise Broken("twice", f"the operation was begun already, in record {self.open[operation]}")
            self.open[operation] = sequence
        elif said["kind"] == "outcome" and self.open.pop(operation, None) is None:
            raise Broken("no_intent", "it is the outcome of an operation that nothing has begun")

    def successor(self, said: Mapping[str, object]) -> str:
        """The key to which a record hands over."""
        named = said.get("parameters")
        new = str(named.get("key")) if isinstance(named, dict) else ""
        if said.get("provider") != OWN or said.get("operation") != ROTATED or new not in self.public:
            raise Broken("unknown_key", f"it hands over to `{new}`, which is no key of this user")
        if isinstance(named, dict) and named.get("public") != self.public[new].hex():
            raise Broken("unknown_key", f"it hands over to a key `{new}` that is another one than this user's")
        return new


def verify(witness: Witness, *, start: int = 1, against: Sequence[Checkpoint] = ()) -> Verdict:
    """Verifies the log. Signatures are looked at from record `start` on, all else from the first; `against` are checkpoints from elsewhere.

    Raises:
        ProviderError: `missing_extra`, `witness_unwritable` where the log is held too long; what is wrong with the log is no error but a flaw.
    """
    ProviderError.need("cryptography", purpose="signed records")
    flaws: list[Flaw] = []
    with witness.turn():
        head = head_of(witness, flaws)
        count = size_of(witness, flaws)
        keys = Keys(witness.apart)
        kept = checkpoints.kept(witness.apart)
    chain = Chain({key.id: key.public for key in keys})
    signatures = Signatures(count - start + 1)
    try:
        walk(chain, rows_of(witness, count), signatures, start, flaws)
        flaws += [Flaw("bad_signature", sequence, "its signature is not that of its key") for sequence in signatures.wrong()[:1]]
    finally:
        signatures.close()
    if not [flaw for flaw in flaws if flaw.kind != HEAD]:
        flaws += beyond(head, chain)
    compared = [*of_files(kept, flaws), *against]
    flaws += against_checkpoints(chain, compared, sound=not flaws)
    return Verdict(len(chain.hashes), len(compared), tuple(sorted(flaws, key=lambda flaw: flaw.sequence)))


def walk(chain: Chain, rows: Iterator[Sequence[object]], signatures: Signatures, start: int, flaws: list[Flaw]) -> None:
    """Goes along the chain to its end, or to the first record that is wrong."""
    at = 1
    try:
        for row in rows:
            record = record_of(row)
            at = len(chain.hashes) + 1
            public = chain.add(record)
            if at >= start:
                signatures.add(at, public, record.hash, record.signature)
    except Broken as broken:
        flaws.append(Flaw(broken.kind, at, broken.why))
    except sqlite3.DatabaseError:
        flaws.append(Flaw("damaged", len(chain.hashes) + 1, "the database is damaged from here on"))


def rows_of(witness: Witness, count: int) -> Iterator[Sequence[object]]:
    """The rows up to a record, read while they are walked along."""
    yield from witness.database.execute(f"SELECT {ROW} FROM records WHERE sequence <= ? ORDER BY sequence", (count,)) if count else ()  # noqa: S608  a text of `witness.py`


def size_of(witness: Witness, flaws: list[Flaw]) -> int:
    """The number of the last record."""
    try:
        (last,) = witness.database.execute("SELECT coalesce(max(sequence), 0) FROM records").fetchone()
    except sqlite3.DatabaseError:
        last = None
    if not isinstance(last, int):
        flaws.append(Flaw("damaged", 1, "the database is damaged"))
        return 0
    return last


def head_of(witness: Witness, flaws: list[Flaw]) -> Head | None:
    try:
        return witness.head()
    except ProviderError as error:
        flaws.append(Flaw(HEAD, 0, error.message))
        return None


def beyond(head: Head | None, chain: Chain) -> list[Flaw]:
    """What the head knows of the end of a log that is sound in itself."""
    count = len(chain.hashes)
    if head is None:
        return [Flaw(HEAD, count, "the file that remembers the head of the log is not there")] if count > 1 else []
    if head.sequence > count:
        return [Flaw("cut", count + 1, f"the log ends with record {count}, and had {head.sequence}: its tail is cut, or an older database was put back")]
    if head.log != chain.log:
        return [Flaw("other_log", 1, "it is another log than the one that the head remembers")]
    if chain.hashes[head.sequence - 1].hex() != head.hash:
        return [Flaw("other_end", head.sequence, "the head remembers another record here: an older database was put back and gone on with, or the log was written anew")]
    return []


def of_files(paths: Iterable[str], flaws: list[Flaw]) -> list[Checkpoint]:
    """The checkpoints that are kept."""
    found = []
    for path in paths:
        try:
            found.append(checkpoints.load(path))
        except ProviderError as error:
            flaws.append(Flaw(CHECKPOINT, 0, error.message))
        except OSError as error:
            flaws.append(Flaw(CHECKPOINT, 0, f"the checkpoint `{os.path.basename(path)}` cannot be read: {reason(error)}"))
    return found


def against_checkpoints(chain: Chain, made: Sequence[Checkpoint], *, sound: bool) -> list[Flaw]:
    """What checkpoints know of a log, as far as it goes."""
    flaws: list[Flaw] = []
    tree, after = merkle.Tree(), 0
    for one in sorted(made, key=lambda one: one.size):
        if chain.public.get(one.key) != bytes.fromhex(one.public):
            flaws.append(Flaw(CHECKPOINT, one.size, f"the checkpoint of {one.size} records is signed with `{one.key}`, which is no key of this user"))
            continue
        if one.size > len(chain.hashes):
            if sound:
                flaws.append(Flaw("cut", len(chain.hashes) + 1, f"the log ends with record {len(chain.hashes)}, and a checkpoint has {one.size}: its tail is cut, or an older database was put back"))
            continue
        for digest in chain.hashes[after : one.size]:
            tree.add(digest)
        after = max(after, one.size)
        if tree.root.hex() != one.root or chain.hashes[one.size - 1].hex() != one.head or one.log != chain.log:
            flaws.append(Flaw(CHECKPOINT, one.size, f"the first {one.size} records are not those of the checkpoint of {one.time}"))
    return flaws[:1]
