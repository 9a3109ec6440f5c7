x = 1;
print("one",
    x);
// comment
print("two");
s = "a
b";
print(s.length, s == "a\nb" || s == "a\r\nb");
