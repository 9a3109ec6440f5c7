"""Workflows for programs: the module `workflows`, over what `mlpy workflow` uses.

Whoever imports this loads nothing that runs a script. A script is demanded under the full name that was found, so that neither a former name nor a part of one passes under a grant for another, and with
it every script that it needs.
"""

from __future__ import annotations

from mlpy.capabilities import in_use
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.sdk import ml_function, ml_module, wrong_type

MAX_NAME = 512  # characters
MAX_WORDS = 1_000
MOST_RUNS = 1_000


@ml_module("workflows", version="1.0.0", concurrent=True)
class Workflows:
    """Workflows: the user's folder of scripts, to list, to look at, and to run.

    ```ml
    import workflows;
    for (one in workflows.list(group: "reports")) { print(one.reference, one.description); }
    done = workflows.run("monthly", ["2026-11"], params: {format: "html"});
    if (done.code != 0) { print(done.stderr); }
    ```

    The folder is the one that [`mlpy workflow`](../guide/workflows.md) means without `--folder`: that of `MLPY_WORKFLOWS`, else `workflows/` of the project or of the current folder, else the user's own.

    **Names.** `name` where one script has it, else `name:language` or the name of the file, as `list` has it under `reference`. What a name means is found out first, and the `reference` is what has to be
    granted.

    **Capabilities.** `list`, `show`, `search`, `graph` and `history` demand `workflow.list`; nothing is run by them. `run` demands `workflow.run` for the workflow and for each that it needs:
    `--allow 'workflow.run:monthly'`. `count=` counts runs, `bytes=` what goes into and comes out of the scripts.

    **A GRANT OF `workflow.run` RUNS A SCRIPT OUTSIDE THE SANDBOX**, with all that the user may do, and with the arguments that the program chooses. Grant single workflows, and only those whose arguments can do no
    harm. A workflow in ML runs under the grants of its header, once its user has agreed to these with `mlpy workflow run`.

    **Runs.** A script starts in the folder where relative paths of the program begin, has no terminal, and reads nothing. Packages are those of its lock: nothing is installed that is not locked. When the
    program meets a limit or is cancelled, the script is ended with all of its process group. At most 10 MB of each output are kept.

    **Errors.** An exit code other than 0 is no error. A wrong name or value is a `ValueError`; what is not there or cannot run is an `IOError`, whose `kind` is one of the types of
    [the command's errors](../guide/workflows.md): `workflow_not_found`, `invalid_parameter`, `interpreter_not_found`, `lock_missing`, `grant_denied`.
    """

    @ml_function(capability="workflow.list")
    def list_(self, *, group: str | None = None) -> list[dict[str, object]]:
        """What the records of all workflows say, or of those of a group, by name. Example: `workflows.list(group: "demo").map(fn(one) => one.reference)` → `["greet"]`."""
        from mlpy.extensions.workflows import calling  # noqa: PLC0415  who only imports the module starts without it

        return calling.told(calling.listed, optional(group, "group"))

    @ml_function(capability="workflow.list")
    def show(self, name: str) -> dict[str, object]:
        """All about a workflow: its record, and what its header asks for. Example: `workflows.show("greet").record.language` → `"sh"`."""
        from mlpy.extensions.workflows import calling  # noqa: PLC0415  as above

        return calling.told(calling.described, text_of(name, "name"))

    @ml_function(capability="workflow.list")
    def search(self, words: str) -> list[dict[str, object]]:
        """The workflows that have all of the words in what they say about themselves, the most telling first. Example: `workflows.search("hello")[0].name` → `"greet"`."""
        from mlpy.extensions.workflows import calling  # noqa: PLC0415  as above

        return calling.told(calling.found, text_of(words, "words").split())

    @ml_function(capability="workflow.list")
    def graph(self, name: str) -> dict[str, object]:
        """What a workflow needs: `{targets, steps}`, each step after those that it needs. Example: `workflows.graph("report").steps.map(fn(step) => step.name)` → `["fetch", "report"]`."""
        from mlpy.extensions.workflows import calling  # noqa: PLC0415  as above

        return calling.told(calling.needed, text_of(name, "name"))

    @ml_function(capability="workflow.list")
    def history(self, name: str | None = None, *, limit: int = 20) -> list[dict[str, object]]:
        """The last runs, of all workflows or of one, the newest first: `{run, name, status, started_at, ended_at, seconds, exit_code, signal, engine}`. Example: `workflows.run("greet"); workflows.history("greet")[0].status` → `"done"`."""
        from mlpy.extensions.workflows import calling  # noqa: PLC0415  as above

        if type(limit) is not int:
            raise wrong_type(limit, "limit", "a whole number")
        if not 0 < limit <= MOST_RUNS:
            raise MLError(f"`limit` must be from 1 to {MOST_RUNS:,}", "ValueError")
        return calling.told(calling.past, optional(name, "name"), limit)

    @ml_function(capability="workflow.run:{name.resolved}")
    def run(self, name: str, arguments: list[str] | None = None, *, params: dict[str, object] | None = None) -> dict[str, object]:
        r"""Runs a workflow to its end, and first what it needs: `{code, stdout, stderr}`. The code is that of `mlpy workflow run`. Example: `workflows.run("greet", ["Ada"]).stdout` → `"hello Ada\n"`."""
        from mlpy.extensions.workflows import calling  # noqa: PLC0415  as above

        return calling.told(calling.ran, current.get(), in_use.get(), text_of(name, "name"), words_of(arguments), parameters_of(params))


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def text_of(value: object, name: str) -> str:
    """The value, or an error unless it is a text that could name something."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    if not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise MLError(f"`{name}` must have from 1 to {MAX_NAME} characters that can be shown", "ValueError")
    return value


def optional(value: object, name: str) -> str | None:
    """As `text_of`, or null."""
    return None if value is None else text_of(value, name)


def words_of(values: object) -> list[str]:
    """Arguments as they are now, or an error unless they are an array of strings."""
    if values is None:
        return []
    if type(values) is not list:
        raise wrong_type(values, "arguments", "an array of strings")
    found = values[:]
    if len(found) > MAX_WORDS:
        raise MLError(f"`arguments` must hold at most {MAX_WORDS:,} strings", "ValueError")
    for at, value in enumerate(found):
        if type(value) is not str:
            raise wrong_type(value, f"arguments[{at}]", "a string")
    return found


def parameters_of(values: object) -> dict[str, str]:
    """Parameters as they would be typed, or an error unless they are an object of strings, numbers and booleans."""
    if values is None:
        return {}
    if type(values) is not dict:
        raise wrong_type(values, "params", "an object")
    return {name: typed(value, f"params.{name}") for name, value in [*values.items()]}


def typed(value: object, place: str) -> str:
    """A value as it would be typed."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is str or type(value) is int or type(value) is float:
        return str(value)
    raise wrong_type(value, place, "a string, a number or a boolean")
