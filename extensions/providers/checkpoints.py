"""Checkpoints: the size of a log and the root of its Merkle tree, signed. They show later that nothing before them was changed, and that no tail is missing.

Each is a file of its own beside the keys, apart from the database, and may be given to somebody else: it holds all that is needed to verify it but the trust in its key.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass

from mlpy.extensions.providers import canonical, merkle
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.keys import holds, id_of, verifier

from mlpy import whole

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from mlpy.extensions.providers.keys import Key

FORMAT = "mlpy witness checkpoint 1"
FOLDER = "checkpoints"
LARGEST = 1 << 16  # bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log as it was: its name, how many records it had, the hash of the last, the root of the tree over the hashes of all (hexadecimal), and when."""

    log: str
    size: int
    head: str
    root: str
    time: str
    key: str
    public: str
    signature: str

    def signed(self) -> bytes:
        """What the signature is over."""
        names = ("head", "key", "log", "public", "root", "size", "time")
        return hashlib.sha256(canonical.encode({name: getattr(self, name) for name in names} | {"format": FORMAT})).digest()

    def record(self) -> dict[str, object]:
        """The checkpoint as its file has it."""
        names = ("head", "key", "log", "public", "root", "signature", "size", "time")
        return {name: getattr(self, name) for name in names} | {"format": FORMAT}


def sign(log: str, hashes: Sequence[bytes], time: str, key: Key, private: Ed25519PrivateKey) -> Checkpoint:
    """A checkpoint over the hashes of all records of a log."""
    bare = Checkpoint(log, len(hashes), hashes[-1].hex(), merkle.root_of(hashes).hex(), time, key.id, key.public.hex(), "")
    return Checkpoint(bare.log, bare.size, bare.head, bare.root, bare.time, bare.key, bare.public, private.sign(bare.signed()).hex())


def keep(made: Checkpoint, apart: str) -> None:
    """Writes a checkpoint into its folder."""
    folder = os.path.join(apart, FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    whole.replace(os.path.join(folder, f"{made.size:012}.json"), text(made), durable=True)


def text(made: Checkpoint) -> bytes:
    """The content of a file."""
    return json.dumps(made.record(), indent=2, sort_keys=True).encode() + b"\n"


def kept(apart: str) -> list[str]:
    """The paths of all checkpoints that are kept, the oldest first."""
    folder = os.path.join(apart, FOLDER)
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".json")]
    except FileNotFoundError:
        return []


def load(path: str) -> Checkpoint:
    """The checkpoint of a file, whose signature is that of the key in it; whose key that is, is another question.

    Raises:
        ProviderError: `not_a_checkpoint`, `missing_extra`.
        OSError: What the system says.
    """
    name = os.path.basename(path)
    with open(path, "rb") as stream:
        data = stream.read(LARGEST)
    try:
        found = json.loads(data)
        made = Checkpoint(**{one: found[one] for one in ("log", "size", "head", "root", "time", "key", "public", "signature")})
        public, signature = bytes.fromhex(made.public), bytes.fromhex(made.signature)
        sound = found["format"] == FORMAT and isinstance(made.size, int) and made.size > 0 and id_of(public) == made.key and len(public) == 32
        if not sound or not holds(verifier(public), signature, made.signed()):
            raise ProviderError("not_a_checkpoint", f"the signature of the checkpoint `{name}` is not that of its key")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProviderError("not_a_checkpoint", f"`{name}` is not a checkpoint", hint="`mlpy witness checkpoint` writes one") from None
    return made
