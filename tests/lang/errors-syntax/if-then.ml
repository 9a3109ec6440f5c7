if (x > 1) then { print(x); }
if x then { print(x); }
