import subprocess
import sys

import pytest

from bengrn.errors import DataError
from bengrn.genes import current_symbol, gene_table, guess_organism, has_table, id_kind, recased, to_symbols

TP53, INS, TRP53 = "ENSG00000141510", "ENSG00000254647", "ENSMUSG00000059552"


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
    names = [*list(table.genes)[::50], *list(table.by_ensembl)[::50], *list(table.by_previous)[::50],
             *list(table.by_alias)[::50], "ODD"]  # fmt: skip
    mapped = to_symbols(names, aliases=True)
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
    with pytest.raises(DataError, match="'axolotl'; there is one for human, mouse"):
        to_symbols(["TP53"], organism="axolotl")


@pytest.mark.parametrize(("organism", "is_there"), [("human", True), ("mouse", True), ("yeast", False)])
def test_there_are_tables_of_two_organisms(organism, is_there):
    assert has_table(organism) is is_there


def test_every_name_has_a_status_and_what_is_not_mapped_a_reason():
    several = next(old for old, now in gene_table().by_previous.items()
                   if len(now) > 1 and old not in gene_table().genes)  # fmt: skip
    mapped = to_symbols(
        ["TP53", f"{INS}.3", "H3F3A", "NHERF1", "SLC9A3R1", several, "NOSUCHGENE", "ENSG00000999999"]
    )
    assert [(name, symbol, status) for name, symbol, status, _ in mapped.table()] == [
        ("TP53", "TP53", "current"),
        (f"{INS}.3", "INS", "ensembl"),
        ("H3F3A", "H3-3A", "previous"),
        ("NHERF1", "NHERF1", "current"),
        ("SLC9A3R1", None, "ambiguous"),
        (several, several, "ambiguous"),
        ("NOSUCHGENE", "NOSUCHGENE", "lost"),
        ("ENSG00000999999", None, "lost"),
    ]
    assert mapped.ambiguous == {
        "SLC9A3R1": "one of 2 names of NHERF1; NHERF1 is kept",
        several: f"a name of {', '.join(gene_table().by_previous[several])}",
    }
    assert mapped.lost == {
        "NOSUCHGENE": "no human gene has this symbol or previous symbol",
        "ENSG00000999999": "no human gene has this id",
    }


def test_aliases_are_followed_only_when_asked_for():
    assert to_symbols(["p53"]).statuses == ("lost",)
    mapped = to_symbols(["p53", "HER2"], aliases=True)
    assert (mapped.symbols, mapped.statuses) == (("TP53", "ERBB2"), ("alias", "alias"))


def test_an_alias_of_several_genes_stays_as_it_is():
    mapped = to_symbols(["MRP7"], aliases=True)
    assert (mapped.symbols, mapped.statuses) == (("MRP7",), ("ambiguous",))


def test_an_alias_that_is_a_symbol_of_another_gene_is_that_symbol():
    assert "CCR9" in gene_table().genes["ACKR2"].aliases
    assert to_symbols(["CCR9"], aliases=True).symbols == ("CCR9",)


def test_an_alias_that_is_a_previous_symbol_of_another_gene_is_that_gene():
    assert "CHE1" in gene_table().genes["AATF"].aliases
    assert to_symbols(["CHE1"], aliases=True).symbols == ("BCHE",)


def test_an_alias_never_drives_out_another_name_of_the_gene():
    assert to_symbols(["H3F3A", "H3.3A"], aliases=True).symbols[0] == "H3-3A"
    assert to_symbols(["p53", TP53], aliases=True).symbols == (None, "TP53")


def test_one_name_becomes_current_whatever_other_names_there_are():
    names = ["TP53", f"{INS}.3", "SLC9A3R1", "NOSUCHGENE", "ENSG00000999999", "p53"]
    now = ["TP53", "INS", "NHERF1", "NOSUCHGENE", "ENSG00000999999", "p53"]
    assert [current_symbol(name) for name in names] == now
    assert current_symbol("Arntl", "mouse") == "Bmal1"


def test_mouse_ids_and_former_symbols_become_symbols():
    mapped = to_symbols([TRP53, "Arntl", "Atp5a1", "Sox2"], organism="mouse")
    assert mapped.symbols == ("Trp53", "Bmal1", "Atp5f1a", "Sox2")
    assert mapped.statuses == ("ensembl", "previous", "previous", "current")


def test_a_human_ids_name_is_not_looked_up_in_mouse():
    with pytest.raises(DataError, match="not of the organism 'mouse'"):
        to_symbols([TP53], organism="mouse")


def test_a_mouse_copy_beside_the_gene_is_not_its_former_name():
    # Ensembl 105 calls Zrsr1 the ortholog of ZRSR2; it is a retrocopy of Zrsr2, which is a gene of its own
    assert to_symbols(["Zrsr1", "Zrsr2"], organism="mouse").symbols == ("Zrsr1", "Zrsr2")


def test_former_human_names_in_mouse_spelling_are_aliases():
    assert to_symbols(["Ctgf"], organism="mouse").statuses == ("lost",)
    assert to_symbols(["Ctgf"], organism="mouse", aliases=True).symbols == ("Ccn2",)


@pytest.mark.parametrize(
    ("name", "organism", "symbol"),
    [
        ("TRP53", "mouse", "Trp53"),
        ("1600029O15RIK", "mouse", "1600029O15Rik"),
        ("Sox2", "mouse", "Sox2"),
        ("TP53", "mouse", None),
        ("tp53", "human", "TP53"),
        ("C9ORF72", "human", "C9orf72"),
    ],
)
def test_a_name_in_the_wrong_case_finds_its_symbol(name, organism, symbol):
    assert recased(name, organism) == symbol


def test_a_name_of_several_symbols_but_for_case_finds_none():
    one = gene_table("mouse").genes["Trp53"]
    table = type(gene_table())({"ab": one, "AB": one, "Cd": one}, {}, {})
    assert [table.recased(name) for name in ("AB", "Ab", "CD")] == ["AB", None, "Cd"]


@pytest.mark.parametrize(
    ("names", "organism"),
    [
        (["TP53", "SOX2", "MYC"], "human"),
        (["Trp53", "Sox2", "Myc"], "mouse"),
        (["Trp53", "Sox2", "C2", "C3", "F10", "H19"], "mouse"),
        (["C2", "C3", "F10"], "human"),
        ([TP53, "ENSG00000999999"], "human"),
        ([TRP53, "ENSMUSG00000999999"], "mouse"),
        (["SOX2", "KLF4", "0610009B22RIK"], "human"),
        (["a", "b"], "human"),
        (["G1", "G2"], "human"),
        ([], "human"),
    ],
)
def test_the_organism_is_whose_names_they_are(names, organism):
    assert guess_organism(names) == organism


def _some(organism, count):
    other = gene_table("mouse" if organism == "human" else "human")
    here = gene_table(organism)
    proteins = (one.symbol for one in here.genes.values() if one.group == "protein")
    own = [name for name in proteins if name not in other.genes and name not in other.by_previous]
    return own[:: len(own) // count][:count]


@pytest.mark.parametrize(("humans", "mice", "organism"), [(95, 5, "human"), (5, 95, "mouse")])
def test_a_few_names_of_the_other_species_are_a_slip(humans, mice, organism):
    assert guess_organism([*_some("human", humans), *_some("mouse", mice)]) == organism


@pytest.mark.parametrize(("humans", "mice"), [(80, 20), (50, 50), (20, 80)])
def test_mixed_species_are_refused(humans, mice):
    names = [*_some("human", humans), *_some("mouse", mice)]
    with pytest.raises(DataError, match=f"Of 100 gene names, {humans} are human .* {mice} are mouse"):
        guess_organism(names)


def test_names_that_both_species_have_do_not_make_a_mixture():
    both = ["C2", "C3", "C6", "C7", "C9", "F10", "F11", "F12", "F2", "F3", "F5", "F7", "H19", "T"]
    assert guess_organism([*both, "Trp53"]) == "mouse"


def test_the_table_holds_the_genome():
    table = gene_table()
    protein_coding = sum(gene.group == "protein" for gene in table.genes.values())
    assert 19_000 < protein_coding < 20_500
    assert len(table.by_ensembl) > 40_000


@pytest.mark.parametrize(
    ("organism", "symbols", "ids", "previous", "proteins"),
    [("human", 43_926, 41_937, 15_391, 19_294), ("mouse", 56_091, 56_403, 216, 21_637)],
)
def test_the_tables_are_those_of_their_releases(organism, symbols, ids, previous, proteins):
    table = gene_table(organism)
    assert (len(table.genes), len(table.by_ensembl), len(table.by_previous)) == (symbols, ids, previous)
    assert sum(gene.group == "protein" for gene in table.genes.values()) == proteins


@pytest.mark.parametrize(
    ("organism", "sources"), [("human", ("HGNC of 2020-05-27", "GENCODE 48")), ("mouse", ("GENCODE M37",))]
)
def test_a_table_says_its_sources(organism, sources):
    assert gene_table(organism).organism == organism
    assert all(source in gene_table(organism).version for source in sources)


@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_no_symbol_of_the_table_is_an_ensembl_id(organism):
    assert not [one for one in gene_table(organism).genes if id_kind([one]) == "ensembl"]


def test_names_are_mapped_without_pandas_or_anndata():
    code = (
        "import sys, bengrn.genes as g; g.to_symbols(['TP53']); print({'pandas', 'anndata'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
