i = 0;
i++;
++i;
i--;
print(i);
