global count;
