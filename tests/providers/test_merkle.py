"""The tree of RFC 6962: known roots, and proofs for all sizes up to a few powers of two."""

from __future__ import annotations

import hashlib

from mlpy.extensions.providers import merkle

# The inputs and roots that the reference implementation of Certificate Transparency is tested with.
LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]  # fmt: skip


def test_roots_are_those_of_the_reference():
    assert merkle.root_of([]) == hashlib.sha256(b"").digest()
    assert [merkle.root_of(LEAVES[: count + 1]).hex() for count in range(8)] == ROOTS


def test_every_leaf_is_proven_and_no_other():
    data = [bytes([one]) for one in range(33)]
    for size in (1, 2, 3, 7, 8, 21, 33):
        root = merkle.root_of(data[:size])
        for index in range(size):
            path = merkle.inclusion(data[:size], index)
            assert merkle.includes(data[index], index, size, path, root)
            assert not merkle.includes(b"x", index, size, path, root)
            assert not merkle.includes(data[index], index + 1, size, path, root)
            assert not merkle.includes(data[index], index, size, [*path, root], root)


def test_every_beginning_is_proven_and_no_other():
    data = [bytes([one]) for one in range(21)]
    for size in (1, 2, 5, 8, 16, 21):
        root = merkle.root_of(data[:size])
        for earlier in range(1, size + 1):
            before, proof = merkle.root_of(data[:earlier]), merkle.consistency(data[:size], earlier)
            assert merkle.is_consistent(earlier, size, before, root, proof)
            assert not merkle.is_consistent(earlier, size, merkle.root_of([*data[: earlier - 1], b"x"]), root, proof)
            assert earlier == size or not merkle.is_consistent(earlier, size, before, merkle.root_of([*data[: size - 1], b"x"]), proof)
