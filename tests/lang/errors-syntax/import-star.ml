import math.*;
import math as;
import;
