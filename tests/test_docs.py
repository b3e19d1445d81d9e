"""What the documents show is what the program does."""

import re
from pathlib import Path

import pytest

from bengrn.testing import CHECKS, find_method, validate_method

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs" / "add-a-method.md"]


def _method_of(page, tmp_path, change=lambda text: text):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)
    (code,) = [block for block in blocks if "@hookimpl" in block]
    path = tmp_path / "my_method.py"
    path.write_text(change(code))
    return path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_method_of_the_page_is_valid(page, tmp_path):
    method = find_method(str(_method_of(page, tmp_path)))
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_transposed_twin_is_not(page, tmp_path):
    def transpose(code):
        turned = code.replace(
            "Network(scores_RG, tuple(regulators), tuple(adata.var_names))",
            "Network(scores_RG.T, tuple(adata.var_names), tuple(regulators))",
        )
        assert turned != code
        return turned

    method = find_method(str(_method_of(page, tmp_path, transpose)))
    outcome = validate_method(method, "rows-are-regulators")
    assert outcome.result == "failed"
    assert "Transposed?" in outcome.message


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_the_page_exist(page, bengrn):
    commands = set(re.findall(r"^(?:\.venv/bin/)?bengrn (\w+)", page.read_text(), flags=re.MULTILINE))
    assert commands
    for command in commands:
        assert bengrn(command, "--help").code == 0


def test_relative_links_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_pyproject_pins_every_direct_dependency():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        # flash-attn is built against the CUDA and the torch that are there
        *(
            one
            for name, extra in project["optional-dependencies"].items()
            if name != "flash"
            for one in extra
        ),
    ]
    names = {re.split(r"[<>=\[; ]", one)[0] for one in wanted} - {"bengrn"}
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert not {name.lower().replace("_", "-") for name in names} - {name.lower() for name in pinned}
