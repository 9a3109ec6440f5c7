"""The messages between a host and its zygote: marshalled tuples with their length in front, and descriptors that come along.

Both are the host's own processes and trust each other; no worker has this socket.
"""

from __future__ import annotations

import marshal
import os
import socket
from signal import SIGUSR1

HEADER = 4  # bytes of a message's length
LARGEST = 1 << 16  # bytes that are read at a time
HANDLES = 64  # descriptors, likewise
INTERRUPT = SIGUSR1  # tells a worker to end the cell that it is at


def packed(*message: object) -> bytes:
    """A message of plain data with its length in front."""
    payload = marshal.dumps(message)  # type: ignore[arg-type]  # plain data
    return len(payload).to_bytes(HEADER) + payload


class Messages:
    """The bytes of a socket on their way to messages. A descriptor belongs to the first message that asks for one."""

    __slots__ = ("control", "data", "handles")

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.data = bytearray()
        self.handles: list[int] = []

    def receive(self) -> bool:
        """Waits and reads what has arrived; False at the end. Raises OSError where a descriptor is lost, as there may be no more: it would be another's."""
        data, handles, flags, _ = socket.recv_fds(self.control, LARGEST, HANDLES)
        for handle in handles:  # `recv_fds` has no way to receive them so
            os.set_inheritable(handle, False)
        self.data += data
        self.handles += handles
        if flags & socket.MSG_CTRUNC:
            raise OSError("a descriptor is lost")
        return bool(data)

    def next(self) -> tuple[object, ...] | None:
        """The next complete message, None where there is none yet."""
        end = HEADER + int.from_bytes(self.data[:HEADER])
        if len(self.data) < HEADER or len(self.data) < end:
            return None
        message: tuple[object, ...] = marshal.loads(self.data[HEADER:end])  # noqa: S302  between two processes of the host
        del self.data[:end]
        return message

    def handle(self) -> int:
        """The descriptor that came with a message."""
        return self.handles.pop(0)
