test { assert true; }
test adds { assert true; }
