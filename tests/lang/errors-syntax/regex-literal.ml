m = s.match(/a+b/);
