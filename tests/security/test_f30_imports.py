"""Imported files have the authority of their importer within what they declare; those from outside the project have none of their own (F30, C1, I1)."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from mlpy import CheckFailed, Engine, MLError
from mlpy.capabilities import Grants
from mlpy.source import Source

DISK = '''
from mlpy.sdk import ml_function, ml_module

@ml_module("disk", description="A pretended disk")
class Disk:
    pass

@ml_function(capability="file.read:{path}")
def read(path: str) -> str:
    """Reads. Example: `disk.read("a")`."""
    return "content of " + path
'''
READER = "import disk; function read(path) { return disk.read(path); } function may(c) { return hasCapability(c); } function all() { return getCapabilities(); }"
ALL = ["file.read:/data/**"]


class Project:
    """A project folder with a program, a folder of modules outside of it, and the module `disk`."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "project"
        self.outside = folder / "elsewhere"
        for name in ("project", "elsewhere", "extensions"):
            (folder / name).mkdir()
        (folder / "extensions" / "disk.py").write_text(DISK)

    def write(self, name, text, *, outside=False):
        path = (self.outside if outside else self.root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def engine(self, **options):
        return Engine(extension_paths=[str(self.folder / "extensions")], **{"project_root": str(self.root), "module_paths": [str(self.outside)]} | options)

    def program(self, text, **options):
        path = self.root / "main.ml"
        path.write_text(text)
        return self.engine(**options).compile(Source(text, "main.ml", str(path)), inputs=())

    def run(self, text, grants=ALL, **options):
        return self.program(text, **options).run(grants=grants)


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    made.write("inside.ml", READER)
    made.write("less.ml", 'capability C { resource "/data/less/**"; allow read; }\n' + READER)
    made.write("outside.ml", READER, outside=True)
    made.write("asking.ml", 'capability C { resource "/data/asked/**"; resource "/etc/**"; allow read; }\n' + READER, outside=True)
    return made


def denied(work):
    with pytest.raises(MLError) as caught:
        work()
    assert caught.value.type == "CapabilityError"
    return caught.value


# ── who has what ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_from_outside_without_a_block_can_touch_nothing_although_its_importer_can(project):
    error = denied(lambda: project.run('import disk; import outside; disk.read("/data/a"); outside.read("/data/a");'))
    assert "a file from outside of the project without a `capability` block" in error.message
    assert error.stack[-1].file.endswith("outside.ml")
    assert project.run('import outside; [outside.may("file.read:/data/a"), outside.all()]').value == [False, []]


def test_not_even_everything_reaches_a_file_from_outside(project):
    denied(lambda: project.run('import outside; outside.read("/data/a");', Grants.everything()))


def test_a_file_from_outside_has_what_it_asks_for_and_its_importer_may(project):
    assert project.run('import asking; asking.read("/data/asked/a")').value == "content of /data/asked/a"
    denied(lambda: project.run('import asking; asking.read("/data/other")'))
    denied(lambda: project.run('import asking; asking.read("/etc/passwd")'))


def test_a_project_file_keeps_what_it_is_given(project):
    assert project.run('import inside; [inside.read("/data/a"), inside.may("file.read:/data/b"), inside.all()]').value == ["content of /data/a", True, ["file.read:/data/**"]]
    denied(lambda: project.run('import inside; inside.read("/etc/passwd")'))


def test_a_file_that_declares_less_has_less(project):
    assert project.run('import less; [less.read("/data/less/a"), less.may("file.read:/data/a"), less.all()]').value == ["content of /data/less/a", False, ["file.read:/data/less/**"]]
    error = denied(lambda: project.run('import less; less.read("/data/a")'))
    assert "is not among what `" in error.message
    assert error.message.endswith("less.ml` asks for")


def test_the_program_keeps_its_own_beside_a_file_that_has_less(project):
    assert project.run('import less; import disk; [disk.read("/data/a"), hasCapability("file.read:/data/a"), getCapabilities()]').value == ["content of /data/a", True, ["file.read:/data/**"]]


def test_what_a_file_imports_has_no_more_than_the_file(project):
    project.write("between.ml", 'capability C { resource "/data/mid/**"; allow read; }\nimport inside; import less; function one(p) { return inside.read(p); } function two(p) { return less.read(p); }')
    assert project.run('import between; between.one("/data/mid/a")').value == "content of /data/mid/a"
    denied(lambda: project.run('import between; between.one("/data/a")'))
    denied(lambda: project.run('import between; between.two("/data/less/a")'))
    denied(lambda: project.run('import between; between.two("/data/mid/a")'))


def test_a_file_of_the_project_that_a_foreign_one_imports_is_as_powerless(project):
    project.write("foreign.ml", "import inside; function read(p) { return inside.read(p); }", outside=True)
    with pytest.raises(CheckFailed):  # a foreign file looks beside itself and on the module paths, so it does not even find it
        project.run('import foreign; foreign.read("/data/a")')
    both = [str(project.outside), str(project.root)]
    denied(lambda: project.run('import foreign; foreign.read("/data/a")', module_paths=both))
    assert project.run('import inside; import foreign; inside.read("/data/a")', module_paths=both).value == "content of /data/a"


REGISTRY = Engine().registry
GUARDED = [(name, member) for name in REGISTRY.names() for member in REGISTRY.info(name).members.values() if member.capabilities]


@pytest.mark.parametrize(("module", "member"), GUARDED, ids=[f"{name}.{member.name}" for name, member in GUARDED])
def test_no_function_of_the_standard_library_does_anything_for_a_file_from_outside(project, module, member):
    project.write("foreign.ml", f"import {module}; f = {module}.{member.name};", outside=True)
    given = ", ".join("{}" if kind == "object" else "1" if kind in ("number", "int") else '"https://example.com/"' for _, kind, default, how in member.params if default is None and how != "rest")
    engine = Engine(module_paths=[str(project.outside)], project_root=str(project.root), grants=Grants.everything())
    session = engine.session()
    session.evaluate("import foreign;")
    denied(lambda: session.evaluate(f"foreign.f({given})"))
    assert {one.decision for one in session.run.audit.records()} == {"denied"}


def test_a_handle_that_a_file_from_outside_made_is_as_powerless(project):
    project.write("foreign.ml", "import log; mine = log.createLogger('mine'); function make() { return log.createLogger('late'); } function use(l, p) { return l.addFile(p); }", outside=True)
    engine = Engine(module_paths=[str(project.outside)], project_root=str(project.root), grants=[f"file.append:{project.folder}/**"])
    path = f"{project.folder}/made.log"
    for call in (f'foreign.mine.addFile("{path}")', f'foreign.make().addFile("{path}")', f'foreign.use(foreign.mine, "{path}")', f'f = foreign.mine.addFile; f("{path}")'):
        denied(lambda call=call: engine.run(f"import foreign; {call}"))
    engine.run(f'import foreign; import log; foreign.use(log.createLogger("given"), "{path}")')  # handed over by one that may
    assert os.path.exists(path)


def test_the_prompt_is_never_asked_for_what_a_file_did_not_ask_for(project):
    asked = []

    def ask(capability):
        asked.append(str(capability))
        return "once"

    for text in ('import outside; outside.read("/data/a");', 'import less; less.read("/data/a");', 'import asking; asking.read("/data/other");'):
        denied(lambda text=text: project.run(text, Grants(ask=ask)))
    assert asked == []
    assert project.run('import less; less.read("/data/less/a")', Grants(ask=ask)).value == "content of /data/less/a"
    assert asked == ["file.read:/data/less/a"]


def test_a_block_of_the_program_bounds_all_its_files(project):
    block = 'capability C { resource "/data/asked/x"; allow read; }'
    assert project.run(f'{block} import inside; import asking; [inside.read("/data/asked/x"), asking.read("/data/asked/x")]').value == ["content of /data/asked/x"] * 2
    for module in ("inside", "asking"):
        denied(lambda module=module: project.run(f'{block} import {module} as m; m.read("/data/asked/y")'))


def test_the_two_sides_of_a_diamond_have_their_own(project):
    project.write("left.ml", 'capability C { resource "/data/left/**"; allow read; }\nimport inside; read = inside.read;')
    project.write("right.ml", 'capability C { resource "/data/right/**"; allow read; }\nimport inside; read = inside.read;')
    text = "import left; import right; import inside; [left.read(`/data/left/a`), right.read(`/data/right/a`), inside.read(`/data/a`)]"
    assert project.run(text).value == ["content of /data/left/a", "content of /data/right/a", "content of /data/a"]
    denied(lambda: project.run('import inside; import right; import left; left.read("/data/right/a")'))
    denied(lambda: project.run('import inside; import left; import right; right.read("/data/left/a")'))


def test_deny_beats_what_a_file_asks_for(project):
    denied(lambda: project.run('import asking; asking.read("/data/asked/a")', Grants(ALL, deny=["file.read:/data/asked/a"])))


def test_a_block_never_gives(project):
    denied(lambda: project.run('import asking; asking.read("/data/asked/a")', []))


@pytest.mark.parametrize("module", ["inside", "outside", "asking", "less"])
def test_imports_are_not_exports(project, module):
    project.write("peek.ml", "")
    assert project.run(f"import {module} as m; [m.disk, hasattr(m, `disk`), `disk` in methods(m), getattr(m, `disk`, 0)]").value == [None, False, False, 0]


def test_the_input_of_a_file_is_asked_of_its_own_authority(project):
    project.write("asks.ml", "function ask() { return input(); } f = input;", outside=True)
    for call in ("asks.ask()", "asks.f()", "[0].map(fn(_) => asks.f())"):
        denied(lambda call=call: project.run(f"import asks; {call};", ["console.read"]))
    assert project.run("import asks; requiredCapabilities(asks.f)").value == ["console.read"]


def test_the_audit_names_the_file_that_acted(project):
    text = 'import disk; import inside; import less; import outside; disk.read("/data/a"); inside.read("/data/b"); less.read("/data/less/c"); try { outside.read("/data/d"); } except { }'
    found = project.run(text).audit
    assert [(os.path.basename(one.file), one.module, one.capability, one.decision) for one in found] == [
        ("", "disk", "file.read:/data/a", "allowed"),
        ("", "disk", "file.read:/data/b", "allowed"),
        ("less.ml", "disk", "file.read:/data/less/c", "allowed"),
        ("outside.ml", "disk", "file.read:/data/d", "denied"),
    ]


# ── what is counted ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_constraint_counts_over_all_files(project):
    project.write("again.ml", READER)
    text = """
import inside; import less; import again; import disk;
done = 0;
for (f in [inside.read, less.read, again.read, disk.read, less.read]) { try { f("/data/less/a"); done += 1; } except (e) { last = e.message; } }
[done, last]
"""
    done, last = project.run(text, ["file.read:/data/**,count=3"]).value
    assert done == 3
    assert "used up" in last


def test_what_a_file_asks_for_with_a_count_is_counted_once_for_all_its_importers(project):
    project.write("few.ml", 'capability C { resource "/data/**,count=2"; allow read; }\n' + READER)
    project.write("via.ml", 'capability C { resource "/data/x/**"; allow read; }\nimport few; read = few.read;')
    text = 'import few; import via; done = 0; for (f in [few.read, via.read, few.read]) { try { f("/data/x/a"); done += 1; } except { } } done'
    assert project.run(text).value == 2


# ── authority stays with the function ────────────────────────────────────────────────────────────────────────────

CARRIED = {
    "map": 'import {m} as m; ["{path}"].map(m.read)[0]',
    "builtin map": 'import {m} as m; map(m.read, ["{path}"])[0]',
    "stored": 'import {m} as m; box = {{f: m.read}}; list = [box]; list[0].f("{path}")',
    "closure": 'import {m} as m; g = fn() => m.read("{path}"); g()',
    "call": 'import {m} as m; call(m.read, "{path}")',
    "pipe": 'import {m} as m; "{path}" |> m.read',
    "given to another file": 'import {m} as m; import inside; import takes; takes.use(m.read, "{path}")',
    "returned by a file": 'import hands; hands.{m}()("{path}")',
}
CASES = [("outside", "/data/a", False), ("less", "/data/a", False), ("less", "/data/less/a", True), ("inside", "/data/a", True), ("asking", "/data/asked/a", True)]


@pytest.mark.parametrize("way", CARRIED)
@pytest.mark.parametrize(("module", "path", "allowed"), CASES)
def test_a_function_acts_for_its_file_however_it_is_called(project, way, module, path, allowed):
    project.write("takes.ml", "function use(f, path) { return f(path); }")
    project.write("hands.ml", "import outside as a; import less as b; import inside as c; import asking as d;\n" + "".join(f"function {name}() {{ return {short}.read; }}\n" for name, short in (("outside", "a"), ("less", "b"), ("inside", "c"), ("asking", "d"))))
    text = CARRIED[way].format(m=module, path=path)
    if allowed:
        assert project.run(text).value == f"content of {path}"
    else:
        denied(lambda: project.run(text))


def in_a_thread(function, *args):
    """The value or the error of a call in a thread of its own."""
    found = []

    def work():
        try:
            found.append(function(*args))
        except MLError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    if isinstance(found[0], MLError):
        raise found[0]
    return found[0]


def in_a_task(function, *args):
    async def work():
        return await asyncio.create_task(asyncio.to_thread(function, *args))

    return asyncio.run(work())


def in_a_coroutine(function, *args):
    async def call():
        return function(*args)

    async def work():
        return await asyncio.create_task(call())

    return asyncio.run(work())


@pytest.mark.parametrize("way", [lambda function, *args: function(*args), in_a_thread, in_a_task, in_a_coroutine])
@pytest.mark.parametrize(("module", "path", "allowed"), CASES)
def test_a_function_that_the_host_got_acts_for_its_file(project, way, module, path, allowed):
    got = project.run(f"import {module} as m; {{f: m.read, may: m.may, all: m.all, arrow: fn(p) => m.read(p)}}").value
    for function in (got["f"], got["arrow"]):
        if allowed:
            assert way(function, path) == f"content of {path}"
        else:
            denied(lambda function=function: way(function, path))
    assert way(got["may"], f"file.read:{path}") is allowed
    if module == "outside":
        assert way(got["all"]) == []


@pytest.mark.parametrize(("module", "path", "allowed"), CASES)
def test_a_run_in_an_event_loop_has_the_same_files(project, module, path, allowed):
    program = project.program(f'import {module} as m; m.read("{path}")')
    engine = project.engine(grants=ALL)
    if allowed:
        assert asyncio.run(engine.run_async(program)).value == f"content of {path}"
    else:
        denied(lambda: asyncio.run(engine.run_async(program)))


@pytest.mark.parametrize(("module", "path", "allowed"), CASES)
def test_an_engine_callback_acts_for_the_file_behind_it(project, module, path, allowed):
    program = project.program(f"import {module} as m; function go(p) {{ return m.read(p); }}", grants=ALL)
    go = program.function("go")
    if allowed:
        assert in_a_thread(go, path) == f"content of {path}"
    else:
        denied(lambda: in_a_thread(go, path))


@pytest.mark.parametrize(("module", "path", "allowed"), CASES)
def test_a_function_acts_for_its_file_in_a_worker_process(project, module, path, allowed):
    text = f'import parallel; import {module} as m; parallel.map(fn(p) => [m.read(p), m.may("file.read:" + p)], ["{path}"], 1)'
    if allowed:
        assert project.run(text).value == [[f"content of {path}", True]]
    else:
        denied(lambda: project.run(text))
        assert project.run(text.replace("m.read(p), ", "")).value == [[False]]


def test_what_the_importer_hands_over_keeps_the_importers_authority(project):
    project.write("takes.ml", "function use(f, path) { return f(path); } function within(f, path) { with capability('file.read:/data/b') { return f(path); } }", outside=True)
    assert project.run('import disk; import takes; takes.use(disk.read, "/data/a")').value == "content of /data/a"
    denied(lambda: project.run('import disk; import takes; takes.within(disk.read, "/data/a")'))


# ── narrowing ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", CARRIED)
def test_with_capability_narrows_through_all_of_it(project, way):
    project.write("takes.ml", "function use(f, path) { return f(path); }")
    project.write("hands.ml", "import inside as c; function inside() { return c.read; }")
    imports, _, rest = CARRIED[way].format(m="inside", path="/data/a").rpartition("import ")
    head, _, body = rest.partition(";")
    text = f'{imports}import {head}; result = null; with capability("file.read:/data/b") {{ result = (fn() => {{ {body_of(body)} }})(); }}'
    error = denied(lambda: project.run(text))
    assert "`with capability`" in error.message


def body_of(text):
    *before, last = text.strip().split("; ")
    return "; ".join([*before, f"return {last}"]) + ";"


def test_with_capability_in_a_file_narrows_its_own_calls(project):
    project.write("narrow.ml", "import disk; function read(p) { with capability('file.read:/data/n/**') { return [disk.read(p), hasCapability('file.read:/data/a')]; } }")
    assert project.run('import narrow; narrow.read("/data/n/a")').value == ["content of /data/n/a", False]
    denied(lambda: project.run('import narrow; narrow.read("/data/a")'))


def test_narrowing_follows_into_threads_and_tasks_that_the_host_starts_for_the_block(project):
    ways = []

    def go(function, path):
        import contextvars

        ways.append("thread")
        return in_a_thread(contextvars.copy_context().run, function, path)

    def task(function, path):
        return in_a_task(function, path)

    engine = project.engine(functions={"go": go, "task": task}, grants=ALL)
    text = 'import inside; out = []; with capability("file.read:/data/b") { for (f in [go, task]) { try { out.append(f(inside.read, "/data/a")); } except (e) { out.append(e.type); } out.append(f(inside.read, "/data/b")); } } out'
    assert engine.run(text).value == ["CapabilityError", "content of /data/b"] * 2


def test_what_is_handed_to_the_host_within_a_block_stays_within_it_on_a_thread_that_knows_no_context(project):
    kept = []

    def go(function, path):
        kept.append(function)
        return in_a_thread(function, path)

    own = "fn(path) => inside.read(path)"
    engine = project.engine(functions={"go": go}, grants=ALL)
    for function in (own, "inside.read"):
        text = f'import inside; out = []; with capability("file.read:/data/b") {{ try {{ out.append(go({function}, "/data/a")); }} except (e) {{ out.append(e.type); }} out.append(go({function}, "/data/b")); }} out.append(go({function}, "/data/a")); out'
        assert engine.run(text).value == ["CapabilityError", "content of /data/b", "content of /data/a"]
        with pytest.raises(MLError, match="with capability"):
            kept[0]("/data/a")
        assert kept[2]("/data/a") == "content of /data/a"
        kept.clear()


def test_a_program_that_is_run_inside_of_a_block_imports_under_it_for_good(project):
    kept = []

    def nested():
        kept.append(project.run("import inside; inside.read").value)

    project.engine(functions={"nested": nested}, grants=ALL).run('with capability("file.read:/data/b") { nested(); }')
    assert kept[0]("/data/b") == "content of /data/b"
    denied(lambda: kept[0]("/data/a"))


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_block_of_a_later_cell_bounds_the_files_that_earlier_ones_imported(project):
    session = project.engine(grants=ALL).session()
    session.evaluate("import inside; import less; import asking; f = less.read;")
    assert session.evaluate('[inside.read("/data/less/a"), f("/data/less/a"), asking.read("/data/asked/a")]').value
    session.evaluate('capability C { resource "/data/less/b"; allow read; }')
    for call in ('inside.read("/data/less/a")', 'f("/data/less/a")', 'less.read("/data/less/a")', 'asking.read("/data/asked/a")'):
        denied(lambda call=call: session.evaluate(call))
    assert session.evaluate('[inside.read("/data/less/b"), f("/data/less/b")]').value
    session.evaluate('capability D { resource "/data/less/a"; allow read; }')
    assert session.evaluate('[inside.read("/data/less/a"), f("/data/less/a")]').value


def test_a_block_of_a_later_cell_does_not_run_the_files_again(project):
    for name, block in (("free", ""), ("own", 'capability C { resource "/data/**"; allow read; }\n')):
        project.write(f"{name}.ml", f"{block}import inside; n = [0]; function next() {{ n[0] += 1; return n[0]; }} print('start');")
    session = project.engine(grants=ALL).session()
    assert session.evaluate("import free; import own; [free.next(), own.next()]").value == [1, 1]
    assert session.evaluate('capability C { resource "/data/b"; allow read; } import free; import own; [free.next(), own.next()]').value == [2, 2]
    result = session.evaluate("import free as f; import own as o; [f.next(), o.next()]")
    assert (result.value, result.output) == ([3, 3], "")


def test_a_reload_that_asks_for_more_is_refused(project):
    session = project.engine(grants=ALL).session()
    session.evaluate("import less;")
    project.write("less.ml", 'capability C { resource "/data/**"; allow read; }\n' + READER)
    with pytest.raises(MLError, match="other capabilities"):
        session.reload("less")
    denied(lambda: session.evaluate('less.read("/data/a")'))
    project.write("less.ml", READER)
    with pytest.raises(MLError, match="other capabilities"):
        session.reload("less")
    denied(lambda: session.evaluate('less.read("/data/a")'))


# ── where files come from ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def secret(project):
    project.write("../hidden/secret.ml", "value = 1;")
    return project.folder / "hidden"


def test_a_link_to_a_file_outside_is_refused(project, secret):
    os.symlink(secret / "secret.ml", project.root / "linked.ml")
    with pytest.raises(CheckFailed) as caught:
        project.run("import linked; linked.value")
    assert caught.value.diagnostics[0].label == "a link that leads out of the folder of its modules"


def test_a_link_to_a_folder_outside_is_refused(project, secret):
    os.symlink(secret, project.root / "linked")
    with pytest.raises(CheckFailed) as caught:
        project.run("import linked.secret; linked.secret.value")
    assert caught.value.diagnostics[0].code == "E0501"


def test_a_chain_of_links_is_followed_to_its_end(project, secret):
    os.symlink(secret / "secret.ml", project.folder / "second.ml")
    os.symlink(project.folder / "second.ml", project.root / "first.ml")
    with pytest.raises(CheckFailed):
        project.run("import first; first.value")


def test_a_link_that_stays_inside_is_the_file_that_it_leads_to(project):
    project.write("deep/real.ml", "print('once'); value = 1;")
    os.symlink("deep/real.ml", project.root / "alias.ml")
    os.symlink("deep", project.root / "shallow")
    result = project.run("import alias; import shallow.real; import deep.real as r; [alias.value, shallow.real.value, r.value]")
    assert (result.value, result.output) == ([1, 1, 1], "once\n")


def test_a_link_in_a_module_path_does_not_lead_out_of_it(project, secret):
    os.symlink(secret / "secret.ml", project.outside / "linked.ml")
    with pytest.raises(CheckFailed):
        project.run("import linked; linked.value")


def test_a_link_cannot_make_a_foreign_file_one_of_the_project(project):
    os.symlink(project.outside, project.root / "vendor")
    with pytest.raises(CheckFailed):
        project.run("import vendor.outside as o; o.read('/data/a')")


def test_what_is_no_regular_file_is_refused_without_waiting(project):
    os.mkfifo(project.root / "pipe.ml")
    (project.root / "folder.ml").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(CheckFailed) as caught:
            project.run(f"import {name};")
        assert caught.value.diagnostics[0].label == "no regular file"


def test_a_file_of_one_folder_swapped_for_a_link_while_it_is_imported_never_leads_out(project, secret):
    """A thread swaps a file and a folder for links as fast as it can; each import gives the real file or an error."""
    project.write("racy.ml", "value = 0;")
    project.write("box/racy.ml", "value = 0;")
    (secret / "racy.ml").write_text("value = 1;")
    ends = threading.Event()

    def swap():
        while not ends.is_set():
            for name, target in (("racy.ml", secret / "racy.ml"), ("box", secret)):
                path = project.root / name
                os.rename(path, project.root / "aside")
                os.symlink(target, path)
                os.unlink(path)
                os.rename(project.root / "aside", path)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for _ in range(150):
            for text in ("import racy; racy.value", "import box.racy as r; r.value"):
                try:
                    seen.add(project.run(text).value)
                except MLError:
                    seen.add("refused")
    finally:
        ends.set()
        thread.join()
    assert seen <= {0, "refused"}


def test_the_standard_library_cannot_be_shadowed(project):
    project.write("math.ml", "pi = 3; function sqrt(x) { return 0; }")
    project.write("math.ml", "pi = 3;", outside=True)
    assert project.run("import math; [math.pi > 3.1, math.sqrt(4)]").value == [True, 2.0]


def test_a_file_below_a_module_of_the_standard_library_adds_to_it_and_hides_nothing(project):
    project.write("math/extra.ml", "sqrt = 0; pi = 3;")
    assert project.run("import math; import math.extra; [math.sqrt(4), math.extra.pi, math.pi > 3.1]").value == [2.0, 3, True]
