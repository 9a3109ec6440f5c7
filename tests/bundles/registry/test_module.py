"""The module `bundles` of programs: what it gives, what has to be granted, and that nothing of the host gets through."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import mlpy
from mlpy.capabilities import Grants
from mlpy.errors import MLError
from mlpy.registry import Registry
from mlpy.runtime.values import display, quoted
from mlpy.sandbox import lockdown

EXAMPLE = Path(__file__).parents[3] / "examples" / "bundles.ml"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "bundles.md"
GUIDE = re.compile(r"^```ml\n(import bundles;\nmade .*?)^```$", re.DOTALL | re.MULTILINE)
WRITTEN = "localhost:5000"  # the registry of the examples
SETTINGS = '[tool.modelops-bundle]\nfiles = ["data.csv"]\nmodels = [{id = "climate", class = "models.climate:Climate"}]\n'
MODEL = "class Climate:\n    def parameters(self):\n        return {}\n\n    def simulate(self):\n        return 0\n"
PROJECT = "file.read:climate/**"
COPY = ("file.write:copy/**", "code.write:copy/**", "file.read:copy/**")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the project `climate`, which is the current one."""
    pytest.importorskip("pathspec", reason="needs the extra `bundles`")
    for path, text in (("pyproject.toml", SETTINGS), ("models/climate.py", MODEL), ("data.csv", "1,2\n"), ("notes.txt", "not of the bundle")):
        place = tmp_path / "climate" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def place(small):
    return f"{small.address}/lab/climate"


def run(text: str, *grants: str, **options):
    return mlpy.run(f"import bundles;\n{text}", grants=[*grants], **options)


def fails(text: str, *grants: str, **options) -> MLError:
    with pytest.raises(MLError) as caught:
        run(text, *grants, **options)
    return caught.value


MEMBERS = Registry().info("bundles").members


@pytest.mark.parametrize("name", MEMBERS)
def test_an_example_gives_what_it_says(name, here, place, small):
    run(f"bundles.push('climate', '{place}:1.0'); bundles.pull('{place}:1.0', 'pulled');", PROJECT, f"bundle.push:{place}", f"bundle.read:{place}", "file.write:pulled/**", "code.write:pulled/**")
    code, said = MEMBERS[name].examples[0][1:-1].split("` → `")
    value = mlpy.compile(f"import bundles;\n{code}".replace(WRITTEN, small.address)).run(grants=Grants.everything()).value
    assert said in (quoted(value), display(value))


def test_the_program_of_the_guide(here, small):
    program = GUIDE.search(PAGE.read_text(encoding="utf-8"))[1].replace("registry.example.org", small.address)
    digest, pulled = mlpy.compile(program).run(grants=Grants.everything()).output.splitlines()
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    assert pulled == "2 true"


def test_the_example_program(here, small, command, golden):
    text = EXAMPLE.read_text(encoding="utf-8").replace(WRITTEN, small.address)
    grants = [PROJECT, *COPY, f"bundle.read:{small.address}/lab/**", f"bundle.push:{small.address}/lab/**"]
    allowed = [word for grant in grants for word in ("--allow", grant)]
    done = command("run", *allowed, "-c", text, cwd=here, env={"HOME": os.environ["HOME"]})
    assert (done.code, done.stderr) == (0, "")
    golden(EXAMPLE.with_suffix(".out"), done.stdout.replace(small.address, WRITTEN))


def test_a_registry_is_granted_by_its_true_name(here, place, small):
    port = small.address.rpartition(":")[2]
    for reference in (place, f"oci://{place}:1.0", f"{place}@sha256:{'0' * 64}", f"LOCALHOST:{port}/lab/climate"):
        name = reference.removeprefix("oci://").partition("@")[0].removesuffix(":1.0").lower()
        assert fails(f"bundles.inspect('{reference}')", "bundle.read:elsewhere.example/**").message == f"`bundle.read:{name}` is not granted"
    assert fails(f"bundles.tags('{place}')", f"bundle.push:{place}").message == f"`bundle.read:{place}` is not granted"
    assert fails("bundles.inspect('nonsense')").message == "`bundle.read:nonsense` is not granted"
    assert fails("bundles.inspect('nonsense')", "bundle.read:*").fields == {"kind": "bad_reference"}


def test_every_file_that_is_read_is_granted(here, place):
    assert fails("bundles.manifest('climate')").message == "`file.read:climate` is not granted"
    assert "which is in the folder, is not granted" in fails("bundles.manifest('climate')", "file.read:climate").message
    denied = Grants([PROJECT, f"bundle.push:{place}"], deny=["file.read:climate/data.csv"])
    with pytest.raises(MLError, match=r"`file.read:climate/data.csv`, which is in the folder, is not granted"):
        mlpy.run(f"import bundles; bundles.push('climate', '{place}')", grants=denied)
    (here / "climate" / ".modelopsignore").write_text("/data.csv\n", encoding="utf-8")
    assert fails("bundles.manifest('climate')", PROJECT).fields["kind"] == "ignored"  # what is left out needs no grant, and is in no bundle
    (here / "climate" / ".modelopsignore").write_text("/data.csv\n.modelopsignore\npyproject.toml\n", encoding="utf-8")
    for path in (".modelopsignore", "pyproject.toml"):  # they are read all the same
        with pytest.raises(MLError, match=rf"`file.read:climate/{path}`, which is in the folder, is not granted"):
            mlpy.run("import bundles; bundles.discover('climate')", grants=Grants([PROJECT], deny=[f"file.read:climate/{path}"]))
    (here / "link").symlink_to(here / "climate")
    assert "`file.read:link` leads to what is not granted" in fails("bundles.manifest('link')", "file.read:link/**").message
    for path in (".modelopsignore", "pyproject.toml"):
        (here / "climate" / path).rename(here / f"outside {path}")
        (here / "climate" / path).symlink_to(here / f"outside {path}")
        error = fails("bundles.discover('climate')", PROJECT)
        assert "link" in error.message or "leads to what is not granted" in error.message
        (here / "climate" / path).unlink()
        (here / f"outside {path}").rename(here / "climate" / path)


def test_every_file_that_is_written_is_granted(here, place):
    run(f"bundles.push('climate', '{place}')", PROJECT, f"bundle.push:{place}")
    for grants, message in (
        ((), "`file.write:copy` is not granted"),
        (("file.write:copy",), "which is in the folder, is not granted"),
        (("file.write:copy/**",), "`code.write:./copy/"),
        (("file.write:../**", "code.write:../**"), "`copy`"),
    ):
        error = fails(f"bundles.pull('{place}', '{'no/copy' if grants and '..' in grants[0] else 'copy'}')", f"bundle.read:{place}", *grants)
        assert message.replace("`copy`", "no/copy") in error.message
        assert not (here / "copy").exists()
        assert sorted(path.name for path in here.iterdir()) == ["climate", "home"]
    assert run(f"bundles.pull('{place}', 'copy').folder", f"bundle.read:{place}", *COPY) == "copy"


def test_errors_name_the_folder_as_the_program_does(here, place):
    for code, kind in (
        ("manifest('empty')", "no_bundle"),
        ("verify('empty')", "not_a_bundle"),
        (f"pull('{place}:none', 'copy')", "not_found"),
        (f"push('climate', '{place}', tags: ['a b'])", "bad_reference"),
    ):
        (here / "empty").mkdir(exist_ok=True)
        error = fails(f"bundles.{code}", "file.read:**", "file.write:**", "code.write:**", "bundle.read:*", "bundle.push:*")
        assert error.fields["kind"] == kind
        assert str(here) not in f"{error.message} {error.hint}"


def test_what_was_changed_is_told(here, place):
    assert run(f"bundles.push('climate', '{place}'); bundles.pull('{place}', 'copy'); bundles.verify('copy').verified", PROJECT, *COPY, f"bundle.read:{place}", f"bundle.push:{place}") is True
    (here / "copy" / "data.csv").write_text("3,4\n", encoding="utf-8")
    found = run("bundles.verify('copy')", "file.read:copy/**")
    assert (found["verified"], found["changed"], found["extra"]) == (False, ["data.csv"], [])


def test_budgets_count_what_goes_over_the_network(here, place):
    grants = (PROJECT, *COPY, f"bundle.push:{place}")
    run(f"bundles.push('climate', '{place}')", *grants)
    assert "`bytes=100`" in fails(f"bundles.pull('{place}', 'copy')", *COPY, f"bundle.read:{place},bytes=100").message
    (here / "climate" / "data.csv").write_bytes(b"x" * 5000)
    assert "`bytes=1000`" in fails(f"bundles.push('climate', '{place}')", PROJECT, f"bundle.push:{place},bytes=1000").message
    assert "`bytes=10`" in fails("bundles.manifest('climate')", f"{PROJECT},bytes=10").message
    assert not (here / "copy").exists()


def test_a_run_that_ends_leaves_nothing(here, place, oci):
    """The registry takes its time; the run has none."""
    held = threading.Event()

    class Slow(oci.Protocol):
        def do_GET(self):
            held.wait(60)
            super().do_GET()

    registry = oci.Small()
    registry.server.RequestHandlerClass = Slow
    try:
        began = time.monotonic()
        error = fails(f"bundles.pull('{registry.address}/lab/climate', 'copy')", *COPY, "bundle.read:*", limits=mlpy.Limits(time=0.3))
        assert error.limit == "time"
        assert time.monotonic() - began < 30
    finally:
        held.set()
        registry.close()
    assert not (here / "copy").exists()


def test_in_a_sandbox_bundles_come_from_outside_of_it(here, place):
    if lockdown.status().level not in ("filtered", "locked"):
        pytest.skip("this machine has no sandbox: `mlpy sandbox status` tells why")
    run(f"bundles.push('climate', '{place}')", PROJECT, f"bundle.push:{place}")
    with mlpy.Sandbox() as sandbox:
        done = sandbox.run(f"import bundles; [bundles.pull('{place}', 'copy').files, bundles.verify('copy').verified]", grants=[*COPY, f"bundle.read:{place}"])
    assert done.value == [2, True]


def test_who_imports_the_module_loads_nothing_that_asks_a_registry(environment):
    text = "import sys, mlpy; mlpy.run('import bundles'); print(sorted(name for name in sys.modules if name.startswith(('mlpy.extensions.bundles', 'urllib3'))))"
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['mlpy.extensions.bundles']\n"
