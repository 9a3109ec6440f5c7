let n: number = 1;
m: string = "a";
int k = 3;
