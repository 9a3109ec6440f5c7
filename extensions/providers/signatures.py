"""Verifies many signatures: those of a large log on every processor, as one takes 0.12 ms, and threads do not share that work.

Each process gets public keys, hashes and signatures in order on its standard input, and answers with the numbers of those that do not fit. Nothing of the log itself goes there. Ed25519 has one signature of a
key for a text (RFC 8032): where a process can open the private key as whoever appends does, it compares what that signs, which takes a third of the time. What differs is verified with the public key.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys

from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.keys import Keys, holds, verifier

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable
    from typing import BinaryIO

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from mlpy.extensions.providers.keys import Key

ITEM = struct.Struct(">Q32s32s64s")  # sequence, public key, hash, signature
PORTION = 500  # signatures that go to one process before the next gets some
FEW = 2_000  # so many are verified here, with public keys: a process takes half a second to start
BOOT = "import sys; sys.path[:] = sys.argv[1:]; from mlpy.extensions.providers import signatures; signatures.serve(sys.stdin.buffer)"


class Signatures:
    """Collects signatures: `add` takes one, `wrong` tells the sequences of those that do not fit, once no more come."""

    def __init__(self, expected: int) -> None:
        self.workers = [start() for _ in range(min(os.cpu_count() or 1, 8))] if expected > FEW else []
        self.waiting: list[bytes] = []
        self.turn = 0
        self.found: list[int] = []

    def add(self, sequence: int, public: bytes, digest: bytes, signature: bytes) -> None:
        """Takes a signature (64 bytes) of a hash (32 bytes) by a key (32 bytes)."""
        if len(public) != 32 or len(digest) != 32 or len(signature) != 64:
            self.found.append(sequence)
            return
        self.waiting.append(ITEM.pack(sequence, public, digest, signature))
        if len(self.waiting) >= PORTION:
            self.hand_out()

    def hand_out(self) -> None:
        data, self.waiting = b"".join(self.waiting), []
        if not self.workers:
            self.found += wrong_among(data, Judge())
            return
        worker = self.workers[self.turn % len(self.workers)]
        self.turn += 1
        assert worker.stdin is not None
        try:
            worker.stdin.write(data)
        except BrokenPipeError:
            raise lost() from None

    def wrong(self) -> list[int]:
        """The sequences of all that do not fit, in their order."""
        self.hand_out()
        for worker in self.workers:
            try:
                answer, _ = worker.communicate()
                self.found += [int(one) for one in json.loads(answer)]
            except (ValueError, BrokenPipeError):
                raise lost() from None
        return sorted(self.found)

    def close(self) -> None:
        """Ends the processes, also in the middle of their work."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
            for stream in (worker.stdin, worker.stdout):
                if stream is not None and not stream.closed:
                    try:
                        stream.close()
                    except BrokenPipeError:
                        pass


def start() -> subprocess.Popen[bytes]:
    line = [sys.executable or "python", "-I", "-c", BOOT, *map(os.path.abspath, sys.path)]  # isolated, or it would import what lies in the working folder
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603  this interpreter and a text of this file


def serve(stream: BinaryIO) -> None:
    """What each process does."""
    found: list[int] = []
    judge = Judge(Keys())
    while data := stream.read(ITEM.size * PORTION):
        found += wrong_among(data, judge)
    sys.stdout.write(json.dumps(found))


class Judge:
    """Says which signatures hold; `keys` are those that may be opened to that end."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self.keys = {key.public: key for key in keys}
        self.known: dict[bytes, tuple[Ed25519PrivateKey | None, Ed25519PublicKey]] = {}

    def holds(self, public: bytes, digest: bytes, signature: bytes) -> bool:
        if public not in self.known:
            self.known[public] = self.opened(public), verifier(public)
        private, key = self.known[public]
        return (private is not None and private.sign(digest) == signature) or holds(key, signature, digest)

    def opened(self, public: bytes) -> Ed25519PrivateKey | None:
        """The private key that belongs to a public one, None where it cannot be opened."""
        try:
            made = self.keys[public].open()
        except (KeyError, ProviderError):
            return None
        return made if made.public_key().public_bytes_raw() == public else None


def wrong_among(data: bytes, judge: Judge) -> list[int]:
    """Which of some packed signatures do not fit."""
    return [sequence for sequence, public, digest, signature in ITEM.iter_unpack(data) if not judge.holds(public, digest, signature)]


def lost() -> ProviderError:
    return ProviderError("witness_unusable", "a process that verified signatures has ended early", retryable=True)
