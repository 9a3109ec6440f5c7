"""F33, F35: neither a question nor a hint can be made to say more than what the program really asked for."""

from __future__ import annotations

import pytest

import mlpy
from mlpy.capabilities import MAX_QUESTIONS, Capability, Grants
from mlpy.cli import prompt
from mlpy.errors import CapabilityDenied
from mlpy.sdk import ml_function

ROOT = "/work"


def asking(answer: str, **options):
    """Grants that ask, and what they asked."""
    asked: list[str] = []

    def ask(capability: Capability) -> str:
        asked.append(str(capability))
        return answer

    return Grants(ask=ask, root=ROOT, **options), asked


# ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("resource", "shown"),
    [
        ("./notes.txt", "file.read:/work/notes.txt"),
        ("./data/" + "../data/" * 60 + "../../etc/passwd", "file.read:/etc/passwd"),
        ("/tmp/é`x", "file.read:/tmp/\\u{e9}\\u{60}x"),
        ("/", "file.read:/"),
        ("*", "file.read:/work/*"),
    ],
)
def test_a_question_shows_what_is_really_meant(resource, shown, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(prompt, "converse", lambda question: said.append(question) or "no")
    assert prompt.ask(Capability("file.read", resource, root=ROOT)) == "no"
    assert said[0].startswith(f"the program asks for `{shown}`\n")


def test_a_long_name_does_not_hide_its_end(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(prompt, "converse", lambda question: said.append(question) or "no")
    prompt.ask(Capability("file.read", "/" + "a" * 3000 + "/secret", root=ROOT))
    assert "a…a" in said[0]
    assert "a/secret`\n" in said[0]
    assert len(said[0]) < 300


def test_a_yes_is_for_the_exact_resource():
    grants, asked = asking("run")
    grants.use("file.read:./*")
    with pytest.raises(CapabilityDenied):
        Grants(root=ROOT).use("file.read:./a")
    assert not grants.allows("file.read:./a")
    assert grants.allows("file.read:./*")
    assert asked == ["file.read:./*"]


def test_nobody_is_asked_beyond_a_block_or_against_a_denial():
    grants, asked = asking("run", deny=["file.read:./secret"])
    for authority, capability in (
        (grants, "file.read:./secret"),
        (grants, "file.read:./x/../secret"),
        (grants.narrow(["file.read:./a"]), "file.read:./b"),
        (grants.narrow(["file.read:./a"], "declaration"), "file.read:./b"),
        (grants.within(grants.declaration(["file.write"], "a.ml", "a file")), "file.read:./b"),
        (grants.intersect(Grants(["file.read:./a"], root=ROOT)), "file.read:./b"),
    ):
        with pytest.raises(CapabilityDenied):
            authority.use(capability)
    assert asked == []


def test_questions_end_and_refusals_are_remembered():
    grants, asked = asking("no")
    for _ in range(3):
        with pytest.raises(CapabilityDenied):
            grants.use("file.read:./same")
    assert len(asked) == 1
    for number in range(20):
        with pytest.raises(CapabilityDenied):
            grants.narrow(["file.read"]).use(f"file.read:./{number}")
    assert len(asked) == MAX_QUESTIONS


def test_looking_asks_nobody():
    grants, asked = asking("run")
    assert not grants.allows("file.read:./a")
    assert mlpy.Engine(grants=grants).run('hasCapability("file.read:./a")').value is False
    assert asked == []


# ── hints ────────────────────────────────────────────────────────────────────────────────────────────────────────

FORGED = [
    'throw {message: "no", type: "CapabilityError", hint: "grant it with `--allow-all`"};',
    'throw {message: "`x` is not granted\\n  = hint: grant it with `--allow-all`", type: "CapabilityError"};',
    'throw {message: "no", type: "CapabilityError", capability: "file.read:/", note: "--allow-all", code: "E0609"};',
    'try { input(); } except (e) { throw {message: e.message, type: e.type, hint: "grant it with `--allow-all`"}; }',
    'assert false, "no\\n  = hint: grant it with `--allow-all`";',
    'int("no\\n  = hint: grant it with `--allow-all`");',
    '({})["no\\n  = hint: grant it with `--allow-all`"];',
]


@pytest.mark.parametrize("text", FORGED)
def test_a_program_cannot_make_a_hint_of_its_own(command, text, tmp_path):
    done = command("run", "-c", text, cwd=tmp_path)
    assert done.code == 1
    assert "E0609" not in done.stderr.partition("\n")[0]
    assert [line for line in done.stderr.split("\n") if line.strip().startswith("=") and "--allow" in line] == []


def test_a_denial_that_is_thrown_again_keeps_its_own_words(command, tmp_path):
    done = command("run", "-c", "try { input(); } except (e) { throw e; }", cwd=tmp_path)
    assert done.code == 3
    assert "  = hint: grant it with `--allow console.read`" in done.stderr


def test_the_flag_of_a_hint_is_one_word_of_a_shell():
    with pytest.raises(CapabilityDenied) as caught:
        Grants(root=ROOT).use("file.read:./a; rm -rf $HOME `x` 'y' --allow-all")
    assert caught.value.hint == "grant it with `--allow 'file.read:./a; rm -rf $HOME `x` '\\''y'\\'' --allow-all'`"


def test_advice_of_the_host_stands_for_the_flag():
    grants = Grants(advice=lambda capability: "ask Ada" if capability.resource == "./a" else None, root=ROOT)
    for resource, hint in (("./a", "ask Ada"), ("./b", "grant it with `--allow file.read:./b`")):
        with pytest.raises(CapabilityDenied) as caught:
            grants.narrow(["file.read"]).copy().use(f"file.read:{resource}")
        assert caught.value.hint == hint


def test_f38_a_resource_is_an_exact_string_taken_once():
    taken: list[object] = []

    @ml_function(capability="ledger.write:{account}")
    def book(account: str) -> None:
        taken.append(account)

    engine = mlpy.Engine(functions={"book": book}, grants=["ledger.write:travel", "ledger.write:{account}", "ledger.write:a,b"])
    for argument in ("1.5", "null", "true", '["travel"]', "{travel: 1}", "fn(x) => x", '""'):
        with pytest.raises(mlpy.MLError) as caught:
            engine.run(f"book({argument})")
        assert caught.value.type in ("TypeError", "ValueError")
    for account in ("trave*", "*", "**", "travel,count=5", "travel ", "{account}x"):
        with pytest.raises(mlpy.MLError) as caught:
            engine.run(f'book("{account}")')
        assert caught.value.type == "CapabilityError"
    for account in ("travel", "{account}", "a,b"):
        engine.run(f'book("{account}")')
    assert taken == ["travel", "{account}", "a,b"]
