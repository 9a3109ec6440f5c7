nonlocal total, max, len, sum;
total = 0;
max = 21;
len = 10;
sum = 26;
dir = 42;
test = 4;
read = 5;
type = 35;
class = 7;
in = 24;
list = 38;
str = 4;
id = 33;
input = 14;
next = 3;
type = type * 3 % 101;
total = total + len;
max = max ~/ 2 + 1;
function old4(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
len = old4(len, 1, 2);
function old5(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
list = old5(list, 1, 2);
total = total + max;
while (sum > 500) {
    sum = sum - 500;
}
sum = sum ~/ 2 + 1;
list = test * 4 % 101;
list = list * 5 % 101;
len += in;
print('len is', len);
list = dir + 8;
word14 = "beta" + '-' + in;
print("word 14", word14, len(word14));
test += dir;
try {
    throw 'old 16';
} except (e) {
    sum = sum + 1;
}
list = test * 9 % 101;
id += class;
for (i in range(1)) {
    list = list + i;
}
items20 = [
    10,
    4,
    15
];
items20.append(type);
sum = items20[0] + items20[-1];
max = max ~/ 2 + 1;
input = in * 7 % 101;
id += read;
function old24(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 9 - type;
}
class = old24(class, 1, 2);
next = len * 6 % 101;
item26 = {
    'name': 'n26',
    "size": 9
};
id = item26.size + item26['size'];
print('id is', id);
word28 = "beta" + '-' + list;
print("word 28", word28, len(word28));
word29 = "beta" + '-' + read;
print('word 29', word29, len(word29));
function old30(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
len = old30(len, 1, 2);
total = total + input;
if (id > 35) {
    id = id - 35;
} elif (id == 35) {
    id = 1;
} else {
    id = id + 2;
}
next = next ~/ 2 + 1;
sum = class * 8 % 101;
items35 = [
    13,
    17,
    8
];
items35.append(test);
sum = items35[0] + items35[-1];
print('type is', type);
word37 = 'alpha' + '-' + type;
print('word 37', word37, len(word37));
if (dir > 24) {
    dir = dir - 24;
} elif (dir == 24) {
    dir = 1;
} else {
    dir = dir + 2;
}
class = next + 3;
for (i in range(2)) {
    test = test + i;
}
in = in ~/ 2 + 1;
function old42(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
list = old42(list, 1, 2);
print('next is', next);
function old44(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
str = old44(str, 1, 2);
item45 = {
    'name': "n45",
    "size": 88
};
next = item45.size + item45['size'];
type = type ~/ 2 + 1;
class = str * 8 % 101;
dir = len + 4;
item49 = {
    'name': 'n49',
    "size": 44
};
sum = item49.size + item49['size'];
max = list * 4 % 101;
items51 = [
    19,
    0,
    2
];
items51.append(len);
read = items51[0] + items51[-1];
while (dir > 500) {
    dir = dir - 500;
}
sum = sum ~/ 2 + 1;
for (i in range(3)) {
    read = read + i;
}
item55 = {
    'name': "n55",
    "size": 63
};
len = item55.size + item55['size'];
item56 = {
    'name': 'n56',
    "size": 11
};
class = item56.size + item56['size'];
id = read * 6 % 101;
item58 = {
    'name': 'n58',
    "size": 21
};
next = item58.size + item58['size'];
total = total + in;
if (id > 11) {
    id = id - 11;
} elif (id == 11) {
    id = 1;
} else {
    id = id + 2;
}
try {
    throw 'old 61';
} except (e) {
    in = in + 1;
}
print('next is', next);
items63 = [
    11,
    7,
    17
];
items63.append(read);
sum = items63[0] + items63[-1];
items64 = [
    10,
    20,
    7
];
items64.append(input);
in = items64[0] + items64[-1];
function old65(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 5 - type;
}
input = old65(input, 1, 2);
try {
    throw "old 66";
} except (e) {
    dir = dir + 1;
}
print('input is', input);
total = total + in;
id += max;
input = test + 8;
for (i in range(5)) {
    dir = dir + i;
}
class += input;
print('read is', read);
dir = len * 5 % 101;
item75 = {
    'name': "n75",
    "size": 27
};
dir = item75.size + item75['size'];
function old76(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
list = old76(list, 1, 2);
item77 = {
    'name': 'n77',
    "size": 83
};
str = item77.size + item77['size'];
while (str > 500) {
    str = str - 500;
}
input = input ~/ 2 + 1;
try {
    throw 'old 80';
} except (e) {
    dir = dir + 1;
}
input = input ~/ 2 + 1;
len += input;
print('type is', type);
id = id ~/ 2 + 1;
print('sum is', sum);
if (max > 47) {
    max = max - 47;
} elif (max == 47) {
    max = 1;
} else {
    max = max + 2;
}
item87 = {
    'name': "n87",
    "size": 19
};
input = item87.size + item87['size'];
word88 = 'gamma' + '-' + read;
print('word 88', word88, len(word88));
input = id + 2;
items90 = [
    13,
    6,
    6
];
items90.append(id);
sum = items90[0] + items90[-1];
test = dir + 5;
items92 = [
    18,
    10,
    8
];
items92.append(dir);
input = items92[0] + items92[-1];
items93 = [
    4,
    1,
    11
];
items93.append(type);
next = items93[0] + items93[-1];
item94 = {
    'name': "n94",
    "size": 67
};
str = item94.size + item94['size'];
while (in > 500) {
    in = in - 500;
}
items96 = [
    16,
    0,
    14
];
items96.append(sum);
in = items96[0] + items96[-1];
try {
    throw 'old 97';
} except (e) {
    sum = sum + 1;
}
try {
    throw 'old 98';
} except (e) {
    input = input + 1;
}
if (class > 56) {
    class = class - 56;
} elif (class == 56) {
    class = 1;
} else {
    class = class + 2;
}
in = max * 7 % 101;
word101 = "gamma" + '-' + in;
print('word 101', word101, len(word101));
items102 = [
    6,
    8,
    1
];
items102.append(max);
dir = items102[0] + items102[-1];
try {
    throw "old 103";
} except (e) {
    len = len + 1;
}
items104 = [
    2,
    14,
    10
];
items104.append(max);
input = items104[0] + items104[-1];
function old105(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 5 - type;
}
in = old105(in, 1, 2);
print('test is', test);
items107 = [
    15,
    16,
    7
];
items107.append(in);
input = items107[0] + items107[-1];
print('in is', in);
items109 = [
    14,
    4,
    13
];
items109.append(dir);
next = items109[0] + items109[-1];
type = class * 7 % 101;
str = dir * 8 % 101;
dir = str * 6 % 101;
try {
    throw 'old 113';
} except (e) {
    len = len + 1;
}
print('str is', str);
sum += test;
if (class > 57) {
    class = class - 57;
} elif (class == 57) {
    class = 1;
} else {
    class = class + 2;
}
type = class * 4 % 101;
word118 = "alpha" + '-' + next;
print("word 118", word118, len(word118));
type += dir;
read += len;
print('read is', read);
in += class;
item123 = {
    'name': "n123",
    "size": 50
};
id = item123.size + item123['size'];
items124 = [
    16,
    2,
    3
];
items124.append(list);
test = items124[0] + items124[-1];
try {
    throw 'old 125';
} except (e) {
    dir = dir + 1;
}
for (i in range(2)) {
    test = test + i;
}
for (i in range(4)) {
    input = input + i;
}
while (str > 500) {
    str = str - 500;
}
for (i in range(5)) {
    type = type + i;
}
items130 = [
    10,
    2,
    8
];
items130.append(list);
class = items130[0] + items130[-1];
input = id + 3;
len = len ~/ 2 + 1;
str = len + 5;
list = next * 5 % 101;
test = next * 3 % 101;
item136 = {
    'name': "n136",
    "size": 71
};
max = item136.size + item136['size'];
for (i in range(1)) {
    list = list + i;
}
items138 = [
    3,
    5,
    8
];
items138.append(id);
dir = items138[0] + items138[-1];
sum = dir + 5;
word140 = "alpha" + '-' + test;
print("word 140", word140, len(word140));
items141 = [
    8,
    11,
    0
];
items141.append(str);
sum = items141[0] + items141[-1];
for (i in range(1)) {
    max = max + i;
}
print('in is', in);
total = total + in;
total = total + class;
word146 = "beta" + '-' + next;
print("word 146", word146, len(word146));
items147 = [
    6,
    7,
    10
];
items147.append(test);
id = items147[0] + items147[-1];
total = total + next;
print('str is', str);
read = read ~/ 2 + 1;
while (sum > 500) {
    sum = sum - 500;
}
str = id * 6 % 101;
sum = sum ~/ 2 + 1;
str = next * 8 % 101;
while (in > 500) {
    in = in - 500;
}
for (i in range(3)) {
    list = list + i;
}
class = sum + 3;
for (i in range(3)) {
    class = class + i;
}
read += in;
dir += max;
for (i in range(2)) {
    dir = dir + i;
}
read = type + 2;
item163 = {
    'name': 'n163',
    "size": 84
};
test = item163.size + item163['size'];
total = total + in;
len = test + 2;
if (type > 12) {
    type = type - 12;
} elif (type == 12) {
    type = 1;
} else {
    type = type + 2;
}
max = max ~/ 2 + 1;
for (i in range(1)) {
    str = str + i;
}
function old169(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
in = old169(in, 1, 2);
word170 = "gamma" + '-' + id;
print("word 170", word170, len(word170));
print('class is', class);
for (i in range(2)) {
    id = id + i;
}
next = next + 9;
word174 = 'gamma' + '-' + type;
print('word 174', word174, len(word174));
while (str > 500) {
    str = str - 500;
}
try {
    throw 'old 176';
} except (e) {
    id = id + 1;
}
max = max * 4 % 101;
word178 = "beta" + '-' + read;
print('word 178', word178, len(word178));
word179 = 'gamma' + '-' + max;
print("word 179", word179, len(word179));
for (i in range(1)) {
    max = max + i;
}
print('in is', in);
str = in * 3 % 101;
print('id is', id);
for (i in range(3)) {
    input = input + i;
}
total = total + id;
total = total + dir;
word187 = 'beta' + '-' + class;
print("word 187", word187, len(word187));
word188 = 'alpha' + '-' + test;
print('word 188', word188, len(word188));
function old189(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 6 - type;
}
sum = old189(sum, 1, 2);
word190 = 'beta' + '-' + id;
print('word 190', word190, len(word190));
item191 = {
    'name': 'n191',
    "size": 35
};
max = item191.size + item191['size'];
print('dir is', dir);
item193 = {
    'name': "n193",
    "size": 67
};
test = item193.size + item193['size'];
item194 = {
    'name': 'n194',
    "size": 99
};
class = item194.size + item194['size'];
items195 = [
    2,
    15,
    0
];
items195.append(dir);
test = items195[0] + items195[-1];
for (i in range(5)) {
    class = class + i;
}
item197 = {
    'name': 'n197',
    "size": 27
};
test = item197.size + item197['size'];
list = len * 4 % 101;
print('in is', in);
sum += list;
while (str > 500) {
    str = str - 500;
}
for (i in range(3)) {
    len = len + i;
}
total = total + class;
max = max ~/ 2 + 1;
class = str + 8;
test = test ~/ 2 + 1;
if (type > 34) {
    type = type - 34;
} elif (type == 34) {
    type = 1;
} else {
    type = type + 2;
}
len += next;
max += read;
try {
    throw "old 210";
} except (e) {
    read = read + 1;
}
dir = id * 2 % 101;
print('test is', test);
len += type;
next = next ~/ 2 + 1;
read = type * 6 % 101;
while (max > 500) {
    max = max - 500;
}
max = next * 6 % 101;
word218 = "beta" + '-' + sum;
print("word 218", word218, len(word218));
total = total + input;
try {
    throw "old 220";
} except (e) {
    type = type + 1;
}
items221 = [
    2,
    1,
    13
];
items221.append(in);
dir = items221[0] + items221[-1];
item222 = {
    'name': "n222",
    "size": 18
};
list = item222.size + item222['size'];
item223 = {
    'name': 'n223',
    "size": 17
};
max = item223.size + item223['size'];
item224 = {
    'name': "n224",
    "size": 37
};
type = item224.size + item224['size'];
for (i in range(3)) {
    id = id + i;
}
str = str ~/ 2 + 1;
for (i in range(4)) {
    class = class + i;
}
sum = str * 4 % 101;
dir = in * 9 % 101;
items230 = [
    10,
    14,
    13
];
items230.append(dir);
class = items230[0] + items230[-1];
if (in > 25) {
    in = in - 25;
} elif (in == 25) {
    in = 1;
} else {
    in = in + 2;
}
sum = read * 3 % 101;
dir += read;
for (i in range(2)) {
    input = input + i;
}
id = next + 7;
type = type ~/ 2 + 1;
items237 = [
    8,
    10,
    1
];
items237.append(dir);
type = items237[0] + items237[-1];
item238 = {
    'name': 'n238',
    "size": 47
};
test = item238.size + item238['size'];
word239 = 'gamma' + '-' + in;
print('word 239', word239, len(word239));
for (i in range(4)) {
    dir = dir + i;
}
word241 = 'beta' + '-' + class;
print('word 241', word241, len(word241));
type = id + 8;
function old243(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 3 - type;
}
class = old243(class, 1, 2);
next = next ~/ 2 + 1;
while (class > 500) {
    class = class - 500;
}
total = total + input;
total = total + sum;
items248 = [
    20,
    14,
    2
];
items248.append(str);
len = items248[0] + items248[-1];
items249 = [
    0,
    4,
    7
];
items249.append(input);
max = items249[0] + items249[-1];
function old250(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 6 - type;
}
max = old250(max, 1, 2);
if (str > 43) {
    str = str - 43;
} elif (str == 43) {
    str = 1;
} else {
    str = str + 2;
}
word252 = 'alpha' + '-' + type;
print('word 252', word252, len(word252));
for (i in range(2)) {
    in = in + i;
}
test = test ~/ 2 + 1;
try {
    throw 'old 255';
} except (e) {
    list = list + 1;
}
items256 = [
    8,
    10,
    20
];
items256.append(test);
class = items256[0] + items256[-1];
while (dir > 500) {
    dir = dir - 500;
}
items258 = [
    7,
    0,
    13
];
items258.append(dir);
in = items258[0] + items258[-1];
print('str is', str);
max = dir + 8;
word261 = "alpha" + '-' + str;
print('word 261', word261, len(word261));
word262 = "alpha" + '-' + type;
print('word 262', word262, len(word262));
print('read is', read);
read = read ~/ 2 + 1;
dir = dir ~/ 2 + 1;
try {
    throw 'old 266';
} except (e) {
    test = test + 1;
}
total = total + class;
for (i in range(2)) {
    input = input + i;
}
total = total + class;
for (i in range(1)) {
    input = input + i;
}
function old271(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
class = old271(class, 1, 2);
total = total + class;
word273 = "alpha" + '-' + max;
print('word 273', word273, len(word273));
total = total + max;
if (type > 55) {
    type = type - 55;
} elif (type == 55) {
    type = 1;
} else {
    type = type + 2;
}
sum = type + 8;
print('read is', read);
len = sum * 7 % 101;
total = total + sum;
items280 = [
    1,
    9,
    12
];
items280.append(id);
class = items280[0] + items280[-1];
while (read > 500) {
    read = read - 500;
}
item282 = {
    'name': 'n282',
    "size": 1
};
sum = item282.size + item282['size'];
for (i in range(4)) {
    len = len + i;
}
in = input * 5 % 101;
read = read ~/ 2 + 1;
while (test > 500) {
    test = test - 500;
}
try {
    throw 'old 287';
} except (e) {
    type = type + 1;
}
print('class is', class);
in += class;
total = total + read;
print('class is', class);
word292 = "gamma" + '-' + type;
print('word 292', word292, len(word292));
max = max ~/ 2 + 1;
input = max * 6 % 101;
total = total + id;
function old296(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 6 - type;
}
read = old296(read, 1, 2);
list += max;
for (i in range(3)) {
    id = id + i;
}
for (i in range(5)) {
    test = test + i;
}
try {
    throw 'old 300';
} except (e) {
    str = str + 1;
}
while (dir > 500) {
    dir = dir - 500;
}
item302 = {
    'name': "n302",
    "size": 50
};
id = item302.size + item302['size'];
next = next ~/ 2 + 1;
if (class > 10) {
    class = class - 10;
} elif (class == 10) {
    class = 1;
} else {
    class = class + 2;
}
try {
    throw 'old 305';
} except (e) {
    id = id + 1;
}
function old306(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 7 - type;
}
dir = old306(dir, 1, 2);
item307 = {
    'name': 'n307',
    "size": 77
};
read = item307.size + item307['size'];
items308 = [
    5,
    7,
    13
];
items308.append(dir);
type = items308[0] + items308[-1];
str = max * 9 % 101;
items310 = [
    5,
    13,
    3
];
items310.append(in);
read = items310[0] + items310[-1];
test = list * 3 % 101;
total = total + len;
item313 = {
    'name': 'n313',
    "size": 23
};
id = item313.size + item313['size'];
if (type > 49) {
    type = type - 49;
} elif (type == 49) {
    type = 1;
} else {
    type = type + 2;
}
word315 = 'gamma' + '-' + dir;
print("word 315", word315, len(word315));
for (i in range(3)) {
    test = test + i;
}
test += id;
for (i in range(2)) {
    dir = dir + i;
}
if (dir > 19) {
    dir = dir - 19;
} elif (dir == 19) {
    dir = 1;
} else {
    dir = dir + 2;
}
for (i in range(3)) {
    list = list + i;
}
type = test * 5 % 101;
items322 = [
    20,
    3,
    20
];
items322.append(in);
dir = items322[0] + items322[-1];
item323 = {
    'name': "n323",
    "size": 1
};
max = item323.size + item323['size'];
while (dir > 500) {
    dir = dir - 500;
}
item325 = {
    'name': 'n325',
    "size": 38
};
read = item325.size + item325['size'];
max = dir * 5 % 101;
read = in * 4 % 101;
item328 = {
    'name': 'n328',
    "size": 86
};
list = item328.size + item328['size'];
str = list * 7 % 101;
total = total + max;
sum += max;
total = total + test;
function old333(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 5 - type;
}
id = old333(id, 1, 2);
while (max > 500) {
    max = max - 500;
}
type += str;
sum += list;
for (i in range(1)) {
    len = len + i;
}
try {
    throw "old 338";
} except (e) {
    class = class + 1;
}
type = len * 8 % 101;
word340 = 'gamma' + '-' + in;
print('word 340', word340, len(word340));
id = id ~/ 2 + 1;
test = test ~/ 2 + 1;
for (i in range(3)) {
    type = type + i;
}
print('list is', list);
type = type ~/ 2 + 1;
while (input > 500) {
    input = input - 500;
}
str += dir;
id = id ~/ 2 + 1;
total = total + max;
if (type > 15) {
    type = type - 15;
} elif (type == 15) {
    type = 1;
} else {
    type = type + 2;
}
list = list ~/ 2 + 1;
item352 = {
    'name': 'n352',
    "size": 17
};
input = item352.size + item352['size'];
in = sum + 7;
list = list * 7 % 101;
print('in is', in);
if (read > 20) {
    read = read - 20;
} elif (read == 20) {
    read = 1;
} else {
    read = read + 2;
}
items357 = [
    3,
    12,
    15
];
items357.append(sum);
len = items357[0] + items357[-1];
try {
    throw 'old 358';
} except (e) {
    input = input + 1;
}
for (i in range(1)) {
    sum = sum + i;
}
item360 = {
    'name': "n360",
    "size": 78
};
read = item360.size + item360['size'];
id = list * 4 % 101;
word362 = "alpha" + '-' + input;
print('word 362', word362, len(word362));
while (class > 500) {
    class = class - 500;
}
function old364(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 8 - type;
}
dir = old364(dir, 1, 2);
items365 = [
    11,
    3,
    4
];
items365.append(sum);
type = items365[0] + items365[-1];
total = total + id;
total = total + max;
while (input > 500) {
    input = input - 500;
}
str = next + 6;
type = list * 9 % 101;
items371 = [
    9,
    20,
    13
];
items371.append(next);
str = items371[0] + items371[-1];
for (i in range(4)) {
    list = list + i;
}
str = str ~/ 2 + 1;
item374 = {
    'name': 'n374',
    "size": 23
};
in = item374.size + item374['size'];
list = class + 8;
total = total + class;
function old377(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 9 - type;
}
input = old377(input, 1, 2);
while (sum > 500) {
    sum = sum - 500;
}
item379 = {
    'name': 'n379',
    "size": 9
};
type = item379.size + item379['size'];
type += read;
input = class * 2 % 101;
str = sum + 2;
print('read is', read);
print('in is', in);
input = in + 7;
word386 = 'alpha' + '-' + input;
print('word 386', word386, len(word386));
total = total + sum;
for (i in range(2)) {
    input = input + i;
}
word389 = 'alpha' + '-' + input;
print("word 389", word389, len(word389));
function old390(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
input = old390(input, 1, 2);
list += test;
while (class > 500) {
    class = class - 500;
}
for (i in range(2)) {
    in = in + i;
}
function old394(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 5 - type;
}
test = old394(test, 1, 2);
read += max;
total = total + sum;
if (str > 53) {
    str = str - 53;
} elif (str == 53) {
    str = 1;
} else {
    str = str + 2;
}
type += sum;
try {
    throw 'old 399';
} except (e) {
    input = input + 1;
}
try {
    throw "old 400";
} except (e) {
    in = in + 1;
}
while (class > 500) {
    class = class - 500;
}
items402 = [
    3,
    8,
    17
];
items402.append(list);
id = items402[0] + items402[-1];
word403 = "gamma" + '-' + next;
print("word 403", word403, len(word403));
read = read ~/ 2 + 1;
if (read > 58) {
    read = read - 58;
} elif (read == 58) {
    read = 1;
} else {
    read = read + 2;
}
class = dir * 4 % 101;
function old407(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 6 - type;
}
id = old407(id, 1, 2);
while (in > 500) {
    in = in - 500;
}
for (i in range(5)) {
    str = str + i;
}
word410 = 'alpha' + '-' + read;
print('word 410', word410, len(word410));
if (test > 50) {
    test = test - 50;
} elif (test == 50) {
    test = 1;
} else {
    test = test + 2;
}
type = type ~/ 2 + 1;
max += sum;
item414 = {
    'name': 'n414',
    "size": 84
};
dir = item414.size + item414['size'];
max = max + 6;
for (i in range(3)) {
    len = len + i;
}
items417 = [
    18,
    9,
    18
];
items417.append(dir);
type = items417[0] + items417[-1];
if (dir > 49) {
    dir = dir - 49;
} elif (dir == 49) {
    dir = 1;
} else {
    dir = dir + 2;
}
while (class > 500) {
    class = class - 500;
}
if (max > 25) {
    max = max - 25;
} elif (max == 25) {
    max = 1;
} else {
    max = max + 2;
}
print('sum is', sum);
len = str * 4 % 101;
while (str > 500) {
    str = str - 500;
}
for (i in range(3)) {
    type = type + i;
}
max = str + 9;
list += str;
function old427(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 9 - type;
}
class = old427(class, 1, 2);
total = total + sum;
max = in + 1;
sum = sum ~/ 2 + 1;
if (max > 16) {
    max = max - 16;
} elif (max == 16) {
    max = 1;
} else {
    max = max + 2;
}
list = in + 4;
if (type > 43) {
    type = type - 43;
} elif (type == 43) {
    type = 1;
} else {
    type = type + 2;
}
function old434(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 8 - type;
}
str = old434(str, 1, 2);
while (list > 500) {
    list = list - 500;
}
items436 = [
    9,
    20,
    1
];
items436.append(test);
len = items436[0] + items436[-1];
print('input is', input);
print('in is', in);
next = next ~/ 2 + 1;
print('class is', class);
print('str is', str);
if (dir > 26) {
    dir = dir - 26;
} elif (dir == 26) {
    dir = 1;
} else {
    dir = dir + 2;
}
total = total + str;
read = id * 6 % 101;
print('max is', max);
word446 = "beta" + '-' + in;
print("word 446", word446, len(word446));
word447 = 'gamma' + '-' + dir;
print('word 447', word447, len(word447));
for (i in range(2)) {
    dir = dir + i;
}
if (id > 22) {
    id = id - 22;
} elif (id == 22) {
    id = 1;
} else {
    id = id + 2;
}
read = read ~/ 2 + 1;
total = total + type;
word452 = "gamma" + '-' + id;
print("word 452", word452, len(word452));
while (in > 500) {
    in = in - 500;
}
next = max + 7;
print('dir is', dir);
for (i in range(4)) {
    input = input + i;
}
function old457(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
list = old457(list, 1, 2);
if (max > 17) {
    max = max - 17;
} elif (max == 17) {
    max = 1;
} else {
    max = max + 2;
}
list = sum * 7 % 101;
if (id > 11) {
    id = id - 11;
} elif (id == 11) {
    id = 1;
} else {
    id = id + 2;
}
sum = id + 1;
print('len is', len);
len = next + 6;
total = total + next;
items465 = [
    12,
    3,
    7
];
items465.append(str);
len = items465[0] + items465[-1];
total = total + dir;
max = next + 2;
while (input > 500) {
    input = input - 500;
}
word469 = 'alpha' + '-' + test;
print('word 469', word469, len(word469));
try {
    throw 'old 470';
} except (e) {
    input = input + 1;
}
for (i in range(4)) {
    read = read + i;
}
for (i in range(3)) {
    max = max + i;
}
for (i in range(3)) {
    max = max + i;
}
input += list;
items475 = [
    9,
    19,
    0
];
items475.append(class);
next = items475[0] + items475[-1];
try {
    throw "old 476";
} except (e) {
    type = type + 1;
}
items477 = [
    11,
    15,
    1
];
items477.append(input);
len = items477[0] + items477[-1];
items478 = [
    2,
    18,
    9
];
items478.append(list);
dir = items478[0] + items478[-1];
if (type > 43) {
    type = type - 43;
} elif (type == 43) {
    type = 1;
} else {
    type = type + 2;
}
total = total + test;
try {
    throw "old 481";
} except (e) {
    max = max + 1;
}
item482 = {
    'name': 'n482',
    "size": 89
};
len = item482.size + item482['size'];
item483 = {
    'name': "n483",
    "size": 66
};
list = item483.size + item483['size'];
function old484(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 5 - type;
}
sum = old484(sum, 1, 2);
print('dir is', dir);
if (len > 59) {
    len = len - 59;
} elif (len == 59) {
    len = 1;
} else {
    len = len + 2;
}
class = input * 3 % 101;
word488 = "alpha" + '-' + read;
print("word 488", word488, len(word488));
print('len is', len);
word490 = "alpha" + '-' + max;
print("word 490", word490, len(word490));
in = in ~/ 2 + 1;
if (type > 24) {
    type = type - 24;
} elif (type == 24) {
    type = 1;
} else {
    type = type + 2;
}
item493 = {
    'name': 'n493',
    "size": 77
};
sum = item493.size + item493['size'];
list += read;
items495 = [
    14,
    17,
    10
];
items495.append(sum);
next = items495[0] + items495[-1];
if (class > 54) {
    class = class - 54;
} elif (class == 54) {
    class = 1;
} else {
    class = class + 2;
}
try {
    throw 'old 497';
} except (e) {
    test = test + 1;
}
if (read > 51) {
    read = read - 51;
} elif (read == 51) {
    read = 1;
} else {
    read = read + 2;
}
print('dir is', dir);
total = total + test;
try {
    throw 'old 501';
} except (e) {
    id = id + 1;
}
print('sum is', sum);
print('read is', read);
items504 = [
    7,
    10,
    6
];
items504.append(read);
sum = items504[0] + items504[-1];
for (i in range(2)) {
    id = id + i;
}
word506 = 'beta' + '-' + len;
print('word 506', word506, len(word506));
try {
    throw "old 507";
} except (e) {
    test = test + 1;
}
test = test ~/ 2 + 1;
str = len * 6 % 101;
total = total + type;
max = type + 7;
print('dir is', dir);
word513 = 'alpha' + '-' + test;
print("word 513", word513, len(word513));
function old514(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
id = old514(id, 1, 2);
print('dir is', dir);
id = id ~/ 2 + 1;
function old517(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 8 - type;
}
id = old517(id, 1, 2);
while (dir > 500) {
    dir = dir - 500;
}
print('str is', str);
word520 = 'alpha' + '-' + id;
print('word 520', word520, len(word520));
item521 = {
    'name': 'n521',
    "size": 34
};
type = item521.size + item521['size'];
dir = dir ~/ 2 + 1;
id = id ~/ 2 + 1;
word524 = "beta" + '-' + sum;
print("word 524", word524, len(word524));
list = next + 7;
items526 = [
    5,
    20,
    10
];
items526.append(str);
str = items526[0] + items526[-1];
try {
    throw "old 527";
} except (e) {
    max = max + 1;
}
max = test * 5 % 101;
if (id > 22) {
    id = id - 22;
} elif (id == 22) {
    id = 1;
} else {
    id = id + 2;
}
items530 = [
    18,
    14,
    17
];
items530.append(read);
len = items530[0] + items530[-1];
total = total + id;
items532 = [
    11,
    16,
    10
];
items532.append(max);
str = items532[0] + items532[-1];
id = id ~/ 2 + 1;
total = total + str;
in = in ~/ 2 + 1;
id = list * 7 % 101;
word537 = "beta" + '-' + max;
print("word 537", word537, len(word537));
max = len + 7;
str = str ~/ 2 + 1;
word540 = 'beta' + '-' + read;
print('word 540', word540, len(word540));
for (i in range(5)) {
    id = id + i;
}
total = total + input;
item543 = {
    'name': 'n543',
    "size": 17
};
dir = item543.size + item543['size'];
try {
    throw 'old 544';
} except (e) {
    input = input + 1;
}
item545 = {
    'name': 'n545',
    "size": 93
};
str = item545.size + item545['size'];
while (sum > 500) {
    sum = sum - 500;
}
word547 = "beta" + '-' + str;
print("word 547", word547, len(word547));
try {
    throw 'old 548';
} except (e) {
    in = in + 1;
}
try {
    throw "old 549";
} except (e) {
    next = next + 1;
}
try {
    throw "old 550";
} except (e) {
    next = next + 1;
}
print('type is', type);
for (i in range(2)) {
    type = type + i;
}
item553 = {
    'name': "n553",
    "size": 93
};
max = item553.size + item553['size'];
dir += str;
for (i in range(4)) {
    read = read + i;
}
list = list ~/ 2 + 1;
str = read * 4 % 101;
for (i in range(1)) {
    next = next + i;
}
next = list * 7 % 101;
try {
    throw "old 560";
} except (e) {
    sum = sum + 1;
}
word561 = 'gamma' + '-' + list;
print('word 561', word561, len(word561));
str = test * 6 % 101;
function old563(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
len = old563(len, 1, 2);
while (dir > 500) {
    dir = dir - 500;
}
try {
    throw 'old 565';
} except (e) {
    class = class + 1;
}
total = total + type;
items567 = [
    19,
    2,
    17
];
items567.append(sum);
list = items567[0] + items567[-1];
try {
    throw "old 568";
} except (e) {
    str = str + 1;
}
total = total + class;
total = total + in;
print('next is', next);
word572 = "alpha" + '-' + len;
print("word 572", word572, len(word572));
total = total + next;
item574 = {
    'name': "n574",
    "size": 8
};
class = item574.size + item574['size'];
item575 = {
    'name': 'n575',
    "size": 63
};
sum = item575.size + item575['size'];
item576 = {
    'name': 'n576',
    "size": 77
};
sum = item576.size + item576['size'];
if (next > 39) {
    next = next - 39;
} elif (next == 39) {
    next = 1;
} else {
    next = next + 2;
}
print('list is', list);
word579 = "beta" + '-' + test;
print("word 579", word579, len(word579));
str = str ~/ 2 + 1;
if (str > 50) {
    str = str - 50;
} elif (str == 50) {
    str = 1;
} else {
    str = str + 2;
}
word582 = 'gamma' + '-' + max;
print("word 582", word582, len(word582));
try {
    throw "old 583";
} except (e) {
    len = len + 1;
}
item584 = {
    'name': 'n584',
    "size": 5
};
input = item584.size + item584['size'];
print('type is', type);
if (read > 52) {
    read = read - 52;
} elif (read == 52) {
    read = 1;
} else {
    read = read + 2;
}
read += class;
try {
    throw 'old 588';
} except (e) {
    in = in + 1;
}
for (i in range(4)) {
    type = type + i;
}
for (i in range(3)) {
    in = in + i;
}
for (i in range(4)) {
    read = read + i;
}
read = read ~/ 2 + 1;
for (i in range(3)) {
    next = next + i;
}
total = total + str;
try {
    throw 'old 595';
} except (e) {
    len = len + 1;
}
id += test;
if (list > 15) {
    list = list - 15;
} elif (list == 15) {
    list = 1;
} else {
    list = list + 2;
}
try {
    throw "old 598";
} except (e) {
    max = max + 1;
}
items599 = [
    12,
    9,
    3
];
items599.append(list);
max = items599[0] + items599[-1];
max = dir + 8;
function old601(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
input = old601(input, 1, 2);
try {
    throw "old 602";
} except (e) {
    in = in + 1;
}
function old603(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 3 - type;
}
sum = old603(sum, 1, 2);
total = total + max;
word605 = 'alpha' + '-' + class;
print('word 605', word605, len(word605));
while (max > 500) {
    max = max - 500;
}
try {
    throw 'old 607';
} except (e) {
    len = len + 1;
}
next += next;
if (input > 45) {
    input = input - 45;
} elif (input == 45) {
    input = 1;
} else {
    input = input + 2;
}
print('test is', test);
for (i in range(1)) {
    sum = sum + i;
}
max += type;
function old613(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
str = old613(str, 1, 2);
item614 = {
    'name': 'n614',
    "size": 6
};
list = item614.size + item614['size'];
try {
    throw "old 615";
} except (e) {
    input = input + 1;
}
item616 = {
    'name': "n616",
    "size": 88
};
len = item616.size + item616['size'];
function old617(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
list = old617(list, 1, 2);
item618 = {
    'name': 'n618',
    "size": 71
};
input = item618.size + item618['size'];
str = class * 5 % 101;
if (str > 37) {
    str = str - 37;
} elif (str == 37) {
    str = 1;
} else {
    str = str + 2;
}
max = str + 2;
while (len > 500) {
    len = len - 500;
}
while (len > 500) {
    len = len - 500;
}
item624 = {
    'name': 'n624',
    "size": 93
};
max = item624.size + item624['size'];
item625 = {
    'name': 'n625',
    "size": 24
};
id = item625.size + item625['size'];
input += id;
print('id is', id);
if (id > 15) {
    id = id - 15;
} elif (id == 15) {
    id = 1;
} else {
    id = id + 2;
}
for (i in range(4)) {
    str = str + i;
}
item630 = {
    'name': 'n630',
    "size": 7
};
str = item630.size + item630['size'];
max = max + 2;
test = test ~/ 2 + 1;
print('list is', list);
while (next > 500) {
    next = next - 500;
}
function old635(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 7 - type;
}
max = old635(max, 1, 2);
function old636(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 9 - type;
}
id = old636(id, 1, 2);
word637 = "alpha" + '-' + sum;
print('word 637', word637, len(word637));
word638 = "beta" + '-' + input;
print("word 638", word638, len(word638));
for (i in range(5)) {
    input = input + i;
}
test += test;
list = str + 6;
while (list > 500) {
    list = list - 500;
}
next = sum + 5;
function old644(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 8 - type;
}
type = old644(type, 1, 2);
str = str ~/ 2 + 1;
function old646(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 9 - type;
}
input = old646(input, 1, 2);
for (i in range(3)) {
    id = id + i;
}
for (i in range(2)) {
    test = test + i;
}
function old649(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 2 - type;
}
next = old649(next, 1, 2);
for (i in range(5)) {
    next = next + i;
}
if (test > 45) {
    test = test - 45;
} elif (test == 45) {
    test = 1;
} else {
    test = test + 2;
}
word652 = 'beta' + '-' + input;
print("word 652", word652, len(word652));
try {
    throw 'old 653';
} except (e) {
    type = type + 1;
}
for (i in range(4)) {
    list = list + i;
}
item655 = {
    'name': 'n655',
    "size": 33
};
id = item655.size + item655['size'];
try {
    throw 'old 656';
} except (e) {
    type = type + 1;
}
items657 = [
    2,
    7,
    12
];
items657.append(input);
read = items657[0] + items657[-1];
function old658(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 7 - type;
}
in = old658(in, 1, 2);
item659 = {
    'name': 'n659',
    "size": 26
};
in = item659.size + item659['size'];
total = total + dir;
if (input > 28) {
    input = input - 28;
} elif (input == 28) {
    input = 1;
} else {
    input = input + 2;
}
list += list;
type += input;
items664 = [
    7,
    1,
    15
];
items664.append(next);
sum = items664[0] + items664[-1];
next += len;
str += class;
try {
    throw "old 667";
} except (e) {
    len = len + 1;
}
function old668(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 6 - type;
}
max = old668(max, 1, 2);
items669 = [
    3,
    1,
    6
];
items669.append(list);
max = items669[0] + items669[-1];
while (next > 500) {
    next = next - 500;
}
item671 = {
    'name': "n671",
    "size": 28
};
list = item671.size + item671['size'];
try {
    throw 'old 672';
} except (e) {
    test = test + 1;
}
item673 = {
    'name': 'n673',
    "size": 78
};
input = item673.size + item673['size'];
for (i in range(3)) {
    next = next + i;
}
total = total + sum;
max = max * 2 % 101;
items677 = [
    14,
    15,
    2
];
items677.append(read);
next = items677[0] + items677[-1];
while (list > 500) {
    list = list - 500;
}
len = len ~/ 2 + 1;
test = read * 5 % 101;
word681 = "gamma" + '-' + len;
print('word 681', word681, len(word681));
item682 = {
    'name': 'n682',
    "size": 48
};
next = item682.size + item682['size'];
print('dir is', dir);
test = read + 1;
items685 = [
    1,
    8,
    16
];
items685.append(max);
next = items685[0] + items685[-1];
print('id is', id);
try {
    throw 'old 687';
} except (e) {
    class = class + 1;
}
if (read > 10) {
    read = read - 10;
} elif (read == 10) {
    read = 1;
} else {
    read = read + 2;
}
total = total + str;
for (i in range(4)) {
    list = list + i;
}
try {
    throw "old 691";
} except (e) {
    str = str + 1;
}
read += test;
len = len ~/ 2 + 1;
item694 = {
    'name': 'n694',
    "size": 57
};
type = item694.size + item694['size'];
try {
    throw 'old 695';
} except (e) {
    sum = sum + 1;
}
item696 = {
    'name': 'n696',
    "size": 5
};
id = item696.size + item696['size'];
while (dir > 500) {
    dir = dir - 500;
}
function old698(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
next = old698(next, 1, 2);
try {
    throw "old 699";
} except (e) {
    class = class + 1;
}
while (max > 500) {
    max = max - 500;
}
class = read * 7 % 101;
while (dir > 500) {
    dir = dir - 500;
}
str = read * 4 % 101;
dir += id;
sum = id + 8;
items706 = [
    4,
    8,
    13
];
items706.append(sum);
class = items706[0] + items706[-1];
dir = dir ~/ 2 + 1;
test = list + 5;
input += sum;
for (i in range(3)) {
    class = class + i;
}
item711 = {
    'name': 'n711',
    "size": 20
};
class = item711.size + item711['size'];
word712 = "alpha" + '-' + input;
print("word 712", word712, len(word712));
test = input * 5 % 101;
type += test;
total = total + dir;
test = test ~/ 2 + 1;
if (max > 56) {
    max = max - 56;
} elif (max == 56) {
    max = 1;
} else {
    max = max + 2;
}
for (i in range(1)) {
    sum = sum + i;
}
item719 = {
    'name': 'n719',
    "size": 44
};
input = item719.size + item719['size'];
item720 = {
    'name': "n720",
    "size": 68
};
max = item720.size + item720['size'];
if (read > 12) {
    read = read - 12;
} elif (read == 12) {
    read = 1;
} else {
    read = read + 2;
}
dir = dir ~/ 2 + 1;
function old723(x, read, type) {
    nonlocal total;
    total = total + 1;
    return x + read * 4 - type;
}
sum = old723(sum, 1, 2);
print('total', total);
print([max, len, sum, dir, test, read, type, class, in, list, str, id, input, next]);
