import file;
capability Reports { resource "./out/**"; allow read, write; }
with capability(Reports) { file.read("./out/a"); }
