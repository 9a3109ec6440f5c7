// An error that leaves the program shows its fields' message and type, the place, and the calls that led there.
function withdraw(account, amount) {
    if (amount > account.balance) {
        throw {message: `${account.owner} has only ${account.balance}`, type: "Insufficient", short: amount - account.balance};
    }
    account.balance -= amount;
}

function pay(accounts, name, amount) {
    withdraw(accounts[name], amount);
}

accounts = {ada: {owner: "Ada", balance: 50}};
pay(accounts, "ada", 20);
print("paid once");
pay(accounts, "ada", 40);
print("never");
