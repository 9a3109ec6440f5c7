"""Text to tree and back: tokens, the LALR tables, the parser, recovery from errors, and the printer."""
