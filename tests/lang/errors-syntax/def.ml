def area(w, h) {
    return w * h;
}
func twice(x) {
    return x * 2;
}
fun thrice(x) { return x * 3; }
