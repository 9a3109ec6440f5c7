// `1 < 5 < 3` compares the boolean of `1 < 5` with 3.
x = 5;
print(1 < x < 3, 3 > 2 > 1, 1 == 1 == 1, (1 < x) == true);
