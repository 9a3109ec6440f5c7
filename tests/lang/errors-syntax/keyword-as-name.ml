for = 1;
if = 2;
function return(x) { return x; }
print(3);
