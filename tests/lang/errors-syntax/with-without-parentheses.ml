with capability "file.read:./x" { print(1); }
