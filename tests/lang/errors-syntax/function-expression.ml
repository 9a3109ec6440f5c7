double = function(x) {
    return x * 2;
};
each([1, 2], function (x) { print(x); });
