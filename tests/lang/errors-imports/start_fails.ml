// module
import fine;
late = fine.first([]);
