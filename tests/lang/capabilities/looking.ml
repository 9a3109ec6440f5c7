print(hasCapability("file.read:./x"), hasCapability("net.connect:example.com:443"), getCapabilities());
info = getCapabilityInfo("file.read");
print(typeof(info), getCapabilityInfo("no.such.kind"));
print(requiredCapabilities(len), requiredCapabilities(fn() => 1));
