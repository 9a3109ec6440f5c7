if (a) { print(1); }
elseif (b) { print(2); }
elsif (c) { print(3); }
else { print(4); }
