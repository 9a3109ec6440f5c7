function load() { throw {message: "no", type: "ImportError"}; }
try { load(); } except (e) { print(e.type, e.message); }
