"""AST → Python ast: `lower.py` makes it, `verify.py` checks it, `kinds.py` knows where a plain operator is safe."""
