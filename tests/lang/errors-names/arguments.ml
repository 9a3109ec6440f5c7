function box(w, h) { return w * h; }
box(w: 1, w: 2);
box(h: 1, 2);
