) ] }
print(1);
