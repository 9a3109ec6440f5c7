import start_fails;
print(start_fails.late);
