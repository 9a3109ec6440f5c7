function box(width, height = 1, title = "box", ...rest) { return `${title} ${width}×${height} ${rest}`; }
print(box(2, title: "crate"));
print(box(height: 3, width: 2));
print(box(1, 2, "x", 4, 5));
print(box(...[7], title: "t"));
function odd(class, in, type) { return [class, in, type]; }
print(odd(type: 1, class: 2, in: 3));
title = "outer";
print(box(1, title: title), box(1, title: title.upper()));
print(sorted([3, 1, 2], reverse: true), round(2.567, digits: 1), sum([1, 2], start: 10));
