"""`mlpy bundle discover --interactive`: each model is asked about on a terminal, and nothing is written where there is none."""

from __future__ import annotations

import sys
import tomllib

import pytest


def listed(project):
    return [one["id"] for one in tomllib.loads(project.read("pyproject.toml"))["tool"]["modelops-bundle"]["models"]]


@pytest.fixture
def spawn(project, environment):
    """`mlpy bundle discover --interactive` on a terminal, in the project."""
    pexpect = pytest.importorskip("pexpect")
    line = ["-m", "mlpy", "bundle", "discover", "--interactive"]
    return lambda: pexpect.spawn(sys.executable, line, env={**environment, "TERM": "xterm"}, cwd=str(project.root), encoding="utf-8", timeout=60)


def converse(child, *answers):
    """Answers questions; gives the exit code."""
    for question, typed in answers:
        child.expect_exact(question)
        child.expect_exact("[n]o ")
        child.send(typed)
    child.read()
    child.close()
    return child.exitstatus


def test_each_new_changed_or_gone_model_is_asked_about(project, spawn):
    project.model("a.py", "First")
    project.model("b.py", "Second")
    assert converse(spawn(), ("list the model `first` (a:First), 1 file?", "y\n"), ("list the model `second` (b:Second), 1 file?", "n\n")) == 0
    assert listed(project) == ["first"]
    project.model("a.py", "Third")
    assert converse(spawn(), ("drop the model `first`", "n\n"), ("`second`", "\x04"), ("`third`", "yes\n")) == 0
    assert listed(project) == ["first", "third"]
    assert converse(spawn(), ("drop the model `first`", "y\n"), ("`second`", "y\n")) == 0
    assert listed(project) == ["third", "second"]


def test_an_interrupted_conversation_changes_nothing(project, spawn):
    project.model("a.py", "First")
    project.model("b.py", "Second")
    before = project.read("pyproject.toml")
    assert converse(spawn(), ("`first`", "y\n"), ("`second`", "\x03")) == 130
    assert project.read("pyproject.toml") == before


def test_without_a_terminal_nobody_is_asked(project, answer, command):
    project.model("a.py", "First")
    before = project.read("pyproject.toml")
    code, record = answer("discover", "--interactive")
    assert (code, record["error"]["type"], record["error"]["detail"]["hint"]) == (3, "confirmation_required", "`mlpy bundle discover --save` asks nothing")
    done = command("bundle", "discover", "--interactive", cwd=project.root, input="y\n")
    assert (done.code, done.stdout) == (3, "")
    assert project.read("pyproject.toml") == before
