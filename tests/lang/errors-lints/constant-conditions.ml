if ("debug") { print("on"); }
x = 1 ? "a" : "b";
while (0) { print(x); }
while (true) { break; }
while (1) { break; }
