if (true) {
    if (false) { print("a"); } else { print("b"); }
} else { print("c"); }
x = 5;
if (x > 3 && x < 10 || x == 100) { print("in range"); }
if (!(x in [1, 2])) { print("not a member"); }
if ({}) { print("full"); } elif ([]) { print("full"); } elif ("") { print("full"); } elif (0) { print("full"); } else { print("all empty"); }
