count = 0;
function top() { nonlocal count; count += 1; }
top();
top();
print(count);
function outer() {
    n = 1;
    function middle() {
        function inner() { nonlocal n, count; n += 10; count += 100; return n; }
        return inner();
    }
    middle();
    return [n, middle(), n];
}
print(outer(), count);
// A name that only a nonlocal function assigns exists from the start.
function makes() { nonlocal made; made = "by the function"; }
made = null;
makes();
print(made);
several = fn() => { nonlocal a, b; [a, b] = [b, a]; };
[a, b] = [1, 2];
several();
print(a, b);
