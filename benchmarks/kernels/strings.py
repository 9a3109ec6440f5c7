"""Builds a report line by line: f-strings, padding, replacing, joining."""


def run(n):
    lines = []
    for i in range(n):
        name = f"item-{i % 97}"
        line = f"row {i}: {name.upper()};"
        if i % 3 == 0:
            line = line.replace("-", "_")
        lines.append(f"{line.ljust(24)}|{i * 7 % 1000}")
    text = "\n".join(lines)
    return [len(text), text.count("_"), text[-12:]]
