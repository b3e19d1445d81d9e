"""`bengrn score`: networks from elsewhere, named as the data are, and answered from the store."""

import json

import numpy as np
import pytest

from bengrn.registry import build_registry
from bengrn.request import Named, Request, Scoring, Selection
from bengrn.store import Store

SMALL = ("--nulls", "3", "--draws", "200", "--json")


def _record(ran):
    assert ran.code == 0, ran.err
    (line,) = ran.out.splitlines()
    return json.loads(line)


def _value(record, metric):
    return record["scores"]["strict"][metric]["value"]


def _dense(adata, seed=0):
    """Give data a network of random scores."""
    adata.varp["GRN"] = np.random.default_rng(seed).random((adata.n_vars, adata.n_vars), dtype=np.float32)
    return adata


@pytest.fixture
def pancreas(bengrn, tmp_path):
    """Return the shipped data as a user has them: a network of all pairs in a file."""
    from bengrn.resolve import choose
    from bengrn.sources import load_data

    adata = load_data(choose(build_registry(), "data set", Named("pancreas")))
    del adata.X
    return _dense(adata)


def test_a_network_named_as_the_data_scores_like_one_with_current_symbols(bengrn, tmp_path, pancreas):
    task = ("--truth", "omnipath", "--data", "pancreas", "--nulls", "1", "--draws", "10", "--json")
    pancreas.write_h5ad(tmp_path / "ensembl.h5ad")
    by_id = _record(bengrn("score", tmp_path / "ensembl.h5ad", *task))
    pancreas.var_names = pancreas.var["symbol"].astype(str).to_numpy()
    pancreas.write_h5ad(tmp_path / "symbol.h5ad")
    by_symbol = _record(bengrn("score", tmp_path / "symbol.h5ad", *task))
    assert by_id["scores"] == by_symbol["scores"]
    assert _value(by_id, "coverage") == 1
    assert "23 genes of the network have no name of their own" in by_id["warnings"][0]
    assert by_id["key"] != by_symbol["key"]


@pytest.fixture
def old(counts):
    """Return data with a previous symbol, an Ensembl id, and an id that nobody knows."""
    new = {"CXCL8": "IL8", "TP53": "ENSG00000141510.18", "GATA2": "ENSG00000999999"}
    counts.var_names = [new.get(name, name) for name in counts.var_names]
    return _dense(counts)


def test_a_network_inside_the_data_themselves_is_scored(bengrn, tmp_path, old, truth_file):
    old.write_h5ad(tmp_path / "both.h5ad")
    task = ("--truth", truth_file, "--data", tmp_path / "both.h5ad", *SMALL)
    record = _record(bengrn("score", tmp_path / "both.h5ad", *task))
    assert _value(record, "coverage") == 1
    assert any(
        text.startswith("1 genes of the network") and "; 119 of" in text for text in record["warnings"]
    )


@pytest.mark.parametrize("name", ["IL8", "CXCL8", "ENSG00000169429"])
def test_a_gene_is_found_under_each_of_its_names(bengrn, tmp_path, old, truth_file, name):
    old.write_h5ad(tmp_path / "data.h5ad")
    (tmp_path / "net.tsv").write_text(f"source\ttarget\tweight\nRELA\t{name}\t3\nJUN\tFOS\t2\n")
    task = ("--truth", truth_file, "--data", tmp_path / "data.h5ad", *SMALL)
    record = _record(bengrn("score", tmp_path / "net.tsv", *task))
    assert _value(record, "n_predicted") == 2
    assert _value(record, "precision") == 1


def _table(path, *rows):
    path.write_text("source\ttarget\tweight\n" + "".join(f"{a}\t{b}\t{w}\n" for a, b, w in rows))
    return path


def test_of_two_names_of_a_gene_the_task_s_own_counts(bengrn, tmp_path, data_file, truth_file):
    rows = [("RELA", "IL8", 3), ("RELA", "CXCL8", 2), ("JUN", "FOS", 1), ("JUN", "CXCL8", 4)]
    task = ("--truth", truth_file, "--data", data_file, *SMALL)
    record = _record(bengrn("score", _table(tmp_path / "net.tsv", *rows), *task))
    assert _value(record, "n_predicted") == 3
    assert any("1 of its pairs are left out" in text for text in record["warnings"])


def test_two_names_of_a_gene_neither_of_which_is_the_task_s_are_refused(
    bengrn, tmp_path, data_file, truth_file
):
    rows = [("RELA", "IL8", 3), ("RELA", "ENSG00000169429", 2), ("JUN", "FOS", 1)]
    ran = bengrn("score", _table(tmp_path / "net.tsv", *rows), "--truth", truth_file, "--data", data_file)
    assert ran.code == 2
    assert "names the gene 'CXCL8' more than once, 'ENSG00000169429' first" in ran.message
    assert len(ran.message.splitlines()) == 1


def test_an_outside_network_of_transposed_ids_is_refused(bengrn, tmp_path, data_file, truth_file):
    rows = [("ENSG00000135679", "ENSG00000141510", 1), ("ENSG00000169429", "ENSG00000173039", 2)]
    ran = bengrn("score", _table(tmp_path / "net.tsv", *rows), "--truth", truth_file, "--data", data_file)
    assert ran.code == 2
    assert "Transposed?" in ran.message


OWN = (("TP53", "MDM2", 3), ("MYC", "E2F1", 2), ("MYC", "MDM2", 1))


def test_the_same_network_again_is_answered_from_the_store(bengrn, tmp_path, truth_file):
    net = _table(tmp_path / "net.tsv", *OWN)
    first = _record(bengrn("score", net, "--truth", truth_file, *SMALL))
    assert _record(bengrn("score", net, "--truth", truth_file, *SMALL)) == first
    assert len(list((tmp_path / "reports" / "records").iterdir())) == 1


def _score(tmp_path, registry, truth_file, **more):
    from bengrn.execute.outside import score_outside

    request = Request((), (Named(str(truth_file)),), None, Selection(), scoring=Scoring(2, 50))
    return score_outside(tmp_path / "net.tsv", request, registry, Store(tmp_path / "out"), (), **more)


def test_forced_it_is_scored_anew(tmp_path, truth_file):
    _table(tmp_path / "net.tsv", *OWN)
    for force in (False, True):
        _score(tmp_path, build_registry(), truth_file, force=force)
    assert len(list((tmp_path / "out" / "records").iterdir())) == 2


def test_networks_of_other_genes_have_other_tasks(tmp_path, truth_file):
    _table(tmp_path / "net.tsv", *OWN)
    (first,) = _score(tmp_path, build_registry(), truth_file)
    _table(tmp_path / "net.tsv", *OWN, ("JUN", "FOS", 1))
    (second,) = _score(tmp_path, build_registry(), truth_file)
    assert first.task["digest"] != second.task["digest"]


def test_a_metric_of_a_plugin_scores_a_network_from_elsewhere(tmp_path, truth_file):
    from bengrn.metrics import overlap
    from bengrn.metrics.metric import Metric
    from bengrn.registry import Declared

    half = Metric("half", "1", lambda ranking: ranking.n_pairs / 2, "half", 0, "half", (0, 1e9), "a test")
    registry = build_registry()
    _table(tmp_path / "net.tsv", *OWN)
    (plain,) = _score(tmp_path, registry, truth_file)
    registry.declared.append(Declared("metric", "half", "other", "1", half, overlap))
    (record,) = _score(tmp_path, registry, truth_file)
    assert record.value("half") == record.value("n_candidates") / 2
    assert record.key != plain.key


@pytest.mark.parametrize("with_data", [True, False])
def test_a_truth_of_self_pairs_only_is_refused(bengrn, tmp_path, data_file, with_data):
    (tmp_path / "loops.tsv").write_text("source\ttarget\nTP53\tTP53\nMYC\tMYC\n")
    net = _table(tmp_path / "net.tsv", *OWN)
    data = ("--data", data_file) if with_data else ()
    ran = bengrn("score", net, "--truth", tmp_path / "loops.tsv", *data)
    assert ran.code == 2
    assert "all 2 pairs are self-pairs" in ran.message
