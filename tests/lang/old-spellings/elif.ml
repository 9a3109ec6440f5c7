function grade(points) {
    if (points >= 90) {
        return "A";
    } elif (points >= 80) {
        return "B";
    } elif (points >= 70) {
        return "C";
    } else {
        return "F";
    }
}
for (p in [95, 85, 75, 10]) {
    print(p, grade(p));
}
