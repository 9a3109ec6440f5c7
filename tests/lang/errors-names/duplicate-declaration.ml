function area(w, h) { return w * h; }
function area(r) { return 3.14 * r ** 2; }
if (true == true) {
    function inner() { return 1; }
    function inner() { return 2; }
}
type Size = number;
type Size = string;
