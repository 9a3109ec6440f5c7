function outer() {
    secret = 1;
    return fn() => secrett + match (secret) { [first, ...rest] => fist, _ => 0 };
}
try { outer(); } except (problem) { print(porblem); }
print(problem, first);
