a = f"hello {name}";
b = """doc""";
c = b"x";
d = f'{x}';
