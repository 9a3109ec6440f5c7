"""F31, C2: what is counted is counted once and exactly, in whatever authority and thread; patterns mean what an oracle says they mean."""

from __future__ import annotations

import os
import re
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlpy
from mlpy.capabilities import Capability, Grant, Grants, charge
from mlpy.errors import CapabilityDenied
from mlpy.sdk import ml_function

ROOT = "/work"
THREADS, TRIES = 8, 500


def at_once(work) -> None:
    """Calls `work(number)` in eight threads that begin together."""
    barrier = threading.Barrier(THREADS)
    failed: list[BaseException] = []

    def body(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []


def tried(authority: Grants, capability: str = "file.read:x") -> int:
    """How many of the tries were allowed."""
    allowed = 0
    for _ in range(TRIES):
        try:
            authority.use(capability)
        except CapabilityDenied:
            continue
        allowed += 1
    return allowed


# ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────


def variants(grants: Grants) -> list[Grants]:
    """Authorities that a program may come to hold of one grant."""
    return [
        grants,
        grants.copy(),
        grants.narrow(["file.read:./**"]),
        grants.narrow(["file.read:./**"], "declaration"),
        grants.intersect(Grants.everything(root=ROOT)),
        grants.intersect(Grants(["file.read"], root=ROOT)),
        grants.within(grants.declaration(["file.read"], "a.ml", "a file")),
        Grants(["file.read"], root=ROOT).intersect(grants).narrow(["file.read:./x"]),
    ]


def test_count_is_exact_under_eight_threads_in_eight_authorities():
    grants = Grants(["file.read:./**,count=1000"], root=ROOT)
    authorities = variants(grants)
    allowed = [0] * THREADS

    def work(number: int) -> None:
        allowed[number] = tried(authorities[number])

    at_once(work)
    assert sum(allowed) == 1000


def test_overlapping_grants_are_all_charged_under_eight_threads():
    grants = Grants(["file.read:./**,count=3000", "file.read:./x,count=700", "file.read,rate=100000/s"], root=ROOT)
    allowed = [0] * THREADS

    def work(number: int) -> None:
        allowed[number] = tried(grants)

    at_once(work)
    assert sum(allowed) == 700
    assert [grant.used for grant in grants.layers[0].grants] == [700, 700, 700]


def test_bytes_and_cost_are_exact_under_eight_threads():
    grants = Grants(["file.read:./**,bytes=10007,cost=100USD"], root=ROOT)
    moved = [0] * THREADS

    def work(number: int) -> None:
        use = variants(grants)[number].use("file.read:x")
        for _ in range(TRIES):
            try:
                use.charge(7, 0.01)
            except CapabilityDenied:
                continue
            moved[number] += 7

    at_once(work)
    assert sum(moved) == 10007 // 7 * 7
    [grant] = grants.layers[0].grants
    assert (grant.volume, round(grant.spent, 6)) == (sum(moved), round(sum(moved) / 700, 6))


def test_a_rate_is_exact_under_eight_threads():
    grants = Grants(["file.read:./**,rate=50/h"], root=ROOT)
    allowed = [0] * THREADS

    def work(number: int) -> None:
        allowed[number] = tried(grants)

    at_once(work)
    assert sum(allowed) == 50


def test_a_rate_is_one_of_any_window_and_not_of_the_clocks_seconds(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("mlpy.capabilities.monotonic", lambda: now[0])
    grants = Grants(["file.read,rate=3/s"])
    taken = []
    for _ in range(400):
        now[0] += 0.0625
        if grants.allows("file.read:x"):
            grants.use("file.read:x")
            taken.append(now[0])
    assert all(later - earlier >= 1 for earlier, later in zip(taken, taken[3:], strict=False))
    assert len(taken) == 75


def test_a_refused_call_is_charged_nothing():
    """Several capabilities are refused as a whole."""
    grants = Grants(["file.read,count=5,rate=9/h", "file.write,count=1"])
    grants.use("file.read:a", "file.write:b")
    for _ in range(10):
        with pytest.raises(CapabilityDenied, match="count=1"):
            grants.use("file.read:a", "file.write:b")
    assert tried(grants) == 4


def test_one_grant_that_covers_both_sides_is_charged_for_both():
    grants = Grants(["file.read:./**,count=3"], root=ROOT)
    grants.use("file.read:a", "file.read:b")
    with pytest.raises(CapabilityDenied):
        grants.use("file.read:a", "file.read:b")
    grants.use("file.read:a")
    assert not grants.allows("file.read:a")


def test_until_goes_by_the_hosts_clock():
    """A program whose clock stands still is out of time all the same."""

    @ml_function(capability="till.open:{name}")
    def draw(name: str) -> None:
        pass

    engine = mlpy.Engine(functions={"draw": draw}, grants=[Grant("file.read")], frozen_clock="2001-01-01T00:00:00Z")
    engine.run('draw("a")', grants=[Grant("till.open", until=time.time() + 60)])
    with pytest.raises(mlpy.MLError, match="used up: `until`"):
        engine.run('draw("a")', grants=[Grant("till.open", until=time.time() - 1)])


# ── through the language ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def counted():
    """An engine whose programs may draw ten times, and what they drew."""
    drawn: list[str] = []

    @ml_function(capability="till.draw:{name}")
    def draw(name: str) -> None:
        drawn.append(name)

    return mlpy.Engine(functions={"draw": draw}, grants=["till.draw:*,count=10"]), drawn


DRAWS = """
function go(name) { try { draw(name); } except (e) { return e.type; } return "drew"; }
function plain(n) { for (i in range(n)) { go("p"); } }
function narrowed(n) { for (i in range(n)) { with capability("till.draw:n", "till.draw:m") { go("n"); } } }
function through_map(n) { return range(n).map(fn(i) => go("m")); }
"""


@pytest.mark.parametrize(
    "tail",
    [
        "plain(20);",
        "narrowed(20);",
        "through_map(20);",
        "plain(4); narrowed(4); through_map(4);",
        'f = draw; o = {f: draw}; for (i in range(9)) { try { f("a"); o.f("b"); } except (e) {} }',
    ],
)
def test_a_count_holds_however_the_function_is_reached(counted, tail):
    engine, drawn = counted
    engine.run(DRAWS + tail)
    assert len(drawn) == 10


def test_a_count_holds_in_callbacks_from_eight_threads(counted):
    engine, drawn = counted
    go = engine.compile(DRAWS, inputs=()).function("go")
    at_once(lambda number: [go(f"{number}") for _ in range(20)])
    assert len(drawn) == 10


def test_a_count_is_one_for_all_runs_of_an_engine(counted):
    engine, drawn = counted
    program = engine.compile(DRAWS + "plain(3);")
    at_once(lambda number: program.run())
    assert len(drawn) == 10


def test_a_count_of_a_block_only_takes_away(counted):
    engine, drawn = counted
    engine.run(DRAWS + 'for (i in range(4)) { with capability("till.draw:*,count=2") { plain(5); } }')
    assert len(drawn) == 8  # two in each block, which are its own, within the ten of the host


def test_files_share_the_counts_of_their_program(tmp_path):
    """Two files that import the same function hold one grant of ten."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.ml").write_text("import crypto;\nfunction go() { try { crypto.uuid(); } except (e) { return 0; } return 1; }\n")
    engine = mlpy.Engine(grants=["crypto.random,count=10"], project_root=str(tmp_path))
    value = engine.run("import one; import two; import crypto; n = 0; for (i in range(8)) { n += one.go() + two.go(); try { crypto.uuid(); n += 1; } except (e) { } } n").value
    assert value == 10


def test_charges_are_exact_through_gates_in_eight_threads():
    sizes: list[int] = []

    @ml_function(capability="disk.fill:{name}")
    def fill(name: str) -> None:
        charge(3)
        sizes.append(3)

    engine = mlpy.Engine(functions={"fill": fill}, grants=["disk.fill:*,bytes=1000"])
    go = engine.compile('function go(n) { for (i in range(n)) { try { fill("a"); } except (e) { } } }', inputs=()).function("go")
    at_once(lambda number: go(100))
    assert sum(sizes) == 999


def test_one_question_at_a_time():
    """Eight threads that want the same thing ask once, and never more than five questions in all."""
    asked: list[str] = []
    inside = [0]

    def ask(capability: Capability) -> str:
        inside[0] += 1
        assert inside[0] == 1
        asked.append(str(capability))
        time.sleep(0.01)
        inside[0] -= 1
        return "run" if capability.resource == "x" else "no"

    grants = Grants(ask=ask)  # type: ignore[arg-type]  # answers are texts
    allowed = [0] * THREADS

    def work(number: int) -> None:
        allowed[number] = tried(grants)
        tried(grants, f"file.read:{number}")

    at_once(work)
    assert allowed == [TRIES] * THREADS
    assert asked.count("file.read:x") == 1
    assert len(asked) == 5


# ── denials ──────────────────────────────────────────────────────────────────────────────────────────────────────

names = st.sampled_from(["a", "b", "ab", "aab", "*", "**", "a*", "*b", "a*b", "***", "a**b", ".", "x,y", "{a}", "~", "é"])
patterns = st.lists(names, min_size=1, max_size=4).map("/".join)
literals = st.lists(st.sampled_from(["a", "b", "ab", "aab", "abab", "x,y", "{a}", "*", "**", "é", "~"]), min_size=1, max_size=4).map("/".join)


@given(st.lists(patterns, max_size=4), st.lists(patterns, max_size=3), literals, st.randoms())
def test_deny_beats_allow_in_any_order(allow, deny, resource, random):
    allow, deny = [f"file.read:./{one}" for one in allow], [f"file.read:./{one}" for one in deny]
    expected = Grants(allow, deny=deny, root=ROOT).allows(f"file.read:./{resource}")
    random.shuffle(allow)
    random.shuffle(deny)
    for grants in (
        Grants(allow, deny=deny, root=ROOT),
        Grants(allow, root=ROOT).intersect(Grants.everything(deny=deny, root=ROOT)),
        Grants.everything(deny=deny, root=ROOT).intersect(Grants(allow, root=ROOT)),
        Grants(allow, deny=deny, root=ROOT).narrow(["file.read"]).copy(),
    ):
        assert grants.allows(f"file.read:./{resource}") == expected
    if any(fits(one, f"file.read:./{resource}") for one in deny):
        assert not expected


def fits(pattern: str, capability: str) -> bool:
    return Grant(pattern, root=ROOT).covers(Capability.parse(capability, root=ROOT))


# ── patterns against an oracle ───────────────────────────────────────────────────────────────────────────────────


def path_oracle(pattern: str, path: str) -> bool:
    """The rules of paths as a regular expression: `*` within a component, `**` as one stands for any number of them."""
    pattern, path = os.path.normpath(f"{ROOT}/{pattern}"), os.path.normpath(f"{ROOT}/{path}")
    expression = ""
    for part in pattern.strip("/").split("/"):
        expression += "(?:/[^/]+)*" if part == "**" else "/" + "".join("[^/]*" if char == "*" else re.escape(char) for char in part)
    return re.fullmatch(expression, path, re.DOTALL) is not None


@settings(max_examples=1500)
@given(patterns, literals)
def test_paths_match_as_the_oracle_says(pattern, path):
    assert fits(f"file.read:./{pattern}", f"file.read:./{path}") == path_oracle(pattern, path), (pattern, path)


def test_f38_no_name_slips_through_a_denial():
    grants = Grants(["file.read"], deny=["file.read:./secret/*"], root=ROOT)
    for name in ("key", "*", "**", "***"):
        assert not grants.allows(Capability("file.read", f"secret/{name}", root=ROOT)), name


@settings(max_examples=300)
@given(st.text("ab*/.", min_size=1, max_size=12), st.text("ab/.", min_size=1, max_size=12))
def test_paths_of_any_shape_match_as_the_oracle_says(pattern, path):
    if pattern == "*":
        return  # every resource of the kind
    if os.path.isabs(pattern) or os.path.isabs(path):
        pattern, path = "./" + pattern.lstrip("/"), "./" + path.lstrip("/")
    assert fits(f"file.read:{pattern}", f"file.read:{path}") == path_oracle(pattern, path), (pattern, path)


labels = st.lists(st.sampled_from(["a", "b", "com", "example", "a-b"]), min_size=1, max_size=4).map(".".join)
ports = st.sampled_from(["80", "443", "8080"])


def address_oracle(pattern: str, address: str) -> bool:
    """The rules of addresses: the port, or any; the host, or what ends in `.` and the rest of `*.rest`."""
    host, _, port = pattern.rpartition(":")
    name, _, number = address.rpartition(":")
    if port not in ("*", number):
        return False
    return host in ("*", name) or (host.startswith("*.") and name.endswith(host[1:]) and len(name) > len(host) - 1)


@settings(max_examples=500)
@given(st.tuples(st.sampled_from(["", "*."]), labels, st.one_of(ports, st.just("*"))), labels, ports)
def test_addresses_match_as_the_oracle_says(parts, name, port):
    pattern = f"{parts[0]}{parts[1]}:{parts[2]}"
    assert fits(f"net.connect:{pattern}", f"net.connect:{name}:{port}") == address_oracle(pattern, f"{name}:{port}")


@settings(max_examples=800)
@given(patterns, patterns, literals)
def test_a_wider_grant_covers_whatever_a_narrower_one_does(wide, narrow, path):
    """`covers_grant` decides what `getCapabilities` shows: where it says yes, nothing that the narrower allows may be missing."""
    wider, narrower = Grant(f"file.read:./{wide}", root=ROOT), Grant(f"file.read:./{narrow}", root=ROOT)
    if wider.covers_grant(narrower) and narrower.covers(Capability("file.read", path, root=ROOT)):
        assert wider.covers(Capability("file.read", path, root=ROOT))


def test_matching_takes_no_time_that_an_author_of_patterns_could_stretch():
    pattern = Grant("file.read:/" + "/".join(["**", "a*a*a*b"] * 300), root=ROOT)
    began = time.process_time()
    assert not pattern.covers(Capability("file.read", "/" + "/".join(["aaaaaaaac"] * 400), root=ROOT))
    assert time.process_time() - began < 5
