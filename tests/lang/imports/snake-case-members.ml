// A member that is not found as written is looked up in camelCase.
import string;
import collections;
print(string.camel_case("two words") == string.camelCase("two words"), collections.group_by([1, 2, 3], fn(x) => x % 2 == 0 ? "even" : "odd"));
