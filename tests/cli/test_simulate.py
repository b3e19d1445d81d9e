"""Simulated cells, written with the network that they were made from."""

import json
import os

import anndata
import pytest

from bengrn.errors import SettingError
from bengrn.registry import build_registry
from bengrn.request import Request, parse_named
from bengrn.resolve import choose_all
from bengrn.truth_table import read_truth

NETWORK = "source\ttarget\tsign\nM1\tA\t1\nM2\tA\t-1\nA\tB\t1\nM1\tC\t1\nA\tC\t-1\n"
CYCLE = NETWORK + "B\tM1\t1\n"


def _simulate(bengrn, tmp_path, text=NETWORK, *more):
    (tmp_path / "net.tsv").write_text(text)
    return bengrn(
        "simulate", "sergio", "--set", f"network={tmp_path / 'net.tsv'}", "--set", "cells=150",
        "--out", tmp_path / "sim", *more,
    )  # fmt: skip


def test_cells_and_network_are_written_and_can_be_scored(bengrn, tmp_path):
    ran = _simulate(bengrn, tmp_path)
    assert ran.code == 0, ran.err
    adata = anndata.read_h5ad(tmp_path / "sim" / "data.h5ad")
    truth = read_truth(tmp_path / "sim" / "truth.parquet")
    assert adata.n_obs == 150
    assert set(truth.targets) == set(adata.var_names) == {"M1", "M2", "A", "B", "C"}
    assert (truth.edges.nnz, truth.organism) == (5, "simulated")
    scored = bengrn(
        "run", "--method", "pearson", "--truth", tmp_path / "sim" / "truth.parquet",
        "--data", tmp_path / "sim" / "data.h5ad", "--out", tmp_path / "reports",
    )  # fmt: skip
    assert scored.code == 0, scored.err


def test_the_same_seed_writes_the_same_cells_and_another_others(bengrn, tmp_path):
    found = []
    for seed in ("1", "1", "2"):
        assert _simulate(bengrn, tmp_path, NETWORK, "--set", f"seed={seed}").code == 0
        found.append(anndata.read_h5ad(tmp_path / "sim" / "data.h5ad").X.toarray().tolist())
    assert found[0] == found[1] != found[2]


def test_a_cyclic_network_is_one_line_that_says_what_to_do(bengrn, tmp_path):
    ran = _simulate(bengrn, tmp_path, CYCLE)
    assert ran.code == 2
    assert "cycle" in ran.message
    assert "acyclic=remove" in ran.message
    assert not (tmp_path / "sim").exists()


def test_a_cycle_can_be_removed_and_is_not_in_the_truth(bengrn, tmp_path):
    ran = _simulate(bengrn, tmp_path, CYCLE, "--set", "acyclic=remove")
    assert ran.code == 0, ran.err
    assert read_truth(tmp_path / "sim" / "truth.parquet").edges.nnz == 5


@pytest.mark.parametrize(("name", "said"), [("pancreas", "no simulated data set"), ("nope", "no data set")])
def test_what_is_not_simulated_is_refused(bengrn, name, said):
    ran = bengrn("simulate", name)
    assert ran.code == 2
    assert said in ran.message


@pytest.mark.skipif("BENGRN_DATA" not in os.environ, reason="BENGRN_DATA names no folder of real files")
def test_a_preset_of_the_cells_is_one_of_the_truth_too(bengrn, tmp_path):
    ran = bengrn("simulate", "sergio-regnetwork:published", "--out", tmp_path / "sim")
    assert ran.code == 0, ran.err
    adata = anndata.read_h5ad(tmp_path / "sim" / "data.h5ad")
    truth = read_truth(tmp_path / "sim" / "truth.parquet")
    assert set(truth.targets) == set(adata.var_names)
    assert json.loads(adata.uns["simulated"])["settings"]["network"] == "published"


def _chosen(truth, data=None):
    request = Request(
        methods=(parse_named("pearson"),),
        truths=(parse_named(truth),),
        data=parse_named(data) if data else None,
    )
    return choose_all(build_registry(), request, [])


def test_a_preset_of_a_truth_chooses_the_cells_that_are_simulated_from_it():
    chosen = _chosen("sergio-regnetwork:hard")
    assert chosen.data[0].instance.level == "hard"


def test_cells_simulated_from_another_network_are_refused():
    with pytest.raises(SettingError, match="has network=strict, its data network=published"):
        _chosen("sergio-regnetwork", "sergio-regnetwork:published")
