// Place and stack are the runtime's: a thrown object cannot set them.
try { throw {message: "m", line: 999, file: "/etc/passwd", stack: "mine", column: 77}; } except (e) {
    print(e.line, typeof(e.stack), "passwd" in e.file, e.column == 77);
}
// Nor can it pretend to be a denial.
try { throw {message: "m", type: "CapabilityError"}; } except (e) { print(e.type != "CapabilityError"); }
