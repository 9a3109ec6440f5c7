"""What module authors declare, and what of it a program can reach."""

from __future__ import annotations

import inspect
import types

import pytest

import mlpy
from mlpy import sdk
from mlpy.capabilities import Grants
from mlpy.errors import CapabilityDenied
from mlpy.registry import Registry
from mlpy.runtime.run import Run
from mlpy.runtime.values import HOST_CLASSES, Handle, display, type_name
from mlpy.sdk import handle, hosted, ml_class, ml_function, ml_name, spellings

SHIPPED = [name for name in Registry().names() if Registry().info(name).origin in {"stdlib", "extension"}]


@pytest.mark.parametrize(("written", "name"), [("is_nan", "isNan"), ("min_", "min"), ("to_json_text", "toJsonText"), ("parseISO", "parseISO"), ("atan2", "atan2")])
def test_names_are_camel_case_in_the_language(written, name):
    assert ml_name(written) == name


@pytest.mark.parametrize(
    ("written", "name", "all_of_them"),
    [("is_nan", "isNan", {"isNan", "is_nan"}), ("min_", "min", {"min"}), ("parse_iso", "parseISO", {"parseISO", "parse_iso", "parse_i_s_o"}), ("x", "MULTILINE", {"MULTILINE"})],
)
def test_snake_case_works_too(written, name, all_of_them):
    assert set(spellings(written, name)) == all_of_them


def method(self, a, b=2, /, c=3, *rest, d, e=5):
    return self, a, b, c, rest, d, e


def test_a_bound_function_has_exactly_the_declared_parameters():
    declared = ml_function(method).ml
    owner = object()
    bound = declared.bind(owner)
    assert str(inspect.signature(bound)) == "(a, b=2, /, c=3, *rest, d, e=5)"
    assert bound(1, 2, 3, 4, d=6) == (owner, 1, 2, 3, (4,), 6, 5)
    assert type(bound) is types.FunctionType
    for hidden in ("self", "_owner", "_method"):
        with pytest.raises(TypeError):
            bound(1, d=2, **{hidden: 3})


def only_named(self, *, key):
    return key


def test_parameters_that_must_be_named():
    bound = ml_function(only_named).ml.bind(None)
    assert bound(key=1) == 1
    with pytest.raises(TypeError):
        bound(1)


@pytest.mark.parametrize("name", SHIPPED)
def test_f19_every_function_takes_exactly_what_it_declares(name):
    table = Registry().load(name, Run(), Grants()).table
    info = Registry().info(name)
    for one in info.members.values():
        if one.kind == "function":
            value = table[one.name]
            assert type(value) in (types.FunctionType, types.BuiltinFunctionType)
            parameters = [*inspect.signature(value).parameters.values()]
            expected = [(each[0], {"positional": 0, "normal": 1, "rest": 2, "named": 3}[each[3]], each[2] is not None) for each in one.params]
            found = [(each.name, each.kind, each.default is not each.empty) for each in parameters]
            if type(value) is types.BuiltinFunctionType:  # positional only, so names do not count
                assert all(kind == 0 for _, kind, _ in found)
                assert len(found) == len(expected)
            else:
                assert found == expected, one.name
            assert not any(each.name.startswith("_") or each.kind == each.VAR_KEYWORD for each in parameters)


@pytest.mark.parametrize("name", SHIPPED)
def test_declarations_of_the_standard_library_hold(name):
    loaded = Registry()._import(name)
    sdk.verify(loaded.namespace, loaded.module)
    for _, function in loaded.functions:
        if function.bare is not None:
            module = function.bare.__module__
            assert module in ("math", "builtins"), "only C functions that are positional-only, call nothing back, and make O(1) output"


@ml_class("Counter")
class Counter:
    """Counts."""

    secret = "inner"

    def __init__(self):
        self.value = 0

    def __str__(self):
        return f"Counter({self.value})"

    def __len__(self):
        return self.value

    def __iter__(self):
        return iter(range(self.value))

    @ml_function
    def add_to(self, amount=1):
        """Adds. Example: `c.addTo(2)`."""
        self.value += amount
        return self.value

    def hidden(self):
        return "hidden"


def test_a_handle_shows_what_its_class_registered():
    held = handle(Counter())
    assert isinstance(held, Handle)
    assert (held.get("addTo")(2), held.get("add_to")(amount=3)) == (2, 5)
    assert held.get("addTo") is held.get("addTo")
    assert (type_name(held), display(held)) == ("Counter", "Counter(5)")
    info = HOST_CLASSES[type(held)]
    assert (info.members, info.doc, info.items(held), info.length(held)) == ({"addTo": "Adds."}, "Counts.", [0, 1, 2, 3, 4], 5)
    for name in ("hidden", "secret", "value", "host", "get", "__class__", "__init__", "_add"):
        assert held.get(name) is None


def test_a_host_sees_a_handle_as_a_program_prints_it():
    made = mlpy.run("import datetime; import math; [datetime.create(2024), math, iter([1])]")
    assert str(made) == "[2024-01-01T00:00:00Z, <module math>, <iterator>]"


def test_a_handle_is_sealed():
    held = handle(Counter())
    assert not hasattr(held, "__dict__")
    assert "__getattr__" not in dir(type(held))
    assert hosted(held, Counter) is held.host
    assert hosted(held, sdk.Module) is None
    assert hosted("text", Counter) is None


def test_chains_of_handles_are_freed():
    queue = None
    for _ in range(200_000):
        made = Counter()
        made.value = handle(made) if queue is None else queue
        queue = handle(made)
    del queue, made


def test_a_wrong_type_is_named_in_the_language():
    error = sdk.wrong_type([1], "text", "a string")
    assert (error.message, error.type) == ("`text` must be a string, not an array", "TypeError")


@pytest.mark.parametrize("capability", ["file.read:{path}", "file.read:{}x", "plain"])
def test_the_places_of_a_capability(capability):
    assert sdk.placeholders(capability) == {"file.read:{path}": ["path"], "file.read:{}x": [""], "plain": []}[capability]


def test_complaints_say_where():
    with pytest.raises(sdk.DeclarationError) as caught:
        sdk.verify_function(ml_function(capability="file.read:{other}")(lambda path: path).ml)
    assert caught.value.file == __file__
    assert caught.value.line > 1


def test_a_function_may_find_out_what_it_demands(tmp_path):
    (tmp_path / "vault.py").write_text(
        "from mlpy.capabilities import Capability, in_use\nfrom mlpy.sdk import ml_function, ml_module\n\n\n"
        '@ml_module("vault")\nclass Vault: ...\n\n\n'
        "@ml_function(capability=())\ndef read(names: list) -> list:\n"
        '    """Reads. Example: `vault.read([])` → `[]`."""\n'
        '    for name in names:\n        in_use.get().extend(Capability("vault.read", name))\n    return names\n\n\n'
        '@ml_function(capability="vault.read:{name}")\ndef one(name: str) -> str:\n    """One. Example: `vault.one("a")` → `"a"`."""\n    return name\n'
    )
    engine = mlpy.Engine(extension_paths=[str(tmp_path)], grants=["vault.read:a,count=2"])
    assert engine.run('import vault;\nvault.read(["a"])').value == ["a"]
    with pytest.raises(CapabilityDenied, match="is not granted"):
        engine.run('import vault;\nvault.read(["a", "b"])')
    with pytest.raises(CapabilityDenied, match="is used up"):
        engine.run('import vault;\nvault.read([]); vault.read(["a"]);')
