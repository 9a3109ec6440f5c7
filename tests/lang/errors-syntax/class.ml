class Point {
    constructor(x, y) {
        this.x = x;
    }
    move(dx) { this.x += dx; }
}
print("after");
