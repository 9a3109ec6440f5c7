"""The log for others: as JSON with hashes and signatures, as CSV for spreadsheets, or as a signed envelope (DSSE).

The salts of what was redacted stay here: without them nobody finds out a weak secret by trying.
"""

from __future__ import annotations

import base64
import csv
import io
import json

from mlpy.extensions.providers import canonical
from mlpy.extensions.providers.failures import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable

    from mlpy.extensions.providers.selecting import Selection
    from mlpy.extensions.providers.witness import Record, Witness

FORMAT = "mlpy witness export 1"
PAYLOAD = "application/vnd.mlpy.witness+json"
COLUMNS = (
    "sequence", "time", "kind", "provider", "instance", "operation", "status", "amount", "currency", "duration", "tokens", "parameters", "operation_id", "run", "trace", "key", "hash", "signature",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def exported(witness: Witness, selection: Selection, form: str) -> tuple[str, int]:
    """The records that are wanted, in a form of `FORMS`, and how many these are.

    Raises:
        ProviderError: `missing_extra`, `bad_passphrase`, `record_not_found`, where there is nothing to sign, or `not_canonical`, where a record is damaged.
    """
    records = [record for record in witness.records() if selection.takes(record.data)]
    return FORMS[form](witness, records), len(records)


def document(witness: Witness, records: Iterable[Record]) -> dict[str, object]:
    """All that somebody needs who verifies the records elsewhere."""
    found = [{"hash": one.hash.hex(), "record": one.data, "signature": one.signature.hex()} for one in records]
    return {"format": FORMAT, "keys": [{"id": key.id, "public": key.public.hex()} for key in witness.keys], "records": found}


def as_json(witness: Witness, records: Iterable[Record]) -> str:
    return json.dumps(document(witness, records), indent=2, ensure_ascii=False) + "\n"


def as_csv(_: Witness, records: Iterable[Record]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        said = record.data
        cost, outcome = said["cost"], said["outcome"]
        more = {
            "amount": cost.get("amount") if isinstance(cost, dict) else None, "currency": cost.get("currency") if isinstance(cost, dict) else None,
            "status": outcome.get("status") if isinstance(outcome, dict) else None, "hash": record.hash.hex(), "signature": record.signature.hex(),
        }  # fmt: skip
        writer.writerow([cell((said | more)[name]) for name in COLUMNS])
    return stream.getvalue()


def cell(value: object) -> str:
    """A value that stays one in a spreadsheet."""
    if value is None:
        return ""
    text = canonical.encode(value).decode() if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text


def as_envelope(witness: Witness, records: Iterable[Record]) -> str:
    """An envelope of DSSE 1.0 round the document, signed with the present key."""
    payload = canonical.encode(document(witness, records))
    with witness.turn():
        last = witness.last()
        if last is None:
            raise ProviderError("record_not_found", "the log is empty")
        key = witness.signing(last)
    signature = witness.signer(key).sign(encoded(PAYLOAD, payload))
    made = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD, "signatures": [{"keyid": key.id, "sig": base64.b64encode(signature).decode()}]}
    return json.dumps(made, indent=2) + "\n"


def encoded(kind: str, payload: bytes) -> bytes:
    """What the signature of an envelope is over: the pre-authentication encoding of DSSE."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


FORMS: dict[str, Callable[[Witness, Iterable[Record]], str]] = {"csv": as_csv, "dsse": as_envelope, "json": as_json}
