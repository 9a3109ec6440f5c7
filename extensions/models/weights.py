"""The header of a file of weights in the safetensors format: eight bytes that tell its length, then JSON with the type, shape and place of each tensor.

`huggingface_hub` reads such headers over the network only.
"""

from __future__ import annotations

import json
import struct
from functools import lru_cache

from mlpy.extensions.models.findings import known

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.models.store import File

LARGEST = 100_000_000  # bytes of a header: what the reference implementation accepts
FARTHEST = 1 << 64  # places and numbers of elements are below it
BITS = {
    "BF16": 16, "BOOL": 8, "C64": 64, "F16": 16, "F32": 32, "F4": 4, "F64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "I16": 16, "I32": 32, "I64": 64, "I8": 8, "U16": 16, "U32": 32, "U64": 64, "U8": 8,
}  # fmt: skip


class Header:
    """What a file promises: `metadata`, and `size`, the bytes that the whole file must have."""

    __slots__ = ("metadata", "size")

    def __init__(self, size: int, metadata: dict[str, str]) -> None:
        self.size = size
        self.metadata = metadata


def header(file: File) -> Header | None:
    """The header of a file of weights, or None where it has none that makes sense."""
    if file.size is None:
        return None
    found = known(file, "header", lambda: read(file.blob, file.state))
    return Header(*found) if isinstance(found, tuple) else None


@lru_cache(maxsize=1024)  # several questions about one model need it
def read(path: str, state: tuple[int, ...]) -> tuple[int, dict[str, str]] | bool:
    """The size that a header promises and its metadata; False where there is none."""
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(LARGEST, state[0]):
                return False
            entries = json.loads(file.read(length))
            metadata = entries.pop("__metadata__", {})
            return 8 + length + max(map(end, entries.values()), default=0), {key: value for key, value in metadata.items() if isinstance(value, str)}
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError, struct.error):
        return False


def end(entry: object) -> int:
    """Where the data of a tensor end, checked against its type and shape."""
    if not isinstance(entry, dict):
        raise TypeError("no tensor")
    (first, last), shape = entry["data_offsets"], entry["shape"]
    if not isinstance(shape, list):
        raise TypeError("no shape")
    count = 1
    for length in shape:
        count *= whole(length)
        whole(count)  # the product of a hundred thousand lengths takes minutes
    if whole(first) > whole(last) or (entry["dtype"] in BITS and (count * BITS[entry["dtype"]] + 7) // 8 != last - first):
        raise ValueError("a tensor that contradicts itself")
    return int(last)


def whole(number: object) -> int:
    """A number that can be a place or a length, as the reference implementation has it."""
    if type(number) is not int or not 0 <= number < FARTHEST:
        raise ValueError("no place and no length")
    return number
