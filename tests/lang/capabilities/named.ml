/// What the reports need.
capability Reports { resource "./out/**"; allow read, write "./out/w/**", append; }
capability Full { allow env.read "HOME", net.connect "api.example.com:443"; }
with capability(Reports) { print("in reports", hasCapability("file.read:./out/a")); }
with capability(Reports, Full) { print("in both"); }
capability = "a name still";
print(capability);
