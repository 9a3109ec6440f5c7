"""`mlpy trust`: shows what the file of a project asks for, and makes it count if its user says so (F29)."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from mlpy import project
from mlpy.cli import DONE, FAILED, Mistake, prompt, terminal
from mlpy.project import SettingsError, visible

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from mlpy.project import Document, Trusted


def define(parser: ArgumentParser) -> None:
    parser.add_argument("DIR", nargs="?", default=".", help="a folder of the project (the present one by default)")
    parser.add_argument("--list", action="store_true", help="list the files that are trusted")
    parser.add_argument("--remove", action="store_true", help="trust the file no longer")
    parser.add_argument("--yes", action="store_true", help="accept without being asked")
    parser.add_argument("--json", action="store_true", help="print one JSON record")


def execute(options: Namespace) -> int:
    if options.list + options.remove + options.yes > 1:
        raise Mistake("`--list`, `--remove` and `--yes` exclude each other")
    try:
        if options.list:
            return listing(json=options.json)
        if not os.path.isdir(options.DIR):
            raise Mistake(f"no such folder: `{options.DIR}`", "name the folder of the project")
        return removal(options.DIR, json=options.json) if options.remove else acceptance(options.DIR, yes=options.yes, json=options.json)
    except SettingsError as error:
        raise Mistake(error.message, error.hint) from None


def acceptance(folder: str, *, yes: bool, json: bool) -> int:
    """Shows a file and accepts it, if that is wanted."""
    document = project.find(folder)
    if document is None:
        raise Mistake(f"no settings of a project in `{folder}` or above", "they stand in `mlpy.toml`, `mlpy.json`, `mlpy.yaml`, or in `pyproject.toml` under `tool.mlpy`")
    before = project.standing(document)
    if not json:
        terminal.write(described(document, before))
    accepted = before == "trusted" or yes or (not json and agreed())
    if accepted and before != "trusted":
        project.trust(document)
    if json:
        write({**record(document), "standing": project.standing(document)})
    elif accepted and before != "trusted":
        terminal.write(f"{shown(document.path)} is trusted until it changes\n")
    return DONE if accepted or json else FAILED


def agreed() -> bool:
    """Asks the person at the terminal; without one there is nobody to accept anything."""
    if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        raise Mistake("there is no terminal to ask at", "`--yes` accepts what is shown")
    return prompt.confirmed("trust it? [y]es, [n]o ")


def described(document: Document, before: str) -> str:
    """What a file asks for, in the words that it has."""
    lines = [f"{shown(document.path)} {STANDING[before]}"]
    if document.foreign:
        lines.append("  it belongs to another user of this machine")
    lines += section("programs of this project may", document.allow)
    lines += section("they may never", document.deny)
    lines += section("modules in Python, which may do whatever you may, come from", map(project.shown, document.extension_paths))
    lines += section("modules in ML come from", map(project.shown, document.module_paths))
    lines += section("limits", [f"{name} = {value}" for name, value in document.limits.items()])
    return "\n".join(lines) + "\n"


STANDING = {"trusted": "is trusted", "changed": "has changed since it was trusted", "unknown": "is not trusted"}


def section(title: str, items: Iterable[str]) -> list[str]:
    found = [f"    {visible(one)}" for one in items]
    return [f"  {title}", *found] if found else []


def shown(path: str) -> str:
    return visible(project.shown(path))


def record(document: Document) -> dict[str, object]:
    return {
        "file": document.path,
        "digest": document.digest,
        "allow": list(document.allow),
        "deny": list(document.deny),
        "extension_paths": list(document.extension_paths),
        "module_paths": list(document.module_paths),
        "limits": document.limits,
    }


def removal(folder: str, *, json: bool) -> int:
    """Forgets the file of a folder, also where there is none any more."""
    here = os.path.realpath(folder)
    found = [one for one in project.all_trusted() if os.path.dirname(one.path) == here]
    document = None if found else project.find(folder)
    paths = [one.path for one in found] or ([document.path] if document is not None else [])
    removed = [path for path in paths if project.distrust(path)]
    if json:
        write({"removed": removed})
    elif removed:
        terminal.write("".join(f"{shown(path)} is trusted no longer\n" for path in removed))
    else:
        raise Mistake(f"nothing in `{folder}` is trusted", "`mlpy trust --list` shows what is", FAILED)
    return DONE


def listing(*, json: bool) -> int:
    """Every file that is trusted, and whether it still is what it was."""
    found = [(one, present(one)) for one in project.all_trusted()]
    if json:
        write({"trusted": [{"file": one.path, "digest": one.digest, "since": since(one), "standing": how} for one, how in found]})
    else:
        terminal.write("".join(f"{since(one)}  {shown(one.path)}{'' if how == 'trusted' else f'  ({how} since)'}\n" for one, how in found))
    return DONE


def present(one: Trusted) -> str:
    """What has become of a file that was accepted: `trusted`, `changed` or `gone`."""
    if not os.path.exists(one.path):
        return "gone"
    try:
        document = project.read(one.path)
    except SettingsError:
        return "changed"
    return "trusted" if document is not None and document.digest == one.digest else "changed"


def since(one: Trusted) -> str:
    return datetime.fromtimestamp(one.since, UTC).strftime("%Y-%m-%d")


def write(made: dict[str, object]) -> None:
    from mlpy.cli import records  # noqa: PLC0415  brings json

    records.write(made)
