import math as m;
import json as in_json;
import collections as c;
print(m.floor(2.7), in_json.stringify({a: 1}), c.first([7, 8]));
floor = m.floor;
print(floor(-2.5), [m.ceil][0](2.1), map(m.sqrt, [4, 9]));
