import fin;
import fine.deeper;
print(fin.value);
