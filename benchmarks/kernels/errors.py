"""Errors raised by the program (one in twenty turns) and by Python (one in ten), caught in a loop."""


class Five(Exception):
    def __init__(self, message, value):
        super().__init__(message)
        self.message = message
        self.value = value


def check(i):
    if i % 20 == 0:
        raise Five("five", i)
    return i


def run(n):
    total = 0
    caught = 0
    faults = 0
    prices = {"a": 1, "b": 2, "c": 3}
    names = ["a", "b", "c", "a", "b", "c", "a", "b", "c", "d"]
    for i in range(n):
        try:
            total += check(i)
        except Five as e:
            caught += e.value % 3
        try:
            total += prices[names[i % 10]]
        except KeyError:
            faults += 1
        finally:
            total += 1
    return [total, caught, faults]
