print(hasModule("math"), hasModule("nothing.at.all"), "json" in availableModules(), typeof(modules()), moduleInfo("nothing"));
info = moduleInfo("math");
print(info.name, typeof(info));
