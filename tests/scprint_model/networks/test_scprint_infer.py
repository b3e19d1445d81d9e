"""Networks from a model: direction, invariance, and that every way of averaging is what it says."""

import numpy as np
import pytest
import torch

from scprint_model.errors import ConfigError, ScprintError, VocabularyError
from scprint_model.networks import passes
from scprint_model.networks.infer import NetworkSettings, head_networks, infer_network
from scprint_model.networks.orient import row_regulates_column
from scprint_model.predict.cells import line_up
from scprint_model.predict.contexts import Context
from scprint_model.predict.stream import stream

ALL = Context(how="all")
DRAWN = Context(size=10, seed=1)
KINDS = ("query-key", "product", "attention")


@pytest.fixture
def pretrained(tiny_pretrained):
    return tiny_pretrained()


@pytest.fixture
def cells(pretrained, tiny_adata):
    return line_up(tiny_adata(), pretrained.vocabulary)


def _captured(pretrained, cells):
    """Return queries and keys of all cells, (layers, C, H, tokens, e), in float64."""
    layers = {}

    def compute(shown):
        pretrained.model(shown.batch, collect=lambda layer, q, k: layers.update({layer: (q, k)}))

    list(stream(pretrained, cells, ALL, compute))
    return tuple(torch.stack([layers[layer][part] for layer in sorted(layers)]).double() for part in (0, 1))


def _expected(kind, q, k):
    """Return attention (layers, H, tokens, tokens) made the plain way."""
    scale = q.shape[-1] ** -0.5
    if kind == "query-key":
        return (q.mean(dim=1) @ k.mean(dim=1).transpose(-1, -2) * scale).softmax(dim=-1)
    logits = q @ k.transpose(-1, -2) * scale
    return logits.mean(dim=1).softmax(dim=-1) if kind == "product" else logits.softmax(dim=-1).mean(dim=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_attention_turned_around_without_the_cell_tokens(kind, pretrained, cells):
    attention = _expected(kind, *_captured(pretrained, cells))[..., 4:, 4:].transpose(-1, -2)
    found = infer_network(pretrained, cells, settings=NetworkSettings(mean=kind, batch=5))
    np.testing.assert_allclose(found.scores, attention.flatten(0, 1).mean(dim=0), atol=1e-6)
    most = infer_network(pretrained, cells, settings=NetworkSettings(mean=kind, combine="max", batch=5))
    np.testing.assert_allclose(most.scores, attention.flatten(0, 1).amax(dim=0), atol=1e-6)
    assert found.regulators == found.targets == cells.genes
    assert found.tokens == 28
    assert set(found.cells_of_target) == {12}
    heads = dict(head_networks(pretrained, cells, settings=NetworkSettings(mean=kind, batch=5)))
    assert list(heads) == ["layer0.head0", "layer0.head1", "layer1.head0", "layer1.head1"]
    np.testing.assert_allclose(heads["layer1.head0"].scores, attention[1, 0], atol=1e-6)


def test_a_planted_key_gene_regulates_the_query_gene(pretrained, tiny_adata):
    """Gene 5 attends to gene 9 alone: 9 regulates 5, so row 9 has its score in column 5."""
    model, config = pretrained.model, pretrained.model.config
    with torch.no_grad():
        for tokens in (model.expression_tokens, model.depth_token):
            tokens.output.weight.zero_()
            tokens.output.bias.zero_()
        model.position_tokens.table.zero_()
        table = model.gene_tokens.table.weight.zero_()
        model.cell_tokens.weight.zero_()
        table[5, 0], table[9, 1] = 1, 1
        first = model.transformer.blocks[0]
        qkv = first.attention.qkv
        qkv.weight.zero_()
        qkv.bias.zero_()
        qkv.weight[0, 0] = 5  # the first feature of the query is the first of the token
        qkv.weight[config.d_model, 1] = 5  # that of the key the second
    cells = line_up(tiny_adata(), pretrained.vocabulary)
    found = infer_network(pretrained, cells, settings=NetworkSettings(layers=(0,)))
    (_, head), *_ = head_networks(pretrained, cells, settings=NetworkSettings(layers=(0,)))
    for network in (found, head):
        row, column = np.unravel_index(np.argmax(network.scores), network.scores.shape)
        assert network.regulators[row] == "ENSG00000000009"
        assert network.targets[column] == "ENSG00000000005"


def test_orientation_is_one_transposition():
    attention = np.array([[1, 2, 3], [4, 5, 6]])
    assert row_regulates_column(attention).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert row_regulates_column(torch.from_numpy(attention)).tolist() == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize("kind", KINDS)
def test_neither_batches_nor_cell_order_nor_gene_order_change_a_network(kind, pretrained, cells, tiny_adata):
    reference = infer_network(pretrained, cells, settings=NetworkSettings(mean=kind, batch=64))
    rng = np.random.default_rng(5)
    order, columns = rng.permutation(12), rng.permutation(26)
    turned = line_up(tiny_adata()[order][:, columns].copy(), pretrained.vocabulary)
    for other, size in ((cells, 1), (cells, 5), (turned, 5)):
        found = infer_network(pretrained, other, settings=NetworkSettings(mean=kind, batch=size))
        np.testing.assert_allclose(found.scores, reference.scores, atol=1e-6)


def test_drawn_contexts_give_a_network_of_all_genes_that_no_order_changes(pretrained, cells, tiny_adata):
    settings = NetworkSettings(batch=5, rounds=3)
    reference = infer_network(pretrained, cells, context=DRAWN, settings=settings)
    assert reference.scores.shape == (24, 24)
    assert reference.cells_of_target.sum() == 12 * 10 * 3
    assert len(set(reference.cells_of_target.tolist())) > 3
    order, columns = np.random.default_rng(5).permutation(12), np.random.default_rng(6).permutation(26)
    turned = line_up(tiny_adata()[order][:, columns].copy(), pretrained.vocabulary)
    found = infer_network(pretrained, turned, context=DRAWN, settings=NetworkSettings(batch=12, rounds=3))
    np.testing.assert_allclose(found.scores, reference.scores, atol=1e-6)
    np.testing.assert_array_equal(found.cells_of_target, reference.cells_of_target)


def test_a_gene_that_no_cell_showed_has_no_scores(pretrained, tiny_adata):
    cells = line_up(tiny_adata(cells=2), pretrained.vocabulary)
    found = infer_network(pretrained, cells, context=Context(size=4))
    unseen = found.cells_of_target == 0
    assert unseen.any()
    assert not found.scores[:, unseen].any()
    assert not found.scores[unseen].any()
    assert found.scores[~unseen][:, ~unseen].min() > 0


@pytest.mark.parametrize("kind", ["product", "attention"])
def test_little_memory_means_more_passes_and_the_same_heads(kind, pretrained, cells):
    passes = []

    def progress(items, label, total):
        passes.append(total)
        return items

    plenty = dict(head_networks(pretrained, cells, settings=NetworkSettings(mean=kind)))
    scarce = NetworkSettings(mean=kind, memory=2 * 4 * 28**2)
    for name, network in head_networks(pretrained, cells, settings=scarce, progress=progress):
        np.testing.assert_array_equal(network.scores, plenty[name].scores)
    assert len(passes) == 2
    combined = infer_network(
        pretrained, cells, settings=NetworkSettings(mean="product", combine="max", memory=4 * 28**2)
    )
    most = np.max(
        [one.scores for _, one in head_networks(pretrained, cells, settings=NetworkSettings(mean="product"))],
        axis=0,
    )
    np.testing.assert_allclose(combined.scores, most, atol=1e-7)


def test_chosen_regulators_are_rows_of_the_whole_network(pretrained, cells):
    whole = infer_network(pretrained, cells)
    asked = ("ENSG00000000009", "not in the model", "ENSG00000000002")
    found = infer_network(pretrained, cells, regulators=asked)
    assert found.regulators == ("ENSG00000000009", "ENSG00000000002")
    np.testing.assert_array_equal(found.scores, whole.scores[[9, 2]])
    with pytest.raises(VocabularyError, match="None of the 1 regulators"):
        infer_network(pretrained, cells, regulators=asked[1:2])


def test_chosen_cells_are_a_network_of_their_own(pretrained, cells, tiny_adata):
    chosen = infer_network(pretrained, cells, chosen=np.array([7, 3]))
    alone = line_up(tiny_adata()[[3, 7]].copy(), pretrained.vocabulary)
    np.testing.assert_allclose(chosen.scores, infer_network(pretrained, alone).scores, atol=1e-7)


def test_top_gives_the_best_regulators_of_each_target(pretrained, cells):
    whole = infer_network(pretrained, cells).scores
    for settings in (NetworkSettings(top=3), NetworkSettings(top=3, apc=True)):
        found = infer_network(pretrained, cells, settings=settings).scores
        assert found.nnz == 3 * 24
    best = infer_network(pretrained, cells, settings=NetworkSettings(top=1)).scores
    assert best.tocsc().indices.tolist() == whole.argmax(axis=0).tolist()
    for _, head in head_networks(pretrained, cells, settings=NetworkSettings(top=2)):
        assert head.scores.nnz == 2 * 24


@pytest.mark.parametrize("mean", KINDS)
def test_a_threshold_keeps_what_reaches_it(mean, pretrained, cells):
    whole = infer_network(pretrained, cells, settings=NetworkSettings(mean=mean)).scores
    found = infer_network(pretrained, cells, settings=NetworkSettings(mean=mean, least="uniform")).scores
    np.testing.assert_array_equal(found.toarray(), np.where(whole >= 1 / 28, whole, 0))
    assert 0 < found.nnz < 24 * 24
    both = infer_network(pretrained, cells, settings=NetworkSettings(mean=mean, least=0.05, top=2)).scores
    assert both.nnz == sum(min(2, count) for count in (whole >= 0.05).sum(axis=0))


def test_switches_change_what_they_say(pretrained, cells):
    plain = infer_network(pretrained, cells).scores
    both = infer_network(pretrained, cells, settings=NetworkSettings(symmetric=True)).scores
    np.testing.assert_allclose(both, (plain + plain.T) / 2, atol=1e-7)
    corrected = infer_network(pretrained, cells, settings=NetworkSettings(apc=True)).scores
    np.testing.assert_allclose(corrected.sum(axis=0), 0, atol=1e-6)
    raw = infer_network(pretrained, cells, settings=NetworkSettings(normalise="none")).scores
    assert (raw < 0).any()
    plan = infer_network(pretrained, cells, settings=NetworkSettings(normalise="sinkhorn")).scores
    assert ((plan >= 0) & (plan <= 1.001)).all()
    last = infer_network(pretrained, cells, settings=NetworkSettings(layers=(1,))).scores
    assert np.abs(last - plain).max() > 1e-4


@pytest.mark.parametrize(
    "call",
    [
        lambda p, c: NetworkSettings(mean="median"),
        lambda p, c: NetworkSettings(batch=0),
        lambda p, c: NetworkSettings(top=0),
        lambda p, c: NetworkSettings(mean="attention", normalise="none"),
        lambda p, c: infer_network(p, c, settings=NetworkSettings(layers=(2,))),
        lambda p, c: infer_network(p, c, settings=NetworkSettings(layers=())),
        lambda p, c: infer_network(p, c, context=DRAWN, settings=NetworkSettings(mean="product")),
        lambda p, c: infer_network(p, c, context=Context(how="all", size=9)),
    ],
)
def test_what_makes_no_network_is_refused_in_one_line(call, pretrained, cells):
    with pytest.raises(ConfigError) as found:
        call(pretrained, cells)
    assert "\n" not in str(found.value)


def test_running_out_of_gpu_memory_over_the_network_says_what_to_lower(pretrained, cells, monkeypatch):
    def attend(*given, **options):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    monkeypatch.setattr(passes, "gene_attention", attend)
    with pytest.raises(ScprintError, match=r"\d+ genes in the network: choose fewer genes"):
        infer_network(pretrained, cells)


def test_shared_keys_and_the_cells_own_transformer_work(tiny_pretrained, tiny_adata):
    for changes in ({"kv_heads": 1}, {"cell_blocks": 1}, {"metacell_token": True}):
        pretrained = tiny_pretrained(**changes)
        cells = line_up(tiny_adata(), pretrained.vocabulary)
        found = infer_network(pretrained, cells)
        assert found.scores.shape == (24, 24)
        assert np.isfinite(found.scores).all()
        assert len(list(head_networks(pretrained, cells))) == 4
