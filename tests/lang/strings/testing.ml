print("123".isdigit(), "12a".isdigit(), "".isdigit(), "abc".isalpha(), "ab1".isalpha(), "ab1".isalnum(), "a b".isalnum());
print(" \t\n".isspace(), "".isspace(), "Hello World".istitle(), "Hello world".istitle(), "ABC".isupper(), "AbC".isupper(), "abc".islower());
