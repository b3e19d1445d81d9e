"""Ontologies from OBO files and tables of ancestors, and the label spaces made of them."""

import gzip
import json
import os
from itertools import permutations
from pathlib import Path

import pytest

from scprint_model.errors import LabelError
from scprint_model.ontology import PARENTS, Ontology, label_space

OBO = """format-version: 1.2

[Term]
id: X:1
name: cell

[Term]
id: X:2
name: lymphocyte
is_a: X:1

[Term]
id: X:3
name: T cell
is_a: X:2
relationship: part_of X:9

[Term]
id: X:4
name: B cell
is_a: X:2

[Term]
id: X:9
name: body
"""
ABOVE = {"X:1": (), "X:2": ("X:1",), "X:3": ("X:1", "X:2"), "X:4": ("X:1", "X:2"), "X:9": ()}
SMALL = Ontology({term: frozenset(above) for term, above in ABOVE.items()}, {"X:3": "T cell"})


def test_an_obo_file_counts_is_a_alone(tmp_path):
    (tmp_path / "x.obo").write_text(OBO)
    read = Ontology.read(tmp_path / "x.obo")
    assert {term: set(above) for term, above in read.ancestors.items()} == {
        term: set(above) for term, above in ABOVE.items()
    }
    assert read.titles["X:4"] == "B cell"


def test_a_table_of_ancestors_says_the_same_as_the_obo_file(tmp_path):
    table = {
        term: {"ancestors": dict.fromkeys(above, 1), "label": term, "deprecated": False}
        for term, above in ABOVE.items()
    }
    with gzip.open(tmp_path / "x.json.gz", "wt") as packed:
        json.dump(table, packed)
    (tmp_path / "x.obo").write_text(OBO)
    assert Ontology.read(tmp_path / "x.json.gz").ancestors == Ontology.read(tmp_path / "x.obo").ancestors


def test_replaced_terms_are_brought_up_to_date(tmp_path):
    table = {
        "X:1": {"ancestors": {}, "label": "old", "deprecated": True, "replaced_by": "X:2"},
        "X:2": {"ancestors": {}, "label": "new", "deprecated": False},
    }
    (tmp_path / "x.json").write_text(json.dumps(table))
    read = Ontology.read(tmp_path / "x.json")
    assert (read.current("X:1"), read.current("X:2"), read.current("Y:1")) == ("X:2", "X:2", "Y:1")


def test_replaced_terms_of_an_obo_file_are_brought_up_to_date_and_gone(tmp_path):
    old = "\n[Term]\nid: X:7\nname: obsolete T\nis_obsolete: true\nreplaced_by: X:3\n"
    (tmp_path / "x.obo").write_text(OBO + old + old.replace("X:7", "X:8").replace("replaced_by: X:3\n", ""))
    read = Ontology.read(tmp_path / "x.obo")
    assert read.replaced == {"X:7": "X:3"}
    assert set(read.ancestors) == set(ABOVE)


def test_a_missing_library_is_named_in_one_line(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "obonet", None)
    (tmp_path / "x.obo").write_text(OBO)
    with pytest.raises(LabelError, match="OBO files need obonet: pip install"):
        Ontology.read(tmp_path / "x.obo")


def test_several_files_are_joined_and_remembered(tmp_path):
    for name in "ab":
        entry = {"ancestors": {}, "label": name, "deprecated": False}
        (tmp_path / f"{name}.json").write_text(json.dumps({f"{name}:1": entry}))
    joined = Ontology.read(tmp_path / "a.json", tmp_path / "b.json")
    assert "a:1" in joined
    assert "b:1" in joined
    assert set(joined.sources) == {"a.json", "b.json"}


@pytest.mark.parametrize("term", ["X:1", "X:2"])
def test_a_cyclic_obo_file_is_refused(tmp_path, term):
    (tmp_path / "x.obo").write_text(OBO.replace("name: cell\n", f"name: cell\nis_a: {term}\n"))
    with pytest.raises(LabelError, match="cyclic"):
        Ontology.read(tmp_path / "x.obo")


@pytest.mark.parametrize("above", [{"X:1": ["X:1"]}, {"X:1": ["X:2"], "X:2": ["X:1"]}])
def test_a_cyclic_table_is_refused(tmp_path, above):
    table = {term: {"ancestors": dict.fromkeys(up, 1), "label": term} for term, up in above.items()}
    (tmp_path / "x.json").write_text(json.dumps(table))
    with pytest.raises(LabelError, match="cyclic: X:1"):
        Ontology.read(tmp_path / "x.json")


@pytest.mark.parametrize("content", ["[]", "not json", '{"X:1": {}}', '{"X:1": 3}'])
def test_a_file_that_is_no_ontology_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(LabelError, match=r"x\.json"):
        Ontology.read(tmp_path / "x.json")


def test_a_term_above_another_becomes_a_group_of_its_leaves():
    space = label_space("type", ["X:3", "X:2", "X:4", "X:9"], SMALL)
    assert space.leaves == ("X:3", "X:4", "X:9")
    assert space.groups == (("X:2", (0, 1)),)
    assert space.titles == ("T cell", "X:4", "X:9", "X:2")


def test_the_order_of_the_terms_changes_nothing():
    spaces = {label_space("type", order, SMALL) for order in permutations(["X:3", "X:2", "X:4", "X:9"])}
    assert len(spaces) == 1


def test_a_parent_without_its_children_is_a_leaf():
    assert label_space("type", ["X:2", "X:9"], SMALL).leaves == ("X:2", "X:9")


def test_every_ancestor_becomes_a_group_if_asked():
    assert label_space("type", ["X:3", "X:9"], SMALL, parents="all").groups == (("X:1", (0,)), ("X:2", (0,)))
    assert label_space("type", ["X:3", "X:9"], SMALL, parents="present").groups == ()


def test_a_listed_parent_becomes_a_group_where_a_leaf_is_under_it():
    above = {"CL:0000540": frozenset(), "CL:0000604": frozenset({"CL:0000540"})}
    space = label_space("cell_type_ontology_term_id", ["CL:0000604"], Ontology(above))
    assert space.groups == (("CL:0000540", (0,)),)


def test_a_label_outside_the_ontology_is_reported():
    with pytest.raises(LabelError, match="1 labels of type are not in its ontology: Y:7"):
        label_space("type", ["X:3", "Y:7"], SMALL)


def test_without_an_ontology_all_terms_are_leaves():
    assert label_space("sex", ["b", "a"]).leaves == ("a", "b")


@pytest.fixture
def published() -> Path:
    """Return the folder of the ontologies of the CELLxGENE schema."""
    data = os.environ.get("BENGRN_DATA")
    if data is None or not (Path(data) / "ontology").is_dir():
        pytest.skip("BENGRN_DATA names no folder with ontologies")
    return Path(data) / "ontology"


def test_listed_parents_bear_the_names_that_they_are_listed_with(published):
    names = ("CL-ontology-v2025-04-10", "MONDO-ontology-v2025-05-06", "EFO-ontology-v3.78.0")
    whole = Ontology.read(*(published / f"{name}.json.gz" for name in names))
    listed = {term: title for terms in PARENTS.values() for term, title in terms.items()}
    assert {term: whole.titles[term] for term in listed} == listed


def test_the_published_obo_file_reads_as_terms_above_terms(published):
    read = Ontology.read(published / "cl-basic.obo.gz")
    assert read.titles["CL:0000084"] == "T cell"
    assert {"CL:0000084", "CL:0000542", "CL:0000000"} <= read.ancestors["CL:0000625"]
