// module
x = 1 +;
y = nowhere;
