// a comment to the end of the line
print("one"); // after code
/* a block */ print("two"); /* and
   over lines */
/* they /* nest */ and end here */
print("three" /* inside a call */ );
x = 8; // 2 is lost: this is a comment
//// four slashes are an ordinary comment
print(x);
print("// not a comment", '/* nor this */', `// ${1 /* here */ + 1} //`);
