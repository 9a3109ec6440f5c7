m = match (v);
n = match (v) { "a" };
