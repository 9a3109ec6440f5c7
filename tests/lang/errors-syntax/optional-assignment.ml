o?.k = 1;
o?.list[0] += 2;
