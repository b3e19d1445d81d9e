"""The named sizes hold as many numbers as the published models."""

import pytest
import torch

from scprint_model.batch import Batch
from scprint_model.config import ModelConfig
from scprint_model.errors import ConfigError
from scprint_model.model import ScPrint
from scprint_model.sizes import SIZES, count_parameters, size

# what the released checkpoints hold: 23,149 human and 21,607 mouse genes, and all their heads
RELEASED = {
    "genes": 44_756,
    "classes": (
        ("cell_type", 424),
        ("disease", 62),
        ("assay", 26),
        ("ethnicity", 21),
        ("sex", 2),
        ("organism", 2),
    ),
    "mvc": "inner product",
    "datasets": 650,
}


@pytest.mark.parametrize(
    ("name", "backbone", "genes", "total", "with_positions"),
    [
        ("small", 0.79e6, 5.73e6, 6.9e6, 12.7e6),
        ("medium", 6.32e6, 11.46e6, 19.1e6, 30.6e6),
        ("large", 50.4e6, 22.9e6, 78.2e6, 101e6),
        ("vlarge", 630e6, 57.3e6, 708e6, 766e6),
    ],
)
def test_parameter_counts_match_the_published_models(name, backbone, genes, total, with_positions):
    counts = count_parameters(size(name, **RELEASED))
    found = (counts.backbone, counts.genes, counts.total, counts.with_positions)
    assert found == pytest.approx((backbone, genes, total, with_positions), rel=0.007)


@pytest.mark.parametrize(("name", "tensors"), [("small", 126), ("medium", 174), ("large", 270)])
def test_a_checkpoint_has_as_many_tensors_as_the_released_one(name, tensors):
    assert count_parameters(size(name, **RELEASED)).tensors == tensors


def test_heads_are_64_wide_at_every_size():
    assert {ModelConfig.from_dict({**SIZES[name], **RELEASED}).head_dim for name in SIZES} == {64}


def test_a_frozen_gene_table_is_not_trainable():
    counts = count_parameters(size("small", **RELEASED))
    learned = count_parameters(size("small", **RELEASED, freeze_genes=False))
    assert (counts.total - counts.trainable, learned.total - learned.trainable) == (counts.genes, 0)


def test_a_pass_of_the_largest_size_has_the_right_shapes_without_being_computed():
    with torch.device("meta"):
        model = ScPrint(size("vlarge", **RELEASED))
        whole, number = torch.zeros(2, 5000), torch.zeros(2)
        rows, labels, index = whole.long(), torch.zeros(2, 6, dtype=torch.long), number.long()
        out = model(Batch(rows, whole, number, labels, index, index))
    assert out.expression.mean.shape == (2, 5000)
    assert out.cell_tokens.shape == (2, 8, 1280)


def test_an_unknown_size_lists_those_there_are():
    with pytest.raises(ConfigError, match="small, medium, large, vlarge"):
        size("huge", **RELEASED)
