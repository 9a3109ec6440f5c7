s = "  text \n";
print([s.strip(), s.trim(), s.lstrip(), s.rstrip()]);
print("xxhixx".strip("x"), "xyhix".strip("xy"), "xxhi".lstrip("x"), "hixx".rstrip("x"), "xx".strip("x") == "");
