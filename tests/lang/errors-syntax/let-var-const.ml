let x = 1;
var y = 2;
const z = 3;
print(x + y + z);
