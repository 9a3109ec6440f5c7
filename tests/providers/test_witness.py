"""The witness: one chain whoever appends, nothing runs unrecorded, no secret in it, and whatever is done to it afterwards is found."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import traceback

import pytest

pytest.importorskip("cryptography", reason="`pip install 'mlpy[providers]'` installs what signs records")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from mlpy.extensions.providers import canonical, checkpoints, keys, merkle, redaction, verifying, witness
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.keys import Keys
from mlpy.extensions.providers.money import Money
from mlpy.extensions.providers.redaction import Redactor
from mlpy.extensions.providers.witness import Call, Witness

from mlpy.errors import MLError

CUT = Call("vmix", "studio", "cut", {"input": 1, "level": 0.5})
SECRET = 'hunter2-Zürich/+ &"x'
APPEND = """
import sys
from mlpy.extensions.providers.witness import Call, Witness
with Witness() as log:
    for number in range(int(sys.argv[1])):
        with log.witnessed(Call("vmix", sys.argv[2], "cut", {"input": number})):
            pass
"""
FULL = """
import resource, sys
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.witness import Call, Witness
ran = 0
with Witness() as log:
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, resource.RLIM_INFINITY))
    try:
        for number in range(1000):
            with log.witnessed(Call("vmix", "studio", "cut", {"text": str(number) * 2000})):
                ran += 1
    except ProviderError as error:
        print(ran, error.type, error.message)
"""


def fill(log: Witness, count: int = 5) -> None:
    """Operations, two records each."""
    for number in range(count):
        with log.witnessed(Call("vmix", "studio", "cut", {"input": number, "level": 0.5})):
            pass


def found(log: Witness, **options) -> tuple[str, int] | None:
    """The first flaw: its kind, and the sequence that shows it."""
    flaws = verifying.verify(log, **options).flaws
    return (flaws[0].kind, flaws[0].sequence) if flaws else None


# ── what a record is ──


def test_an_operation_leaves_its_intent_and_its_outcome(log):
    with log.witnessed(Call("openai", "home", "chat.complete", {"prompt": "hi"}, run="r", trace="t")) as entry:
        assert [record.data["kind"] for record in log.records()] == ["intent"]
        entry.cost, entry.tokens = Money.parse("0.0012"), {"input": 3, "output": 4}
    intent, outcome = [record.data for record in log.records()]
    assert intent.keys() == outcome.keys() == {
        "algorithm", "cost", "duration", "instance", "key", "kind", "operation", "operation_id", "outcome", "parameters", "previous", "provider", "redacted", "run", "schema", "sequence",
        "time", "tokens", "trace",
    }  # fmt: skip
    assert (intent["sequence"], intent["parameters"], intent["outcome"], intent["run"], intent["trace"]) == (1, {"prompt": "hi"}, None, "r", "t")
    assert (outcome["cost"], outcome["tokens"], outcome["outcome"]) == ({"amount": "0.0012", "currency": "USD"}, {"input": 3, "output": 4}, {"status": "done"})
    assert outcome["operation_id"] == intent["operation_id"] == entry.id
    first, second = log.records()
    assert outcome["previous"] == first.hash.hex() == hashlib.sha256(first.body).hexdigest()
    Ed25519PublicKey.from_public_bytes(next(iter(log.keys)).public).verify(second.signature, second.hash)
    assert found(log) is None


def test_what_fails_is_recorded_and_told_without_the_texts_of_others(log):
    with pytest.raises(ProviderError, match="`vmix/cut` failed: ValueError") as caught, log.witnessed(CUT):
        raise ValueError(SECRET)
    with pytest.raises(KeyboardInterrupt), log.witnessed(CUT):
        raise KeyboardInterrupt
    with pytest.raises(SystemExit, match=r"no .redacted.") as ended, log.witnessed(Call("vmix", "studio", "cut", known=(SECRET,))):
        try:
            raise ValueError(SECRET)
        except ValueError:
            sys.exit(f"no {SECRET}")
    assert SECRET not in "".join(traceback.format_exception(ended.value)) + str(ended.value.code)
    with pytest.raises(ProviderError, match="no rate") as ours, log.witnessed(CUT):
        raise ProviderError("no_rate", "no rate", hint="look")
    assert caught.value.type == "operation_failed"
    assert ours.value.hint == "look"
    outcomes = [record.data["outcome"] for record in log.records()][1::2]
    assert outcomes == [{"status": "failed", "error": "ValueError"}, {"status": "interrupted", "error": "KeyboardInterrupt"}, {"status": "interrupted", "error": "SystemExit"}, {"status": "failed", "error": "no_rate", "message": "no rate"}]


def test_what_is_large_is_told_by_its_digest_and_what_is_too_large_does_not_run(log):
    with log.witnessed(Call("a", "b", "c", {"text": "x" * 100_000, "number": 2**60, "odd": float("inf"), "half": "\ud800", "data": b"ab"})):
        pass
    parameters = next(log.records()).data["parameters"]
    assert parameters == {
        "text": {"characters": 100_000, "sha256": hashlib.sha256(b"x" * 100_000).hexdigest()}, "number": str(2**60), "odd": "inf", "half": "\\ud800",
        "data": {"bytes": 2, "sha256": hashlib.sha256(b"ab").hexdigest()},
    }  # fmt: skip
    with pytest.raises(ProviderError, match="larger than 1 MB"), log.witnessed(Call("a", "b", "c", {"list": ["x" * 10_000] * 200})):
        pytest.fail("it ran")


# ── one chain ──


def test_processes_append_one_chain(home):
    children = [subprocess.Popen([sys.executable, "-c", APPEND, "40", f"studio{number}"], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}) for number in range(4)]
    assert [child.wait(120) for child in children] == [0] * 4
    with Witness() as log:
        verdict = verifying.verify(log)
        assert (verdict.records, verdict.flaws) == (4 * 40 * 2, ())
        assert {record.data["instance"] for record in log.records()} == {f"studio{number}" for number in range(4)}
        assert len(list(log.keys)) == 1


def test_threads_share_a_log_and_checkpoints_come_by_themselves(log, monkeypatch):
    monkeypatch.setattr(witness, "EVERY", 16)
    threads = [threading.Thread(target=fill, args=(log, 5)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    verdict = verifying.verify(log)
    assert (verdict.records, verdict.checkpoints, verdict.flaws) == (80, 5, ())


def test_who_waits_too_long_for_another_does_not_run(log, monkeypatch):
    monkeypatch.setattr(witness, "PATIENCE", 0.05)
    with Witness() as other, log.turn(), pytest.raises(ProviderError, match="another process has held the log") as caught, other.witnessed(CUT):
        pytest.fail("it ran")
    assert caught.value.retryable
    fill(log, 1)


def test_a_judge_takes_a_private_key_for_its_own_public_one_alone(log):
    from mlpy.extensions.providers.signatures import Judge

    fill(log, 1)
    (key,) = Keys()
    (first, _), other = log.records(), Ed25519PrivateKey.generate()
    for judge in (Judge(), Judge([key])):
        assert judge.holds(key.public, first.hash, first.signature)
        assert not judge.holds(key.public, first.hash, other.sign(first.hash))
    swapped = keys.Key(key.id, other.public_key().public_bytes_raw(), key.created, key.sealed)
    assert not Judge([swapped]).holds(swapped.public, first.hash, first.signature)


def test_signatures_of_a_long_log_are_verified_by_processes(log, monkeypatch, tmp_path):
    from mlpy.extensions.providers import signatures

    monkeypatch.setattr(signatures, "FEW", 10)
    (tmp_path / "json.py").write_text("raise SystemExit")  # which nobody imports who works in a folder of others
    monkeypatch.chdir(tmp_path)
    fill(log, 8)
    assert found(log) is None
    log.database.execute("UPDATE records SET signature = (SELECT signature FROM records WHERE sequence = 3) WHERE sequence = 12")
    assert found(log) == ("bad_signature", 12)
    os.unlink(os.path.join(log.apart, "passphrase"))  # public keys alone
    assert found(log) == ("bad_signature", 12)
    assert found(log, start=13) is None


# ── nothing runs unrecorded ──


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a limit for the size of files is one of POSIX")
def test_an_operation_does_not_run_when_the_disk_is_full(home):
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    ran, kind, message = done.stdout.split(maxsplit=2)
    assert (kind, message.partition(":")[0]) == ("witness_unwritable", "what is done cannot be recorded")
    with Witness() as log:
        begun = sum(record.data["kind"] == "intent" for record in log.records())
        assert int(ran) == begun > 0
        assert found(log) is None
        fill(log, 1)


def test_an_operation_does_not_run_without_the_extra(log, answer, monkeypatch):
    fill(log, 1)
    monkeypatch.setattr("mlpy.failures.find_spec", lambda _: None)
    with pytest.raises(ProviderError, match="`cryptography` is not installed"), log.witnessed(CUT):
        pytest.fail("it ran")
    assert answer("witness", "verify")[1]["error"]["detail"]["hint"] == "`pip install 'mlpy[providers]'` installs what signed records need"
    assert len(answer("witness", "log")[1]["data"]["records"]) == 2


def test_an_operation_does_not_run_without_a_key_or_on_a_log_that_was_cut(log, monkeypatch):
    fill(log)
    log.database.execute("DELETE FROM records WHERE sequence > 4")
    with pytest.raises(ProviderError, match="the log ends with record 4, and had 10") as caught, log.witnessed(CUT):
        pytest.fail("it ran")
    assert caught.value.type == "witness_unusable"
    os.unlink(os.path.join(log.apart, "passphrase"))
    with Witness() as other, pytest.raises(ProviderError), other.witnessed(CUT):
        pytest.fail("it ran")


# ── secrets ──


def test_secrets_are_found_nowhere(log, home, run):
    declared, bearer, basic, key, learned, hinted, number = planted = ["planted-1", "planted-2-abcdefgh", "cGxhbnRlZC0zOnBsYW50ZWQ=", "planted-4", "planted-5-of-it", "planted-6-x", "tok-12345678"]
    call = Call(
        "openai", "home", "chat.complete",
        {
            "prompt": f"my key is {SECRET}", "url": f"https://me:{SECRET[:8]}@example.org/?access_token={number}", "declared": declared, "maxTokens": 20,
            "headers": {"Authorization": f"Bearer {bearer}", "X-Trace": f"Basic {basic}"}, "options": [{"apiKey": key, "password": 12345678}], "again": 12345678,
        },
        secret=("declared",), known=(SECRET,),
    )  # fmt: skip
    with pytest.raises(ProviderError) as caught, log.witnessed(call) as entry:
        entry.learn(learned)
        raise ProviderError("operation_failed", f"401 for {SECRET} and {learned}, {key}", hint=f"token={hinted}", detail={"body": base64.b64encode(SECRET.encode()).decode()})
    crash = "".join(traceback.format_exception(caught.value))
    texts = [crash, json.dumps(caught.value.record()), *(run(*line)[1] for line in (("witness", "log", "--json"), ("witness", "export"), ("witness", "export", "--format", "csv")))]
    envelope = json.loads(run("witness", "export", "--format", "dsse")[1])
    texts.append(base64.b64decode(envelope["payload"]).decode())
    data = [text.encode() for text in texts] + [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert len(data) > 8
    for secret in (*planted, "12345678", SECRET[:8], *redaction.spellings(SECRET)):
        assert not any(secret.encode() in one for one in data), secret
    intent = next(log.records())
    assert intent.data["parameters"]["maxTokens"] == 20
    redacted = intent.data["redacted"]
    mine = {"digest": redaction.digest_of(intent.salt, declared), "place": "declared"}
    assert mine in redacted["values"]
    assert redacted["salt"] == hashlib.sha256(intent.salt).hexdigest()


def test_an_error_of_a_program_leaves_without_secrets_as_well(log):
    call = Call("a", "b", "c", {}, known=(SECRET,))
    with pytest.raises(MLError) as caught, log.witnessed(call):
        error = MLError(f"no {SECRET}", "IOError", hint=f"hint {SECRET}", note=f"note {SECRET}", fields={"body": SECRET, "status": 401, "headers": [{"x": SECRET}]})
        error.add_note(SECRET)
        raise error from ValueError(SECRET)
    assert (caught.value.message, caught.value.fields) == ("no [redacted]", {"body": "[redacted]", "status": 401, "headers": [{"x": "[redacted]"}]})
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert (caught.value.hint, caught.value.note) == ("hint [redacted]", "note [redacted]")


def test_names_of_secrets():
    for name in ("password", "PASSWORD", "dbPassword", "X-Api-Key", "apiKey", "access_token", "Authorization", "set-cookie", "clientSecret", "private_key", "streamKey", "sessionId"):
        assert redaction.names_a_secret(name), name
    for name in ("maxTokens", "tokens", "key", "keyboard", "author", "prompt", "passenger", "secretary", "spin", "model"):
        assert not redaction.names_a_secret(name), name


def test_a_secret_that_an_earlier_place_has_shown_is_taken_out_of_later_ones():
    redactor = Redactor()
    assert redactor.text("Authorization: Bearer abcdefghij", "header") == "Authorization: Bearer [redacted]"
    assert redactor.parameters({"deep": [{"note": "it was abcdefghij, or Bearer abcdefghij"}], "empty": {"password": ""}, "none": {"token": None}}) == {
        "deep": [{"note": "it was [redacted], or Bearer [redacted]"}], "empty": {"password": ""}, "none": {"token": None},
    }  # fmt: skip


def test_long_texts_are_told_by_digests_that_give_no_secret_away(log):
    secret = "planted-secret"
    with log.witnessed(Call("a", "b", "c", {"with": f"{secret} " * 2000, "without": "x " * 10_000}, known=(secret,))):
        pass
    record = next(log.records())
    assert record.data["parameters"] == {"with": "[redacted]", "without": {"characters": 20_000, "sha256": hashlib.sha256(b"x " * 10_000).hexdigest()}}
    assert record.data["redacted"]["values"] == [{"digest": redaction.digest_of(record.salt, f"{secret} " * 2000), "place": "with"}]


@pytest.mark.parametrize("text", ["eyJ-" * 4_000, "?a" * 8_000, "://" * 5_000, "&x_" * 5_000, "Bearer " * 2_000, "-----BEGIN PRIVATE KEY-----" * 600], ids=lambda text: text[:6])
def test_no_text_keeps_the_search_for_secrets_busy(text):
    from time import process_time

    began = process_time()
    Redactor(known=("planted-secret",)).text(text, "prompt")
    assert process_time() - began < 20


# ── keys ──


def test_keys_rotate_and_old_ones_verify(log, answer, monkeypatch):
    fill(log, 2)
    other = Witness()  # which has opened the first key, and hears of the new one
    assert [one["signs"] for one in answer("witness", "keys", "--rotate")[1]["data"]["keys"]] == [False, True]
    with other:
        fill(other, 2)
    signed = [record.data["key"] for record in log.records()]
    assert (len(set(signed)), signed[4] == signed[0], signed[5] == signed[-1] != signed[0]) == (2, True, True)
    with Witness() as whole:
        assert found(whole) is None
        whole.database.execute("UPDATE meta SET value = ? WHERE name = 'key'", (signed[0],))  # a retired key that somebody has got hold of
        fill(whole, 1)
        assert found(whole) == ("wrong_key", 10)


def test_keys_are_sealed(home, monkeypatch):
    monkeypatch.setenv("MLPY_WITNESS_PASSPHRASE", "secret://env/PHRASE")
    with Witness() as log, pytest.raises(ProviderError, match="refers to a secret that is not there"), log.witnessed(CUT):
        pytest.fail("it ran")
    monkeypatch.setenv("PHRASE", "correct horse")
    with Witness() as log:
        fill(log, 1)
        path = home / "config" / "witness" / "keys.json"
        private = log.signer(next(iter(log.keys))).private_bytes_raw()
    stored = path.read_bytes()
    assert json.loads(stored)["keys"][0]["sealed"]["derivation"] == "scrypt"
    assert all(one not in stored for one in (private.hex().encode(), base64.b64encode(private), b"correct horse"))
    assert (path.stat().st_mode & 0o777, (home / "state" / "witness" / "log.db").stat().st_mode & 0o777) == (0o600, 0o600)
    monkeypatch.setenv("PHRASE", "wrong horse")
    with Witness() as log, pytest.raises(ProviderError, match="does not open the key") as caught, log.witnessed(CUT):
        pytest.fail("it ran")
    assert (caught.value.type, caught.value.code) == ("bad_passphrase", 3)
    file = home / "phrase"
    file.write_text("correct horse\n")
    monkeypatch.setenv("MLPY_WITNESS_PASSPHRASE", f"secret://file{file}")
    file.chmod(0o644)
    with Witness() as log, pytest.raises(ProviderError, match="`phrase` can be read by others"):
        fill(log, 1)
    file.chmod(0o600)
    with Witness() as log:
        fill(log, 1)
        assert found(log) is None


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"keys": [{"id": "x"}]}', b'{"keys": [{"id": "x", "public": "AAAA", "created": "", "sealed": {}}]}'])
def test_damaged_keys_are_told(home, content):
    folder = home / "config" / "witness"
    folder.mkdir()
    (folder / "keys.json").write_bytes(content)
    (folder / "keys.json").chmod(0o600)
    with pytest.raises(ProviderError, match="damaged"):
        Keys()


# ── what is done to it afterwards ──


def body_of(log: Witness, sequence: int, change) -> None:
    """Puts another body into a record, and leaves its hash."""
    log.database.execute("UPDATE records SET body = ? WHERE sequence = ?", (change(log.record(sequence).body), sequence))


def forged(log: Witness, sequence: int, *, private: Ed25519PrivateKey | None = None, **changes) -> None:
    """Writes a record and all behind it anew, each with its right hash; `private` signs them, else the old signatures stay."""
    previous = None
    for record in [one for one in log.records() if one.sequence >= sequence]:
        said = record.data | (changes if record.sequence == sequence or "key" in changes else {}) | ({"previous": previous} if previous else {})
        body = canonical.encode(said)
        digest = hashlib.sha256(body).digest()
        previous = digest.hex()
        log.database.execute(
            "UPDATE records SET body = ?, hash = ?, signature = ? WHERE sequence = ?", (body, digest, private.sign(digest) if private else record.signature, record.sequence)
        )


def move(log: Witness, sequence: int, to: int) -> None:
    log.database.execute("UPDATE records SET sequence = ? WHERE sequence = ?", (to, sequence))


def dropped(log: Witness) -> None:
    log.database.execute("DELETE FROM records WHERE sequence = 4")


def dropped_and_closed_up(log: Witness) -> None:
    dropped(log)
    for sequence in range(5, 11):
        move(log, sequence, sequence - 1)


def reordered(log: Witness) -> None:
    move(log, 4, 99)
    move(log, 5, 4)
    move(log, 99, 5)


def duplicated(log: Witness) -> None:
    for sequence in range(10, 4, -1):
        move(log, sequence, sequence + 1)
    log.database.execute("INSERT INTO records SELECT 5, operation_id, hash, signature, salt, body FROM records WHERE sequence = 4")


def inserted(log: Witness) -> None:
    last = log.record(10)
    body = canonical.encode(last.data | {"sequence": 11, "previous": last.hash.hex(), "kind": "use"})
    log.database.execute("INSERT INTO records SELECT 11, operation_id, ?, signature, salt, ? FROM records WHERE sequence = 10", (hashlib.sha256(body).digest(), body))


def spliced(log: Witness) -> None:
    """The tail of another log of the same user, whose keys are the same."""
    other = sqlite3.connect(log.path + ".other")
    log.database.backup(other)
    log.database.execute("DELETE FROM records")
    os.ftruncate(log.head_file, 0)
    fill(log)
    rows = other.execute(f"SELECT {witness.ROW} FROM records WHERE sequence > 6").fetchall()
    log.database.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)
    other.close()


TAMPERINGS = {
    "a flipped byte of a record": (lambda log: body_of(log, 4, lambda body: body.replace(b"studio", b"studip")), ("changed", 4)),
    "a flipped byte of a hash": (lambda log: log.database.execute("UPDATE records SET hash = zeroblob(32) WHERE sequence = 4"), ("changed", 4)),
    "a flipped byte of a signature": (lambda log: log.database.execute("UPDATE records SET signature = zeroblob(64) WHERE sequence = 4"), ("bad_signature", 4)),
    "a signature cut": (lambda log: log.database.execute("UPDATE records SET signature = x'00' WHERE sequence = 4"), ("bad_signature", 4)),
    "a salt": (lambda log: log.database.execute("UPDATE records SET salt = zeroblob(16) WHERE sequence = 4"), ("changed", 4)),
    "another operation beside it": (lambda log: log.database.execute("UPDATE records SET operation_id = 'x' WHERE sequence = 4"), ("changed", 4)),
    "no bytes at all": (lambda log: log.database.execute("UPDATE records SET body = 7 WHERE sequence = 4"), ("not_canonical", 4)),
    "a salt that is a text": (lambda log: log.database.execute("UPDATE records SET salt = 'x' WHERE sequence = 4"), ("changed", 4)),
    "a number that asks for memory": (lambda log: log.database.execute("UPDATE records SET body = 999999999999999 WHERE sequence = 4"), ("not_canonical", 4)),
    "a number below none": (lambda log: log.database.execute("UPDATE records SET body = -1 WHERE sequence = 4"), ("not_canonical", 4)),
    "another object": (lambda log: log.database.execute("UPDATE records SET body = ?, hash = ? WHERE sequence = 4", (b"{}", hashlib.sha256(b"{}").digest())), ("not_a_record", 4)),
    "other columns": (lambda log: log.database.execute("ALTER TABLE records RENAME COLUMN salt TO sugar"), ("damaged", 1)),
    "dropped": (dropped, ("missing", 4)),
    "dropped, and the rest moved up": (dropped_and_closed_up, ("out_of_place", 4)),
    "reordered": (reordered, ("out_of_place", 4)),
    "duplicated": (duplicated, ("out_of_place", 5)),
    "inserted at the end": (inserted, ("bad_signature", 11)),
    "a cut tail": (lambda log: log.database.execute("DELETE FROM records WHERE sequence > 7"), ("cut", 8)),
    "all of it": (lambda log: log.database.execute("DELETE FROM records"), ("cut", 1)),
    "spliced chains": (spliced, ("not_linked", 7)),
    "changed and hashed anew": (lambda log: forged(log, 4, instance="other"), ("bad_signature", 4)),
    "signed anew with another key": (lambda log: forged(log, 1, private=Ed25519PrivateKey.generate()), ("bad_signature", 1)),
    "signed anew with another key that it names": (lambda log: forged(log, 4, private=Ed25519PrivateKey.generate(), key="0123456789abcdef"), ("unknown_key", 4)),
    "another spelling of a number": (lambda log: body_of(log, 3, lambda body: body.replace(b'"level":0.5', b'"level":5e-1')), ("not_canonical", 3)),
    "a key twice": (lambda log: body_of(log, 3, lambda body: body.replace(b'"level":0.5', b'"level":0.5,"level":0.5')), ("duplicate_key", 3)),
    "no head": (lambda log: os.ftruncate(log.head_file, 0), ("head", 10)),
    "a damaged head": (lambda log: os.pwrite(log.head_file, b"x", 0), ("head", 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_with_its_place(log, name):
    fill(log)
    assert found(log) is None
    change, expected = TAMPERINGS[name]
    change(log)
    assert found(log) == expected


def test_what_the_owner_of_the_key_changes_is_found_by_checkpoints(log, answer, tmp_path):
    """Written anew from record 4 on with the right key, the head too: only who has a checkpoint sees it."""
    fill(log)
    assert answer("witness", "checkpoint", "--output", str(tmp_path / "mine.json"))[0] == 0
    fill(log, 1)
    private = log.signer(next(iter(log.keys)))
    forged(log, 4, private=private, instance="other")
    log.remember(log.last())
    assert found(log) == ("checkpoint", 10)
    shutil.rmtree(os.path.join(log.apart, checkpoints.FOLDER))
    assert found(log) is None
    assert found(log, against=[checkpoints.load(str(tmp_path / "mine.json"))]) == ("checkpoint", 10)


def test_an_old_database_that_is_put_back_is_found(log, home, answer, run):
    fill(log, 2)
    old = sqlite3.connect(home / "old.db")
    log.database.backup(old)
    fill(log, 3)
    kept = answer("witness", "checkpoint")[1]["data"]["checkpoint"]
    old.backup(log.database)
    old.close()
    assert found(log) == ("cut", 5)
    os.ftruncate(log.head_file, 0)
    log.remember(log.last())  # the head put back, too: a checkpoint is left
    assert found(log) == ("cut", 5)
    assert kept["size"] == 10
    code, record = answer("witness", "verify")
    assert (code, record["data"]["verified"], record["data"]["flaws"][0]["sequence"]) == (1, False, 5)
    assert run("witness", "verify")[1] == "record 5: the log ends with record 4, and a checkpoint has 10: its tail is cut, or an older database was put back\n"


def test_checkpoints_are_signed(log, tmp_path, answer):
    fill(log, 3)
    file = tmp_path / "one.json"
    _, record = answer("witness", "checkpoint", "--output", str(file), "--record", "5")
    proof, made = record["data"]["inclusion"], record["data"]["checkpoint"]
    assert merkle.includes(bytes.fromhex(proof["hash"]), 4, 6, [bytes.fromhex(one) for one in proof["path"]], bytes.fromhex(made["root"]))
    fill(log, 2)
    _, record = answer("witness", "checkpoint", "--after", str(file))
    proof, later = record["data"]["consistency"], record["data"]["checkpoint"]
    assert merkle.is_consistent(6, 10, bytes.fromhex(made["root"]), bytes.fromhex(later["root"]), [bytes.fromhex(one) for one in proof["proof"]])
    for change in ({"root": "00" * 32}, {"size": 7}, {"log": "00"}, {"signature": "00" * 64}, {"public": "00" * 32}):
        file.write_text(json.dumps(made | change))
        assert answer("witness", "verify", "--checkpoint", str(file))[1]["error"]["type"] == "not_a_checkpoint"
    file.write_text("[]")
    assert answer("witness", "verify", "--checkpoint", str(file))[1]["error"]["type"] == "not_a_checkpoint"
    assert found(log) is None


def test_a_database_that_is_no_database_is_told(home, answer):
    with Witness() as log:
        fill(log)
    (home / "state" / "witness" / "log.db").write_bytes(b"nothing" * 1000)
    for one in ("-wal", "-shm"):
        (home / "state" / "witness" / f"log.db{one}").unlink(missing_ok=True)
    code, record = answer("witness", "verify")
    assert (code, record["data"]["flaws"][0]["kind"]) == (1, "damaged")


# ── commands ──


def test_records_are_chosen_exported_and_added_up(log, answer, run):
    fill(log, 2)
    for instance, cost in (("home", "0.10"), ("home", "0.20"), ("work", "1EUR")):
        with log.witnessed(Call("openai", instance, "chat.complete", {"prompt": "=cmd"}, trace="t1")) as entry:
            entry.cost = Money.parse(cost)
    log.append(witness.Entry(CUT).intent())  # whose process ended before its outcome
    listed = answer("witness", "log", "--operation", "openai/chat.complete", "--instance", "home", "--since", "1h", "-n", "3")[1]["data"]["records"]
    assert [(one["sequence"], one["kind"]) for one in listed] == [(8, "outcome"), (7, "intent"), (6, "outcome")]
    assert "under way" in run("witness", "log", "-n", "1")[1]
    assert len(answer("witness", "log", "-n", "0", "--provider", "openai")[1]["data"]["records"]) == 6  # not the last ones
    assert answer("witness", "log", "-n", "-1")[1]["error"]["type"] == "usage"
    assert run("witness", "verify", "--from", "9")[1] == "verified: 11 records and 0 checkpoints, signatures from record 9 on\n"
    assert [answer("witness", "verify", "--from", start)[1]["error"]["type"] for start in ("0", "12")] == ["record_not_found"] * 2
    assert answer("witness", "log", "--since", "2999-01-01")[1]["data"]["records"] == []
    assert answer("witness", "cost")[1]["data"]["totals"] == [{"amount": "1.00", "currency": "EUR"}, {"amount": "0.30", "currency": "USD"}]
    assert [one["sequence"] for one in answer("witness", "chain", "--trace-from", "7")[1]["data"]["records"]] == [7, 8, 9, 10]
    assert answer("witness", "verify", "--operation-id", listed[0]["operation_id"], "--from", "5")[1]["data"]["operation_records"] == [7, 8]

    rows = list(csv.DictReader(io.StringIO(run("witness", "export", "--format", "csv", "--provider", "openai")[1])))
    assert [(one["sequence"], one["amount"]) for one in rows] == [("5", ""), ("6", "0.10"), ("7", ""), ("8", "0.20"), ("9", ""), ("10", "1.00")]
    envelope = json.loads(run("witness", "export", "--format", "dsse")[1])
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    public = Ed25519PublicKey.from_public_bytes(next(iter(log.keys)).public)
    public.verify(base64.b64decode(envelope["signatures"][0]["sig"]), b"DSSEv1 " + b" ".join([str(len(kind)).encode(), kind, str(len(payload)).encode(), payload]))
    whole = json.loads(run("witness", "export")[1])
    assert json.loads(payload) == whole
    for one in whole["records"]:
        digest = hashlib.sha256(canonical.encode(one["record"])).digest()
        assert digest.hex() == one["hash"]
        public.verify(bytes.fromhex(one["signature"]), digest)


def test_what_commands_say_where_there_is_nothing(answer, run):
    for line, kind in ((("verify",), "record_not_found"), (("chain", "--trace-from", "x"), "record_not_found"), (("checkpoint",), "record_not_found"), (("log", "--since", "never"), "invalid_value")):
        assert answer("witness", *line)[1]["error"]["type"] == kind
    assert answer("witness", "log")[1]["data"] == {"records": []}
    assert "no keys" in run("witness", "keys")[1]


def test_what_a_program_uses_is_witnessed(log, tmp_path, command, environment, answer, home):
    program = tmp_path / "dice.ml"
    program.write_text('import crypto;\nimport file;\nfor (i in range(3)) { crypto.randomInt(1, 6); }\nfile.read("secret.txt");\n')
    paths = {name: os.environ[name] for name in ("MLPY_CONFIG_DIR", "MLPY_STATE_DIR")}
    done = command("run", "--witness", "--audit", "lines", "--allow", "crypto.random", str(program), cwd=tmp_path, env=paths)
    assert done.code == 3, done
    said = [record.data for record in log.records()]
    assert [(one["operation"], one["parameters"]["decision"], one["parameters"]["count"]) for one in said] == [("crypto.random", "allowed", 1), ("file.read", "denied", 1), ("crypto.random", "allowed", 2)]
    assert len({one["run"] for one in said}) == 1
    assert len((tmp_path / "lines").read_text().splitlines()) == 3
    assert found(log) is None
    log.database.execute("DELETE FROM records WHERE sequence = 3")
    done = command("run", "--witness", "--allow", "crypto.random", str(program), cwd=tmp_path, env=paths)
    assert (done.code, "the log ends with record 2, and had 3" in done.stderr) == (1, True)
    bare = command("run", "--allow-all", str(program), cwd=tmp_path, env=paths)
    assert "providers" not in bare.stderr


def test_a_run_without_the_flag_imports_nothing_of_it(tmp_path, environment):
    program = tmp_path / "one.ml"
    program.write_text("print(1);\n")
    code = f"import sys; from mlpy.cli import main; main(['run', '--allow-all', {str(program)!r}]); print([name for name in sys.modules if 'providers' in name or 'sqlite' in name or 'cryptography' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment).stdout == "1\n[]\n"


def test_ids_of_keys_are_digests(log):
    fill(log, 1)
    key = next(iter(log.keys))
    assert key.id == hashlib.sha256(key.public).hexdigest()[: keys.ID]
