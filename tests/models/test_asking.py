"""`mlpy models run`, `chat`, `embed`, `convert` and `bench` on tiny models: what they answer, to people, to pipes and to scripts."""

from __future__ import annotations

import importlib.util
import io
import json
import os
from pathlib import Path

import pytest

pytest.importorskip("mlx_lm", reason="needs the extra `models`")

from mlpy.cli import main


@pytest.fixture
def model(tiny, cache):
    tiny.install(cache)
    return "tiny-llama"


@pytest.fixture
def typing(monkeypatch):
    """`typing(text)` is what standard input holds from now on, in a pipe."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text if isinstance(text, bytes) else text.encode()), encoding="utf-8"))


# ── run ──


def test_run_tells_the_answer_and_what_it_took(model, answer):
    code, record = answer("run", model, "Say hi", "--max-tokens", "12", "--seed", "7")
    data = record["data"]
    assert (code, data["finish_reason"], data["seed"]) == (0, "length", 7)
    assert data["usage"] == {"prompt_tokens": 21, "completion_tokens": 12, "total_tokens": 33}
    assert answer("run", model, "Say hi", "--max-tokens", "12", "--seed", "7")[1]["data"]["text"] == data["text"]
    taken = answer("run", model, "Say hi", "--max-tokens", "12")[1]["data"]
    assert answer("run", model, "Say hi", "--max-tokens", "12", "--seed", str(taken["seed"]))[1]["data"]["text"] == taken["text"]


def test_run_takes_the_prompt_from_a_pipe_and_writes_the_answer_alone(model, answer, typing, capsys):
    whole = answer("run", model, "Say hi", "--max-tokens", "12", "--temperature", "0")[1]["data"]["text"]
    for arguments in ([model], [model, "-"]):
        typing("Say hi\n")
        assert main(["models", "run", *arguments, "--max-tokens", "12", "--temperature", "0"]) == 0
        printed = capsys.readouterr()
        assert (printed.out, printed.err) == (whole + "\n", "")


def test_run_obeys_the_system_and_stops_before_a_text(model, answer):
    whole = answer("run", model, "Say hi", "--max-tokens", "12", "--temperature", "0")[1]["data"]
    cut = answer("run", model, "Say hi", "--max-tokens", "12", "--temperature", "0", "--stop", whole["text"][5:9])[1]["data"]
    assert (cut["text"], cut["finish_reason"]) == (whole["text"][: whole["text"].index(whole["text"][5:9])], "stop")
    told = answer("run", model, "Say hi", "--max-tokens", "12", "--temperature", "0", "--system", "Be brief")[1]["data"]
    assert told["usage"]["prompt_tokens"] > whole["usage"]["prompt_tokens"]
    assert told["text"] != whole["text"]


def test_a_model_without_template_continues_the_prompt(tiny, cache, answer):
    tiny.install(cache, "org/base", "base")
    data = answer("run", "org/base", "The quick", "--max-tokens", "5")[1]["data"]
    assert data["usage"]["prompt_tokens"] == len("The quick".split())
    code, record = answer("run", "org/base", "The quick", "--system", "Be brief")
    assert (code, record["error"]["type"]) == (2, "usage")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["run", "nobody", "hi"], 1, "model_not_found"),
        (["run", "tiny-llama", "word " * 600], 4, "prompt_too_long"),
        (["run", "tiny-llama", "hi", "--temperature", "-1"], 2, "invalid_value"),
        (["run", "tiny-llama", "hi", "--max-tokens", "many"], 2, "usage"),
        (["bench", "tiny-llama", "--runs", "0"], 2, "usage"),
        (["run", "minilm", "hi"], 1, "makes_no_text"),
        (["chat", "base"], 1, "no_chat_template"),
        (["convert", "tiny-llama", "tiny-llama", "--quantize", "4"], 1, "already_exists"),
        (["convert", "tiny-llama", "new", "--quantize", "7"], 2, "usage"),
        (["convert", "nowhere.gguf", "new"], 1, "model_not_found"),
        (["embed", "tiny-llama", ""], 2, "empty_prompt"),
    ],
)
def test_what_cannot_be_done(tiny, cache, model, answer, arguments, code, error):
    tiny.install(cache, "org/base", "base")
    tiny.install(cache, "org/minilm", "bert")
    found, record = answer(*arguments)
    assert (found, record["status"], record["error"]["type"]) == (code, "error", error)


def test_an_unhealthy_model_is_not_loaded(tiny, cache, answer):
    snapshot = tiny.install(cache, "org/ill")
    weights = snapshot / "model.safetensors"
    os.truncate(weights.resolve(), 1000)
    code, record = answer("run", "org/ill", "hi")
    assert (code, record["error"]["type"]) == (1, "unhealthy")


@pytest.mark.parametrize("command", ["chat", "embed", "run"])
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_bytes_that_are_no_text(model, answer, monkeypatch, command, errors):
    """Standard input lets them through under some locales, the command line under all."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hi\xff\n"), encoding="utf-8", errors=errors))
    code, record = answer(command, model)
    assert (code, record["error"]["type"], record["error"]["message"]) == (2, "usage", "standard input is no text in UTF-8")


@pytest.mark.parametrize(("arguments", "what"), [(["run", "hi\udcff"], "the prompt"), (["embed", "hi\udcff"], "the text"), (["chat", "--system", "\udcff"], "`--system`"), (["run", "hi", "--stop", "\udcff"], "`--stop`")])
def test_arguments_that_are_no_text(model, answer, arguments, what):
    code, record = answer(arguments[0], model, *arguments[1:])
    assert (code, record["error"]["type"], record["error"]["message"]) == (2, "usage", f"{what} is no text in UTF-8")


# ── chat ──


def test_chat_in_a_pipe(model, answer, typing, capsys, tmp_path, monkeypatch):
    typing("Say hi\n/again\n/system Be brief\n/system\n/sav\nHow are you?\n/save talk.json\n/reset\n/exit\nnever read\n")
    monkeypatch.chdir(tmp_path)
    assert main(["models", "chat", model, "--max-tokens", "6", "--seed", "1"]) == 0
    printed = capsys.readouterr()
    first, second, system, third, saved = printed.out.splitlines()
    assert first != second
    assert system == "Be brief"
    assert saved == "5 messages are in talk.json"
    assert "unknown command `/sav`" in printed.err
    assert "did you mean `/save`?" in printed.err
    messages = json.loads((tmp_path / "talk.json").read_text())["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert [message["content"] for message in messages[1:]] == ["Say hi", second, "How are you?", third]


def test_chat_forgets_what_it_has_no_room_for(model, answer, typing):
    typing("Say hi\n" + "word " * 300 + "\nHow are you?\n")
    data = answer("chat", model, "--max-tokens", "6")[1]["data"]
    assert [message["content"] for message in data["messages"][::2]] == ["Say hi", "How are you?"]
    assert (data["answers"], data["completion_tokens"]) == (2, 12)


def test_chat_on_a_terminal(tiny, cache, environment, tmp_path):
    """An answer that would go on for hours is stopped by Ctrl-C, and the conversation goes on; Ctrl-D ends it."""
    endless = tiny.module.make(tmp_path / "endless")
    config = json.loads((endless / "config.json").read_text())
    (endless / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 1_000_000}))
    tiny.module.install(cache, "org/endless", endless)
    spec = importlib.util.spec_from_file_location("terminals_of_models", Path(__file__).parents[1] / "repl" / "terminal.py")
    terminals = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(terminals)
    own = environment | {"HF_HUB_CACHE": str(cache), "MLPY_HISTORY": str(tmp_path / "history.jsonl"), "NO_COLOR": "1"}
    terminal = terminals.Terminal("models", "chat", "endless", env=own, cwd=tmp_path)

    def prompted():
        terminal.wait(lambda shown: shown.lines[shown.cursor[0]] == "you>")

    try:
        terminal.wait("`/help` lists the commands")
        prompted()
        terminal.send("Say hi\r")
        terminal.wait(lambda shown: len(shown.everything) > 1500)
        terminal.press("ctrl-c")
        prompted()
        terminal.send("/system Be brief\r")
        terminal.wait("you> /system Be brief\nyou>")
        terminal.press("up")  # the history
        terminal.wait("you> /system Be brief\nyou> /system Be brief")
        terminal.press("ctrl-c")  # empties the line
        prompted()
        terminal.send("/save talk.json\r")
        terminal.wait("3 messages are in talk.json")
        prompted()
        terminal.press("ctrl-d")
        assert terminal.process.wait(30) == 0
    finally:
        terminal.close()
    stopped = json.loads((tmp_path / "talk.json").read_text())["messages"][2]["content"]
    assert len(stopped) > 1000
    assert "/save" in (tmp_path / "chat.jsonl").read_text()


# ── embed, convert, bench ──


def test_embed_gives_a_vector_for_each_line(tiny, cache, answer, typing, capsys):
    tiny.install(cache, "org/embedder", "embedding")
    typing("a\x0cb\u2028c\x85d\n")
    assert answer("embed", "embedder", "-")[1]["data"]["count"] == 1
    typing("the fox\n\na river\nthe fox\n")
    data = answer("embed", "embedder", "-")[1]["data"]
    assert (data["count"], data["dimensions"], len(data["vectors"])) == (3, 64, 3)
    assert data["vectors"][0] == pytest.approx(data["vectors"][2], abs=1e-5)
    assert main(["models", "embed", "embedder", "the fox"]) == 0
    assert json.loads(capsys.readouterr().out) == pytest.approx(data["vectors"][0], abs=1e-5)


def test_convert_quantizes_into_the_store(model, cache, answer, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, record = answer("convert", model, "me/tiny-4", "--quantize", "4", "--group-size", "32")
    data = record["data"]
    assert (code, data["source"], data["target"]) == (0, "mlx-community/tiny-llama", "me/tiny-4")
    assert data["size_bytes"] * 3 < data["source_size_bytes"]
    assert (data["model"]["quantization"]["bits"], data["model"]["health"], data["model"]["runtime_compatible"]) == (4, "healthy", True)
    assert main(["models", "convert", model, "./other", "--quantize", "8"]) == 0
    assert capsys.readouterr().out.startswith("./other: ")  # what the libraries print is not in it
    assert answer("health", "me/tiny-4", "--deep")[0] == 0
    assert answer("run", "me/tiny-4", "hi", "--max-tokens", "3")[1]["data"]["usage"]["completion_tokens"] == 3
    assert answer("convert", "me/tiny-4", "again", "--quantize", "4")[1]["error"]["type"] == "already_quantized"
    assert sorted(os.listdir(cache)) == ["models--me--tiny-4", "models--mlx-community--tiny-llama"]
    hub = pytest.importorskip("huggingface_hub")
    assert {repo.repo_id for repo in hub.scan_cache_dir(cache).repos} == {"me/tiny-4", "mlx-community/tiny-llama"}


@pytest.fixture
def as_gguf(tiny, cache, tmp_path):
    """`as_gguf(**notes)` is the tiny model as llama.cpp would write it, with notes of one's own."""
    import mlx.core as mx
    from mlpy.extensions.models import gguf

    snapshot = tiny.install(cache, "org/tiny", "chat")
    named = {ours: theirs for theirs, ours in gguf.LAYER.items()}
    outer = {ours: theirs for theirs, ours in gguf.OUTER.items()}

    def theirs(name):
        stem, _, kind = name.rpartition(".")
        if stem in outer:
            return f"{outer[stem]}.{kind}"
        _, _, layer, part = stem.split(".", 3)
        return f"blk.{layer}.{named[part]}.{kind}"

    weights = mx.load(str(snapshot / "model.safetensors"))
    for name, array in weights.items():
        if "q_proj" in name or "k_proj" in name:  # rows in the order of rotations of neighbours
            heads = array.shape[0] // 16
            weights[name] = mx.contiguous(array.reshape(heads, 2, 8, 64).swapaxes(1, 2).reshape(array.shape))
    vocabulary = json.loads((snapshot / "tokenizer.json").read_text())["model"]
    tokens = sorted(vocabulary["vocab"], key=vocabulary["vocab"].__getitem__)
    notes = {
        "general.architecture": "llama", "llama.attention.head_count": mx.array(4), "llama.attention.head_count_kv": mx.array(2), "llama.block_count": mx.array(2),
        "llama.attention.layer_norm_rms_epsilon": mx.array(1e-5), "llama.context_length": mx.array(512), "llama.embedding_length": mx.array(64), "llama.feed_forward_length": mx.array(128),
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.merges": [" ".join(pair) for pair in vocabulary["merges"]],
        "tokenizer.ggml.token_type": mx.array([3] * 4 + [1] * (len(tokens) - 4)), "tokenizer.ggml.eos_token_id": mx.array(2), "tokenizer.chat_template": tiny.module.TEMPLATE,
    }  # fmt: skip

    def write(without: tuple[str, ...] = (), **more: object) -> Path:
        file = tmp_path / "tiny.gguf"
        changed = {f"tokenizer.ggml.{name}": mx.array(value) if isinstance(value, (int, float)) else value for name, value in more.items()}
        mx.save_gguf(str(file), {theirs(name): array for name, array in weights.items() if name not in without}, notes | changed)
        return file

    return write


def test_convert_reads_gguf(as_gguf, answer):
    """A file as llama.cpp writes them has the same weights under other names, and answers the same."""
    file = as_gguf()
    assert answer("convert", str(file), "me/from-gguf")[0] == 0
    ask = ("Say hi", "--temperature", "0", "--max-tokens", "12")
    assert answer("run", "me/from-gguf", *ask)[1]["data"]["text"] == answer("run", "org/tiny", *ask)[1]["data"]["text"]
    file.write_bytes(file.read_bytes()[:5000])
    assert answer("convert", str(file), "me/broken")[1]["error"]["type"] == "not_runnable"


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ({"eos_token_id": 100_000}, "its token `eos` is none of its"),
        ({"bos_token_id": -1}, "its token `bos` is none of its"),
        ({"padding_token_id": 1.5}, "its token `pad` is none of its"),
        ({"merges": ["zzzz yyyy"]}, "its tokenizer puts together what are no tokens of it"),
        ({"merges": ["one"]}, "its tokenizer puts together what are no tokens of it"),
        ({"tokens": [f"t{number}" for number in range(2000)]}, "it has 2,000 tokens, and rows for"),
        ({"without": ("model.embed_tokens.weight",)}, "and rows for 0"),
    ],
)
def test_a_gguf_file_whose_notes_do_not_fit_is_refused_with_the_reason(as_gguf, answer, cache, notes, reason):
    error = answer("convert", str(as_gguf(**notes)), "me/bad")[1]["error"]
    assert error["type"] == "not_runnable"
    assert reason in error["message"]
    assert not (cache / "models--me--bad").exists()


def test_bench_measures(model, answer, capsys):
    data = answer("bench", model, "--prompt-tokens", "32", "--max-tokens", "4", "--runs", "2")[1]["data"]
    assert (data["prompt_tokens"], data["generation_tokens"], len(data["runs"])) == (32, 4, 2)
    assert data["peak_memory_bytes"] > data["weights_bytes"] > 400_000
    assert answer("bench", model, "--prompt-tokens", "10000", "--runs", "1")[1]["data"]["prompt_tokens"] == 512 - 64
    assert main(["models", "bench", model, "--runs", "1", "--max-tokens", "2"]) == 0
    assert "tokens/s" in capsys.readouterr().out
