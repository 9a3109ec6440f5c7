import maths;
import a.b.c;
import jsn as j;
print(maths.pi, a, j);
