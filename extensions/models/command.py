"""`mlpy models …`: the table of its commands. Each is a file in `commands/`, as `mlpy/cli/family.py` tells."""

from __future__ import annotations

from mlpy.extensions.models.failures import ModelError

from mlpy.cli.family import Family

COMMANDS = {
    "list": "list the models that are here",
    "show": "tell all about one model",
    "health": "check that the files of models are whole",
    "pull": "download a model, or the rest of it",
    "rm": "remove a model, or one revision of it",
    "prune": "remove unfinished downloads, what nothing needs, and stale locks",
    "run": "have a model answer once",
    "chat": "talk with a model",
    "serve": "serve models over the protocol of OpenAI",
    "convert": "make another model of one, quantized for instance",
    "embed": "turn texts into vectors",
    "bench": "measure how fast a model is",
    "ps": "list the servers that run",
}
FAMILY = Family("models", "mlpy.extensions.models", COMMANDS, ModelError)
