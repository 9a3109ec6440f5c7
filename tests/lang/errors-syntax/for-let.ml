for (let x in xs) { print(x); }
