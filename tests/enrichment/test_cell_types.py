"""The table of cell types and the marker sets that stand for them."""

from fnmatch import fnmatchcase

import pytest

from bengrn.enrichment.cell_types import cell_type, cell_types
from bengrn.enrichment.gene_sets import hand_written, marker_sets
from bengrn.errors import MetricError

PANCREAS = [
    "endothelial cell", "pancreatic A cell", "pancreatic D cell", "pancreatic ductal cell",
    "pancreatic acinar cell", "pancreatic stellate cell", "type B pancreatic cell", "pancreatic PP cell",
    "macrophage",
]  # fmt: skip
BLOOD = [
    "peripheral blood mononuclear cell", "T cell", "B cell", "natural killer cell", "monocyte",
    "dendritic cell",
]  # fmt: skip
KIDNEY_AND_RETINA = [
    "kidney distal convoluted tubule epithelial cell", "podocyte", "mesangial cell", "leukocyte",
    "kidney loop of Henle thick ascending limb epithelial cell", "kidney collecting duct principal cell",
    "blood vessel smooth muscle cell", "kidney interstitial fibroblast", "retinal rod cell", "Mueller cell",
    "amacrine cell", "ON-bipolar cell", "rod bipolar cell", "retinal cone cell", "retina horizontal cell",
    "retinal ganglion cell", "astrocyte", "microglial cell",
]  # fmt: skip
STROMA = [
    "fibroblast",
    "myofibroblast cell",
    "glial cell",
    "pericyte",
    "lymphocyte",
    "stromal cell",
    "neuron",
]


@pytest.mark.parametrize("name", PANCREAS + BLOOD + KIDNEY_AND_RETINA + STROMA)
def test_the_types_of_the_data_at_hand_have_marker_sets(name):
    assert cell_type(name).accepted


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("CL:0000171", {"Pancreas: Alpha cells"}),
        ("Macrophage", {"Immune system: Macrophages", "Liver: Kupffer cells", "Lung: Alveolar macrophages"}),
        ("gamma-delta T cell", {"Immune system: gamma-delta T cells"}),
    ],
)
def test_a_type_is_found_by_name_or_id_whatever_the_case(name, accepted):
    assert cell_type(name).accepted == accepted


def test_every_pattern_of_the_table_matches_a_set():
    for name, _, accepted, akin in hand_written("cell_type_markers"):
        for pattern in filter(None, f"{accepted}|{akin}".split("|")):
            assert any(fnmatchcase(one, pattern) for one in marker_sets()), (name, pattern)


def test_names_and_ids_are_unique_and_no_set_is_both_accepted_and_akin():
    types = cell_types()
    assert len({one.name for one in types}) == len({one.id for one in types}) == len(types)
    assert all(not one.accepted & one.akin for one in types)


def test_an_unknown_type_is_refused_with_those_that_are_close():
    with pytest.raises(MetricError, match=r"'pancreatic A cel'.*Did you mean 'pancreatic A cell'") as caught:
        cell_type("pancreatic A cel")
    assert "\n" not in str(caught.value)
