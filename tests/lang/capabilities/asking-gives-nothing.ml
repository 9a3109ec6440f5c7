capability Reports { resource "./out/**"; allow read, write; }
print(hasCapability("file.read:./out/x.txt"), hasCapability("file.write:./out/x.txt"));
print(typeof(getCapabilities()), len(getCapabilities()));
