max = 10;
min = 1;
len = 5;
sum = 0;
dir = "./data";
list = [1, 2];
dict = {a: 1};
str = "text";
id = 7;
input = "given";
file = "a.txt";
hash = "#";
object = {};
filter = "*.ml";
map = {x: 1};
range = [0, 9];
next = null;
all = true;
type = "kind";
format = "json";
for (i in list) {
    sum = sum + i;
}
print(max, min, len, sum, dir, list, dict, str, id, input, file, hash, object, filter, map, range, next, all, type, format);
print(len(list), sum([1, 2]), str(5), max(1, 2));
