`a ${`b ${1 + 1}`} \${x}`; r"\d+"; "\x41\u{1f600}"; 'q'; // comment
/* nested /* */ */
