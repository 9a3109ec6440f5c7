"""The module `models` of programs: what it gives, whose name is granted, where budgets and the end of a run stop it, and that nothing of the host gets through."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import mlpy
from mlpy import failures
from mlpy.capabilities import Grants
from mlpy.errors import CapabilityDenied, MLError
from mlpy.registry import Registry
from mlpy.runtime.current import current
from mlpy.runtime.values import display, quoted
from mlpy.sandbox import lockdown

EXAMPLE = Path(__file__).parents[2] / "examples" / "models.ml"
CHAT, EMBEDDER, OTHER = "mlx-community/tiny-llama", "mlx-community/tiny-embed", "acme/tiny-base"
HOME = "model.generate:mlx-community/**"
PATIENCE = 30.0  # seconds until what does not come counts as missing


@pytest.fixture
def here(cache, tiny):
    """A cache with a model that chats, one that embeds, and one of another organization that does neither."""
    for name, kind in ((CHAT, "chat"), (EMBEDDER, "embedding"), (OTHER, "base")):
        tiny.install(cache, name, kind)
    return cache


def run(text: str, *grants: str, **options):
    return mlpy.run(f"import models;\n{text}", grants=[*grants], **options)


def fails(text: str, *grants: str, **options) -> MLError:
    with pytest.raises(MLError) as caught:
        run(text, *grants, **options)
    return caught.value


# ── what it gives ──


MEMBERS = Registry().info("models").members
EXAMPLES = [pytest.param(name, one.examples[0], id=name) for name, one in MEMBERS.items()]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_gives_what_it_says(name, example, here, hub):
    if name == "pull":
        hub.add(CHAT, {"config.json": b"{}"})
    code, said = example[1:-1].split("` → `")
    text = f"import models;\n{code}".replace("models.list()[0]", "models.list()[2]")
    value = mlpy.compile(text).run(grants=Grants.everything()).value
    assert said in (quoted(value), display(value))


def test_the_example_program(here, command, golden):
    done = command("run", EXAMPLE.name, "--allow", "model.list", "--allow", f"{HOME},tokens=500", cwd=EXAMPLE.parent, env={"HF_HUB_CACHE": str(here)})
    assert (done.code, done.stderr) == (0, "")
    golden(EXAMPLE.with_suffix(".out"), done.stdout)


def test_a_stream_and_an_answer_are_the_same_text(here):
    options = "maxTokens: 12, seed: 3, temperature: 1.5, topP: 0.9, system: 'Be brief.'"
    whole, pieces = run(f"[models.generate('tiny-llama', 'Hi', {options}), [...models.stream('tiny-llama', 'Hi', {options})]]", HOME)
    assert whole == "".join(pieces) != ""
    assert whole == run(f"models.generate('tiny-llama', [{{role: 'user', content: 'Hi'}}], {options})", HOME)
    stop = whole[4:6]
    assert run(f"models.generate('tiny-llama', 'Hi', stop: {quoted(stop)}, {options})", HOME) == whole[: whole.index(stop)]


def test_a_model_that_does_not_chat_goes_on_with_the_text(here):
    assert type(run("models.generate('tiny-base', 'Where is', maxTokens: 3)", "model.generate:acme/**")) is str
    error = fails("models.generate('tiny-base', [{role: 'user', content: 'Hi'}])", "model.generate:acme/**")
    assert (error.type, error.fields["kind"]) == ("ValueError", "no_chat_template")


def test_vectors_are_plain_numbers_of_length_1(here):
    one, several = run("[models.embed('tiny-embed', 'red'), models.embed('tiny-embed', ['red', 'green'])]", HOME)
    assert [len(one), [*map(len, several)]] == [64, [64, 64]]
    assert {type(number) for vector in several for number in vector} == {float}
    assert several[0] == pytest.approx(one, abs=1e-5)
    assert sum(number * number for number in one) == pytest.approx(1)


def test_the_shell_and_a_worker_of_the_sandbox_have_it_too(here):
    session = mlpy.Engine(grants=[HOME]).session()
    session.evaluate("import models; pieces = models.stream('tiny-llama', 'Hi', maxTokens: 4, temperature: 0);")
    session.evaluate("first = next(pieces);")
    rest = session.evaluate("[first, ...pieces].join('')").value
    assert rest == run("models.generate('tiny-llama', 'Hi', maxTokens: 4, temperature: 0)", HOME)
    if lockdown.status().level not in ("filtered", "locked"):
        pytest.skip("this machine has no sandbox: `mlpy sandbox status` tells why")
    with mlpy.Sandbox(1) as sandbox:
        assert sandbox.run("import models; [...models.stream('tiny-llama', 'Hi', maxTokens: 4, temperature: 0)].join('')", grants=[HOME]).value == rest
        with pytest.raises(CapabilityDenied) as caught:
            sandbox.run("import models; [...models.stream('tiny-llama', 'Hi', temperature: 0)]", grants=[f"{HOME},tokens=3"])
        assert "tokens=3" in caught.value.message


# ── whose name is granted ──


DENIED = [
    ("models.list()", "model.list"),
    ("models.show('tiny-llama')", "model.list"),
    ("models.generate('tiny-llama', 'x')", f"model.generate:{CHAT}"),
    ("models.stream('mlx-community/tiny-llama', 'x')", f"model.generate:{CHAT}"),
    ("models.embed('acme/tiny-base', 'x')", f"model.generate:{OTHER}"),
    ("models.generate('nowhere', 'x')", "model.generate:mlx-community/nowhere"),
    ("models.generate('org/nowhere@main', 'x')", "model.generate:org/nowhere"),
    ("models.pull('tiny-llama')", f"model.pull:{CHAT}"),
    ("models.remove('tiny-llama')", f"model.remove:{CHAT}"),
]


@pytest.mark.parametrize(("code", "need"), DENIED)
def test_without_a_grant_the_denial_names_the_flag(code, need, here):
    error = fails(code, "model.generate:else/**")
    assert (error.type, error.message, error.hint) == ("CapabilityError", f"`{need}` is not granted", f"grant it with `--allow {need}`")


def test_the_command_line_says_so_too(here, command, tmp_path):
    (tmp_path / "a.ml").write_text("import models;\nprint(models.generate('tiny-llama', 'Hi'));\n")
    done = command("run", "a.ml", cwd=tmp_path, env={"HF_HUB_CACHE": str(here)})
    assert done.code == 3
    assert done.stderr.endswith(f"= hint: grant it with `--allow model.generate:{CHAT}`\n")


def test_no_name_passes_under_a_grant_for_another_model(here, tiny):
    assert type(run("models.generate('tiny-base', 'x', maxTokens: 1)", f"model.generate:{OTHER}")) is str
    for name in ("tiny-base", "TINY-B", "acme/tiny-base", "tiny-base@main", "tiny-base#main"):
        for grant in (HOME, "model.generate:tiny-base", "model.generate:mlx-community/tiny-base", "model.generate:*/tiny-llama", "model.list"):
            error = fails(f"models.generate('{name}', 'x', maxTokens: 1)", grant)
            assert error.type == "CapabilityError" or error.fields["kind"] == "model_not_found", (name, grant)
    grants = Grants(["model.generate"], deny=[f"model.generate:{OTHER}"])
    with pytest.raises(CapabilityDenied):
        mlpy.run("import models; models.generate('acme/tiny-base', 'x')", grants=grants)
    with pytest.raises(MLError, match="no model `base` is here"):
        mlpy.run("import models; models.generate('base', 'x')", grants=grants)


def test_a_short_name_never_reaches_a_model_that_is_not_granted_whatever_comes_into_the_cache(here, tiny):
    session = mlpy.Engine(grants=["model.generate:acme/**"]).session()
    session.evaluate("import models; models.generate('tiny-base', 'x', maxTokens: 1)")
    tiny.install(here, "mlx-community/tiny-base", "base")
    session.evaluate("models.generate('tiny-base', 'x', maxTokens: 1)")
    shutil.rmtree(here / "models--acme--tiny-base")
    with pytest.raises(CapabilityDenied, match="mlx-community/tiny-base"):
        session.evaluate("models.generate('tiny-base', 'x', maxTokens: 1)")


def test_names_of_models_are_told_to_those_who_may_know_them(here):
    narrow = fails("models.generate('tiny', 'x')", HOME)
    wide = fails("models.generate('tiny', 'x')", HOME, "model.list")
    assert narrow.fields == {"kind": "ambiguous_match", "matches": [EMBEDDER, CHAT], "text": ""}
    assert wide.fields["matches"] == [OTHER, EMBEDDER, CHAT]
    assert narrow.type == wide.type == "ValueError"


@pytest.mark.parametrize("part", ["tiny-base", "base", "e"])
def test_no_part_of_a_name_tells_of_a_model_that_is_not_granted(part, here):
    for grant in (f"model.generate:{CHAT}", "model.generate:else/**"):
        error = fails(f"models.generate('{part}', 'x')", grant)
        assert error.message == f"`model.generate:mlx-community/{part}` is not granted"
        assert OTHER not in f"{error.hint}{error.fields}"
    assert fails("models.generate('base', 'x')", HOME, "model.list").message == f"`model.generate:{OTHER}` is not granted"


def test_a_short_name_means_the_one_model_that_is_granted(here):
    assert type(run("models.generate('tiny', 'x', maxTokens: 1)", f"model.generate:{OTHER}")) is str
    error = fails("models.generate('tiny@nowhere', 'x')", f"model.generate:{OTHER}")
    assert error.message == f"`{OTHER}` has no revision `nowhere` here"


STRANGE = ["refs/pr/7", "refs/convert/parquet", "pr/7", "{commit}", "{short}", "v1-3-g{short}"]


@pytest.mark.parametrize("revision", STRANGE)
def test_programs_download_what_the_owner_of_a_model_has_made(revision, cache, hub):
    commit = hub.add("org/x", {"config.json": b"{}"}, revision="refs/pr/7")
    revision = revision.format(commit=commit, short=commit[:7].upper())
    error = fails(f"models.pull('org/x@{revision}')", "model.pull:org/**")
    assert (error.type, error.message) == ("CapabilityError", f"`{revision}` may be of anybody: programs download branches and tags")
    assert [*cache.iterdir()] == []
    hub.add("org/x", {"config.json": b"{}"}, revision="v1")
    assert run("models.pull('org/x@v1')", "model.pull:org/**")["download_status"] == "downloaded"


def test_only_a_whole_name_removes_a_model(here):
    error = fails("models.remove('base')", "model.remove")
    assert (error.type, error.fields["kind"]) == ("IOError", "confirmation_required")
    gone = run("models.remove('tiny-llama')", "model.remove:mlx-community/**")
    assert (gone["model"], gone["action"], gone["bytes_freed"] > 100_000) == (CHAT, "deleted", True)
    assert sorted(path.name for path in here.iterdir() if path.name.startswith("models--")) == ["models--acme--tiny-base", "models--mlx-community--tiny-embed"]


def test_what_a_program_needs_is_seen_without_running_it(tmp_path, command):
    (tmp_path / "a.ml").write_text("import models;\nprint(models.list());\nprint(models.generate('x', 'Hi'));\n")
    assert command("caps", "a.ml", cwd=tmp_path).stdout.splitlines()[1:3] == ["├─ model.list", "└─ model.generate:*"]


# ── budgets ──


def test_a_budget_of_tokens_stops_an_answer_at_the_budget(here):
    grants = Grants([f"{HOME},tokens=7"])
    text = "import models; found = []; try { for (piece in models.stream('tiny-llama', 'Hi', seed: 5)) { found.append(piece); } } except (e) { found.append(e.message); } found"
    *pieces, message = mlpy.run(text, grants=grants)
    assert message == f"the grant `{HOME}` is used up: `tokens=7`"
    assert "".join(pieces) == run("models.generate('tiny-llama', 'Hi', seed: 5, maxTokens: 7)", HOME)
    assert grants.layers[0].grants[0].said == 7
    with pytest.raises(CapabilityDenied, match="tokens=7"):
        mlpy.run("import models; models.generate('tiny-llama', 'Hi', maxTokens: 1)", grants=grants)


def test_an_answer_that_a_budget_stops_is_told_as_far_as_it_is(here):
    error = fails("models.generate('tiny-llama', 'Hi', seed: 5)", f"{HOME},tokens=6")
    assert error.type == "CapabilityError"
    assert error.fields["text"] == run("models.generate('tiny-llama', 'Hi', seed: 5, maxTokens: 6)", f"{HOME},tokens=6") != ""


def test_budgets_of_calls_and_bytes(here):
    assert "count=1" in fails("for (at in range(2)) { models.embed('tiny-embed', 'x'); }", f"{HOME},count=1").message
    assert "bytes=40" in fails("models.generate('tiny-llama', 'Where is the answer?', seed: 5)", f"{HOME},bytes=40").message
    assert "tokens=2" in fails("models.embed('tiny-embed', 'Where is the answer?')", f"{HOME},tokens=2").message


def test_bytes_of_a_download_are_counted(here, hub):
    hub.add("org/big", {"config.json": b"{}", "model.safetensors": bytes(300_000)})
    grants = Grants(["model.pull:org/**,bytes=100kB"])
    with pytest.raises(CapabilityDenied, match="bytes=100000"):
        mlpy.run("import models; models.pull('org/big')", grants=grants)
    told = run("models.pull('org/big')", "model.pull:org/**,bytes=1MB")
    assert (told["model"], told["download_status"]) == ("org/big", "downloaded")
    assert told["bytes_downloaded"] + told["bytes_reused"] == 300_002


# ── the end of a run ──


@pytest.mark.parametrize("how", ["cancelled", "left"])
def test_no_answer_goes_on_after_its_run_or_when_nobody_wants_it(how, here, monkeypatch):
    from mlpy.extensions.models.runner import Runner

    made, over = [], threading.Event()
    real = Runner.steps

    def steps(*arguments):
        try:
            for token in real(*arguments):
                made.append(token)
                yield token
        finally:
            over.set()

    monkeypatch.setattr(Runner, "steps", steps)
    if how == "left":
        run("for (piece in models.stream('tiny-llama', 'Hi', seed: 5)) { break; }", HOME)
    else:
        shown = []

        def show(text):
            shown.append(text)
            if len(shown) == 3:
                current.get().cancel()

        with pytest.raises(MLError, match="cancelled"):
            mlpy.compile("import models; for (piece in models.stream('tiny-llama', 'Hi', seed: 5)) { print(piece); }").run(grants=[HOME], output=show)
    assert over.wait(PATIENCE)
    assert 0 < len(made) < 12


# ── errors ──


WRONG = [
    ("models.generate(1, 'x')", "TypeError", "`model` must be a string, not a number"),
    ("models.generate('a/b/c', 'x')", "ValueError", "`a/b/c` is no name of a model: it has more than one `/`"),
    (f"models.generate('{'a' * 97}', 'x')", "ValueError", None),
    ("models.generate('tiny-llama', 1)", "TypeError", "`prompt` must be a string or an array of messages, not a number"),
    ("models.generate('tiny-llama', [])", "ValueError", "`prompt` must hold from 1 to 10,000 messages"),
    ("models.generate('tiny-llama', [{role: 'user'}])", "ValueError", "`prompt[0]` has no `content`"),
    ("models.generate('tiny-llama', [{role: 'user', content: 1}])", "TypeError", "`prompt[0].content` must be a string, not a number"),
    ("models.generate('tiny-llama', [{role: 'user', content: 'x', tools: '[]'}])", "ValueError", "`prompt[0]` must have `role` and `content` and nothing else"),
    ("models.generate('tiny-llama', [{role: 'clown', content: 'x'}])", "ValueError", "`prompt[0].role` must be one of `assistant`, `developer`, `system`, `tool`, `user`"),
    ("models.generate('tiny-llama', 'x', maxTokens: 1.5)", "TypeError", "`maxTokens` must be a whole number, not a number"),
    ("models.generate('tiny-llama', 'x', maxTokens: 0)", "ValueError", None),
    ("models.generate('tiny-llama', 'x', temperature: 'hot')", "TypeError", "`temperature` must be a number, not a string"),
    ("models.generate('tiny-llama', 'x', temperature: -1)", "ValueError", None),
    ("models.generate('tiny-llama', 'x', topP: 2)", "ValueError", None),
    ("models.generate('tiny-llama', 'x', stop: [1])", "TypeError", "`stop[0]` must be a string, not a number"),
    ("models.generate('tiny-llama', 'x', stop: '')", "ValueError", "`stop` must hold no empty text"),
    ("models.generate('tiny-llama', 'x ' * 2000)", "ValueError", None),
    ("models.embed('tiny-embed', [1])", "TypeError", "`texts[0]` must be a string, not a number"),
    ("models.embed('tiny-embed', '')", "ValueError", None),
    ("models.generate('mlx-community/nowhere', 'x')", "IOError", "no model `mlx-community/nowhere` is here"),
    ("models.pull('tiny-llama', include: 'x')", "TypeError", "`include` must be an array of strings, not a string"),
]


@pytest.mark.parametrize(("code", "kind", "message"), WRONG)
def test_what_is_wrong_is_said_in_the_words_of_the_language(code, kind, message, here):
    error = fails(code, "model.generate", "model.pull")
    assert error.type == kind
    assert message in (error.message, None)
    assert error.message[0] in "`abcdefghijklmnopqrstuvwxyz"
    assert not error.message.endswith(".")
    assert str(here) not in error.message
    assert "<class" not in error.message


def test_a_broken_model_tells_nothing_of_the_host(here):
    weights = next((here / f"models--{CHAT.replace('/', '--')}").rglob("model.safetensors")).resolve()
    weights.write_bytes(weights.read_bytes()[:-1000])
    error = fails("models.generate('tiny-llama', 'x')", HOME)
    assert error.type == "IOError"
    assert error.fields["kind"] == "unhealthy"
    assert str(here.parent) not in f"{error.message}{error.hint}{error.fields}"


def test_what_nobody_has_foreseen_tells_nothing_of_the_host(here, monkeypatch):
    def fail(*_arguments, **_options):
        raise RuntimeError(f"[load] {here} <class 'int'>")

    monkeypatch.setattr("mlpy.extensions.models.runner.load", fail)
    error = fails("models.generate('tiny-llama', 'x')", HOME)
    assert (error.type, error.message, error.fields) == ("IOError", "the model cannot be used", {"kind": "failed", "text": ""})


def test_without_the_extra_the_error_names_it(here, monkeypatch):
    monkeypatch.setattr(failures, "find_spec", lambda name: None)
    error = fails("models.generate('tiny-llama', 'x')", HOME)
    assert (error.type, error.fields["kind"], error.hint) == ("ImportError", "missing_extra", "`pip install 'mlpy[models]'` installs what models need")


def test_who_only_lists_loads_neither_the_hub_nor_mlx(here, environment):
    text = "import sys, mlpy; mlpy.run('import models; models.list()', grants=['model.list']); print(sorted({'fastapi', 'huggingface_hub', 'mlx', 'mlx_lm', 'numpy', 'transformers'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", text], env=environment | {"HF_HUB_CACHE": str(here)}, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
