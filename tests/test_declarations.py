"""What an author can get wrong in a module is said with its line, by reading the file; nothing else suffers from it."""

from __future__ import annotations

import pytest

import mlpy
from mlpy.capabilities import Grants
from mlpy.registry import Registry
from mlpy.runtime.run import Run

HEAD = """\
from __future__ import annotations
from mlpy.sdk import handle, ml_class, ml_function, ml_module
SHUT = "".join(["a"])
@ml_module("wrong")
class Wrong:
    size = 1
    _hidden = (1, 2)
    def helper(self): ...
"""
FIRST = HEAD.count("\n") + 1


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "cache"))


def problem(folder, text):
    """The one problem of a file `wrong.py` with this text, which must not be imported to find it."""
    (folder / "wrong.py").write_text(text, encoding="utf-8")
    (folder / "fine.py").write_text(
        'from mlpy.sdk import ml_function, ml_module\n@ml_module("fine")\nclass Fine: ...\n@ml_function\ndef one() -> int:\n    return 1\n', encoding="utf-8"
    )
    registry = Registry([folder])
    assert "fine" in registry.names()
    assert "wrong" not in registry.names()
    with pytest.raises(mlpy.MLError) as caught:
        registry.load("wrong", Run(), Grants())
    assert (caught.value.message, caught.value.type, caught.value.hint) == ("module `wrong` cannot be loaded", "ImportError", "`mlpy modules wrong` says why")
    (found,) = registry.problems()
    assert (found.name, found.path) == ("wrong", str(folder / "wrong.py"))
    assert str(found) == f"module `wrong`: {found.message} ({found.path}:{found.line})"
    return found.line - FIRST + 1, found.message


FUNCTIONS = [  # what stands below the head, the line of the mistake in it, what is said
    ("@ml_function\ndef f(**named): ...", 2, "`f` takes any named argument: declare each parameter"),
    ("@ml_function\ndef f(_hidden): ...", 2, "the parameter `_hidden` of `f` is not a name in ML"),
    ("@ml_function\ndef f(größe): ...", 2, "the parameter `größe` of `f` is not a name in ML"),
    ("@ml_function\ndef f(*_rest): ...", 2, "the parameter `_rest` of `f` is not a name in ML"),
    ("@ml_function\ndef f(*, _key): ...", 2, "the parameter `_key` of `f` is not a name in ML"),
    ("@ml_function(name='not a name')\ndef f(): ...", 2, "`not a name` is not a name in ML"),
    ("@ml_function\ndef _f(): ...", 2, "`_f` is not a name in ML"),
    ("@ml_function\nasync def f(): ...", 2, "`f` is `async`, and nobody would wait for it: declare a plain function"),
    ("@ml_function\ndef f(self): ...", 2, "`f` takes `self` but stands outside of a class"),
    ("@ml_function\ndef size(): ...", 2, "`size` is declared twice"),
    ("@ml_function\ndef to_text(): ...\n@ml_function(name='to_text')\ndef other(): ...", 4, "`to_text` is declared twice"),
    ("@ml_function('f')\ndef f(): ...", 1, '`@ml_function` takes its arguments by name: `@ml_function` or `@ml_function(capability="payment.charge:{account}")`'),
    ("@ml_function(capabilty='a.b:c')\ndef f(): ...", 1, "`@ml_function` has no argument `capabilty`: did you mean `capability`"),
    ("@ml_function(**{})\ndef f(): ...", 1, "the arguments of `@ml_function` must be written out"),
    ("@ml_function(name=SHUT)\ndef f(): ...", 1, "`name` of `@ml_function` must be written out as a string"),
    ("@ml_function(capability=SHUT)\ndef f(): ...", 1, "the capability of `f` must be written out as a string, or as a tuple of strings"),
    ("@ml_function(capability=('a.b:c', SHUT))\ndef f(): ...", 1, "the capability of `f` must be written out as a string, or as a tuple of strings"),
    ("@ml_function(capability=f'file.read:{SHUT}')\ndef f(): ...", 1, "the capability of `f` is an f-string: write it without the `f`, and mlpy puts the arguments in"),
    ("@ml_function(capability='file.read:{path}')\ndef f(paths): ...", 1, "the capability of `f` names `path`, which is not a parameter: did you mean `paths`"),
    ("@ml_function(capability='pay.charge:{all}')\ndef f(*all): ...", 1, "the capability of `f` names `all`, which takes any number of arguments: declare one that takes a single name"),
    ("@ml_function(capability='file.read')\ndef f(path): ...", 1, "the capability of `f` names no resource: write it like `file.read:{path}`"),
    ("@ml_function(capability='pay.charge:')\ndef f(path): ...", 1, "the capability of `f` names no resource behind the `:`"),
    ("@ml_function(capability='crypto.random:x')\ndef f(): ...", 1, "the capability of `f` names a resource, and `crypto.random` has none"),
    ("@ml_function(capability='file.raed:{path}')\ndef f(path): ...", 1, "`file.raed` is not a kind of capability: did you mean `file.read`"),
    ("@ml_function(capability='net.listen:{port}')\ndef f(port): ...", 1, "`net.listen` is not a kind of capability: those of `net` are mlpy's own"),
    ("@ml_function(capability='charge')\ndef f(account): ...", 1, "the capability of `f` has no kind: write it like `payment.charge:{account}`"),
    ("@ml_function(capability='read:{path}')\ndef f(path): ...", 1, "the capability of `f` has no kind: write it like `file.read:{path}`"),
    ("@ml_function(capability='pay.charge:{account')\ndef f(account): ...", 1, "the capability of `f` has an open place: a place for an argument is written `{account}`"),
    ("@ml_function(capability='pay.charge:{account!r}')\ndef f(account): ...", 1, "the capability of `f` has an open place: a place for an argument is written `{account}`"),
    ("@ml_function(capability='net.connect:{url.port}')\ndef f(url): ...", 1, "the capability of `f` takes `.port` of an argument: there is `.address`, `.folder`, `.resolved`, `.stored`"),
    ("@ml_function\ndef f(x: flaot): ...", 2, "the type `flaot` of the parameter `x` of `f` is not known: did you mean `float`"),
    ("@ml_function\ndef f() -> list[Receit]: ...\n@ml_class('R')\nclass Receipt: ...", 2, "the type `Receit` of the result of `f` is not known: did you mean `Receipt`"),
    ("@ml_function\ndef f(x: Decimal): ...", 2, "the type `Decimal` of the parameter `x` of `f` is not known: import or define it"),
    ("@ml_function\ndef f(x: Callable[[int], int]): ...", 2, "the type `Callable` of the parameter `x` of `f` is not known: import it from `collections.abc`"),
    ("@ml_function\ndef f(x: 'flaot | None'): ...", 2, "the type `flaot` of the parameter `x` of `f` is not known: did you mean `float`"),
    ("@ml_function\ndef f(x: 'a b'): ...", 2, "the type of the parameter `x` of `f` is no expression: `a b`"),
    ("@ml_function\ndef f(x: 3): ...", 2, "the type of the parameter `x` of `f` is a value: annotate it with a type such as `str`"),
    ("@ml_function\ndef f(x: {}): ...", 2, "the type of the parameter `x` of `f` is a value: annotate it with a type such as `dict[str, int]`"),
    ("@ml_class\nclass R: ...", 2, '`@ml_class` needs a name: `@ml_class("Receipt")`'),
    ("@ml_class(SHUT)\nclass R: ...", 2, 'the name of the class `R` must be written out as a string: `@ml_class("Receipt")`'),
    ("@ml_class('a b')\nclass R: ...", 2, "`a b` is not a name in ML"),
    ("@ml_class('R')\nclass R: ...\n@ml_class('R')\nclass S: ...", 4, "two classes are called `R`"),
    ("@ml_class('R')\nclass R:\n    @ml_function\n    def f(): ...", 4, "the first parameter of the method `f` must be `self`"),
    ("@ml_class('R')\nclass R:\n    @ml_function\n    @staticmethod\n    def f(self): ...", 5, "`f` is a staticmethod: declare a plain function"),
    ("@ml_class('R')\nclass R:\n    @property\n    @ml_function\n    def f(self): ...", 5, "`f` is a property: declare a plain function, or list the property among the `fields` of its class"),
    ("@ml_class('R', fields=('total',))\nclass R: ...", 2, "the field `total` is neither annotated in `R` nor a property of it"),
    ("@ml_class('R', fields=('totl',))\nclass R:\n    total: int", 2, "the field `totl` is neither annotated in `R` nor a property of it: did you mean `total`"),
    ("@ml_class('R', fields=SHUT)\nclass R: ...", 2, 'the fields of `R` must be written out: `fields=("total", "number")`'),
    ("@ml_class('R', fields=('_total',))\nclass R:\n    _total: int", 2, "the field `_total` of `R` is not a name in ML"),
    ("@ml_class('R', fields=('total',))\nclass R:\n    total: int\n    @ml_function(name='total')\n    def f(self): ...", 2, "`total` is declared twice"),
    ("@ml_class('R', fields=('total',))\nclass R:\n    total: itn", 3, "the type `itn` of the field `total` is not known: did you mean `int`"),
    ("class Other:\n    @ml_function\n    def f(self): ...", 3, "`f` belongs to `Other`, which is neither the module nor a class under `@ml_class`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), FUNCTIONS)
def test_a_mistake_in_a_declaration(tmp_path, text, line, says):
    assert problem(tmp_path, HEAD + text + "\nraise SystemExit('it was imported')\n") == (line, says)


MODULES = [
    ("@ml_module\nclass Wrong: ...", 3, '`@ml_module` needs a name: `@ml_module("payments")`'),
    ("@ml_module(SHUT)\nclass Wrong: ...", 3, 'the module\'s name must be written out as a string: `@ml_module("payments")`'),
    ("@ml_module('wrong', 'what it is for')\nclass Wrong: ...", 2, '`@ml_module` takes its arguments by name: `@ml_module("payments")`'),
    ("@ml_module('wrong', versoin='1')\nclass Wrong: ...", 2, "`@ml_module` has no argument `versoin`: did you mean `version`"),
    ("@ml_module('wrong')\nclass A: ...\n@ml_module('second')\nclass B: ...", 5, "a file declares one module"),
    ("@ml_module('wrong')\nclass Wrong:\n    sides = (1, 2)", 4, "the constant `sides` is a tuple, which a program cannot hold: give an array in brackets, or begin its name with `_`"),
    ("@ml_module('wrong')\nclass Wrong:\n    f = lambda x: x", 4, "the constant `f` is a function, which a program cannot hold: give a function under `@ml_function`, or begin its name with `_`"),
    ("@ml_module('wrong')\nclass Wrong:\n    raw = b'x'", 4, "the constant `raw` is a bytes, which a program cannot hold: begin its name with `_`"),
    ("@ml_module('wrong')\nclass Wrong:\n    größe = 1", 4, "the constant `größe` is not a name in ML"),
    ("@ml_module('wrong')\nclass Wrong:\n    @ml_function\n    def f(x): ...", 5, "the first parameter of the method `f` must be `self`"),
    ("@ml_module('wrong')\nclass Wrong:\n    x = \n", 4, "invalid syntax"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), MODULES)
def test_a_mistake_in_the_declaration_of_a_module(tmp_path, text, line, says):
    found = problem(tmp_path, "from mlpy.sdk import ml_function, ml_module\n" + text + "\n")
    assert (found[0] + FIRST - 1, found[1]) == (line, says)


def test_a_module_whose_name_no_program_can_write(tmp_path):
    (tmp_path / "odd.py").write_text("from mlpy.sdk import ml_module\n@ml_module('no-name')\nclass Odd: ...\n", encoding="utf-8")
    (found,) = Registry([tmp_path]).problems()
    assert (found.name, found.line, found.message) == ("no-name", 3, "`no-name` is not a name that a program can import")


IMPORTED = [  # what only shows when the file is imported
    ("@ml_function\ndef f(x=object()): ...", 1, "a default of `f` is a Python object, which nobody can write in ML: use `None`"),
    ("@ml_function\ndef f(*, x=b''): ...", 1, "a default of `f` is a Python bytes, which nobody can write in ML: use `None`"),
    ("@ml_function\ndef f():\n    yield 1", 1, "`f` is a generator or `async`, which no program can hold: return a list"),
    ("Wrong.more = tuple(SHUT)", -4, "the constant `more` is a Python tuple, which a program cannot hold: begin its name with `_`"),
    ("Wrong.more = SHUT.encode()", -4, "the constant `more` is a Python bytes, which a program cannot hold: begin its name with `_`"),
    ("import functools\ndef twice(f):\n    @functools.wraps(f)\n    def wrapped(*args): return f(*args)\n    return wrapped\n@twice\n@ml_function\ndef f(): ...", 6,
     "`f` stands in another decorator: put `@ml_function` on top of it"),
    ("@ml_class('R')\nclass R:\n    def plain(self): ...\n    @classmethod\n    def make(cls): ...\n    make = ml_function(make.__func__)", 4, "the first parameter of the method `make` must be `self`"),
    ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    ("import no_such_thing_at_all", 1, "ModuleNotFoundError: No module named 'no_such_thing_at_all'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), IMPORTED)
def test_a_mistake_that_shows_on_import(tmp_path, text, line, says):
    (tmp_path / "wrong.py").write_text(HEAD + text, encoding="utf-8")
    registry = Registry([tmp_path])
    assert "wrong" in registry.names()
    with pytest.raises(mlpy.MLError) as caught:
        registry.load("wrong", Run(), Grants())
    assert (caught.value.message, caught.value.type, caught.value.hint) == ("module `wrong` cannot be loaded", "ImportError", None)
    (found,) = registry.problems()
    assert [str(one) for one in registry.failures] == [str(found)]
    assert (found.line - FIRST + 1, found.message) == (line, says)


def test_an_instance_that_cannot_be_made_is_a_problem_too(tmp_path):
    text = HEAD.replace("    def helper(self): ...\n", "    def __init__(self):\n        open('/no/such/file')\n    @ml_function\n    def f(self): ...\n")
    (tmp_path / "wrong.py").write_text(text, encoding="utf-8")
    registry = Registry([tmp_path])
    with pytest.raises(mlpy.MLError) as caught:
        registry.load("wrong", Run(), Grants())
    assert (caught.value.message, "/no/such" in str(caught.value)) == ("module `wrong` cannot be loaded", False)
    assert [(one.line, one.message.startswith("FileNotFoundError")) for one in registry.problems()] == [(9, True)]


ALLOWED = """\
@ml_function(capability=("pay.charge:{account}", "file.read:{path}"))
def f(account: str, path: "str | None" = None, /, size: int = -1, *rest: Literal["a"], key: tuple[int, ...] = (1, 2), more: "Sequence[Receipt]" = ()) -> Receipt | None: ...
@ml_class("Receipt", fields=("total", "paid_at"))
class Receipt:
    total: int
    "What it comes to."
    @property
    def paid_at(self) -> float:
        "When."
        return 1.5
    @ml_function
    def lines(self) -> list[dict[str, int]]: ...
@ml_function(capability="pay.look")
def g() -> dict[str, list[float]]: ...
if True:
    from typing import Literal
    from collections.abc import Sequence
"""


def test_what_is_right_passes(tmp_path):
    (tmp_path / "wrong.py").write_text(HEAD + ALLOWED, encoding="utf-8")
    registry = Registry([tmp_path])
    assert registry.problems() == []
    info = registry.info("wrong")
    assert [one.signature for one in info.members.values()] == [
        "size: int",
        "f(account: string, path: string | null = null, size: int = -1, ...rest, key: array<int> = [1, 2], more: array<Receipt> = []): Receipt | null",
        "g(): object",
    ]
    assert [(one.signature, one.kind, one.doc) for one in info.classes["Receipt"].values()] == [
        ("total: int", "field", "What it comes to."),
        ("paidAt: float", "field", "When."),
        ("lines(): array<object>", "function", ""),
    ]
    registry.load("wrong", Run(), Grants())
    assert registry.problems() == []
