try {
    throw {message: "no such user", type: "NotFound", code: 404, details: {id: 7}};
} except (e) {
    print(e.message, e.type, e.code, e.details, e.missing);
    print(e.line, e.column, typeof(e.file), typeof(e.stack));
}
