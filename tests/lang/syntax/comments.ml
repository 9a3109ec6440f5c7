#!/usr/bin/env mlpy
// a line
/* a block /* nested */ still a comment */
/// A doc comment
/// of two lines.
function f(/* none */) { return 1; /* } */ } // behind
//// not a doc comment
print(f(), /* between */ 2); // "a string" in a comment
print("// not a comment", "/* nor this */", `// ${1 /* a hole */ + 1}`);
/**/ print(3) /* the last `;` may be missing */
