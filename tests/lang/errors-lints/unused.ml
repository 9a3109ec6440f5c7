import math;
import json as j;
limit = 3;
function area(w, h) {
    result = w * h;
    _note = "silent";
    [first, second] = [w, h];
    function helper() { return 1; }
    return match ([w, h]) { [a, b] => first, _ => 0 };
}
counter = fn() => {
    n = 0;
    return fn() => { nonlocal n; n += 1; };
};
