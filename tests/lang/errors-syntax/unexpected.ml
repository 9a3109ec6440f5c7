x = = 2;
print("a") : 1;
y = 3 ] ;
print(y);
