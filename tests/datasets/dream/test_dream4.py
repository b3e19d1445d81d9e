import inspect
import zipfile

import numpy as np
import pytest
from scipy import sparse

from bengrn_datasets.dream import dream4
from bengrn_datasets.dream.dream4_read import ROOT, read_gold, read_mapping, read_samples
from bengrn_datasets.dream.files import member

TRUTHS = {truth.name: truth for truth in dream4.bengrn_truths()}
CELLS = {cells.name: cells for cells in dream4.bengrn_datasets()}
# as the challenge published them
EDGES = {
    "dream4-size10-1": 15,
    "dream4-size10-2": 16,
    "dream4-size10-3": 15,
    "dream4-size10-4": 13,
    "dream4-size10-5": 12,
    "dream4-size100-1": 176,
    "dream4-size100-2": 249,
    "dream4-size100-3": 195,
    "dream4-size100-4": 211,
    "dream4-size100-5": 193,
}
OF_100 = [name for name in EDGES if "size100" in name]
SAMPLES = {"multifactorial": 100, "timeseries": 210, "knockouts": 100, "knockdowns": 100, "all": 511}

GOLD = "G1\tG2\t1\nG1\tG3\t0\nG2\tG1\t0\nG2\tG3\t1\nG3\tG1\t0\nG3\tG2\t0\n"
MAPPING = '"New"\t"Old"\nG3\tG1\nG1\tG2\nG2\tG3\n'
STEADY = '"G1"\t"G2"\t"G3"\n0.0\t0.2\t0.3\n0.4\t0.0\t0.6\n0.7\t0.8\t0.0\n'
SERIES = '"Time"\t"G1"\t"G2"\t"G3"\n\n0.0\t0.1\t0.2\t0.3\n50.0\t0.4\t0.5\t0.6\n\n0.0\t0.7\t0.8\t0.9\n'
WILD = '"G1"\t"G2"\t"G3"\n0.1\t0.2\t0.3\n'


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def small(tmp_path):
    """Write the three archives of network 1, of three genes."""
    folder, mapping = "insilico_size100_1", "insilico_size100_multifactorial_1_goldstandard_ref.tsv"
    return {
        "gold": packed(
            tmp_path / "gold.zip",
            {
                f"{ROOT}/Size 100/DREAM4_GoldStandard_InSilico_Size100_1.tsv": GOLD,
                f"{ROOT}/Size 100 multifactorial/Mapping/{mapping}": MAPPING,
            },
        ),
        "experiments": packed(
            tmp_path / "experiments.zip",
            {
                f"{folder}/{folder}_knockouts.tsv": STEADY,
                f"{folder}/{folder}_knockdowns.tsv": STEADY.replace("0.0", "0.5"),
                f"{folder}/{folder}_timeseries.tsv": SERIES,
                f"{folder}/{folder}_wildtype.tsv": WILD,
            },
        ),
        "multifactorial": packed(
            tmp_path / "multifactorial.zip", {f"{folder}_multifactorial.tsv": WILD + "0.4\t0.5\t0.6\n"}
        ),
    }


def test_ten_networks_are_offered_and_expression_of_the_larger_five():
    assert set(TRUTHS) == set(EDGES)
    assert set(CELLS) == set(OF_100)
    assert {name: truth.data for name, truth in TRUTHS.items()} == {
        name: name if name in CELLS else "" for name in EDGES
    }
    for declared in (*TRUTHS.values(), *CELLS.values()):
        assert declared.__module__ == dream4.__name__
        assert len(inspect.getdoc(declared).splitlines()) >= 3


@pytest.mark.parametrize("name", EDGES)
def test_networks_have_the_published_edges_among_all_pairs(name, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    size = 100 if name in OF_100 else 10
    assert (len(truth.regulators), len(truth.targets), truth.edges.nnz) == (size, size, EDGES[name])
    assert truth.losses == {}


@pytest.mark.parametrize("experiment", SAMPLES)
def test_every_experiment_has_its_samples(experiment, real_files):
    for cells in CELLS.values():
        adata = cells(experiment=experiment).load(real_files(cells))
        assert adata.shape == (SAMPLES[experiment], 100)
        assert adata.obs_names.is_unique
        assert isinstance(adata.X, sparse.csr_array)
        assert 0 < adata.X.max() < 1


def test_a_gene_that_is_knocked_out_is_silent_in_its_own_sample(real_files):
    for cells in CELLS.values():
        adata = cells(experiment="knockouts").load(real_files(cells))
        own_S = adata.X.toarray()[np.arange(100), adata.var_names.get_indexer(adata.obs["perturbed"])]
        assert (own_S < 0.01).all()


@pytest.mark.parametrize("name", OF_100)
def test_the_mapping_turns_the_multifactorial_gold_standard_into_the_other(name, real_files):
    gold, number = real_files(TRUTHS[name])["gold"], int(name[-1])
    where = f"{ROOT}/Size 100 multifactorial/DREAM4_GoldStandard_InSilico_Size100_multifactorial_{number}.tsv"
    mapping = read_mapping(gold, number)
    _, shuffled = read_gold(member(gold, where), where)
    truth = TRUTHS[name]().load({"gold": gold})
    row, column = truth.edges.nonzero()
    assert {(mapping[source], mapping[target]) for source, target in shuffled} == {
        (truth.regulators[r], truth.targets[c]) for r, c in zip(row, column, strict=True)
    }


@pytest.mark.parametrize("name", OF_100)
def test_renamed_multifactorial_expression_follows_the_network_and_shuffled_does_not(name, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    adata = CELLS[name]().load(real_files(CELLS[name]))
    back = {old: new for new, old in read_mapping(real_files(CELLS[name])["gold"], int(name[-1])).items()}
    r_GG = np.abs(np.corrcoef(adata.X.toarray().T))
    row, column = truth.edges.nonzero()

    def mean_over_edges(names):
        place = {gene: position for position, gene in enumerate(names)}
        return np.mean(
            [
                r_GG[place[truth.regulators[r]], place[truth.targets[c]]]
                for r, c in zip(row, column, strict=True)
            ]
        )

    anywhere = r_GG[~np.eye(100, dtype=bool)].mean()
    assert mean_over_edges(adata.var_names) > 1.8 * anywhere
    assert mean_over_edges([back[gene] for gene in adata.var_names]) < 1.25 * anywhere


def test_a_network_is_read_from_its_archive(small):
    truth = TRUTHS["dream4-size100-1"]().load(small)
    assert truth.regulators == truth.targets == ("G1", "G2", "G3")
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_multifactorial_genes_get_their_old_names(small):
    adata = CELLS["dream4-size100-1"]().load(small)
    assert list(adata.var_names) == ["G2", "G3", "G1"]
    assert adata.X.toarray() == pytest.approx(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]))


def test_all_experiments_are_joined_by_gene(small):
    adata = CELLS["dream4-size100-1"](experiment="all").load(small)
    assert list(adata.var_names) == ["G1", "G2", "G3"]
    assert adata.obs["experiment"].tolist() == [
        "wildtype", "knockouts", "knockouts", "knockouts", "knockdowns", "knockdowns", "knockdowns",
        "timeseries", "timeseries", "timeseries", "multifactorial", "multifactorial",
    ]  # fmt: skip
    assert adata.X.toarray()[-1] == pytest.approx([0.6, 0.4, 0.5])


def test_series_and_times_of_samples_are_kept(small):
    adata = CELLS["dream4-size100-1"](experiment="timeseries").load(small)
    assert list(adata.obs_names) == ["series1_t0", "series1_t50", "series2_t0"]
    assert adata.obs["series"].tolist() == [1, 1, 2]
    assert adata.obs["time"].tolist() == [0, 50, 0]


def test_knock_outs_say_which_gene_was_out(small):
    adata = CELLS["dream4-size100-1"](experiment="knockouts").load(small)
    assert adata.obs["perturbed"].tolist() == ["G1", "G2", "G3"]
    assert adata.obs["time"].isna().all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOLD.replace("0\n", "2\n", 1), r"gold labels G1 -> G3 with '2'; expected 0 or 1"),
        (GOLD.replace("G3\tG2\t0\n", ""), r"has 5 rows with 5 different pairs of 3 genes; expected all 6"),
        (GOLD.replace("G3\tG2", "G3\tG1"), r"has 6 rows with 5 different pairs"),
        (GOLD.replace("G3\tG2", "G3\tG3"), r"has 6 rows with 5 different pairs"),
        (GOLD[:-3], r"line 6: 2 fields \(0 empty\), expected 3"),
    ],
)
def test_a_gold_standard_that_is_not_whole_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_gold(text, "gold")


def test_a_network_without_edges_is_refused(small):
    name = f"{ROOT}/Size 100/DREAM4_GoldStandard_InSilico_Size100_1.tsv"
    packed(small["gold"], {name: GOLD.replace("1\n", "0\n")})
    with pytest.raises(ValueError, match="no pair is listed"):
        TRUTHS["dream4-size100-1"]().load(small)


def test_an_archive_without_the_file_is_refused(small):
    with pytest.raises(ValueError, match=r"gold.zip holds no '.*Size100_2.tsv'; is it another archive\?"):
        TRUTHS["dream4-size100-2"]().load(small)


@pytest.mark.parametrize("keep", [0, 20, 300])
def test_a_broken_archive_is_refused_in_one_line(keep, small):
    content = small["gold"].read_bytes()
    small["gold"].write_bytes(content[:keep])
    with pytest.raises(ValueError, match=r"gold.zip is a broken zip archive \(.*\); delete or") as caught:
        TRUTHS["dream4-size100-1"]().load(small)
    assert "\n" not in str(caught.value)


def test_an_archive_with_flipped_bytes_is_refused(small):
    content = bytearray(small["gold"].read_bytes())
    start = content.index(b"Size100_1.tsv") + len(b"Size100_1.tsv")
    content[start + 4 : start + 12] = bytes(byte ^ 0xFF for byte in content[start + 4 : start + 12])
    small["gold"].write_bytes(content)
    with pytest.raises(ValueError, match=r"gold.zip is a broken zip archive"):
        TRUTHS["dream4-size100-1"]().load(small)


def test_a_gene_that_the_mapping_lacks_is_refused(small):
    packed(small["multifactorial"], {"insilico_size100_1_multifactorial.tsv": WILD.replace("G3", "G4")})
    with pytest.raises(ValueError, match=r"has 1 genes that the mapping of names does not list, 'G4' first"):
        CELLS["dream4-size100-1"]().load(small)


def test_a_mapping_of_two_genes_to_one_is_refused(small):
    name = f"{ROOT}/Size 100 multifactorial/Mapping/insilico_size100_multifactorial_1_goldstandard_ref.tsv"
    packed(small["gold"], {name: MAPPING.replace("G1\tG2", "G1\tG3")})
    with pytest.raises(ValueError, match="names a gene twice"):
        CELLS["dream4-size100-1"]().load(small)


def test_experiments_of_other_genes_are_refused(small):
    folder = "insilico_size100_1"
    texts = {"knockouts": STEADY, "knockdowns": STEADY, "timeseries": SERIES, "wildtype": WILD}
    texts["knockdowns"] = STEADY.replace("G3", "G9")
    packed(small["experiments"], {f"{folder}/{folder}_{one}.tsv": text for one, text in texts.items()})
    with pytest.raises(ValueError, match="the knockdowns are of other genes than the rest"):
        CELLS["dream4-size100-1"](experiment="all").load(small)


@pytest.mark.parametrize(
    ("text", "experiment", "message"),
    [
        (STEADY + "0.1\t0.2\n", "knockouts", r"line 4: 2 fields \(0 empty\), expected 3"),
        (STEADY.replace("0.4", "x"), "knockouts", "has a value that is no number"),
        (STEADY.replace("0.4", "-1"), "knockouts", "no samples, or negative or missing values"),
        (STEADY.replace("0.4", "nan"), "knockouts", "no samples, or negative or missing values"),
        (WILD, "knockouts", r"has 1 samples of 3 genes; expected one for each gene"),
        (WILD, "timeseries", r"begins with the column 'G1'; expected Time"),
        (SERIES, "multifactorial", r"begins with the column 'Time'; expected a gene"),
        ('"G1"\t"G2"\n', "multifactorial", "no samples, or negative or missing values"),
        ("", "multifactorial", "is empty"),
    ],
)
def test_a_bad_table_of_samples_is_refused(text, experiment, message):
    with pytest.raises(ValueError, match=message):
        read_samples(text, experiment, "samples.tsv")
