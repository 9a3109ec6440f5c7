"""What a worker may come to need, imported before the lock: afterwards it can open no file, and so import nothing.

Of the time zones it keeps the files, as a program names one when it likes.
"""

from __future__ import annotations

import os
import sys

from mlpy.capabilities import Grants
from mlpy.compiler import prepare
from mlpy.engine import build, timed
from mlpy.lower.names import MAIN
from mlpy.runtime import limits
from mlpy.runtime.limits import Limits
from mlpy.runtime.run import Run, execute
from mlpy.sandbox import worker
from mlpy.source import Source
from mlpy.stdlib import _dates, _zones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("mlpy.analysis", "mlpy.lower", "mlpy.runtime", "mlpy.syntax", "mlpy.stdlib")
OUTSIDE = frozenset(("mlpy.stdlib._exchange", "mlpy.syntax.printer"))  # making connections and laying out text, which no worker does
# What functions of these files, and of Python's own library behind them, import when they are first called.
LATE = (
    "_heapq", "_strptime", "ctypes", "decimal", "fnmatch", "hashlib", "hmac", "ipaddress", "json.decoder", "keyword", "mlpy.crossing", "mlpy.gates", "mlpy.hosting", "mlpy.index", "mlpy.modules",
    "mlpy.nearest", "mlpy.outline", "mlpy.patterns", "mlpy.sdk", "mlpy.signatures", "mlpy.urls", "mlpy.workers.frames", "re2", "resource", "threading", "unicodedata", "zoneinfo",
)  # fmt: skip
SINCE = {"_pylong": (3, 12)}  # likewise, with the Python that has it
REHEARSAL = Source("1 + 1", "<rehearsal>")
ROUNDS = 10  # after which the interpreter has specialised what a program runs through
PATIENCE = 10.0  # seconds that it may take


def load() -> None:
    """Imports everything."""
    for name in (*modules(), *LATE, *(name for name, version in SINCE.items() if sys.version_info >= version)):
        __import__(name)
    prepare()
    limits._load_raiser()  # noqa: SLF001  the watchdog's, which it makes when it first ends a run
    worker.learn()
    worker.set_alarm()
    _dates.loaded.update(_zones.every(_dates.is_zone_name))
    for _ in range(ROUNDS):  # what it writes beside the code is then in pages that workers share
        build(REHEARSAL, registry=worker.shipped, inputs=())


def rehearse() -> None:
    """Runs a program of ours in a worker that has nothing else to do: what any program changes of the memory that came with the fork is its own then.

    Copying that is a third of what a small program takes.
    """
    run = Run(limits=Limits(time=PATIENCE), grants=Grants.everything(root="/"))
    compiled = timed(run, lambda: build(REHEARSAL, registry=worker.shipped, inputs=()))
    namespace = run.namespace(REHEARSAL, compiled.parts)
    exec(compiled.code, namespace)  # noqa: S102  ours
    execute(run, namespace[MAIN])


def modules() -> Iterator[str]:
    """Every file of the stages and of the standard library."""
    for package in PACKAGES:
        folder: str = __import__(package, fromlist=["_"]).__path__[0]
        names = {name.partition(".")[0] for name in os.listdir(folder) if name.endswith((".py", ".so")) and name != "__init__.py"}
        yield from sorted({f"{package}.{name}" for name in names} - OUTSIDE)


