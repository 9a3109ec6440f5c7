goto end;
print(1);
