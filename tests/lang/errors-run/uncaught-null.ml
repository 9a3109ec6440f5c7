user = {name: "Ada", address: null};
print(user.name);
print(user.address.city);
