person = {name: "Ada", age: 36, "home town": "London", tags: ["a", "b"]};
{name, age} = person;
{name: n, age: years = 0, height = 170, missing} = person;
print(name, age, n, years, height, missing);
{name, ...rest} = person;
print(rest);
{tags: [t1, t2], "home town": town} = person;
print(t1, t2, town);
{} = person;
{...copy} = person;
copy.name = "changed";
print(person.name, copy.name);
for (value in [null, 5, "text", [1]]) {
    try { {name} = value; print("taken"); } except (e) { print(e.type); }
}
