type number = int;
type any = string;
