import math;
function area(w, h = 1) { return w * h; }
function tag(name, ...rest) { return [name, ...rest]; }
area();
area(1, 2, 3);
area(1, hight: 2);
area(1, w: 2);
tag();
math.sqrt(1, 2);
"abc".upper(1);
[1].append();
len();
keep = fn(x) => x;
keep(1, 2);
[3, 1] |> area(2);
abs(x: 1, y: 2);
