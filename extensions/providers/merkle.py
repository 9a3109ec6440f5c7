"""The Merkle tree over a log (RFC 6962, section 2.1): roots, proofs that a record is in a log, and that a log goes on where an earlier one ended."""

from __future__ import annotations

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Sequence


class Tree:
    """A tree that grows leaf by leaf and keeps only the roots of its whole parts: as many as its size has ones in binary."""

    __slots__ = ("parts", "size")

    def __init__(self) -> None:
        self.size = 0
        self.parts: list[bytes] = []  # the largest first

    def add(self, data: bytes) -> None:
        """Puts a leaf behind the others."""
        root, height = leaf(data), self.size
        while height & 1:
            root = node(self.parts.pop(), root)
            height >>= 1
        self.parts.append(root)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The hash of the whole."""
        if not self.parts:
            return hashlib.sha256(b"").digest()
        root = self.parts[-1]
        for part in self.parts[-2::-1]:
            root = node(part, root)
        return root


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The hash of a tree over some data."""
    tree = Tree()
    for data in leaves:
        tree.add(data)
    return tree.root


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The path from a leaf (counted from 0) to the root (section 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return [*inclusion(leaves[:half], index), root_of(leaves[half:])]
    return [*inclusion(leaves[half:], index - half), root_of(leaves[:half])]


def includes(data: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path shows that some data is the leaf at an index of the tree with that size and root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, made = index, size - 1, leaf(data)
    for part in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            made = node(part, made)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            made = node(made, part)
        first, last = first >> 1, last >> 1
    return last == 0 and made == root


def consistency(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """What shows that the tree of the first so many leaves is the beginning of this one (section 2.1.2); `earlier` is at least 1."""
    return subproof(leaves, earlier, whole=True)


def subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = split(len(leaves))
    if earlier <= half:
        return [*subproof(leaves[:half], earlier, whole=whole), root_of(leaves[half:])]
    return [*subproof(leaves[half:], earlier - half, whole=False), root_of(leaves[:half])]


def is_consistent(earlier: int, size: int, earlier_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a tree is the beginning of another (RFC 9162, section 2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == root
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not path:
        return False
    first, last = earlier - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = path[0]
    for part in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old, new = node(part, old), node(part, new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new = node(new, part)
        first, last = first >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


def split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
