print("before");
test "never run here" {
    print("never");
    assert false, "never";
}
test "empty" {}
print("after");
