unless (x) { print(1); }
until (x) { x = 1; }
loop { break; }
