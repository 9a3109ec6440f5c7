i = 3;
o = {n: 1};
--i;
print(i-- - 1);
print(--o.n, - -i, -(-i), i - -1);
function down(a) {
    --a;
    return a --1;
}
