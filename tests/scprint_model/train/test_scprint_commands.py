"""The program: fit, test and config, from the outside."""

import json
import os
import subprocess
import sys
from functools import partial

import pytest


def run_program(folder, *arguments, code=0):
    """Run the program in a folder."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scprint_model", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def scprint(tmp_path):
    """Run the program in an empty folder."""
    return partial(run_program, tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_corpus):
    """Train as a user would; return the folder that holds the run, and what was said."""
    folder = tmp_path_factory.mktemp("fit")
    settings = ["model.d_model=16", "model.layers=1", "model.heads=2", "data.context=20", "data.batch=8"]
    settings += ["data.test_datasets=set2", "data.validation=0.2", "train.threads=1", "out=run"]
    layers = ["--config", "base", "-c", "MLM", "--set", "train.steps=3"]
    return folder, run_program(folder, "fit", *layers, f"corpus={tiny_corpus}", *settings)


def test_help_loads_nothing_heavy():
    code = """
import sys
sys.argv = ["scprint", "--help"]
try:
    from scprint_model.cli import main
    main()
except SystemExit:
    pass
heavy = {"torch", "anndata", "pandas", "scipy", "numpy", "yaml", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    for name in ("fit", "test", "embed", "denoise", "gninfer", "convert", "corpus", "config"):
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize(
    "name", ["fit", "test", "embed", "denoise", "gninfer", "convert", "corpus", "config"]
)
def test_every_command_has_help_and_loads_no_torch_for_it(name):
    code = f"""
import sys
sys.argv = ["scprint", "{name}", "--help"]
try:
    from scprint_model.cli import main
    main()
except SystemExit as end:
    assert not end.code
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True)


def test_fit_prints_the_model_and_how_far_it_is(trained):
    folder, said = trained
    assert said.stdout == "run/model\n"
    assert "3/3 loss" in said.stderr
    assert "mask 0.3/expression" in (folder / "run/log.csv").read_text()


def test_test_prints_a_table_of_the_held_out_cells(trained):
    table = run_program(trained[0], "test", "run", "--batch", 8).stdout
    for word in ("cells of set2", "mask 0.3/expression", "majority", "Spearman", "untrained"):
        assert word in table


def test_test_prints_json_of_any_data_set(trained):
    values = json.loads(run_program(trained[0], "test", "run/model", "--dataset", "all", "--json").stdout)
    assert values["cells"] == 60
    assert set(values["denoising"]) == {"entries", "noisy", "model", "untrained", "gain"}


def test_a_data_set_that_does_not_exist_is_refused(trained):
    done = run_program(trained[0], "test", "run", "--dataset", "lung", code=2)
    assert done.stderr == "scprint: The corpus has no data set 'lung'; it has set0, set1, set2.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "corpus=c"], "scprint: No folder for the run is given: add out=FOLDER."),
        (
            ["fit", "out=o"],
            "scprint: No corpus is given: add corpus=FOLDER (`scprint corpus build` makes one).",
        ),
        (["fit", "out=o", "corpus=here"], "scprint: here holds no corpus"),
        (["fit", "out=o", "corpus=c", "train.step=3"], "did you mean train.steps?"),
        (["fit", "--config", "tiny", "out=o"], "scprint: There is no configuration 'tiny'"),
        (["config", "-c", "base", "data.hou=x"], "did you mean data.how?"),
        (["test", "nothing"], "scprint: "),
    ],
)
def test_bad_input_is_one_line_and_exit_2(scprint, arguments, message):
    done = scprint(*arguments, code=2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_config_lists_and_prints(scprint, tmp_path):
    assert "noPE" in scprint("config").stdout
    printed = scprint("config", "--config", "base", "--config", "large", "train.steps=7").stdout
    (tmp_path / "mine.yaml").write_text(printed)
    again = scprint("config", "--config", "mine.yaml", "--json").stdout
    values = json.loads(again)
    assert values["model"]["layers"] == 16
    assert values["train"]["steps"] == 7
