// Paths as text: no capability, no look at the disk.
import path;
import file;

print(path.join("reports", "2024", "may.txt"), path.join("a", "/b"), path.join());
print(path.dirname("a/b/c.tar.gz"), path.basename("a/b/c.tar.gz", ".gz"), path.extname("a/b/c.tar.gz"));
print(path.split("/a//b/"), path.normalize("a/./b/../../c"), path.relative("/data/in", "/data/out/x"));
print(path.isAbsolute("/a"), path.isAbsolute("~/a"), path.separator(), path.delimiter());

for (deed in [fn() => path.listDir("."), fn() => file.read("a"), fn() => file.move("a", "b"), fn() => path.cwd(), fn() => path.relative("/a", "b")]) {
    try { deed(); } except (e) { print(e.type, e.message); }
}
print(requiredCapabilities(path.removeDirRecursive), requiredCapabilities(path.join));
