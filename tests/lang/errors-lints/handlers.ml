try { print(1 / 0); } except (e) { print(e.type); } except (f) { print(f); }
try { print(1 / 0); } except {}
try { print(1 / 0); } except { // a missing price is shown as nothing
}
