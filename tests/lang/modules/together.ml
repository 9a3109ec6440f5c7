import shop.orders;
import shop.prices;
import shop;
import shop.orders as again;

print(shop.orders.total([10, 20]), shop.prices.gross(1), shop.open, again.total([]));
print(shop, shop.prices, typeof(again));
print(shop.prices._fee, shop.prices.math, shop.prices.names, methods(shop.prices));
