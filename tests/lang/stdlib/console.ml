import console;
console.log("to the output", 1, null, [2]);
console.info("information");
console.debug("details");
