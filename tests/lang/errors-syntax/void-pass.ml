if (x) { pass }
void f();
