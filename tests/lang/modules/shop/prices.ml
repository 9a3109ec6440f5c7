// module
import math;
_fee = 0.5;
function gross(net) { return math.ceil(net * 1.19 + _fee); }
names = ["a", "b"];
