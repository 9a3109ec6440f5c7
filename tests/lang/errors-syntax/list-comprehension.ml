xs = [x * 2 for x in ys];
