"""`.modelopsignore` means what git would do with a `.gitignore` of the same text."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest

pytest.importorskip("pathspec", reason="needs the extra `bundles`")

from mlpy.extensions.bundles.ignoring import Ignore

NAMES = ("a", "b", "ab", "c.txt", "d.py")
GLOBS = (*NAMES, "*", "**", "*.txt", "?", "[ab]", "a*", "[!a]")
RULES = {  # rules → what they leave out of the files below, by hand
    "*.txt\n!b/c.txt\n": {"c.txt", "a/c.txt"},
    "a/\n!a/c.txt\n": {"a/c.txt", "a/d.py", "a/b/x"},
    "/c.txt\n": {"c.txt"},
    "*\n!*/\n!*.py\n": {"c.txt", "a/c.txt", "b/c.txt", "a/b/x"},
    "a/**\n!a/d.py\n": {"a/c.txt", "a/b/x"},
    "# a\n\\#x\n  \na/b \n": {"a/b/x"},
    "**/b/\n": {"b/c.txt", "a/b/x"},
    "[\n!\n/\n": set(),
}
FILES = ("c.txt", "d.py", "a/c.txt", "a/d.py", "a/b/x", "b/c.txt")


@pytest.mark.parametrize("rules", RULES)
def test_rules(rules, tmp_path):
    (tmp_path / ".modelopsignore").write_text(rules, encoding="utf-8")
    ignore = Ignore(str(tmp_path))
    assert {path for path in FILES if ignore.reason(path)} == RULES[rules]


def test_git_says_the_same_of_many_rules(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "a").mkdir()
    chance = random.Random(7)
    different = []
    for _ in range(60):
        texts = {place: "".join(rule(chance) + "\n" for _ in range(chance.randint(1, 4))) for place in ("", "a/")}
        for place, text in texts.items():
            for name in (".gitignore", ".modelopsignore"):
                (tmp_path / place / name).write_text(text, encoding="utf-8")
        paths = sorted({some_path(chance) for _ in range(40)})
        done = subprocess.run(["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin"], input="\n".join(paths), capture_output=True, text=True, check=False)
        ignore = Ignore(str(tmp_path))
        different += [(texts, path) for path in paths if (ignore.reason(path) is not None) != (path in done.stdout.splitlines())]
    assert different == []


def rule(chance: random.Random) -> str:
    inside = "/".join(chance.choice(GLOBS) for _ in range(chance.choice((1, 1, 1, 2, 2, 3))))
    return chance.choice(("", "", "", "!")) + chance.choice(("", "", "/")) + inside + chance.choice(("", "", "/"))


def some_path(chance: random.Random) -> str:
    return "/".join([*(chance.choice(("a", "b", "ab")) for _ in range(chance.randrange(3))), chance.choice(("c.txt", "d.py", "x", "a.txt"))])


def test_rules_that_python_would_try_for_ages_end(tmp_path):
    (tmp_path / ".modelopsignore").write_text("*a" * 40 + "b\n" + "**/a/" * 30 + "b\n*x*y*z*\n", encoding="utf-8")
    ignore = Ignore(str(tmp_path))
    assert [path for path in ("a" * 200, "a/" * 90 + "c", "…x…y…z…", "a/xyz", "zyx") if ignore.reason(path)] == ["…x…y…z…", "a/xyz"]
