"""`python tests/fuzz/run.py TARGET [options of libFuzzer]`: has atheris look for inputs of a target that break something.

It begins with the committed corpus and goes on until it breaks something, or is stopped. New inputs that reach further lie in `found-TARGET` in the
working folder, and what broke something as `crash-…` beside it: once that is mended, it belongs into the corpus.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

with atheris.instrument_imports(include=["mlpy"]):
    import targets


def main() -> None:
    name, *options = sys.argv[1:]
    found = Path(f"found-{name}")
    found.mkdir(exist_ok=True)
    atheris.Setup([sys.argv[0], "-max_len=4096", *options, str(found), str(HERE / "corpus" / name)], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
