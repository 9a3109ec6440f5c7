"""`mlpy bundle init [NAME|REGISTRY]`: begins a bundle in a new folder, or in the current one."""

from __future__ import annotations

import os
from shlex import quote

from mlpy.extensions.bundles.beginning import begin
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.references import SCHEME, Reference, names_host

from mlpy.cli import Mistake, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("NAME", nargs="?", help="a folder, made if need be, or the registry of a bundle in the current folder, as in `registry.example.org/team/sir`")
    parser.add_argument("--registry", metavar="REGISTRY", help="where the bundle is pushed to, as `host/name`")


def perform(options: Namespace) -> dict[str, object]:
    named, registry = options.NAME, options.registry
    if named == "":
        raise BundleError("invalid_name", "the name of a bundle is empty", hint="leave it out to begin one in this folder")
    if named and is_registry(named):
        if registry:
            raise Mistake("two registries are named", "write the name of a folder in front of `--registry`")
        named, registry = None, named
    try:
        return begin(os.path.normpath(named or os.curdir), None if registry is None else repository(registry)).record()
    except OSError as error:
        raise BundleError("os_error", f"the folder cannot be made: {(error.strerror or 'unknown error').lower()}") from None


def is_registry(text: str) -> bool:
    """Whether a word means a registry and not a folder: its first part is a host."""
    first, slash, _ = text.removeprefix(SCHEME).partition("/")
    return text.startswith(SCHEME) or (bool(slash) and first not in {"", os.curdir, os.pardir} and names_host(first))


def repository(text: str) -> str:
    """A registry as the settings name it: without a tag."""
    reference = Reference.parse(text)
    if reference.tag or reference.digest:
        raise BundleError("bad_reference", f"`{text}` has a tag or a digest", hint=f"write `{reference.repository}`; `mlpy bundle push --tag` names tags")
    return reference.repository


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    created, changed, folder = data["created"], data["changed"], str(data["folder"])
    assert isinstance(created, list)
    assert isinstance(changed, list)
    place = "" if folder == os.curdir else f"{folder}/"
    lines = [f"{tables.paint('created', 'green')}  {tables.one_line(place + one)}\n" for one in created] + [
        f"{tables.paint('changed', 'yellow')}  {tables.one_line(place + one)}\n" for one in changed
    ]
    begin_there = f"cd {tables.one_line(quote(folder))}, then " if place else ""
    return "".join(lines) + f"\nthe bundle `{tables.one_line(str(data['name']))}` is begun: {begin_there}`mlpy bundle discover --save` lists its models\n"
