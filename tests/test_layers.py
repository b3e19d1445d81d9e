"""Who may import whom, read off the syntax trees; and what must not leak into the environment."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "bengrn": ROOT / "bengrn",
    "bengrn_methods": ROOT / "methods" / "bengrn_methods",
    "bengrn_datasets": ROOT / "datasets" / "bengrn_datasets",
    "scprint_model": ROOT / "scprint_model",
}
# the one plug-in that is made of the model library; the library itself imports nothing of ours
_MAY_USE_THE_MODEL = ROOT / "methods" / "bengrn_methods" / "scprint"
# arithmetic on plain numbers and on stored draws: no truth, no network, no file
PURE = {
    "bengrn.settings",
    "bengrn.stats.compare",
    "bengrn.stats.drawn",
    "bengrn.stats.family",
    "bengrn.stats.gate",
    "bengrn.stats.seeds",
}
FILES = [(name, path) for name, root in PACKAGES.items() for path in sorted(root.rglob("*.py"))]


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _ours(path):
    return [name for name in _imports(path) if name.split(".")[0] in PACKAGES]


@pytest.mark.parametrize(("package", "path"), FILES, ids=lambda value: getattr(value, "name", value))
def test_imports_follow_the_arrows(package, path):
    for name in _ours(path):
        top = name.split(".")[0]
        if package == "bengrn":
            assert top == "bengrn", f"the harness imports the plug-in {name}"
        elif top == "bengrn":
            assert name == "bengrn.plugin", f"a plug-in imports {name}"
        elif top == "scprint_model" and _MAY_USE_THE_MODEL in path.parents:
            continue
        else:
            assert top == package, f"{package} imports {name}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "bengrn" / "report").glob("*.py")), ids=lambda path: path.name
)
def test_report_needs_neither_runner_nor_plugins(path):
    allowed = ("bengrn.record", "bengrn.report", "bengrn.errors", "bengrn.metrics", "bengrn.whole")
    assert all(name.startswith(allowed) or name in PURE for name in _ours(path))


def test_there_are_no_import_cycles():
    modules = {
        ".".join((package, *path.relative_to(PACKAGES[package]).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path
        for package, path in FILES
    }
    graph = {}
    for module, path in modules.items():
        top_level = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
        names = {(node.module, alias.name) for node in top_level if node.module for alias in node.names}
        # `from package import module` leads to the module, not to the package
        graph[module] = {f"{a}.{b}" if f"{a}.{b}" in modules else a for a, b in names}
    done, path_now = set(), []

    def visit(module):
        assert module not in path_now, f"cycle: {' -> '.join([*path_now, module])}"
        if module in done or module not in graph:
            return
        path_now.append(module)
        for target in graph[module]:
            visit(target)
        path_now.pop()
        done.add(module)

    for module in graph:
        visit(module)


@pytest.mark.parametrize(("package", "path"), FILES, ids=lambda value: getattr(value, "name", value))
def test_no_file_is_over_300_lines(package, path):
    assert len(path.read_text().splitlines()) <= 300


def test_the_checkout_does_not_shadow_other_libraries():
    spec = importlib.util.find_spec("datasets")
    places = [] if spec is None else [spec.origin or "", *(spec.submodule_search_locations or [])]
    assert not any(str(ROOT) in place for place in places)


def test_help_is_quick_and_loads_nothing_heavy():
    code = """
import sys
sys.argv = ["bengrn", "--help"]
try:
    from bengrn.cli import main
    main()
except SystemExit:
    pass
heavy = {"torch", "scanpy", "anndata", "pandas", "scipy", "numpy", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    assert "run" in done.stdout
