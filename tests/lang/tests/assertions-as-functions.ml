assertEqual([1, {a: 2}], [1.0, {a: 2}]);
assertThrows(fn() => int("x"));
assertThrows(fn() => int("x"), "ValueError");
try { assertEqual([1, 2], [1, 3]); } except (e) { print(e.type); }
try { assertThrows(fn() => 1); } except (e) { print(e.type); }
try { assertThrows(fn() => int("x"), "KeyError"); } except (e) { print(e.type); }
