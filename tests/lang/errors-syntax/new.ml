p = new Point(1, 2);
e = new Error("bad");
