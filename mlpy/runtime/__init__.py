"""What a running program meets: values, operators, members, builtins, the run with its limits, and its errors."""
