import math;
name = "top";
function outer() {
    name = "enclosing";
    function inner() { return name; }
    function own() { name = "local"; return name; }
    return [inner(), own(), name];
}
print(outer(), name);
math = "shadowed import";
print(math);
function parameter(print_it) { return print_it; }
print(parameter("x"));
