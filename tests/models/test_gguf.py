"""GGUF files that are not what they say: none of them ends the process."""

from __future__ import annotations

import struct

import pytest

pytest.importorskip("mlx", reason="needs the extra `models`")


def text(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def file_of(notes: tuple[bytes, ...] = (), named: bytes = b"", data: bytes = b"") -> bytes:
    head = struct.pack("<4sIQQ", b"GGUF", 3, bool(named), len(notes)) + b"".join(notes) + named
    return head + bytes(-len(head) % 32) + data


def tensor(*shape: int, kind: int = 0, offset: int = 0) -> bytes:
    return text(b"output.weight") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


HUGE = struct.pack("<Q", 1 << 60)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"GGUF", b"GGUX" + file_of()[4:], struct.pack("<4sIQQ", b"GGUF", 3, 1 << 60, 1 << 60),
        file_of((HUGE + b"x" * 50,)), file_of((text(b"a") + struct.pack("<I", 8) + HUGE,)), file_of((text(b"a") + struct.pack("<I", 77),)),
        file_of((text(b"a") + struct.pack("<II", 9, 4) + HUGE,)), file_of((text(b"a") + struct.pack("<II", 9, 8) + HUGE,)),
        file_of((text(b"a") + struct.pack("<IIQ", 9, 9, 0),)), file_of((text(b"a") + struct.pack("<IIQIQ", 9, 9, 1, 4, 0),)),
        file_of((text(b"general.alignment") + struct.pack("<II", 4, 0),), tensor(8), bytes(32)),
        file_of((), HUGE, bytes(64)), file_of((), tensor(1 << 32, 1 << 32), bytes(64)), file_of((), tensor(16), bytes(63)), file_of((), tensor(8, offset=1 << 63), bytes(64)),
        file_of((), tensor(), bytes(64)), file_of((), tensor(*[1] * 200), bytes(64)), file_of((), tensor(0), bytes(64)),
        file_of((), tensor(32, kind=4), bytes(64)), file_of((), tensor(32, kind=1000), bytes(64)), file_of((), tensor(31, kind=2), bytes(64)),
    ],
)  # fmt: skip
def test_a_gguf_file_that_lies_of_itself_is_refused(content, cache, tmp_path, answer):
    """Most of them ended the process, where mlx was given them."""
    (tmp_path / "bad.gguf").write_bytes(content)
    error = answer("convert", str(tmp_path / "bad.gguf"), "me/bad")[1]["error"]
    assert (error["type"], error["message"]) == ("not_runnable", "the GGUF file cannot be used: it is damaged, or of a kind that mlx does not read")
    assert list(cache.rglob("model*")) == []
