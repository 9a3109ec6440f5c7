"""What is wrong with the files of a model, and what a model is by its files."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec

import pytest
from mlpy.extensions.models import health, records, weights
from mlpy.extensions.models.store import Store

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 400\n"


def judged(**options):
    return health.check(Store().find("tiny"), **options)


def test_a_whole_model_is_healthy(plain):
    plain.install(recorded=True)
    plain.install("mlx-community/parts", plain.shards())
    plain.install("mlx-community/words", plain.files(tokenizer__json=None, qwen__tiktoken=b"IQ== 0\n"))
    verdict = judged()
    assert verdict.healthy
    if find_spec("mlx_lm"):
        assert (verdict.runtime_compatible, verdict.reason) == (True, None)
    else:
        assert (verdict.runtime_compatible, verdict.reason) == (False, "mlx-lm is not installed; `pip install 'mlpy[models]'` does it")
    assert health.check(Store().find("parts")).healthy
    assert health.check(Store().find("words")).healthy


@pytest.mark.parametrize(
    ("change", "said"),
    [(lambda whole: whole[:-1], "and its header promises"), (lambda whole: whole + b"x", "and its header promises"), (lambda whole: whole[:40], "no valid header")],
)
def test_a_single_file_that_is_too_short_or_long_is_unhealthy(plain, change, said):
    plain.install(contents=plain.files(model__safetensors=change(plain.safetensors("a", "b"))))
    verdict = judged()
    assert (verdict.healthy, verdict.runtime_compatible) == (False, False)
    assert said in verdict.reason


@pytest.mark.parametrize(
    "tensor",
    [
        '{"dtype": "XX", "shape": [1], "data_offsets": [0, 1e400]}',
        '{"dtype": "F32", "shape": ["a", 1000000000000000000000000], "data_offsets": [0, 4]}',
        '{"dtype": "F32", "shape": ["a", 100000000000000], "data_offsets": [0, 4]}',
        '{"dtype": "F32", "shape": [-2, -2], "data_offsets": [0, 16]}',
        '{"dtype": "F32", "shape": 1, "data_offsets": [0, 4]}',
        '{"dtype": "F32", "shape": [true], "data_offsets": [0, 4]}',
        '{"dtype": "XX", "shape": [1], "data_offsets": [0, ' + "9" * 4299 + "]}",
    ],
)
def test_a_header_that_makes_no_sense_breaks_no_listing(tensor, plain, answer):
    header = b'{"a": ' + tensor.encode() + b"}"
    plain.install(contents=plain.files(model__safetensors=len(header).to_bytes(8, "little") + header + bytes(4)))
    code, record = answer("list")
    assert (code, record["data"]["models"][0]["reason"]) == (0, "`model.safetensors` has no valid header")


def test_a_shape_without_end_is_not_multiplied_out():
    drawn = []

    class Lengths(list):
        def __iter__(self):
            return (drawn.append(one) or one for one in super().__iter__())

    for kind in ("F32", "XX"):
        with pytest.raises(ValueError, match="no length"):
            weights.end({"dtype": kind, "shape": Lengths([1 << 40] * 1000), "data_offsets": [0, 4]})
    assert drawn == [1 << 40] * 4


def test_a_complete_set_of_shards_without_index_is_unhealthy(plain):
    plain.install(contents=plain.shards(index=False))
    assert judged().reason == "the weights are in shards and `model.safetensors.index.json` is missing"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"config__json": None}, "`config.json` is missing"),
        ({"config__json": b"{"}, "`config.json` is not valid JSON"),
        ({"config__json": b"[]"}, "`config.json` is no JSON object with anything in it"),
        ({"config__json": b""}, "`config.json` is empty"),
        ({"model__safetensors": None}, "it has no weights"),
        ({"model__safetensors": b""}, "`model.safetensors` is empty"),
        ({"model__safetensors": POINTER}, "`model.safetensors` is a pointer of Git LFS instead of the file"),
        ({"model__safetensors": b"\xff" * 400}, "`model.safetensors` has no valid header"),
        ({"model__safetensors__incomplete": b"x"}, "`model.safetensors.incomplete` is part of a download that has not finished"),
        ({"tokenizer__json": None}, "its tokenizer is missing"),
        ({"tokenizer__json": None, "tokenizer_config__json": None}, "its tokenizer is missing"),
        ({"tokenizer__json": b'{"version": '}, "`tokenizer.json` is not valid JSON"),
        ({"tokenizer__json": POINTER}, "`tokenizer.json` is a pointer of Git LFS instead of the file"),
        ({"tokenizer_config__json": b"nothing"}, "`tokenizer_config.json` is not valid JSON"),
        ({"model__safetensors__index__json": b"{}"}, "`model.safetensors.index.json` names no shards"),
        (
            {"model__safetensors__index__json": b'{"weight_map": {"a": "model-00001-of-00002.safetensors"}}'},
            "`model-00001-of-00002.safetensors` is missing, which `model.safetensors.index.json` names",
        ),
    ],
)
def test_each_defect_has_its_reason(plain, changed, reason):
    plain.install(contents=plain.files(**changed))
    assert judged().reason == reason


def test_a_link_to_nowhere_is_a_missing_file(plain):
    snapshot = plain.install()
    (snapshot / "tokenizer.json").resolve().unlink()
    assert judged().reason == "the content of `tokenizer.json` is missing"


def test_the_recorded_tree_tells_sizes_and_files(plain):
    snapshot = plain.install(recorded=True)
    (snapshot / "README.md").resolve().write_bytes(b"# Longer than it was\n")
    assert judged().reason == "`README.md` has 21 bytes instead of 10"
    (snapshot / "README.md").unlink()
    assert judged().healthy
    (snapshot / "tokenizer.json").unlink()
    assert judged().reason == "`tokenizer.json` was not downloaded"


def test_what_is_not_downloaded_yet_is_not_healthy(plain):
    repo = plain.repo("mlx-community/tiny")
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(plain.commit)
    assert judged().reason == f"the snapshot `{plain.commit[:12]}` is missing"
    (repo / "refs" / "main").unlink()
    assert judged().reason == "its download has not finished"
    plain.install()
    (repo / "blobs" / f"{'ab' * 32}.incomplete").write_bytes(b"half")
    assert judged().reason == "a download of it has not finished"


def test_deep_reads_every_file(plain):
    snapshot = plain.install(recorded=True)
    assert judged(deep=True).verified == 5
    blob = (snapshot / "model.safetensors").resolve()
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    assert judged().healthy
    assert judged(deep=True).reason == "the content of `model.safetensors` is not what its hash promises"
    (plain.repo("mlx-community/tiny") / "trees" / f"{plain.commit}.json").unlink()
    assert judged(deep=True).reason == "the content of `model.safetensors` is not what its hash promises"  # its name in the cache is its hash


def test_what_mlx_lm_cannot_run_is_healthy_and_says_why(plain):
    pytest.importorskip("mlx_lm", reason="needs the extra `models`")
    config = {"model_type": "../evil", "architectures": ["X"]}
    plain.install("a/strange", plain.files(config__json=json.dumps(config).encode()))
    plain.install("a/renamed", plain.files(config__json=json.dumps({**config, "model_type": "mistral"}).encode()))
    plain.install("a/gguf", {"tiny-Q4.gguf": b"GGUF" + bytes(20)})
    plain.install("a/pickles", plain.files(model__safetensors=None, pytorch_model__bin=b"PK\x03\x04"))
    plain.install("a/program", plain.files(config__json=json.dumps({**config, "model_type": "llama", "model_file": "x.py"}).encode()))
    store = Store()
    verdicts = {model.name: health.check(model) for model in store.models()}
    reasons = {name: (verdict.healthy, verdict.runtime_compatible, verdict.reason) for name, verdict in verdicts.items()}
    assert reasons == {
        "a/gguf": (True, False, "mlx-lm runs no GGUF files; `mlpy models convert` makes a model of one"),
        "a/pickles": (True, False, "mlx-lm runs weights in `model*.safetensors` only"),
        "a/program": (True, False, "it brings a program of its own, which is not run"),
        "a/renamed": (True, True, None),
        "a/strange": (True, False, "mlx-lm does not know the architecture `../evil`"),
    }


def test_a_model_is_what_its_files_say(plain):
    def record(name, contents):
        plain.install(name, contents)
        return records.of_model(Store().find(name))

    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "n_positions": 1024, "quantization": {"bits": 4, "group_size": 32}}
    made = record("a/quantized", plain.files(config__json=json.dumps(config).encode(), tokenizer_config__json=b"{}"))
    assert (made["model_type"], made["framework"], made["context_length"], made["quantization"]) == ("base", "MLX", 1024, {"bits": 4, "group_size": 32, "method": "affine"})
    assert made["capabilities"] == ["text-generation"]
    assert record("a/torch", plain.files(model__safetensors=plain.safetensors("a", form="pt")))["framework"] == "PyTorch"
    assert record("a/unmarked", plain.files(model__safetensors=plain.safetensors("a", form=None)))["framework"] == "PyTorch"
    assert record("mlx-community/unmarked", plain.files(model__safetensors=plain.safetensors("a", form=None)))["framework"] == "MLX"
    assert record("a/nothing", {"README.md": b"# Nothing\n"})["framework"] == "Unknown"
    made = record("a/sentences", plain.files(modules__json=b"[]"))
    assert (made["model_type"], made["capabilities"]) == ("embedding", ["embeddings"])
    seeing = {"model_type": "qwen2_vl", "vision_config": {}, "text_config": {"max_position_embeddings": 32768}}
    made = record("a/seeing", plain.files(config__json=json.dumps(seeing).encode(), chat_template__jinja=b"{% if tools %}{% endif %}"))
    assert (made["model_type"], made["capabilities"], made["context_length"]) == ("vision", ["chat", "text-generation", "tools", "vision"], 32768)
    assert record("a/hearing", plain.files(config__json=b'{"model_type": "whisper"}', tokenizer_config__json=None))["model_type"] == "audio"


def test_times_are_utc(plain, monkeypatch):
    snapshot = plain.install()
    for file in snapshot.iterdir():
        os.utime(file, (1_750_000_000, 1_750_000_000))
    monkeypatch.setenv("TZ", "America/New_York")
    assert records.of_model(Store().find("tiny"))["last_modified"] == "2025-06-15T15:06:40Z"


def test_each_content_counts_once(plain):
    contents = plain.files(generation_config__json=b"{}", special__json=b"{}")
    plain.install(contents=contents)
    assert Store().find("tiny").size_bytes == sum(len(content) for content in set(contents.values()))
