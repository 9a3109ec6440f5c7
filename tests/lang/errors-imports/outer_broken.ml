// module
import inner_broken;
x = 1;
