import functional as f;
calls = 0;
slow = fn(x) => { nonlocal calls; calls += 1; return x; };
fast = f.memoize(slow);
print(fast(1), fast(1), fast(2), calls);
// 1, 1.0 and true are different arguments.
print(fast(1.0), fast(true), fast("1"), calls);
