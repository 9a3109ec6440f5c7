for (i, x in [1, 2]) { if (x > 1) { break; } elif (x == 1) { continue; } else {} }
while (false) {}
try { throw {message: "m", type: "T"}; } except (e) { e.message; } finally { ; }
