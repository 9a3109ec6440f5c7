function f(how) {
    log = [];
    try {
        try {
            log.append("try");
            if (how == "throw") { throw "x"; }
            if (how == "return") { return log; }
        } except (e) {
            log.append("except");
        } finally {
            log.append("finally");
        }
        log.append("after");
    } finally {
        log.append("outer finally");
    }
    return log;
}
print(f("plain"), f("throw"));
print(f("return"));
function g() { try { return "try"; } finally { return "finally wins"; } }
print(g());
function h() {
    for (i in range(3)) {
        try { if (i == 1) { continue; } throw "x"; } except { ; } finally { print("finally", i); }
    }
}
h();
try { try { throw "first"; } finally { print("on the way"); } } except (e) { print(e); }
try { try { throw "first"; } finally { throw "second"; } } except (e) { print(e); }
