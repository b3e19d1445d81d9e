"""Our own checkpoints: the same again after a file, and one line for everything that is wrong."""

import hashlib
import json

import pytest
import torch

from scprint_model.checkpoint.hub import open_model
from scprint_model.checkpoint.ours import load, save
from scprint_model.checkpoint.places import HUB, default_folder, find_model, fingerprint, trained_on
from scprint_model.checkpoint.tensors import read_tensors, write_tensors
from scprint_model.errors import CheckpointError, LabelError


@pytest.fixture
def saved(tiny_pretrained, tmp_path):
    made = tiny_pretrained(datasets=3, mvc="concat query")
    folder = tmp_path / "model"
    save(folder, made.model, vocabulary=made.vocabulary, labels=made.labels, card={"steps": 7})
    return made, folder


def test_a_saved_model_computes_the_same_bit_for_bit(saved, tiny_batch):
    made, folder = saved
    again = load(folder)
    batch = tiny_batch()
    first, second = made.model(batch), again.model(batch)
    for name, logits in first.class_logits.items():
        assert torch.equal(second.class_logits[name], logits)
    assert torch.equal(first.expression.mean, second.expression.mean)
    assert again.model.config == made.model.config
    assert again.labels == made.labels
    assert again.vocabulary.digest == made.vocabulary.digest
    assert again.card == {"steps": 7}
    assert again.report.complete
    assert not again.model.training


def test_loading_leaves_torchs_random_state_alone(saved):
    _, folder = saved
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    load(folder)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_the_gene_table_may_be_stored_at_half_size(kind, tiny_pretrained, tmp_path):
    made = tiny_pretrained()
    save(tmp_path / "half", made.model, vocabulary=made.vocabulary, labels=made.labels, table=kind)
    table = load(tmp_path / "half").model.gene_tokens.table.weight
    assert table.dtype == torch.float32
    expected = made.model.gene_tokens.table.weight.to(getattr(torch, kind)).float()
    assert torch.equal(table, expected)


def test_the_library_reads_ours_and_ours_reads_the_librarys(tmp_path):
    numpy_side = pytest.importorskip("safetensors.torch")
    tensors = {
        "matrix": torch.randn(3, 5),
        "half": torch.randn(7).to(torch.bfloat16),
        "flag": torch.tensor([True, False, True]),
        "number": torch.tensor(5, dtype=torch.int64),
        "none": torch.empty(0, 4),
    }
    write_tensors(tmp_path / "ours.safetensors", tensors)
    numpy_side.save_file(tensors, tmp_path / "theirs.safetensors")
    for found in (
        numpy_side.load_file(tmp_path / "ours.safetensors"),
        read_tensors(tmp_path / "theirs.safetensors"),
        read_tensors(tmp_path / "ours.safetensors"),
    ):
        assert set(found) == set(tensors)
        for name, tensor in tensors.items():
            assert found[name].dtype == tensor.dtype
            assert torch.equal(found[name], tensor)


def test_saving_replaces_what_stood_there_and_leaves_no_rubbish(saved, tiny_pretrained, tmp_path):
    _, folder = saved
    before = fingerprint(str(folder))
    other = tiny_pretrained(seed=4)
    save(folder, other.model, vocabulary=other.vocabulary, labels=other.labels)
    assert fingerprint(str(folder)) != before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_of_somebody_else_is_not_replaced(saved, tiny_pretrained, tmp_path):
    made, _ = saved
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("long")
    with pytest.raises(CheckpointError, match="no checkpoint of ours"):
        save(tmp_path / "thesis", made.model, vocabulary=made.vocabulary, labels=made.labels)
    assert (tmp_path / "thesis" / "chapter1.txt").exists()


def test_genes_or_labels_of_another_model_are_not_saved_with_it(saved, tiny_pretrained, tmp_path):
    made, _ = saved
    with pytest.raises(CheckpointError, match="classes"):
        save(tmp_path / "x", made.model, vocabulary=made.vocabulary, labels=made.labels[:1])
    assert not (tmp_path / "x").exists()


def _edit(folder, **changes):
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _swap_a_byte(folder):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "model.json").unlink(), "cannot be read"),
        (lambda f: (f / "model.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "model.safetensors").unlink(), "cannot be read"),
        (lambda f: (f / "model.safetensors").write_bytes(b"x" * 20), "cut short"),
        (lambda f: _edit(f, format="scprint_model/9"), "scprint_model/9"),
        (lambda f: _edit(f, vocabulary={}), "broken"),
        (lambda f: _edit(f, config={"genes": 3, "classes": [], "wings": 2}), "wings"),
        (lambda f: _edit(f, labels=[]), "labels"),
        (lambda f: _edit(f, card=[1]), "broken"),
        (lambda f: _edit(f, weights={"bytes": "many", "sha256": ""}), "broken"),
        (_swap_a_byte, "it was changed"),
    ],
)
def test_a_broken_folder_is_refused_in_one_line(break_it, message, saved):
    _, folder = saved
    break_it(folder)
    with pytest.raises(CheckpointError, match=message) as found:
        load(folder)
    assert "\n" not in str(found.value)


def test_a_tensor_of_another_shape_or_name_is_refused(saved):
    _, folder = saved
    path = folder / "model.safetensors"
    tensors = {name: tensor.clone() for name, tensor in read_tensors(path).items()}
    for change, message in (
        ({"transformer.norm.weight": torch.zeros(3)}, r"\(3,\)"),
        ({"stranger": torch.zeros(3)}, "stranger"),
        ({"transformer.norm.weight": None}, "lacks transformer.norm.weight"),
    ):
        write_tensors(path, {k: v for k, v in {**tensors, **change}.items() if v is not None})
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        _edit(folder, weights={"bytes": path.stat().st_size, "sha256": digest})
        with pytest.raises(CheckpointError, match=message):
            load(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        b"\xff" * 40,
        b"\x02\x00\x00\x00\x00\x00\x00\x00[]",
        b"\x02\x00\x00\x00\x00\x00\x00\x00{,",
        (64).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'.ljust(64)
        + b"x",
        (64).to_bytes(8, "little") + b'{"a":{"dtype":"C64","shape":[4],"data_offsets":[0,16]}}'.ljust(64),
        (64).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}'.ljust(64),
    ],
)
def test_what_is_no_safetensors_file_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as found:
        read_tensors(path)
    assert "\n" not in str(found.value)


def test_a_model_opens_by_folder_file_or_name(saved, monkeypatch):
    _, folder = saved
    assert open_model(folder).card == {"steps": 7}
    assert open_model(str(folder / "model.json")).card == {"steps": 7}
    monkeypatch.setattr("scprint_model.checkpoint.places.default_folder", lambda: folder)
    assert open_model("").card == {"steps": 7}


def test_without_a_shipped_model_the_line_says_what_to_name(monkeypatch, tmp_path):
    monkeypatch.setattr("scprint_model.checkpoint.places.default_folder", lambda: tmp_path)
    with pytest.raises(CheckpointError, match="Name one"):
        open_model("")
    assert default_folder().name == "pretrained"


def test_a_name_that_is_neither_file_nor_model_is_refused():
    with pytest.raises(CheckpointError, match=r"'gigantic'.*small, medium"):
        find_model("gigantic")


def test_a_model_of_the_hub_is_not_fetched_where_that_is_forbidden(monkeypatch, tmp_path):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for name in HUB:
        with pytest.raises(CheckpointError, match="not on this machine") as found:
            find_model(name, download=False)
        assert "\n" not in str(found.value)


def test_classes_are_found_by_either_name(saved):
    made, _ = saved
    assert made.label_space("cell_type").name == "cell_type"
    assert made.class_token("sex") == 3
    with pytest.raises(LabelError, match="tissue"):
        made.label_space("tissue")


def test_a_checkpoint_says_what_it_was_trained_on_but_not_what_was_held_out(tiny_pretrained, tmp_path):
    made = tiny_pretrained()
    card = {"corpus": {"data sets": {"kang": 10, "pbmc": 5}, "held out": ["pbmc"]}}
    save(tmp_path / "model", made.model, vocabulary=made.vocabulary, labels=made.labels, card=card)
    assert trained_on(str(tmp_path / "model")) == ("kang",)


@pytest.mark.parametrize("name", ["no-such-model", "", "large"])
def test_what_says_nothing_was_trained_on_nothing_known(name, monkeypatch, tmp_path):
    monkeypatch.setattr("scprint_model.checkpoint.places.default_folder", lambda: tmp_path)
    assert trained_on(name) == ()
