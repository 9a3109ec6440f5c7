x = a..b;
y = a.;
z = .b;
w = a.1;
