// Both quotes, elif and else if, a `;` too many, trailing commas or none, nonlocal at the top level.
function describe(n) {
    if (n < 0) { return 'negative'; } elif (n == 0) { return "zero"; } else if (n < 10) { return 'small'; } else { return "big"; };
}
nonlocal total;
total = 0;
for (n in [-1, 0, 5, 50,]) { total += n; print(describe(n),); };
print({a: 1, "b": 2, }, total);
;
{first: 1};
[1, 2];
"done" + '.'
