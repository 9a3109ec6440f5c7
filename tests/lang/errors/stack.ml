function inner(x) {
    throw {message: "here", type: "Odd"};
}
function middle(x) { return inner(x); }
arrow = fn(x) => middle(x);
try {
    arrow(1);
} except (e) {
    print(e.line, e.column);
    for (frame in e.stack) { print(frame.function, frame.line); }
    print(keys(e.stack[0]));
}
