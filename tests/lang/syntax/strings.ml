print('single', "double", "it's", 'say "hi"');
print("tab\there", "\x41\u0042\u{1F600}", "back\\slash");
print("\d+\b\w stays", r"\n raw", r'\t "raw"');
print("over
lines");
name = "Ada";
print(`Hello ${name}, ${1 + 1} ${`nested ${{a: "}"}.a} ${[1, 2]}`} \`tick\` \${no} $5 $`);
print("" + `` + "empty");
