"""Predictions: what they are, that no order or batch changes them, and that the input stays as it was."""

import dataclasses
import logging
import math

import numpy as np
import pytest
import torch
from scipy import sparse

from scprint_model.checkpoint import hub
from scprint_model.errors import CheckpointError, ConfigError, LabelError, ScprintError, VocabularyError
from scprint_model.predict.annotate import annotate
from scprint_model.predict.cells import line_up
from scprint_model.predict.contexts import Context
from scprint_model.predict.denoise import denoise
from scprint_model.predict.embed import embed
from scprint_model.predict.generate import generate
from scprint_model.predict.impute import impute
from scprint_model.predict.stream import stream

DRAWN = Context(size=10, seed=1)


@pytest.fixture
def pretrained(tiny_pretrained):
    return tiny_pretrained()


@pytest.fixture
def cells(pretrained, tiny_adata):
    return line_up(tiny_adata(), pretrained.vocabulary)


def test_the_embedding_is_the_mean_of_the_chosen_tokens(pretrained, cells):
    context = Context(how="all")
    found = embed(pretrained, cells, context=context, tokens=("cell_type", "base"))
    (_, output), *_ = stream(pretrained, cells, context, lambda shown: pretrained.model(shown.batch))
    # base, depth, cell_type, sex
    np.testing.assert_allclose(found.embedding, output.cell_tokens[:, [2, 0]].mean(dim=1), atol=1e-6)
    assert found.attention == "sdpa"


def test_without_a_wish_the_published_tokens_are_taken_that_the_model_has(pretrained, cells):
    assert embed(pretrained, cells).tokens == ("cell_type", "sex")


@pytest.mark.parametrize("context", [Context(how="all"), DRAWN, Context(how="most expressed", size=10)])
def test_neither_batches_nor_the_order_of_cells_and_genes_change_an_embedding(
    context, pretrained, cells, tiny_adata
):
    reference = embed(pretrained, cells, context=context, batch=64)
    assert np.ptp(reference.embedding, axis=0).max() > 1e-3  # cells differ
    small = embed(pretrained, cells, context=context, batch=5)
    np.testing.assert_allclose(small.embedding, reference.embedding, atol=1e-5)
    rng = np.random.default_rng(5)
    order, columns = rng.permutation(12), rng.permutation(26)
    turned = line_up(tiny_adata()[order][:, columns].copy(), pretrained.vocabulary)
    found = embed(pretrained, turned, context=context, batch=5)
    np.testing.assert_allclose(found.embedding, reference.embedding[order], atol=1e-5)
    assert found.labels[0].codes.tolist() == reference.labels[0].codes[order].tolist()


def test_denoised_means_sum_to_the_wanted_depth(pretrained, cells):
    found = denoise(pretrained, cells, times=4.0, batch=5)
    shown = cells.counts(np.arange(12)).sum(axis=1)
    np.testing.assert_allclose(found.values["mu"].sum(axis=1), 4 * shown, rtol=1e-4)
    assert set(found.values) == {"mu", "theta", "pi"}


def test_denoising_tells_the_model_the_greater_depth(pretrained, cells):
    shares = [denoise(pretrained, cells, times=times).values["mu"] / times for times in (1.0, 10.0)]
    assert np.abs(shares[0] - shares[1]).max() > 1e-3


def test_a_layer_has_the_datas_columns_and_entries_for_shown_genes_only(pretrained, cells, tiny_adata):
    found = denoise(pretrained, cells, context=DRAWN, batch=5)
    layer = found.layer()
    assert layer.shape == (12, 26)
    assert layer.nnz == 12 * 10
    assert layer.has_sorted_indices
    unknown = [place for place, name in enumerate(tiny_adata().var_names) if "unknown" in name]
    assert not layer[:, unknown].nnz
    whole = denoise(pretrained, cells, context=Context(how="all")).layer().toarray()
    gene = list(tiny_adata().var_names).index(cells.genes[3])
    np.testing.assert_array_equal(whole[:, gene], denoise(pretrained, cells).values["mu"][:, 3])


def test_a_model_of_means_alone_gives_means_alone(tiny_pretrained, tiny_adata):
    pretrained = tiny_pretrained(expression="mse")
    cells = line_up(tiny_adata(), pretrained.vocabulary)
    assert set(denoise(pretrained, cells).values) == {"mu"}


def test_generation_sees_the_cell_tokens_and_not_the_counts(pretrained, cells):
    found = generate(pretrained, cells, context=Context(how="all"))
    shown = cells.counts(np.arange(12)).sum(axis=1)
    np.testing.assert_allclose(found.values["mu"].sum(axis=1), shown, rtol=1e-4)
    token = embed(pretrained, cells, context=Context(how="all"), tokens=("cell_type",)).embedding
    same = generate(pretrained, cells, context=Context(how="all"), replaced={"cell_type": token[0]})
    np.testing.assert_allclose(same.values["mu"][0], found.values["mu"][0], rtol=1e-3)
    other = generate(pretrained, cells, context=Context(how="all"), replaced={"cell_type": -token[0]})
    assert np.abs(other.values["mu"] - found.values["mu"]).max() > 1e-3
    with pytest.raises(ConfigError, match=r"\(3,\)"):
        generate(pretrained, cells, replaced={"cell_type": np.zeros(3, np.float32)})


def test_imputed_genes_do_not_hang_on_their_own_counts(pretrained, tiny_adata):
    adata = tiny_adata()
    wanted = ("ENSG00000000003", "ENSG00000000017")
    first = impute(pretrained, line_up(adata, pretrained.vocabulary), wanted, batch=5)
    counts = adata.X.toarray()
    counts[:, [list(adata.var_names).index(name) for name in wanted]] = 99
    adata.X = sparse.csr_array(counts)
    adata.obs["depth"] = line_up(tiny_adata(), pretrained.vocabulary).depth
    cells = line_up(adata, pretrained.vocabulary, depth="depth")
    np.testing.assert_allclose(impute(pretrained, cells, wanted).values, first.values, rtol=1e-5)
    gone = adata[:, [name for name in adata.var_names if name not in wanted]].copy()
    cells = line_up(gone, pretrained.vocabulary, depth="depth")
    np.testing.assert_allclose(impute(pretrained, cells, wanted).values, first.values, rtol=1e-5)


def test_imputed_means_are_on_the_scale_of_the_shown_counts(pretrained, cells):
    found = impute(pretrained, cells, cells.genes[:2], context=Context(how="all"))

    def by_hand(shown):
        batch = dataclasses.replace(shown.batch, counts=shown.batch.counts.clone())
        batch.counts[:, :2] = 0
        mask = torch.arange(24).expand(len(batch), -1) < 2
        mean = pretrained.model(batch, mask=mask).expression.mean
        return mean[:, :2] * (batch.counts.sum(dim=1) / mean[:, 2:].sum(dim=1))[:, None]

    ((_, expected),) = stream(pretrained, cells, Context(how="all"), by_hand)
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)


def test_what_cannot_be_imputed_is_named(pretrained, cells):
    with pytest.raises(VocabularyError, match="'nothing'"):
        impute(pretrained, cells, ("nothing",))
    with pytest.raises(VocabularyError, match="twice"):
        impute(pretrained, cells, (cells.genes[0], cells.genes[0]))
    with pytest.raises(VocabularyError, match="nothing is left"):
        impute(pretrained, cells, cells.genes)
    with pytest.raises(VocabularyError, match="none is left to show"):
        impute(pretrained, cells, cells.genes[:2], context=Context(how="list", genes=cells.genes[:2]))


def test_wanted_genes_are_left_out_of_a_list_to_show(pretrained, cells):
    listed, others = (Context(how="list", genes=genes) for genes in (cells.genes[:8], cells.genes[2:8]))
    found, expected = (impute(pretrained, cells, cells.genes[:2], context=one) for one in (listed, others))
    np.testing.assert_array_equal(found.values, expected.values)


def test_results_lie_under_the_fields_names_in_a_copy(pretrained, cells, tiny_adata):
    adata = tiny_adata()
    before = adata.X.toarray()
    found = annotate(adata, embed(pretrained, cells), pretrained)
    found = annotate(found, denoise(pretrained, cells), pretrained)
    found = annotate(found, impute(pretrained, cells, cells.genes[:2]), pretrained)
    assert found.obsm["scprint_emb"].shape == (12, 16)
    assert set(found.obs["pred_cell_type"]) <= {"CL:0", "CL:1", "CL:2", "CL:3"}
    assert {"pred_sex", "conv_pred_sex", "pred_sex_certainty"} <= set(found.obs)
    assert set(found.layers) == {"scprint_mu", "scprint_theta", "scprint_pi"}
    assert list(found.obsm["scprint_imputed"]) == list(cells.genes[:2])
    assert found.uns["scprint"]["attention"] == "sdpa"
    assert not adata.obsm
    assert not adata.layers
    assert list(adata.obs) == []
    np.testing.assert_array_equal(adata.X.toarray(), before)
    assert annotate(adata, embed(pretrained, cells), pretrained, inplace=True) is adata


def test_results_survive_a_file(pretrained, cells, tiny_adata, tmp_path):
    import anndata

    found = annotate(tiny_adata(), denoise(pretrained, cells, context=DRAWN), pretrained)
    found = annotate(found, embed(pretrained, cells), pretrained)
    found.write_h5ad(tmp_path / "out.h5ad")
    again = anndata.read_h5ad(tmp_path / "out.h5ad")
    assert (again.layers["scprint_mu"] != found.layers["scprint_mu"]).nnz == 0


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda p, c: embed(p, c, batch=0), ConfigError),
        (lambda p, c: embed(p, c, precision="half"), ConfigError),
        (lambda p, c: embed(p, c, tokens=("tissue",)), LabelError),
        (lambda p, c: embed(p, c, classes=("tissue",)), LabelError),
        (lambda p, c: embed(p, c, sure=1.0), ConfigError),
        (lambda p, c: denoise(p, c, times=0), ConfigError),
        (lambda p, c: denoise(p, c, times=math.inf), ConfigError),
        (lambda p, c: generate(p, c, times=-1), ConfigError),
        (lambda p, c: generate(p, c, times=math.nan), ConfigError),
        (lambda p, c: denoise(p, c, context=Context(how="all", size=5)), ConfigError),
    ],
)
def test_bad_settings_are_refused_in_one_line(call, error, pretrained, cells):
    with pytest.raises(error) as found:
        call(pretrained, cells)
    assert "\n" not in str(found.value)


def test_a_class_without_a_classifier_in_the_file_is_not_predicted(pretrained, cells):
    report = dataclasses.replace(pretrained.report, missing=("class_heads.sex.output.weight",))
    broken = dataclasses.replace(pretrained, report=report)
    with pytest.raises(CheckpointError, match="sex"):
        embed(broken, cells)
    assert len(embed(broken, cells, classes=("cell_type",)).labels) == 1


def test_running_out_of_gpu_memory_says_what_to_lower(pretrained, cells):
    def compute(shown):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    with pytest.raises(ScprintError, match="lower the batch") as found:
        list(stream(pretrained, cells, DRAWN, compute, size=5))
    assert "5 cells of 10 genes" in str(found.value)


def test_a_model_that_gpu_memory_does_not_hold_is_one_line(monkeypatch, tmp_path):
    def load(*given, **options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(hub, "load", load)
    with pytest.raises(CheckpointError, match="smaller one, or device=cpu"):
        hub.open_model(tmp_path)


def test_progress_is_told_of_every_batch(pretrained, cells):
    told = []

    def progress(items, label, total):
        for item in items:
            told.append((label, total))
            yield item

    embed(pretrained, cells, batch=5, progress=progress)
    assert told == [("batches of 5 cells", 3)] * 3


def test_nothing_is_logged_or_printed(pretrained, cells, capfd, caplog):
    with caplog.at_level(logging.INFO):
        denoise(pretrained, cells)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
