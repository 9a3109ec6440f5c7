o = {
    greet(name) { return name; },
    bye: 1,
};
