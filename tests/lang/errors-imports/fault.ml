import fine;
print(fine.value);
fine.empty();
