ran = [];
with capability("file.read:./data/**") {
    ran.append("inside");
    with capability("file.read:./data/x", "net.connect:example.com:443") { ran.append("nested"); }
}
print(ran);
function f() {
    with capability("file.read:./data/**") { return "returned from inside"; }
}
print(f());
for (i in range(3)) {
    with capability("env.read:HOME") {
        if (i == 0) { continue; }
        if (i == 2) { break; }
        print("item", i, hasCapability("env.read:HOME"));
    }
}
try {
    with capability("file.read:./x") { throw "out of a block"; }
} except (e) { print(e); }
