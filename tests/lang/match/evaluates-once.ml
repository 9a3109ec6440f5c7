count = 0;
function subject() { nonlocal count; count += 1; return [count, "x"]; }
print(match (subject()) { [5, _] => "five", ["y", _] => "y", [n, "x"] => n });
print(count);
order = [];
note = fn(v) => { order.append(v); return true; };
print(match (3) { 1 if note("first") => 1, n if note("second") && n > 5 => 2, 3 if note("third") => 3, _ if note("never") => 4 });
print(order);
