// module
capability Reads { resource "./data/**"; allow read; }
import file;
function both() { return file.read("data/a.txt") + file.read("data/b.txt"); }
