function f() {
    log = [];
    for (i in range(5)) {
        try {
            match (i) {
                1 => { continue; }
                3 => { break; }
                _ => { log.append(i); }
            }
        } finally {
            log.append("f" + i);
        }
    }
    return log;
}
print(f());
function g() {
    try { return "value"; } finally { log = "ran"; }
}
print(g());
function h() {
    n = 1;
    try { return n; } finally { n = 2; }
}
print(h());
function k() {
    for (i in range(3)) {
        try { throw "x"; } except { continue; } finally { if (i == 1) { break; } }
    }
    return i;
}
print(k());
function nested() {
    out = [];
    try {
        try { out.append(1); throw "a"; } finally { out.append(2); }
    } except (e) {
        try { throw "b"; } except (e2) { out.append(e.message + e2.message); } finally { out.append(3); }
    } finally { out.append(4); }
    return out;
}
print(nested());
