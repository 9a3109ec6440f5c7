nonlocal x = 1;
