count = 0;
function add(count) {
    nonlocal count;
    count += 1;
}
