"""What the module `bundles` does for a program: references and files are demanded under their true names, and what asks a registry ends with the run.

The code behind works on folders of the host, so each file that it may come to is demanded before. It follows no links, and writes below a folder that is open.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.ignoring import NEVER
from mlpy.extensions.bundles.paths import MANIFEST
from mlpy.extensions.bundles.references import Reference

from mlpy import files
from mlpy.aside import Meter, Teller, begun, outcome
from mlpy.capabilities import Capability
from mlpy.failures import USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.extensions.bundles.project import Project

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run

told = Teller(frozenset(kind for kind, code in BundleError.CODES.items() if code == USAGE), "the bundle cannot be used", "`mlpy bundle` tells more")


# ── what is demanded ─────────────────────────────────────────────────────────────────────────────────────────────


def granted(use: Use, kind: str, text: str) -> Reference:
    """A reference whose repository is granted. Who is granted nothing of the kind hears that, and not what is wrong with the reference.

    Raises:
        BundleError: `bad_reference`.
        CapabilityDenied: for the repository.
    """
    try:
        reference = Reference.parse(text)
    except BundleError:
        if not all(any(grant.kind == kind for grant in layer.grants) for layer in use.grants.layers):
            use.extend(Capability(kind, text))
        raise
    use.extend(Capability(kind, reference.repository))
    return reference


@contextmanager
def standing(folder: str) -> Iterator[tuple[files.Walk, str]]:
    """The way to a folder, and its real path. What the code behind says of that path it says of the folder as the program has named it."""
    with files.Walk(folder, "file.read") as walk:
        opened = walk.open(files.LISTED)
        try:
            files.verify(walk, os.fstat(opened), opened)
        finally:
            os.close(opened)
        real = "/" + "/".join(walk.whole)
        try:
            yield walk, real
        except BundleError as error:
            message = error.message.replace(f"`{real}`", f"`{files.shown(folder)}`")
            raise BundleError(error.type, message, matches=error.matches, hint=error.hint) from error


@contextmanager
def project_in(folder: str) -> Iterator[Project]:
    """The project whose folder a program has named, when all files are granted that do not count as ignored."""
    from mlpy.extensions.bundles.project import FILE, Project  # noqa: PLC0415  who asks a registry needs no project

    with standing(folder) as (walk, real):
        files.permitted(walk, (*walk.whole, FILE))
        if not os.path.lexists(os.path.join(real, FILE)):
            raise BundleError("no_bundle", f"there is no bundle in `{files.shown(folder)}`", hint="`mlpy bundle init` makes one")
        if os.path.islink(os.path.join(real, FILE)):
            raise BundleError("not_a_file", f"`{FILE}` is a link, which may lead anywhere", hint="put the file itself in its place")
        project = Project(real)
        for path in sorted({*project.listing.files, *project.ignore.sources}):  # rules may leave out their own file
            files.permitted(walk, (*walk.whole, *path.split("/")))
        yield project


# ── in a registry ────────────────────────────────────────────────────────────────────────────────────────────────


def inspected(run: Run, use: Use, text: str) -> dict[str, object]:
    """What a bundle holds."""
    from mlpy.extensions.bundles.remote import inspect  # noqa: PLC0415  who stays in folders needs no registry

    reference = granted(use, "bundle.read", text)
    return outcome(run, begun(lambda: inspect(reference, progress=Meter(run, use)))).record()


def tagged(run: Run, use: Use, text: str) -> list[str]:
    """The tags of a repository."""
    from mlpy.extensions.bundles.remote import tags  # noqa: PLC0415  as above

    reference = granted(use, "bundle.read", text)
    return outcome(run, begun(lambda: tags(reference, progress=Meter(run, use))))


def pulled(run: Run, use: Use, text: str, folder: str) -> dict[str, object]:
    """Brings a bundle into a folder, once each of its files may be written."""
    from mlpy.extensions.bundles.pulling import pull  # noqa: PLC0415  as above
    from mlpy.extensions.bundles.remote import inspect  # noqa: PLC0415  as above

    reference = granted(use, "bundle.read", text)
    meter = Meter(run, use, "bundle.read")
    found = outcome(run, begun(lambda: inspect(reference, progress=meter)))
    with files.Walk(folder, "file.write") as walk:
        walk.look()
        for path in (MANIFEST, *found.manifest.files):
            files.permitted(walk, (*walk.whole, *path.split("/")))
        use.charge(found.artifact.size + len(found.manifest.text.encode()), kind="file.write")
        above, name = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=walk.folder), walk.name

    def bring() -> dict[str, object]:
        try:
            return pull(reference.pinned(found.digest), name, parent=above, progress=meter).record()
        finally:
            os.close(above)

    return outcome(run, begun(bring)) | {"reference": reference.text, "folder": folder}


def pushed(run: Run, use: Use, folder: str, text: str, tags: list[str]) -> dict[str, object]:
    """Brings the bundle of a project into a registry."""
    from mlpy.extensions.bundles.manifest import build  # noqa: PLC0415  as above
    from mlpy.extensions.bundles.pushing import push  # noqa: PLC0415  as above

    reference = granted(use, "bundle.push", text)
    with project_in(folder) as project:
        manifest = outcome(run, begun(build, project))
        use.charge(manifest.size, kind="file.read")
        return outcome(run, begun(lambda: push(project, reference, tags=tags, progress=Meter(run, use, "bundle.push")))).record()


# ── in a folder ──────────────────────────────────────────────────────────────────────────────────────────────────


def verified(run: Run, use: Use, folder: str) -> dict[str, object]:
    """Compares the files of a folder with its manifest."""
    from mlpy.extensions.bundles.verifying import read, verify  # noqa: PLC0415  as above

    with standing(folder) as (walk, real):
        for inside, is_folder in files.tree(walk):
            if not is_folder and NEVER.isdisjoint(inside):
                files.permitted(walk, (*walk.whole, *inside))
        use.charge(read(real).size)
        return outcome(run, begun(lambda: verify(real, progress=Meter(run, use)))).record()


def described(run: Run, use: Use, folder: str) -> dict[str, object]:
    """The manifest of a project."""
    from mlpy.extensions.bundles.manifest import build  # noqa: PLC0415  as above

    with project_in(folder) as project:
        manifest = outcome(run, begun(build, project))
        use.charge(manifest.size)
        return manifest.data


def discovered(run: Run, use: Use, folder: str) -> dict[str, object]:
    """The models of a project."""
    from mlpy.extensions.bundles.discovery import discover  # noqa: PLC0415  as above

    with project_in(folder) as project:
        use.charge(sum(os.stat(os.path.join(project.root, path), follow_symlinks=False).st_size for path in project.listing.files if path.endswith(".py")))
        found = outcome(run, begun(discover, project.modules))
    return {"models": [one.record() for one in found.models], "problems": [one.record() for one in found.problems]}
