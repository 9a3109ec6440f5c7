"""The rules of the layout: one-way imports, no cycles, nothing imported in passing, a start that imports next to nothing."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from mlpy import config

PACKAGE = Path(config.__file__).parent
CHECKOUT = (PACKAGE.parent / "pyproject.toml").exists()
BESIDE = ("stdlib", "extensions", "repl")

# Left to right: a file imports only what stands in its own row or above.
LAYERS = (
    ("mlpy.source", "mlpy.addresses", "mlpy.config", "mlpy.nearest", "mlpy.patterns", "mlpy.whole"),
    ("mlpy.compiled", "mlpy.diagnostics", "mlpy.errors", "mlpy.crew", "mlpy.failures", "mlpy.progress", "mlpy.retries", "mlpy.ast"),
    ("mlpy.render", "mlpy.urls", "mlpy.fixes", "mlpy.cache", "mlpy.image", "mlpy.highlight", "mlpy.project"),
    ("mlpy.syntax",),
    ("mlpy.analysis",),
    ("mlpy.lower",),
    ("mlpy.audit", "mlpy.capabilities", "mlpy.gates", "mlpy.runtime"),
    ("mlpy.aside", "mlpy.signatures", "mlpy.crossing", "mlpy.files", "mlpy.network"),
    ("mlpy.hosting",),
    ("mlpy.sdk",),
    ("mlpy.declarations", "mlpy.distributions", "mlpy.index", "mlpy.reading"),
    ("mlpy.memory", "mlpy.metrics", "mlpy.modules", "mlpy.outline", "mlpy.profiling", "mlpy.registry"),
    ("mlpy.settings",),
    ("mlpy.workers",),
    ("mlpy.stdlib", "mlpy.extensions"),
    ("mlpy.compiler",),
    ("mlpy.engine",),
    ("mlpy.sandbox",),
    ("mlpy",),
    (
        "mlpy.cli", "mlpy.repl", "mlpy.lsp", "mlpy.dap", "mlpy.kernel", "mlpy.reference", "mlpy.__main__",
        "mlpy.extensions.bundles.command", "mlpy.extensions.bundles.commands", "mlpy.extensions.models.chat", "mlpy.extensions.models.command", "mlpy.extensions.models.commands", "mlpy.extensions.models.server",
        "mlpy.extensions.providers.budgeting", "mlpy.extensions.providers.witnessing", "mlpy.extensions.workflows",
    ),
)  # fmt: skip
# What runs a program must not know what compiles one: a warm start loads only the former.
APART = {
    "mlpy.runtime": ("mlpy.syntax", "mlpy.analysis", "mlpy.lower"),
    "mlpy.capabilities": ("mlpy.syntax", "mlpy.analysis", "mlpy.lower"),
    "mlpy.gates": ("mlpy.syntax", "mlpy.analysis", "mlpy.lower"),
    "mlpy.sdk": ("mlpy.syntax", "mlpy.analysis", "mlpy.lower"),
    "mlpy.stdlib": ("mlpy.syntax", "mlpy.analysis", "mlpy.lower"),
    "mlpy.syntax": ("mlpy.render",),
    "mlpy.analysis": ("mlpy.render", "mlpy.cache"),
    "mlpy.lower": ("mlpy.render", "mlpy.cache"),
}
# On the way of every `mlpy run`.
WARM = (
    "mlpy", "mlpy.audit", "mlpy.errors", "mlpy.source", "mlpy.diagnostics", "mlpy.capabilities", "mlpy.cache", "mlpy.compiled", "mlpy.config", "mlpy.engine", "mlpy.image",
    "mlpy.registry", "mlpy.runtime", "mlpy.cli", "mlpy.cli.run", "mlpy.cli.files", "mlpy.cli.terminal",
)  # fmt: skip
SLOW = {
    "typing", "dataclasses", "re", "inspect", "pathlib", "enum", "collections", "contextlib", "functools", "threading", "logging", "asyncio",
    "argparse", "ast", "lark", "hashlib", "ctypes", "json",
}  # fmt: skip
# Imports inside functions, each with its reason at its place.
LAZY: dict[str, set[str]] = {
    "mlpy.addresses": {"ipaddress"},
    "mlpy.capabilities": {"datetime", "mlpy.addresses", "mlpy.runtime.limits"},
    "mlpy.cli": {"mlpy.cli.run", "mlpy.cli.terminal", "mlpy.cli.verbs"},
    "mlpy.cli.authority": {"mlpy.cli.audit", "mlpy.cli.witnessed"},
    "mlpy.cli.bench": {"mlpy.cli.records"},
    "mlpy.cli.caps": {"mlpy.cli.records"},
    "mlpy.cli.check": {"mlpy.cli.records", "mlpy.fixes"},
    "mlpy.cli.emit": {"ast", "mlpy.ast", "mlpy.cli.sourcemap", "mlpy.compiler"},
    "mlpy.cli.files": {"mlpy.diagnostics", "mlpy.nearest", "mlpy.whole"},
    "mlpy.cli.fmt": {"difflib", "mlpy.syntax.parser", "mlpy.syntax.printer"},
    "mlpy.cli.metrics": {"mlpy.modules"},
    "mlpy.cli.modules": {"mlpy.cli.records"},
    "mlpy.cli.prompt": {"select", "termios"},
    "mlpy.cli.repl": {"mlpy.repl.app"},
    "mlpy.cli.run": {"mlpy.cli.authority", "mlpy.cli.metrics", "mlpy.cli.prompt", "mlpy.cli.records", "mlpy.cli.trace", "mlpy.cli.watch", "mlpy.render", "mlpy.sandbox.pool"},
    "mlpy.cli.sandbox": {"mlpy.cli.records"},
    "mlpy.cli.terminal": {"mlpy.render"},
    "mlpy.cli.test": {"mlpy.cli.coverage", "mlpy.cli.records", "mlpy.cli.watch", "mlpy.render"},
    "mlpy.cli.trust": {"mlpy.cli.records"},
    "mlpy.diagnostics": {"mlpy.source"},
    "mlpy.cli.verbs": {"mlpy.cli.renamed"},
    "mlpy.compiler": {"mlpy.syntax.recover"},
    "mlpy.engine": {"asyncio", "threading", "mlpy.capabilities", "mlpy.compiler", "mlpy.crossing", "mlpy.diagnostics", "mlpy.hosting", "mlpy.modules", "mlpy.registry", "mlpy.source", "mlpy.stdlib._dates"},
    "mlpy.extensions.bundles": {"mlpy.extensions.bundles.calling"},
    "mlpy.extensions.bundles.calling": {"mlpy.extensions.bundles.discovery", "mlpy.extensions.bundles.manifest", "mlpy.extensions.bundles.project", "mlpy.extensions.bundles.pulling", "mlpy.extensions.bundles.pushing", "mlpy.extensions.bundles.remote", "mlpy.extensions.bundles.verifying"},
    "mlpy.extensions.bundles.commands.add": {"mlpy.extensions.bundles.editing"},
    "mlpy.extensions.bundles.commands.diff": {"mlpy.extensions.bundles.references", "mlpy.extensions.bundles.remote"},
    "mlpy.extensions.bundles.commands.discover": {"mlpy.extensions.bundles.editing"},
    "mlpy.extensions.bundles.commands.inspect": {"mlpy.extensions.bundles.remote"},
    "mlpy.extensions.bundles.commands.pull": {"mlpy.extensions.bundles.project", "mlpy.extensions.bundles.pulling", "mlpy.extensions.bundles.synced"},
    "mlpy.extensions.bundles.commands.push": {"mlpy.extensions.bundles.manifest", "mlpy.extensions.bundles.pushing", "mlpy.extensions.bundles.synced"},
    "mlpy.extensions.bundles.commands.remove": {"mlpy.extensions.bundles.editing"},
    "mlpy.extensions.bundles.commands.tags": {"mlpy.extensions.bundles.pushing", "mlpy.extensions.bundles.remote"},
    "mlpy.extensions.bundles.commands.verify": {"mlpy.extensions.bundles.remote"},
    "mlpy.extensions.bundles.editing": {"tomlkit", "tomlkit.exceptions", "tomlkit.items"},
    "mlpy.extensions.bundles.ignoring": {"pathspec.patterns.gitignore.spec", "re2"},
    "mlpy.extensions.bundles.transport": {"urllib.request"},
    "mlpy.extensions.models": {"mlpy.extensions.models.calling"},
    "mlpy.extensions.models.calling": {"mlpy.extensions.models.health", "mlpy.extensions.models.pulling", "mlpy.extensions.models.records", "mlpy.extensions.models.removal", "mlpy.extensions.models.runner"},
    "mlpy.extensions.models.chat": {"mlpy.repl.editor", "mlpy.repl.history", "prompt_toolkit", "prompt_toolkit.auto_suggest", "prompt_toolkit.completion", "prompt_toolkit.styles"},
    "mlpy.extensions.models.commands.asking": {"mlpy.extensions.models.runner"},
    "mlpy.extensions.models.commands.bench": {"mlpy.extensions.models.measuring"},
    "mlpy.extensions.models.commands.chat": {"mlpy.extensions.models.chat"},
    "mlpy.extensions.models.commands.convert": {"mlpy.extensions.models.conversion"},
    "mlpy.extensions.models.commands.prune": {"mlpy.extensions.models.removal"},
    "mlpy.extensions.models.commands.ps": {"mlpy.extensions.models.server.processes"},
    "mlpy.extensions.models.commands.pull": {"mlpy.extensions.models.pulling"},
    "mlpy.extensions.models.commands.rm": {"mlpy.extensions.models.removal"},
    "mlpy.extensions.models.commands.serve": {"ipaddress", "mlpy.extensions.models.server.serving"},
    "mlpy.extensions.models.conversion": {"mlpy.extensions.models.gguf", "mlx_lm"},
    "mlpy.extensions.models.gguf": {"tokenizers"},
    "mlpy.extensions.models.health": {"hashlib"},
    "mlpy.extensions.models.layout": {"huggingface_hub"},
    "mlpy.extensions.models.loading": {"mlpy.extensions.models.bert", "mlx.core", "mlx.nn", "mlx.utils", "mlx_lm", "transformers.utils"},
    "mlpy.extensions.models.measuring": {"mlx.core", "mlx_lm.generate"},
    "mlpy.extensions.models.memory": {"mlx_lm.models.cache", "mlx_lm.utils"},
    "mlpy.extensions.models.pulling": {"filelock", "huggingface_hub.utils"},
    "mlpy.extensions.models.remote": {"httpx2", "huggingface_hub", "huggingface_hub.errors", "huggingface_hub.utils", "urllib.parse"},
    "mlpy.extensions.models.removal": {"huggingface_hub", "logging"},
    "mlpy.extensions.models.rendering": {"ctypes", "jinja2"},
    "mlpy.extensions.models.runner": {"gc", "jinja2", "mlpy.extensions.models.answer", "mlpy.extensions.models.loading", "mlpy.extensions.models.pooling", "mlx.core", "mlx_lm.generate", "mlx_lm.sample_utils"},
    "mlpy.extensions.models.transfer": {"filelock"},
    "mlpy.extensions.workflows": {"mlpy.extensions.workflows.calling"},
    "mlpy.extensions.workflows.calling": {"mlpy.extensions.workflows.commands.graph", "mlpy.extensions.workflows.commands.history", "mlpy.extensions.workflows.commands.run", "mlpy.extensions.workflows.commands.search", "mlpy.extensions.workflows.commands.show", "mlpy.extensions.workflows.conducting", "mlpy.extensions.workflows.graph", "mlpy.extensions.workflows.journal", "mlpy.extensions.workflows.parameters", "mlpy.extensions.workflows.running"},
    "mlpy.extensions.workflows.commands.run": {"mlpy.extensions.workflows.conducting", "mlpy.extensions.workflows.graph", "mlpy.extensions.workflows.journal", "mlpy.extensions.workflows.output", "mlpy.extensions.workflows.running"},
    "mlpy.extensions.workflows.commands.watch": {"mlpy.extensions.workflows.watching"},
    "mlpy.extensions.providers.keys": {"cryptography.exceptions", "cryptography.hazmat.primitives", "cryptography.hazmat.primitives.asymmetric.ed25519", "cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.kdf.hkdf", "cryptography.hazmat.primitives.kdf.scrypt"},
    "mlpy.extensions.workflows.conducting": {"mlpy.extensions.workflows.distributed"},
    "mlpy.extensions.workflows.entries": {"tomllib"},
    "mlpy.extensions.workflows.fetching": {"urllib3"},
    "mlpy.extensions.workflows.header": {"mlpy.extensions.workflows.cells", "mlpy.extensions.workflows.comments", "mlpy.extensions.workflows.entries"},
    "mlpy.extensions.workflows.languages": {"shutil"},
    "mlpy.extensions.workflows.locking": {"packaging.requirements"},
    "mlpy.extensions.workflows.notebooks": {"IPython.core.interactiveshell", "asyncio", "traceback"},
    "mlpy.extensions.workflows.packages": {"packaging.specifiers", "uv"},
    "mlpy.extensions.workflows.parameters": {"textwrap"},
    "mlpy.extensions.workflows.running": {"mlpy.extensions.workflows.confined"},
    "mlpy.extensions.workflows.scripts": {"hashlib"},
    "mlpy.extensions.workflows.sharing": {"mlpy.extensions.workflows.fetching"},
    "mlpy.extensions.workflows.watching": {"watchdog.observers"},
    "mlpy.files": {"fcntl"},
    "mlpy.gates": {"mlpy.patterns", "mlpy.urls"},
    "mlpy.hosting": {"inspect", "keyword", "mlpy.gates", "mlpy.signatures"},
    "mlpy.lower.elements": {"mlpy.lower.kinds"},
    "mlpy.project": {"json", "tomllib", "yaml"},
    "mlpy.modules": {"mlpy.ast", "mlpy.diagnostics", "mlpy.runtime.builtins", "mlpy.source", "mlpy.syntax.parser"},
    "mlpy.index": {"mlpy.reading"},
    "mlpy.registry": {"mlpy.capabilities", "mlpy.hosting", "mlpy.index", "mlpy.metrics"},
    "mlpy.repl.app": {"mlpy.repl.editor", "mlpy.repl.history", "mlpy.sandbox.pool"},
    "mlpy.repl.commands": {"mlpy.ast", "mlpy.cli.sourcemap", "mlpy.compiler", "mlpy.repl.calling", "mlpy.repl.inspection", "mlpy.repl.saving"},
    "mlpy.repl.development": {"mlpy.repl.watcher"},
    "mlpy.repl.describe": {"ast"},
    "mlpy.repl.display": {"mlpy.highlight", "pygments.lexers.python", "pygments.token"},
    "mlpy.repl.measuring": {"memray", "mlpy.memory", "mlpy.profiling"},
    "mlpy.repl.shell": {"mlpy.ast", "mlpy.cli.records", "mlpy.repl.commands", "mlpy.repl.confined", "mlpy.repl.describe", "mlpy.repl.measuring", "mlpy.sandbox.protocol", "mlpy.syntax.parser"},
    "mlpy.repl.watcher": {"logging", "watchdog.events", "watchdog.observers"},
    "mlpy.runtime.builtins": {"mlpy.gates", "mlpy.runtime.describe"},
    "mlpy.runtime.limits": {"_heapq", "ctypes", "resource"},
    "mlpy.runtime.operators": {"math"},
    "mlpy.runtime.printing": {"mlpy.runtime.members"},
    "mlpy.runtime.run": {"mlpy.runtime.parts", "resource"},
    "mlpy.runtime.traceback": {"mlpy.runtime.faults"},
    "mlpy.sandbox.calls": {"ctypes.util", "pyseccomp"},
    "mlpy.sandbox.lockdown": {"json", "mlpy.sandbox.calls", "mlpy.sandbox.kernel", "subprocess"},
    "mlpy.sandbox.pool": {"asyncio", "concurrent.futures", "mlpy.sandbox.broker", "mlpy.sandbox.processes"},
    "mlpy.settings": {"mlpy.registry"},
    "mlpy.sdk": {"mlpy.capabilities", "mlpy.gates", "mlpy.hosting"},
    "mlpy.signatures": {"mlpy.ast"},
    "mlpy.source": {"_bisect"},
    "mlpy.stdlib._dates": {"mlpy.stdlib._zones", "zoneinfo"},
    "mlpy.stdlib._patterns": {"re2"},
    "mlpy.stdlib.crypto": {"hashlib", "hmac"},
    "mlpy.stdlib.http": {"mlpy.stdlib._exchange", "mlpy.stdlib.json"},
    "mlpy.stdlib.json": {"json.decoder"},
    "mlpy.stdlib.parallel": {"mlpy.workers.pool"},
    "mlpy.stdlib.path": {"fnmatch"},
    "mlpy.stdlib.process": {"fcntl", "subprocess"},
    "mlpy.stdlib.random": {"hashlib"},
    "mlpy.syntax.parser": {"mlpy.syntax.recover"},
    "mlpy.syntax.tables": {"lark.common", "lark.load_grammar", "lark.parsers.lalr_analysis", "mlpy.cache"},
    "mlpy.workers.child": {"resource"},
}  # fmt: skip


def sources() -> dict[str, Path]:
    """Every module of the shipped layout with its file."""
    folders = {"mlpy": PACKAGE} | ({f"mlpy.{name}": PACKAGE.parent / name for name in BESIDE} if CHECKOUT else {})
    found = {}
    for prefix, folder in folders.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((prefix, *parts)).removesuffix(".__init__")] = path
    return found


SOURCES = sources()
TREES = {name: ast.parse(path.read_bytes()) for name, path in SOURCES.items()}


def imported(node: ast.Import | ast.ImportFrom, module: str) -> list[str]:
    """The modules that an import statement loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert not node.level, f"{module}: imports are absolute"
    assert node.module is not None
    return [f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in SOURCES else node.module for alias in node.names]


def imports(module: str, *, lazy: bool) -> list[tuple[str, int]]:
    """What a module imports when it is loaded, or (`lazy`) in its functions; never what only a type checker sees."""
    found: list[tuple[str, int]] = []
    pending: list[tuple[ast.AST, bool]] = [(TREES[module], False)]
    while pending:
        node, inside = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom) and inside == lazy:
            found += [(name, node.lineno) for name in imported(node, module) if name != "__future__"]
        within = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        pending += [(child, within) for child in children(node)]
    return found


def children(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in {name.id for name in ast.walk(node.test) if isinstance(name, ast.Name)}:
        return list(node.orelse)
    return list(ast.iter_child_nodes(node))


def layer(module: str) -> int:
    """The row of a module, by the longest name that covers it."""
    rows = [(len(name), row) for row, names in enumerate(LAYERS) for name in names if module == name or (module.startswith(name + ".") and name != "mlpy")]
    assert rows, f"`{module}` stands in no layer: say which in LAYERS"
    return max(rows)[1]


def below(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_imports_go_one_way(module):
    if module == "mlpy._checkout":  # a rule of the import system, not of the program
        return
    for name, line in imports(module, lazy=False) + imports(module, lazy=True):
        if name in SOURCES and name not in ("mlpy._checkout", module):
            assert layer(name) <= layer(module), f"{module}:{line} imports {name}, which stands to its right"
            apart = next((others for root, others in APART.items() if below(module, (root,))), ())
            assert not below(name, apart), f"{module}:{line} imports {name}, from which it is kept apart"


def test_no_cycles():
    graph = {module: {name for name, _ in imports(module, lazy=False) if name in SOURCES and name != module} for module in SOURCES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, "imports in a circle: " + " → ".join((*path[path.index(module) :], module))
        if module not in done:
            for name in sorted(graph[module]):
                visit(name, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_imports_inside_functions_are_listed():
    found = {module: {name for name, _ in imports(module, lazy=True)} for module in SOURCES}
    assert {module: names for module, names in found.items() if names} == LAZY


def first_files(package: str) -> list[str]:
    """What is imported of an extension before anybody has said what is wanted: the module that programs import, and the commands."""
    return [name for name in SOURCES if name in (package, f"{package}.command") or below(name, (f"{package}.commands",))]


@pytest.mark.parametrize("package", sorted(name for name in SOURCES if name.startswith("mlpy.extensions.") and name.count(".") == 2))
def test_what_an_extension_begins_with_imports_only_mlpy_and_python(package):
    pending, seen, foreign = first_files(package), set(), []
    while pending:
        module = pending.pop()
        if module not in seen:
            seen.add(module)
            found = [name for name, _ in imports(module, lazy=False)]
            pending += [name for name in found if name in SOURCES and name.startswith("mlpy.extensions.")]
            foreign += [(module, name) for name in found if name.partition(".")[0] not in {"mlpy", *sys.stdlib_module_names}]
    assert foreign == []


@pytest.mark.parametrize("module", sorted(name for name in SOURCES if below(name, WARM[1:]) or name == "mlpy"))
def test_the_start_imports_nothing_slow(module):
    if (module.startswith("mlpy.cli.") and module not in WARM) or module == "mlpy.runtime.vocabulary":  # for type checkers only
        return
    slow = [(name, line) for name, line in imports(module, lazy=False) if name.partition(".")[0] in SLOW]
    assert slow == []


@pytest.mark.parametrize("module", sorted(name for name, tree in TREES.items() if "__all__" in {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}))
def test_all_names_what_is_public(module):
    loaded = importlib.import_module(module)
    assert list(loaded.__all__) == sorted(loaded.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []


def test_the_public_names_are_the_ones_listed():
    import mlpy

    own = {name for name, value in vars(mlpy).items() if not name.startswith("_") and not (hasattr(value, "__spec__") and value.__spec__)}
    assert own - {"annotations", "TYPE_CHECKING"} <= set(mlpy.__all__)


def test_nobody_imports_a_folder_by_its_top_level_name():
    for module in SOURCES:
        assert [(name, line) for name, line in imports(module, lazy=False) + imports(module, lazy=True) if name.partition(".")[0] in BESIDE] == [], module


def test_the_shipped_names_are_the_ones_loaded(environment):
    program = "import sys, mlpy, mlpy.stdlib.math, mlpy.extensions, mlpy.repl; print({'stdlib', 'extensions', 'repl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "set()\n"


def test_a_warm_start_imports_next_to_nothing(command, environment, tmp_path):
    program = tmp_path / "hello.ml"
    program.write_text('print("hello");\n')
    assert command("run", str(program)).stdout == "hello\n"
    line = [sys.executable, "-I", "-X", "importtime", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); from mlpy.cli import main; sys.exit(main(['run', {str(program)!r}]))"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env=environment)
    names = {text.rpartition("|")[2].strip() for text in done.stderr.splitlines()}
    bare = subprocess.run([sys.executable, "-I", "-X", "importtime", "-c", "0"], capture_output=True, text=True, check=True, env=environment)
    own = names - {text.rpartition("|")[2].strip() for text in bare.stderr.splitlines()}

    assert {name for name in own if name.partition(".")[0] in SLOW} == set()
    compiler = {name for name in own if below(name, ("mlpy.syntax", "mlpy.analysis", "mlpy.lower", "mlpy.ast"))}
    assert compiler - {"mlpy.lower", "mlpy.lower.names"} == set()
    assert {name for name in own if below(name, ("mlpy.stdlib", "mlpy.extensions", "mlpy.registry", "mlpy.hosting", "mlpy.render", "mlpy.cli.verbs"))} == set()
    assert {name for name in own if not name.startswith(("mlpy", "_"))} <= {"atexit", "gc", "itertools", "marshal", "time", "hello"}
    assert done.stdout == "hello\n"
