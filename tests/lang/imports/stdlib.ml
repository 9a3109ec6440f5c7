import math;
import string;
import json as j;
print(math.sqrt(16), string.reverse("abc"), j.parse("[1, 2]"), typeof(math));
print(math.pi > 3.14, typeof(math.sqrt));
