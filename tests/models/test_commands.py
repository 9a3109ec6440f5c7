"""`mlpy models …`: the envelope that every command answers with, and what people see of list, show and health."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from mlpy.extensions.models import command
from mlpy.extensions.models.commands import list as listing

from mlpy.cli import main


def test_list_has_every_model_by_name(plain, answer):
    for name in ("b/two", "a/one", "mlx-community/three-4bit"):
        plain.install(name)
    code, record = answer("list")
    assert (code, record["status"], record["command"], record["error"]) == (0, "success", "list", None)
    assert [model["name"] for model in record["data"]["models"]] == ["a/one", "b/two", "mlx-community/three-4bit"]
    assert record["data"]["count"] == 3
    for pattern, count in (("*-4bit", 1), ("TWO", 1), ("a/*", 1), ("o", 3), ("nothing", 0)):
        assert answer("list", pattern)[1]["data"]["count"] == count


def test_list_all_has_other_revisions_and_unfinished_downloads(plain, answer):
    plain.install()
    plain.install(contents=plain.files(README__md=b"# Two\n"), commit=plain.other, ref="v2")
    (plain.repo("org/begun") / "blobs").mkdir(parents=True)
    assert answer("list")[1]["data"]["count"] == 1
    rows = [(one["name"], one["hash"], one["health"], one["cached"]) for one in answer("list", "--all")[1]["data"]["models"]]
    assert rows == [("mlx-community/tiny", plain.commit, "healthy", True), ("mlx-community/tiny", plain.other, "healthy", True), ("org/begun", None, "unhealthy", False)]


def test_an_empty_or_missing_cache_has_no_models(cache, answer, monkeypatch):
    assert answer("list")[1]["data"] == {"models": [], "count": 0}
    monkeypatch.setenv("HF_HUB_CACHE", str(cache / "nowhere"))
    assert answer("list")[1]["data"] == {"models": [], "count": 0}
    assert answer("health")[1]["data"]["summary"] == {"total": 0, "healthy_count": 0, "unhealthy_count": 0}
    assert not (cache / "nowhere").exists()


def test_hf_home_counts_where_hf_hub_cache_says_nothing(plain, answer, monkeypatch):
    plain.install()
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(plain.cache.parent))
    assert answer("list")[1]["data"]["count"] == 1
    monkeypatch.setenv("HF_HUB_CACHE", str(plain.cache.parent / "elsewhere"))
    assert answer("list")[1]["data"]["count"] == 0


def test_show_has_everything(plain, answer):
    plain.install(contents=plain.shards())
    data = answer("show", "tiny")[1]["data"]
    assert data["metadata"] == {"architecture": "LlamaForCausalLM", "context_length": 2048, "vocab_size": 16, "hidden_size": 8, "num_hidden_layers": 2, "model_type": "llama"}
    assert data["config"]["model_type"] == "llama"
    assert data["revisions"] == [{"hash": plain.commit, "refs": ["main"], "current": True}]
    assert {"name": "model-00001-of-00002.safetensors", "size_bytes": len(plain.safetensors("a")), "type": "weights"} in data["files"]
    assert answer("show", "tiny", "--files", "--config")[1]["data"] == data


def test_show_of_what_is_odd_or_not_here_yet(plain, answer):
    odd = b'{"architectures": [1], "model_type": [], "vocab_size": -1, "hidden_size": "x", "max_position_embeddings": 0, "quantization": {"bits": 4.5}}'
    plain.install(contents=plain.files(config__json=odd))
    data = answer("show", "tiny")[1]["data"]
    assert (data["metadata"]["architecture"], data["metadata"]["vocab_size"], data["model"]["context_length"]) == (None, None, None)
    assert data["model"]["quantization"] == {"bits": None, "group_size": None, "method": "affine"}
    (plain.repo("org/begun") / "blobs").mkdir(parents=True)
    data = answer("show", "org/begun")[1]["data"]
    assert (data["model"]["hash"], data["config"], data["files"], data["revisions"]) == (None, None, [], [])


def test_health_tells_who_is_well_and_fails_where_one_is_not(plain, answer):
    plain.install("a/well")
    assert answer("health")[0] == 0
    plain.install("b/ill", plain.files(config__json=None))
    code, record = answer("health", "--deep")
    assert (code, record["status"]) == (1, "success")
    assert record["data"] == {
        "healthy": ["a/well"],
        "unhealthy": [{"name": "b/ill", "status": "unhealthy", "reason": "`config.json` is missing"}],
        "verified": {"a/well": 5, "b/ill": 0},
        "summary": {"total": 2, "healthy_count": 1, "unhealthy_count": 1},
    }
    assert answer("health", "a/well")[0] == 0


@pytest.mark.parametrize("name", ["health", "rm", "show"])
def test_a_model_that_is_not_there_is_an_error_in_every_command(cache, answer, name):
    code, record = answer(name, "org/nobody")
    assert (code, record["status"], record["command"], record["error"]["type"]) == (1, "error", name, "model_not_found")


def test_names_of_96_and_97_characters(plain, answer):
    name = "x" * 96
    plain.install(f"{name}/{name}")
    assert answer("show", f"{name}/{name}")[1]["data"]["model"]["name"] == f"{name}/{name}"
    for wrong in (f"{name}x/a", f"a/{name}x", f"{name}x"):
        code, record = answer("show", wrong)
        assert (code, record["error"]["type"]) == (2, "invalid_name")


# ── the envelope ──


@pytest.mark.parametrize(
    "arguments",
    [[], ["lst"], ["list", "--halth"], ["show"], ["show", "a", "b"], ["--verbose"], ["rm", "--force=yes", "a"], ["list", "--", "a", "b"], ["run"]],
)
def test_a_usage_error_is_a_record(cache, answer, arguments):
    code, record = answer(*arguments)
    assert (code, record["status"], record["data"], record["error"]["type"]) == (2, "error", None, "usage")


def test_json_stands_anywhere_before_the_dashes(plain, capsys, schema):
    plain.install()
    for line in ("models --json list", "models list --json", "models list --json tiny", "--json models list", "models --json list --json", "models list --json -- tiny"):
        assert main(line.split()) == 0
        record = json.loads(capsys.readouterr().out)
        schema(record)
        assert record["data"]["count"] == 1
    assert main(["models", "list", "--", "--json"]) == 0
    assert capsys.readouterr().out == "no model matches `--json`\n"


@pytest.mark.parametrize(
    ("failure", "code", "kind"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("secret"), 1, "internal_error"),
        (PermissionError(13, "Permission denied"), 1, "os_error"),
        (SystemExit(3), 1, "internal_error"),
    ],
)
def test_ctrl_c_and_crashes_are_records(answer, monkeypatch, failure, code, kind):
    def perform(options):
        print("what a library prints")
        raise failure

    monkeypatch.setattr(listing, "perform", perform)
    ended, record = answer("list")
    assert (ended, record["status"], record["command"], record["error"]["type"]) == (code, "error", "list", kind)
    assert "secret" not in json.dumps(record)


def test_what_json_lacks_is_text(plain, answer):
    plain.install(contents=plain.files(config__json=b'{"model_type": "mamba2", "time_step_limit": [0.0, Infinity], "x": NaN}'))
    assert answer("show", "tiny")[1]["data"]["config"] == {"model_type": "mamba2", "time_step_limit": [0.0, "inf"], "x": "nan"}


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems have no such names")
def test_names_that_are_no_text_are_escaped(plain, answer):
    (plain.install() / "caf\udce9.txt").write_text("x")
    assert "caf\udce9.txt" in [file["name"] for file in answer("show", "tiny")[1]["data"]["files"]]


def test_help_is_a_record_too(answer):
    for arguments in (["--help"], ["help"], ["list", "--help"]):
        code, record = answer(*arguments)
        assert code == 0
        assert record["data"]["usage"].startswith("usage: ")


@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_explains_itself(capsys, name):
    for arguments in (["models", name, "--help"], ["help", "models", name]):
        assert main(arguments) == 0
        assert capsys.readouterr().out.startswith(f"usage: mlpy models {name}")
    main(["models", "--help"])
    assert f"  {name} " in capsys.readouterr().out


def test_mistakes_of_a_person_have_hints(cache, capsys):
    for arguments, code, said in (
        (["lsit"], 2, "did you mean `mlpy models list`?"),
        (["list", "--verbos"], 2, "did you mean `--verbose`?"),
        ([], 2, "`mlpy models --help` shows how it is used"),
        (["show", "nobody"], 1, "`mlpy models pull mlx-community/nobody` downloads a model"),
    ):
        assert main(["models", *arguments]) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        assert said in captured.err


def test_listing_imports_neither_mlx_nor_transformers_nor_huggingface_hub(plain, environment):
    for number in range(50):
        plain.install(f"mlx-community/model-{number}", plain.shards() if number % 2 else None)
    program = "import sys; from mlpy.cli import main; code = main(['models', 'list', '--health', '--json']); heavy = {'mlx', 'mlx_lm', 'transformers', 'huggingface_hub', 'fastapi', 'asyncio'} & set(sys.modules); sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    done = subprocess.run([sys.executable, "-c", program], env={**environment, "HF_HUB_CACHE": str(plain.cache)}, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["data"]["count"] == 50


# ── what people see ──


def test_the_list_is_a_table_with_the_columns_that_were_asked_for(plain, capsys):
    plain.install("mlx-community/phi", plain.shards())
    plain.install("org/broken", plain.files(config__json=b"{"))
    main(["models", "list"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "TYPE", "FRAMEWORK", "SIZE", "CONTEXT", "CHANGED"]
    assert rows[0].split()[:6] == ["mlx-community/phi", "chat", "MLX", "775", "B", "2048"]
    assert rows[0].index("chat") == head.index("TYPE")
    main(["models", "list", "--health", "--verbose"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "HASH", "TYPE", "FRAMEWORK", "SIZE", "CONTEXT", "CHANGED", "CAN", "HEALTH"]
    assert rows[1].endswith("unhealthy: `config.json` is not valid JSON")


def test_names_cannot_command_a_terminal(plain, capsys, monkeypatch):
    snapshot = plain.install()
    (snapshot / "evil\x1b]0;title\x07\u202e.txt").write_text("x")
    plain.repo("a/evil\x1b[2J").mkdir()
    (plain.repo("a/evil\x1b[2J") / "snapshots" / plain.commit).mkdir(parents=True)
    for color in ("", "1"):
        monkeypatch.setenv("FORCE_COLOR", color)
        for arguments in (["show", "tiny", "--files", "--config"], ["list", "--all", "--health"], ["health"]):
            main(["models", *arguments])
            captured = capsys.readouterr()
            assert not {char for char in (captured.out + captured.err) if not char.isprintable()} - {"\n", "\x1b" if color else "\n"}
            assert "\x1b]" not in captured.out
            assert "\x1b[2J" not in captured.out
            assert ("\x1b[" in captured.out) is bool(color)
