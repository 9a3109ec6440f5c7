// Python's keywords and builtins mean nothing here.
class = 1;
lambda = 2;
None = 3;
True = 4;
False = 5;
def = 6;
pass = 7;
del = 8;
is = 9;
not = 10;
and = 11;
or = 12;
yield = 13;
async = 14;
await = 15;
global = 16;
from = 17;
raise = 18;
self = 19;
exec = 20;
print(class, lambda, None, True, False, def, pass, del, is, not, and, or, yield, async, await, global, from, raise, self, exec);
function class_of(class, None = 2, ...True) { return [class, None, True]; }
print(class_of(1), class_of(1, 5, 6), class_of(class: 7));
o = {class: 1, None: 2, lambda: {def: 3}};
print(o.class + o.None + o.lambda.def, o);
