import math;
import json as j;
function area(w) { return w; }
twice = fn(x) => x * 2;
print(area, [area], {f: area}, len, [print], math, [math], j);
print(math.sqrt, [math.sqrt]);
print("" + area, `${area}`, str(area), repr(area));
