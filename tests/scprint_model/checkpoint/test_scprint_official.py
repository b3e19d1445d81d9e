"""Official files: every rule of reading them, on files of the same names, shapes and settings."""

import dataclasses
import hashlib

import numpy as np
import pytest
import torch
from torch.nn import functional

from scprint_model.batch import Batch
from scprint_model.checkpoint.official import load_official
from scprint_model.checkpoint.ours import load, save

SIX = {
    "cell_type_ontology_term_id": 424,
    "disease_ontology_term_id": 62,
    "assay_ontology_term_id": 26,
    "self_reported_ethnicity_ontology_term_id": 21,
    "sex_ontology_term_id": 2,
    "organism_ontology_term_id": 2,
}


def _batch(genes, cells=3, seen=10, classes=2):
    generator = torch.Generator().manual_seed(5)
    rows = torch.stack([torch.randperm(genes, generator=generator)[:seen] for _ in range(cells)])
    counts = torch.poisson(torch.full((cells, seen), 3.0), generator=generator)
    return Batch(
        genes=rows,
        counts=counts,
        depth=counts.sum(dim=1) * 3,
        classes=torch.full((cells, classes), -1),
        dataset=torch.zeros(cells, dtype=torch.int64),
        cells=torch.arange(cells),
    )


def _v1(state, batch, *, layers, heads):
    """Write down the published V1 forward pass plainly, from the file's own tensors."""

    def linear(x, name):
        return functional.linear(x, state[f"{name}.weight"], state.get(f"{name}.bias"))

    def norm(x, name, eps=1e-5):
        weight = state[f"{name}.weight"]
        return functional.layer_norm(x, weight.shape, weight, state[f"{name}.bias"], eps)

    def scalar(x, part):
        return linear(
            functional.relu(norm(linear(x[..., None], f"{part}.encoder.0"), f"{part}.encoder.1")),
            f"{part}.encoder.4",
        )

    share = batch.counts / batch.counts.sum(dim=1, keepdim=True)
    genes = state["gene_encoder.embedding.weight"][batch.genes] + state["pos_encoder.pe"][batch.genes, 0]
    genes = genes + scalar(share, "expr_encoder")
    learned = state["class_encoder.embedding.weight"].expand(len(batch), -1, -1)
    depth = scalar(torch.log2(1 + batch.depth), "depth_encoder")[:, None]
    r = torch.cat((learned[:, :1], depth, learned[:, 1:], genes), dim=1)
    for layer in range(layers):
        block = f"transformer.blocks.{layer}"
        packed = linear(norm(r, f"{block}.norm1", 1e-6), f"{block}.mixer.Wqkv")
        q, k, v = packed.unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        attention = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(dim=-1)
        r = r + linear((attention @ v).transpose(1, 2).flatten(2), f"{block}.mixer.out_proj")
        h = functional.gelu(linear(norm(r, f"{block}.norm2", 1e-6), f"{block}.mlp.fc1"))
        r = r + linear(h, f"{block}.mlp.fc2")
    r = norm(r, "transformer.norm", 1e-6)
    first = 2 + len(learned[0]) - 1
    cell, genes = r[:, :first], r[:, first:]
    h = functional.leaky_relu(norm(linear(genes, "expr_decoder.fc.0"), "expr_decoder.fc.1"))
    h = functional.leaky_relu(norm(linear(h, "expr_decoder.fc.4"), "expr_decoder.fc.5"))
    a, b, pi = linear(h, "expr_decoder.pred_var_zero").unbind(-1)
    logits = {}
    for place, name in enumerate(("cell_type_ontology_term_id", "sex_ontology_term_id")):
        part = f"cls_decoders.{name}"
        h = functional.relu(norm(linear(cell[:, 2 + place], f"{part}.decoder.0"), f"{part}.decoder.1"))
        logits[name] = linear(h, f"{part}.out_layer")
    mean = a.softmax(dim=1) * batch.counts.sum(dim=1, keepdim=True)
    return cell, mean, b.clamp_max(15).exp(), pi, logits


def test_a_loaded_file_computes_what_its_tensors_say(official):
    path = official()
    state = torch.load(path, weights_only=True)["state_dict"]
    batch = _batch(18)
    with torch.no_grad():
        found = load_official(path).model(batch)
    cell, mean, dispersion, zero, logits = _v1(state, batch, layers=2, heads=2)
    torch.testing.assert_close(found.cell_tokens, cell, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.expression.mean, mean, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.expression.dispersion, dispersion, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.expression.zero_logits, zero, atol=1e-4, rtol=1e-4)
    for name, expected in logits.items():
        torch.testing.assert_close(found.class_logits[name], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.expression.mean.sum(dim=1), batch.counts.sum(dim=1), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("width", "layers", "heads", "tensors"),
    [
        pytest.param(128, 4, 2, 126, id="small"),
        pytest.param(256, 8, 4, 174, id="medium", marks=pytest.mark.slow),
    ],
)
def test_files_of_the_published_shapes_load_whole(width, layers, heads, tensors, official):
    path = official(
        human=23_149, mouse=21_607, width=width, layers=layers, heads=heads, classes=SIX, datasets=650
    )
    found = load_official(path)
    assert found.report.tensors == tensors
    assert found.report.complete
    assert not found.report.skipped
    assert not found.report.notes
    config = found.model.config
    assert (config.genes, config.d_model, config.layers, config.heads) == (44_756, width, layers, heads)
    assert (config.head_dim, config.datasets, config.mvc, config.depth) == (64, 650, "inner product", "token")
    assert config.classes == tuple(SIX.items())
    assert config.freeze_genes
    assert found.vocabulary.organisms == ("NCBITaxon:9606", "NCBITaxon:10090")
    assert found.vocabulary.span("NCBITaxon:10090") == slice(23_149, 44_756)
    assert found.vocabulary.position[5] == 2
    assert found.card["step"] == 133_000
    with torch.no_grad():
        output = found.model(_batch(44_756, seen=50, classes=6))
    assert torch.isfinite(output.expression.mean).all()
    assert output.cell_tokens.shape == (3, 8, width)


def _v15(whole):
    """Make a file as later versions write it: classes are a list, sizes elsewhere, no discriminator."""
    state, settings = whole["state_dict"], whole["hyper_parameters"]
    state["gene_encoder.embeddings.weight"] = state.pop("gene_encoder.embedding.weight")
    for name in [name for name in state if name.startswith(("grad_reverse", "mvc_decoder"))]:
        del state[name]
    settings["label_counts"] = settings["classes"]
    settings["classes"] = list(settings["classes"])
    settings["genes"] = {
        "NCBITaxon:9606": settings["genes"][:12],
        "NCBITaxon:10090": settings["genes"][12:],
    }
    settings["attention"] = settings.pop("transformer")
    for gone in ("precpt_gene_emb", "normalization", "num_batch_labels", "mvc_decoder"):
        del settings[gone]


def test_a_file_of_version_1_5_has_eight_classes_in_their_own_order(official):
    classes = {**dict.fromkeys(SIX, 3), "tissue_ontology_term_id": 9, "age_group": 4}
    found = load_official(official(classes=classes, change=_v15))
    assert found.model.config.classes == tuple(classes.items())
    assert found.model.config.cell_tokens == 10
    assert found.report.complete
    assert found.model.discriminator is None
    assert found.model.mvc_head is None
    assert found.class_token("age_group") == 9
    assert found.model.config.normalization == "sum"
    assert any("does not say how expression is normalised" in note for note in found.report.notes)
    output = found.model(_batch(18, classes=8))
    assert set(output.class_logits) == set(classes)


def test_labels_and_their_hierarchy_come_along(official):
    space = load_official(official()).label_space("cell_type")
    assert space.leaves == tuple(f"cell:{code:04d}" for code in range(5))
    assert space.groups == (("cell:0005", (0, 1)),)
    assert space.hierarchy().tolist() == [[True, True, False, False, False]]


def test_labels_that_the_file_does_not_tell_are_numbered_and_noted(official):
    found = load_official(official(change=lambda w: w["hyper_parameters"].pop("label_decoders")))
    assert found.label_space("sex").leaves == ("sex_ontology_term_id 0", "sex_ontology_term_id 1")
    assert sum("numbered" in note for note in found.report.notes) == 2


def _with(**settings):
    return lambda whole: whole["hyper_parameters"].update(settings)


def _change_state(function):
    return lambda whole: function(whole["state_dict"])


def test_a_model_without_places_of_genes_has_none(official):
    found = load_official(official(change=_change_state(lambda s: s.pop("pos_encoder.pe"))))
    assert found.model.position_tokens is None
    assert not found.model.config.positions


def test_places_may_have_two_axes(official):
    path = official(change=_change_state(lambda s: s.update({"pos_encoder.pe": s["pos_encoder.pe"][:, 0]})))
    assert load_official(path).report.complete


def test_the_adapter_after_a_frozen_table_is_read(official):
    def change(state):
        state["gene_encoder.0.embeddings.weight"] = state.pop("gene_encoder.embedding.weight")
        for place in ("1", "3"):
            state[f"gene_encoder.{place}.weight"] = torch.randn(16, 16)
            state[f"gene_encoder.{place}.bias"] = torch.randn(16)

    found = load_official(official(change=_change_state(change)))
    assert found.report.complete
    state = torch.load(found.report.source, weights_only=True)["state_dict"]
    adapter = found.model.gene_tokens.adapter
    torch.testing.assert_close(adapter.input.weight, state["gene_encoder.1.weight"])
    torch.testing.assert_close(adapter.output.weight, state["gene_encoder.3.weight"])


def test_depth_may_enter_the_decoder_the_tokens_or_both(official):
    def wider(state):
        state["expr_decoder.fc.0.weight"] = torch.randn(16, 17)

    def decoder_only(state):
        wider(state)
        for name in [name for name in state if name.startswith("depth_encoder")]:
            del state[name]

    assert load_official(official(change=_change_state(wider))).model.config.depth == "both"
    found = load_official(official(change=_change_state(decoder_only)))
    assert found.model.config.depth == "decoder"
    assert found.class_token("cell_type") == 1
    assert found.model(_batch(18)).cell_tokens.shape[1] == 3


def test_keys_may_be_shared_among_heads(official):
    def change(state):
        for layer in range(2):
            name = f"transformer.blocks.{layer}.mixer.Wqkv"
            state[f"{name}.weight"], state[f"{name}.bias"] = torch.randn(32, 16), torch.randn(32)

    assert load_official(official(change=_change_state(change))).model.config.kv_heads == 1


def test_two_heads_are_believed_although_each_is_wider_then(official):
    assert load_official(official(width=32, heads=4)).model.config.head_dim == 8


def test_a_decoder_of_means_alone_is_read(official):
    def change(state):
        state["expr_decoder.pred_var_zero.weight"] = torch.randn(1, 16)
        state["expr_decoder.pred_var_zero.bias"] = torch.randn(1)
        state["mvc_decoder.pred_var_zero.weight"] = torch.randn(16, 16)

    found = load_official(official(change=_change_state(change)))
    assert found.model.config.expression == "mse"
    assert found.report.complete


@pytest.mark.parametrize("layout", ["alternating", "joined"])
def test_the_cells_own_transformer_is_found_by_its_names(layout, official):
    def across(state, block, prefix):
        state[f"{block}.{prefix}.Wq.weight"] = torch.randn(16, 16)
        state[f"{block}.{prefix}.Wq.bias"] = torch.randn(16)
        state[f"{block}.{prefix}.Wkv.weight"] = torch.randn(32, 16)
        state[f"{block}.{prefix}.Wkv.bias"] = torch.randn(32)
        state[f"{block}.{prefix}.out_proj.weight"] = torch.randn(16, 16)
        state[f"{block}.{prefix}.out_proj.bias"] = torch.randn(16)

    def change(state):
        within = {name: state.pop(name) for name in list(state) if name.startswith("transformer.blocks.0.")}
        for name in [name for name in state if name.startswith("transformer.blocks.1.")]:
            del state[name]
        for part in ("transformer", "cell_transformer"):
            state[f"{part}.norm.weight"], state[f"{part}.norm.bias"] = torch.ones(16), torch.zeros(16)
            own = 1 if layout == "alternating" else 0
            for name, tensor in within.items():
                state[name.replace("transformer.blocks.0", f"{part}.blocks.{own}")] = tensor.clone()
            if layout == "joined":
                across(state, f"{part}.blocks.0", "cross_attn")
                state[f"{part}.blocks.0.norm3.weight"] = torch.ones(16)
                state[f"{part}.blocks.0.norm3.bias"] = torch.zeros(16)
            else:
                across(state, f"{part}.blocks.0", "mixer")
                for name in ("norm1", "norm2", "mlp.fc1", "mlp.fc2"):
                    for kind in ("weight", "bias"):
                        inside = f"transformer.blocks.0.{name}.{kind}"
                        state[f"{part}.blocks.0.{name}.{kind}"] = within[inside].clone()

    found = load_official(official(change=_change_state(change)))
    config = found.model.config
    assert (config.cell_blocks, config.layers, config.cell_layout) == (1, 1, layout)
    assert found.report.complete
    assert found.model(_batch(18)).cell_tokens.shape == (3, 4, 16)


def test_metacells_have_a_token_where_the_file_has_one(official):
    path = official(
        change=_change_state(lambda s: s.update({"metacell_encoder.embedding.weight": torch.randn(2, 16)}))
    )
    found = load_official(path)
    assert found.model.config.metacell_token
    assert found.report.complete


def test_unexpected_tensors_are_told_and_known_useless_ones_skipped(official):
    def change(state):
        state["something.new"] = torch.zeros(2)
        state["splicing_head.fc.0.weight"] = torch.zeros(2)

    report = load_official(official(change=_change_state(change))).report
    assert report.unexpected == ("something.new",)
    assert report.skipped == ("splicing_head.fc.0.weight",)
    assert any("tensors; a V1 file" in note for note in report.notes)
    assert "1 unexpected" in report.lines()[0]
    assert (
        dict(report.renamed)["transformer.blocks.1.mixer.Wqkv.bias"]
        == "transformer.blocks.1.attention.qkv.bias"
    )


def test_a_class_without_its_classifier_is_told_and_not_fatal(official):
    gone = "cls_decoders.sex_ontology_term_id.decoder.1.weight"
    report = load_official(official(change=_change_state(lambda s: s.pop(gone)))).report
    assert report.missing == ("class_heads.sex_ontology_term_id.norm.weight",)
    assert any("class_heads.sex_ontology_term_id is not in the file" in note for note in report.notes)


def test_reading_leaves_the_file_as_it_was(official):
    path = official()
    path.chmod(0o444)
    before = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns
    found = load_official(path)
    with torch.no_grad():
        for parameter in found.model.parameters():
            parameter.add_(1)
    assert (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) == before


def test_converted_to_ours_it_computes_the_same(official, tmp_path):
    found = load_official(official())
    save(tmp_path / "ours", found.model, vocabulary=found.vocabulary, labels=found.labels, card=found.card)
    again = load(tmp_path / "ours")
    batch = _batch(18)
    with torch.no_grad():
        for name, logits in found.model(batch).class_logits.items():
            torch.testing.assert_close(again.model(batch).class_logits[name], logits, atol=0, rtol=0)
    assert again.vocabulary.digest == found.vocabulary.digest
    assert again.labels == found.labels
    np.testing.assert_array_equal(again.vocabulary.position, found.vocabulary.position)


def test_the_order_of_the_cell_tokens_does_not_matter_to_the_classes(official):
    """V2 puts the depth first: the same weights, the same labels."""
    found = load_official(official())
    batch = _batch(18)
    with torch.no_grad():
        first = found.model(batch)
        plain = found.model._cell_tokens
        found.model._cell_tokens = lambda *given: plain(*given)[:, [1, 0, 2, 3]]
        turned = found.model(batch)
    for name, logits in first.class_logits.items():
        torch.testing.assert_close(turned.class_logits[name], logits, atol=1e-5, rtol=1e-5)
    assert dataclasses.is_dataclass(turned)
