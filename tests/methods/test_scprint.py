"""scPRINT as a method: conformance, what the record learns, and models that know other names."""

import anndata
import numpy as np
import pytest
import torch
from scipy import sparse

from bengrn.notes import taken_notes
from bengrn.testing import CHECKS, find_method, method_checks, validate_method
from bengrn_methods.scprint.method import Scprint
from bengrn_methods.scprint.names import names_for
from scprint_model.checkpoint.ours import save
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.sizes import size
from scprint_model.vocabulary import Vocabulary

UNTRAINED = {"untrained": True, "device": "cpu", "max_cells": 12, "batch": 64}
test_the_control_conforms = method_checks("scprint", settings=UNTRAINED)

# of real genes: symbol -> Ensembl id
REAL = {
    "TP53": "ENSG00000141510",
    "MYC": "ENSG00000136997",
    "GATA1": "ENSG00000102145",
    "SPI1": "ENSG00000066336",
}
ONLY_UNTRAINED = "the weights of this test are random: only a trained model finds networks"


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def write_model(folder, genes, symbols=None, organism="NCBITaxon:9606", seed=0):
    """Write a tiny checkpoint with random weights of these genes."""
    torch.manual_seed(seed)
    config = size("small", genes=len(genes), classes=(("cell_type", 3),), positions=False, freeze_genes=False)
    vocabulary = Vocabulary(tuple(genes), tuple(symbols or [""] * len(genes)), (organism,) * len(genes))
    labels = (LabelSpace("cell_type", ("a", "b", "c")),)
    return save(folder, ScPrint(config), vocabulary=vocabulary, labels=labels)


@pytest.fixture(scope="module")
def planted_model(tmp_path_factory):
    """Make a checkpoint that knows most genes of the conformance kit's data, in another order."""
    names = [f"G{number:02d}" for number in range(33)] + [f"G{number:03d}" for number in range(118)]
    return write_model(tmp_path_factory.mktemp("scprint") / "model", names[::-1], organism="planted")


@pytest.mark.parametrize("check", CHECKS)
def test_a_checkpoint_conforms_also_where_it_lacks_genes(check, planted_model):
    method = find_method(
        "scprint", {"checkpoint": str(planted_model), "device": "cpu", "max_cells": 12, "batch": 64}
    )
    random = dict.fromkeys(("direction", "heads-direction", "denoise-improves"), ONLY_UNTRAINED)
    outcome = validate_method(method, check, random)
    assert outcome.good, outcome


def make_adata(names, cells=6, seed=0):
    rng = np.random.default_rng(seed)
    adata = anndata.AnnData(sparse.csr_array(rng.poisson(4.0, size=(cells, len(names))).astype(np.float32)))
    adata.var_names = list(names)
    adata.obs_names = [f"c{number}" for number in range(cells)]
    adata.obs["total_counts"] = 5000.0
    return adata


def test_the_network_is_the_mean_of_the_heads():
    adata = make_adata([f"g{number:02d}" for number in range(12)])
    method = Scprint(untrained=True, device="cpu")
    regulators = ("g03", "g07")
    heads = [head.scores for _, head in method.heads(adata, regulators=regulators, seed=1)]
    assert len(heads) == 8
    network = method.infer(adata, regulators=regulators, seed=1)
    np.testing.assert_allclose(network.scores, np.mean(heads, axis=0), rtol=1e-5)
    assert network.regulators == regulators
    assert network.targets == tuple(adata.var_names)


@pytest.mark.parametrize(
    "settings",
    [{"mean": "product", "normalise": "none"}, {"apc": True}, {"normalise": "sinkhorn"}, {"combine": "max"}],
)
def test_scores_of_every_kind_start_at_zero_or_above(settings):
    adata = make_adata([f"g{number:02d}" for number in range(12)])
    network = Scprint(untrained=True, device="cpu", **settings).infer(
        adata, regulators=("g03", "g07"), seed=1
    )
    assert network.scores.min() >= 0
    assert np.ptp(network.scores) > 0


def test_a_task_of_more_genes_than_the_context_is_drawn_and_says_so():
    adata = make_adata([f"g{number:02d}" for number in range(12)], cells=20)
    method = Scprint(untrained=True, device="cpu", context=5, rounds=4)
    network = method.infer(adata, regulators=tuple(adata.var_names), seed=1)
    assert (network.scores > 0).all()
    assert any("5 random expressed genes of 12, 4 times" in line for line in taken_notes())


def test_the_record_learns_weights_back_end_and_known_genes(tmp_path):
    folder = write_model(tmp_path / "tiny", REAL.values(), REAL)
    taken_notes()
    Scprint(checkpoint=str(folder), device="cpu").infer(
        make_adata([*REAL, "NOGENE1"]), regulators=("TP53",), seed=0
    )
    weights, back_end = taken_notes()
    assert "weights: tiny (" in weights
    assert str(tmp_path) not in weights  # a record holds no path of this machine
    assert "4 of 5 genes in its vocabulary; 6 of 6 cells used" in weights
    assert back_end == "sdpa attention, 7 tokens"


@pytest.mark.parametrize("style", ["symbols", "ids", "versions", "old symbols"])
def test_a_model_of_ensembl_ids_alone_finds_genes_by_any_name(style, tmp_path):
    folder = write_model(tmp_path / "ids", REAL.values())
    names = {
        "symbols": list(REAL),
        "ids": list(REAL.values()),
        "versions": [f"{one}.9" for one in REAL.values()],
        "old symbols": ["TP53", "c-Myc", "GF1", "SPI1"],
    }[style]
    network = Scprint(checkpoint=str(folder), device="cpu").infer(
        make_adata(names), regulators=(names[0], names[3]), seed=0
    )
    assert {names[0], names[3]} == set(network.regulators)
    assert {names[0], names[3]} <= set(network.targets)
    if style != "old symbols":
        assert set(network.targets) == set(names)


def test_the_organism_is_the_one_whose_genes_these_are():
    vocabulary = Vocabulary(
        (*REAL.values(), "ENSMUSG00000059552"),
        (*REAL, "Trp53"),
        ("NCBITaxon:9606",) * 4 + ("NCBITaxon:10090",),
    )
    assert names_for(vocabulary, ["TP53", "MYC"])[0] == "NCBITaxon:9606"
    assert names_for(vocabulary, ["Trp53"])[0] == "NCBITaxon:10090"


def test_denoising_keeps_what_the_model_does_not_know_and_splits_what_does_not_fit(tmp_path):
    folder = write_model(tmp_path / "model", REAL.values(), REAL)
    adata = make_adata(["NOGENE1", *REAL])
    counts = adata.X.toarray()
    for context in (4, 2, 3):
        method = Scprint(checkpoint=str(folder), device="cpu", times=10.0, context=context)
        found = method.denoise(adata, seed=0).values
        np.testing.assert_allclose(found[:, 0], counts[:, 0] * 10)
        np.testing.assert_allclose(found.sum(axis=1), counts.sum(axis=1) * 10, rtol=1e-4)
        assert np.abs(found - counts * 10).max() > 1


def test_the_untrained_control_hangs_on_the_seed_and_is_marked():
    adata = make_adata([f"g{number:02d}" for number in range(12)])
    first, second = (
        Scprint(untrained=True, device="cpu").infer(adata, regulators=("g03",), seed=seed).scores
        for seed in (1, 2)
    )
    assert np.abs(first - second).max() > 0
    assert find_method("scprint:untrained").card()["origin"] == "control"
    assert find_method("scprint").card()["origin"] == "paper"


def test_other_weights_are_another_result_in_the_store(tmp_path):
    first = write_model(tmp_path / "model", REAL.values(), seed=0)
    keys = [find_method("scprint", {"checkpoint": str(first)}).identity()["version"]]
    write_model(tmp_path / "model", REAL.values(), seed=1)
    keys.append(find_method("scprint", {"checkpoint": str(first)}).identity()["version"])
    assert keys[0] != keys[1]
    assert keys[0].split(".")[-1] == keys[1].split(".")[-1]  # the library is the same


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": 0},
        {"context": 0},
        {"times": 0.0},
        {"layers": "first"},
        {"untrained": True, "checkpoint": "x"},
        {"mean": "attention", "normalise": "none"},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Scprint(**wrong)


def test_cells_and_models_that_do_not_fit_are_one_line(tmp_path):
    folder = write_model(tmp_path / "model", REAL.values(), REAL)
    method = Scprint(checkpoint=str(folder), device="cpu")
    normalised = make_adata(REAL)
    normalised.X = sparse.csr_array(np.log1p(normalised.X.toarray()))
    cases = [
        (method, normalised, "TP53", "no count"),
        (method, make_adata(["YAL001C", "YAL002W"]), "YAL001C", "None of the 2 genes"),
        (method, make_adata([*REAL, "ODD"]), "ODD", "None of the 1 regulators"),
        (Scprint(checkpoint="absent", device="cpu"), make_adata(REAL), "TP53", "'absent'"),
        (Scprint(checkpoint=str(folder), layers="7", device="cpu"), make_adata(REAL), "TP53", "0 to 3"),
    ]
    for one, adata, regulator, message in cases:
        with pytest.raises(ValueError, match=message) as found:
            one.infer(adata, regulators=(regulator,), seed=0)
        assert "\n" not in str(found.value)


def test_importing_the_plug_in_and_making_the_method_load_no_torch():
    import subprocess
    import sys

    code = (
        "import sys; from bengrn_methods.scprint.method import Scprint; Scprint(untrained=True); Scprint();"
        "print({'torch', 'anndata', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
