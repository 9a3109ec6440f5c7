count = 0;
function add() { nonlocal cuont; cuont = 1; }
add();
function start() { nonlocal zzzzzz; zzzzzz = 1; }
nonlocal count;
