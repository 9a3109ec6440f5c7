capability Reports { resource "./out/**"; allow raed, file.wirte, write; }
capability Feed { resource "example.com"; allow network; }
capability Logs { allow append "./logs/**"; }
with capability(Logs, "file.append:./logs/a.txt") { print("within"); }
with capability("file.raed:./x") { print("unknown"); }
with capability("net.connect:example.com") { print("no port"); }
with capability(1) { print("no capability"); }
