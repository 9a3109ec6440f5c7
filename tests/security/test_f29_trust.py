"""F29, C1: a project's file may be the attacker's. Its grants and its folders of Python count once its user has accepted it."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time

import pytest

DICE = "import crypto;\nprint(crypto.randomInt(1, 2));\n"
GRANT = '[grants]\nallow = ["crypto.random"]\n'
EXTENSION = """
from mlpy.sdk import ml_function, ml_module
open({marker!r}, "w").close()
@ml_module("till", description="Takes money", version="1.0.0")
class Till:
    @ml_function
    def total(self) -> int:
        \"\"\"What is in it.\"\"\"
        return 7
"""


@pytest.fixture
def mlpy(command, tmp_path):
    """The command in a project, with settings of its user's own."""
    (tmp_path / "project").mkdir()

    def run(*arguments: str, cwd="project", **options):
        return command(*arguments, cwd=tmp_path / cwd, env={"MLPY_CONFIG_DIR": str(tmp_path / "config"), "HOME": str(tmp_path / "home"), **options.pop("env", {})}, **options)

    return run


@pytest.fixture
def project(tmp_path):
    """`project({name: text})` writes files of the project."""

    def write(files: dict[str, str]) -> None:
        for name, text in files.items():
            path = tmp_path / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    return write


def test_grants_count_once_they_are_trusted_and_until_they_change(mlpy, project):
    project({"mlpy.toml": GRANT, "dice.ml": DICE})
    done = mlpy("run", "dice.ml")
    assert (done.code, done.stdout) == (3, "")
    assert done.stderr.startswith("note: the grants of `mlpy.toml` do not count yet; `mlpy trust` shows and accepts it\n")
    assert "= hint: `mlpy trust` accepts the grants of `mlpy.toml`, and this is among them" in done.stderr

    shown = mlpy("trust", "--yes")
    assert (shown.code, shown.stderr) == (0, "")
    assert shown.stdout == "mlpy.toml is not trusted\n  programs of this project may\n    crypto.random\nmlpy.toml is trusted until it changes\n"
    done = mlpy("run", "dice.ml")
    assert (done.code, done.stdout, done.stderr) == (0, "1\n", "")

    project({"mlpy.toml": GRANT + "# harmless\n"})
    done = mlpy("run", "dice.ml")
    assert done.code == 3
    assert done.stderr.startswith("note: `mlpy.toml` has changed since it was trusted; `mlpy trust` shows and accepts it\n")
    assert mlpy("trust", "--yes").stdout.startswith("mlpy.toml has changed since it was trusted\n")
    assert mlpy("run", "dice.ml").code == 0
    assert mlpy("trust", "--remove").stdout == "mlpy.toml is trusted no longer\n"
    assert mlpy("run", "dice.ml").code == 3


@pytest.mark.parametrize("verb", [("run",), ("test",), ("bench", "--rounds", "1")])
def test_every_verb_that_runs_programs_asks_for_trust(mlpy, project, verb):
    project({"mlpy.toml": GRANT, "dice.ml": DICE + 'test "t" { assert true; }'})
    assert mlpy(*verb, "dice.ml").code != 0
    assert mlpy(*verb, "--allow", "crypto.random", "dice.ml").code == 0
    assert mlpy("trust", "--yes").code == 0
    assert mlpy(*verb, "dice.ml").code == 0
    assert mlpy(*verb, "--no-project", "dice.ml").code != 0
    assert mlpy(*verb, "dice.ml", env={"MLPY_PROJECT": "0"}).code != 0


def test_no_verb_imports_or_finds_python_of_a_project_without_trust(mlpy, project, tmp_path):
    marker = tmp_path / "imported"
    project({"mlpy.toml": 'extension_paths = ["ext"]\n', "ext/till.py": EXTENSION.format(marker=str(marker)), "t.ml": "import till;\nprint(till.total());\n"})
    for arguments in (("run", "t.ml"), ("test", "t.ml"), ("bench", "t.ml"), ("check", "t.ml"), ("emit", "py", "t.ml"), ("modules", "till")):
        done = mlpy(*arguments)
        assert done.code != 0, arguments
        assert "till" in done.stdout + done.stderr
        assert "the extension paths of `mlpy.toml` do not count yet" in done.stderr, arguments
    assert mlpy("trust", "--json").code == 0
    assert not marker.exists()
    assert "modules in Python, which may do whatever you may, come from\n    ext\n" in mlpy("trust", "--yes").stdout
    assert mlpy("run", "t.ml").stdout == "7\n"
    assert marker.exists()
    assert mlpy("check", "t.ml").code == mlpy("modules", "till").code == 0


def test_what_takes_away_counts_without_trust(mlpy, project):
    project({"mlpy.toml": '[grants]\ndeny = ["crypto.random"]\n[limits]\nsteps = 1000\n', "dice.ml": DICE, "loop.ml": "for (i in range(100000)) { i = i; }"})
    assert "denied by `crypto.random`" in mlpy("run", "--allow-all", "dice.ml").stderr
    done = mlpy("run", "loop.ml")
    assert (done.code, "note:" in done.stderr) == (4, False)
    assert mlpy("run", "--steps", "1000000", "loop.ml").code == 0  # the command line decides first
    assert mlpy("run", "loop.ml", env={"MLPY_STEPS": "1000000"}).code == 0


def test_a_project_does_not_widen_the_users_limits_without_trust(mlpy, project, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text("[limits]\nsteps = 1000\n")
    project({"mlpy.toml": "[limits]\nsteps = 1000000\n", "loop.ml": "for (i in range(100000)) { i = i; }"})
    assert mlpy("run", "loop.ml").code == 4
    mlpy("trust", "--yes")
    assert mlpy("run", "loop.ml").code == 0


def test_modules_in_ml_from_within_the_project_need_no_trust(mlpy, project, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "far.ml").write_text("n = 1;")
    (tmp_path / "project" / "link").symlink_to(tmp_path / "outside")
    project({"mlpy.toml": 'module_paths = ["lib"]\n', "lib/near.ml": "n = 1;", "p.ml": "import near;\nprint(near.n);\n", "q.ml": "import far;\nprint(far.n);\n"})
    assert mlpy("run", "p.ml").stdout == "1\n"
    for outside in ("../outside", str(tmp_path / "outside"), "link"):
        project({"mlpy.toml": f'module_paths = ["{outside}"]\n'})
        done = mlpy("run", "q.ml")
        assert done.code == 1, outside
        assert "note: the module paths of `mlpy.toml` do not count yet" in done.stderr
    mlpy("trust", "--yes")
    assert mlpy("run", "-M", "../outside", "--no-project", "q.ml").stdout == "1\n"


def test_trust_is_of_a_place_and_a_content(mlpy, project, tmp_path):
    project({"mlpy.toml": GRANT})
    mlpy("trust", "--yes")
    evil = tmp_path / "evil"
    evil.mkdir()
    (evil / "dice.ml").write_text(DICE)
    (evil / "mlpy.toml").write_text(GRANT)  # the same text elsewhere
    assert mlpy("run", "dice.ml", cwd="evil").code == 3
    (evil / "mlpy.toml").unlink()
    (evil / "mlpy.toml").symlink_to(tmp_path / "project" / "mlpy.toml")  # a link to what is trusted
    assert mlpy("run", "dice.ml", cwd="evil").code == 3
    (tmp_path / "other").symlink_to(tmp_path / "project")  # another way to the same place
    project({"dice.ml": DICE})
    assert mlpy("run", "dice.ml", cwd="other").code == 0


def test_of_a_pyproject_only_its_own_table_counts(mlpy, project):
    text = '[project]\nname = "x"\n[tool.mlpy.grants]\nallow = ["crypto.random"]\n'
    project({"pyproject.toml": text, "dice.ml": DICE})
    mlpy("trust", "--yes")
    project({"pyproject.toml": text + "[tool.other]\nline = 1\n"})
    assert mlpy("run", "dice.ml").code == 0
    project({"pyproject.toml": text + 'deny = ["console.read"]\n'})
    assert mlpy("run", "dice.ml").code == 3


def test_the_file_of_another_user_does_not_count_at_all(mlpy, project, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    project({"mlpy.toml": '[grants]\nallow = ["crypto.random"]\ndeny = ["console.read"]\n[limits]\nsteps = 1\n', "dice.ml": DICE + "for (i in range(9)) { i = i; }"})
    os.chown(tmp_path / "project" / "mlpy.toml", 12345, 12345)
    done = mlpy("run", "--allow", "crypto.random", "dice.ml")
    assert done.code == 0
    assert done.stderr == "note: `mlpy.toml` belongs to another user and does not count; `mlpy trust` shows and accepts it\n"
    assert "it belongs to another user of this machine" in mlpy("trust", "--yes").stdout
    assert mlpy("run", "--allow", "crypto.random", "dice.ml").code == 4
    (tmp_path / "project" / "mlpy.toml").write_text("[grants]\nallow = ['crypto.random']\n")
    done = mlpy("run", "dice.ml")
    assert (done.code, done.stderr.startswith("note: `mlpy.toml` belongs to another user and has changed since it was trusted")) == (3, True)


@pytest.mark.parametrize("make", ["text", "fifo", "link", "folder"])
def test_another_user_cannot_keep_programs_below_from_running(mlpy, project, tmp_path, make):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    project({"inner/p.ml": "print(1);"})
    path = tmp_path / "project" / "mlpy.toml"
    if make == "text":
        path.write_text("[broken")
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "link":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    os.chown(path, 12345, 12345, follow_symlinks=False)
    done = mlpy("run", "inner/p.ml")
    assert (done.code, done.stdout) == (0, "1\n")


def test_the_hint_names_trust_only_where_it_helps(mlpy, project):
    project({"mlpy.toml": '[grants]\nallow = ["crypto.random"]\n', "ask.ml": "input();"})
    done = mlpy("run", "ask.ml")
    assert "= hint: grant it with `--allow console.read`" in done.stderr


def test_a_folder_elsewhere_is_named(mlpy, project, tmp_path):
    project({"mlpy.toml": GRANT, "deep er/dice.ml": DICE})
    assert "`mlpy trust ..` shows" in mlpy("run", "dice.ml", cwd="project/deep er").stderr.replace(str(tmp_path / "project"), "..")
    assert "`mlpy trust project` shows" in mlpy("run", "project/deep er/dice.ml", cwd=".").stderr
    assert mlpy("trust", "project", "--yes", cwd=".").code == 0


def test_nobody_at_the_terminal_nothing_accepted(mlpy, project):
    project({"mlpy.toml": GRANT, "dice.ml": DICE})
    done = mlpy("trust", input="y\nyes\n")
    assert done.code == 2
    assert "there is no terminal to ask at" in done.stderr
    assert mlpy("run", "dice.ml").code == 3


def test_json_shows_and_accepts_nothing_by_itself(mlpy, project, tmp_path):
    project({"mlpy.toml": GRANT})
    shown = json.loads(mlpy("trust", "--json").stdout)
    assert (shown["standing"], shown["allow"], shown["file"]) == ("unknown", ["crypto.random"], str(tmp_path / "project" / "mlpy.toml"))
    assert json.loads(mlpy("trust", "--json", "--yes").stdout)["standing"] == "trusted"
    [one] = json.loads(mlpy("trust", "--list", "--json").stdout)["trusted"]
    assert (one["standing"], one["digest"]) == ("trusted", shown["digest"])
    project({"mlpy.toml": GRANT + "\n"})
    assert mlpy("trust", "--list").stdout.endswith("mlpy.toml  (changed since)\n")
    (tmp_path / "project" / "mlpy.toml").unlink()
    assert mlpy("trust", "--list").stdout.endswith("mlpy.toml  (gone since)\n")
    assert json.loads(mlpy("trust", "--remove", "--json").stdout) == {"removed": [one["file"]]}
    assert mlpy("trust", "--remove").code == 1
    assert mlpy("trust", "--list").stdout == ""


def test_what_is_shown_cannot_rewrite_the_screen(mlpy, project):
    project({"mlpy.json": json.dumps({"grants": {"allow": ["process.run:\x1b[2K\rfile.read:./x\n    harmless"]}})})
    done = mlpy("trust", "--yes")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert done.stdout.count("\n") == 4
    project({"mlpy.json": json.dumps({"a\n  = hint: `mlpy trust --yes` mends it\x1b[1m": 1})})
    done = mlpy("run", "-c", "")
    assert done.code == 2
    assert done.stderr.startswith("error: mlpy.json: unknown key `a\\n  = hint: `mlpy trust --yes` mends it\\x1b[1m`\n")


@pytest.mark.parametrize("verb", ["run", "test", "check", "bench"])
def test_a_broken_file_is_a_usage_error(mlpy, project, verb):
    project({"mlpy.toml": "[grants\n", "p.ml": 'test "t" { }'})
    done = mlpy(verb, "p.ml")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: mlpy.toml:1: ")
    assert mlpy(verb, "--no-project", "p.ml").code == 0


def answer(environment, folder, *keys: str) -> tuple[int, str]:
    """`mlpy trust` at a terminal of its own, with what a person types when asked."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "mlpy", "trust"], cwd=folder, env=environment, stdin=follower, stdout=follower, stderr=follower, close_fds=True)
    os.close(follower)
    text, typed, until = "", list(keys), time.monotonic() + 30
    while time.monotonic() < until:
        if not select.select([leader], [], [], 0.1)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            data = os.read(leader, 4096)
        except OSError:
            break
        if not data:
            break
        text += data.decode()
        if text.endswith(("[n]o ", "or n? ")):
            if not typed:
                break  # who has nothing more to say closes the terminal
            os.write(leader, typed.pop(0).encode())
    os.close(leader)
    return process.wait(10), text


@pytest.mark.parametrize(("keys", "code"), [(("y\n",), 0), (("yes\n",), 0), (("n\n",), 1), (("a\n",), 1), (("what\n", "\n", "no\n"), 1)])
def test_a_person_decides(environment, project, tmp_path, keys, code):
    project({"mlpy.toml": GRANT})
    mine = environment | {"MLPY_CONFIG_DIR": str(tmp_path / "config"), "HOME": str(tmp_path / "home")}
    assert answer(mine, tmp_path / "project", *keys)[0] == code
    assert (tmp_path / "config" / "trust").exists() == (code == 0)


@pytest.mark.parametrize(
    "work", ["file.write(p, '')", "file.append(p, ' ')", "file.delete(p)", "file.move(p, p + '.old')", "file.copy('p.ml', p)", "path.removeDirRecursive('..')"]
)
def test_a_program_does_not_write_the_settings_that_it_runs_under(mlpy, project, tmp_path, work):
    """F28: also where the file stands above the folder from which the program was started."""
    text = '[grants]\ndeny = ["crypto.random"]\n'
    project({"mlpy.toml": text, "sub/p.ml": f"import file;\nimport path;\np = '../mlpy.toml';\n{work};\n"})
    granted = [part for kind in ("read", "write", "append", "delete") for part in ("--allow", f"file.{kind}")]
    done = mlpy("run", *granted, "p.ml", cwd="project/sub")
    assert done.code == 3, done
    assert (tmp_path / "project" / "mlpy.toml").read_text() == text
