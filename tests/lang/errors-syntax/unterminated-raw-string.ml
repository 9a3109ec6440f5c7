x = r"abc;
