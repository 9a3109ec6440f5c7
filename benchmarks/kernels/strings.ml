// Builds a report line by line: templates, padding, replacing, joining.

function run(n) {
    lines = [];
    for (i in range(n)) {
        name = `item-${i % 97}`;
        line = "row " + i + ": " + name.upper() + ";";
        if (i % 3 == 0) { line = line.replace("-", "_"); }
        lines.append(`${line.ljust(24)}|${i * 7 % 1000}`);
    }
    text = lines.join("\n");
    return [len(text), text.count("_"), text[-12:]];
}
