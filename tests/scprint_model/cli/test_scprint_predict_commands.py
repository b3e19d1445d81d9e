"""`scprint embed`, `denoise`, `gninfer` and `convert`, as a user calls them."""

import sys

import anndata
import h5py
import numpy as np
import pytest
import torch

from scprint_model.checkpoint.ours import load, save
from scprint_model.cli import inputs, main, outputs
from scprint_model.errors import ConfigError, ScprintError


@pytest.fixture
def folder(tiny_pretrained, tiny_adata, tmp_path):
    """Make a folder with a model, and cells of two kinds with symbols."""
    made = tiny_pretrained()
    save(tmp_path / "model", made.model, vocabulary=made.vocabulary, labels=made.labels)
    adata = tiny_adata(cells=20)
    adata.obs["cell_type"] = ["CL:0", "CL:10"] * 10
    adata.write_h5ad(tmp_path / "cells.h5ad")
    return tmp_path


@pytest.fixture
def scprint(folder, monkeypatch, capsys):
    """Run a command on the model and the cells; gives exit code, output, errors."""

    def run(*arguments, both=True):
        given = (
            ["--adata", "cells.h5ad", "--checkpoint", "model", "--quiet", "--device", "cpu"] if both else []
        )
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["scprint", *arguments, *given])
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        else:
            code = 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_embed_writes_embedding_and_labels_and_says_how_many_are_right(scprint, folder):
    code, out, err = scprint(
        "embed", "--out", "out.h5ad", "--token", "cell_type", "--truth", "cell_type=cell_type", "--batch", "7"
    )
    assert code == 0, err
    assert "cell_type: " in out
    assert "of 20 cells right" in out
    assert "24 of 26 genes known to the model" in err
    found = anndata.read_h5ad(folder / "out.h5ad")
    assert found.obsm["scprint_emb"].shape == (20, 16)
    assert {"pred_cell_type", "pred_sex"} <= set(found.obs)
    np.testing.assert_array_equal(found.X.toarray(), anndata.read_h5ad(folder / "cells.h5ad").X.toarray())


@pytest.mark.parametrize(
    ("options", "layers"),
    [
        (["--times", "2"], {"scprint_mu", "scprint_theta", "scprint_pi"}),
        (
            ["--generate", "--genes", "random expressed", "--context", "9"],
            {"scprint_mu", "scprint_theta", "scprint_pi"},
        ),
        (["--generate", "--times", "2"], {"scprint_mu", "scprint_theta", "scprint_pi"}),
        (["--impute", "GENE3", "--genes", "all"], set()),
        (["--impute", "GENE3"], set()),  # which is among the variable genes that would be shown
    ],
    ids=["denoise", "generate", "generate deeper", "impute", "impute one of the shown"],
)
def test_denoise_writes_layers_or_imputed_genes(options, layers, scprint, folder):
    code, _, err = scprint("denoise", "--out", "out.h5ad", *options)
    assert code == 0, err
    found = anndata.read_h5ad(folder / "out.h5ad")
    assert set(found.layers) == layers
    assert ("scprint_imputed" in found.obsm) == (not layers)


@pytest.mark.parametrize("suffix", ["h5ad", "tsv", "parquet"])
def test_gninfer_writes_what_other_tools_read(suffix, scprint, folder):
    import pandas as pd

    code, out, err = scprint(
        "gninfer", "--out", f"net.{suffix}", "--cell-type", "CL:10", "--genes", "expressed", "--context", "9"
    )
    assert code == 0, err
    assert "9 regulators x 9 targets" in out
    path = folder / f"net.{suffix}"
    if suffix == "h5ad":
        found = anndata.read_h5ad(path)
        assert found.varp["GRN"].shape == (9, 9)
        assert found.uns["scprint"]["cells"] == 10
        assert set(found.var["cells"]) == {10}
        return
    table = pd.read_parquet(path) if suffix == "parquet" else pd.read_csv(path, sep="\t")
    assert list(table) == ["source", "target", "weight"]
    assert len(table) == 9 * 8
    assert table["weight"].is_monotonic_decreasing


def test_file_and_table_hold_the_same_edges_in_the_same_direction(scprint, folder):
    import pandas as pd

    for name in ("net.h5ad", "net.csv"):
        scprint("gninfer", "--out", name, "--genes", "all", "--top", "2", "--least", "uniform")
    square = anndata.read_h5ad(folder / "net.h5ad")
    table = pd.read_csv(folder / "net.csv")
    first = table.iloc[0]
    row, column = (list(square.var_names).index(first[end]) for end in ("source", "target"))
    assert square.varp["GRN"][row, column] == pytest.approx(first["weight"], rel=1e-6)


def test_a_truth_that_names_no_label_is_not_scored(scprint):
    code, out, _ = scprint("embed", "--out", "out.h5ad", "--truth", "sex=cell_type")
    assert code == 0
    assert "sex: not scored" in out


def _write_half(target):
    with outputs.aside(target) as path:
        path.write_text("half")
        raise OSError(28, "No space left on device")


def test_a_result_that_cannot_be_written_leaves_what_stood_there(tmp_path):
    (tmp_path / "out.h5ad").write_text("before")
    with pytest.raises(ScprintError, match=r"out\.h5ad cannot be written: No space"):
        _write_half(tmp_path / "out.h5ad")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize(
    ("name", "message"), [("mps", "not supported"), ("meta", "not supported"), ("x", "no device")]
)
def test_a_device_that_is_none_is_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        inputs.device_of(name)


def test_gninfer_writes_a_file_per_head(scprint, folder):
    code, out, _ = scprint("gninfer", "--out", "heads", "--heads", "--genes", "all", "--mean", "attention")
    assert (code, "4 heads" in out) == (0, True)
    names = sorted(path.name for path in (folder / "heads").iterdir())
    assert names == [f"layer{layer}.head{head}.h5ad" for layer in range(2) for head in range(2)]


def test_progress_is_shown_on_stderr_alone(capsys):
    assert list(inputs.bars(quiet=False)(range(3), "batches", 3)) == [0, 1, 2]
    assert not capsys.readouterr().out


def test_convert_makes_a_folder_of_ours(scprint, folder):
    code, out, err = scprint(
        "convert", "model", "again", "--table", "float16", "--adata", "cells.h5ad", both=False
    )
    assert code == 0, err
    assert "30 genes, 2 classes" in out
    again, before = load(folder / "again"), load(folder / "model")
    assert torch.equal(again.model.transformer.norm.weight, before.model.transformer.norm.weight)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["embed", "--out", "out.txt"], "'.txt'"),
        (["embed", "--out", "nowhere/out.h5ad"], "no folder nowhere"),
        (["embed", "--out", "out.h5ad", "--how", "best"], "how is 'best'"),
        (["embed", "--out", "out.h5ad", "--class", "tissue"], "no class 'tissue'"),
        (["embed", "--out", "out.h5ad", "--organism", "mouse"], "set the organism"),
        (["embed", "--out", "out.h5ad", "--layer", "raw"], "no layer 'raw'"),
        (["embed", "--out", "out.h5ad", "--truth", "sex=gender"], "no column 'gender'"),
        (["embed", "--out", "out.h5ad", "--truth", "tissue=cell_type"], "no class 'tissue'"),
        (["embed", "--out", "cells.h5ad"], "is the file that is read"),
        (["gninfer", "--out", "cells.h5ad"], "is the file that is read"),
        (["gninfer", "--out", "net.tsv", "--max-cells", "0"], "number of cells is 0"),
        (["gninfer", "--out", "net.tsv", "--least", "nan"], "least is no number"),
        (["gninfer", "--out", "heads", "--heads", "--layers", "7"], "the model has 0 to 1"),
        (["denoise", "--out", "out.h5ad", "--impute", "GENE1", "--times", "2"], "leave out times"),
        (["denoise", "--out", "out.h5ad", "--genes", "best"], "variable, expressed, all, random expressed"),
        (["embed", "--out", "out.h5ad", "--attention", "warp"], "no attention 'warp'"),
        (["embed", "--out", "out.h5ad", "--attention", "flash"], "CUDA"),
        (["denoise", "--out", "out.h5ad", "--times", "0"], "times is 0"),
        (["denoise", "--out", "out.h5ad", "--generate", "--impute", "GENE1"], "one of them"),
        (["denoise", "--out", "out.h5ad", "--impute", "@absent"], "absent cannot be read"),
        (["denoise", "--out", "out.h5ad", "--genes", "all", "--context", "9"], "more than the context of 9"),
        (["gninfer", "--out", "net.xlsx"], "'.xlsx'"),
        (["gninfer", "--out", "net.tsv", "--cell-type", "CL:7"], "No cell is a 'CL:7'"),
        (["gninfer", "--out", "net.tsv", "--cell-type", "CL:0", "--column", "kind"], "no column 'kind'"),
        (["gninfer", "--out", "net.tsv", "--genes", "@absent"], "absent cannot be read"),
        (["gninfer", "--out", "net.tsv", "--layers", "one"], "layers is 'one'"),
        (["gninfer", "--out", "net.tsv", "--least", "few"], "least is 'few'"),
        (["gninfer", "--out", "net.tsv", "--layers", "7"], "the model has 0 to 1"),
        (["gninfer", "--out", "net.tsv", "--genes", "different"], "other cells"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments, message, scprint, folder):
    code, _, err = scprint(*arguments)
    assert code == 2
    last = err.strip().splitlines()[-1]
    assert last.startswith("scprint: ")
    assert message in last
    assert sorted(path.name for path in folder.iterdir()) == ["cells.h5ad", "model"]  # nothing half-written
    assert "Traceback" not in err


@pytest.mark.filterwarnings("ignore:.*very old version")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "gigantic", "out"], "'gigantic'"),
        (["convert", "model", "model"], "exists already"),
        (["convert", "model", "out", "--table", "int8"], "table is 'int8'"),
        (
            ["embed", "--adata", "absent.h5ad", "--out", "o.h5ad", "--checkpoint", "model"],
            "no file absent.h5ad",
        ),
        (["embed", "--adata", "model/model.json", "--out", "o.h5ad"], "cannot be read as h5ad"),
        (["embed", "--adata", "cells.h5ad.gz", "--out", "o.h5ad"], "unpack it"),
        (["embed", "--adata", "odd.h5ad", "--out", "o.h5ad"], "cannot be read as h5ad"),
    ],
)
def test_files_that_are_no_model_or_no_cells_are_one_line(arguments, message, scprint, folder):
    (folder / "cells.h5ad.gz").write_bytes(b"")
    with h5py.File(folder / "odd.h5ad", "w") as odd:
        odd.update({"obs": np.arange(3), "var": np.arange(3)})
    code, _, err = scprint(*arguments, both=False)
    assert code == 2
    assert message in err.strip().splitlines()[-1]
