key = "x";
p = {x: 1, y: 2, x: 3, "y": 4, [key]: 5};
p.x = p.x;
p = p;
p.x = p.y;
