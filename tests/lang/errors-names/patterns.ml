point = [1, 2];
a = match (point) { [x, 0] | [x, y] => x, _ => 0 };
b = match (point) { [x, x] => x, _ => 0 };
c = match (point) { {kind: k, at: [k, _]} => k, _ => 0 };
