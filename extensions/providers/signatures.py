"""Verifies many signatures: those of a large log on every processor, as one takes 0.15 ms, and threads do not share that work.

Each process gets public keys, hashes and signatures in order on its standard input, and answers with the numbers of those that do not fit. Nothing of the log itself goes there.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys

from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.keys import holds, verifier

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import BinaryIO

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ITEM = struct.Struct(">Q32s32s64s")  # sequence, public key, hash, signature
PORTION = 500  # signatures that go to one process before the next gets some
FEW = 2_000  # so many are verified here: a process takes half a second to start
PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from mlpy.extensions.providers import signatures; signatures.serve(sys.stdin.buffer)"


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
            self.found += wrong_among(data, {})
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
    line = [sys.executable, "-c", PROGRAM, json.dumps(sys.path)]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603  this interpreter and a text of this file


def serve(stream: BinaryIO) -> None:
    """What each process does."""
    found: list[int] = []
    known: dict[bytes, Ed25519PublicKey] = {}
    while data := stream.read(ITEM.size * PORTION):
        found += wrong_among(data, known)
    sys.stdout.write(json.dumps(found))


def wrong_among(data: bytes, known: dict[bytes, Ed25519PublicKey]) -> list[int]:
    """Which of some packed signatures do not fit; `known` keeps the keys."""
    found = []
    for sequence, public, digest, signature in ITEM.iter_unpack(data):
        if public not in known:
            known[public] = verifier(public)
        if not holds(known[public], signature, digest):
            found.append(sequence)
    return found


def lost() -> ProviderError:
    return ProviderError("witness_unusable", "a process that verified signatures has ended early", retryable=True)
