let x = 1
if x == 1 {
    print("one")
} else if x = 2 {
    i++;
}
function (a, b) { return a and b; }
y = [1, 2 3];
print(“done”)
