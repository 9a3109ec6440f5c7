"""`--witness`: what programs used and were refused, as signed records of the user's witness.

As with `--audit` the first use of a capability is recorded at once and equal ones are counted, and a log that cannot be written ends the program.
"""

from __future__ import annotations

from mlpy.cli import FAILED, Mistake
from mlpy.cli.audit import Recorder
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.witness import Witness

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.runtime.run import Run

UNRECORDED = "audit.unrecorded"  # the operation of a record that counts uses which found no room


class WitnessedRun(Recorder):
    """The audit of a run in the log of the witness, while `with WitnessedRun(run):` lasts. Raises Mistake where that cannot be, before the program begins or at its end."""

    __slots__ = ("failure", "witness")

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.failure: ProviderError | None = None
        try:
            self.witness = Witness()
            self.witness.make_ready()
        except ProviderError as error:
            raise mistake(error) from None

    def __enter__(self) -> None:
        self.begin(self.witness.folder, self.witness.apart)

    def __exit__(self, *_: object) -> None:
        try:
            self.end()
        finally:
            self.witness.close()
        if self.failure is not None:
            raise mistake(self.failure) from None

    def put(self, line: dict[str, object]) -> None:
        """Records a line; the first that fails ends the run."""
        if self.failure is not None:
            return
        operation = str(line.get("capability", UNRECORDED)).partition(":")[0]
        try:
            self.witness.use({name: value for name, value in line.items() if name not in ("run", "time")}, operation=operation, run=str(line["run"]))
        except ProviderError as error:
            self.failure = error
            self.run.cancel("what it uses cannot be witnessed")


def mistake(error: ProviderError) -> Mistake:
    return Mistake(error.message, error.hint, FAILED)
