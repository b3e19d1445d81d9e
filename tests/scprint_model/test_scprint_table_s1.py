"""The page on Table S1 has every row, claims none that is x there, and names only what exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scprint" / "table-s1.md").read_text()
ROWS = dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", PAGE, flags=re.MULTILINE)[1:])
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
TABLE = (
    "classification pretraining",
    "hierarchical classification",
    "denoising pretraining",
    "masking pretraining",
    "MVC pretraining",
    "AE pretraining",
    "large cell count GN inference",
    "zero-shot classification",
    "zero-shot batch correction",
    "zero-shot denoising",
    "genome-wide GN inference",
    "large input context",
    "raw count encoding",
    "very large model",
    "pretraining strategy and dataset",
    "low GPU/hours",
    "weighted random sampling",
    "protein encoding",
    "cross-species",
    "gene location encoding",
    "genome-wide input context, xtrimogene",
    "train/validate/test strategies",
    "flashattention2",
)
NOT_CLAIMED = {"large input context", "genome-wide input context, xtrimogene"}


def test_the_page_has_the_rows_of_the_table_in_its_order():
    assert tuple(name for name in ROWS if not name.startswith(":")) == TABLE


@pytest.mark.parametrize("row", TABLE)
def test_a_row_is_shown_by_a_test_or_marked_as_not_claimed(row):
    if row in NOT_CLAIMED:
        assert ROWS[row].startswith("**x**: not claimed.")
    else:
        assert "::test_" in ROWS[row]
        assert "**x**" not in ROWS[row]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part.removeprefix("scprint_model/"))
def test_a_named_test_exists(file, name):
    tree = ast.parse((ROOT / "tests" / file).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_test_is_named_in_another_form():
    assert PAGE.count("::") == len(re.findall(r"`[\w/]+\.py::test_\w+`", PAGE))
    files = re.findall(r"`([\w/]+\.py)`", PAGE)
    assert all((ROOT / "tests" / file).exists() for file in files)


def test_commands_and_configurations_of_the_page_exist():
    commands = re.findall(r"`scprint (\w+)([^`]*)`", PAGE)
    assert commands
    for command, rest in commands:
        tree = ast.parse((ROOT / "scprint_model" / "cli" / f"{command}.py").read_text())
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        parameters = {one.arg for node in functions for one in [*node.args.args, *node.args.kwonlyargs]}
        # typer makes an option of each parameter's name
        options = {name.replace("-", "_") for name in re.findall(r"--([\w-]+)", rest)}
        assert options <= parameters, command
        for name in re.findall(r"--config (\S+)", rest):
            assert (ROOT / "scprint_model" / "configs" / f"{name}.yaml").exists()
