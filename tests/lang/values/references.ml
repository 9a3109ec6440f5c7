a = [1];
b = a;
b.append(2);
print(a, a == b);
o = {list: a};
o.list.append(3);
print(a, b, o);
c = a.copy();
c.append(4);
print(a, c);
function change(list, object) { list.append("x"); object.k = "y"; list = []; return list; }
p = {};
print(change(a, p), a, p);
