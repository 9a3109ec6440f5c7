try { throw "x"; } except (e) {
    try { e.message = "changed"; print("changed"); } except (f) { print(f.type); }
    try { e["message"]; print("indexed"); } except (f) { print(f.type); }
    print(e == e, e != null, bool(e), e.nothing);
}
