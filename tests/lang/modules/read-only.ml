import shop.prices as prices;

for (attempt in [fn() => set(prices), fn() => index(prices), fn() => prices(1), fn() => prices.nothing()]) {
    try { print(attempt()); } except (e) { print(e.type, e.message); }
}
function set(m) { m.names = []; }
function index(m) { return m["names"]; }
