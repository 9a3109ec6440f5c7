// module
import prices as p;
print("shop.orders runs");
function total(lines) { return sum(lines.map(p.gross)); }
