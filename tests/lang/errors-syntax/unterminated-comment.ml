print(1);
/* a /* nested */ comment
print(2);
