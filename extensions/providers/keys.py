"""The keys that sign the witness's log: Ed25519, each sealed with a passphrase, the old ones kept so that what they have signed can be verified.

They lie in `witness/keys.json` of the user's configuration. The passphrase is what `MLPY_WITNESS_PASSPHRASE` says (or what it refers to: `secret://env/NAME`, `secret://file/PATH`), else the content of
`witness/passphrase` there, a file that only its user can read, made with the first key. Which key signs is told by the log itself, whose records hand over from one key to the next.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime

from mlpy.extensions.providers.failures import ProviderError, reason

from mlpy import whole
from mlpy.config import config_root

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VARIABLE = "MLPY_WITNESS_PASSPHRASE"
LARGEST = 1 << 20  # bytes of the file of keys
ID = 16  # characters of a key's id
# Costs of scrypt (RFC 7914) for passphrases of people: 32 MB and 60 ms. What mlpy has made itself is as long as the key, and one derivation (HKDF, RFC 5869) is enough.
WORK, BLOCK, LANES = 1 << 15, 8, 1
RANDOM = 32  # bytes of a passphrase that mlpy makes


@dataclass(frozen=True, slots=True)
class Key:
    """A key: `id` is the beginning of the SHA-256 of the public key, `created` a time in ISO 8601, `sealed` the private key under the passphrase."""

    id: str
    public: bytes
    created: str
    sealed: dict[str, object]

    def record(self) -> dict[str, object]:
        """The key as the file has it."""
        return {"id": self.id, "public": packed(self.public), "created": self.created, "sealed": self.sealed}

    def open(self) -> Ed25519PrivateKey:
        """The private key.

        Raises:
            ProviderError: `bad_passphrase`, `missing_extra`, `keys_unusable`.
        """
        ProviderError.need("cryptography", purpose="signed records")
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  100 ms, and most commands sign nothing
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415  as above

        phrase = passphrase()
        try:
            salt, nonce, data = [unpacked(self.sealed[name]) for name in ("salt", "nonce", "data")]
            plain = ChaCha20Poly1305(derived(phrase, salt, str(self.sealed["derivation"]))).decrypt(nonce, data, self.id.encode())
            return Ed25519PrivateKey.from_private_bytes(plain)
        except InvalidTag:
            raise ProviderError("bad_passphrase", f"the passphrase does not open the key `{self.id}`", hint=f"`{VARIABLE}` gives the passphrase under which it was made") from None
        except (KeyError, ValueError, TypeError):
            raise damaged() from None

    def verifier(self) -> Ed25519PublicKey:
        """The public key.

        Raises:
            ProviderError: `missing_extra`.
        """
        return verifier(self.public)


def verifier(public: bytes) -> Ed25519PublicKey:
    """A public key of its 32 bytes.

    Raises:
        ProviderError: `missing_extra`.
    """
    ProviderError.need("cryptography", purpose="signed records")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  as above

    return Ed25519PublicKey.from_public_bytes(public)


def holds(public: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether a signature of some bytes is the key's."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  as above

    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


class Keys:
    """The keys of the user, the oldest first."""

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder or os.path.join(config_root(), "witness")
        self.path = os.path.join(self.folder, "keys.json")
        self.all: dict[str, Key] = {key.id: key for key in self.read()}

    def __iter__(self) -> Iterator[Key]:
        return iter(self.all.values())

    def find(self, wanted: str) -> Key:
        """A key by its id.

        Raises:
            ProviderError: `keys_unusable`, where it is not there.
        """
        if wanted not in self.all:
            raise ProviderError("keys_unusable", f"the key `{wanted}` is not among the keys of this user", hint="put `witness/keys.json` of the user's configuration back from a copy")
        return self.all[wanted]

    def make(self) -> Key:
        """A new key, which is on the disk when it comes back.

        Raises:
            ProviderError: `missing_extra`, `not_writable`, `unsafe_file`.
        """
        ProviderError.need("cryptography", purpose="signed records")
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415  as above

        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            phrase = passphrase(make=True)
            derivation = "hkdf" if is_random(phrase) else "scrypt"
            private = Ed25519PrivateKey.generate()
            public = private.public_key().public_bytes_raw()
            name, salt, nonce = id_of(public), os.urandom(16), os.urandom(12)
            data = ChaCha20Poly1305(derived(phrase, salt, derivation)).encrypt(nonce, private.private_bytes_raw(), name.encode())
            sealed: dict[str, object] = {"cipher": "chacha20-poly1305", "derivation": derivation, "salt": packed(salt), "nonce": packed(nonce), "data": packed(data)}
            made = Key(name, public, datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), sealed)
            self.all[name] = made
            self.write()
        except OSError as error:
            raise ProviderError("not_writable", f"the keys of the witness cannot be written: {reason(error)}", hint="the user's configuration must be writable") from None
        return made

    def write(self) -> None:
        if not os.path.exists(self.path):
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        whole.replace(self.path, json.dumps({"schema": 1, "keys": [key.record() for key in self]}, indent=2).encode() + b"\n", durable=True)

    def read(self) -> list[Key]:
        """What the file has; none where there is no file.

        Raises:
            ProviderError: `keys_unusable`, `unsafe_file`.
        """
        try:
            data = private_file(self.path)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ProviderError("keys_unusable", f"the keys of the witness cannot be read: {reason(error)}") from None
        if not data:  # its process has ended before the first key was in it
            return []
        try:
            found = [Key(str(one["id"]), unpacked(one["public"]), str(one["created"]), dict(one["sealed"])) for one in json.loads(data)["keys"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise damaged() from None
        if any(key.id != id_of(key.public) for key in found):
            raise damaged()
        return found


def id_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:ID]


def passphrase(*, make: bool = False) -> bytes:
    """What the keys are sealed with; `make` has a file of it made where nothing says.

    Raises:
        ProviderError: `bad_passphrase`, `unsafe_file`.
        OSError: From making the file.
    """
    said = os.environ.get(VARIABLE, "")
    if said:
        return referred(said)
    path = os.path.join(config_root(), "witness", "passphrase")
    if make and not os.path.exists(path):
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb") as stream:
            stream.write(base64.b64encode(os.urandom(RANDOM)) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    return of_file(path)


def is_random(phrase: bytes) -> bool:
    """Whether a passphrase is one that mlpy has made."""
    try:
        return len(unpacked(phrase.decode("ascii"))) == RANDOM
    except ValueError:
        return False


def referred(said: str) -> bytes:
    """A passphrase, or what a reference to one gives.

    Raises:
        ProviderError: `bad_passphrase`, `unsafe_file`.
    """
    if not said.startswith("secret://"):
        return said.encode()
    scheme, _, name = said.removeprefix("secret://").partition("/")
    if scheme == "file" and name:
        return of_file(os.path.join(os.sep, name))
    found = os.environ.get(name, "") if scheme == "env" else ""
    if not found:
        raise ProviderError("bad_passphrase", f"`{VARIABLE}` refers to a secret that is not there", hint="write `secret://env/NAME` or `secret://file/PATH`")
    return found.encode()


def of_file(path: str) -> bytes:
    try:
        found = private_file(path).strip()
    except OSError as error:
        raise ProviderError("bad_passphrase", f"the passphrase of the witness cannot be read: {reason(error)}", hint=f"`{VARIABLE}` gives it, or refers to it") from None
    if not found:
        raise ProviderError("bad_passphrase", "the file of the passphrase is empty", hint=f"`{VARIABLE}` gives it, or refers to it")
    return found


def private_file(path: str) -> bytes:
    """The content of a file that nobody else can read or write.

    Raises:
        ProviderError: `unsafe_file`.
        OSError: What the system says.
    """
    with open(path, "rb") as stream:
        about = os.fstat(stream.fileno())
        if about.st_uid not in (os.geteuid(), 0) or stat.S_IMODE(about.st_mode) & 0o077:
            name = os.path.basename(path)
            raise ProviderError("unsafe_file", f"`{name}` can be read by others, and holds what only its user may know", hint=f"`chmod 600 {name}` closes it")
        return stream.read(LARGEST)


def derived(phrase: bytes, salt: bytes, derivation: str) -> bytes:
    """A key of 32 bytes from a passphrase."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415  as above

    if derivation == "scrypt":
        return Scrypt(salt=salt, length=32, n=WORK, r=BLOCK, p=LANES).derive(phrase)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"mlpy witness key").derive(phrase)


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def unpacked(text: object) -> bytes:
    """The bytes of a text in Base64; raises ValueError."""
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise ValueError("not Base64") from None


def damaged() -> ProviderError:
    return ProviderError("keys_unusable", "the file of the witness's keys is damaged", hint="put `witness/keys.json` of the user's configuration back from a copy")
