import subprocess
import sys
import time

import pytest

from bengrn.errors import DataError
from bengrn.genes import gene_table, id_kind, to_symbols

TP53, INS = "ENSG00000141510", "ENSG00000254647"


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ([TP53, INS], "ensembl"),
        ([f"{TP53}.18", f"{INS}.3", "ERCC-00002"], "ensembl"),
        (["ENSMUSG00000059552", "ENSMUSG00000000215"], "ensembl"),
        (["TP53", "INS", TP53], "symbol"),
        (["TP53", TP53], "symbol"),
        (["a", "b"], "symbol"),
        (["YAL001C", "YAL002W"], "symbol"),
        (["G1", "7SK"], "symbol"),
    ],
)
def test_the_kind_of_names_is_what_most_are(names, kind):
    assert id_kind(names) == kind


@pytest.mark.parametrize("names", [["0", "1", "2"], ["0", "1", "TP53"], ["0", TP53], [""], [0, 1, 2]])
def test_names_that_are_neither_are_refused(names):
    with pytest.raises(DataError, match="neither symbols nor Ensembl ids"):
        id_kind(names)


def test_no_names_are_refused():
    with pytest.raises(DataError, match="no gene names"):
        id_kind([])


def test_ensembl_ids_become_symbols_whatever_their_version():
    assert to_symbols([TP53, f"{INS}.3"]).symbols == ("TP53", "INS")


def test_an_unknown_id_is_given_up_and_counted():
    mapped = to_symbols([TP53, "ENSG00000999999"])
    assert (mapped.symbols, mapped.n_lost) == (("TP53", None), 1)


def test_an_unknown_symbol_stays_and_is_counted():
    mapped = to_symbols(["TP53", "NOSUCHGENE"])
    assert (mapped.symbols, mapped.n_lost) == (("TP53", "NOSUCHGENE"), 1)


def test_a_previous_symbol_becomes_the_current_one():
    assert to_symbols(["SLC9A3R1", "H3F3A", "ARNTL"]).symbols == ("NHERF1", "H3-3A", "BMAL1")


def test_the_exact_symbol_wins_over_a_previous_one():
    mapped = to_symbols(["NHERF1", "SLC9A3R1"])
    assert (mapped.symbols, mapped.n_ambiguous) == (("NHERF1", None), 1)


def test_two_previous_symbols_of_one_gene_are_both_given_up():
    assert {"H3F3A", "H3F3"} <= set(gene_table().genes["H3-3A"].previous)
    mapped = to_symbols(["H3F3A", "H3F3", "TP53"])
    assert (mapped.symbols, mapped.n_ambiguous) == ((None, None, "TP53"), 2)


def test_the_main_id_of_a_gene_wins_over_its_other_ids():
    main, other = gene_table().genes["CD99"].ensembl
    assert to_symbols([other, main]).symbols == (None, "CD99")


def test_another_id_alone_is_mapped():
    other = gene_table().genes["CD99"].ensembl[1]
    assert to_symbols([other]).symbols == ("CD99",)


def test_a_name_given_twice_is_given_up_twice():
    assert to_symbols(["TP53", "TP53", "INS"]).symbols == (None, None, "INS")


def test_a_previous_symbol_of_several_genes_stays_as_it_is():
    several = next(old for old, now in gene_table().by_previous.items()
                   if len(now) > 1 and old not in gene_table().genes)  # fmt: skip
    mapped = to_symbols([several])
    assert (mapped.symbols, mapped.n_ambiguous) == ((several,), 1)


def test_every_name_is_counted_once_and_symbols_are_unique():
    table = gene_table()
    names = [*list(table.genes)[::50], *list(table.by_ensembl)[::50], *list(table.by_previous)[::50], "ODD"]
    mapped = to_symbols(names)
    assert mapped.n_mapped + mapped.n_ambiguous + mapped.n_lost == len(names)
    kept = [one for one in mapped.symbols if one is not None]
    assert len(kept) == len(set(kept))


def test_mapping_again_changes_nothing():
    once = to_symbols(list(gene_table().by_ensembl)[::40]).symbols
    kept = [one for one in once if one is not None]
    assert to_symbols(kept).symbols == tuple(kept)


def test_ids_of_another_species_are_refused():
    with pytest.raises(DataError, match=r"'ENSMUSG00000059552' are not of the organism 'human'"):
        to_symbols(["ENSMUSG00000059552", "ENSMUSG00000000215"])


def test_an_organism_without_a_table_is_refused():
    with pytest.raises(DataError, match="'axolotl'; there is one for human"):
        to_symbols(["TP53"], organism="axolotl")


def test_the_table_holds_the_genome():
    table = gene_table()
    protein_coding = sum(gene.group == "protein" for gene in table.genes.values())
    assert 19_000 < protein_coding < 20_500
    assert len(table.by_ensembl) > 40_000


def test_no_symbol_of_the_table_is_an_ensembl_id():
    assert not [one for one in gene_table().genes if one.startswith("ENSG")]


def test_the_table_is_read_fast():
    gene_table.cache_clear()
    start = time.perf_counter()
    gene_table()
    assert time.perf_counter() - start < 1.5  # 0.2 s on a quiet machine


def test_names_are_mapped_without_pandas_or_anndata():
    code = (
        "import sys, bengrn.genes as g; g.to_symbols(['TP53']); print({'pandas', 'anndata'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
