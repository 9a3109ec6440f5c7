name = "Ada;
print("hello");
print("bye");
