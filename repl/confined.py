"""A session in a worker of a sandbox, as the shell uses one: what it holds stays there, and what is shown here is a copy."""

from __future__ import annotations

from threading import RLock

from mlpy import ast
from mlpy.engine import Instance, Session
from mlpy.errors import MLError
from mlpy.modules import Importer
from mlpy.runtime.values import UNSET
from mlpy.sandbox.pool import Sandbox
from mlpy.sandbox.pool import Session as Remote
from mlpy.source import Source
from mlpy.syntax.parser import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

    from mlpy.capabilities import Grants
    from mlpy.runtime.limits import Limits
    from mlpy.runtime.run import Run


class Confined(Session):
    """The names live in the worker, which is started with the first evaluation; where it ends, a fresh one begins without names."""

    __slots__ = ("_bind", "_kinds", "_limits", "_remote", "_sandbox")

    def __init__(self, sandbox: Sandbox, run: Run, limits: Limits) -> None:
        self.run = run
        self.revoked = []
        self._engine = sandbox.engine
        self._sandbox = sandbox
        self._limits = limits
        self._lock = RLock()
        self._importer = Importer(run, run.grants, {})
        self._remote: Remote | None = None
        self._kinds: dict[str, str] | None = {}
        self._bind: list[str] = []

    @property
    def names(self) -> list[str]:
        """The names that are bound in the worker."""
        return [*self.kinds()]

    def kinds(self) -> dict[str, str]:
        """The names, each with the type of what it stands for."""
        if self._kinds is None:
            self._kinds = {} if self._remote is None or self._remote.lost else self._remote.kinds()
        return self._kinds

    def held(self) -> dict[str, object]:
        """Nothing: no value is here."""
        return {}

    def hold(self, name: str, value: object) -> None:
        """Nothing: the worker binds what it evaluates to the names that it was asked for."""

    def bind(self, *names: str) -> None:
        """Names for the value of the next evaluation."""
        self._bind = [*names]

    def drop(self, name: str) -> None:
        """Unbinds a name."""
        self.elsewhere(f"`{name}` cannot be unbound")

    def perform(self, text: str | Source) -> Instance:
        """Evaluates a cell there. Raises MLError, also for a worker that has ended."""
        source = text if isinstance(text, Source) else Source(text, "<input>")
        if self._remote is None:
            self._remote = Remote(self._sandbox, self.run, self._limits, self._engine.functions)
        self._kinds = None
        try:
            names, self._bind = self._bind, []
            result = self._remote.perform(source, bind=names)
        except MLError as error:
            if self._remote.lost:
                error.note = "its worker has ended, and with it the names of the session"
            raise
        finally:
            if self._remote.lost:
                self._remote.close()
                self._remote, self._kinds = None, {}
        return Instance(None, self.run, result.value if gives_value(source) else UNSET, {}, [])

    def derived(self) -> Iterable[Grants]:
        """Those of the files there."""
        return [] if self._remote is None else self._remote.authorities()

    def beside(self, source: Source, run: Run) -> Callable[[], object]:  # noqa: ARG002  a worker does one thing at a time
        """Nothing is evaluated in the background there. Raises MLError."""
        self.elsewhere("a worker evaluates one thing at a time")

    def reload(self, name: str, under: Run | None = None) -> None:  # noqa: ARG002  nothing is
        """Nothing is reloaded there. Raises MLError."""
        self.elsewhere(f"`{name}` was loaded before the session was locked in")

    def __getitem__(self, name: str) -> object:
        self.elsewhere(f"`{name}` is in the worker")

    def elsewhere(self, why: str) -> NoReturn:
        raise MLError(f"not in a sandbox: {why}", "SandboxError", hint="start `mlpy repl` without `--sandbox`")

    def close(self) -> None:
        """Ends the worker."""
        if self._remote is not None:
            self._remote.close()
            self._remote = None


def gives_value(source: Source) -> bool:
    """Whether a cell ends in an expression."""
    module, _ = parse(source)
    return module is not None and bool(module.body) and isinstance(module.body[-1], ast.ExpressionStatement)
