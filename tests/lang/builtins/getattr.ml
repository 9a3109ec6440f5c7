o = {a: 1, "b c": 2};
print(hasattr(o, "a"), hasattr(o, "x"), getattr(o, "a"), getattr(o, "x"), getattr(o, "x", "none"), getattr(o, "b c"));
import math;
print(hasattr(math, "pi"), hasattr(math, "nothing"), getattr(math, "pi") == math.pi, getattr(math, "nothing", 0));
for (name in ["__class__", "__dict__", "__init__"]) {
    print(hasattr(o, name), getattr(o, name, "no"), hasattr(math, name), hasattr(len, name), hasattr([], name));
}
