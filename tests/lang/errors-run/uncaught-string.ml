print("before");
throw "just a text";
