"""Capabilities: patterns, grants and their constraints, attenuation, denials, gates and the audit."""

from __future__ import annotations

import re
import threading
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import mlpy
from mlpy.audit import MAX_RECORDS, Audit
from mlpy.capabilities import (
    KINDS,
    MAX_DENIALS,
    Capability,
    Grant,
    Grants,
    Narrowing,
    charge,
    declare_kind,
    declared_patterns,
    find_kind,
    in_use,
    kind_info,
)
from mlpy.errors import CapabilityDenied, CheckFailed, MLError
from mlpy.gates import gate
from mlpy.runtime.run import Run, execute
from mlpy.sdk import ml_function

ROOT = "/home/user/work"


def covers(pattern: str, capability: str) -> bool:
    return Grant(pattern, root=ROOT).covers(Capability.parse(capability, root=ROOT))


COVERED = [
    ("file.read:./data/**", "file.read:data/a.txt"),
    ("file.read:./data/**", "file.read:./data/deep/er/a.txt"),
    ("file.read:./data/**", "file.read:data"),
    ("file.read:./data/*", "file.read:data/a.txt"),
    ("file.read:./data/*.txt", "file.read:/home/user/work/data/a.txt"),
    ("file.read:/etc/hosts", "file.read:/etc/hosts"),
    ("file.read:/etc/hosts", "file.read:../../../etc/hosts"),
    ("file.read:./a/**/z", "file.read:a/z"),
    ("file.read:./a/**/z", "file.read:a/b/c/z"),
    ("file.read:./a*b*c", "file.read:a1b2c"),
    ("file.read", "file.read:/anything"),
    ("file.read:*", "file.read:/anything/at/all"),
    ("net.connect:api.example.com:443", "net.connect:API.example.com.:443"),
    ("net.connect:*.example.com:443", "net.connect:a.b.example.com:443"),
    ("net.connect:*:443", "net.connect:example.org:443"),
    ("net.connect:localhost:*", "net.connect:localhost:8080"),
    ("net.connect:[::1]:80", "net.connect:[::1]:80"),
    ("env.read:HOME", "env.read:HOME"),
    ("env.read:APP_*", "env.read:APP_NAME"),
    ("process.run:git", "process.run:git"),
    ("console.read", "console.read"),
    ("crypto.random:*", "crypto.random"),
]
UNCOVERED = [
    ("file.read:./data/**", "file.read:database/a"),
    ("file.read:./data/**", "file.read:data/../secret"),
    ("file.read:./data/**", "file.write:data/a"),
    ("file.read:./data/*", "file.read:data/deep/a"),
    ("file.read:./data/*", "file.read:data"),
    ("file.read:./data/*.txt", "file.read:data/a.txt.exe"),
    ("file.read:./ab*ba", "file.read:aba"),
    ("file.read:./data", "file.read:data/a"),
    ("net.connect:api.example.com:443", "net.connect:api.example.com:80"),
    ("net.connect:*.example.com:443", "net.connect:example.com:443"),
    ("net.connect:*.example.com:443", "net.connect:evilexample.com:443"),
    ("net.connect:*.example.com:443", "net.connect:a.example.com.evil.org:443"),
    ("env.read:APP_*", "env.read:HOME"),
    ("process.run:git", "process.run:/usr/bin/git"),
]


@pytest.mark.parametrize(("pattern", "capability"), COVERED)
def test_covered(pattern: str, capability: str) -> None:
    assert covers(pattern, capability)


@pytest.mark.parametrize(("pattern", "capability"), UNCOVERED)
def test_not_covered(pattern: str, capability: str) -> None:
    assert not covers(pattern, capability)


BAD = [
    ("file.reed:./x", "did you mean `file.read`"),
    ("nothing", "not a kind"),
    ("net.connect:example.com", "address"),
    ("net.connect:example.com:99999", "port"),
    ("net.connect:http://example.com:443", "address"),
    ("net.connect:a.*.com:443", "first labels"),
    ("net.connect:user@example.com:443", "address"),
    ("file.read:a\x00b", "printable"),
    ("file.read:" + "x" * 5000, "4,096"),
    ("console.read:tty", "no resources"),
    ("file.read:./x,rate=10", "rate"),
    ("file.read:./x,count=0", "count"),
    ("file.read:./x,until=never", "moment"),
    ("file.read:./x,cost=free", "cost"),
    ("model.generate:./x,tokens=many", "many"),
]


@pytest.mark.parametrize(("text", "why"), BAD)
def test_bad_grants_say_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Grant(text)


def test_a_text_is_not_a_list_of_grants() -> None:
    with pytest.raises(TypeError):
        Grants("file.read:./x")


@given(st.lists(st.sampled_from(["a", "b", "*", "**", "{a}", "a,b", "..", "~", "$x"]), min_size=1, max_size=4))
def test_f38_resources_are_literal(parts: list[str]) -> None:
    """A `*` in a resource is a character: only a pattern that covers every such name lets it through."""
    resource = "/".join(parts)
    assert covers("file.read:./**", f"file.read:x/{resource.replace('..', 'y')}")
    literal = covers("file.read:./a/b", f"file.read:{resource}")
    assert literal == (Capability("file.read", resource, root=ROOT).parts == Capability("file.read", "a/b", root=ROOT).parts)


def test_deny_beats_allow_in_any_order() -> None:
    grants = Grants(["file.read:./data/**", "file.read:./data/secret/key"], deny=["file.read:./data/secret/**"])
    grants.use("file.read:./data/a")
    with pytest.raises(CapabilityDenied, match=re.escape("is denied by `file.read:./data/secret/**`")):
        grants.use("file.read:./data/secret/key")
    assert not Grants.everything(deny=["net.connect:*:25"]).allows("net.connect:mail.example.com:25")
    assert Grants.everything().allows("file.write:/x")
    assert not Grants().allows("file.read:x")


def test_a_denial_names_the_capability_and_the_flag_that_grants_it() -> None:
    with pytest.raises(CapabilityDenied) as caught:
        Grants().use("file.read:./my file")
    assert (caught.value.type, caught.value.capability) == ("CapabilityError", "file.read:./my file")
    assert caught.value.message == "`file.read:./my file` is not granted"
    assert caught.value.hint == "grant it with `--allow 'file.read:./my file'`"


def test_count() -> None:
    grants = Grants(["file.read:./**,count=2"])
    grants.use("file.read:a")
    grants.use("file.read:b")
    with pytest.raises(CapabilityDenied, match="count=2"):
        grants.use("file.read:c")


def test_rate_and_until() -> None:
    grants = Grants(["file.read:./**,rate=2/s"])
    grants.use("file.read:a")
    grants.use("file.read:a")
    with pytest.raises(CapabilityDenied, match="rate=2/1s"):
        grants.use("file.read:a")
    assert Grants([Grant("file.read", until=time.time() + 100)]).allows("file.read:a")
    assert not Grants(["file.read,until=2001-01-01T00:00:00Z"]).allows("file.read:a")


def test_bytes_and_cost_are_charged_before_they_are_spent() -> None:
    use = Grants(["file.read:./**,bytes=1kB,cost=0.50USD"]).use("file.read:a")
    use.charge(900, 0.3)
    with pytest.raises(CapabilityDenied, match="bytes=1000"):
        use.charge(200)
    with pytest.raises(CapabilityDenied, match=r"cost=0\.5USD"):
        use.charge(1, 0.3)
    use.charge(100, 0.2)


def test_tokens_are_charged_before_they_are_made() -> None:
    grants = Grants(["model.generate:a/**,tokens=10", "model.generate:a/b,tokens=4"])
    use = grants.use("model.generate:a/b")
    for _ in range(4):
        use.charge(tokens=1)
    with pytest.raises(CapabilityDenied, match="tokens=4"):
        use.charge(tokens=1)
    with pytest.raises(CapabilityDenied, match="tokens=4"):
        grants.use("model.generate:a/b")
    other = grants.use("model.generate:a/c")
    other.charge(tokens=6)
    with pytest.raises(CapabilityDenied, match="tokens=10"):
        other.charge(tokens=1)
    assert [(grant.said, grant.used) for grant in grants.layers[0].grants] == [(10, 2), (4, 1)]


def test_a_comma_in_a_path_is_no_constraint() -> None:
    assert Grant("file.read:./a,b=1,count=3", root=ROOT).covers(Capability("file.read", "a,b=1", root=ROOT))


def test_f31_counters_are_shared_by_every_authority_made_of_a_grant() -> None:
    root = Grants(["file.read:./**,count=3"])
    first, second = root.narrow(["file.read:./a/**"]), root.intersect(Grants.everything()).narrow(["file.read:./**"], "declaration")
    first.use("file.read:./a/x")
    second.use("file.read:./b")
    root.use("file.read:./c")
    for grants in (root, first, second):
        with pytest.raises(CapabilityDenied, match="count=3"):
            grants.use("file.read:./a/x")


def test_f31_every_grant_that_matches_is_charged() -> None:
    grants = Grants(["file.read:./**,count=5", "file.read:./a,count=1"])
    grants.use("file.read:a")
    with pytest.raises(CapabilityDenied):
        grants.use("file.read:a")
    grants.use("file.read:b")
    assert [grant.used for grant in grants.layers[0].grants] == [2, 1]


def test_counting_is_exact_across_threads() -> None:
    grants = Grants(["file.read:./**,count=500"])
    taken: list[int] = []

    def work() -> None:
        for _ in range(200):
            try:
                grants.use("file.read:x")
            except CapabilityDenied:
                continue
            taken.append(1)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(taken) == 500


def test_narrowing_only_takes_away() -> None:
    grants = Grants(["file.read:./a/**"])
    wider = grants.narrow(["file.read:./**", "file.write:./**"])
    assert wider.allows("file.read:./a/x")
    assert not wider.allows("file.read:./b")
    assert not wider.allows("file.write:./a/x")
    assert wider.narrow([]).patterns() == []
    assert grants.intersect(grants) is grants


def test_patterns_are_fresh_copies_of_what_holds_in_every_layer() -> None:
    grants = Grants(["file.read:./**", "net.connect:*:443"]).narrow(["file.read:./a/**", "file.write:./x"])
    assert grants.patterns() == ["file.read:./a/**"]
    grants.patterns().clear()
    assert grants.patterns() == ["file.read:./a/**"]
    assert Grants.everything().patterns() == ["*"]


def test_messages_say_which_layer_refused() -> None:
    grants = Grants(["file.read:./**"])
    with pytest.raises(CapabilityDenied, match="outside the enclosing `with capability` block"):
        grants.narrow(["file.read:./a"]).use("file.read:./b")
    with pytest.raises(CapabilityDenied, match="not among what this file asks for"):
        grants.narrow(["file.read:./a"], "declaration").use("file.read:./b")


def test_f33_a_person_is_asked_for_the_exact_resource_and_at_most_five_times() -> None:
    asked: list[str] = []
    answers = iter(["once", "run", "no"])

    def ask(capability: Capability) -> str:
        asked.append(str(capability))
        return next(answers, "no")

    grants = Grants(ask=ask)  # type: ignore[arg-type]  # answers from a list
    grants.use("file.read:./a")
    grants.use("file.read:./*")
    grants.use("file.read:./*")
    with pytest.raises(CapabilityDenied):
        grants.use("file.read:./a")
    assert not grants.allows("file.read:./b")
    for name in "abcdefgh":
        with pytest.raises(CapabilityDenied):
            grants.use(f"file.read:./{name}")
    assert asked == ["file.read:./a", "file.read:./*", "file.read:./a", "file.read:./b", "file.read:./c"]
    with pytest.raises(CapabilityDenied):
        Grants(ask=lambda _: "run").narrow(["file.read:./x"]).use("file.read:./y")
    with pytest.raises(CapabilityDenied):
        Grants(deny=["file.read:./y"], ask=lambda _: "run").use("file.read:./y")


def test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "test.payment", None)  # so that it is taken away again
    del KINDS["test.payment"]
    declare_kind("test.payment", "name", "pay")
    declare_kind("test.payment")
    assert covers("test.payment:acme", "test.payment:acme")
    with pytest.raises(ValueError, match="already"):
        declare_kind("test.payment", "path")
    for bad in ("payment", "Pay ment.x", ".x", "a.b-c"):
        with pytest.raises(ValueError, match="not a kind"):
            declare_kind(bad)
    assert find_kind("read").name == "file.read"
    assert kind_info("read") == {"kind": "file.read", "resource": "path", "description": KINDS["file.read"].doc}
    assert kind_info("nothing") is None


def test_what_a_capability_block_asks_for() -> None:
    assert declared_patterns(["read", ("file.write", "./x")], ["./a", "./b"]) == ("file.read:./a", "file.read:./b", "file.write:./x")
    assert declared_patterns(["network"], []) == ("net.connect:*",)
    assert declared_patterns(["console.read"], ["./a"]) == ("console.read",)


def test_audit_counts_equal_uses_and_is_bounded() -> None:
    audit = Audit()
    for _ in range(5):
        audit.add("file", Capability.parse("file.read:./a", root=ROOT), "allowed", time.monotonic() - 0.5, 10)
    (record,) = audit.records()
    assert (record.count, record.size, record.decision) == (5, 50, "allowed")
    assert 2.5 <= record.duration < 60
    assert abs(record.last - time.time()) < 60
    assert record.first <= record.last
    assert (record.record()["capability"], record.record()["resource"]) == ("file.read:./a", f"{ROOT}/a")
    for number in range(MAX_RECORDS + 50):
        audit.add("file", Capability("file.read", str(number)), "denied")
    assert len(audit.records()) == MAX_RECORDS
    assert (audit.dropped, audit.denials) == (51, MAX_RECORDS + 50)


def fetch(path: str, size: int = 10, *rest: int, upper: bool = False) -> str:
    """Fetches."""
    charge(size)
    return (path.upper() if upper else path) + "".join(map(str, rest))


def gated(*allow: str, template: str = "file.read:{path}"):  # type: ignore[no-untyped-def]
    run = Run(grants=Grants(allow, root=ROOT))
    return gate(fetch, template, grants=run.grants, run=run, module="test"), run  # type: ignore[arg-type]  # a function


PIECES = st.lists(st.sampled_from(["/", "/../", "/./", "a", "b", "*", "**", "~", " ", "é", "\n", "\u202e", "\0"]), max_size=6).map("".join)
PATHS = st.builds(str.__add__, st.sampled_from(["", "/", "//", "./", "../", "a/", "./a/", "a/b/", "/home/user/work/", "/home/user/work/a/", "/home/user/workshop/"]), PIECES)
PATTERNS = st.sampled_from(["", ":*", ":**", ":./**", ":./a/**", ":a/b/**", ":/**", ":/home/**", ":/home/user/work/**", ":/home/user/work/a/**", ":../**", ":./a", ":./*", ":./a/*", ":**/b", ":./a/**,count=9"])


@pytest.mark.parametrize("kind", ["file.read", "env.read"])
@settings(max_examples=600)
@given(st.lists(st.lists(PATTERNS, max_size=3), min_size=1, max_size=2), st.lists(PATTERNS.filter(lambda text: "=" not in text), max_size=1), PATHS)
@example([[":./a/**"]], [], "./a/../b")
@example([[":./**"]], [], "a/../../b")
@example([[":./**"], [":./a/**"]], [], "./a/../b")
@example([[":/home/user/work/a/**"]], [], "/home/user/work/a/../b")
def test_a_gate_that_only_reads_the_text_allows_what_the_grants_allow(kind: str, layers: list[list[str]], denied: list[str], text: str) -> None:
    """What begins as a grant does is decided without a look at its parts: it must be the same decision, and the same record."""
    grants = Grants([kind + one for one in layers[0]], deny=[kind + one for one in denied], root=ROOT)
    for layer in layers[1:]:
        grants = grants.narrow([kind + one for one in layer])
    run = Run(grants=grants)
    function = gate(fetch, kind + ":{path}", grants=grants, run=run, module="test")  # type: ignore[arg-type]  # a function
    try:
        wanted = Capability(kind, text, root=ROOT) if text else None
    except ValueError:
        wanted = None
    allowed = wanted is not None and grants.allows(wanted)
    for _ in range(2):
        try:
            execute(run, lambda: function(text))
        except MLError:
            assert not allowed
        else:
            assert allowed
    if wanted is not None:
        assert [(one.resource, one.capability, one.decision, one.count) for one in run.audit.records()] == [
            (wanted.resolved, str(wanted), "allowed" if allowed else "denied", 2)
        ]


def test_uses_of_one_file_are_one_record_however_its_path_is_written() -> None:
    function, run = gated("file.read:./a/**")
    spelled = ["a/x", "./a/x", f"{ROOT}/a/x", "a/./x", "a//x", "a/b/../x", "./a/x"]
    for path in spelled:
        execute(run, lambda path=path: function(path, 7))
    (record,) = run.audit.records()
    assert (record.capability, record.resource, record.count, record.size) == ("file.read:a/x", f"{ROOT}/a/x", len(spelled), 7 * len(spelled))
    execute(run, lambda: function("./a/x", 7))  # what the gate remembers counts in the same one
    assert (record.count, record.size, run.audit.records()) == (len(spelled) + 1, 7 * len(spelled) + 7, [record])


def test_no_use_is_lost_or_counted_twice_by_threads() -> None:
    function, run = gated("file.read:./a/**")
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        for number in range(2_000):
            function(f"a/{number % 1_500}", 1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    while any(each.is_alive() for each in threads):
        run.audit.records()  # merges meanwhile
    assert sum(one.count for one in run.audit.records()) == 16_000
    assert [one.count for one in run.audit.records()].count(16) == 500


def test_what_a_call_takes_away_is_not_remembered_as_allowed() -> None:
    grants = Grants(["file.read:./**"], root=ROOT)
    run = Run(grants=grants)
    guarded = []

    def look(path: str) -> None:
        if path == "a":
            grants.declare(["file.read:./b"])
            guarded[0]("b")

    guarded.append(gate(look, "file.read:{path}", grants=grants, run=run))  # type: ignore[arg-type]  # a function
    execute(run, lambda: guarded[0]("a"))
    with pytest.raises(CapabilityDenied):
        execute(run, lambda: guarded[0]("a"))


def test_spellings_of_few_files_do_not_fill_the_audit() -> None:
    function, run = gated("file.read:./a/**")
    for number in range(MAX_RECORDS + 50):
        path = f"a/{'./' * (number % 500)}{'/' * (number // 500)}x{number % 3}"
        execute(run, lambda path=path: function(path))
    assert (run.audit.dropped, sorted((one.resource[-2:], one.count) for one in run.audit.records())) == (0, [("x0", 3350), ("x1", 3350), ("x2", 3350)])


def test_f19_a_gate_keeps_the_exact_parameters() -> None:
    function, run = gated("file.read:./a/**")
    assert execute(run, lambda: (function("a/x"), function("a/x", 5, 1, 2, upper=True), function(path="a/y", upper=True))) == ("a/x", "A/X12", "A/Y")
    assert (function.__name__, function.__doc__, function.__defaults__) == ("fetch", "Fetches.", (10,))
    for wrong in (function, lambda: function("a", nothing=1)):
        with pytest.raises(TypeError, match=r"^fetch\(\) "):
            execute(run, wrong)
    assert run.usage.calls == 3
    assert [(record.capability, record.decision, record.count, record.size) for record in run.audit.records()] == [
        ("file.read:a/x", "allowed", 2, 15),
        ("file.read:a/y", "allowed", 1, 10),
    ]


def test_a_gate_checks_before_the_body_runs() -> None:
    function, run = gated("file.read:./a/**")
    with pytest.raises(CapabilityDenied):
        execute(run, lambda: function("b"))
    assert [(record.decision, record.capability) for record in run.audit.records()] == [("denied", "file.read:b")]


def test_a_gate_knows_the_short_names_of_kinds() -> None:
    function, run = gated("file.read:./a/**", template="read:{path}")
    assert execute(run, lambda: function("a/x")) == "a/x"
    assert [record.capability for record in run.audit.records()] == ["file.read:a/x"]


class Text(str):
    """What a host's subclass could do to a check."""

    __slots__ = ()


@pytest.mark.parametrize("value", [5.0, None, [], {}, Text("a/x"), True, "", "a\nb"])
def test_f38_resources_are_exact_strings(value: object) -> None:
    function, run = gated("file.read:./**")
    with pytest.raises(MLError):
        execute(run, lambda: function(value))


def test_f38_an_argument_cannot_move_the_parts_of_a_resource() -> None:
    function, run = gated("env.read:prefix/**", template="env.read:prefix/{path}")
    assert execute(run, lambda: function("x")) == "x"
    with pytest.raises(MLError, match="without `/`"):
        execute(run, lambda: function("x/y"))


def test_a_template_must_fit_the_function() -> None:
    for template, why in (("file.read:{nothing}", "no parameter"), ("file.nothing:{path}", "not a kind"), ("file.read:{path", "place")):
        with pytest.raises(ValueError, match=why):
            gated(template=template)


def test_f32_a_thousand_denials_end_the_run() -> None:
    @ml_function(capability="file.read:{path}")
    def read(path: str) -> str:
        return path

    with pytest.raises(MLError) as caught:
        mlpy.compile('while (true) { try { read("x"); } except (e) {} }', functions={"read": read}).run(functions={"read": read}, limits=mlpy.Limits(time=60))
    assert (caught.value.limit, caught.value.code) == ("denials", "E0706")
    assert f"{MAX_DENIALS:,}" in caught.value.message


def with_reader(text: str, *allow: str) -> object:
    @ml_function(capability="file.read:{path}")
    def read(path: str) -> str:
        return "content of " + path

    program = mlpy.compile(text, functions={"read": read})
    return program.run(functions={"read": read}, grants=allow).value


def test_a_program_uses_what_it_was_granted() -> None:
    assert with_reader('read("./data/x")', "file.read:./data/**") == "content of ./data/x"
    with pytest.raises(CapabilityDenied) as caught:
        with_reader('read("./other")', "file.read:./data/**")
    assert caught.value.span is not None


def test_with_capability_narrows_for_its_block_only() -> None:
    text = "r = []; function look(p) { try { r.append(read(p)); } except (e) { r.append(e.type); } }\n"
    inside = 'with capability("file.read:./a") { look("./a"); look("./b"); with capability("file.read:./b") { look("./a"); } } look("./b"); r'
    assert with_reader(text + inside, "file.read:./**") == ["content of ./a", "CapabilityError", "CapabilityError", "content of ./b"]


def test_with_capability_narrows_callbacks_and_is_left_by_errors() -> None:
    text = 'r = []; try { with capability("env.read:X") { [1].forEach(fn(x) => read("./a")); } } except (e) { r.append(e.message); } r.append(read("./a")); r'
    assert with_reader(text, "file.read:./**") == ["`file.read:./a` is outside the enclosing `with capability` block", "content of ./a"]


def test_a_declared_capability_narrows_by_its_name() -> None:
    text = 'capability Data { resource "./data/**"; allow read; } r = [str(Data)]; with capability(Data) { r.append(read("./data/x")); try { read("./y"); } except (e) { r.append(e.type); } } r'
    assert with_reader(text, "file.read:./**") == ["<capability Data>", "content of ./data/x", "CapabilityError"]


def test_a_stored_function_keeps_its_authority() -> None:
    @ml_function(capability="file.read:{path}")
    def read(path: str) -> str:
        return path

    program = mlpy.compile("give = fn() => read; read", functions={"read": read})
    engine = mlpy.Engine(functions={"read": read}, grants=["file.read:./a"])
    kept = engine.run(program, functions={"read": read}).exports["give"]()  # type: ignore[operator]  # a function
    assert kept("./a") == "./a"
    with pytest.raises(MLError):
        kept("./b")


# ── what a file asks for ─────────────────────────────────────────────────────────────────────────────────────────

ASKS = 'capability Reports { resource "./out/**"; allow read; }\n'


@ml_function(capability="file.read:{path}")
def look(path: str) -> str:
    return f"read {path}"


@pytest.mark.parametrize(("path", "allowed"), [("./out/a.txt", True), ("./secret", False)])
def test_a_capability_block_bounds_modules_functions_and_questions_alike(path, allowed):
    engine = mlpy.Engine(functions={"look": look}, grants=["file.read"])
    assert engine.run(f'{ASKS} hasCapability("file.read:{path}")').value is allowed
    text = f'{ASKS} function later() {{ return look("{path}"); }} try {{ said = look("{path}"); }} except (e) {{ said = e.message; }} said'
    program = engine.compile(text)
    refused = f"`file.read:{path}` is not among what this file asks for"
    assert program.run().value == (f"read {path}" if allowed else refused)
    if not allowed:
        with pytest.raises(MLError) as caught:
            program.function("later")()
        assert (caught.value.message, caught.value.hint) == (refused, "ask for it in a `capability` block")


def test_what_one_program_asks_for_does_not_bound_the_next():
    engine = mlpy.Engine(grants=["file.read"])
    assert engine.run(f"{ASKS} getCapabilities()").value == ["file.read:./out/**"]
    assert engine.run("getCapabilities()").value == ["file.read"]


# ── what a session asks for ──────────────────────────────────────────────────────────────────────────────────────


def session_of(*grants: str):
    return mlpy.Engine(functions={"look": look}, grants=grants).session()


def test_a_capability_block_bounds_a_session_from_its_cell_on():
    session = session_of("file.read", "env.read")
    session.evaluate('early = fn() => look("./secret"); kept = look;')
    assert session.evaluate("early()").value == "read ./secret"
    assert session.evaluate(f'{ASKS} look("./out/a")').value == "read ./out/a"
    assert session.evaluate("getCapabilities()").value == ["file.read:./out/**"]
    for text in ("early()", 'kept("./secret")', 'look("./secret")', '(fn() => look("./secret"))()'):
        with pytest.raises(MLError) as caught:
            session.evaluate(text)
        assert (caught.value.message, caught.value.hint) == ("`file.read:./secret` is not among what this file asks for", "ask for it in a `capability` block")
    with pytest.raises(MLError, match="not among"):
        session["early"]()
    assert session.evaluate("str(Reports)").value == "<capability Reports>"


def test_blocks_of_a_session_add_up_as_those_of_a_file_do_within_what_the_host_grants():
    session = session_of("file.read")
    session.evaluate(ASKS)
    session.evaluate('capability Secret { resource "./secret"; allow read, write; }')
    assert session.evaluate('[look("./secret"), look("./out/a")]').value == ["read ./secret", "read ./out/a"]
    assert session.evaluate('hasCapability("file.write:./secret")').value is False
    with pytest.raises(MLError, match="not among"):
        session.evaluate('look("./other")')


def test_a_cell_that_does_not_compile_asks_for_nothing():
    session = session_of("file.read")
    with pytest.raises(CheckFailed):
        session.evaluate(f"{ASKS} nothing.of(this")
    assert session.evaluate('look("./secret")').value == "read ./secret"


def test_what_one_session_asks_for_bounds_neither_its_engine_nor_the_host_s_grants():
    granted = Grants(["file.read:./**,count=3"]).narrow(["file.read:./**"], "declaration")
    engine = mlpy.Engine(functions={"look": look}, grants=granted)
    first, second = engine.session(), engine.session()
    first.evaluate(ASKS)
    first.evaluate("capability All { allow read, write; }")
    assert second.evaluate('look("./secret")').value == "read ./secret"
    assert granted.allows("file.read:./secret")
    assert not granted.allows("file.write:./secret")
    engine.run('look("./a")')
    assert first.evaluate('look("./out/a")').value == "read ./out/a"
    with pytest.raises(MLError, match="count=3"):
        second.evaluate('look("./a")')


# ── several capabilities on one function ─────────────────────────────────────────────────────────────────────────


def clone(source: str, target: str, size: int = 10) -> str:
    charge(size, kind="file.read")
    charge(2 * size, kind="file.write")
    return f"{source}>{target}"


def cloning(*allow: str, deny: tuple[str, ...] = ()):
    run = Run(grants=Grants(allow, deny=deny, root=ROOT))
    return gate(clone, ("file.read:{source}", "file.write:{target}"), grants=run.grants, run=run, module="test"), run  # type: ignore[arg-type]  # a function


def test_all_capabilities_of_a_function_are_demanded_and_recorded():
    function, run = cloning("file.read:./in/**", "file.write:./out/**")
    for _ in range(3):  # the first call checks, the others remember
        assert execute(run, function, "in/a", "out/b") == "in/a>out/b"
    assert [(one.capability, one.decision, one.count, one.size) for one in run.audit.records()] == [
        ("file.read:in/a", "allowed", 3, 30),
        ("file.write:out/b", "allowed", 3, 60),
    ]
    assert run.usage.calls == 3


@pytest.mark.parametrize(
    ("allow", "deny", "refused"),
    [
        (("file.read,count=5", "file.write:./other"), (), "file.write:out/b"),
        (("file.read:./other", "file.write,count=5"), (), "file.read:in/a"),
        (("file.read,count=5", "file.write,count=5"), ("file.write:./out/**",), "file.write:out/b"),
        (("file.read,count=5", "file.write,count=5,until=1"), (), "file.write:out/b"),
    ],
)
def test_a_call_is_refused_as_a_whole_and_then_counts_nothing(allow, deny, refused):
    function, run = cloning(*allow, deny=deny)
    with pytest.raises(CapabilityDenied) as caught:
        execute(run, function, "in/a", "out/b")
    assert caught.value.capability == refused
    assert [(one.capability, one.decision) for one in run.audit.records()] == [(refused, "denied")]
    assert [grant.used for grant in run.grants.layers[0].grants] == [0, 0]
    assert [grant.times for grant in run.grants.layers[0].grants] == [[], []]


def test_one_grant_behind_two_capabilities_is_counted_for_both():
    run = Run(grants=Grants(["file.read:./**,count=3,rate=3/h"], root=ROOT))
    function = gate(clone, ("file.read:{source}", "file.read:{target}"), grants=run.grants, run=run)  # type: ignore[arg-type]  # a function
    execute(run, function, "a", "b")
    with pytest.raises(CapabilityDenied, match="count=3"):
        execute(run, function, "a", "b")
    (grant,) = run.grants.layers[0].grants
    assert (grant.used, len(grant.times)) == (2, 2)


def test_bytes_are_charged_to_the_grants_of_their_kind():
    function, run = cloning("file.read:./**,bytes=10", "file.write:./**,bytes=40")
    execute(run, function, "a", "b")
    with pytest.raises(CapabilityDenied, match="bytes=10"):
        execute(run, function, "a", "b", 1)
    assert [grant.volume for grant in run.grants.layers[0].grants] == [10, 20]


def test_a_remembered_call_is_checked_again_where_authority_has_shrunk():
    function, run = cloning("file.read", "file.write")
    run.grants = run.grants.copy()
    function = gate(clone, ("file.read:{source}", "file.write:{target}"), grants=run.grants, run=run)  # type: ignore[arg-type]  # a function
    execute(run, function, "a", "b")

    def narrowed() -> None:
        with Narrowing("file.read:./a"):
            function("a", "b")

    with pytest.raises(CapabilityDenied, match="outside the enclosing"):
        execute(run, narrowed)
    execute(run, function, "a", "b")
    run.grants.declare(["file.read:./a"])
    with pytest.raises(CapabilityDenied, match="not among"):
        execute(run, function, "a", "b")


def test_what_a_person_allowed_once_is_not_remembered():
    asked = []

    def ask(capability):
        asked.append(str(capability))
        return "once"

    run = Run(grants=Grants([], root=ROOT, ask=ask))
    function = gate(fetch, "file.read:{path}", grants=run.grants, run=run)  # type: ignore[arg-type]  # a function
    for _ in range(3):
        execute(run, function, "a")
    assert asked == ["file.read:a"] * 3


def test_remembered_calls_are_bounded_and_know_their_arguments_apart():
    function, run = gated("file.read:./a/**")
    for number in range(1000):
        execute(run, function, f"a/{number}")
    assert len(run.audit.records()) == 1000
    for value in (1, True, 1.0, "b"):
        with pytest.raises(MLError):
            execute(run, function, value)


def test_a_further_use_is_checked_counted_and_charged_with_the_call():
    def follow(path: str) -> None:
        use = in_use.get()
        use.extend(Capability("file.read", "b/target", root=ROOT))
        charge(7)

    run = Run(grants=Grants(["file.read:./a", "file.read:./b/**,count=2,bytes=10"], root=ROOT))
    function = gate(follow, "file.read:{path}", grants=run.grants, run=run)  # type: ignore[arg-type]  # a function
    execute(run, function, "a")
    with pytest.raises(CapabilityDenied, match="bytes=10"):
        execute(run, function, "a")
    with pytest.raises(CapabilityDenied, match="count=2"):
        execute(run, function, "a")
    assert [(one.capability, one.decision, one.count, one.size) for one in run.audit.records()] == [
        ("file.read:b/target", "allowed", 2, 7),
        ("file.read:a", "allowed", 3, 7),
        ("file.read:b/target", "denied", 2, 0),
    ]


def test_a_module_declares_several_capabilities(tmp_path):
    (tmp_path / "cloning.py").write_text(
        "from mlpy.sdk import ml_function, ml_module\n"
        '@ml_module("cloning")\nclass Cloning: ...\n'
        '@ml_function(capability=("file.read:{source}", "file.write:{target}"))\n'
        "def clone(source: str, target: str) -> str:\n    'Clones.'\n    return source + target\n"
    )
    engine = mlpy.Engine(extension_paths=[tmp_path], grants=["file.read:./a", "file.write:./b"])
    text = 'import cloning;\n[requiredCapabilities(cloning.clone), cloning.clone("./a", "./b"), moduleInfo("cloning").members[0].capabilities]'
    both = ["file.read:{source}", "file.write:{target}"]
    assert engine.run(text).value == [both, "./a./b", both]
    assert engine.compile('import cloning;\ncloning.clone("./a", "./x")').needs == ("file.read:./a", "file.write:./x")
    with pytest.raises(CapabilityDenied):
        engine.run('import cloning;\ncloning.clone("./b", "./b")')


def test_a_database_in_memory_demands_nothing():
    run = Run(grants=Grants(["file.read:data/**"], root="/work"))
    guarded = gate(lambda path: path, ("file.read:{path.stored}", "file.write:{path.stored}"), grants=run.grants, run=run)
    assert guarded(":memory:") == ":memory:"
    assert run.audit.records() == []
    with pytest.raises(CapabilityDenied, match=r"`file.write:data/x` is not granted"):  # the reading is
        guarded("data/x")
    with pytest.raises(CapabilityDenied):
        guarded("./:memory:")


def test_a_misspelt_constraint_is_no_part_of_a_pattern():
    with pytest.raises(ValueError, match="did you mean `count`"):
        Grants(["file.read:./a,cuont=2"])
    assert Grants(["file.read:/a,x=2.txt"]).allows("file.read:/a,x=2.txt")


def test_a_denial_takes_no_constraints():
    with pytest.raises(ValueError, match="takes no constraints"):
        Grants(["file.read"], deny=["file.read:./a,count=2"])
