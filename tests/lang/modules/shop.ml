// module
// Beside the folder of the same name.
open = true;
