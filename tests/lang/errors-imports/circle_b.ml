// module
import circle;
