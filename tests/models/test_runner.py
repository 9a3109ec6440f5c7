"""The runner on a tiny model: what an answer is cut at, that seeds reproduce, that tokens are counted truly, and that it can be used from any thread."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from itertools import islice
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from types import SimpleNamespace

import pytest

pytest.importorskip("mlx_lm", reason="needs the extra `models`")

from mlpy.extensions.models import rendering
from mlpy.extensions.models import runner as running
from mlpy.extensions.models import worker as working
from mlpy.extensions.models.answer import Answer, Cutter
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.memory import Memory
from mlpy.extensions.models.runner import Options

HI = [{"role": "user", "content": "Say hi"}]
GREEDY = Options(temperature=0, max_tokens=24)


def model_of(folder, name="tiny"):
    return SimpleNamespace(name=name, snapshot=folder, config=json.loads((folder / "config.json").read_text()))


@pytest.fixture(scope="module")
def runner(tiny):
    made = running.load(model_of(tiny.folder()))
    yield made
    made.close()


def text_of(pieces):
    return "".join(piece.text for piece in pieces)


# ── what an answer is ──


def test_an_answer_comes_token_by_token_and_ends_at_its_length(runner):
    pieces = list(runner.generate(HI, GREEDY))
    assert [piece.tokens for piece in pieces] == list(range(1, 25))
    assert [piece.finish_reason for piece in pieces] == [None] * 23 + ["length"]
    assert text_of(pieces)


def test_the_text_is_what_the_tokenizer_makes_of_the_tokens(runner):
    loaded = runner.loaded
    tokens = runner.encode("The quick brown")
    made = running.work(lambda: list(runner.steps(tokens, 40, Options(temperature=0), lambda *_: None, Memory())))
    pieces = list(runner.generate("The quick brown", Options(temperature=0, max_tokens=40)))
    assert text_of(pieces) == loaded.tokenizer.decode(made)
    assert pieces[-1].tokens == 40


def test_seeds_reproduce_and_differ(runner):
    def answer(seed):
        return text_of(runner.generate(HI, Options(temperature=1, top_p=0.9, seed=seed, max_tokens=24)))

    assert answer(7) == answer(7)
    assert len({answer(seed) for seed in range(3)}) == 3
    assert answer(-1) == answer(2**64 - 1)


@pytest.mark.parametrize("options", [{"temperature": 1e-39}, {"temperature": 1e-320}, {"temperature": 2, "top_p": 1e-300}, {"temperature": 1, "top_p": 1e-9}])
def test_the_coldest_and_the_narrowest_choice_is_the_likeliest_token(runner, options):
    assert text_of(runner.generate(HI, Options(**options, max_tokens=24))) == text_of(runner.generate(HI, GREEDY))


@pytest.mark.parametrize("length", [1, 2, 3, 5, 9])
def test_a_stop_string_is_cut_exactly_wherever_tokens_divide_it(runner, length):
    whole = text_of(runner.generate(HI, GREEDY))
    at = 11
    stop = whole[at : at + length]
    pieces = list(runner.generate(HI, Options(temperature=0, max_tokens=24, stop=(stop,))))
    assert text_of(pieces) == whole[: whole.index(stop)]
    assert pieces[-1].finish_reason == "stop"


def test_what_only_looks_like_a_stop_string_is_shown(runner):
    whole = text_of(runner.generate(HI, GREEDY))
    never = tuple(whole[at : at + 4] + "\0" for at in range(len(whole)))
    assert text_of(runner.generate(HI, Options(temperature=0, max_tokens=24, stop=never))) == whole


def test_the_cutter_does_not_care_how_text_is_divided():
    text, stops = "one two threefour five six", ("threefive", "fourth", "five", "e six")
    for width in range(1, len(text)):
        cutter = Cutter(stops)
        shown = "".join(cutter.add(text[at : at + width]) for at in range(0, len(text), width)) + cutter.rest()
        assert shown == "one two threefour "


def test_markers_of_the_template_never_show(runner):
    loaded = runner.loaded
    words = loaded.tokenizer.get_vocab()
    for marker in ("<|im_start|>", "<|im_end|>"):
        answer = Answer(loaded.tokenizer, loaded.markers)
        tokens = [*loaded.tokenizer.encode("Hello"), words["<|pad|>"], *loaded.tokenizer.encode(" there"), words[marker]]
        assert "".join(answer.add(token) for token in tokens) == "Hello there"
        assert answer.done
        assert answer.tokens == len(tokens) - 1  # the end is no part of it


def test_turns_of_the_template_end_an_answer_whatever_is_declared(tiny, tmp_path):
    folder = shutil.copytree(tiny.folder(), tmp_path / "wrong")
    config, settings = (json.loads((folder / name).read_text()) for name in ("config.json", "tokenizer_config.json"))
    (folder / "generation_config.json").unlink()
    (folder / "config.json").write_text(json.dumps({**config, "eos_token_id": 0}))
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "eos_token": "<|endoftext|>"}))
    assert running.load(model_of(folder)).loaded.markers.ends == {0, 1, 2}
    plain = "{% for message in messages %}### {{ message.role | capitalize }}:\n{{ message.content }}\n\n{% endfor %}{% if add_generation_prompt %}### Assistant:\n{% endif %}"
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "chat_template": plain}))
    loaded = running.load(model_of(folder)).loaded
    assert loaded.markers.texts == ("### User:",)
    answer = Answer(loaded.tokenizer, loaded.markers)
    tokens = loaded.tokenizer.encode("Hello.\n\n### User:\nAnd you?")
    shown = [answer.add(token) for token in tokens if not answer.done]
    assert "".join(shown).rstrip() == "Hello."


def test_a_character_of_several_tokens_is_shown_whole(runner):
    tokens = runner.loaded.tokenizer.encode("né €5 🙂!")
    answer = Answer(runner.loaded.tokenizer, runner.loaded.markers)
    shown = [answer.add(token) for token in tokens]
    assert "".join(shown) == "né €5 🙂!"
    assert len(tokens) > len("né €5 🙂!")
    half = Answer(runner.loaded.tokenizer, runner.loaded.markers)
    assert "".join(half.add(token) for token in tokens[:-2]) + half.rest() == "né €5 "


# ── what a prompt is ──


def test_the_chat_template_is_applied(runner):
    tokens = runner.encode([{"role": "system", "content": "Be brief"}, *HI])
    assert runner.loaded.tokenizer.decode(tokens) == "<|im_start|>system\nBe brief<|im_end|>\n<|im_start|>user\nSay hi<|im_end|>\n<|im_start|>assistant\n"


def test_a_role_that_the_template_does_not_know(runner):
    with pytest.raises(ModelError) as caught:
        runner.generate([{"role": "poet", "content": "x"}])
    assert caught.value.type == "invalid_messages"
    assert caught.value.message == "the chat template of `tiny` does not take these messages: there is no role poet"


def templated(tiny, folder, template):
    """The tiny model with another chat template."""
    shutil.copytree(tiny.folder(), folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "chat_template": template}))
    return model_of(folder)


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize("template", [LOOP, "{{ 9 ** 9 ** 9 }}"])
def test_a_template_without_an_end_is_ended(tiny, tmp_path, monkeypatch, template):
    monkeypatch.setattr(rendering, "LONGEST", 0.2)
    with pytest.raises(ModelError) as caught:
        running.load(templated(tiny, tmp_path / "endless", template))
    assert caught.value.type == "not_runnable"
    assert caught.value.message == "`tiny` cannot be loaded: its chat template does not come to an end"
    assert not [thread for thread in enumerate_threads() if thread.name == "mlpy-template"]


def test_a_template_that_some_messages_keep_busy_is_ended_too(tiny, tmp_path, monkeypatch):
    """And nobody else waits for it: the thread of mlx is free."""
    made = running.load(templated(tiny, tmp_path / "busy", "{% if messages|length == 1 %}" + LOOP + "{% endif %}**{{ messages[0].content }}**"))
    monkeypatch.setattr(rendering, "LONGEST", 0.2)
    with pytest.raises(ModelError) as caught:
        made.encode(HI)
    assert (caught.value.type, caught.value.message) == ("invalid_messages", "the chat template of `tiny` does not come to an end with these messages")
    assert made.loaded.tokenizer.decode(made.encode([*HI, *HI])) == "**Say hi**"


@pytest.mark.parametrize("template", ["{{ 1 / 0 }}", "{{ 'x' * 99999999999999 }}", "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}"])
def test_a_template_that_fails_in_any_way_takes_no_messages(tiny, tmp_path, template):
    made = running.load(templated(tiny, tmp_path / "failing", template))
    with pytest.raises(ModelError) as caught:
        made.encode(HI)
    assert (caught.value.type, caught.value.message) == ("invalid_messages", "the chat template of `tiny` does not take these messages")


def test_powers_in_a_template_are_told_from_what_looks_like_them():
    assert rendering.raises_powers("{% set x = (2) ** 64 %}")
    assert not rendering.raises_powers("**{{ role }}** {{ dict(a, **b) }} {{ f( **b) }} {{ '2 ** 3' }}")


@pytest.mark.parametrize("number", [417, 400_000_000])
def test_tokens_that_the_weights_do_not_have(tiny, tmp_path, number):
    """mlx would look their rows up beyond its memory."""
    folder = shutil.copytree(tiny.folder(), tmp_path / "beyond")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    rows = len(tokenizer["model"]["vocab"])
    (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "model": {**tokenizer["model"], "vocab": {**tokenizer["model"]["vocab"], "H": max(rows, number)}}}))
    with pytest.raises(ModelError) as caught:
        running.load(model_of(folder))
    assert (caught.value.type, caught.value.message) == ("not_runnable", "`tiny` cannot be loaded: its files do not fit together")
    added = {"id": rows, "content": "<picture>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "added_tokens": [*tokenizer["added_tokens"], added]}))
    made = running.load(model_of(folder))
    assert made.encode("hi")
    for ask in (made.encode, made.embeddable):
        with pytest.raises(ModelError) as caught:
            ask("a <picture>")
        assert caught.value.type == "not_runnable"


def test_an_overlong_prompt_is_an_error_with_both_numbers(runner):
    words = "word " * 600
    count = len(runner.loaded.tokenizer.encode(words))
    with pytest.raises(ModelError) as caught:
        runner.generate(words)
    assert caught.value.type == "prompt_too_long"
    assert caught.value.detail == {"prompt_tokens": count, "context_length": 512}
    assert f"{count}" in caught.value.message
    assert "512" in caught.value.message


def test_an_answer_ends_where_the_context_does(runner):
    tokens = runner.encode("word " * 100)
    pieces = list(runner.generate("word " * 100, Options(temperature=0, max_tokens=10_000)))
    assert len(tokens) + pieces[-1].tokens == 512
    assert pieces[-1].finish_reason == "length"


def test_options_that_make_no_sense():
    for option, value in {"max_tokens": 0, "temperature": -1, "top_p": 0}.items():
        with pytest.raises(ModelError) as caught:
            Options(**{option: value})
        assert caught.value.detail == {"option": option, "value": value}


def test_a_conversation_reads_only_what_is_new(runner):
    memory, talk, read = Memory(), list(HI), []
    for more in ("How are you?", "Why?"):
        said = text_of(runner.generate(talk, GREEDY, memory=memory, progress=lambda *numbers: read.append(numbers)))
        assert said == text_of(runner.generate(talk, GREEDY))
        talk += [{"role": "assistant", "content": said}, {"role": "user", "content": more}]
    first, second = len(runner.encode(HI)), len(runner.encode(talk[:3]))
    assert (0, first) in read
    assert min(total for _, total in read) <= second - first
    other = [{"role": "user", "content": "Something else"}]  # than what is remembered
    assert text_of(runner.generate(other, GREEDY, memory=memory)) == text_of(runner.generate(other, GREEDY))
    stopped = runner.generate(talk, Options(temperature=0, max_tokens=200), memory=memory)
    list(islice(stopped, 5))
    stopped.close()
    assert text_of(runner.generate(talk, GREEDY, memory=memory)) == text_of(runner.generate(talk, GREEDY))


# ── models ──


@pytest.mark.parametrize("kind", ["sharded", "quantized"])
def test_shards_and_four_bits_answer_too(tiny, kind, runner):
    other = running.load(model_of(tiny.folder(kind)), max_context=100)
    assert other.context_length == 100
    text = text_of(other.generate(HI, GREEDY))
    assert text == text_of(runner.generate(HI, GREEDY)) if kind == "sharded" else text
    assert (other.size_bytes < runner.size_bytes) == (kind == "quantized")


def test_scales_of_16_bits_are_widened_on_a_processor(tiny, tmp_path):
    import mlx.core as mx
    from mlx.utils import tree_flatten

    folder = shutil.copytree(tiny.folder("quantized"), tmp_path / "narrow")
    file = str(folder / "model.safetensors")
    narrow = {name: array if array.dtype == mx.uint32 else array.astype(mx.bfloat16) for name, array in mx.load(file).items()}
    mx.eval(narrow)
    mx.save_safetensors(file, narrow, metadata={"format": "mlx"})
    made = running.load(model_of(folder))
    wide = mx.float32 if mx.default_device() == mx.cpu else mx.bfloat16
    assert {array.dtype for _, array in tree_flatten(made.loaded.network.parameters())} == {mx.uint32, wide}
    assert text_of(made.generate(HI, GREEDY))


def test_a_model_without_template_continues_a_prompt_only(tiny):
    base = running.load(model_of(tiny.folder("base")))
    assert text_of(base.generate("The quick", GREEDY))
    with pytest.raises(ModelError, match="has no chat template"):
        base.generate(HI)


def test_a_model_that_cannot_be_loaded_says_why(tiny, tmp_path):
    folder = tiny.module.make(tmp_path / "odd")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "abacus"}))
    with pytest.raises(ModelError, match="mlx-lm does not know the architecture `abacus`"):
        running.load(model_of(folder))
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 128}))
    with pytest.raises(ModelError, match="its files do not fit together"):
        running.load(model_of(folder))
    (folder / "config.json").write_text(json.dumps(config))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "tokenizer_class": "Own", "auto_map": {"AutoTokenizer": [None, "own.Own"]}}))
    (folder / "own.py").write_text("raise SystemExit('this ran')\n")
    with pytest.raises(ModelError, match="it wants to run code of its own"):
        running.load(model_of(folder))


def test_vectors_are_of_length_one_and_alike_for_alike_texts(tiny):
    made = running.load(model_of(tiny.folder("embedding")))
    one, other, again = made.embed(["the fox", "a river of stones, white and smooth", "the fox"])
    assert len(one) == 64
    assert sum(value * value for value in one) == pytest.approx(1, abs=1e-5)
    assert one == pytest.approx(again, abs=1e-5)  # whatever else is in the batch
    assert one == pytest.approx(made.embed(["the fox"])[0], abs=1e-5)
    assert sum(a * b for a, b in zip(one, other, strict=True)) < 0.999


def test_bert_gives_the_vectors_that_its_formulas_give(tiny):
    folder = tiny.folder("bert")
    made = running.load(model_of(folder))
    texts = ["the fox jumps over the lazy dog", "a river"]
    tokens = [made.embeddable(text) for text in texts]
    decoded = made.loaded.tokenizer.convert_ids_to_tokens(tokens[1])
    assert (decoded[0], decoded[-1]) == ("[CLS]", "[SEP]")
    for vector, numbers in zip(made.embed(texts), tokens, strict=True):
        assert vector == pytest.approx(by_hand(folder, numbers), abs=1e-4)
    with pytest.raises(ModelError, match="makes vectors of texts, and no text"):
        made.generate("hi")
    with pytest.raises(ModelError, match="takes 128"):
        made.embed(["word " * 200])


def by_hand(folder, tokens):
    """What BERT is, in NumPy (arXiv:1810.04805): the mean of the last states, of length 1."""
    import mlx.core as mx
    import numpy as np

    weights = {name: np.array(array, dtype=np.float64) for name, array in mx.load(str(folder / "model.safetensors")).items()}

    def dense(name, states):
        return states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name, states):
        centred = states - states.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"]

    def heads(states):
        return states.reshape(len(tokens), 4, 8).transpose(1, 0, 2)

    gelu = np.vectorize(lambda value: value * (1 + math.erf(value / math.sqrt(2))) / 2)
    states = weights["embeddings.word_embeddings.weight"][tokens] + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    states = norm("embeddings", states + weights["embeddings.token_type_embeddings.weight"][0])
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        query, key, value = (heads(dense(f"{layer}.attention.self.{name}", states)) for name in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(8))
        seen = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(tokens), 32)
        states = norm(f"{layer}.attention.output", states + dense(f"{layer}.attention.output.dense", seen))
        states = norm(f"{layer}.output", states + dense(f"{layer}.output.dense", gelu(dense(f"{layer}.intermediate.dense", states))))
    mean = states.mean(0)
    return list(mean / np.linalg.norm(mean))


# ── threads ──


def test_answers_under_way_on_several_threads_do_not_mix(runner):
    alone = [text_of(runner.generate(HI, Options(seed=seed, max_tokens=16))) for seed in range(4)]
    found = {}
    threads = [Thread(target=lambda seed=seed: found.update({seed: text_of(runner.generate(HI, Options(seed=seed, max_tokens=16)))})) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(4)] == alone


def test_an_answer_may_be_begun_here_and_ended_elsewhere(runner):
    pieces = runner.generate(HI, GREEDY)
    begun = next(pieces).text
    rest = []
    thread = Thread(target=lambda: rest.extend(pieces))
    thread.start()
    thread.join()
    assert begun + text_of(rest) == text_of(runner.generate(HI, GREEDY))


def test_an_answer_that_is_dropped_takes_no_more_work(runner):
    made = []
    pieces = runner.generate(HI, Options(temperature=0, max_tokens=400))
    made.extend(islice(pieces, 3))
    pieces.close()
    assert [piece.tokens for piece in made] == [1, 2, 3]
    assert list(pieces) == []
    with pytest.raises(KeyboardInterrupt):  # while the prompt is worked on
        list(runner.generate("word " * 80, GREEDY, progress=interrupt))


def interrupt(*_):
    raise KeyboardInterrupt


def test_the_end_of_the_process_does_not_wait_for_ever(monkeypatch):
    """What mlx holds by then ends with the process, and what was written is not lost."""
    ended, free = [], Event()
    monkeypatch.setattr(working, "LEAVE", 0.01)
    monkeypatch.setattr(working.os, "_exit", ended.append)
    worker = working.Worker()
    worker.submit(free.wait)
    worker.end()
    assert ended == [1]
    free.set()
    worker.thread.join()


def test_a_process_that_has_generated_ends_well(tiny):
    """mlx aborts a process whose threads end with streams of their own, and mlx-lm changes its limit of open files."""
    code = f"""
import json, pathlib, resource
before = resource.getrlimit(resource.RLIMIT_NOFILE)
from types import SimpleNamespace
from mlpy.extensions.models import runner
folder = pathlib.Path({str(tiny.folder())!r})
made = runner.load(SimpleNamespace(name="tiny", snapshot=folder, config=json.loads((folder / "config.json").read_text())))
print("".join(piece.text for piece in made.generate("hi", runner.Options(max_tokens=3))))
assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
