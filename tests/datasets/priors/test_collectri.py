import csv
import gzip
import io
import os
from pathlib import Path

import pytest

from bengrn.plugin import gene_table
from bengrn_datasets.priors.collectri import MEMBERS, CollecTRI, expanded

needs_data = pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs the source: set BENGRN_DATA")
NOT_CURRENT = "names that are no current symbol (nothing left out)"


@pytest.fixture(scope="module")
def truth():
    return CollecTRI().load({})


def _content(place):
    path = Path(os.environ["BENGRN_DATA"]) / place
    packed = path.with_name(path.name + ".gz")
    if not path.is_file() and not packed.is_file():
        pytest.skip(f"{path.name} is not in BENGRN_DATA")
    return path.read_bytes() if path.is_file() else gzip.decompress(packed.read_bytes())


def _edge(truth, source, target, what="edges"):
    return getattr(truth, what)[truth.regulators.index(source), truth.targets.index(target)]


def test_every_listed_row_is_an_edge_of_its_own(truth):
    assert truth.edges.nnz == 43_178
    assert "pairs listed before" not in truth.losses


def test_1186_factors_regulate_6692_targets(truth):
    assert len(truth.regulators) == 1_186
    assert (truth.edges.sum(axis=0) > 0).sum() == 6_692


def test_every_pair_has_a_sign(truth):
    assert (truth.sign.data > 0).sum() == 37_360
    assert (truth.sign.data < 0).sum() == 5_818


def test_the_factor_is_the_row(truth):
    assert _edge(truth, "MYC", "TERT")
    assert not _edge(truth, "TP53", "TERT", "sign") > 0


def test_48_names_are_no_current_symbol(truth):
    genes = gene_table("human").genes
    strange = {*truth.regulators, *truth.targets} - set(genes)
    assert {name for name in truth.regulators if name in strange} == set(MEMBERS)
    assert sum(name.startswith("hsa-miR-") for name in strange) == 41
    assert truth.losses[NOT_CURRENT] == len(strange) == 48


def test_self_pairs_are_counted(truth):
    assert truth.losses["self-pairs"] == 462


def test_complexes_can_be_dropped(truth):
    without = CollecTRI(complexes="drop").load({})
    assert without.losses["pairs of a complex"] == 596 + 799
    assert without.edges.nnz == 43_178 - 1_395
    assert set(truth.regulators) - set(without.regulators) == set(MEMBERS)


def test_the_members_of_a_complex_regulate_what_it_does(truth):
    wide = CollecTRI(complexes="expand").load({})
    assert not set(MEMBERS) & {*wide.regulators, *wide.targets}
    for name, members in MEMBERS.items():
        (columns,) = truth.edges[[truth.regulators.index(name)]].sum(axis=0).nonzero()
        targets = [wide.targets.index(truth.targets[column]) for column in columns]
        rows = [wide.regulators.index(member) for member in members]
        assert wide.edges[rows][:, targets].nnz == len(rows) * len(targets)


def test_a_sign_of_a_members_own_wins_over_that_of_the_complex():
    rows = [("AP1", "MYC", 1), ("JUN", "MYC", -1), ("TP53", "AP1", 1)]
    wide = expanded(rows)
    assert wide.count(("JUN", "MYC", -1)) == 1
    assert ("JUN", "MYC", 0) in wide
    assert ("FOS", "MYC", 1) in wide
    assert ("TP53", "AP1", 1) in wide
    assert len(wide) == 9


def test_no_sign_contradicts_another_after_expansion():
    assert "contradictory signs" not in CollecTRI(complexes="expand").load({}).losses


def test_the_card_says_where_it_is_from(truth):
    assert truth.organism == "human"
    assert truth.directed
    assert all((truth.version, truth.licence, truth.citation))


@needs_data
def test_the_shipped_rows_are_those_of_the_source(truth):
    rows = csv.DictReader(io.StringIO(_content("collectri/collectri.csv").decode()))
    there = {(row["source"], row["target"]): int(row["weight"]) for row in rows}
    stored = truth.sign.tocoo()
    pairs = zip(stored.row, stored.col, stored.data, strict=True)
    assert there == {(truth.regulators[row], truth.targets[column]): sign for row, column, sign in pairs}


@needs_data
def test_the_members_are_those_that_omnipath_lists_for_collectri():
    import pyarrow.parquet as pq

    accessions = {one: gene.symbol for gene in gene_table("human").genes.values() for one in gene.uniprot}
    columns = ["source", "sources", "target"]
    table = pq.ParquetFile(io.BytesIO(_content("omnipath/omnipath.parquet"))).read(columns=columns)
    groups = {}
    for source, resources in zip(table["source"].to_pylist(), table["sources"].to_pylist(), strict=True):
        if source.startswith("COMPLEX:") and "CollecTRI" in str(resources):
            parts = source.removeprefix("COMPLEX:").split("_")
            groups[source] = {accessions.get(part, part) for part in parts}
    assert set().union(*groups.values()) == {member for members in MEMBERS.values() for member in members}
    assert all(any(group <= set(members) for members in MEMBERS.values()) for group in groups.values())
    assert len(groups) == 18 + 15
