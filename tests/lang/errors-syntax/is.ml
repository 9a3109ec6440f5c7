if (x is null) { print(1); }
if (x is not null) { print(2); }
if (x not in xs) { print(3); }
