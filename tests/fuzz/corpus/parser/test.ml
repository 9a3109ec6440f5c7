test "adds" { assert 1 + 1 == 2, "message"; }
nonlocal n;
assert true;
