// A reserved word is a name after a dot, as a key, as a pattern key.
o = {if: 1, return: 2, function: 3, while: 4, true: 5, null: 6, import: 7, "for": 8};
print(o.if, o.return, o.function, o.while, o.true, o.null, o.import, o.for);
o.else = 9;
o.try = {finally: 10};
print(o.else, o.try.finally, o?.throw);
{if: condition, return: result} = o;
print(condition, result);
print(match (o) { {while: w, true: t} => w + t });
print(keys(o));
