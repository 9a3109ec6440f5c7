"""What `--json` prints: the same findings as records, one JSON document on standard output."""

from __future__ import annotations

import json

from mlpy import render
from mlpy.cli import terminal
from mlpy.runtime.values import display

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Sequence

    from mlpy.cli.check import Report
    from mlpy.cli.test import Outcome, Suite
    from mlpy.errors import MLError
    from mlpy.runtime.run import Run


def write(record: object) -> None:
    """Prints a record."""
    terminal.write(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def of_run(code: int, output: str, value: object, failure: MLError | None, run: Run | None) -> dict[str, object]:
    """What a run did: the value of its last expression statement or its error, what it printed, used and was refused."""
    return {
        "ok": failure is None,
        "exit_code": code,
        "value": plain(value),
        "output": output,
        "error": None if failure is None else of_error(failure),
        "usage": run.usage.record() if run is not None else None,
        "audit": [one.record() for one in run.audit.records()] if run is not None else [],
    }


def of_failure(code: int, file: str, failure: MLError) -> dict[str, object]:
    """What a verb says instead of its own record where the program cannot be compiled or does not end well."""
    return {"ok": False, "exit_code": code, "file": file, "error": of_error(failure)}


def of_error(failure: MLError) -> dict[str, object]:
    """An error with the fields of the object that the program has thrown."""
    return {**render.error_record(failure), "fields": {name: plain(value) for name, value in (failure.fields or {}).items()}}


def plain(value: object) -> object:
    """A value of a program as JSON; where it holds what JSON lacks, its display form."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return display(value)
    return value


def of_check(code: int, reports: Sequence[Report]) -> dict[str, object]:
    """What a check found, file by file."""
    files = [
        {
            "file": report.source.name,
            "needs": list(report.needs),
            "fixed": report.fixed,
            "stopped": report.stopped,
            "diagnostics": [render.record(one, report.source) for one in report.all],
        }
        for report in reports
    ]
    return {"ok": code == 0, "exit_code": code, "files": files}


def of_tests(code: int, suites: Sequence[Suite]) -> dict[str, object]:
    """What became of the tests, file by file."""
    files: list[dict[str, object]] = []
    for suite in suites:
        made: dict[str, object] = {"file": suite.path, "tests": [of_test(outcome) for outcome in suite.outcomes]}
        if suite.coverage is not None:
            made["coverage"] = {"share": suite.coverage.share, "lines": sorted(suite.coverage.lines), "missed": suite.coverage.missed}
        files.append(made)
    return {"ok": code == 0, "exit_code": code, "files": files}


def of_test(outcome: Outcome) -> dict[str, object]:
    """What became of one test."""
    error = None if outcome.error is None else of_error(outcome.error)
    return {"name": outcome.name, "passed": error is None, "seconds": outcome.seconds, "output": outcome.output, "error": error}
