"""What the package may import, and when: read off the syntax trees, and tried in a process of its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "scprint_model"
FILES = sorted(ROOT.rglob("*.py"))
# on every machine; anything else is imported inside the function that needs it
EVERYWHERE = {"torch", "numpy", "scipy", "scprint_model", *sys.stdlib_module_names}


def _name(path):
    return path.relative_to(ROOT.parent).as_posix()


def _top_level(tree):
    """Give the imports that run when the module is imported, those of type checkers left out."""
    nodes = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            nodes += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_importing_a_module_needs_torch_numpy_and_scipy_only(path):
    if path.name.endswith("_compiled.py") or path.parts[-2] == "cli":
        pytest.skip("imported by the function that needs it")
    assert {name.split(".")[0] for name in _top_level(ast.parse(path.read_text()))} <= EVERYWHERE


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_functions_are_short(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # the docstring of a public function documents each parameter: it does not count
            first = node.body[ast.get_docstring(node) is not None and len(node.body) > 1]
            assert node.body[-1].end_lineno - first.lineno < 40, node.name


def _loaded(statement):
    code = f"import sys; {statement}; print(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_package_itself_loads_no_torch():
    assert not {"torch", "numpy", "scipy"} & _loaded("import scprint_model, scprint_model.config")


def test_the_model_loads_nothing_of_the_single_cell_stack():
    heavy = {"anndata", "pandas", "h5py", "yaml", "safetensors", "numba", "transformers", "matplotlib"}
    assert not heavy & _loaded("import scprint_model.objective, scprint_model.sizes")


def test_public_names_can_be_asked_of_the_package():
    import scprint_model

    for name in scprint_model.__all__:
        assert getattr(scprint_model, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        scprint_model.Nothing  # noqa: B018 - the access is the test
