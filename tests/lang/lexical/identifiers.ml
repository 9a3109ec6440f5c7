_ = 1;
_private = 2;
camelCase9 = 3;
A1_b2 = 4;
x_ = 5;
print(_, _private, camelCase9, A1_b2, x_);
