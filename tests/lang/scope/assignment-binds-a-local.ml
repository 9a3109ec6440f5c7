x = "top";
function reads() { return x; }
function shadows() { x = "local"; return x; }
function changes() { nonlocal x; x = "changed"; return x; }
print(reads(), shadows(), x, changes(), x, reads());
function parameter(x) { x = x + "!"; return x; }
print(parameter("p"), x);
function loop() { for (x in [1]) { ; } return x; }
print(loop(), x);
