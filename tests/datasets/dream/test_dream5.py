import inspect

import pytest

from bengrn_datasets.dream import dream5

TRUTHS = {truth.name: truth for truth in dream5.bengrn_truths()}
# edges, factors, genes of the gold standard; the rows of the challenge's own labelled lists
PUBLISHED = {
    "dream5-net1": (4_012, 178, 1_565, 278_392),
    "dream5-net3": (2_066, 141, 1_081, 152_280),
    "dream5-net4": (3_940, 114, 1_994, 227_202),
}


@pytest.fixture
def small(tmp_path):
    """Write a gold standard of three edges, in upstream's format."""
    texts = {
        "edges": "G2\tG1\t1\nG2\tG3\t1\nG1\tG3\t1\n",
        "genes": "#ID\tName\nG1\tlacI\nG2\tcrp\nG3\tlacZ\nG4\tdecoy1\n",
        "factors": "G1\nG2\n",
    }
    files = {name: tmp_path / f"{name}.tsv" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text)
    return files


def test_three_networks_are_offered_without_expression():
    assert {name: truth.organism for name, truth in TRUTHS.items()} == {
        "dream5-net1": "simulated",
        "dream5-net3": "ecoli",
        "dream5-net4": "yeast",
    }
    for truth in TRUTHS.values():
        assert truth.data == ""
        assert truth.__module__ == dream5.__name__
        assert "--data" in inspect.getdoc(truth)


@pytest.mark.parametrize("name", PUBLISHED)
def test_gold_standards_have_the_published_edges_and_pairs(name, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    edges, factors, genes, pairs = PUBLISHED[name]
    assert (truth.edges.nnz, len(truth.regulators), len(truth.targets)) == (edges, factors, genes)
    selves = len(set(truth.regulators) & set(truth.targets))
    assert factors * genes - selves == pairs
    assert truth.losses == {}


def test_no_decoy_gene_is_in_a_gold_standard(real_files):
    for source in TRUTHS.values():
        assert not any("decoy" in gene for gene in source().load(real_files(source)).targets)


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [("dream5-net3", "lacI", "lacZ"), ("dream5-net3", "crp", "lacZ"), ("dream5-net4", "YEL009C", "YCL030C")],
)
def test_textbook_edges_are_in(name, source, target, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    assert truth.edges[truth.regulators.index(source), truth.targets.index(target)]


def test_anonymous_and_real_names_are_of_the_same_network(real_files):
    files = real_files(TRUTHS["dream5-net3"])
    real, anonymous = (TRUTHS["dream5-net3"](names=one).load(files) for one in ("real", "anonymous"))
    assert (real.edges.shape, real.edges.nnz) == (anonymous.edges.shape, anonymous.edges.nnz)
    assert all(gene.startswith("G") and gene[1:].isdigit() for gene in anonymous.targets)


def test_factors_with_edges_are_tested_against_every_gene_of_the_gold_standard(small):
    truth = TRUTHS["dream5-net3"]().load(small)
    assert (truth.regulators, truth.targets) == (("crp", "lacI"), ("crp", "lacI", "lacZ"))
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1, 1], [0, 0, 1]]


def test_anonymous_names_are_those_of_the_files(small):
    assert TRUTHS["dream5-net3"](names="anonymous").load(small).targets == ("G1", "G2", "G3")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("edges", "G2\tG9\t1\n", r"edges.tsv, row 1: the gene 'G9' is not in the list of gene names"),
        ("edges", "G2\tG1\t0\n", r"row 1: label '0'; expected 1"),
        ("edges", "G3\tG1\t1\n", r"row 1: 'G3' is no listed factor. Are columns swapped\?"),
        ("edges", "G2\tG1\n", r"line 1: 2 fields \(0 empty\), expected 3"),
        ("edges", "", "no pair is listed"),
        ("edges", "G1\tG1\t1\n", "all 1 pairs are self-pairs"),
        ("genes", "id\tname\nG1\tlacI\n", r"has the columns id, name; expected #ID, Name"),
        ("genes", "#ID\tName\nG1\tcrp\nG2\tcrp\n", "names a gene twice"),
        ("genes", "", r"genes.tsv has the columns ; expected #ID, Name"),
        ("factors", "G1 G2\tx\n", r"factors.tsv, line 1: 2 fields \(0 empty\), expected 1"),
    ],
)
def test_bad_files_are_refused_in_one_line(file, text, message, small):
    small[file].write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        TRUTHS["dream5-net3"]().load(small)
    assert "\n" not in str(caught.value)
