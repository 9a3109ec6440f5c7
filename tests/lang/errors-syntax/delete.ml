delete o.k;
del o["k"];
