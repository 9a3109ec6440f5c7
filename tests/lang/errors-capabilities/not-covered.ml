capability Input { resource "./data/**"; allow read; }
with capability("file.read:./data/a.txt") { print("a part of what the block asks for"); }
with capability("file.read") { print("more, of which the part remains"); }
with capability("file.write:./data/a.txt") { print("nothing"); }
