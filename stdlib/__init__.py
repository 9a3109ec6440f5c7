"""The standard library: one file a module, each declared with `@ml_module`.

A file holds exactly one module and has its name, so that a program's `import math` finds `mlpy.stdlib.math` without an index.
"""
