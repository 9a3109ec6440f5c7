"""Settings: where files are looked for, what they may say, their mistakes, and which place wins."""

from __future__ import annotations

import os
import re
import stat
import sys

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from mlpy import config
from mlpy.capabilities import Grants
from mlpy.project import KEYS, KEYS_OF_USER, Document, SettingsError, all_trusted, find, parsed, read, standing, trust
from mlpy.settings import FLAGS, Said, Settings, combine, settings


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user of their own, with an empty home and no variables."""
    for name in [*config.VARIABLES, "MLPY_PROJECT"]:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("MLPY_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("MLPY_CACHE_DIR", str(folder / "cache"))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def project(tmp_path):
    """`project(text, name)` writes a project's file and gives its folder."""
    folder = tmp_path / "project"
    folder.mkdir()

    def write(text: str, name: str = "mlpy.toml"):
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


def user(home, text: str) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text(text, encoding="utf-8")


def flags(**limits: str) -> Said:
    return Said(FLAGS, {}, limits, None)


def trusted(folder) -> None:
    trust(find(str(folder)))


# ── where files are found ────────────────────────────────────────────────────────────────────────────────────────


def test_the_nearest_file_above_a_program_counts(project):
    folder = project("[limits]\ntime = '1s'\n")
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    assert find(str(inner)).path == str(folder / "mlpy.toml")
    (inner / "mlpy.json").write_text("{}")
    assert find(str(inner)).path == str(inner / "mlpy.json")


def test_the_search_ends_with_a_repository(project):
    folder = project("")
    (folder / "inner" / ".git").mkdir(parents=True)
    (folder / "inner" / "src").mkdir()
    assert find(str(folder / "inner" / "src")) is None
    (folder / "inner" / "mlpy.toml").write_text("")
    assert find(str(folder / "inner" / "src")) is not None


def test_the_home_folder_is_no_project(home):
    (home / "mlpy.toml").write_text("")
    (home / "work").mkdir()
    assert config.project_files(str(home)) == config.project_files(str(home / "work")) == []


def test_a_pyproject_without_a_table_is_passed_over(project):
    folder = project("")
    inner = folder / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert config.project_files(str(inner)) == [str(folder / "mlpy.toml")]
    (inner / "pyproject.toml").write_text("[project]\ndependencies = ['mlpy']\n")
    assert find(str(inner)).path == str(folder / "mlpy.toml")
    (inner / "pyproject.toml").write_text("[tool.mlpy.limits]\ntime = 1\n")
    assert find(str(inner)).limits == {"time": 1}


def test_two_files_in_a_folder_are_one_too_many(project):
    folder = project("")
    (folder / "mlpy.json").write_text("{}")
    with pytest.raises(SettingsError, match=re.escape("both `project/mlpy.toml` and `project/mlpy.json` hold settings")):
        find(str(folder))


def test_nothing_said_costs_no_reading(project, monkeypatch):
    folder = project("[limits]\n")
    assert not config.unset(str(folder))
    monkeypatch.setenv("MLPY_PROJECT", "0")
    assert config.unset(str(folder))
    monkeypatch.setenv("MLPY_ALLOW", "console.read")
    assert not config.unset(str(folder))


# ── what files say ───────────────────────────────────────────────────────────────────────────────────────────────

TOML = """
module_paths = ["lib"]
extension_paths = ["/ext", "tools"]

[grants]
allow = ["file.read:./data/**,count=100"]
deny = ["file.read:./data/secret"]

[limits]
time = "2s"
memory = 1000
"""
JSON = """{"module_paths": ["lib"], "extension_paths": ["/ext", "tools"], "grants": {"allow": ["file.read:./data/**,count=100"],
"deny": ["file.read:./data/secret"]}, "limits": {"time": "2s", "memory": 1000}}"""
YAML = """
module_paths: [lib]
extension_paths:
  - /ext
  - tools
grants:
  allow: ["file.read:./data/**,count=100"]
  deny: [file.read:./data/secret]
limits: {time: 2s, memory: 1000}
"""
FORMS = {
    "mlpy.toml": TOML,
    "mlpy.json": JSON,
    "mlpy.yaml": YAML,
    "pyproject.toml": TOML.replace("[grants]", "[tool.mlpy.grants]").replace("[limits]", "[tool.mlpy.limits]").replace("\nmodule", "\n[tool.mlpy]\nmodule"),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_the_same(project, name):
    folder = project(FORMS[name], name)
    for _ in range(2):  # the second time from the cache
        document = find(str(folder))
        assert document.module_paths == (str(folder / "lib"),)
        assert document.extension_paths == ("/ext", str(folder / "tools"))
        assert document.allow == ("file.read:./data/**,count=100",)
        assert document.deny == ("file.read:./data/secret",)
        assert document.limits == {"time": "2s", "memory": 1000}


BAD = [
    ("mlpy.toml", "[grant]\nallow = []\n", "project/mlpy.toml:1: unknown key `grant`", "did you mean `grants`?"),
    ("mlpy.toml", "\n[grants]\nalow = []\n", "project/mlpy.toml:3: unknown key `grants.alow`", "did you mean `grants.allow`?"),
    ("mlpy.toml", "[limits]\nzebra = 1\n", "project/mlpy.toml:2: unknown key `limits.zebra`", "it is one of `limits.time`, `limits.steps`, `limits.memory`, `limits.output`"),
    ("mlpy.toml", "audit = 'x'\n", "project/mlpy.toml:1: unknown key `audit`", "it is one of"),
    ("mlpy.toml", "grants = ['file.read']\n", "project/mlpy.toml:1: `grants` must be a table", "its keys are `allow`, `deny`"),
    ("mlpy.toml", "[grants]\nallow = 'file.read'\n", "project/mlpy.toml:2: `grants.allow` must be a list of strings", None),
    ("mlpy.toml", "module_paths = [1]\n", "project/mlpy.toml:1: `module_paths` must be a list of strings", None),
    ("mlpy.toml", 'module_paths = ["a\\u0000b"]\n', "project/mlpy.toml:1: `module_paths` must name a path", None),
    ("mlpy.toml", "[limits]\ntime = true\n", "project/mlpy.toml:2: `limits.time` must be a number or a string", None),
    ("mlpy.toml", "a = \n", "project/mlpy.toml:1: invalid value", None),
    ("mlpy.toml", "a = 1\na = 2\n", "project/mlpy.toml:2: cannot overwrite a value", None),
    ("mlpy.json", '{\n"limits": }', "project/mlpy.json:2: expecting value", None),
    ("mlpy.json", '{"limits": {"time": ' + "9" * 5000 + "}}", "project/mlpy.json: a number is too long", None),
    ("mlpy.toml", "[limits]\ntime = " + "9" * 5000, "project/mlpy.toml: a number is too long", None),
    ("mlpy.json", "[]", "project/mlpy.json: settings are a table", None),
    ("mlpy.json", '{"limits": {}, "limits": {}}', "project/mlpy.json: the key `limits` stands there twice", None),
    ("mlpy.json", "[" * 100_000, "`project/mlpy.json` is nested too deeply", None),
    ("mlpy.json", '{"a": ' + "[" * 50 + "]" * 50 + "}", "`project/mlpy.json` is nested too deeply", None),
    ("mlpy.yaml", "limits: {}\nlimits: {}\n", "project/mlpy.yaml:2: the key `limits` stands there twice", None),
    ("mlpy.yaml", "a: &x [1]\nb: *x\n", "project/mlpy.yaml:2: settings have no aliases", None),
    ("mlpy.yaml", "a: [\n", "project/mlpy.yaml:2: ", None),
    ("mlpy.yaml", "!!python/object/apply:os.system ['true']\n", "project/mlpy.yaml:1: could not determine a constructor", None),
    ("mlpy.yaml", "a: " + "[" * 100_000, "`project/mlpy.yaml` is nested too deeply", None),
    ("mlpy.yaml", "{a: " * 20_000, "`project/mlpy.yaml` is nested too deeply", None),
    ("mlpy.yaml", "- a\n", "project/mlpy.yaml: settings are a table", None),
    ("mlpy.yaml", "{}: 1\n", "project/mlpy.yaml:1: ", None),
    ("mlpy.yaml", "1: 2\n", "project/mlpy.yaml:1: unknown key `1`", None),
    ("mlpy.yaml", "a: 2024-99-99\n", "project/mlpy.yaml: ", None),
    ("mlpy.yaml", "a: \x01\n", "project/mlpy.yaml: characters that YAML does not allow", None),
]


@pytest.mark.parametrize(("name", "text", "said", "hint"), BAD)
def test_mistakes_are_shown_at_their_line(project, name, text, said, hint):
    folder = project(text, name)
    with pytest.raises(SettingsError) as caught:
        find(str(folder))
    assert caught.value.message.startswith(said)
    assert hint is None or (caught.value.hint or "").startswith(hint)


def test_what_is_no_file_of_text(project):
    folder = project("")
    path = folder / "mlpy.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        find(str(folder))
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(SettingsError, match="larger than 256 kB"):
        find(str(folder))
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match=r"is a directory|is no file"):
        find(str(folder))
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(SettingsError, match="is no file"):
        find(str(folder))


def test_yaml_is_optional(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(SettingsError, match="needs a YAML parser") as caught:
        find(str(project("limits: {}", "mlpy.yaml")))
    assert caught.value.hint == "install it with `pip install 'mlpy[yaml]'`, or write `mlpy.toml`"


def test_a_byte_order_mark_is_no_mistake(project):
    assert find(str(project("\ufeff[limits]\ntime = 1\n"))).limits == {"time": 1}


@pytest.mark.parametrize("name", FORMS)
@settings_of_hypothesis(max_examples=100, deadline=None)
@given(st.data())
def test_no_file_makes_an_exception_of_pythons_leave(name, data):
    """Any text, and a real file with pieces put in and left out."""
    text = FORMS[name]
    if data.draw(st.booleans()):
        text = data.draw(st.text(max_size=60))
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(text)))
            text = text[:at] + data.draw(st.sampled_from(PIECES)) + text[at + data.draw(st.integers(0, 12)) :]
    said = ""
    try:
        table = parsed(f"/work/{name}", text.encode("utf-8", "ignore"))
        document = Document(f"/work/{name}", "", text.split("\n"), foreign=False)
        if table is not None:
            document.fill(table, KEYS)
            combine(Settings(), [document])
    except SettingsError as error:
        said = error.message
    assert said.isprintable()


PIECES = [
    "",
    "\x00",
    "\n",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    "[[",
    "]]",
    "=",
    ":",
    ",",
    "- ",
    "&a ",
    "*a",
    "!!set ",
    "<<: ",
    "null",
    "2024-01-01",
    "1e999",
    "0x",
    "nan",
    "\ud7ff",
    "true",
    "|\n",
    "#",
    "\\u0000",
    "\\ud800",
    "? ",
    "%",
]


# ── which place wins ─────────────────────────────────────────────────────────────────────────────────────────────


def test_one_precedence_for_limits(project, home, monkeypatch):
    folder = project("[limits]\ntime = 3\nsteps = 3\nmemory = 3\noutput = 3\n")
    trusted(folder)
    user(home, "[limits]\ntime = 4\nsteps = 4\nmemory = 4\noutput = 4\n")
    monkeypatch.setenv("MLPY_TIME", "2")
    monkeypatch.setenv("MLPY_STEPS", "2")
    limits = settings(str(folder), flags(time="1s")).limits
    assert (limits.time, limits.steps, limits.memory, limits.output) == (1.0, 2, 3, 3)
    limits = settings(str(folder), project=False).limits
    assert (limits.time, limits.steps, limits.memory, limits.output) == (2.0, 2, 4, 4)
    monkeypatch.setenv("MLPY_TIME", "")
    assert settings(str(folder)).limits.time == 3.0


def test_lists_are_joined_in_order(project, home, monkeypatch, tmp_path):
    folder = project("module_paths = ['p', '/same']\nextension_paths = ['e']\n[grants]\nallow = ['file.read:./p']\n")
    trusted(folder)
    user(home, "module_paths = ['u']\n[grants]\nallow = ['file.read:./u']\n")
    monkeypatch.setenv("MLPY_MODULE_PATHS", f"v{os.pathsep}/same")
    monkeypatch.setenv("MLPY_ALLOW", "file.read:./v w; net.connect:example.com:443,count=3 ;")
    said = Said(FLAGS, {"allow": ["file.read:./f"], "module_paths": ["f"]}, {}, None)
    found = settings(str(folder), said)
    assert found.module_paths == (str(tmp_path / "f"), str(tmp_path / "v"), "/same", str(folder / "p"), str(home / "config" / "u"))
    assert found.extension_paths == (str(folder / "e"),)
    assert [text for text, _ in found.allow] == ["file.read:./f", "file.read:./v w", "net.connect:example.com:443,count=3", "file.read:./p", "file.read:./u"]
    grants = found.grants()
    for path in (tmp_path / "f", tmp_path / "v w", folder / "p", home / "config" / "u"):
        assert grants.allows(f"file.read:{path}"), path
    assert not grants.allows(f"file.read:{tmp_path / 'p'}")


def test_a_program_is_shown_the_grants_of_a_file_as_they_read_from_here(project, tmp_path, monkeypatch):
    folder = project("[grants]\nallow = ['file.read:./data/**', 'file.read:/abs', 'env.read:./x', 'file.write']\ndeny = ['file.read:./data/no']\n")
    trusted(folder)
    (folder / "sub").mkdir()
    for here, shown in ((folder / "sub", "../data/**"), (tmp_path, "./project/data/**"), (folder, "./data/**")):
        monkeypatch.chdir(here)
        grants = settings(str(folder)).grants()
        assert grants.patterns()[0] == f"file.read:{shown}"
        assert grants.patterns()[2:] == ["env.read:./x", "file.write"]
        again = Grants(grants.patterns(), root=str(here))  # they mean there what they meant
        assert again.allows(f"file.read:{folder}/data/a")
        assert not again.allows(f"file.read:{folder}/sub/data/a")


def test_a_denial_counts_wherever_it_stands(project, home, monkeypatch):
    folder = project("[grants]\ndeny = ['file.read:./a']\n")
    user(home, "[grants]\ndeny = ['file.read:/b']\n")
    monkeypatch.setenv("MLPY_DENY", "file.read:/c")
    found = settings(str(folder), Said(FLAGS, {"allow": ["file.read"], "deny": ["file.read:/d"]}, {}, None))
    for grants in (found.grants(), found.grants(everything=True)):
        assert grants.allows("file.read:/x")
        for path in (folder / "a", "/b", "/c", "/d"):
            assert not grants.allows(f"file.read:{path}")


def test_the_audit_is_no_matter_of_the_project(home, monkeypatch):
    user(home, "audit = 'log'\n")
    assert settings(str(home)).audit == str(home / "config" / "log")
    monkeypatch.setenv("MLPY_AUDIT", "/tmp/e")
    assert settings(str(home)).audit == "/tmp/e"
    assert settings(str(home), Said(FLAGS, {}, {}, "/tmp/f")).audit == "/tmp/f"


def test_a_users_file_that_others_write_does_not_count(home):
    user(home, "audit = 'log'\n[grants]\nallow = ['file.read']\n")
    path = home / "config" / "config.toml"
    ways = [(lambda: path.chmod(0o666), lambda: path.chmod(0o664))]
    if os.geteuid() == 0:  # only root gives files away
        ways.append((lambda: os.chown(path, 12345, -1), lambda: os.chown(path, 0, -1)))
    for spoil, mend in ways:
        spoil()
        found = settings(str(home))
        assert (found.audit, found.allow) == (None, [])
        assert "can be written by others and does not count" in found.notices[0]
        mend()
        assert settings(str(home)).allow != []


WRONG = [
    ("MLPY_ALLOW", "file.reed:x", "`MLPY_ALLOW`: `file.reed` is not a kind of capability: did you mean `file.read`"),
    ("MLPY_ALLOW", "*", "`MLPY_ALLOW`: `*` is not a kind of capability"),
    ("MLPY_TIME", "soon", "`MLPY_TIME`: `soon` is not a time"),
]


def test_what_is_counted_is_counted_anew_for_each_run(home):
    found = settings(str(home), Said(FLAGS, {"allow": ["file.read,count=1"]}, {}, None))
    for _ in range(3):
        grants = found.grants()
        grants.use("file.read:a")
        assert not grants.allows("file.read:a")


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_mistakes_in_variables_name_them(home, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=re.escape(said)):
        settings(str(home))


def test_mistakes_in_values_of_a_file_have_a_line(project):
    folder = project("[limits]\noutput = 5\ntime = 'soon'\n")
    with pytest.raises(SettingsError, match=re.escape("project/mlpy.toml:3: `soon` is not a time")):
        settings(str(folder))
    folder = project(f"[limits]\ntime = 1{'0' * 400}\n")
    with pytest.raises(SettingsError, match="must be above zero and below"):
        settings(str(folder))
    folder = project("[grants]\nallow = [\n'file.read:x',\n'file.reed:x',\n]\n")
    trusted(folder)
    with pytest.raises(SettingsError, match=re.escape("project/mlpy.toml:4: `file.reed` is not a kind")):
        settings(str(folder))


def test_a_kind_that_a_module_declares_can_be_granted(project):
    folder = project("extension_paths = ['ext']\n[grants]\nallow = ['drawer.open:*']\n")
    (folder / "ext").mkdir()
    (folder / "ext" / "drawer.py").write_text(
        'from mlpy.sdk import ml_function, ml_module\nprint("imported")\n@ml_module("drawer", description="d", version="1")\nclass Drawer:\n'
        '    @ml_function(capability="drawer.open:{name}")\n    def open(self, name: str) -> None:\n        """Opens."""\n'
    )
    assert settings(str(folder)).offered == []
    trusted(folder)
    assert [text for text, _ in settings(str(folder)).allow] == ["drawer.open:*"]


# ── what is kept of trust ────────────────────────────────────────────────────────────────────────────────────────


def test_trust_is_kept_for_this_user_alone(project, home):
    folder = project("")
    trusted(folder)
    kept = home / "config" / "trust"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    [record] = kept.iterdir()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert standing(find(str(folder))) == "trusted"
    record.chmod(0o644)
    assert standing(find(str(folder))) == "unknown"
    record.chmod(0o600)
    kept.chmod(0o777)
    assert standing(find(str(folder))) == "unknown"
    with pytest.raises(SettingsError, match="can be written by others"):
        trusted(folder)
    kept.chmod(0o700)
    assert [one.path for one in all_trusted()] == [str(folder / "mlpy.toml")]


@pytest.mark.parametrize("damage", [b"", b"\n\n\n", b"x" * 5000, b"\xff\xfe\n1\n/x", b"{digest}\nnever\n{path}"])
def test_a_damaged_record_trusts_nothing(project, home, damage):
    folder = project("")
    trusted(folder)
    [record] = (home / "config" / "trust").iterdir()
    record.write_bytes(damage)
    assert standing(find(str(folder))) == "unknown"
    assert list(all_trusted()) == []
    trusted(folder)
    assert standing(find(str(folder))) == "trusted"


def test_a_record_holds_for_its_own_file(project, home):
    folder = project("")
    trusted(folder)
    [record] = (home / "config" / "trust").iterdir()
    record.rename(record.with_name("0" * 32))
    assert list(all_trusted()) == []


def test_the_users_file_knows_one_key_more(home):
    user(home, "audit = 'x'\n")
    document = read(config.user_file(), KEYS_OF_USER)
    assert document.audit == str(home / "config" / "x")
