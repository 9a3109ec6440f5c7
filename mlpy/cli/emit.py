"""`mlpy emit`: what the compiler makes of a program: its syntax tree, or its Python with a source map."""

from __future__ import annotations

import os

from mlpy.cli import DONE, files, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.source import Source
