s = "hello World";
print(s.upper(), s.lower(), s.capitalize(), s.title(), s.swapcase());
print("ÄÖ".lower(), "straße".upper(), "".upper() == "");
