"""`mlpy models convert SRC DST --quantize 4`: makes another model of one."""

from __future__ import annotations

import os
from pathlib import Path

from mlpy.extensions.models import records
from mlpy.extensions.models.commands import asking
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.store import Store

from mlpy.cli.bars import bars
from mlpy.cli.tables import size

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.models.store import Model


def define(parser: ArgumentParser) -> None:
    parser.add_argument("SRC", help="a model of the store, or a file `*.gguf`")
    parser.add_argument("DST", help="its name in the store; a folder if it begins with `.`, `/` or `~`")
    parser.add_argument("--quantize", metavar="BITS", type=int, choices=(2, 3, 4, 5, 6, 8), help="store a weight in so many bits: 2, 3, 4, 5, 6 or 8")
    parser.add_argument("--group-size", metavar="N", type=int, choices=(32, 64, 128), default=64, help="weights that share a scale: 32, 64 or 128 (default: 64)")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.models.conversion import convert, is_folder  # noqa: PLC0415  `--help` needs none of it

    ModelError.need("mlx", "mlx_lm")
    store = Store()
    source = source_of(options.SRC)
    with bars() as shown:
        shown.task(f"converting {options.SRC}", unit="model").say("…")
        place = convert(store, source, options.DST, bits=options.quantize, group_size=options.group_size)
    made = None if is_folder(options.DST) else store.find(options.DST)
    written = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return {
        "source": options.SRC if isinstance(source, Path) else source.name,
        "target": options.DST if made is None else made.name,
        "size_bytes": written,
        "source_size_bytes": source.stat().st_size if isinstance(source, Path) else source.size_bytes,
        "model": None if made is None else records.of_model(made),
    }


def source_of(name: str) -> Model | Path:
    """What is to be converted."""
    if not name.endswith(".gguf"):
        return asking.runnable(name)
    path = Path(os.path.expanduser(name))
    if not path.is_file():
        raise ModelError("model_not_found", f"there is no file `{name}`", hint="`mlpy models list` shows what can be converted")
    return path


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    before, after = (size(int(str(data[name]))) for name in ("source_size_bytes", "size_bytes"))
    return f"{data['target']}: {after}, from {before} of {data['source']}\n"
