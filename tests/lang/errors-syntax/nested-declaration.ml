function f() {
    import math;
    test "x" { assert true; }
    type A = number;
    capability B { resource "./x"; allow read; }
}
