nonlocal counter;
counter = 0;
function bump() {
    nonlocal counter;
    counter = counter + 1;
}
bump();
bump();
nonlocal counter;
print(counter);
if (true) {
    nonlocal flag;
    flag = "set";
}
print(flag);
