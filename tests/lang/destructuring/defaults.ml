[a, b = 1] = [5];
{k: n = 0, j = a + 1} = {};
{list: [x, y = 9] = [7]} = {};
{deep: {v = "in"} = {}} = {};
print(a, b, n, j, x, y, v);
{k = 1, l = 2} = {k: null, l: 0};
print(k, l);
