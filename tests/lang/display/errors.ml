try { throw {message: "what happened", type: "Odd", code: 4}; } except (e) {
    print(e, str(e), `${e}`, "" + e);
}
