"""Bundles for programs: the module `bundles`, over what `mlpy bundle` uses.

Whoever imports this loads nothing that asks a registry. A registry is demanded under the name that a reference has once it is taken apart, and each file of a folder is demanded as the folder is, so
that neither a spelling nor a link leads past a grant.
"""

from __future__ import annotations

from mlpy.capabilities import in_use
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.sdk import ml_function, ml_module, wrong_type

MAX_REFERENCE = 1024  # characters
MAX_TAGS = 100


@ml_module("bundles", version="1.0.0", concurrent=True)
class Bundles:
    """Bundles: versioned sets of files with the models in them, in folders and in OCI registries.

    ```ml
    import bundles;
    made = bundles.push("climate", "registry.example.org/lab/climate", tags: ["1.0"]);
    print(made.bundle_digest);
    found = bundles.pull("registry.example.org/lab/climate:1.0", "copy");
    print(found.files, bundles.verify("copy").verified);
    ```

    [`mlpy bundle`](../guide/bundles.md) does the same from the command line, and makes projects. Projects need the extra `bundles` (`pip install 'mlpy[bundles]'`).

    **References.** `host[:port]/name`, with `:tag` or `@sha256:…` behind it; `latest` is the tag where none is written. Registries are asked with TLS, but for those of this machine. The user's credentials
    of the Docker configuration are used.

    **Capabilities.** `inspect`, `tags` and `pull` demand `bundle.read`, and `push` `bundle.push`, for the repository: `--allow 'bundle.read:registry.example.org/lab/**'`. They need no
    `net.connect`. `count=` counts calls, `bytes=` what comes and goes over the network. What is read of a folder demands `file.read` of the folder and of every file in it, what is written
    `file.write`, and `code.write` where code or settings would lie: `--allow 'file.read:climate/**'`. What the rules of `.modelopsignore` leave out is not read.

    **Promises.** Nothing of a project is run. `pull` makes a new folder, in which every file has been compared with its digest, or nothing. The same files give the same `bundle_digest` on every machine.

    **Errors.** A wrong reference or value is a `ValueError`; what is not there, is damaged, or does not come over the network is an `IOError`. Its `kind` tells more: `not_found`, `not_a_bundle`,
    `digest_mismatch`, `unauthorized`, `network_error` and the other types of [the command's errors](../guide/bundles.md).
    """

    # ── in a registry ──

    @ml_function(capability="bundle.read:{reference.resolved}")
    def inspect(self, reference: str) -> dict[str, object]:
        """What a bundle in a registry holds, without its files: `{reference, digest, bundle_digest, size, files, models}`. Example: `bundles.inspect("localhost:5000/lab/climate:1.0").models[0].id` → `"climate"`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  who only imports the module starts without it

        return calling.told(calling.inspected, current.get(), in_use.get(), text_of(reference, "reference"))

    @ml_function(capability="bundle.read:{repository.resolved}")
    def tags(self, repository: str) -> list[str]:
        """The tags of a repository, in order. Example: `bundles.tags("localhost:5000/lab/climate")` → `["1.0"]`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  as above

        return calling.told(calling.tagged, current.get(), in_use.get(), text_of(repository, "repository"))

    @ml_function(capability=("bundle.read:{reference.resolved}", "file.write:{folder}"))
    def pull(self, reference: str, folder: str) -> dict[str, object]:
        """Brings a bundle into a folder that is not there yet, or is empty: `{reference, digest, bundle_digest, files, size, bytes_downloaded}`. Example: `bundles.pull("localhost:5000/lab/climate:1.0", "copy").files` → `2`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  as above

        return calling.told(calling.pulled, current.get(), in_use.get(), text_of(reference, "reference"), text_of(folder, "folder"))

    @ml_function(capability=("file.read:{folder}", "bundle.push:{reference.resolved}"))
    def push(self, folder: str, reference: str, *, tags: list[str] | None = None) -> dict[str, object]:
        """Brings the bundle of a project into a registry, under further tags if there are any: `{reference, repository, tags, digest, bundle_digest, files, size, blobs, bytes_uploaded}`. Example: `bundles.push("climate", "localhost:5000/lab/climate:2.0").tags` → `["2.0"]`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  as above

        return calling.told(calling.pushed, current.get(), in_use.get(), text_of(folder, "folder"), text_of(reference, "reference"), tags_of(tags))

    # ── in a folder ──

    @ml_function(capability="file.read:{folder}")
    def verify(self, folder: str) -> dict[str, object]:
        """Compares the files of a folder with the `manifest.json` in it: `{verified, changed, missing, odd, extra, bundle_digest, files}`. Example: `bundles.verify("pulled").verified` → `true`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  as above

        return calling.told(calling.verified, current.get(), in_use.get(), text_of(folder, "folder"))

    @ml_function(capability="file.read:{folder}")
    def manifest(self, folder: str) -> dict[str, object]:
        """The manifest of a project as its files are now; nothing is written. Example: `keys(bundles.manifest("climate").models)` → `["climate"]`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  as above

        return calling.told(calling.described, current.get(), in_use.get(), text_of(folder, "folder"))

    @ml_function(capability="file.read:{folder}")
    def discover(self, folder: str) -> dict[str, object]:
        """The models among the files of a project, found by reading: `{models, problems}`. Example: `bundles.discover("climate").models[0].class` → `"models.climate:Climate"`."""
        from mlpy.extensions.bundles import calling  # noqa: PLC0415  as above

        return calling.told(calling.discovered, current.get(), in_use.get(), text_of(folder, "folder"))


# ── arguments ──


def text_of(value: object, name: str) -> str:
    """The value, or an error unless it is a text that could mean something."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    if name != "folder" and len(value) > MAX_REFERENCE:
        raise MLError(f"`{name}` must have at most {MAX_REFERENCE:,} characters", "ValueError")
    return value


def tags_of(values: object) -> list[str]:
    """Tags as they are now, or an error unless they are an array of strings."""
    if values is None:
        return []
    if type(values) is not list:
        raise wrong_type(values, "tags", "an array of strings")
    if len(values) > MAX_TAGS:
        raise MLError(f"`tags` must hold at most {MAX_TAGS} strings", "ValueError")
    return [text_of(value, f"tags[{at}]") for at, value in enumerate(values)]
