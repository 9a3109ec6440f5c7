print(1);
else {
    print(2);
}
print(3);
