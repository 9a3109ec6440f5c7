"""What the witness costs: 100,000 records that 8 processes append at once, and verifying them.

    python benchmarks/witness.py [--json] [--smoke]

Each line has the bound that the project has set itself beside it. Times are those of the clock, with the start of the processes; every record is on the disk before the next begins. `--smoke` only checks, with few
records, that they are one chain without a gap.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from time import perf_counter

from startup import PACKAGE_PARENT, Figure, report

RECORDS = 100_000
PROCESSES = 8
APPEND = """
import sys
from mlpy.extensions.providers.witness import Call, Witness
with Witness() as log:
    for number in range(int(sys.argv[1])):
        with log.witnessed(Call("vmix", sys.argv[2], "transition", {"input": number, "effect": "fade", "seconds": 0.5})):
            pass
"""


def measure(smoke: bool) -> list[Figure]:
    """Appends and verifies in a folder of its own."""
    operations = (200 if smoke else RECORDS) // 2 // PROCESSES
    records = operations * 2 * PROCESSES
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_STATE_DIR": os.path.join(folder, "state"), "MLPY_CONFIG_DIR": os.path.join(folder, "config")}
        environment.pop("MLPY_WITNESS_PASSPHRASE", None)
        began = perf_counter()
        children = [subprocess.Popen([sys.executable, "-c", APPEND, str(operations), f"studio{number}"], env=environment) for number in range(PROCESSES)]
        if [child.wait() for child in children] != [0] * PROCESSES:
            sys.exit("a process could not append")
        appended = perf_counter() - began
        began = perf_counter()
        done = subprocess.run([sys.executable, "-m", "mlpy", "witness", "verify", "--json"], env=environment, stdout=subprocess.PIPE, check=False)
        verified = perf_counter() - began
        found = json.loads(done.stdout)["data"]
        if (found["verified"], found["records"]) != (True, records):
            sys.exit(f"{found['records']} of {records} records: {found['flaws']}")
        size = os.stat(os.path.join(folder, "state", "witness", "log.db")).st_size
    return [
        Figure(f"{records:,} records appended by {PROCESSES} processes at once", appended, None, "s"),
        Figure("a record appended", appended / records * 1e3, None, "ms"),
        Figure(f"mlpy witness verify of {records:,} records", verified, 20, "s"),
        Figure("a record on the disk", size / records / 1e3, None, "kB"),
    ]


if __name__ == "__main__":
    report("Measures what the witness costs", "all records are one chain", measure)
