// The user's folder of scripts, from a program. With a folder `workflows/` here, run
//   mlpy run --allow workflow.list --allow 'workflow.run:greet' examples/workflows.ml
import workflows;

// looking runs nothing
for (one in workflows.list()) {
    print(`${one.reference} (${one.language}): ${one.description}`);
}
names = workflows.search("file").map(fn(one) => one.reference);
print("about files:", names);
print("a report needs:", workflows.graph("report").steps.map(fn(step) => step.name));

// a script gets arguments and parameters, and gives its exit code and what it wrote
done = workflows.run("greet", ["Ada"], params: {loud: true});
print(done.code, done.stdout.trim(), done.stderr.trim());

// what is no value for a parameter is refused before anything runs
try {
    workflows.run("greet", ["Ada"], params: {loud: "rather"});
} except (e) {
    print(`${e.type}: ${e.message}`);
}

// what is not granted is refused, and so is what a granted one would need
for (name in ["report", "wipe"]) {
    try {
        workflows.run(name);
    } except (e) {
        print(`${e.type}: ${e.message}`);
    }
}

for (run in workflows.history("greet")) {
    print(`run ${run.run}: ${run.name}, ${run.status}, exit code ${run.exit_code}`);
}
