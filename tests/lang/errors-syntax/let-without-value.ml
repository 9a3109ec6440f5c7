let total;
total = 0;
