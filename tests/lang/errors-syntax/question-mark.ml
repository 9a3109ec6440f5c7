x = a ? b;
y = a ?: b;
z = a? 1 : 2;
w = a?;
