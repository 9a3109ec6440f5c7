import regex;
print("\d+", regex.findall("\d+", "a1 b22 c333"));
print(regex.test("^\w+@\w+\.\w+$", "ada@example.org"), regex.test("^\s*$", " \t "), regex.sub("\s+", " ", "a   b \t c"));
print(regex.split("\s*,\s*", "a , b,c"), "\(\)\[\]\.\*");
