print('single', "double", 'a "quote"', "it's", "", '');
print("over
two lines");
print("tab|\t|", "back\\slash", "quote\"", 'quote\'', "both\' ");
print("a\nb");
print("\x41\u0042\u{43}\u{1F600}", "\u00e9" == "é", len("\u{1F600}"));
print("\d+\b\w \s \q \0 \8", len("\d"), len("\0"));
print("carriage\rreturn".length, "\r\n".length);
print("ünïcödé ✓ 日本");
