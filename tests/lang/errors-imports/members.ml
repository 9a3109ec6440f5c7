import fine;
import fine as f;
print(fine.valeu, fine.first(), f.first([1], 2), f.nothing);
