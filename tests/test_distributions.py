"""A module is one file, in whatever way it comes to a program: a folder, the environment, a project, a host, an installed wheel."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import mlpy
from mlpy import distributions
from mlpy.capabilities import Grants
from mlpy.registry import Registry
from mlpy.runtime.run import Run

PAYMENTS = '''
from mlpy.sdk import ml_function, ml_module

print("imported")

@ml_module("payments", version="1.0.0")
class Payments:
    """Payment processing."""

    rate = 0.029

    def __init__(self):
        self.total = 0

    @ml_function(capability="payment.charge:{account}")
    def charge(self, account: str, amount: float) -> dict:
        """Charges an account."""
        self.total += amount
        return {"account": account, "total": self.total}
'''
PROGRAM = 'import payments;\npayments.charge("acme", 10);\nprint(payments.charge("acme", 5), payments.rate);\n'
SHOWN = 'imported\n{account: "acme", total: 15} 0.029\n'
ALLOW = ("--allow", "payment.charge:acme")


def wheel(folder, name="acme_payments", points="payments = acme_payments", files=None):
    """A wheel made by hand: the files, and what every wheel has."""
    files = files or {f"{name}.py": PAYMENTS}
    info = f"{name}-1.0.dist-info"
    files |= {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\nx = y:z\n\n[mlpy.modules]\n{points}\n",
    }
    digests = [f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n" for path, text in files.items()]
    files[f"{info}/RECORD"] = "".join(digests) + f"{info}/RECORD,,\n"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for each, text in files.items():
            made.writestr(each, text)
    return path


def unpacked(folder, **options):
    """The folder that an installer makes of a wheel."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    zipfile.ZipFile(wheel(folder, **options)).extractall(site)
    return site


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "work" / "x.ml"
    path.parent.mkdir()
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "extensions"
    path.mkdir()
    (path / "payments.py").write_text(PAYMENTS, encoding="utf-8")
    return path


# ── end to end ──


def test_by_a_flag(command, folder, program):
    done = command("run", "-E", str(folder), *ALLOW, str(program))
    assert (done.code, done.stdout, done.stderr) == (0, SHOWN, "")
    denied = command("run", "-E", str(folder), str(program))
    assert (denied.code, denied.stdout) == (3, "imported\n")
    assert "`payment.charge:acme` is not granted" in denied.stderr
    assert "--allow payment.charge:acme" in denied.stderr
    assert sorted(os.listdir(folder)) == ["payments.py"]  # nothing is written beside a source


def test_by_the_environment(command, folder, program):
    done = command("run", *ALLOW, str(program), env={"MLPY_EXTENSION_PATHS": str(folder)})
    assert (done.code, done.stdout, done.stderr) == (0, SHOWN, "")


def test_by_the_file_of_a_project(command, folder, program):
    (program.parent / "mlpy.toml").write_text('extension_paths = ["../extensions"]\n[grants]\nallow = ["payment.charge:acme"]\n', encoding="utf-8")
    before = command("run", str(program))
    assert before.code != 0
    assert "mlpy trust" in before.stderr
    assert command("trust", "--yes", str(program.parent)).code == 0
    done = command("run", str(program))
    assert (done.code, done.stdout, done.stderr) == (0, SHOWN, "")


def test_by_a_host(folder, capsys):
    engine = mlpy.Engine(extension_paths=[str(folder)], grants=["payment.charge:acme"])
    assert engine.run(PROGRAM).output == SHOWN.removeprefix("imported\n")
    assert capsys.readouterr().out == "imported\n"


def test_by_an_installed_wheel(command, environment, tmp_path, program):
    site = tmp_path / "installed"
    line = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check", "--target", str(site), str(wheel(tmp_path))]
    subprocess.run(line, check=True, env=environment, capture_output=True)
    path = os.pathsep.join([environment.get("PYTHONPATH", ""), str(site)]).strip(os.pathsep)
    done = command("run", *ALLOW, str(program), env={"PYTHONPATH": path})
    assert (done.code, done.stdout, done.stderr) == (0, SHOWN, "")
    assert "payments     Payment processing   (the distribution `acme-payments`)" in command("modules", env={"PYTHONPATH": path}).stdout.splitlines()
    assert command("run", str(program)).code != 0  # without the distribution there is no such module


def test_the_page_for_authors_names_this_group():
    page = (Path(__file__).parent.parent / "docs" / "modules-for-authors.md").read_text(encoding="utf-8")
    project = tomllib.loads(page.partition("```toml pyproject.toml\n")[2].partition("```")[0])["project"]
    assert project["entry-points"] == {distributions.GROUP: {"payments": "acme_payments"}}


# ── finding ──


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Where distributions are unpacked to, on `sys.path`."""
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "cache"))
    made = tmp_path / "site"
    made.mkdir()
    monkeypatch.syspath_prepend(str(made))
    return made


def modules(names):
    return [name for name in names if name.startswith(("pay", "acme", "other"))]


def test_nothing_is_imported_to_find_a_module(tmp_path, site, capsys):
    unpacked(tmp_path)
    registry = Registry()
    assert modules(registry.names()) == ["payments"]
    info = registry.info("payments")
    assert (info.origin, info.distribution, info.path) == ("distribution", "acme-payments", str(site / "acme_payments.py"))
    assert info.members["charge"].capabilities == ("payment.charge:{account}",)
    assert "acme_payments" not in sys.modules
    assert capsys.readouterr().out == ""


def test_a_module_inside_of_a_package(tmp_path, site, monkeypatch):
    files = {"acme/__init__.py": "raise RuntimeError('imported')\n", "acme/pay/__init__.py": PAYMENTS.replace('"payments"', '"acme.pay"').replace('print("imported")', "")}
    unpacked(tmp_path, name="acme", points="acme.pay = acme.pay : Payments [fast]  \n# x = y\n; z = y", files=files)
    registry = Registry()
    assert modules(registry.names()) == ["acme.pay"]
    (site / "acme" / "__init__.py").write_text("", encoding="utf-8")
    handle = registry.load("acme.pay", Run(), Grants(["payment.charge:acme"]))
    assert handle.get("charge")("acme", 2) == {"account": "acme", "total": 2}
    for name in [name for name in sys.modules if name == "acme" or name.startswith("acme.")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    ("points", "files", "name", "says"),
    [
        ("payments = acme.nothing", {"other.py": ""}, "payments", "the entry point of `acme-payments` names `acme.nothing`, which has no file"),
        ("payments = ../evil", {"other.py": ""}, "payments", "the entry point of `acme-payments` names `../evil`, which has no file"),
        (
            "pay = acme_payments",
            {"acme_payments.py": PAYMENTS},
            "pay",
            "the entry point of `acme-payments` names `acme_payments`, which declares `payments`: give the two one name",
        ),
        ("payments = other", {"other.py": "print('imported')\n"}, "payments", "the entry point of `acme-payments` names `other`, which declares no module"),
        ("payments = other", {"other.py": PAYMENTS + "x = (\n"}, "payments", "'(' was never closed"),
        ("math = other", {"other.py": PAYMENTS.replace('"payments"', '"math"')}, "math", "the name is taken by the standard library"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_a_problem(tmp_path, site, points, files, name, says):
    unpacked(tmp_path, points=points, files=dict(files))
    registry = Registry()
    assert modules(registry.names()) == []
    assert [(one.name, one.message) for one in registry.problems()] == [(name, says)]
    assert registry.info("math").origin == "stdlib"


def test_what_changes_is_seen(tmp_path, site):
    assert modules(Registry().names()) == []
    unpacked(tmp_path)
    assert modules(Registry().names()) == ["payments"]
    (site / "acme_payments.py").write_text(PAYMENTS.replace('"payments"', '"payment2"'), encoding="utf-8")
    (site / "acme_payments-1.0.dist-info" / "entry_points.txt").write_text("[mlpy.modules]\npayment2 = acme_payments\n", encoding="utf-8")
    assert modules(Registry().names()) == ["payment2"]
    for path in (site / "acme_payments-1.0.dist-info").iterdir():
        path.unlink()
    (site / "acme_payments-1.0.dist-info").rmdir()
    assert modules(Registry().names()) == []


def test_of_two_installations_the_first_counts(tmp_path, site, monkeypatch):
    unpacked(tmp_path)
    second = tmp_path / "second"
    second.mkdir()
    unpacked(second, points="payments = other", files={"other.py": PAYMENTS})
    monkeypatch.setattr(sys, "path", [*sys.path, str(second / "site")])
    registry = Registry()
    assert registry.info("payments").path == str(site / "acme_payments.py")
    assert registry.problems() == []


def test_a_folder_comes_before_a_distribution(tmp_path, site, folder):
    unpacked(tmp_path)
    registry = Registry([folder])
    assert registry.info("payments").path == str(folder / "payments.py")
    assert [(one.name, one.path) for one in registry.problems()] == [("payments", str(site / "acme_payments.py"))]


def test_the_current_folder_does_not_speak_for_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "cache"))
    site = unpacked(tmp_path)
    monkeypatch.chdir(site)
    monkeypatch.setattr(sys, "path", [str(site), "", *sys.path])
    assert modules(Registry().names()) == []


def test_odd_folders_harm_nothing(tmp_path, site, monkeypatch):
    (site / "bad-1.dist-info").mkdir()
    (site / "bad-1.dist-info" / "entry_points.txt").write_bytes(b"[mlpy.modules]\n\xff\xfe = \x00\nno equals\n=\n[unclosed\n")
    (site / "file-1.dist-info").write_text("no folder", encoding="utf-8")
    (site / "folder-1.dist-info" / "entry_points.txt").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "nowhere"), "relative"])
    assert "math" in Registry().names()
    unpacked(tmp_path)
    assert modules(Registry().names()) == ["payments"]


def test_a_module_that_a_finder_knows(tmp_path, site, monkeypatch):
    """As an editable installation has them: the distribution lies on `sys.path`, its code elsewhere."""
    source = tmp_path / "source"
    source.mkdir()
    unpacked(tmp_path)
    (site / "acme_payments.py").rename(source / "acme_payments.py")

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            from importlib.util import spec_from_file_location

            return spec_from_file_location(name, source / "acme_payments.py") if name == "acme_payments" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    registry = Registry()
    assert registry.info("payments").path == str(source / "acme_payments.py")
    run, grants = Run(), Grants()
    handle = registry.load("payments", run, grants)
    assert handle.get("rate") == 0.029
    (source / "acme_payments.py").write_text(PAYMENTS.replace("0.029", "0.03"), encoding="utf-8")
    registry.reload("payments")
    assert (handle.get("rate"), registry.load("payments", run, grants)) == (0.03, handle)
    monkeypatch.delitem(sys.modules, "acme_payments")


def test_a_spoilt_index_is_made_again(tmp_path, site):
    unpacked(tmp_path)
    assert modules(Registry().names()) == ["payments"]
    for entry in (tmp_path / "cache").glob("*.code"):
        entry.write_bytes(entry.read_bytes()[:-3] + b"xyz")
    assert modules(Registry().names()) == ["payments"]
    key = distributions.cache.key(os.fsencode(str(site)), distributions.GROUP)
    for odd in (3, (1, 2), [], (1, 2, 3)):
        distributions.cache.store(key, odd)
        assert modules(Registry().names()) == ["payments"]
