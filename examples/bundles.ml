// Bundles from a program: a project goes to a registry and comes back. With a project `climate/` here and a registry on port 5000, run
//   mlpy run --allow 'file.read:climate/**' --allow 'bundle.read:localhost:5000/lab/**' --allow 'bundle.push:localhost:5000/lab/**' \
//     --allow 'file.read:copy/**' --allow 'file.write:copy/**' --allow 'code.write:copy/**' examples/bundles.ml
import bundles;

PLACE = "localhost:5000/lab/climate";

// what is in it is found by reading: nothing of the project is run
for (model in bundles.discover("climate").models) {
    print(`${model.id} is ${model.class}`);
}
manifest = bundles.manifest("climate");
print("files:", keys(manifest.files).length);

// the same content has the same digest, wherever and whenever it is pushed
first = bundles.push("climate", `${PLACE}:1.0`);
again = bundles.push("climate", PLACE, tags: ["1.0", "stable"]);
print("one digest:", first.digest == again.digest, first.bundle_digest == manifest.bundle_digest);
print("uploaded again:", again.blobs.uploaded);
print("tags:", bundles.tags(PLACE));

// a bundle comes back as a whole or not at all
found = bundles.inspect(`${PLACE}:stable`);
print("models there:", found.models.map(fn(model) => model.id));
pulled = bundles.pull(`${PLACE}:stable`, "copy");
print("pulled:", pulled.files, bundles.verify("copy").verified);
try {
    bundles.pull(`${PLACE}:stable`, "copy");
} except (e) {
    print(`${e.type} (${e.kind}): ${e.message}`);
}

// what is not granted is refused, also where a reference only looks alike
for (reference in ["registry.example.org/lab/climate", "localhost:5000/labs/climate"]) {
    try {
        bundles.inspect(reference);
    } except (e) {
        print(`${e.type}: ${e.message}`);
    }
}
