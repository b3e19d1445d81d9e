"""Bad input: one line that says what was found, expected and to do; exit code 2; nothing written."""

import numpy as np
import pytest

PEARSON = ("run", "--method", "pearson")


def _refused(ran, tmp_path, *said):
    assert ran.code == 2, ran.err
    lines = [line for line in ran.message.splitlines() if line]
    assert len(lines) == 1, ran.err
    for text in said:
        assert text in ran.message
    assert not (tmp_path / "reports").exists()


def test_unknown_method(bengrn, tmp_path):
    _refused(bengrn("run", "--method", "pearsn", "--truth", "omnipath"), tmp_path, "Did you mean 'pearson'?")


def test_unknown_truth(bengrn, tmp_path):
    _refused(bengrn(*PEARSON, "--truth", "omnipat"), tmp_path, "Did you mean 'omnipath'?")


def test_unknown_data_set(bengrn, tmp_path):
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", "pancrea")
    _refused(ran, tmp_path, "Did you mean 'pancreas'?")


def test_unknown_preset(bengrn, tmp_path):
    ran = bengrn("run", "--method", "genie3:papr", "--truth", "omnipath")
    _refused(ran, tmp_path, "no preset 'papr'", "'paper'")


def test_unknown_setting(bengrn, tmp_path):
    ran = bengrn("run", "--method", "genie3", "--truth", "omnipath", "--set", "ntree=5")
    _refused(ran, tmp_path, "ntree", "ntrees")


def test_setting_of_the_wrong_type(bengrn, tmp_path):
    ran = bengrn("run", "--method", "genie3", "--truth", "omnipath", "--set", "ntrees=many")
    _refused(ran, tmp_path, "'many'", "expected int")


def test_setting_without_a_value(bengrn, tmp_path):
    ran = bengrn("run", "--method", "genie3", "--truth", "omnipath", "--set", "ntrees")
    _refused(ran, tmp_path, "KEY=VALUE")


def test_missing_data_file(bengrn, tmp_path):
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", "absent.h5ad")
    _refused(ran, tmp_path, "There is no file absent.h5ad")


def test_truncated_data_file(bengrn, tmp_path, data_file):
    data_file.write_bytes(data_file.read_bytes()[:5000])
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", data_file)
    _refused(ran, tmp_path, "cannot be read as h5ad", "Is it whole?")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (np.log1p, "not whole numbers"),
        (lambda x: -x, "negative values"),
        (lambda x: np.where(x > 3, np.nan, x), "NaN"),
    ],
)
def test_data_without_counts(bengrn, tmp_path, counts, change, said):
    counts.layers["counts"] = counts.X.copy()
    counts.X = change(counts.X.toarray())
    counts.write_h5ad(tmp_path / "bad.h5ad")
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", tmp_path / "bad.h5ad")
    _refused(ran, tmp_path, said, "Use --layer counts")


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_duplicated_gene_names(bengrn, tmp_path, counts):
    counts.var_names = ["TP53", "TP53", *counts.var_names[2:]]
    counts.write_h5ad(tmp_path / "bad.h5ad")
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", tmp_path / "bad.h5ad")
    _refused(ran, tmp_path, "repeated", "'TP53' first")


def test_no_gene_shared_with_the_truth(bengrn, tmp_path, counts):
    counts.var_names = [f"Q{number}" for number in range(counts.n_vars)]
    counts.write_h5ad(tmp_path / "bad.h5ad")
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", tmp_path / "bad.h5ad")
    _refused(ran, tmp_path)


def test_fewer_than_two_regulators_shared(bengrn, tmp_path, counts, truth_file):
    counts[:, ["TP53", "MDM2", "BAX", "GATA1"]].copy().write_h5ad(tmp_path / "few.h5ad")
    ran = bengrn(*PEARSON, "--truth", truth_file, "--data", tmp_path / "few.h5ad")
    _refused(ran, tmp_path, "1 regulators", "expected at least 2")


def test_fewer_cells_than_the_minimum(bengrn, tmp_path, data_file):
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", data_file, "--cell-type", "B")
    _refused(ran, tmp_path, "40 cells of type 'B'", "expected at least 64", "--min-cells")


def test_cell_type_that_does_not_exist(bengrn, tmp_path, data_file):
    ran = bengrn(*PEARSON, "--truth", "omnipath", "--data", data_file, "--cell-type", "C")
    _refused(ran, tmp_path, "no cell type 'C'", "A (110)", "B (40)")


def test_number_that_is_none(bengrn, tmp_path):
    _refused(bengrn(*PEARSON, "--truth", "omnipath", "--genes", "some"), tmp_path, "--genes", "'all'")


def test_truth_file_without_columns(bengrn, tmp_path):
    (tmp_path / "t.tsv").write_text("a\tb\nTP53\tMDM2\n")
    _refused(bengrn(*PEARSON, "--truth", tmp_path / "t.tsv"), tmp_path, "expected source, target")


def test_unwritable_output_folder(bengrn, tmp_path, data_file, truth_file):
    (tmp_path / "reports").write_text("a file where the folder should be")
    ran = bengrn(*PEARSON, "--truth", truth_file, "--data", data_file)
    assert ran.code == 2
    assert "cannot be written" in ran.message
    assert "--out" in ran.message


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("source\ttarget\tweight\nTP53\tMDM2\t\n", "1 weights are missing or NaN"),
        ("source\ttarget\tweight\nTP53\tMDM2\tx\n", "expected numbers"),
        ("source\ttarget\tweight\nTP53\tMDM2\t1\nTP53\tMDM2\t2\n", "more than once, TP53 to MDM2"),
        ("a\tb\tc\nTP53\tMDM2\t1\n", "expected source, target, weight"),
        ("source\ttarget\tweight\n", "holds no edges"),
        ("source\ttarget\tweight\nQ1\tQ2\t1\nQ3\tQ4\t1\n", "shares 0 regulators"),
    ],
)
def test_network_file_that_cannot_be_scored(bengrn, tmp_path, truth_file, table, said):
    (tmp_path / "net.tsv").write_text(table)
    _refused(bengrn("score", tmp_path / "net.tsv", "--truth", truth_file), tmp_path, said)


def test_network_file_that_is_transposed(bengrn, tmp_path, truth_file):
    rows = [line.split("\t") for line in truth_file.read_text().splitlines()[1:]]
    only_targets = [(a, b) for a, b in rows if b not in {r[0] for r in rows}]
    text = "".join(f"{b}\t{a}\t1\n" for a, b in only_targets if b != "VEGFA")
    (tmp_path / "net.tsv").write_text("source\ttarget\tweight\n" + text)
    ran = bengrn("score", tmp_path / "net.tsv", "--truth", truth_file)
    _refused(ran, tmp_path, "Transposed?", "source (row) must be the regulator")


def test_network_file_with_genes_that_the_data_lack(bengrn, tmp_path, data_file, truth_file):
    (tmp_path / "net.tsv").write_text("source\ttarget\tweight\nTP53\tMDM2\t1\nMYC\tQ9\t2\n")
    ran = bengrn("score", tmp_path / "net.tsv", "--truth", truth_file, "--data", data_file)
    _refused(ran, tmp_path, "names 1 genes that the data do not have, 'Q9'")


def test_h5ad_without_a_network(bengrn, tmp_path, data_file, truth_file):
    _refused(bengrn("score", data_file, "--truth", truth_file), tmp_path, "has no varp['GRN']")


def test_h5ad_network_with_nan(bengrn, tmp_path, counts, truth_file):
    counts.varp["GRN"] = np.full((counts.n_vars, counts.n_vars), np.nan)
    counts.write_h5ad(tmp_path / "net.h5ad")
    _refused(bengrn("score", tmp_path / "net.h5ad", "--truth", truth_file), tmp_path, "NaN")


def test_method_file_that_is_missing(bengrn, tmp_path):
    ran = bengrn("run", "--method", "./absent.py", "--truth", "omnipath")
    _refused(ran, tmp_path, "absent.py")


def test_method_file_that_does_not_import(bengrn, tmp_path):
    (tmp_path / "broken.py").write_text("import absent_module\n")
    ran = bengrn("run", "--method", "./broken.py", "--truth", "omnipath")
    _refused(ran, tmp_path, "broken.py is not a usable plug-in", "absent_module")


def test_record_that_was_changed_by_hand(bengrn, tmp_path):
    (tmp_path / "reports" / "records").mkdir(parents=True)
    (tmp_path / "reports" / "records" / "abc-1.json").write_text("{}")
    ran = bengrn("report")
    assert ran.code == 2
    assert "not a whole record" in ran.message
