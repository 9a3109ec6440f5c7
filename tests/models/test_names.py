"""Names of models, and what they stand for in a cache."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.names import Wanted
from mlpy.extensions.models.store import Store, cache_folder

LONG, TOO_LONG = "x" * 96, "x" * 97


def refusal(action) -> ModelError:
    with pytest.raises(ModelError) as caught:
        action()
    return caught.value


@pytest.mark.parametrize(
    ("text", "name", "revision"),
    [
        ("org/name", "org/name", None),
        ("name", "name", None),
        ("org/name@0123abc", "org/name", "0123abc"),
        ("org/name#0123abc", "org/name", "0123abc"),
        ("name@refs/pr/1", "name", "refs/pr/1"),
        ("Org_1/My.Model-4bit", "Org_1/My.Model-4bit", None),
        (f"{LONG}/{LONG}", f"{LONG}/{LONG}", None),
    ],
)
def test_a_name_is_taken_apart(text, name, revision):
    wanted = Wanted(text)
    assert (wanted.name, wanted.revision) == (name, revision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a/",
        "/b",
        "a/b/c",
        TOO_LONG,
        f"org/{TOO_LONG}",
        f"{TOO_LONG}/name",
        "-a",
        "a.",
        "a--b",
        "a..b",
        "a b",
        "é",
        "a.git",
        "a\n",
        "a@",
        "a@..",
        "a#x y",
        "a@-f",
        "a\x1b[31m",
    ],
)
def test_what_the_hub_would_refuse_is_refused_before_anybody_is_asked(text):
    failure = refusal(lambda: Wanted(text))
    assert (failure.type, failure.code) == ("invalid_name", 2)


def test_the_message_of_a_long_name_is_short_and_has_both_numbers():
    failure = refusal(lambda: Wanted(f"org/{'y' * 5000}"))
    assert "5000 characters, and 96 are allowed" in failure.message
    assert len(failure.message) < 300


def test_names_are_those_of_huggingface_hub():
    validators = pytest.importorskip("huggingface_hub.utils", reason="needs the extra `models`")
    for text in ["a", "a/b", "a.b", "_a", "a_", "a/.b", "a-", "a--b", "a..b", "x.git", LONG, TOO_LONG, f"{LONG}/{LONG}", f"a/{TOO_LONG}", "a/b/c", "", "/", "ä", "a b", "a\n"]:
        for accepted in (lambda text=text: validators.validate_repo_id(text), lambda text=text: Wanted(text)):
            try:
                accepted()
            except (validators.HFValidationError, ModelError):
                continue
            else:
                assert validators.validate_repo_id(text) is None, text
                assert Wanted(text).name == text


# ── in a cache ──


def test_a_bare_name_means_mlx_community_first_then_the_one_name_that_has_it(plain):
    plain.install("mlx-community/phi")
    plain.install("other/phi")
    plain.install("other/Mistral-7B")
    store = Store()
    assert store.look_up("phi")[0].name == "mlx-community/phi"
    assert store.look_up("phi")[1] is True
    assert store.look_up("MISTRAL")[0].name == "other/Mistral-7B"
    assert store.look_up("mistral")[1] is False
    assert store.find("other/phi").name == "other/phi"


def test_a_part_of_several_names_is_ambiguous(plain):
    plain.install("a/llama-1b")
    plain.install("b/Llama-8b")
    failure = refusal(lambda: Store().find("llama"))
    assert (failure.type, failure.matches) == ("ambiguous_match", ["a/llama-1b", "b/Llama-8b"])


def test_a_name_that_means_nothing_says_what_may_be_meant(plain):
    plain.install("mlx-community/phi-4-mini")
    assert refusal(lambda: Store().find("phi-4-mimi")).hint == "did you mean `mlx-community/phi-4-mini`?"
    failure = refusal(lambda: Store().find("org/phi-4"))
    assert (failure.type, failure.code) == ("model_not_found", 1)


def test_a_revision_is_a_branch_or_the_beginning_of_a_hash(plain):
    plain.install(commit=plain.commit)
    plain.install(contents=plain.files(README__md=b"# Another\n"), commit=plain.other, ref="v2")
    store = Store()
    for text in ("tiny", f"tiny@{plain.commit[:7]}", f"tiny#{plain.commit}", "tiny@main"):
        assert store.find(text).hash == plain.commit
    for text in ("tiny@v2", f"tiny@{plain.other[:4].upper()}"):
        assert store.find(text).hash == plain.other
    assert refusal(lambda: store.find("tiny@abc")).type == "revision_not_found"
    plain.install(commit=plain.commit[:-1] + "8", ref=None)
    assert refusal(lambda: store.find("tiny@0123")).type == "ambiguous_match"


def test_main_is_what_refs_main_names_and_not_the_newest(plain):
    old = plain.install(commit=plain.other)
    new = plain.install(contents=plain.files(README__md=b"# Newer\n"), commit=plain.commit, ref="next")
    for file in old.iterdir():
        os.utime(file, (1_000_000, 1_000_000))
    os.utime(new)
    assert Store().find("tiny").hash == plain.other


def test_the_cache_is_where_huggingface_hub_has_it(tmp_path, environment):
    pytest.importorskip("huggingface_hub", reason="needs the extra `models`")
    cases = [{}, {"HF_HOME": str(tmp_path / "home")}, {"HF_HUB_CACHE": "~/hub", "HF_HOME": "/x"}, {"XDG_CACHE_HOME": str(tmp_path)}, {"HUGGINGFACE_HUB_CACHE": "$HOME/old"}]
    program = "import huggingface_hub.constants as c; print(c.HF_HUB_CACHE)"
    for case in cases:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGINGFACE_", "XDG_"))} | case
        theirs = subprocess.run([sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HUGGINGFACE_HUB_CACHE"):
                patch.delenv(name, raising=False)
            for name, value in case.items():
                patch.setenv(name, value)
            assert cache_folder() == theirs, case
