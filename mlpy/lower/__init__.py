"""AST → Python ast: `lower.py` and the files below it make it, `verify.py` checks it, `kinds.py` knows where a plain operator is safe."""
