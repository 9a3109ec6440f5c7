"""What compiling gives."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from types import CodeType

    from mlpy.signatures import Signature

UNKNOWN_NAME = "E0203"  # the code of what a host may still give as an input


class Compiled:
    """A compiled file: its code, the names that it wants from the host, and what it asks for. `marshal` can write `record()`.

    `files` are those of its `imports` that mean ML files.
    """

    __slots__ = ("code", "declared", "files", "imports", "inputs", "needs", "parts", "signatures", "tests")

    def __init__(
        self,
        code: CodeType,
        inputs: tuple[str, ...],
        declared: tuple[str, ...] | None,
        needs: tuple[str, ...],
        imports: tuple[str, ...],
        files: tuple[str, ...],
        signatures: dict[str, Signature],
        tests: int,
        parts: tuple[str, ...] | None = None,
    ) -> None:
        self.code = code
        self.inputs = inputs
        self.declared = declared
        self.needs = needs
        self.imports = imports
        self.files = files
        self.signatures = signatures
        self.tests = tests
        self.parts = parts  # of the helpers; None: all

    def record(self) -> tuple[object, ...]:
        """The fields in the order of the constructor."""
        return self.code, self.inputs, self.declared, self.needs, self.imports, self.files, self.signatures, self.tests, self.parts
