"""Language models of this machine for programs: the module `models`, over the store and the runner that `mlpy models` uses.

Whoever imports this loads neither huggingface_hub nor mlx: what a function needs it imports when it is called.
"""

from __future__ import annotations

from mlpy.sdk import ml_function, ml_module


@ml_module("models", version="1.0.0", concurrent=True)
class Models:
    """Language models that lie in this machine's Hugging Face cache."""

    @ml_function(capability="model.list")
    def list_(self) -> list[dict[str, object]]:
        """The models of the cache, by name. Example: `typeof models.list()` → `"array"`."""
        from mlpy.extensions.models.store import Store  # noqa: PLC0415  json and re, which not every program that imports the module needs

        return [{"name": one.name, "hash": one.hash, "size_bytes": one.size_bytes} for one in Store().models()]
