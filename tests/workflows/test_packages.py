"""The packages of workflows: pinned, installed once, never without a lock or a yes, and never other ones than were locked."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest
from mlpy.extensions.workflows import environments, locking, packages
from mlpy.extensions.workflows.failures import WorkflowError

pytest.importorskip("uv", reason="needs the extra `workflows`")

USES = "import alpha, beta\nprint('alpha', alpha.VERSION, beta.VERSION)\n"
REQUIRES = f"# @requires: beta>=1\n{USES}"
INLINE = f'# /// script\n# requires-python = ">=3.11"\n# dependencies = ["beta>=1"]\n# ///\n{USES}'


PREPARING = """
import sys
from mlpy.extensions.workflows.environments import prepared
from mlpy.extensions.workflows.folder import Folder

prepared(Folder(sys.argv[1]).find("job"))
"""


def beside(name: str):
    """The module of that name beside this file."""
    spec = importlib.util.spec_from_file_location(f"{name}_of_workflows", Path(__file__).parent / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def index(home, monkeypatch):
    """A package index, see `Index`; of `alpha` it has two versions, of which `beta` needs the older one."""
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    made = beside("index").Index()
    made.add("alpha", "1.0")
    made.add("alpha", "2.0")
    made.add("beta", "1.0", requires=("alpha<2",))
    monkeypatch.setenv("UV_DEFAULT_INDEX", made.url)
    yield made
    made.close()


@pytest.fixture
def failed(scripts):
    """`failed("job", offline=True)` is why the environment of a workflow cannot be prepared."""

    def run(name: str, **options: bool) -> WorkflowError:
        with pytest.raises(WorkflowError) as caught:
            environments.prepared(scripts.folder.find(name), asking=False, **options)
        return caught.value

    return run


def made(home: Path) -> list[Path]:
    """The environments that are there."""
    return [path for path in (home / "cache" / "workflows" / "environments").glob("*") if path.is_dir()]


def test_a_script_and_one_with_a_block_run_from_locks_and_share_an_environment(scripts, index, workflow, home):
    scripts.write("job.py", REQUIRES)
    scripts.write("inline.py", INLINE)
    code, out, err = workflow("run", "job")
    assert (code, out) == (3, "")
    assert "`job` requires beta>=1, and has no lock" in err
    assert (index.asked, made(home), list(scripts.path.glob("*.lock"))) == ([], [], [])
    assert workflow("run", "job", "--yes")[:2] == (0, "alpha 1.0 1.0\n")
    lock = (scripts.path / "job.py.lock").read_text()
    assert re.search(r"(?m)^alpha==1\.0 \\\n    --hash=sha256:[0-9a-f]{64}$", lock)
    assert index.url not in lock
    assert str(home) not in lock
    workflow("lock", "inline")
    index.asked.clear()
    for name in ("job", "inline"):
        assert workflow("run", name, "--offline", "--locked")[:2] == (0, "alpha 1.0 1.0\n")
    assert (index.asked, len(made(home))) == ([], 1)
    shutil.rmtree(made(home)[0])
    assert workflow("run", "job", "--offline")[:2] == (0, "alpha 1.0 1.0\n")  # what uv has kept is on this machine, too
    assert index.asked == []


@pytest.mark.parametrize("typed", ["y", "n"])
def test_a_person_is_asked_before_anything_is_installed(typed, scripts, index, home):
    pexpect = pytest.importorskip("pexpect")
    scripts.write("job.py", REQUIRES)
    child = pexpect.spawn(sys.executable, ["-m", "mlpy", "workflow", "run", "job"], encoding="utf-8", timeout=60)
    child.expect_exact("`job` requires beta>=1\r\n  lock and install that?")
    assert index.asked == []
    child.sendline(typed)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == (0 if typed == "y" else 3)
    assert ("alpha 1.0 1.0" in child.before) == (typed == "y")
    assert len(made(home)) == (1 if typed == "y" else 0)


def test_locked_refuses_what_has_changed(scripts, index, workflow, answer):
    scripts.write("job.py", REQUIRES)
    scripts.write("plain.sh", "echo plain\n")
    assert answer("run", "job", "--locked")[1]["error"]["type"] == "lock_missing"
    assert answer("lock", "--all")[1]["data"]["locks"][0]["packages"] == ["alpha==1.0", "beta==1.0"]
    assert workflow("run", "plain", "--locked")[:2] == (0, "plain\n")
    scripts.write("job.py", REQUIRES + "print('more')\n")
    scripts.write("plain.sh", "echo changed\n")
    for name in ("job", "plain"):
        _, record = answer("run", name, "--locked")
        assert (record["error"]["type"], record["error"]["detail"]["changed"]) == ("lock_stale", ["source"])
    assert answer("verify")[0] == 1
    assert workflow("run", "job")[:2] == (0, "alpha 1.0 1.0\nmore\n")  # what is required is as it was
    index.asked.clear()
    assert answer("lock", "--all")[1]["data"]["locks"][0]["status"] == "updated"
    assert (index.asked, answer("verify")[0]) == ([], 0)
    scripts.write("job.py", REQUIRES.replace("beta>=1", "beta>=1, alpha<9"))
    _, record = answer("verify", "job")
    assert (record["data"]["workflows"][0]["status"], record["data"]["workflows"][0]["changed"]) == ("stale", ["source", "requires"])
    assert "has a lock for other requirements" in workflow("run", "job")[2]


def test_what_is_locked_stays_until_it_is_upgraded(scripts, index, answer):
    scripts.write("job.py", "# @requires: alpha\n# @requires-file: more.txt\n")
    scripts.write("more.txt", "beta  # with a comment\n\n")
    del index.files["alpha-2.0-py3-none-any.whl"], index.files["alpha-1.0-py3-none-any.whl"]
    index.add("alpha", "1.5")
    assert answer("lock", "job")[1]["data"]["locks"][0]["packages"] == ["alpha==1.5", "beta==1.0"]
    index.add("alpha", "1.6")
    scripts.write("more.txt", "beta<2\n")
    assert answer("lock", "job")[1]["data"]["locks"][0]["packages"] == ["alpha==1.5", "beta==1.0"]
    assert answer("lock", "job", "--upgrade")[1]["data"]["locks"][0]["packages"] == ["alpha==1.6", "beta==1.0"]


def test_two_runs_at_once_make_one_environment(scripts, index, home):
    scripts.write("job.py", REQUIRES)
    found = scripts.folder.find("job")
    locking.write(found, locking.resolve(found))
    index.asked.clear()
    index.hold.clear()
    running = [threading.Thread(target=environments.prepared, args=(found,)) for _ in range(3)]
    for one in running:
        one.start()
    wait_for(lambda: index.asked)
    index.hold.set()
    for one in running:
        one.join(60)
    assert sorted(set(index.downloads())) == sorted(index.downloads())
    assert [(path / ".ready").exists() for path in made(home)] == [True]


def test_what_was_killed_in_the_middle_is_never_used(scripts, index, home):
    scripts.write("job.py", REQUIRES)
    found = scripts.folder.find("job")
    locking.write(found, locking.resolve(found))
    index.asked.clear()
    index.hold.clear()
    with subprocess.Popen([sys.executable, "-c", PREPARING, str(scripts.path)]) as killed:
        try:
            wait_for(index.downloads)
        finally:
            killed.kill()
    (half,) = made(home)
    assert not (half / ".ready").exists()
    assert environments.planned(found).is_ready is False
    index.hold.set()
    assert environments.prepared(found).is_ready
    done = subprocess.run([environments.prepared(found).python, found.path], capture_output=True, text=True, check=True)
    assert done.stdout == "alpha 1.0 1.0\n"


def wait_for(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_another_content_under_the_same_name_is_refused(scripts, index, failed, home):
    scripts.write("job.py", REQUIRES)
    found = scripts.folder.find("job")
    locking.write(found, locking.resolve(found))
    index.add("alpha", "1.0", code="VERSION = 'evil'\n")
    subprocess.run([packages.uv(), "cache", "clean", "--quiet"], check=True)
    failure = failed("job")
    assert failure.type == "install_failed"
    assert "hash mismatch for `alpha==1.0`" in failure.message
    assert made(home) == []


def test_without_a_network_only_what_is_here_counts(scripts, index, failed):
    scripts.write("job.py", REQUIRES)
    for options in ({"yes": True}, {"locked": True}):
        failure = failed("job", offline=True, **options)
        assert (failure.type, failure.code) == (("offline", 5) if "yes" in options else ("lock_missing", 1))
    assert index.asked == []


def test_source_code_is_not_built_unasked(scripts, index, answer):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        for name, text in {"PKG-INFO": "Metadata-Version: 2.1\nName: gamma\nVersion: 1.0\n", "setup.py": "open('/tmp/gamma-was-built', 'w')\n"}.items():
            entry = tarfile.TarInfo(f"gamma-1.0/{name}")
            entry.size = len(text)
            packed.addfile(entry, io.BytesIO(text.encode()))
    index.add_source("gamma", "1.0", archive.getvalue())
    scripts.write("job.py", "# @requires: gamma\n")
    _, record = answer("lock", "job")
    assert record["error"]["type"] == "lock_failed"
    assert record["error"]["detail"]["hint"] == "`mlpy workflow lock job --build` lets packages be built from their source code, which runs that code"
    assert not list(scripts.path.glob("*.lock"))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("# @requires: alpha @ file:///etc/passwd", "invalid_value"),
        ("# @requires: alpha @ https://evil.example/${HOME}.whl", "invalid_value"),
        ("# @requires: --index-url=https://evil.example", "invalid_value"),
        ("# @requires: git+https://evil.example/x", "invalid_value"),
        ("# @requires-file: evil.txt", "invalid_value"),
        ("# @requires-file: out.txt", "unsafe_path"),
        ("# @requires-file: none.txt", "file_not_found"),
        ('# /// script\n# requires-python = "three"\n# dependencies = ["alpha"]\n# ///', "invalid_value"),
        ('# /// script\n# requires-python = ">=3.99"\n# dependencies = ["alpha"]\n# ///', "interpreter_not_found"),
        ("# @requires: alpha>7", "lock_failed"),
    ],
)
def test_what_cannot_be_locked(header, kind, scripts, index, failed, tmp_path):
    scripts.write("job.py", f"{header}\n")
    scripts.write("evil.txt", "alpha\n-r /etc/passwd\n")
    (tmp_path / "secret.txt").write_text("alpha\n")
    (scripts.path / "out.txt").symlink_to(tmp_path / "secret.txt")
    failure = failed("job", yes=True)
    assert failure.type == kind
    assert str(tmp_path) not in failure.message
    assert kind == "lock_failed" or index.asked == []


HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://evil.example/simple", "-e /tmp/evil", "-r /etc/passwd", "alpha==1.0", f"alpha {HASH}", f"alpha>=1 {HASH}", f"./alpha.whl {HASH}", f"alpha==${{HOME}} {HASH}",
        f"alpha @ file:///tmp/alpha.whl {HASH}", f"alpha==1.0 {HASH} --index-url=https://evil.example", f"alpha==1.0 ; extra == '$(id)' {HASH}", "alpha==1.0 --hash=md5:00",
    ],
)  # fmt: skip
def test_a_lock_that_does_more_than_pin_is_refused(line, scripts, index, failed):
    scripts.write("job.py", "# @requires: alpha\n")
    lock = locking.Lock(scripts.folder.find("job").source_hash(), ("alpha",), "", False, (f"alpha==1.0 {HASH}",))
    assert locking.parse(lock.text.encode(), "job") == lock
    (scripts.path / "job.py.lock").write_text(lock.text.replace("alpha==1.0 \\\n    " + HASH, line))
    for options in ({}, {"locked": True}, {"yes": True}):
        assert failed("job", **options).type == "invalid_lock"
    assert index.asked == []


@pytest.mark.parametrize(("requires", "python", "options"), [(("alpha",), "", ()), (("alpha",), "", ("--yes",)), ((), ">=4", ("--locked",))])
def test_a_workflow_in_ml_has_no_packages_as_they_are_installed_outside_its_sandbox(requires, python, options, scripts, index, workflow, home):
    """A lock beside it may even say that source code is to be built, which runs that code."""
    scripts.write("job.ml", "// @requires: alpha\n// @requires-file: more.txt\nprint(1);\n")
    job = scripts.folder.find("job")
    assert [message for _, message in job.warnings] == [f"`@{key}` is for Python packages, which a workflow in ML does not get" for key in ("requires", "requires-file")]
    locking.write(job, locking.Lock(job.source_hash(), requires, python, builds=True, pins=("alpha==1.0 --hash=sha256:" + "0" * 64,)))
    assert workflow("run", "job", *options)[:2] == (0, "1\n")
    assert (index.asked, made(home)) == ([], [])


def test_requirements_that_locks_hold():
    for line in (
        f"alpha==1.0.post1+local {HASH}",
        f"alpha[b,c-d]==1!2.0rc1 ; python_full_version >= '3.12' and (sys_platform == 'win32' or platform_machine != 'x86_64') {HASH} {HASH}",
        f"alpha @ https://example.com/a/alpha-1.0-py3-none-any.whl {HASH}",
    ):
        lock = locking.Lock("sha256:" + "0" * 64, ("alpha",), ">=3.11", True, (line,))
        assert locking.parse(lock.text.encode(), "job") == lock


def test_a_lock_that_others_made_is_left_alone(scripts, index, answer, tmp_path):
    scripts.write("job.py", REQUIRES)
    scripts.write("job.py.lock", "version = 1\n")
    assert answer("lock", "job")[1]["error"]["type"] == "invalid_lock"
    assert (scripts.path / "job.py.lock").read_text() == "version = 1\n"
    assert answer("lock", "job", "--force")[0] == 0
    (scripts.path / "job.py.lock").unlink()
    (scripts.path / "job.py.lock").symlink_to(tmp_path / "precious")
    (tmp_path / "precious").write_text("precious\n")
    assert answer("lock", "job", "--force")[1]["error"]["type"] == "not_writable"
    assert (tmp_path / "precious").read_text() == "precious\n"


def test_a_cache_that_others_may_write_is_not_used(scripts, index, failed, home):
    scripts.write("job.py", REQUIRES)
    (home / "cache" / "workflows").mkdir(mode=0o777)
    (home / "cache" / "workflows").chmod(0o777)
    assert failed("job", yes=True).type == "not_writable"
    assert index.asked == []
