switch (x) {
    case 1: print("one"); break;
    default: print("many");
}
print("after");
