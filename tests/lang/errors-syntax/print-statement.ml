print "hello";
print x, y;
