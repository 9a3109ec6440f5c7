x = ;
function ( { 
if (x { y }
def f(x):
