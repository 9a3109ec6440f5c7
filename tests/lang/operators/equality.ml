print(1 == 1.0, 1 == 1, "1" == 1, "1" != 1, null == null, null == false, null == 0, "" == null);
print([1] == [1], [1, [2, {a: 3}]] == [1.0, [2, {a: 3.0}]], [1] == [2], [1] == [1, 2], [] == {}, [] == false);
print({a: 1, b: 2} == {b: 2, a: 1}, {a: 1} == {a: 1, b: null}, {} == {}, {a: [1]} != {a: [1]});
print(true == true, true != false, 1 == true, 0 == false, "true" == true);
