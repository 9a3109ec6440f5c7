__x = 1;
o.__class__;
print(__import__("os"));
