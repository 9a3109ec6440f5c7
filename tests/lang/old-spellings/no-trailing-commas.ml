numbers = [
    1,
    2,
    3
];
person = {
    name: "Ada",
    age: 36
};
function add(
    a,
    b
) {
    return a + b;
}
print(add(
    numbers[0],
    person.age
));
result = match (numbers) {
    [a, b, c] => a + b + c
};
print(result);
