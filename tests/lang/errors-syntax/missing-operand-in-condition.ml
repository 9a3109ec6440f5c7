if (x > ) { print(x); }
if () { print(1); }
while () { break; }
