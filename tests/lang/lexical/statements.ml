;;; print("empty statements are fine");;
print("two"); print("on a line");
print(
    "newlines",
    "mean",
    "nothing"
)
;
x
=
1
+
2; print(x);
if (x) { ; }
{}; {a: 1};
print("the last semicolon may be missing")
