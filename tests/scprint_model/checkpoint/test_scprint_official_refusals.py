"""Official files that are broken, of another model, or malicious: one line each, and nothing is run."""

import pickle

import pytest
import torch

from scprint_model.checkpoint.official import load_official
from scprint_model.errors import CheckpointError


def _with(**settings):
    return lambda whole: whole["hyper_parameters"].update(settings)


def _change_state(function):
    return lambda whole: function(whole["state_dict"])


@pytest.mark.parametrize(
    "name",
    [
        "transformer.blocks.1.mixer.Wqkv.bias",
        "transformer.norm.weight",
        "expr_encoder.encoder.4.weight",
        "depth_encoder.encoder.1.bias",
        "expr_decoder.fc.4.bias",
        "class_encoder.embedding.weight",
        "gene_encoder.embedding.weight",
    ],
)
def test_a_file_without_a_tensor_that_the_model_needs_is_refused(name, official):
    path = official(change=_change_state(lambda state: state.pop(name)))
    with pytest.raises(CheckpointError) as found:
        load_official(path)
    assert "\n" not in str(found.value)
    assert str(path) in str(found.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _change_state(lambda s: s.update({"expr_encoder.encoder.4.weight": torch.zeros(16, 9)})),
            r"\(16, 9\)",
        ),
        (_change_state(lambda s: s.update({"transformer.norm.weight": torch.zeros(3)})), r"\(3,\)"),
        (_change_state(lambda s: s["transformer.norm.weight"].fill_(float("nan"))), "NaN"),
        (
            _change_state(
                lambda s: s.update({"transformer.blocks.0.mixer.Wqkv.weight": torch.zeros(41, 16)})
            ),
            "41",
        ),
        (
            _change_state(lambda s: s.update({"class_encoder.embedding.weight": torch.zeros(5, 16)})),
            "5 learned",
        ),
        (_change_state(lambda s: s.update({"class_encoder.embedding.weight": torch.zeros(3, 8)})), "8 wide"),
        (
            _change_state(lambda s: s.update({"transformer.blocks.0.mixer.Wqkv.weight": torch.zeros(16)})),
            "axes",
        ),
        (
            _change_state(
                lambda s: s.update({"cls_decoders.sex_ontology_term_id.out_layer.bias": torch.tensor(1.0)})
            ),
            "sex_ontology_term_id",
        ),
        (_with(nhead=3), "3 heads"),
        (_with(genes=5), "genes is int; expected mapping or list"),
        (_with(organisms=5), "organisms is int"),
        (_with(classes=5), "classes is int"),
        (_with(label_counts=[1]), "label_counts is list"),
        (_with(label_decoders=[1]), "label_decoders is list"),
        (_with(labels_hierarchy=3), "labels_hierarchy is int"),
        (_with(gene_pos_enc=5), "gene_pos_enc is int"),
        (_with(gene_pos_enc=["x"] * 18), "genes cannot be used"),
        (_with(genes=["ENSG1"]), "names 1 genes"),
        (_with(genes=["ENSG00000000001"] * 18), "twice"),
        (_with(normalization="binned"), "binned"),
        (_with(classes={"cell_type_ontology_term_id": 5}), "sex_ontology_term_id"),
        (lambda whole: whole.pop("hyper_parameters"), "hyper_parameters"),
        (lambda whole: whole.pop("state_dict"), "state_dict"),
        (lambda whole: whole.update(state_dict={"bert.embeddings.weight": torch.zeros(3, 3)}), "no scPRINT"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_in_one_line(change, message, official):
    with pytest.raises(CheckpointError, match=message) as found:
        load_official(official(change=change))
    assert "\n" not in str(found.value)


class _Code:
    def __reduce__(self):
        return (exec, ("raise SystemExit('this ran')",))


def test_code_in_a_file_is_refused_and_not_run(official):
    path = official(change=lambda whole: whole["hyper_parameters"].update(evil=_Code()))
    with pytest.raises(CheckpointError, match=r"holds code or an object \(\w*\.?exec\)"):
        load_official(path)


def test_code_in_a_bare_pickle_is_refused_and_not_run(tmp_path):
    path = tmp_path / "model.ckpt"
    path.write_bytes(pickle.dumps({"state_dict": _Code()}))
    with pytest.raises(CheckpointError, match="it is refused"):  # and torch's warnings are not shown
        load_official(path)


@pytest.mark.parametrize("kept", [0, 1, 100, 5_000, -100])
def test_a_truncated_file_is_refused_in_one_line(kept, official):
    path = official()
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError) as found:
        load_official(path)
    assert "\n" not in str(found.value)


def test_other_files_and_no_file_are_refused_in_one_line(tmp_path):
    text = tmp_path / "notes.ckpt"
    text.write_text("not a model")
    for path in (text, tmp_path / "absent.ckpt"):
        with pytest.raises(CheckpointError) as found:
            load_official(path)
        assert "\n" not in str(found.value)
