print("a,b,,c".split(","), " a  b ".split(), "a,b,c".split(",", 1), "a,b,c".rsplit(",", 1), "abc".split("x"), "".split(","), "".split());
print("a\nb\r\nc".lines(), "one".lines(), "".lines(), "a\n".lines());
print(", ".join(["a", "b"]), "".join(["x", "y"]), "-".join([]), ["a", "b"].join(", "));
print([..."abc"], "a-b-c".split("-").join("+"));
