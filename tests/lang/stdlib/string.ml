import string;
print(string.repeat("ab", 2), string.padStart("7", 3, "0"), string.padEnd("7", 3, "."), string.chars("abc"), string.codePoints("aé"), string.fromCodePoints([72, 105]));
print(string.camelCase("two words here"), string.snakeCase("twoWordsHere"), string.kebabCase("two words here"), string.reverse("abc"));
print(string.levenshtein("kitten", "sitting"), string.levenshtein("", "abc"), string.levenshtein("same", "same"));
print(string.truncate("a long sentence", 8).length <= 8, string.wrap("the quick brown fox", 10));
