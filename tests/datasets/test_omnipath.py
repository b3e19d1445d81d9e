import os
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bengrn_datasets.omnipath import OmniPath, name_kind, shipped_edges, shipped_members


@pytest.fixture(scope="module")
def rows():
    table = shipped_edges()
    for column in ("source", "target", "type"):
        table = table.set_column(table.column_names.index(column), column, table[column].cast("string"))
    return table.to_pandas()


@pytest.fixture(scope="module")
def pairs(rows):
    return rows[["source", "target"]].drop_duplicates()


@pytest.fixture(scope="module")
def truth():
    return OmniPath(accessions="drop").load({})


def edges_of(truth):
    found = truth.edges.tocoo()
    return {(truth.regulators[r], truth.targets[t]) for r, t in zip(found.row, found.col, strict=True)}


def test_the_shipped_file_holds_every_row_of_the_snapshot(rows):
    assert len(rows) == 278_579


def test_the_rows_are_273556_unique_ordered_pairs(pairs):
    assert len(pairs) == 273_556


def test_the_names_are_18968_of_which_8896_are_sources(rows):
    assert len({*rows["source"], *rows["target"]}) == 18_968
    assert rows["source"].nunique() == 8_896


def test_the_types_are_counted_as_published(rows):
    assert rows["type"].value_counts().to_dict() == {
        "post_translational": 134_282,
        "transcriptional": 128_218,
        "post_transcriptional": 11_118,
        "mirna_transcriptional": 4_961,
    }


def test_74541_rows_have_a_complex_as_source(rows):
    assert rows["source"].str.startswith("COMPLEX:").sum() == 74_541


def test_four_pairs_are_self_loops(pairs):
    assert (pairs["source"] == pairs["target"]).sum() == 4


def test_138570_pairs_over_12544_names_lie_between_plain_symbols(pairs):
    plain = pairs[pairs.map(name_kind).eq("symbol").all(axis=1)]
    assert len(plain) == 138_570
    assert len({*plain["source"], *plain["target"]}) == 12_544


def test_without_accessions_the_truth_is_the_pairs_between_plain_symbols(truth, pairs):
    plain = pairs[pairs.map(name_kind).eq("symbol").all(axis=1)]
    assert edges_of(truth) == set(plain.itertuples(index=False, name=None))
    assert len(truth.targets) == 12_544


def test_every_row_is_an_edge_or_a_named_loss(truth):
    assert truth.edges.nnz + sum(truth.losses.values()) - truth.losses["self-pairs"] == 278_579
    assert set(truth.losses) == {
        "complexes",
        "miRNAs",
        "unmapped accessions",
        "self-pairs",
        "pairs listed before",
    }


def test_regulators_are_the_names_with_an_edge(truth):
    assert (np.diff(truth.edges.indptr) > 0).all()


def test_the_published_universe_is_every_plain_name_on_both_sides(rows):
    published = OmniPath(**OmniPath.presets["published"]).load({})
    names = {*rows["source"], *rows["target"]}
    assert published.regulators == published.targets
    assert set(published.targets) == {name for name in names if name_kind(name) in {"symbol", "accession"}}


def test_transcriptional_keeps_that_type_only(rows):
    truth = OmniPath(interactions="transcriptional", accessions="drop").load({})
    chosen = rows[rows["type"] == "transcriptional"][["source", "target"]]
    plain = chosen[chosen.map(name_kind).eq("symbol").all(axis=1)].drop_duplicates()
    assert truth.edges.nnz == len(plain)


def test_a_reference_limit_keeps_rows_that_reach_it(rows):
    truth = OmniPath(min_references=3, accessions="drop").load({})
    chosen = rows[rows["n_references"] >= 3][["source", "target"]]
    plain = chosen[chosen.map(name_kind).eq("symbol").all(axis=1)].drop_duplicates()
    assert truth.edges.nnz == len(plain)


def test_expanding_a_complex_adds_its_members(rows):
    targets = set(rows[rows["source"] == "COMPLEX:NFKB1_RELA"]["target"])
    target = next(one for one in sorted(targets) if name_kind(one) == "symbol")
    assert {("NFKB1", target), ("RELA", target)} <= edges_of(OmniPath(complexes="expand").load({}))


def test_members_given_as_accessions_become_symbols():
    assert shipped_members()["COMPLEX:P11802_Q8N726"] == ("CDK4", "CDKN2A")


def test_expanding_loses_no_pair_between_plain_symbols(truth):
    assert edges_of(truth) < edges_of(OmniPath(complexes="expand").load({}))


def test_mapping_accessions_brings_back_tp53_and_its_like(truth):
    mapped = OmniPath().load({})
    assert not {"TP53", "REST", "P2RY12"} & set(truth.targets)
    assert {"TP53", "REST"} <= set(mapped.regulators)
    assert "P2RY12" in mapped.targets


def test_mapped_accessions_never_end_as_accessions_or_complexes():
    names = OmniPath(complexes="expand").load({}).targets
    strange = [one for one in names if name_kind(one) != "symbol"]
    assert set(strange) <= {one for symbols in shipped_members().values() for one in symbols}
    assert not [one for one in names if one.startswith(("COMPLEX", "MIMAT"))]


def test_signs_stand_at_edges_only_and_follow_the_rows(truth, rows):
    assert set(np.unique(truth.sign.data)) == {-1, 1}
    assert (truth.sign.astype(bool) > truth.edges).nnz == 0
    found = truth.sign.tocoo()
    kept = rows[rows["sign"] != 0].groupby(["source", "target"], observed=True)["sign"].agg(["min", "max"])
    for r, t, sign in list(zip(found.row, found.col, found.data, strict=True))[::997]:
        agreed = kept.loc[(truth.regulators[r], truth.targets[t])]
        assert agreed["min"] == agreed["max"] == sign


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("TP53", "symbol"),
        ("C4B_2", "symbol"),
        ("HLA-A", "symbol"),
        ("P04637", "accession"),
        ("A0A024RBG1", "accession"),
        ("P2RY12", "accession"),
        ("MIMAT0000062", "mirna"),
        ("COMPLEX:NFKB1_RELA", "complex"),
    ],
)
def test_names_are_told_apart_by_spelling(name, kind):
    assert name_kind(name) == kind


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="expected 0 or more"):
        OmniPath(min_references=-1)


def test_settings_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="relax the settings"):
        OmniPath(min_references=60_000).load({})


def test_loading_needs_neither_pandas_nor_omnipath():
    code = (
        "import sys; from bengrn_datasets.omnipath import OmniPath; OmniPath().load({}); "
        "print({'pandas', 'omnipath'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs the snapshot: set BENGRN_DATA")
def test_the_shipped_rows_are_those_of_the_snapshot(rows):
    from bengrn.fetch import fetch
    from bengrn.values import Remote

    sha256 = "b47f3cd4120b92f567e1195ce9f67047dca5fa098c1c8b10343d76739bd9ccb9"
    path = fetch(Remote("https://omnipathdb.org/interactions", sha256, 5652046, "omnipath/omnipath.parquet"))
    source = pq.read_table(path).to_pandas()
    source["sign"] = source["consensus_stimulation"].astype(int) - source["consensus_inhibition"].astype(int)
    source["n_references"] = source["n_references"].fillna(0).astype(int)
    columns = list(rows.columns)
    there = source[columns].sort_values(columns).reset_index(drop=True)
    here = rows.astype({"sign": int, "n_references": int}).sort_values(columns).reset_index(drop=True)
    pd.testing.assert_frame_equal(here, there, check_dtype=False)


def answer():
    return pd.DataFrame(
        {
            "source": ["P04637", "COMPLEX:P19838_Q04206", "P01308", "P04637"],
            "target": ["P38936", "P01308", "P04637", "Q00987"],
            "source_genesymbol": ["TP53", "COMPLEX:NFKB1_RELA", "INS", "TP53"],
            "target_genesymbol": ["CDKN1A", "INS", "TP53", "MDM2"],
            "is_directed": [True, True, False, True],
            "consensus_stimulation": [True, False, True, True],
            "consensus_inhibition": [False, True, False, True],
            "type": ["transcriptional", "transcriptional", "post_translational", "transcriptional"],
            "n_references": [2.0, None, 1.0, 4.0],
        }
    )


@pytest.fixture
def service(monkeypatch):
    """Put a stand-in for the omnipath package into its place."""
    asked = {}

    class AllInteractions:
        @staticmethod
        def get(**options):
            asked.update(options, num_retries=package.options.num_retries)
            if isinstance(asked["answer"], Exception):
                raise asked["answer"]
            return asked["answer"]

    package = types.ModuleType("omnipath")
    package.options = types.SimpleNamespace(num_retries=3, timeout=600)
    interactions = types.ModuleType("omnipath.interactions")
    interactions.AllInteractions = AllInteractions
    monkeypatch.setitem(sys.modules, "omnipath", package)
    monkeypatch.setitem(sys.modules, "omnipath.interactions", interactions)
    asked["answer"] = answer()
    asked["package"] = package
    return asked


def test_the_latest_version_is_written_and_read_as_a_truth(service, tmp_path):
    path = OmniPath.latest(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == [path]
    truth = OmniPath(file=path, complexes="expand").load({})
    assert edges_of(truth) == {("TP53", "CDKN1A"), ("NFKB1", "INS"), ("RELA", "INS"), ("TP53", "MDM2")}
    assert truth.sign.nnz == 3  # consensus on stimulation and on inhibition is no sign
    assert path.name in truth.version


def test_the_query_leaves_out_what_the_snapshot_does_and_does_not_retry(service, tmp_path):
    OmniPath.latest(tmp_path)
    assert set(service["exclude"]) == {"small_molecule", "lncrna_mrna"}
    assert (service["genesymbols"], service["num_retries"]) == (True, 0)
    assert service["package"].options.num_retries == 3


def test_a_service_that_does_not_answer_is_one_clear_error_and_leaves_nothing(service, tmp_path):
    service["answer"] = RuntimeError("No active exception to reraise")
    with pytest.raises(RuntimeError, match=r"web service .* gives no usable answer") as caught:
        OmniPath.latest(tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_of_another_form_is_refused(service, tmp_path):
    service["answer"] = answer().drop(columns="type")
    with pytest.raises(RuntimeError, match="lacks the columns type"):
        OmniPath.latest(tmp_path)


def test_a_missing_package_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "omnipath", None)
    with pytest.raises(ImportError, match=r"pip install 'bengrn\[omnipath\]'"):
        OmniPath.latest(tmp_path)


def test_a_table_of_another_form_is_one_clear_error(tmp_path):
    (tmp_path / "text.parquet").write_text("no parquet")
    pq.write_table(shipped_edges().select(["source", "target"]), tmp_path / "narrow.parquet")
    for name in ("text", "narrow", "none"):
        with pytest.raises(ValueError, match=rf"{name}\.parquet cannot be read") as caught:
            OmniPath(file=tmp_path / f"{name}.parquet").load({})
        assert "\n" not in str(caught.value)


def test_the_shipped_counts_of_references_are_complete():
    assert pc.sum(pc.equal(shipped_edges()["n_references"], 0)).as_py() == 88_916
