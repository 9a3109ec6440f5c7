import math;

_rules = {
    gb: {rate: 0.2, discount: fn(net) => net > 80 ? math.floor(net * 0.05) : 0},
    at: {rate: 0.1, discount: fn(net) => 0},
};
countries = keys(_rules);

/// The rate of tax and the discount of a country.
function of(country: string): object {
    if (!(country in _rules)) {
        throw {type: "UnknownCountry", message: `no rules for ${country}`};
    }
    return _rules[country];
}
