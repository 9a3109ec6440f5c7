single = 'single quotes';
double = "double quotes";
mixed = 'a "quoted" word';
other = "it's";
print(single, double, mixed, other, 'it\'s', "a \"quoted\" word");
