// These words are names wherever their construct cannot stand.
in = 1;
as = 2;
match = 3;
capability = 4;
with = 5;
test = 6;
type = 7;
resource = 8;
allow = 9;
read = 10;
write = 11;
print(in, as, match, capability, with, test, type, resource, allow, read, write);
print(in in [1, 2], 2 in [in, as]);
in += 1;
type = type + match;
print(in, type);
for (in in [1, 2]) { print("item", in); }
print({type, match: match, in: in});
