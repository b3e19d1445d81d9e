"""A corpus holds what its files hold: counts by name, labels by code, and what was left out by reason."""

import json

import numpy as np
import pytest
from scipy import sparse

from scprint_model.corpus.format import Flag
from scprint_model.corpus.read import Corpus
from scprint_model.corpus.settings import Settings, Source
from scprint_model.corpus.write import build_corpus
from scprint_model.errors import ConfigError, CorpusError, LabelError, VocabularyError

CELL_TYPE, SEX = "cell_type_ontology_term_id", "sex_ontology_term_id"


def _expected(adata, vocabulary):
    """Return counts (C, G) in the vocabulary's order, gene by gene."""
    dense = adata.X.toarray()
    found = np.zeros((len(dense), len(vocabulary)), np.float32)
    for column, name in enumerate(adata.var_names):
        if name in vocabulary.genes:
            found[:, vocabulary.genes.index(name)] = dense[:, column]
    return found


def test_counts_are_those_of_the_file_by_gene_name(cells, write, build, vocabulary):
    adata = cells()
    corpus = build(write(adata))
    np.testing.assert_array_equal(corpus.dense(np.arange(20)), _expected(adata, vocabulary))


def test_the_depth_counts_genes_outside_the_vocabulary_too(cells, write, build):
    adata = cells()
    corpus = build(write(adata))
    np.testing.assert_array_equal(corpus.depth, np.asarray(adata.X.sum(axis=1)).ravel())
    assert (corpus.depth >= corpus.dense(np.arange(20)).sum(axis=1)).all()


def test_permuted_genes_give_the_same_cells(cells, write, build):
    adata = cells()
    order = np.random.default_rng(3).permutation(adata.n_vars)
    one, two = build(write(adata)), build(write(adata[:, order].copy(), "two"), name="other")
    np.testing.assert_array_equal(one.pairs, two.pairs)
    np.testing.assert_array_equal(one.twin, two.twin)


def test_labels_are_coded_with_their_groups(cells, write, build):
    corpus = build(write(cells()))
    types = corpus.labels[0]
    assert types.leaves == ("CL:0000236", "CL:0000624", "CL:0000625")
    assert types.groups == (("CL:0000084", (1, 2)),)
    assert corpus.classes[:5, 0].tolist() == [1, 2, 0, 3, -1]
    assert corpus.labels[1].leaves == ("PATO:0000383", "PATO:0000384")


def test_classes_that_no_cell_bears_are_left_out(cells, write, build):
    names = [space.name for space in build(write(cells())).labels]
    assert names == [CELL_TYPE, SEX, "organism_ontology_term_id"]


def test_classes_of_cells_left_out_alone_are_left_out_too(cells, write, build):
    adata = cells()
    adata.obs["is_primary_data"] = [True] * 10 + [False] * 10
    adata.obs["disease_ontology_term_id"] = ["unknown"] * 10 + ["PATO:0000461"] * 10
    assert "disease_ontology_term_id" not in [space.name for space in build(write(adata)).labels]


def test_cells_without_any_label_are_refused(cells, write, build):
    adata = cells()
    adata.obs[CELL_TYPE] = "unknown"
    with pytest.raises(LabelError, match="No cell has a label of class cell_type"):
        build(write(adata), classes=[CELL_TYPE])


def test_a_class_that_was_asked_for_must_be_borne(cells, write, build):
    with pytest.raises(LabelError, match="No cell has a label of class disease"):
        build(write(cells()), classes=[CELL_TYPE, "disease"])


def test_the_order_of_files_changes_no_label_space(cells, write, build):
    few = cells(seed=1)
    few.obs[CELL_TYPE] = "CL:0000236"
    one, two = write(cells()), write(few, "two")
    assert build(one, two).labels == build(two, one, name="other").labels


def test_the_same_files_give_the_same_corpus_byte_for_byte(cells, write, build):
    path = write(cells())
    one, two = build(path), build(path, name="other")
    for file in sorted(one.folder.iterdir()):
        assert file.read_bytes() == (two.folder / file.name).read_bytes()


def test_the_size_of_the_blocks_changes_nothing(cells, write, build, settings):
    path = write(cells())
    one = build(path)
    two = build(path, name="other", settings=Settings(**{**settings.to_dict(), "block": 1000}))
    np.testing.assert_array_equal(one.pairs, two.pairs)
    np.testing.assert_array_equal(one.flags, two.flags)


def test_a_count_above_65535_widens_the_pairs(cells, write, build):
    plain, large = cells(), cells(seed=1)
    large.X[3, 2] = 70_000
    corpus = build(write(plain), write(large, "large"))
    assert corpus.pairs.dtype == np.uint32
    assert build(write(plain), name="narrow").pairs.dtype == np.uint16
    dense = corpus.dense([0, 23])
    np.testing.assert_array_equal(dense[0], build(write(plain), name="other").dense([0])[0])
    assert dense[1].max() == 70_000


def test_cells_are_left_out_by_reason(cells, write, build):
    adata = cells()
    adata.obs["is_primary_data"] = [False, True] * 10
    adata.obs["assay_ontology_term_id"] = ["EFO:0008853"] * 2 + ["EFO:1"] * 18
    counts = adata.X.toarray()
    counts[3] = 0
    adata.X = sparse.csr_matrix(counts)
    corpus = build(write(adata))
    assert corpus.manifest.datasets[0].left_out == {
        "not primary": 10,
        "of a dropped assay": 1,
        "with too few genes": 1,
    }
    assert corpus.row.tolist() == [5, 7, 9, 11, 13, 15, 17, 19]


def test_a_data_set_of_too_few_cells_is_left_out_whole(cells, write, build):
    corpus = build(write(cells()), write(cells(1, seed=1), "few"), write(cells(5, seed=2), "last"))
    assert corpus.dataset_names == ("one", "last")
    assert corpus.manifest.dropped[0].dropped == "1 of its 1 cells are left, fewer than 2"
    assert corpus.cells == 25
    np.testing.assert_array_equal(
        corpus.dense(np.arange(20, 25)), build(write(cells(5, seed=2), "alone"), name="x").dense(np.arange(5))
    )


def test_a_data_set_of_too_few_genes_is_left_out_whole(cells, write, build, settings):
    strict = Settings(**{**settings.to_dict(), "min_mapped": 20})
    corpus = build(write(cells()), write(cells(genes=10), "panel"), settings=strict)
    assert corpus.manifest.dropped[0].dropped == ("10 of its 11 genes are in the vocabulary, fewer than 20")


def test_a_corpus_without_cells_is_refused_and_leaves_nothing(cells, write, build, tmp_path):
    with pytest.raises(CorpusError, match="No cell is left"):
        build(write(cells(1)))
    assert [path.name for path in tmp_path.iterdir()] == ["one.h5ad"]


def test_a_label_outside_the_ontology_stops_the_build_with_its_place(cells, write, build, tmp_path):
    adata = cells()
    adata.obs[CELL_TYPE] = ["CL:0000236"] * 17 + ["T cell"] * 3
    with pytest.raises(LabelError, match=r"'T cell' of cell_type_ontology_term_id \(3 cells of one\)"):
        build(write(adata))
    assert not (tmp_path / "corpus").exists()


def test_a_label_outside_the_ontology_can_count_as_unknown(cells, write, build, settings):
    adata = cells()
    adata.obs[CELL_TYPE] = ["CL:0000236"] * 17 + ["T cell"] * 3
    corpus = build(write(adata), settings=Settings(**{**settings.to_dict(), "outside": "unknown"}))
    assert corpus.manifest.datasets[0].outside == {"T cell": 3}
    assert corpus.classes[:, 0].tolist() == [0] * 17 + [-1] * 3


@pytest.mark.parametrize("label", ["", "na", "Unknown", "multiethnic", "CL:0000236,CL:0000084", "a || b"])
def test_spellings_of_unknown_are_not_labels(cells, write, build, label):
    adata = cells()
    adata.obs[CELL_TYPE] = ["CL:0000236"] * 19 + [label]
    assert build(write(adata)).classes[19, 0] == -1


def test_suffixes_of_tissues_become_flags(cells, write, build):
    adata = cells(4)
    tissue = "tissue_ontology_term_id"
    adata.obs[tissue] = ["UBERON:1 (organoid)", "UBERON:1 (cell culture)", "UBERON:1", "CL:0000084"]
    corpus = build(write(adata), classes=[tissue], ontologies={})
    assert corpus.labels[0].leaves == ("UBERON:1",)
    assert corpus.classes[:, 0].tolist() == [0, 0, 0, -1]
    both = corpus.flags & (Flag.ORGANOID | Flag.CULTURE)
    assert both.tolist() == [Flag.ORGANOID, Flag.CULTURE, 0, 0]


def test_labels_and_columns_can_be_named_by_the_source(cells, write, build):
    adata = cells()
    adata.obs["annotation"] = adata.obs.pop(CELL_TYPE)
    source = Source(path=write(adata), columns={CELL_TYPE: "annotation"}, labels={"disease": "PATO:0000461"})
    corpus = build(source, classes=[CELL_TYPE, "disease"])
    assert corpus.classes[:3].tolist() == [[1, 0], [2, 0], [0, 0]]


def test_a_mouse_corpus_aligns_with_the_mouse_block(cells, write, build):
    corpus = build(write(cells(organism="NCBITaxon:10090")))
    assert corpus.pairs[:, 0].min() >= 24
    assert corpus.spans.tolist() == [[24, 36]]


def test_the_same_cells_twice_are_noticed(cells, write, tmp_path, vocabulary, settings):
    files = [write(cells()), write(cells(), "again")]
    report = build_corpus(files, tmp_path / "corpus", vocabulary=vocabulary, settings=settings)
    assert report.twins == 20
    assert any("20 cells have the same counts as another" in line for line in report.lines())


def test_the_manifest_names_no_folder_of_this_machine(cells, write, build, tmp_path):
    text = (build(write(cells())).folder / "manifest.json").read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)["datasets"][0]["file"] == "one.h5ad"


@pytest.mark.parametrize(
    ("names", "message"),
    [([], "at least one file"), (["one", "one"], "same name: one"), (["none"], "no file")],
)
def test_impossible_lists_of_files_are_refused(cells, write, tmp_path, vocabulary, names, message):
    write(cells())
    with pytest.raises(CorpusError, match=message):
        build_corpus([tmp_path / f"{name}.h5ad" for name in names], tmp_path / "out", vocabulary=vocabulary)


def test_a_folder_that_exists_is_not_overwritten(cells, write, tmp_path, vocabulary):
    (tmp_path / "out").mkdir()
    with pytest.raises(CorpusError, match="out exists"):
        build_corpus([write(cells())], tmp_path / "out", vocabulary=vocabulary)


def test_an_ontology_without_its_class_is_refused(cells, write, build, ontologies):
    with pytest.raises(ConfigError, match="no class of the corpus"):
        build(write(cells()), classes=[SEX], ontologies=ontologies)


def test_genes_without_overlap_are_refused_naming_the_file(cells, write, build):
    adata = cells()
    adata.var_names = [f"x{number}" for number in range(adata.n_vars)]
    with pytest.raises(VocabularyError, match=r"one\.h5ad: None of the 25 genes \(x0, x1, x2, \.\.\.\)"):
        build(write(adata))


def test_a_changed_file_is_noticed(corpus):
    corpus.verify()
    depth = np.load(corpus.folder / "depth.npy")
    np.save(corpus.folder / "depth.npy", depth + 1)
    with pytest.raises(CorpusError, match=r"depth\.npy was changed"):
        Corpus.open(corpus.folder).verify()


@pytest.mark.parametrize("name", ["pairs.bin", "offsets.npy", "vocabulary.json", "manifest.json"])
def test_a_corpus_that_is_cut_short_is_refused(corpus, name):
    content = (corpus.folder / name).read_bytes()
    (corpus.folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises((CorpusError, VocabularyError), match=r"cut short|cannot be read|broken"):
        Corpus.open(corpus.folder)


def test_a_folder_without_a_corpus_is_refused_with_advice(tmp_path):
    with pytest.raises(CorpusError, match=r"holds no corpus: .* scprint corpus build"):
        Corpus.open(tmp_path)


def test_another_format_is_refused(corpus):
    path = corpus.folder / "manifest.json"
    path.write_text(path.read_text().replace("scprint_corpus/1", "scprint_corpus/9"))
    with pytest.raises(CorpusError, match="'scprint_corpus/9'; this version reads scprint_corpus/1"):
        Corpus.open(corpus.folder)


@pytest.mark.parametrize("change", [lambda _: [1], lambda values: {**values, "dtype": "float7"}])
def test_a_broken_manifest_is_refused(corpus, change):
    path = corpus.folder / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(CorpusError, match=r"broken|cannot be read"):
        Corpus.open(corpus.folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_gene": 3}, "no setting 'min_gene'"),
        ({"min_genes": "many"}, "min_genes is 'many'; it must be int"),
        ({"parents": "some"}, "parents is 'some'; it can be listed, present, all"),
        ({"outside": "drop"}, "outside is 'drop'"),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        Settings.from_dict(values)
