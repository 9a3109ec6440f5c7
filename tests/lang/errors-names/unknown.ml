total = 3;
print(totl);
pritn("hi");
console.log(total);
flag = True;
function visit(node) {
    for (child in node.children) { visit(chidl); }
}
qqqqqqq(1);
