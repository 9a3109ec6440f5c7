/// What lines cost under the rules of a country.
function bill(lines, rules) {
    if (len(lines) == 0) { throw {type: "EmptyBasket", message: "there is nothing to pay"}; }
    gross = sum(lines.map(fn(line) => line.pieces * line.price));
    discount = rules.discount(gross);
    net = gross - discount;
    tax = round(net * rules.rate, 2);
    return {
        net: net,
        tax: tax,
        total: net + tax,
        notes: discount > 0 ? [`less ${_money(discount)} for a large order`] : [],
    };
}

function _money(amount) { return format(amount, ".2f"); }
