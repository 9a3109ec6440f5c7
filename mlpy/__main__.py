"""`python -m mlpy`: the command without its script."""

from __future__ import annotations

import sys

from mlpy.cli import main

sys.exit(main())
