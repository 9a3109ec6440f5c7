name = "Ada";
n = 3;
print(`Hello ${name}, ${1 + 1}`);
print(`plain`, ``, `$`, `$name`, `{name}`, `\${name}`, `a\`b`, `tab|\t|`);
print(`nested ${`inner ${n + `${n}${n}`.length} end`}`);
print(`values ${null} ${true} ${2.0} ${[1, "a"]} ${{k: "v", list: []}} ${1 == 1 ? "yes" : "no"}`);
print(`over
${n} lines`);
print(`${"}"}`, `${{a: {b: 1}}.a.b}`, `${ /* comment } */ n }`, `a${n}b${n}c`, `\d${n}\u{41}`);
print(`${n}`, typeof(`${n}`), `${(fn(x) => `<${x}>`)(n)}`);
